/* Typed getters of items: what they accept, what they refuse, and at which limits. */
#include "test.h"

#include "etl_writer.h"

#include <etw/property.h>

static const etw_trace_info TRACE = {.clock = {ETW_CLOCK_QPC, 10000000, 1000, 5000000}};
static const etw_event EVENT = {.trace = &TRACE, .pointer_size = 8};
static uint8_t data[16];

static etw_item item_of(uint16_t in_type, uint16_t out_type, uint64_t number, size_t size)
{
    for (size_t i = 0; i < 8; i++)
        data[i] = (uint8_t)(number >> 8 * i);
    const etw_item item = {.kind = ETW_ITEM_VALUE,
                           .in_type = in_type,
                           .out_type = out_type,
                           .data = {data, size},
                           .event = &EVENT};
    return item;
}

static void gets_integers(void)
{
    static const struct {
        uint16_t in;
        uint8_t size;
        uint64_t stored;
        etw_status unsigned_status, signed_status;
        uint64_t want;
    } CASES[] = {
        {ETW_IN_INT8, 1, 0x7F, ETW_OK, ETW_OK, 0x7F},
        {ETW_IN_INT8, 1, 0x80, ETW_E_RANGE, ETW_OK, (uint64_t)-128},
        {ETW_IN_UINT8, 1, 0x80, ETW_OK, ETW_OK, 0x80},
        {ETW_IN_INT16, 2, 0xFFFF, ETW_E_RANGE, ETW_OK, (uint64_t)-1},
        {ETW_IN_UINT16, 2, 0xFFFF, ETW_OK, ETW_OK, 0xFFFF},
        {ETW_IN_INT32, 4, 0x80000000, ETW_E_RANGE, ETW_OK, (uint64_t)INT32_MIN},
        {ETW_IN_UINT32, 4, 0x80000000, ETW_OK, ETW_OK, 0x80000000},
        {ETW_IN_INT64, 8, 1ull << 63, ETW_E_RANGE, ETW_OK, 1ull << 63},
        {ETW_IN_UINT64, 8, 1ull << 63, ETW_OK, ETW_E_RANGE, 1ull << 63},
        {ETW_IN_UINT64, 8, INT64_MAX, ETW_OK, ETW_OK, INT64_MAX},
        {ETW_IN_BOOLEAN, 4, 7, ETW_OK, ETW_OK, 7},
        {ETW_IN_POINTER, 4, 0xFFFFFFFF, ETW_OK, ETW_OK, 0xFFFFFFFF},
        {ETW_IN_POINTER, 8, UINT64_MAX, ETW_OK, ETW_E_RANGE, UINT64_MAX},
        {ETW_IN_FILETIME, 8, 5, ETW_OK, ETW_OK, 5},
        {ETW_IN_HEX_INT32, 4, 5, ETW_OK, ETW_OK, 5},
        {ETW_IN_HEX_INT64, 8, 5, ETW_OK, ETW_OK, 5},
        {ETW_IN_SIZE_T, 8, 5, ETW_OK, ETW_OK, 5},
        {ETW_IN_UNICODE_CHAR, 2, 5, ETW_OK, ETW_OK, 5},
        {ETW_IN_ANSI_CHAR, 1, 5, ETW_OK, ETW_OK, 5},
        {ETW_IN_FLOAT, 4, 5, ETW_E_TYPE, ETW_E_TYPE, 0},
        {ETW_IN_GUID, 16, 5, ETW_E_TYPE, ETW_E_TYPE, 0},
        {ETW_IN_ANSI_STRING, 4, 5, ETW_E_TYPE, ETW_E_TYPE, 0},
        {ETW_IN_BINARY, 4, 5, ETW_E_TYPE, ETW_E_TYPE, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const etw_item item = item_of(CASES[i].in, ETW_OUT_STRING, CASES[i].stored, CASES[i].size);
        uint64_t number = 0;
        int64_t signed_number = 0;
        bool truth = false;
        CHECK_EQ(etw_item_u64(&item, &number), CASES[i].unsigned_status);
        if (CASES[i].unsigned_status == ETW_OK)
            CHECK_EQ(number, CASES[i].want);
        CHECK_EQ(etw_item_i64(&item, &signed_number), CASES[i].signed_status);
        if (CASES[i].signed_status == ETW_OK)
            CHECK_EQ(signed_number, CASES[i].want);
        const bool is_integer = CASES[i].unsigned_status != ETW_E_TYPE;
        CHECK_EQ(etw_item_bool(&item, &truth), is_integer ? ETW_OK : ETW_E_TYPE);
        CHECK_EQ(truth, is_integer);
    }
}

static void gets_reals(void)
{
    double real = 0;
    etw_item item = item_of(ETW_IN_FLOAT, ETW_OUT_FLOAT, 0x3FC00000, 4);
    CHECK_EQ(etw_item_double(&item, &real), ETW_OK);
    CHECK(real == 1.5);
    item = item_of(ETW_IN_DOUBLE, ETW_OUT_DOUBLE, 0xC004000000000000, 8);
    CHECK_EQ(etw_item_double(&item, &real), ETW_OK);
    CHECK(real == -2.5);
    /* Hidden values are values still. */
    item.out_type = ETW_OUT_NO_PRINT;
    real = 0;
    CHECK_EQ(etw_item_double(&item, &real), ETW_OK);
    CHECK(real == -2.5);
    item = item_of(ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG, 5, 8);
    CHECK_EQ(etw_item_double(&item, &real), ETW_E_TYPE);
}

static void gets_guids(void)
{
    etw_guid guid;
    memset(data, 0, sizeof data);
    etw_item item = item_of(ETW_IN_GUID, ETW_OUT_GUID, 0x0003000200000001, 16);
    CHECK_EQ(etw_item_guid(&item, &guid), ETW_OK);
    CHECK_EQ(guid.data1, 1);
    CHECK_EQ(guid.data2, 2);
    CHECK_EQ(guid.data3, 3);
    item.data.size = 15;
    CHECK_EQ(etw_item_guid(&item, &guid), ETW_E_TYPE);
    item = item_of(ETW_IN_BINARY, ETW_OUT_HEX_BINARY, 5, 16);
    CHECK_EQ(etw_item_guid(&item, &guid), ETW_E_TYPE);
}

static etw_status systemtime(const uint16_t fields[8], uint64_t *out)
{
    const etw_item item = item_of(ETW_IN_SYSTEMTIME, ETW_OUT_DATETIME, 0, 16);
    for (size_t i = 0; i < 8; i++) {
        data[2 * i] = (uint8_t)fields[i];
        data[2 * i + 1] = (uint8_t)(fields[i] >> 8);
    }
    return etw_item_filetime(&item, out);
}

static void gets_times(void)
{
    uint64_t time = 0;
    etw_item item = item_of(ETW_IN_FILETIME, ETW_OUT_DATETIME, 12345, 8);
    CHECK_EQ(etw_item_filetime(&item, &time), ETW_OK);
    CHECK_EQ(time, 12345);
    item.out_type = ETW_OUT_NO_PRINT;
    time = 0;
    CHECK_EQ(etw_item_filetime(&item, &time), ETW_OK);
    CHECK_EQ(time, 12345);
    item = item_of(ETW_IN_UINT64, ETW_OUT_ETW_TIME, 1005, 8);
    CHECK_EQ(etw_item_filetime(&item, &time), ETW_OK);
    CHECK_EQ(time, 5000005);
    item = item_of(ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG, 1005, 8);
    CHECK_EQ(etw_item_filetime(&item, &time), ETW_E_TYPE);
    item = item_of(ETW_IN_ANSI_STRING, ETW_OUT_STRING, 1005, 8);
    CHECK_EQ(etw_item_filetime(&item, &time), ETW_E_TYPE);
}

/* Every day must read back through the calendar; what is no date is refused. */
static void gets_system_times(void)
{
    uint64_t time;
    for (uint64_t day = 0; day < 3000000; day += 13) {
        const uint64_t want = day * 864000000000u + 360001230000u;
        const etw_calendar when = etw_calendar_from_filetime(want);
        const uint16_t fields[8] = {(uint16_t)when.year, when.month,  0,           when.day,
                                    when.hour,           when.minute, when.second, 123};
        if (when.year > 9999)
            break;
        REQUIRE(systemtime(fields, &time) == ETW_OK);
        REQUIRE(time == want);
    }
    static const uint16_t BAD[][8] = {
        {1600, 12, 0, 31, 0, 0, 0, 0},  {2026, 0, 0, 1, 0, 0, 0, 0},
        {2026, 13, 0, 1, 0, 0, 0, 0},   {2026, 1, 0, 0, 0, 0, 0, 0},
        {2026, 1, 0, 32, 0, 0, 0, 0},   {2026, 4, 0, 31, 0, 0, 0, 0},
        {2026, 2, 0, 29, 0, 0, 0, 0},   {1900, 2, 0, 29, 0, 0, 0, 0},
        {2000, 2, 0, 30, 0, 0, 0, 0},   {2026, 1, 0, 1, 24, 0, 0, 0},
        {2026, 1, 0, 1, 0, 60, 0, 0},   {2026, 1, 0, 1, 0, 0, 60, 0},
        {2026, 1, 0, 1, 0, 0, 0, 1000}, {65535, 12, 0, 31, 23, 59, 59, 999},
        {60057, 1, 0, 1, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        if (!CHECK_EQ(systemtime(BAD[i], &time), ETW_E_RANGE))
            printf("    case %d\n", (int)i);
    static const uint16_t LEAP[8] = {2024, 2, 0, 29, 0, 0, 0, 0};
    CHECK_EQ(systemtime(LEAP, &time), ETW_OK);
}

int main(void)
{
    RUN(gets_integers);
    RUN(gets_reals);
    RUN(gets_guids);
    RUN(gets_times);
    RUN(gets_system_times);
    return test_finish();
}
