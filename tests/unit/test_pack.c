/* Packs: what is written is what is read, and nothing else is believed. */
#include "test.h"

#include "faulty_alloc.h"
#include "guard.h"
#include "pack_sample.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "schema/compare.h"
#include "schema/pack_write.h"

static etw_allocator allocator;
static etwi_buffer image;
static etw_error error;

static etw_bytes image_bytes(void)
{
    return (etw_bytes){(const uint8_t *)image.data, image.size};
}

/* Reads every section; the first failure. `seen` counts schemas. */
static etw_status read_whole(etw_bytes bytes, size_t *seen)
{
    etwi_pack *pack;
    etwi_arena arena = {.allocator = allocator};
    etw_status status = etwi_pack_open_memory(&pack, bytes, &allocator, &error);
    *seen = 0;
    for (uint32_t i = 0; status == ETW_OK && i < etwi_pack_provider_count(pack); i++) {
        etwi_section section = {.arena = &arena, .scratch = &arena};
        status = etwi_pack_load(pack, i, &section, &error);
        *seen += status == ETW_OK ? section.count : 0;
    }
    etwi_pack_close(&pack);
    etwi_arena_free(&arena);
    return status;
}

static void knows_the_checksum_of_the_specification(void)
{
    CHECK(etwi_checksum("", 0) == 0xEF46DB3751D8E999u);
    CHECK(etwi_checksum("abc", 3) == 0x44BC2CF5AD770999u);
    const char text[] = "Nobody inspects the spammish repetition";
    CHECK(etwi_checksum(text, sizeof text - 1) == 0xFBCEA83C8A378BF1u);
}

static void reads_what_was_written(void)
{
    size_t count, seen = 0;
    const etw_schema *schemas = pack_sample_schemas(&count);
    etwi_pack *pack;
    etwi_arena arena = {.allocator = allocator};
    REQUIRE(etwi_pack_open_memory(&pack, image_bytes(), &allocator, &error) == ETW_OK);
    CHECK_EQ(etwi_pack_provider_count(pack), 4);
    for (uint32_t i = 0; i < etwi_pack_provider_count(pack); i++) {
        etwi_section section = {.arena = &arena, .scratch = &arena};
        REQUIRE(etwi_pack_load(pack, i, &section, &error) == ETW_OK);
        for (uint32_t s = 0; s < section.count; s++, seen++) {
            const etw_schema *got = &section.schemas[s].pub;
            CHECK(etwi_schema_equal(got, &schemas[seen]));
            CHECK_EQ(got->file.size, schemas[seen].file.size);
            CHECK(memcmp(got->file.data, schemas[seen].file.data ? schemas[seen].file.data : "",
                         got->file.size) == 0);
            for (unsigned p = 0; p < got->property_count; p++)
                CHECK(!got->properties[p].map || (got->properties[p].map->name.size ==
                                                  schemas[seen].properties[p].map->name.size));
            CHECK(section.schemas[s].plan.steps != NULL);
        }
    }
    CHECK_EQ(seen, count);
    etwi_pack_close(&pack);
    etwi_arena_free(&arena);
}

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

static void same_names(const etw_named_values *got, const etw_named_values *want)
{
    REQUIRE(got->count == want->count);
    for (uint32_t i = 0; i < got->count; i++) {
        const etw_named_value *a = &got->items[i], *b = &want->items[i];
        CHECK(a->value == b->value && a->task == b->task);
        CHECK(etw_guid_equal(&a->class_guid, &b->class_guid));
        CHECK(same_text(a->name, b->name));
        CHECK(same_text(a->message, b->message));
    }
}

static void same_definition(const etwi_provider *got, const etwi_provider *want)
{
    CHECK(etw_guid_equal(&got->guid, &want->guid));
    CHECK(same_text(got->name, want->name));
    CHECK(same_text(got->message, want->message));
    CHECK_EQ(got->source, want->source);
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++)
        same_names(&got->named[kind], &want->named[kind]);
    REQUIRE(got->map_count == want->map_count);
    for (uint32_t i = 0; i < got->map_count; i++) {
        CHECK(same_text(got->maps[i]->name, want->maps[i]->name));
        CHECK(etwi_map_equal(got->maps[i], want->maps[i]));
    }
}

static void reads_the_definitions_of_providers(void)
{
    size_t count, seen = 0;
    const etwi_provider *definitions = pack_sample_definitions(&count);
    etwi_pack *pack;
    etwi_arena arena = {.allocator = allocator};
    REQUIRE(etwi_pack_open_memory(&pack, image_bytes(), &allocator, &error) == ETW_OK);
    for (uint32_t i = 0; i < etwi_pack_provider_count(pack); i++) {
        etwi_section section = {.arena = &arena, .scratch = &arena};
        REQUIRE(etwi_pack_load(pack, i, &section, &error) == ETW_OK);
        for (uint32_t d = 0; d < section.definition_count && seen < count; d++, seen++)
            same_definition(&section.definitions[d], &definitions[seen]);
    }
    CHECK_EQ(seen, count);
    etwi_pack_close(&pack);
    etwi_arena_free(&arena);
}

static void stores_things_once(void)
{
    etwi_pack *pack;
    etwi_arena arena = {.allocator = allocator};
    etwi_section section = {.arena = &arena, .scratch = &arena};
    REQUIRE(etwi_pack_open_memory(&pack, image_bytes(), &allocator, &error) == ETW_OK);
    REQUIRE(etwi_pack_load(pack, 0, &section, &error) == ETW_OK);
    REQUIRE(section.count == 3);
    const etw_schema *first = &section.schemas[0].pub, *other = &section.schemas[1].pub;
    CHECK(first->properties == section.schemas[2].pub.properties);
    CHECK(section.schemas[0].plan.steps == section.schemas[2].plan.steps);
    CHECK(first->properties[0].map == other->properties[0].map);
    CHECK(first->provider_name.data == other->provider_name.data);
    size_t names = 0;
    for (size_t i = 0; i + 7 <= image.size; i++)
        names += memcmp(image.data + i, "Contoso", 7) == 0;
    CHECK_EQ(names, 1);
    etwi_pack_close(&pack);
    etwi_arena_free(&arena);
}

static void finds_providers(void)
{
    size_t count;
    const etw_schema *schemas = pack_sample_schemas(&count);
    etwi_pack *pack;
    REQUIRE(etwi_pack_open_memory(&pack, image_bytes(), &allocator, &error) == ETW_OK);
    CHECK_EQ(etwi_pack_find(pack, &schemas[0].provider), 0);
    CHECK_EQ(etwi_pack_find(pack, &schemas[3].provider), 1);
    CHECK_EQ(etwi_pack_find(pack, &schemas[4].provider), 3);
    etw_guid other = schemas[0].provider;
    other.data4[7]++;
    CHECK_EQ(etwi_pack_find(pack, &other), ETWI_PACK_NO_PROVIDER);
    const etw_guid none = {0}, last = {UINT32_MAX, 0, 0, {0}};
    CHECK_EQ(etwi_pack_find(pack, &none), ETWI_PACK_NO_PROVIDER);
    CHECK_EQ(etwi_pack_find(pack, &last), ETWI_PACK_NO_PROVIDER);
    etwi_pack_close(&pack);
}

static void keeps_the_summary(void)
{
    etwi_pack *pack;
    REQUIRE(etwi_pack_open_memory(&pack, image_bytes(), &allocator, &error) == ETW_OK);
    const etwi_pack_summary *summary = etwi_pack_get_summary(pack);
    CHECK(summary->stamp == 0x1122334455667788u);
    CHECK_EQ(summary->schemas[ETW_SCHEMA_MANIFEST_FILE], 2);
    CHECK_EQ(summary->schemas[ETW_SCHEMA_PE], 1);
    CHECK_EQ(summary->failures.count, 3);
    CHECK_EQ(summary->failures.first.status, ETW_E_CORRUPT);
    CHECK_EQ(summary->failures.first.offset, 17);
    // No control characters come out.
    CHECK_TEXT(summary->failures.first.message, "a/broken.man: no?closing tag");
    CHECK_EQ(summary->rejected.count, 1);
    CHECK_EQ(summary->rejected.first.os_code, 5);
    CHECK(summary->rejected.first.offset == ETW_NO_OFFSET);
    etwi_pack_close(&pack);
}

static void writes_the_same_bytes_again(void)
{
    etwi_buffer again = {.allocator = allocator};
    pack_sample_write(&again);
    CHECK_EQ(again.size, image.size);
    CHECK(memcmp(again.data, image.data, image.size) == 0);
    etwi_buffer_free(&again);
}

static void can_be_empty(void)
{
    etwi_buffer empty = {.allocator = allocator};
    const etwi_pack_summary summary = {0};
    const etwi_pack_content content = {.summary = &summary};
    size_t seen;
    CHECK_EQ(etwi_pack_write(&empty, &content, NULL), ETW_OK);
    CHECK_EQ(read_whole((etw_bytes){(const uint8_t *)empty.data, empty.size}, &seen), ETW_OK);
    etwi_buffer_free(&empty);
}

static void refuses_every_truncation(void)
{
    for (size_t size = 0; size < image.size; size++) {
        size_t seen;
        const etw_status status = read_whole((etw_bytes){(const uint8_t *)image.data, size}, &seen);
        if (!etw_failed(status) || status != error.status)
            CHECK_EQ(size, -1);
    }
    CHECK(image.size > 500);
}

/* The bytes of the first section, and whose they are. */
static etw_bytes first_section(etw_guid *provider)
{
    const uint8_t *bytes = (const uint8_t *)image.data;
    const size_t directory = ETWI_PACK_HEAD_SIZE + etwi_load_u32(bytes + 32);
    const size_t start = directory + etwi_load_u32(bytes + 12) * (size_t)ETWI_PACK_ENTRY_SIZE;
    *provider = etwi_load_guid(bytes + directory);
    return (etw_bytes){bytes + start, (size_t)etwi_load_u64(bytes + directory + 16)};
}

static etw_status decode(etw_bytes bytes)
{
    etwi_arena arena = {.allocator = allocator};
    etwi_section section = {.arena = &arena, .scratch = &arena};
    const etw_status status = etwi_section_decode(&section, bytes, &error);
    etwi_arena_free(&arena);
    return status;
}

/* The end of what is readable lies right behind the last byte. */
static void refuses_every_truncation_of_a_section(void)
{
    etw_guid provider;
    const etw_bytes bytes = first_section(&provider);
    guard area = guard_create(bytes.size);
    CHECK_EQ(decode(guard_copy(&area, bytes)), ETW_OK);
    for (size_t size = 0; size < bytes.size; size++)
        if (decode(guard_copy(&area, (etw_bytes){bytes.data, size})) != ETW_E_CORRUPT)
            CHECK_EQ(size, -1);
    guard_destroy(&area);
}

static void finds_every_flipped_bit(void)
{
    for (size_t bit = 0; bit < 8 * image.size; bit++) {
        size_t seen;
        image.data[bit / 8] ^= (char)(1 << bit % 8);
        const etw_status status = read_whole(image_bytes(), &seen);
        if (!etw_failed(status))
            CHECK_EQ(bit, -1);
        image.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    size_t seen;
    CHECK_EQ(read_whole(image_bytes(), &seen), ETW_OK);
    CHECK_EQ(seen, 5);
}

/* The checksum only finds damage: whoever can compute it can write anything behind it. */
static void survives_forged_sections(void)
{
    static const uint8_t VALUES[] = {0, 1, 0x7F, 0x80, 0xFF};
    etw_guid provider;
    const etw_bytes bytes = first_section(&provider);
    uint8_t *start = (uint8_t *)image.data + (bytes.data - (const uint8_t *)image.data);
    unsigned refused = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        const uint8_t kept = start[i];
        for (size_t v = 0; v < sizeof VALUES; v++) {
            start[i] = VALUES[v];
            const etw_status status = decode(bytes);
            CHECK(status == ETW_OK || status == ETW_E_CORRUPT);
            refused += status == ETW_E_CORRUPT;
        }
        start[i] = kept;
    }
    CHECK(refused > 1000);
}

/* Writes a pack of one schema and reads it. */
static etw_status round_trip(const etw_schema *schema)
{
    etwi_buffer pack = {.allocator = allocator};
    const etwi_pack_summary summary = {0};
    const etwi_pack_content content = {.schemas = &schema, .count = 1, .summary = &summary};
    size_t seen;
    CHECK_EQ(etwi_pack_write(&pack, &content, NULL), ETW_OK);
    const etw_status status = read_whole((etw_bytes){(const uint8_t *)pack.data, pack.size}, &seen);
    etwi_buffer_free(&pack);
    return status;
}

static void refuses_definition(uint8_t source)
{
    etwi_buffer pack = {.allocator = allocator};
    const etwi_provider definition = {.name = {"x", 1}, .source = source};
    const etwi_provider *const one = &definition;
    const etwi_pack_summary summary = {0};
    const etwi_pack_content content = {
        .definitions = &one, .definition_count = 1, .summary = &summary};
    size_t seen;
    CHECK_EQ(etwi_pack_write(&pack, &content, NULL), ETW_OK);
    CHECK_EQ(read_whole((etw_bytes){(const uint8_t *)pack.data, pack.size}, &seen), ETW_E_CORRUPT);
    etwi_buffer_free(&pack);
}

/* What is whole and still makes no sense: nobody downstream looks again. */
static void refuses_what_makes_no_sense(void)
{
    static const etw_map_entry REVERSED[] = {{2, {"b", 1}}, {1, {"a", 1}}};
    static const etw_map MAP = {{"M", 1}, REVERSED, 2, false};
    static const etw_keyword ZERO = {0, {"k", 1}};
    etw_property properties[] = {
        {.name = {"s", 1}, .flags = ETW_PROPERTY_STRUCT, .first_member = 1, .member_count = 1},
        {.name = {"x", 1}, .in_type = ETW_IN_UINT8, .count = 1}};
    etw_schema schema = {.properties = properties,
                         .property_count = 2,
                         .top_level_count = 1,
                         .source = ETW_SCHEMA_PE};
    CHECK_EQ(round_trip(&schema), ETW_OK);
    schema.top_level_count = 2;
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    schema.top_level_count = 3;
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    schema.top_level_count = 1;
    properties[0].member_count = 2;
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    properties[0].member_count = 1;
    properties[1].map = &MAP;
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    properties[1].map = NULL;
    properties[1].name = (etw_str){"\xC3", 1};
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    properties[1].name = (etw_str){"x", 1};
    schema.keywords = &ZERO;
    schema.keyword_count = 1;
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    schema.keyword_count = 0;
    static const uint8_t FOREIGN[] = {ETW_SCHEMA_NONE, ETW_SCHEMA_KERNEL, ETW_SCHEMA_MANIFEST,
                                      ETW_SCHEMA_TRACELOGGING, ETW_SCHEMA_SOURCE_COUNT};
    for (size_t i = 0; i < sizeof FOREIGN; i++) {
        schema.source = FOREIGN[i];
        CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
    }
    for (size_t i = 0; i < sizeof FOREIGN; i++)
        refuses_definition(FOREIGN[i]);
}

/* To follow them would take time that grows with the square of their number. */
static void refuses_structs_that_share_their_members(void)
{
    enum {
        MANY = 200
    };
    static etw_property properties[2 * MANY];
    for (unsigned i = 0; i < 2 * MANY; i++)
        properties[i] = (etw_property){.name = {"p", 1}, .in_type = ETW_IN_UINT8, .count = 1};
    for (unsigned i = 0; i < MANY; i++) {
        properties[i].flags = ETW_PROPERTY_STRUCT;
        properties[i].first_member = MANY;
        properties[i].member_count = 1;
    }
    etw_schema schema = {.properties = properties,
                         .property_count = 2 * MANY,
                         .top_level_count = MANY,
                         .source = ETW_SCHEMA_PE};
    CHECK_EQ(round_trip(&schema), ETW_OK);
    for (unsigned i = 0; i < MANY; i++)
        properties[i].member_count = MANY;
    CHECK(!etwi_pack_can_hold(&schema));
    CHECK_EQ(round_trip(&schema), ETW_E_CORRUPT);
}

/* Makes the checksum of the head right again. */
static void seal(void)
{
    uint8_t *bytes = (uint8_t *)image.data;
    const size_t size = ETWI_PACK_HEAD_SIZE + etwi_load_u32(bytes + 32) +
                        etwi_load_u32(bytes + 12) * (size_t)ETWI_PACK_ENTRY_SIZE;
    if (size > image.size)
        return;
    memset(bytes + ETWI_PACK_CHECKSUM_OFFSET, 0, 8);
    const uint64_t checksum = etwi_checksum(bytes, size);
    for (unsigned i = 0; i < 8; i++)
        bytes[ETWI_PACK_CHECKSUM_OFFSET + i] = (uint8_t)(checksum >> 8 * i);
}

static void refuses_huge_counts(void)
{
    /* Providers, the size of the file, that of the summary, that of the first section. */
    const size_t directory = ETWI_PACK_HEAD_SIZE + etwi_load_u32((uint8_t *)image.data + 32);
    const size_t places[] = {12, 16, 32, directory + 16, directory + 20};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        static const uint8_t HUGE_BYTES[][4] = {
            {0xFF, 0xFF, 0xFF, 0xFF}, {0xFF, 0xFF, 0xFF, 0x7F}, {0, 0, 0, 1}};
        for (size_t v = 0; v < 3; v++) {
            size_t seen;
            char kept[4];
            memcpy(kept, image.data + places[i], 4);
            memcpy(image.data + places[i], HUGE_BYTES[v], 4);
            seal();
            CHECK(etw_failed(read_whole(image_bytes(), &seen)));
            memcpy(image.data + places[i], kept, 4);
            seal();
        }
    }
    size_t seen;
    CHECK_EQ(read_whole(image_bytes(), &seen), ETW_OK);
    image.data[8]++;
    CHECK_EQ(read_whole(image_bytes(), &seen), ETW_E_UNSUPPORTED);
    CHECK_TEXT(error.message, "a pack of version 2; this library reads version 1");
    image.data[8]--;
}

static void survives_lack_of_memory(void)
{
    faulty_alloc faulty;
    uint64_t failures = 0;
    for (uint64_t at = 1; at < 200; at++) {
        faulty_alloc_init(&faulty);
        faulty.fail_at = at;
        allocator = faulty.allocator;
        size_t seen;
        const etw_status status = read_whole(image_bytes(), &seen);
        CHECK(status == ETW_OK || status == ETW_E_NOMEM);
        failures += status == ETW_E_NOMEM;
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
    CHECK(failures > 3);
    allocator = etwi_allocator_or_default(NULL);
}

int main(void)
{
    allocator = etwi_allocator_or_default(NULL);
    image.allocator = allocator;
    pack_sample_write(&image);
    RUN(knows_the_checksum_of_the_specification);
    RUN(reads_what_was_written);
    RUN(reads_the_definitions_of_providers);
    RUN(stores_things_once);
    RUN(finds_providers);
    RUN(keeps_the_summary);
    RUN(writes_the_same_bytes_again);
    RUN(can_be_empty);
    RUN(refuses_every_truncation);
    RUN(refuses_every_truncation_of_a_section);
    RUN(finds_every_flipped_bit);
    RUN(survives_forged_sections);
    RUN(refuses_what_makes_no_sense);
    RUN(refuses_structs_that_share_their_members);
    RUN(refuses_huge_counts);
    RUN(survives_lack_of_memory);
    etwi_buffer_free(&image);
    return test_finish();
}
