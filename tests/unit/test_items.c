/* The item cursor: values of every in-type. */
#include "items_fixture.h"

static void reads_every_fixed_type(void)
{
    static const struct {
        uint16_t type;
        uint8_t width32, width64;
    } TYPES[] = {{ETW_IN_INT8, 1, 1},      {ETW_IN_UINT8, 1, 1},     {ETW_IN_INT16, 2, 2},
                 {ETW_IN_UINT16, 2, 2},    {ETW_IN_INT32, 4, 4},     {ETW_IN_UINT32, 4, 4},
                 {ETW_IN_INT64, 8, 8},     {ETW_IN_UINT64, 8, 8},    {ETW_IN_FLOAT, 4, 4},
                 {ETW_IN_DOUBLE, 8, 8},    {ETW_IN_BOOLEAN, 4, 4},   {ETW_IN_GUID, 16, 16},
                 {ETW_IN_POINTER, 4, 8},   {ETW_IN_FILETIME, 8, 8},  {ETW_IN_SYSTEMTIME, 16, 16},
                 {ETW_IN_HEX_INT32, 4, 4}, {ETW_IN_HEX_INT64, 8, 8}, {ETW_IN_UNICODE_CHAR, 2, 2},
                 {ETW_IN_ANSI_CHAR, 1, 1}, {ETW_IN_SIZE_T, 4, 8}};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        for (uint8_t pointer_size = 4; pointer_size <= 8; pointer_size += 4) {
            const size_t width = pointer_size == 4 ? TYPES[i].width32 : TYPES[i].width64;
            const etw_property properties[] = {
                {.name = NAME("p"), .in_type = TYPES[i].type, .count = 1}};
            for (size_t size = 0; size <= width + 1; size++) {
                USE(properties);
                event.pointer_size = pointer_size;
                etlb_fill(&payload, 1, size);
                begin();
                if (size < width) {
                    ends_with(size ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT, 0, "p");
                    continue;
                }
                value_is(0, width);
                CHECK_EQ(item.in_type, TYPES[i].type);
                CHECK(item.out_type != ETW_OUT_NULL);
                CHECK(!item.is_element);
                if (size > width)
                    next_is(ETW_ITEM_REMAINDER);
                ends_well();
            }
        }
    }
}

static void reads_terminated_strings(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("u"), .in_type = ETW_IN_UNICODE_STRING, .count = 1},
        {.name = NAME("a"), .in_type = ETW_IN_ANSI_STRING, .count = 1},
        {.name = NAME("last"), .in_type = ETW_IN_UNICODE_STRING, .count = 1}};
    USE(PROPERTIES);
    etlb_utf16z(&payload, "abc");
    etlb_asciiz(&payload, "defg");
    etlb_utf16(&payload, "xy"); /* The last one lacks its zero. */
    begin();
    value_is(0, 6);
    value_is(8, 4);
    value_is(13, 4);
    ends_well();
    etlb_u8(&payload, 'z'); /* Half a unit is left. */
    begin();
    value_is(0, 6);
    value_is(8, 4);
    value_is(13, 4);
    next_is(ETW_ITEM_REMAINDER);
    CHECK_EQ(item.data.size, 1);
    ends_well();
    payload.size = 13;
    begin();
    value_is(0, 6);
    value_is(8, 4);
    ends_with(ETW_DECODE_ABSENT, 13, "last");
}

static void reads_counted_values(void)
{
    static const uint16_t TYPES[] = {
        ETW_IN_MANIFEST_COUNTED_STRING,      ETW_IN_MANIFEST_COUNTED_ANSI_STRING,
        ETW_IN_MANIFEST_COUNTED_BINARY,      ETW_IN_COUNTED_STRING,
        ETW_IN_COUNTED_ANSI_STRING,          ETW_IN_REVERSED_COUNTED_STRING,
        ETW_IN_REVERSED_COUNTED_ANSI_STRING, ETW_IN_HEX_DUMP};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        const etw_property properties[] = {{.name = NAME("p"), .in_type = TYPES[i], .count = 1}};
        const bool reversed = TYPES[i] == ETW_IN_REVERSED_COUNTED_STRING ||
                              TYPES[i] == ETW_IN_REVERSED_COUNTED_ANSI_STRING;
        const bool wide = TYPES[i] == ETW_IN_HEX_DUMP;
        USE(properties);
        if (reversed)
            etlb_u16be(&payload, 6);
        else
            etlb_u16(&payload, 6);
        if (wide)
            etlb_u16(&payload, 0);
        const size_t prefix = payload.size;
        etlb_fill(&payload, 'x', 6);
        begin();
        value_is(0, 6);
        CHECK(item.data.data == event.payload + prefix);
        ends_well();
        payload.size--;
        begin();
        ends_with(ETW_DECODE_BAD_LENGTH, 0, "p");
        payload.size = 1;
        begin();
        ends_with(ETW_DECODE_SHORT, 0, "p");
        payload.size = 0;
        begin();
        ends_with(ETW_DECODE_ABSENT, 0, "p");
    }
}

static void reads_sids(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("s"), .in_type = ETW_IN_SID, .count = 1}};
    static const uint32_t IDS[15] = {1, 2, 3};
    for (uint8_t count = 0; count <= 15; count++) {
        USE(PROPERTIES);
        etlb_sid(&payload, 5, IDS, count);
        begin();
        value_is(0, 8 + 4 * (size_t)count);
        ends_well();
        payload.size--;
        begin();
        ends_with(count ? ETW_DECODE_BAD_SID : ETW_DECODE_SHORT, 0, "s");
    }
    USE(PROPERTIES);
    etlb_sid(&payload, 5, IDS, 2);
    etlb_patch_u8(&payload, 0, 2);
    begin();
    ends_with(ETW_DECODE_BAD_SID, 0, "s");
    etlb_patch_u8(&payload, 0, 1);
    etlb_patch_u8(&payload, 1, 16);
    etlb_fill(&payload, 0, 100);
    begin();
    ends_with(ETW_DECODE_BAD_SID, 0, "s");
    payload.size = 0;
    begin();
    ends_with(ETW_DECODE_ABSENT, 0, "s");
}

static void reads_sids_of_kernel_events(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("s"), .in_type = ETW_IN_WBEM_SID, .count = 1}};
    static const uint32_t IDS[] = {18};
    for (uint8_t pointer_size = 4; pointer_size <= 8; pointer_size += 4) {
        USE(PROPERTIES);
        event.pointer_size = pointer_size;
        payload.pointer_size = pointer_size;
        etlb_wbem_sid(&payload, 5, IDS, 1);
        begin();
        value_is(0, 12);
        CHECK(item.data.data == event.payload + 2 * pointer_size);
        ends_well();
        payload.size--;
        begin();
        CHECK(etw_items_next(&items, &item));
        CHECK(item.kind == ETW_ITEM_REMAINDER);
        /* No SID: four zero bytes. */
        etlb_writer_clear(&payload);
        etlb_u32(&payload, 0);
        begin();
        value_is(0, 0);
        ends_well();
        etlb_patch_u8(&payload, 0, 1);
        begin();
        ends_with(ETW_DECODE_BAD_SID, 0, "s");
        payload.size = 3;
        begin();
        ends_with(ETW_DECODE_SHORT, 0, "s");
    }
}

static void reads_what_takes_the_rest(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("t"), .in_type = ETW_IN_NON_NULL_TERMINATED_STRING, .count = 1}};
    USE(PROPERTIES);
    etlb_fill(&payload, 'x', 8);
    begin();
    value_is(0, 1);
    value_is(1, 7);
    ends_well();
    payload.size = 1;
    begin();
    value_is(0, 1);
    value_is(1, 0);
    ends_well();
}

static void reads_fixed_lengths(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("u"), .in_type = ETW_IN_UNICODE_STRING, .count = 1, .length = 4},
        {.name = NAME("a"), .in_type = ETW_IN_ANSI_STRING, .count = 1, .length = 3},
        {.name = NAME("b"), .in_type = ETW_IN_BINARY, .count = 1, .length = 2},
        {.name = NAME("e"),
         .in_type = ETW_IN_BINARY,
         .flags = ETW_PROPERTY_FIXED_LENGTH,
         .count = 1},
        {.name = NAME("ip"), .in_type = ETW_IN_BINARY, .out_type = ETW_OUT_IPV6, .count = 1}};
    USE(PROPERTIES);
    etlb_utf16_fixed(&payload, "ab", 4);
    etlb_ascii(&payload, "xyz");
    etlb_u16(&payload, 0);
    etlb_fill(&payload, 7, 16);
    begin();
    value_is(0, 4); /* Cut at its zero. */
    value_is(8, 3);
    value_is(11, 2);
    value_is(13, 0);
    value_is(13, 16);
    ends_well();
    payload.size = 12;
    begin();
    value_is(0, 4);
    value_is(8, 3);
    ends_with(ETW_DECODE_BAD_LENGTH, 11, "b");
}

int main(void)
{
    open_fixture();
    RUN(reads_every_fixed_type);
    RUN(reads_terminated_strings);
    RUN(reads_counted_values);
    RUN(reads_sids);
    RUN(reads_sids_of_kernel_events);
    RUN(reads_what_takes_the_rest);
    RUN(reads_fixed_lengths);
    close_fixture();
    return test_finish();
}
