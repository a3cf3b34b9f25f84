/*
 * The fast ways of the JSON writer against the slow ones: programs against the item cursor, vectors
 * against single characters, the kept second against the calendar.
 */
#include "base/scan.h"
#include "decode/codepage.h"
#include "schema/store.h"
#include "sink/json_text.h"
#include "sink/json_writer.h"
#include "test.h"

#include <stdlib.h>

enum {
    PROPERTIES_MAX = 8,
    SCHEMAS = 3000,
    PAYLOADS = 24,
    PAYLOAD_MAX = 320,
    REPORTS_MAX = 5,
};

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint32_t random_u32(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

static uint32_t below(uint32_t limit)
{
    return random_u32() % limit;
}

static bool one_in(uint32_t count)
{
    return below(count) == 0;
}

/* ------------------------------------------------------------------------------ schemas */

static const uint16_t IN_TYPES[] = {
    ETW_IN_UNICODE_STRING,
    ETW_IN_UNICODE_STRING,
    ETW_IN_ANSI_STRING,
    ETW_IN_INT8,
    ETW_IN_UINT8,
    ETW_IN_INT16,
    ETW_IN_UINT16,
    ETW_IN_INT32,
    ETW_IN_UINT32,
    ETW_IN_UINT32,
    ETW_IN_INT64,
    ETW_IN_UINT64,
    ETW_IN_FLOAT,
    ETW_IN_DOUBLE,
    ETW_IN_BOOLEAN,
    ETW_IN_BINARY,
    ETW_IN_GUID,
    ETW_IN_POINTER,
    ETW_IN_POINTER,
    ETW_IN_FILETIME,
    ETW_IN_SYSTEMTIME,
    ETW_IN_SID,
    ETW_IN_HEX_INT32,
    ETW_IN_HEX_INT64,
    ETW_IN_MANIFEST_COUNTED_STRING,
    ETW_IN_MANIFEST_COUNTED_ANSI_STRING,
    ETW_IN_MANIFEST_COUNTED_BINARY,
    ETW_IN_COUNTED_STRING,
    ETW_IN_REVERSED_COUNTED_ANSI_STRING,
    ETW_IN_NON_NULL_TERMINATED_STRING,
    ETW_IN_NON_NULL_TERMINATED_ANSI_STRING,
    ETW_IN_UNICODE_CHAR,
    ETW_IN_ANSI_CHAR,
    ETW_IN_SIZE_T,
    ETW_IN_HEX_DUMP,
    ETW_IN_WBEM_SID,
    ETW_IN_RESERVED24,
};

static const etw_map_entry ENTRIES[] = {
    {1, {"one", 3}}, {2, {"tw\"o", 4}}, {4, {"four", 4}}, {64, {"sixty\nfour", 10}}};
static const etw_map MAPS[] = {{{"Values", 6}, ENTRIES, 4, false}, {{"Bits", 4}, ENTRIES, 4, true}};
static const etw_str NAMES[] = {{"A", 1},
                                {"Name", 4},
                                {"A property whose name is longer than one step of copying", 56},
                                {"quo\"ted", 7},
                                {"Gr\xC3\xB6\xC3\x9F"
                                 "e",
                                 7}};

static etw_property random_property(unsigned index)
{
    static const uint16_t FLAGS[] = {ETW_PROPERTY_FIXED_COUNT,  ETW_PROPERTY_INLINE_COUNT,
                                     ETW_PROPERTY_COUNT_TO_END, ETW_PROPERTY_COUNT_INDEX,
                                     ETW_PROPERTY_LENGTH_INDEX, ETW_PROPERTY_FIXED_LENGTH,
                                     ETW_PROPERTY_TO_END};
    etw_property property = {.name = NAMES[below(5)], .count = 1};
    property.in_type = IN_TYPES[below(sizeof IN_TYPES / sizeof IN_TYPES[0])];
    if (one_in(2))
        property.out_type = (uint16_t)below(ETW_OUT_DATETIME_UTC + 1);
    if (one_in(20))
        property.out_type = ETW_OUT_NO_PRINT;
    if (one_in(12))
        property.map = &MAPS[below(2)];
    if (one_in(3))
        property.flags = FLAGS[below(sizeof FLAGS / sizeof FLAGS[0])];
    if (property.flags & ETW_PROPERTY_FIXED_COUNT)
        property.count = (uint16_t)below(5);
    if (property.flags & ETW_PROPERTY_FIXED_LENGTH)
        property.length = (uint16_t)below(9);
    if (property.flags & ETW_PROPERTY_COUNT_INDEX)
        property.count = (uint16_t)below(index + 1);
    if (property.flags & ETW_PROPERTY_LENGTH_INDEX)
        property.length = (uint16_t)below(index + 1);
    if (one_in(16))
        property.flags |= ETW_PROPERTY_OPTIONAL;
    return property;
}

/* A schema in the arena; now and then with a struct, which no program can write. */
static const etw_schema *random_schema(etwi_arena *arena)
{
    etwi_schema *schema = etwi_arena_alloc_zeroed(arena, sizeof *schema);
    etw_property *properties = etwi_arena_alloc_zeroed(arena, PROPERTIES_MAX * sizeof *properties);
    const unsigned count = below(PROPERTIES_MAX);
    for (unsigned i = 0; i < count; i++)
        properties[i] = random_property(i);
    schema->pub.properties = properties;
    schema->pub.property_count = schema->pub.top_level_count = (uint16_t)count;
    schema->pub.is_user_data = one_in(4);
    schema->pub.task_name = NAMES[below(5)];
    schema->pub.opcode_name = one_in(2) ? NAMES[below(5)] : (etw_str){"Info", 4};
    if (count > 2 && one_in(10)) {
        schema->pub.top_level_count = (uint16_t)(count - 1);
        properties[0].flags = ETW_PROPERTY_STRUCT;
        properties[0].first_member = (uint16_t)(count - 1);
        properties[0].member_count = 1;
    }
    CHECK_EQ(etwi_plan_make(&schema->plan, &schema->pub, arena, NULL), ETW_OK);
    return &schema->pub;
}

/* ------------------------------------------------------------------------------- events */

/* Small numbers, so that counts and lengths fit; some text, some of it in other scripts. */
static void fill_random(uint8_t *data, size_t size)
{
    const unsigned style = below(4);
    for (size_t i = 0; i < size; i++) {
        if (style == 0 || one_in(24))
            data[i] = (uint8_t)random_u32();
        else if (style == 1)
            data[i] = one_in(3) ? (uint8_t)below(6) : 0;
        else if (style == 2)
            data[i] = i % 2 ? 0 : (uint8_t)(0x20 + below(0x60));
        else
            data[i] = i % 2 ? (uint8_t)(one_in(3) ? 0x30 + below(0xB0) : below(5))
                            : (uint8_t)random_u32();
    }
    if (style == 2 && size > 4)
        data[below((uint32_t)size)] = 0;
}

static etw_event random_event(const etw_trace_info *trace)
{
    etw_event event = {.trace = trace};
    event.provider.data1 = below(3);
    event.activity_id.data1 = one_in(2) ? random_u32() : 0;
    event.timestamp = 133000000000000000u + random_u32();
    event.keyword = one_in(2) ? random_u32() : 0;
    event.cpu_time = one_in(2) ? (uint64_t)random_u32() << 20 : 0;
    event.process_id = one_in(8) ? ETW_NO_ID : below(100000);
    event.thread_id = random_u32();
    event.id = (uint16_t)below(4);
    event.flags = (uint16_t)(one_in(3) ? random_u32() & ~(unsigned)ETW_EVENT_EXTENDED_INFO : 0);
    event.processor = (uint16_t)(one_in(8) ? ETW_NO_PROCESSOR : below(64));
    event.version = (uint8_t)below(3);
    event.level = (uint8_t)below(6);
    event.header_kind = ETW_HEADER_FULL64;
    event.pointer_size = one_in(3) ? 4 : 8;
    event.is_damaged = one_in(50);
    return event;
}

/* Writes one event in both ways and compares; the payload ends where its memory does. */
static void compare_event(etw_json *fast, etw_json *slow, const etw_schema *schema,
                          const etw_trace_info *trace)
{
    static int reports;
    const size_t size = one_in(8) ? below(PAYLOAD_MAX) : below(64);
    uint8_t *payload = malloc(size ? size : 1);
    etw_event event = random_event(trace);
    fill_random(payload, size);
    event.payload = event.record = payload;
    event.payload_size = event.record_size = (uint16_t)size;
    const etw_status status = etw_json_append(fast, &event, schema);
    bool same = status == etwi_json_append_plain(slow, &event, schema) && status == ETW_OK;
    const etw_str got = etw_json_text(fast), want = etw_json_text(slow);
    same = same && got.size == want.size && memcmp(got.data, want.data, want.size) == 0;
    CHECK(same);
    if (!same && reports++ < REPORTS_MAX)
        printf("got  %.*swant %.*s", (int)got.size, got.data, (int)want.size, want.data);
    etw_json_clear(fast);
    etw_json_clear(slow);
    free(payload);
}

static void programs_write_what_the_cursor_writes(void)
{
    static const unsigned PAGES[] = {0, 1251, ETW_CODE_PAGE_UTF8};
    const etw_trace_info trace = {.clock = {.type = ETW_CLOCK_SYSTEM_TIME}};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    uint64_t decoded = 0;
    for (unsigned i = 0; i < SCHEMAS; i++) {
        const etw_json_options options = {
            .size = sizeof options,
            .format = {sizeof(etw_format), PAGES[below(3)], one_in(3)},
            .int64_strings = one_in(3),
            .fields = NAMES,
            .field_count = one_in(8) ? 2 : 0,
            .profile = one_in(3) ? ETW_JSON_COMPACT : ETW_JSON_FULL,
        };
        etw_json *fast, *slow;
        REQUIRE(etw_json_create(&fast, &options, NULL) == ETW_OK);
        REQUIRE(etw_json_create(&slow, &options, NULL) == ETW_OK);
        const etw_schema *schema = one_in(30) ? NULL : random_schema(&arena);
        for (unsigned j = 0; j < PAYLOADS; j++)
            compare_event(fast, slow, schema, &trace);
        CHECK(memcmp(etw_json_get_stats(fast), etw_json_get_stats(slow), sizeof fast->stats) == 0);
        decoded += fast->stats.decoded;
        etw_json_destroy(&fast);
        etw_json_destroy(&slow);
    }
    /* Most payloads must get to their end, or this would not test much. */
    CHECK(decoded > SCHEMAS * PAYLOADS / 4);
    etwi_arena_free(&arena);
}

/* -------------------------------------------------------------------------------- cache */

typedef struct meter {
    unsigned calls;
} meter;

static void *metered_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    meter *m = user;
    (void)old_size;
    m->calls++;
    if (new_size)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

static void append_kinds(etw_json *json, unsigned kinds)
{
    static const uint8_t PAYLOAD[] = {1, 2, 3};
    for (unsigned i = 0; i < kinds; i++) {
        etw_event event = {.payload = PAYLOAD, .payload_size = 3, .keyword = i, .pointer_size = 8};
        event.header_kind = ETW_HEADER_FULL64;
        CHECK_EQ(etw_json_append(json, &event, NULL), ETW_OK);
    }
}

static void allocates_nothing_once_all_kinds_are_known(void)
{
    meter m = {0};
    const etw_allocator allocator = {&m, metered_resize};
    const etw_json_options options = {.size = sizeof options, .allocator = &allocator};
    etw_json *json;
    REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
    append_kinds(json, 100);
    etw_json_clear(json);
    const unsigned before = m.calls;
    for (unsigned i = 0; i < 10; i++) {
        append_kinds(json, 100);
        etw_json_clear(json);
    }
    CHECK_EQ(m.calls, before);
    CHECK_EQ(json->cache.count, 100);
    etw_json_destroy(&json);
}

static void starts_again_when_the_cache_is_full(void)
{
    etw_json *small, *large;
    REQUIRE(etw_json_create(&small, NULL, NULL) == ETW_OK);
    REQUIRE(etw_json_create(&large, NULL, NULL) == ETW_OK);
    small->cache.count_max = 7;
    for (unsigned i = 0; i < 3; i++) {
        append_kinds(small, 40);
        append_kinds(large, 40);
    }
    CHECK(small->cache.resets > 10);
    CHECK(small->cache.count <= 7);
    CHECK_EQ(large->cache.resets, 0);
    const etw_str got = etw_json_text(small), want = etw_json_text(large);
    CHECK(got.size == want.size && memcmp(got.data, want.data, want.size) == 0);
    etw_json_destroy(&small);
    etw_json_destroy(&large);
}

/* Every allocation fails once; what was written before stays, and nothing is half there. */
static void *failing_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    unsigned *left = user;
    (void)old_size;
    if (!new_size) {
        free(memory);
        return NULL;
    }
    return *left && (*left)-- ? realloc(memory, new_size) : NULL;
}

static void survives_without_memory(void)
{
    static const uint8_t PAYLOAD[] = {1, 2, 3};
    etw_event event = {.payload = PAYLOAD, .payload_size = 3, .pointer_size = 8};
    unsigned failed = 0;
    for (unsigned allowed = 2; allowed < 64; allowed++) {
        unsigned left = allowed;
        const etw_allocator allocator = {&left, failing_resize};
        const etw_json_options options = {.size = sizeof options, .allocator = &allocator};
        etw_json *json;
        REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
        const etw_status status = etw_json_append(json, &event, NULL);
        CHECK(status == ETW_OK || status == ETW_E_NOMEM);
        CHECK((status == ETW_OK) == (etw_json_text(json).size != 0));
        failed += status == ETW_E_NOMEM;
        etw_json_destroy(&json);
    }
    CHECK(failed > 0 && failed < 60);
}

/* --------------------------------------------------------------------------- primitives */

static void vectors_find_what_single_characters_find(void)
{
    uint8_t units[32];
    char got[16], want[16];
    for (unsigned i = 0; i < 200000; i++) {
        fill_random(units, sizeof units);
        unsigned mask = etwi_scan_utf16(got, units);
        CHECK_EQ(mask, etwi_scan_utf16_scalar(want, units));
        for (unsigned j = 0; j < 16; j++)
            if (!(mask >> j & 1) && got[j] != want[j])
                CHECK(false && "a plain character differs");
        mask = etwi_scan_bytes(got, units);
        CHECK_EQ(mask, etwi_scan_bytes_scalar(want, units));
        CHECK(memcmp(got, want, sizeof got) == 0);
        const uint64_t bytes = etwi_load_u64(units);
        etwi_hex_of_eight(got, bytes);
        etwi_hex_of_eight_scalar(want, bytes);
        CHECK(memcmp(got, want, sizeof got) == 0);
    }
}

static void check_number(uint64_t value)
{
    char got[ETWI_U64_TEXT_MAX + 1], want[32];
    snprintf(want, sizeof want, "%" PRIu64, value);
    *etwi_fast_u64(got, value) = 0;
    CHECK_TEXT(got, want);
    snprintf(want, sizeof want, "%" PRId64, (int64_t)value);
    char *end = etwi_fast_i64(got, (int64_t)value);
    CHECK(strlen(want) == (size_t)(end - got) && memcmp(got, want, strlen(want)) == 0);
    snprintf(want, sizeof want, "0x%" PRIX64, value);
    *etwi_fast_hex(got, value) = 0;
    CHECK_TEXT(got, want);
}

static void writes_numbers_of_all_lengths(void)
{
    for (unsigned shift = 0; shift < 64; shift++)
        for (int offset = -2; offset <= 2; offset++)
            check_number(((uint64_t)1 << shift) + (uint64_t)(int64_t)offset);
    uint64_t power = 1;
    for (unsigned digits = 1; digits <= 20; digits++, power *= 10)
        for (int offset = -2; offset <= 2; offset++)
            check_number(power + (uint64_t)(int64_t)offset);
    for (unsigned i = 0; i < 100000; i++)
        check_number(((uint64_t)random_u32() << 32 | random_u32()) >> below(64));
}

/* What the shortest text is by definition: the first precision that reads back equal. */
static void check_real(double value)
{
    char got[ETWI_DOUBLE_TEXT_MAX + 1], want[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(want, sizeof want, "%.*g", precision, value);
        if (strtod(want, NULL) == value)
            break;
    }
    *etwi_text_double(got, value) = 0;
    CHECK_TEXT(got, want);
    const float narrow = (float)value;
    for (int precision = 6; precision <= 9; precision++) {
        snprintf(want, sizeof want, "%.*g", precision, (double)narrow);
        if (strtof(want, NULL) == narrow)
            break;
    }
    *etwi_text_float(got, narrow) = 0;
    CHECK_TEXT(got, want);
}

static void writes_short_reals_as_printing_would(void)
{
    static const double SCALES[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e12};
    for (unsigned i = 0; i < 200000; i++) {
        const double value = (double)(random_u32() >> below(32)) / SCALES[below(10)];
        check_real(one_in(2) ? value : -value);
    }
    check_real(0.0);
    check_real(-0.0);
    check_real(0.0001);
    check_real(0.00011);
    check_real(999999999.999999);
    check_real(999999.9);
    check_real(1e9);
    check_real(0.3 - 0.1);
    check_real(16777217);
}

static void keeps_the_second(void)
{
    etwi_json_clock clock;
    uint64_t now = 0;
    etwi_json_clock_set(&clock, 0);
    for (unsigned i = 0; i < 20000; i++) {
        char got[ETWI_CLOCK_TEXT_MAX], want[ETW_TIME_TEXT_SIZE];
        const size_t size = etw_time_format(now, want);
        CHECK_EQ(etwi_json_put_time(&clock, got, now) - got, size);
        CHECK(memcmp(got, want, size) == 0);
        const unsigned step = below(4);
        now = step == 0   ? ((uint64_t)random_u32() << 32 | random_u32())
              : step == 1 ? now - below(20000000)
                          : now + below(20000000);
    }
}

int main(void)
{
    RUN(programs_write_what_the_cursor_writes);
    RUN(allocates_nothing_once_all_kinds_are_known);
    RUN(starts_again_when_the_cache_is_full);
    RUN(survives_without_memory);
    RUN(vectors_find_what_single_characters_find);
    RUN(writes_numbers_of_all_lengths);
    RUN(writes_short_reals_as_printing_would);
    RUN(keeps_the_second);
    return test_finish();
}
