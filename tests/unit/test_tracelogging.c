/* TraceLogging metadata, built field by field. */
#include "test.h"

#include "base/memory.h"
#include "schema/tracelogging.h"

#include <etw/property.h>
#include <stdlib.h>

enum {
    BLOB_MAX = 1024,
    STRUCT = 24,
    CONSTANT = 0x20,
    VARIABLE = 0x40,
    CUSTOM = 0x60,
    CHAIN = 0x80,
};

typedef struct blob {
    uint8_t data[BLOB_MAX];
    size_t size;
} blob;

static etwi_arena arena;
static const etw_event EVENT = {.provider = {1, 2, 3, {4}},
                                .keyword = 0x800000000000,
                                .task = 5,
                                .version = 1,
                                .channel = 11,
                                .level = 4,
                                .opcode = 2};

static void add(blob *to, const char *data, size_t size)
{
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void add_u8(blob *to, unsigned value)
{
    to->data[to->size++] = (uint8_t)value;
}

static void add_u16(blob *to, unsigned value)
{
    add_u8(to, value & 0xFF);
    add_u8(to, value >> 8);
}

static void add_name(blob *to, const char *name)
{
    add(to, name, strlen(name) + 1);
}

/* A field without tags, counts or type information. */
static void add_field(blob *to, const char *name, unsigned type, unsigned out)
{
    add_name(to, name);
    add_u8(to, out ? type | CHAIN : type);
    if (out)
        add_u8(to, out);
}

static blob start(const char *event_name)
{
    blob made;
    memset(&made, 0, sizeof made);
    add_u16(&made, 0);
    add_u8(&made, 0);
    add_name(&made, event_name);
    return made;
}

static void set_size(blob *b)
{
    b->data[0] = (uint8_t)b->size;
    b->data[1] = (uint8_t)(b->size >> 8);
}

static etw_status parse_stored(etw_schema *out, const blob *from, size_t size, etw_error *error)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, from->data, size);
    const etw_bytes bytes = {copy, size};
    const etw_bytes none = {NULL, 0};
    const etw_status status = etwi_tracelogging_parse(out, &EVENT, bytes, none, &arena, error);
    free(copy);
    return status;
}

static etw_status parse(etw_schema *out, blob *from, etw_error *error)
{
    set_size(from);
    return parse_stored(out, from, from->size, error);
}

static void fails_at(blob *from, uint64_t offset)
{
    etw_schema schema;
    etw_error error;
    CHECK_EQ(parse(&schema, from, &error), ETW_E_CORRUPT);
    CHECK_EQ(error.offset, offset);
}

static void takes_identity_from_the_event(void)
{
    blob b = start("Started");
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.source, ETW_SCHEMA_TRACELOGGING);
    CHECK_STR(schema.event_name, "Started");
    CHECK(etw_guid_equal(&schema.provider, &EVENT.provider));
    CHECK_EQ(schema.keyword, EVENT.keyword);
    CHECK_EQ(schema.task, 5);
    CHECK_EQ(schema.version, 1);
    CHECK_EQ(schema.channel, 11);
    CHECK_EQ(schema.level, 4);
    CHECK_EQ(schema.opcode, 2);
    CHECK(!schema.is_classic);
    CHECK_EQ(schema.property_count, 0);
}

static void event_tags_are_skipped(void)
{
    blob b;
    memset(&b, 0, sizeof b);
    add_u16(&b, 0);
    add(&b, "\x81\x82\x83\x04", 4);
    add_name(&b, "Tagged");
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_STR(schema.event_name, "Tagged");
}

/* One field of the type and out-type; what comes of it. */
static etw_property property_of(unsigned type, unsigned out)
{
    blob b = start("e");
    add_field(&b, "f", type, out);
    etw_schema schema;
    static const etw_property NONE;
    if (!CHECK_EQ(parse(&schema, &b, NULL), ETW_OK) || !CHECK_EQ(schema.property_count, 1))
        return NONE;
    return schema.properties[0];
}

static void in_types_keep_their_numbers(void)
{
    for (unsigned type = 1; type <= 25; type++) {
        if (type == STRUCT)
            continue;
        const etw_property p = property_of(type, 0);
        CHECK_EQ(p.in_type, type == ETW_IN_BINARY ? ETW_IN_MANIFEST_COUNTED_BINARY : (int)type);
        CHECK_EQ(p.out_type, ETW_OUT_NULL);
        CHECK_EQ(p.flags, 0);
        CHECK_EQ(p.count, 1);
    }
    const etw_property nothing = property_of(0, 0);
    CHECK_EQ(nothing.in_type, ETW_IN_BINARY);
    CHECK_EQ(nothing.flags, ETW_PROPERTY_FIXED_LENGTH);
    CHECK_EQ(nothing.length, 0);
}

static void out_types(void)
{
    static const struct {
        unsigned in, out;
        int want;
    } PAIRS[] = {
        {ETW_IN_UINT32, 1, ETW_OUT_NO_PRINT},
        {ETW_IN_UINT8, 2, ETW_OUT_STRING},
        {ETW_IN_UINT16, 2, ETW_OUT_STRING},
        {ETW_IN_UINT8, 3, ETW_OUT_BOOLEAN},
        {ETW_IN_INT8, 4, ETW_OUT_HEX_INT8},
        {ETW_IN_UINT16, 4, ETW_OUT_HEX_INT16},
        {ETW_IN_UINT32, 4, ETW_OUT_HEX_INT32},
        {ETW_IN_INT64, 4, ETW_OUT_HEX_INT64},
        {ETW_IN_BINARY, 4, ETW_OUT_HEX_BINARY},
        {ETW_IN_MANIFEST_COUNTED_BINARY, 4, ETW_OUT_HEX_BINARY},
        {ETW_IN_UNICODE_STRING, 4, ETW_OUT_NULL},
        {ETW_IN_UINT32, 5, ETW_OUT_PID},
        {ETW_IN_UINT32, 6, ETW_OUT_TID},
        {ETW_IN_UINT16, 7, ETW_OUT_PORT},
        {ETW_IN_UINT32, 8, ETW_OUT_IPV4},
        {ETW_IN_BINARY, 9, ETW_OUT_IPV6},
        {ETW_IN_BINARY, 10, ETW_OUT_SOCKET_ADDRESS},
        {ETW_IN_UNICODE_STRING, 11, ETW_OUT_XML},
        {ETW_IN_ANSI_STRING, 12, ETW_OUT_JSON},
        {ETW_IN_UINT32, 13, ETW_OUT_WIN32_ERROR},
        {ETW_IN_INT32, 14, ETW_OUT_NTSTATUS},
        {ETW_IN_INT32, 15, ETW_OUT_HRESULT},
        {ETW_IN_INT64, 16, ETW_OUT_DATETIME},
        {ETW_IN_UINT8, 17, ETW_OUT_BYTE},
        {ETW_IN_UINT16, 17, ETW_OUT_SHORT},
        {ETW_IN_HEX_INT32, 17, ETW_OUT_INT},
        {ETW_IN_HEX_INT64, 17, ETW_OUT_LONG},
        {ETW_IN_BINARY, 17, ETW_OUT_NULL},
        {ETW_IN_INT8, 18, ETW_OUT_UNSIGNED_BYTE},
        {ETW_IN_INT16, 18, ETW_OUT_UNSIGNED_SHORT},
        {ETW_IN_INT32, 18, ETW_OUT_UNSIGNED_INT},
        {ETW_IN_INT64, 18, ETW_OUT_UNSIGNED_LONG},
        {ETW_IN_UINT32, 19, ETW_OUT_NULL},
        {ETW_IN_UINT32, 31, ETW_OUT_NULL},
        {ETW_IN_ANSI_STRING, 35, ETW_OUT_UTF8},
        {ETW_IN_BINARY, 36, ETW_OUT_PKCS7},
        {ETW_IN_UINT64, 37, ETW_OUT_CODE_POINTER},
        {ETW_IN_FILETIME, 38, ETW_OUT_DATETIME_UTC},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++)
        CHECK_EQ(property_of(PAIRS[i].in, PAIRS[i].out).out_type, PAIRS[i].want);
}

static void arrays_and_custom_types(void)
{
    blob b = start("e");
    add_field(&b, "constant", ETW_IN_UINT16 | CONSTANT, 0);
    add_u16(&b, 300);
    add_field(&b, "variable", ETW_IN_BINARY | VARIABLE, 9);
    add_field(&b, "custom", ETW_IN_UINT8 | CUSTOM, 32 + 3);
    add_u16(&b, 3);
    add(&b, "abc", 3);
    add_field(&b, "last", ETW_IN_UINT8, 0);
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    REQUIRE(schema.property_count == 4);
    const etw_property *p = schema.properties;
    CHECK_EQ(p[0].flags, ETW_PROPERTY_FIXED_COUNT);
    CHECK_EQ(p[0].count, 300);
    CHECK_EQ(p[1].flags, ETW_PROPERTY_INLINE_COUNT);
    CHECK_EQ(p[1].in_type, ETW_IN_MANIFEST_COUNTED_BINARY);
    CHECK_EQ(p[1].out_type, ETW_OUT_IPV6);
    CHECK_EQ(p[2].flags, 0);
    CHECK_EQ(p[2].in_type, ETW_IN_MANIFEST_COUNTED_BINARY);
    CHECK_EQ(p[2].out_type, 35);
    CHECK_STR(p[3].name, "last");
}

static void field_tags(void)
{
    blob b = start("e");
    add_name(&b, "f");
    add_u8(&b, ETW_IN_UINT8 | CHAIN);
    add_u8(&b, 0 | CHAIN);
    add(&b, "\x81\x02", 2); // The first seven bits are the highest of 28.
    add_field(&b, "g", ETW_IN_UINT8, 0);
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    REQUIRE(schema.property_count == 2);
    CHECK_EQ(schema.properties[0].tags, 1 << 21 | 2 << 14);
    CHECK_EQ(schema.properties[1].tags, 0);
    CHECK_STR(schema.properties[1].name, "g");
}

/* a { b  c { d }  e }  f  g[] { h } */
static blob nested(void)
{
    blob b = start("e");
    add_field(&b, "a", STRUCT, 3);
    add_field(&b, "b", ETW_IN_UINT8, 0);
    add_field(&b, "c", STRUCT, 1);
    add_field(&b, "d", ETW_IN_UINT16, 0);
    add_field(&b, "e", ETW_IN_UINT32, 0);
    add_field(&b, "f", ETW_IN_UINT64, 0);
    add_field(&b, "g", STRUCT | VARIABLE, 1);
    add_field(&b, "h", ETW_IN_GUID, 0);
    return b;
}

static void structs_are_laid_out_breadth_first(void)
{
    blob b = nested();
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    REQUIRE(schema.property_count == 8);
    CHECK_EQ(schema.top_level_count, 3);
    static const char *const NAMES[] = {"a", "f", "g", "b", "c", "e", "h", "d"};
    const etw_property *p = schema.properties;
    for (unsigned i = 0; i < 8; i++)
        CHECK_STR(p[i].name, NAMES[i]);
    CHECK_EQ(p[0].flags, ETW_PROPERTY_STRUCT);
    CHECK_EQ(p[0].in_type, ETW_IN_NULL);
    CHECK_EQ(p[0].first_member, 3);
    CHECK_EQ(p[0].member_count, 3);
    CHECK_EQ(p[2].flags, ETW_PROPERTY_STRUCT | ETW_PROPERTY_INLINE_COUNT);
    CHECK_EQ(p[2].first_member, 6);
    CHECK_EQ(p[2].member_count, 1);
    CHECK_EQ(p[4].first_member, 7);
    CHECK_EQ(p[4].member_count, 1);
}

static void every_prefix_is_harmless(void)
{
    blob b = nested();
    set_size(&b);
    for (size_t size = 0; size < b.size; size++) {
        etw_schema schema;
        etw_error error;
        CHECK_EQ(parse_stored(&schema, &b, size, &error), ETW_E_CORRUPT);
        CHECK_EQ(error.offset, 0);
        // The same with a size that agrees: it may end between two fields.
        blob cut = b;
        cut.size = size < 2 ? 2 : size;
        parse(&schema, &cut, NULL);
    }
}

static void depth_has_a_limit(void)
{
    blob b = start("e");
    for (unsigned i = 0; i < ETW_STRUCT_DEPTH_MAX; i++)
        add_field(&b, "s", STRUCT, 1);
    blob deeper = b;
    add_field(&b, "v", ETW_IN_UINT8, 0);
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.property_count, ETW_STRUCT_DEPTH_MAX + 1);
    CHECK_EQ(schema.properties[ETW_STRUCT_DEPTH_MAX - 1].first_member, ETW_STRUCT_DEPTH_MAX);

    const size_t at = deeper.size;
    add_field(&deeper, "s", STRUCT, 1);
    add_field(&deeper, "v", ETW_IN_UINT8, 0);
    fails_at(&deeper, at);
}

static void many_fields(void)
{
    blob b = start("e");
    for (unsigned i = 0; i < 400; i++) {
        add_u8(&b, 0); // No name at all.
        add_u8(&b, ETW_IN_UINT8);
    }
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_EQ(schema.property_count, 400);
}

static void damage_is_found_where_it_is(void)
{
    blob b = start("e");
    const size_t at = b.size;
    add_field(&b, "f", 26, 0);
    fails_at(&b, at + 2);

    b = start("e");
    add_field(&b, "f", STRUCT | CUSTOM, 1);
    add_u16(&b, 0);
    fails_at(&b, at + 2);

    b = start("e");
    add_field(&b, "s", STRUCT, 2);
    add_field(&b, "f", ETW_IN_UINT8, 0);
    fails_at(&b, b.size);

    b = start("e");
    add_field(&b, "f", ETW_IN_UINT8 | CUSTOM, 0);
    add_u16(&b, 500);
    fails_at(&b, at);

    b = start("e");
    b.size--;
    fails_at(&b, 3);

    b = start("e");
    add_name(&b, "f");
    add_u8(&b, ETW_IN_UINT8 | CHAIN);
    add(&b, "\xFF\xFF\xFF\xFF\xFF", 5); // Tags without an end.
    fails_at(&b, at);
}

static void names_become_well_formed(void)
{
    blob b = start("caf\xC3\xA9");
    add_field(&b, "a\xFF\xC3", ETW_IN_UINT8, 0);
    etw_schema schema;
    REQUIRE(parse(&schema, &b, NULL) == ETW_OK);
    CHECK_STR(schema.event_name, "caf\xC3\xA9");
    CHECK_STR(schema.properties[0].name, "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void provider_name_comes_from_the_traits(void)
{
    static const struct {
        uint8_t data[16];
        size_t size;
        const char *name;
    } TRAITS[] = {
        {{7, 0, 'M', 'i', 'n', 'e', 0}, 7, "Mine"},
        {{10, 0, 'M', 'i', 'n', 'e', 0, 3, 0, 1}, 10, "Mine"},
        {{7, 0, 'M', 'i', 'n', 'e', 0, 9, 9}, 9, "Mine"},
        {{8, 0, 'M', 'i', 'n', 'e', 0}, 7, ""},
        {{5, 0, 'M', 'i', 'n', 'e', 0}, 7, ""},
        {{1, 0, 'M'}, 3, ""},
        {{7}, 1, ""},
        {{0}, 0, ""},
    };
    blob b = start("e");
    set_size(&b);
    const etw_bytes metadata = {b.data, b.size};
    for (size_t i = 0; i < sizeof TRAITS / sizeof *TRAITS; i++) {
        uint8_t copy[16];
        memcpy(copy, TRAITS[i].data, sizeof copy);
        const etw_bytes traits = {copy, TRAITS[i].size};
        etw_schema schema;
        REQUIRE(etwi_tracelogging_parse(&schema, &EVENT, metadata, traits, &arena, NULL) == ETW_OK);
        CHECK_EQ(schema.provider_name.size, strlen(TRAITS[i].name));
        if (schema.provider_name.size)
            CHECK_STR(schema.provider_name, TRAITS[i].name);
    }
}

/* An allocator that fails after a number of requests. */
static int allocations_left;

static void *failing_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    const etw_allocator standard = etwi_allocator_or_default(NULL);
    (void)user;
    if (new_size && allocations_left-- <= 0)
        return NULL;
    return standard.resize(standard.user, memory, old_size, new_size);
}

static void running_out_of_memory_is_a_status(void)
{
    blob b = nested();
    set_size(&b);
    const etw_bytes metadata = {b.data, b.size};
    const etw_bytes none = {NULL, 0};
    etw_status status = ETW_E_NOMEM;
    for (int allowed = 0; status == ETW_E_NOMEM && allowed < 20; allowed++) {
        etwi_arena own = {.allocator = {NULL, failing_resize}};
        etw_schema schema;
        allocations_left = allowed;
        status = etwi_tracelogging_parse(&schema, &EVENT, metadata, none, &own, NULL);
        CHECK(status == ETW_OK || status == ETW_E_NOMEM);
        etwi_arena_free(&own);
    }
    CHECK_EQ(status, ETW_OK);
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(takes_identity_from_the_event);
    RUN(event_tags_are_skipped);
    RUN(in_types_keep_their_numbers);
    RUN(out_types);
    RUN(arrays_and_custom_types);
    RUN(field_tags);
    RUN(structs_are_laid_out_breadth_first);
    RUN(every_prefix_is_harmless);
    RUN(depth_has_a_limit);
    RUN(many_fields);
    RUN(damage_is_found_where_it_is);
    RUN(names_become_well_formed);
    RUN(provider_name_comes_from_the_traits);
    RUN(running_out_of_memory_is_a_status);
    etwi_arena_free(&arena);
    return test_finish();
}
