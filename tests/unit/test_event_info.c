/* TRACE_EVENT_INFO and EVENT_MAP_INFO, built field by field. */
#include "test.h"

#include "base/memory.h"
#include "schema/event_info.h"

#include <stdlib.h>

enum {
    BLOB_MAX = 4096,
    FIXED_SIZE = 112,
};

typedef struct blob {
    uint8_t data[BLOB_MAX];
    size_t size;
} blob;

static etwi_arena arena;

static void put_u16(blob *to, size_t at, unsigned value)
{
    to->data[at] = (uint8_t)value;
    to->data[at + 1] = (uint8_t)(value >> 8);
}

static void put_u32(blob *to, size_t at, uint32_t value)
{
    put_u16(to, at, value & 0xFFFF);
    put_u16(to, at + 2, value >> 16);
}

static void put_u64(blob *to, size_t at, uint64_t value)
{
    put_u32(to, at, (uint32_t)value);
    put_u32(to, at + 4, (uint32_t)(value >> 32));
}

/* Appends ASCII as terminated UTF-16 and returns where it starts. */
static uint32_t add_text(blob *to, const char *text)
{
    const size_t at = to->size;
    for (; *text; text++, to->size += 2)
        put_u16(to, to->size, (uint8_t)*text);
    put_u16(to, to->size, 0);
    to->size += 2;
    return (uint32_t)at;
}

static size_t property_at(unsigned index)
{
    return FIXED_SIZE + 24 * (size_t)index;
}

static void put_property(blob *to, unsigned index, uint32_t flags, unsigned in_type,
                         unsigned out_type)
{
    const size_t at = property_at(index);
    put_u32(to, at, flags);
    put_u16(to, at + 8, in_type);
    put_u16(to, at + 10, out_type);
    put_u16(to, at + 16, 1);
}

static void put_extent(blob *to, unsigned index, unsigned count, unsigned length)
{
    put_u16(to, property_at(index) + 16, count);
    put_u16(to, property_at(index) + 18, length);
}

static void put_guid(blob *to, size_t at, uint8_t fill)
{
    memset(to->data + at, fill, 16);
}

/* An event with the number of properties given, which are unsigned 32-bit numbers. */
static blob make_event(unsigned count, unsigned top_level)
{
    blob made;
    memset(&made, 0, sizeof made);
    put_guid(&made, 0, 0x11);
    put_guid(&made, 16, 0x22);
    put_u16(&made, 32, 7);
    made.data[34] = 3;
    made.data[35] = 16;
    made.data[36] = 4;
    made.data[37] = 1;
    put_u16(&made, 38, 99);
    put_u32(&made, 100, count);
    put_u32(&made, 104, top_level);
    made.size = property_at(count);
    for (unsigned i = 0; i < count; i++) {
        put_property(&made, i, 0, ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT);
        put_extent(&made, i, 1, 4);
    }
    return made;
}

static const etw_map *find_map(void *user, const etw_guid *provider, etw_str name)
{
    const etw_map *map = user;
    const bool same = name.size == map->name.size && !memcmp(name.data, map->name.data, name.size);
    return same && provider->data1 == 0x11111111 ? map : NULL;
}

/* Parses a copy that has exactly the size of the blob, so that a sanitizer sees what is behind. */
static etw_status parse_some(etw_schema *out, const blob *from, size_t size, const etw_map *map,
                             etw_error *error)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, from->data, size);
    const etw_bytes bytes = {copy, size};
    const etw_status status =
        etwi_event_info_parse(out, bytes, &arena, map ? find_map : NULL, (void *)map, error);
    free(copy);
    return status;
}

static etw_status parse(etw_schema *out, const blob *from, etw_error *error)
{
    return parse_some(out, from, from->size, NULL, error);
}

static void fails_at(const blob *from, uint64_t offset)
{
    etw_schema schema;
    etw_error error;
    CHECK_EQ(parse(&schema, from, &error), ETW_E_CORRUPT);
    CHECK_EQ(error.status, ETW_E_CORRUPT);
    CHECK_EQ(error.offset, offset);
}

static void reads_identity_and_names(void)
{
    blob b = make_event(0, 0);
    static const char *const TEXTS[] = {"Contoso ", "win:Informational ", "Contoso/Admin", NULL,
                                        "Work  ",   "win:Start",          "Hello %1"};
    for (unsigned i = 0; i < 7; i++) {
        if (TEXTS[i])
            put_u32(&b, 52 + 4 * i, add_text(&b, TEXTS[i]));
    }
    put_u32(&b, 92, add_text(&b, "Begin"));
    put_u32(&b, 108, 2);
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.source, ETW_SCHEMA_EVENT_INFO);
    CHECK_EQ(schema.provider.data1, 0x11111111);
    CHECK_EQ(schema.id, 7);
    CHECK_EQ(schema.version, 3);
    CHECK_EQ(schema.channel, 16);
    CHECK_EQ(schema.level, 4);
    CHECK_EQ(schema.opcode, 1);
    CHECK_EQ(schema.task, 99);
    CHECK(!schema.is_classic);
    CHECK(schema.is_user_data);
    CHECK_STR(schema.provider_name, "Contoso");
    CHECK_STR(schema.level_name, "Informational");
    CHECK_STR(schema.channel_name, "Contoso/Admin");
    CHECK_STR(schema.task_name, "Work");
    CHECK_STR(schema.opcode_name, "Start");
    CHECK_STR(schema.message, "Hello %1");
    CHECK_STR(schema.event_name, "Begin");
}

static void decoding_source_decides_the_key(void)
{
    blob b = make_event(0, 0);
    etw_schema schema;
    put_u32(&b, 92, add_text(&b, "ActivityId"));
    put_u32(&b, 48, 1);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK(schema.is_classic);
    CHECK_EQ(schema.provider.data1, 0x22222222);
    CHECK_EQ(schema.id, 0);
    CHECK_EQ(schema.opcode, 1);
    CHECK_EQ(schema.version, 3);
    CHECK_EQ(schema.event_name.size, 0);

    put_u32(&b, 48, 2);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK(!schema.is_classic);
    CHECK_EQ(schema.provider.data1, 0x22222222);
    CHECK_EQ(schema.id, 7);

    put_guid(&b, 16, 0);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.provider.data1, 0x11111111);

    put_u32(&b, 48, 3);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.provider.data1, 0x11111111);
    CHECK_STR(schema.event_name, "ActivityId");

    put_u32(&b, 48, 4);
    fails_at(&b, 48);
}

static void reads_properties(void)
{
    static const etw_map_entry ENTRY = {1, {"one", 3}};
    static const etw_map MAP = {{"Numbers", 7}, &ENTRY, 1, false};
    blob b = make_event(6, 4);
    put_property(&b, 1, 0x02, ETW_IN_BINARY, ETW_OUT_SOCKET_ADDRESS);
    put_extent(&b, 1, 1, 0);
    put_property(&b, 2, 0x01 | 0x04, 4, 2);
    put_extent(&b, 2, 0, 0);
    put_property(&b, 3, 0x40 | 0x10 | 0x20, ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    put_extent(&b, 3, 1, 5);
    put_u32(&b, property_at(3) + 20, 0xF2345678);
    put_u32(&b, property_at(4) + 20, 0x12345678);
    put_property(&b, 5, 0x08 | 0x80, ETW_IN_BINARY, ETW_OUT_XML);
    put_extent(&b, 5, 1, 0);
    put_u32(&b, property_at(0) + 4, add_text(&b, "Count "));
    put_u32(&b, property_at(0) + 12, add_text(&b, "Numbers "));
    put_u32(&b, property_at(5) + 12, 0xFFFFFFFF); // A custom schema, which is not looked at.

    etw_schema schema;
    REQUIRE(parse_some(&schema, &b, b.size, &MAP, NULL) == ETW_OK);
    CHECK_EQ(schema.property_count, 6);
    CHECK_EQ(schema.top_level_count, 4);
    const etw_property *p = schema.properties;
    CHECK_STR(p[0].name, "Count");
    CHECK(p[0].map == &MAP);
    CHECK_EQ(p[0].flags, 0);
    CHECK_EQ(p[0].length, 0);
    CHECK_EQ(p[1].flags, ETW_PROPERTY_LENGTH_INDEX);
    CHECK_EQ(p[1].length, 0);
    CHECK_EQ(p[1].out_type, ETW_OUT_SOCKET_ADDRESS);
    CHECK(!p[1].map);
    CHECK_EQ(p[2].flags, ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX);
    CHECK_EQ(p[2].in_type, ETW_IN_NULL);
    CHECK_EQ(p[2].first_member, 4);
    CHECK_EQ(p[2].member_count, 2);
    CHECK_EQ(p[3].flags, ETW_PROPERTY_FIXED_LENGTH | ETW_PROPERTY_FIXED_COUNT);
    CHECK_EQ(p[3].length, 5);
    CHECK_EQ(p[3].tags, 0x02345678);
    CHECK_EQ(p[4].tags, 0);
    CHECK_EQ(p[5].flags, 0);
}

static void normalises_counts_and_lengths(void)
{
    blob b = make_event(6, 6);
    put_extent(&b, 0, 2, 4);
    put_extent(&b, 1, 0, 4);
    put_property(&b, 2, 0, ETW_IN_ANSI_STRING, ETW_OUT_STRING);
    put_extent(&b, 2, 1, 12);
    put_property(&b, 3, 0, ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN);
    put_extent(&b, 3, 1, 1);
    put_property(&b, 4, 0, ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN);
    put_extent(&b, 4, 1, 4);
    put_property(&b, 5, 0x20, ETW_IN_UINT8, ETW_OUT_NULL);
    put_extent(&b, 5, 0, 1);
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    const etw_property *p = schema.properties;
    CHECK_EQ(p[0].flags, ETW_PROPERTY_FIXED_COUNT);
    CHECK_EQ(p[0].count, 2);
    CHECK_EQ(p[1].flags, 0);
    CHECK_EQ(p[1].count, 1);
    CHECK_EQ(p[2].flags, ETW_PROPERTY_FIXED_LENGTH);
    CHECK_EQ(p[2].length, 12);
    CHECK_EQ(p[3].in_type, ETW_IN_UINT8);
    CHECK_EQ(p[3].out_type, ETW_OUT_BOOLEAN);
    CHECK_EQ(p[4].in_type, ETW_IN_BOOLEAN);
    CHECK_EQ(p[5].flags, ETW_PROPERTY_FIXED_COUNT);
    CHECK_EQ(p[5].count, 0);
}

/* Sets the keyword and appends the list of the names given. */
static blob make_keywords(uint64_t keyword, const char *const *names)
{
    blob b = make_event(0, 0);
    put_u64(&b, 40, keyword);
    put_u32(&b, 64, (uint32_t)b.size);
    for (; *names; names++)
        add_text(&b, *names);
    put_u16(&b, b.size, 0);
    b.size += 2;
    return b;
}

static void keywords_get_the_bits_in_order(void)
{
    static const char *const NAMES[] = {"Low ", "High", NULL};
    etw_schema schema;
    blob b = make_keywords(0x8000000000000001, NAMES);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    REQUIRE(schema.keyword_count == 2);
    CHECK_STR(schema.keywords[0].name, "Low");
    CHECK_EQ(schema.keywords[0].mask, 1);
    CHECK_EQ(schema.keywords[1].mask, (int64_t)0x8000000000000000);

    b = make_keywords(0x8000000000000041, NAMES);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.keywords[0].mask, 0x01);
    CHECK_EQ(schema.keywords[1].mask, 0x40);
    CHECK_EQ(schema.keyword, (int64_t)0x8000000000000041);

    b = make_keywords(0x07, NAMES);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.keywords[0].mask, 7);
    CHECK_EQ(schema.keywords[1].mask, 7);

    b = make_keywords(0, NAMES);
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.keyword_count, 0);
}

static void names_become_well_formed(void)
{
    blob b = make_event(0, 0);
    put_u32(&b, 68, (uint32_t)b.size);
    put_u16(&b, b.size, 0xD83D); // A whole pair …
    put_u16(&b, b.size + 2, 0xDE00);
    put_u16(&b, b.size + 4, 0xDC00); // … and halves of others.
    put_u16(&b, b.size + 6, 0xD800);
    put_u16(&b, b.size + 8, 0xE9);
    b.size += 12;
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_STR(schema.task_name, "\xF0\x9F\x98\x80\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9");
}

static void bad_numbers_fail_where_they_are(void)
{
    blob b = make_event(2, 2);
    put_u32(&b, 100, 3);
    fails_at(&b, 100);
    put_u32(&b, 100, 0xFFFFFFFF);
    fails_at(&b, 100);
    b = make_event(2, 3);
    fails_at(&b, 104);
    b = make_event(2, 2);
    put_u32(&b, 52, (uint32_t)b.size);
    fails_at(&b, 52);
    b = make_event(2, 2);
    put_u32(&b, property_at(1) + 4, 0xFFFFFFF0);
    fails_at(&b, property_at(1) + 4);
    b = make_event(2, 2);
    put_property(&b, 1, 0x04, ETW_IN_UINT8, 0);
    put_extent(&b, 1, 2, 0);
    fails_at(&b, property_at(1) + 16);
    put_property(&b, 1, 0x02, ETW_IN_BINARY, 0);
    put_extent(&b, 1, 1, 2);
    fails_at(&b, property_at(1) + 18);
    b = make_event(2, 2);
    put_u32(&b, 52, (uint32_t)b.size);
    put_u16(&b, b.size, 'x');
    b.size += 2;
    fails_at(&b, b.size - 2);
}

static void structs_cannot_contain_themselves(void)
{
    blob b = make_event(3, 1);
    put_property(&b, 0, 0x01, 0, 1); // Itself.
    fails_at(&b, property_at(0) + 8);
    put_property(&b, 0, 0x01, 1, 3); // One more than there are.
    fails_at(&b, property_at(0) + 8);
    put_property(&b, 0, 0x01, 1, 0xFFFF);
    fails_at(&b, property_at(0) + 8);
    put_property(&b, 0, 0x01, 1, 2);
    put_property(&b, 2, 0x01, 1, 1); // Members that come before it.
    fails_at(&b, property_at(2) + 8);
    b = make_event(3, 3);
    put_property(&b, 0, 0x01, 1, 2); // Members at the top level.
    fails_at(&b, property_at(0) + 8);
}

/* Without a limit, thousands of properties that share one long name would copy it thousands of
 * times. */
static void overlapping_names_have_a_limit(void)
{
    blob b = make_event(60, 60);
    const uint32_t at = (uint32_t)b.size;
    for (unsigned i = 0; i < 1000; i++)
        put_u16(&b, b.size + 2 * i, 'x');
    b.size += 2002;
    for (unsigned i = 0; i < 60; i++)
        put_u32(&b, property_at(i) + 4, at);
    fails_at(&b, at);
}

static void every_prefix_is_harmless(void)
{
    static const char *const NAMES[] = {"First", "Second", NULL};
    blob b = make_keywords(3, NAMES);
    const size_t names_end = b.size;
    for (size_t size = 0; size < names_end; size++) {
        etw_schema schema;
        etw_error error;
        CHECK_EQ(parse_some(&schema, &b, size, NULL, &error), ETW_E_CORRUPT);
    }
    b = make_event(3, 2);
    put_property(&b, 1, 0x01, 2, 1);
    put_u32(&b, property_at(2) + 4, add_text(&b, "member"));
    for (size_t size = 0; size < b.size; size++) {
        etw_schema schema;
        CHECK_EQ(parse_some(&schema, &b, size, NULL, NULL), ETW_E_CORRUPT);
    }
    etw_schema schema;
    CHECK_EQ(parse_some(&schema, &b, b.size, NULL, NULL), ETW_OK);
}

static blob make_map(uint32_t flags, unsigned count)
{
    blob b;
    memset(&b, 0, sizeof b);
    b.size = 16 + 8 * (size_t)count;
    put_u32(&b, 4, flags);
    put_u32(&b, 8, count);
    put_u32(&b, 0, add_text(&b, "Colour "));
    return b;
}

static void put_entry(blob *to, unsigned index, uint32_t value, const char *text)
{
    const size_t at = 16 + 8 * (size_t)index;
    put_u32(to, at, add_text(to, text));
    put_u32(to, at + 4, value);
}

static etw_status parse_map(etw_map *out, const blob *from, size_t size, etw_error *error)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, from->data, size);
    const etw_bytes bytes = {copy, size};
    const etw_status status = etwi_event_map_parse(out, bytes, &arena, error);
    free(copy);
    return status;
}

static void maps_are_sorted_by_value(void)
{
    blob b = make_map(1, 5);
    static const uint32_t VALUES[] = {9, 1, 5, 1, 0};
    static const char *const TEXTS[] = {"nine ", "one", "five", "another one", "none"};
    for (unsigned i = 0; i < 5; i++)
        put_entry(&b, i, VALUES[i], TEXTS[i]);
    etw_map map;
    REQUIRE(parse_map(&map, &b, b.size, NULL) == ETW_OK);
    CHECK_STR(map.name, "Colour");
    CHECK(!map.is_bitmap);
    REQUIRE(map.entry_count == 4);
    static const char *const SORTED[] = {"none", "one", "five", "nine"};
    for (unsigned i = 0; i < 4; i++)
        CHECK_STR(map.entries[i].text, SORTED[i]);
    CHECK_EQ(map.entries[3].value, 9);
    for (size_t size = 0; size < b.size; size++)
        CHECK_EQ(parse_map(&map, &b, size, NULL), ETW_E_CORRUPT);
}

static void map_kinds(void)
{
    static const struct {
        uint32_t flags;
        bool is_bitmap;
        uint64_t second_value;
    } KINDS[] = {{1, false, 40},         {2, true, 40},        {8, false, 40},
                 {0x10, true, 40},       {8 | 0x20, true, 40}, {8 | 0x40, false, 1},
                 {0x10 | 0x40, true, 2}, {8 | 0x60, true, 2}};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        blob b = make_map(KINDS[i].flags, 2);
        put_entry(&b, 0, 0, "a");
        put_entry(&b, 1, 40, "b");
        etw_map map;
        REQUIRE(parse_map(&map, &b, b.size, NULL) == ETW_OK);
        CHECK_EQ(map.is_bitmap, KINDS[i].is_bitmap);
        CHECK_EQ(map.entries[1].value, KINDS[i].second_value);
    }
}

static void bad_maps_are_refused(void)
{
    etw_map map;
    etw_error error;
    blob b = make_map(4, 0);
    CHECK_EQ(parse_map(&map, &b, b.size, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(error.offset, 4);
    b = make_map(8, 0);
    put_u32(&b, 12, 1);
    CHECK_EQ(parse_map(&map, &b, b.size, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(error.offset, 12);
    b = make_map(0, 0);
    CHECK_EQ(parse_map(&map, &b, b.size, &error), ETW_E_CORRUPT);
    CHECK_EQ(error.offset, 4);
    b = make_map(1, 2);
    put_u32(&b, 8, 1000);
    CHECK_EQ(parse_map(&map, &b, b.size, &error), ETW_E_CORRUPT);
    CHECK_EQ(error.offset, 8);
    b = make_map(1, 2);
    put_u32(&b, 24, 0x7FFFFFFF);
    CHECK_EQ(parse_map(&map, &b, b.size, &error), ETW_E_CORRUPT);
    CHECK_EQ(error.offset, 24);
    b = make_map(1, 0);
    REQUIRE(parse_map(&map, &b, b.size, &error) == ETW_OK);
    CHECK_EQ(map.entry_count, 0);
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(reads_identity_and_names);
    RUN(decoding_source_decides_the_key);
    RUN(reads_properties);
    RUN(normalises_counts_and_lengths);
    RUN(keywords_get_the_bits_in_order);
    RUN(names_become_well_formed);
    RUN(bad_numbers_fail_where_they_are);
    RUN(structs_cannot_contain_themselves);
    RUN(overlapping_names_have_a_limit);
    RUN(every_prefix_is_harmless);
    RUN(maps_are_sorted_by_value);
    RUN(map_kinds);
    RUN(bad_maps_are_refused);
    etwi_arena_free(&arena);
    return test_finish();
}
