/* Packs in a store: what is loaded when, which definition counts, and threads. */
#include "test.h"

#include "etl_builder.h"
#include "faulty_alloc.h"
#include "pack_sample.h"
#include "pdb_builder.h"
#include "scratch.h"

#include "os/os.h"
#include "schema/pack_write.h"
#include "schema/packs.h"
#include "schema/store_visit.h"

#include <etw/provider_info.h>
#include <stdlib.h>

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define GUID "11111111-2222-3333-4444-555555555555"

static const etw_property ONE_BYTE[] = {
    {.name = NAME("byte"), .in_type = ETW_IN_UINT8, .count = 1}};
static const etw_property TWO_BYTES[] = {
    {.name = NAME("short"), .in_type = ETW_IN_UINT16, .count = 1}};
static etw_schema_store *store;
static etw_error error;

static void open_store(const etw_allocator *allocator)
{
    const etw_schema_store_options options = {.size = sizeof options, .allocator = allocator};
    if (etw_schema_store_create(&store, &options, NULL) != ETW_OK)
        etlb_fail("no store");
}

static etw_schema schema_of(uint16_t id, const etw_property *properties, const char *task)
{
    return (etw_schema){.provider = etlb_guid_of(GUID),
                        .task_name = {task, strlen(task)},
                        .id = id,
                        .properties = properties,
                        .property_count = 1,
                        .top_level_count = 1,
                        .source = ETW_SCHEMA_PE};
}

/* Adds a pack of schemas of one provider, which are in order. */
static etw_status add_pack(const etw_schema *schemas, size_t count)
{
    const etw_schema *list[64];
    etwi_buffer image = {.allocator = etwi_allocator_or_default(NULL)};
    const etwi_pack_summary summary = {0};
    const etwi_pack_content content = {.schemas = list, .count = count, .summary = &summary};
    for (size_t i = 0; i < count; i++)
        list[i] = &schemas[i];
    if (etwi_pack_write(&image, &content, NULL) != ETW_OK)
        etlb_fail("no pack");
    const etw_status status = etw_schema_store_add_memory(
        store, "a pack", (etw_bytes){(const uint8_t *)image.data, image.size}, &error);
    etwi_buffer_free(&image);
    return status;
}

/* Adds a manifest with event 1, which has two bytes. */
static void add_manifest(const char *task)
{
    char text[1024];
    snprintf(text, sizeof text,
             "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
             "<instrumentation><events><provider name='Contoso' guid='{" GUID "}'><tasks>"
             "<task name='%s' value='1'/></tasks><templates><template tid='T'>"
             "<data name='n' inType='win:UInt16'/></template></templates><events>"
             "<event value='1' task='%s' template='T'/></events>"
             "</provider></events></instrumentation></instrumentationManifest>",
             task, task);
    CHECK_EQ(etw_schema_store_add_memory(store, "x.man", etlb_text(text), &error), ETW_OK);
}

static const etw_schema *find_of(const char *guid, uint16_t id, uint16_t size)
{
    static const uint8_t BYTES[8];
    static const etw_schema NONE;
    static const etw_trace_info TRACE;
    const etw_event event = {.provider = etlb_guid_of(guid),
                             .id = id,
                             .payload = BYTES,
                             .payload_size = size,
                             .pointer_size = 8,
                             .trace = &TRACE};
    const etw_schema *found;
    return etw_schema_store_find(store, &event, &found) == ETW_OK ? found : &NONE;
}

static const etw_schema *find(uint16_t id, uint16_t size)
{
    return find_of(GUID, id, size);
}

/* --------------------------------------------------------------------------------- loading */

static void loads_a_provider_when_it_is_looked_up(void)
{
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    open_store(&faulty.allocator);
    etwi_buffer image = {.allocator = etwi_allocator_or_default(NULL)};
    pack_sample_write(&image);
    const etw_bytes bytes = {(const uint8_t *)image.data, image.size};
    CHECK_EQ(etw_schema_store_add_memory(store, "a pack", bytes, &error), ETW_OK);
    etwi_buffer_free(&image);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    CHECK_EQ(stats.schemas[ETW_SCHEMA_MANIFEST_FILE], 2);
    CHECK_EQ(stats.rejected, 0); // Whoever made the pack was told.
    uint64_t calls = faulty.calls;
    CHECK_EQ(find_of("99999999-0005-0006-0708-090a0b0c0d0e", 7, 1)->source, ETW_SCHEMA_NONE);
    CHECK_EQ(faulty.calls, calls);

    const etw_event message = {.provider = etlb_guid_of("f1020304-0005-0006-0708-090a0b0c0d0e"),
                               .id = 11,
                               .flags = ETW_EVENT_TRACE_MESSAGE,
                               .pointer_size = 8};
    const etw_schema *found;
    REQUIRE(etw_schema_store_find(store, &message, &found) == ETW_OK);
    CHECK_STR(found->message, "failed with %10!s!");
    CHECK_STR(found->file, "driver.tmf");
    CHECK(faulty.calls > calls);

    // Once it is known nothing is allocated, nor for what is known not to be there.
    calls = faulty.calls;
    for (unsigned i = 0; i < 100; i++) {
        const etw_schema *again;
        CHECK_EQ(etw_schema_store_find(store, &message, &again), ETW_OK);
        CHECK(again == found);
        CHECK_EQ(find_of("f1020304-0005-0006-0708-090a0b0c0d0e", 99, 1)->source, ETW_SCHEMA_NONE);
    }
    CHECK_EQ(faulty.calls, calls);
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST_FILE], 2);
    etw_schema_store_destroy(&store);
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

static void survives_lack_of_memory_anywhere(void)
{
    unsigned failures = 0;
    for (uint64_t at = 1; at < 60; at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        open_store(&faulty.allocator);
        faulty.fail_at = faulty.calls + at;
        const etw_schema schemas[] = {schema_of(1, ONE_BYTE, "First"),
                                      schema_of(1, TWO_BYTES, "Second"),
                                      schema_of(2, ONE_BYTE, "Other")};
        const etw_status status = add_pack(schemas, 3);
        CHECK(status == ETW_OK || status == ETW_E_NOMEM);
        failures += status != ETW_OK;
        if (status == ETW_OK) {
            failures += find(1, 2)->source == ETW_SCHEMA_NONE;
            // The second time it succeeds, and nothing is there twice or in another order.
            CHECK_STR(find(1, 2)->task_name, "Second");
            CHECK_STR(find(1, 1)->task_name, "First");
            CHECK_STR(find(1, 5)->task_name, "First");
            CHECK_STR(find(2, 1)->task_name, "Other");
        }
        etw_schema_store_destroy(&store);
        CHECK_EQ(faulty.live, 0);
    }
    CHECK(failures > 5);
}

static void says_what_is_damaged(void)
{
    open_store(NULL);
    etwi_buffer image = {.allocator = etwi_allocator_or_default(NULL)};
    pack_sample_write(&image);
    image.data[image.size - 20] ^= 1; // The last section.
    const etw_bytes bytes = {(const uint8_t *)image.data, image.size};
    CHECK_EQ(etw_schema_store_add_memory(store, "bad pack", bytes, &error), ETW_OK);
    etwi_buffer_free(&image);
    const etw_event message = {.provider = etlb_guid_of("f1020304-0005-0006-0708-090a0b0c0d0e"),
                               .id = 11,
                               .flags = ETW_EVENT_TRACE_MESSAGE};
    const etw_schema *found;
    CHECK_EQ(etw_schema_store_find(store, &message, &found), ETW_E_NO_SCHEMA);
    CHECK_EQ(etw_schema_store_find(store, &message, &found), ETW_E_NO_SCHEMA);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    CHECK_EQ(stats.rejected, 1);
    CHECK_TEXT(stats.first_rejected.message, "bad pack: a section of the pack is damaged");
    // The others are as good as ever.
    const etw_event event = {
        .provider = etlb_guid_of("01020304-0005-0006-0708-090a0b0c0d0e"), .id = 7, .version = 3};
    CHECK_EQ(etw_schema_store_find(store, &event, &found), ETW_OK);
    etw_schema_store_destroy(&store);
    open_store(NULL);
    CHECK_EQ(etw_schema_store_add_memory(store, "x", etlb_text("ETWPACK\x1A"), &error),
             ETW_E_TRUNCATED);
    CHECK_TEXT(error.message, "x: the pack ends early");
    etw_schema_store_destroy(&store);
}

/* ----------------------------------------------------------------------------- precedence */

/* The first that fits counts, wherever it is: as if all were read in their order. */
static void keeps_the_order_of_sources(void)
{
    const etw_schema one = schema_of(1, ONE_BYTE, "Pack1"), two = schema_of(1, TWO_BYTES, "Pack2");
    open_store(NULL);
    CHECK_EQ(add_pack(&one, 1), ETW_OK);
    CHECK_EQ(add_pack(&two, 1), ETW_OK);
    add_manifest("Manifest");
    CHECK_STR(find(1, 2)->task_name, "Pack2");
    CHECK_STR(find(1, 1)->task_name, "Pack1");
    CHECK_STR(find(1, 7)->task_name, "Pack1");
    etw_schema_store_destroy(&store);

    open_store(NULL);
    add_manifest("Manifest");
    CHECK_EQ(add_pack(&two, 1), ETW_OK);
    CHECK_EQ(add_pack(&one, 1), ETW_OK);
    CHECK_STR(find(1, 2)->task_name, "Manifest");
    CHECK_STR(find(1, 1)->task_name, "Pack1");
    CHECK_STR(find(1, 7)->task_name, "Manifest");
    etw_schema_store_destroy(&store);
}

/* Also one that comes when its provider has been looked up already. */
static void takes_packs_at_any_time(void)
{
    const etw_schema one = schema_of(1, ONE_BYTE, "Pack1"), two = schema_of(1, TWO_BYTES, "Pack2");
    const etw_schema other = schema_of(2, TWO_BYTES, "Other");
    open_store(NULL);
    CHECK_EQ(add_pack(&one, 1), ETW_OK);
    CHECK_STR(find(1, 2)->task_name, "Pack1");
    CHECK_EQ(find(2, 2)->source, ETW_SCHEMA_NONE);
    CHECK_EQ(add_pack(&two, 1), ETW_OK);
    CHECK_STR(find(1, 2)->task_name, "Pack2");
    CHECK_EQ(add_pack(&other, 1), ETW_OK);
    CHECK_STR(find(2, 2)->task_name, "Other");
    etw_schema_store_destroy(&store);
}

/* A trace's own wins over packs, and these over what is built in. */
static void ranks_packs_with_files(void)
{
    static const etw_property EIGHT[] = {
        {.name = NAME("eight"), .in_type = ETW_IN_UINT64, .count = 1}};
    etw_schema kernel = schema_of(0, EIGHT, "Pack"), own = schema_of(1, ONE_BYTE, "Own");
    const etw_schema exported = {.provider = own.provider,
                                 .task_name = NAME("Exported"),
                                 .id = 1,
                                 .properties = ONE_BYTE,
                                 .property_count = 1,
                                 .top_level_count = 1,
                                 .source = ETW_SCHEMA_EXPORTED};
    kernel.provider = etlb_guid_of("3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c"); // Thread
    kernel.is_classic = true;
    kernel.opcode = 36;
    kernel.version = 2;
    open_store(NULL);
    CHECK_EQ(add_pack(&kernel, 1), ETW_OK);
    CHECK_EQ(add_pack(&exported, 1), ETW_OK);
    const etw_event event = {
        .provider = kernel.provider, .opcode = 36, .version = 2, .flags = ETW_EVENT_CLASSIC};
    const etw_schema *found;
    REQUIRE(etw_schema_store_find(store, &event, &found) == ETW_OK);
    CHECK_STR(found->task_name, "Pack");
    CHECK_STR(find(1, 1)->task_name, "Exported");
    own.source = ETW_SCHEMA_MANIFEST;
    etwi_store_lock(store);
    CHECK_EQ(etwi_store_put(store, &own, (etwi_scope){NULL, ETW_NO_ID}, &error), ETW_OK);
    etwi_store_unlock(store);
    CHECK_STR(find(1, 1)->task_name, "Own");
    etw_schema_store_destroy(&store);

    // Also over what is built in and was found before the pack came.
    open_store(NULL);
    for (unsigned round = 0; round < 2; round++) {
        REQUIRE(etw_schema_store_find(store, &event, &found) == ETW_OK);
        CHECK_EQ(found->source, ETW_SCHEMA_KERNEL);
    }
    CHECK_EQ(add_pack(&kernel, 1), ETW_OK);
    REQUIRE(etw_schema_store_find(store, &event, &found) == ETW_OK);
    CHECK_STR(found->task_name, "Pack");
    etw_schema_store_destroy(&store);

    // A trace's own is found at once, and packs are not asked; it wins whenever they come.
    for (unsigned before = 0; before < 2; before++) {
        open_store(NULL);
        if (before)
            CHECK_EQ(add_pack(&exported, 1), ETW_OK);
        etwi_store_lock(store);
        CHECK_EQ(etwi_store_put(store, &own, (etwi_scope){NULL, ETW_NO_ID}, &error), ETW_OK);
        etwi_store_unlock(store);
        CHECK_STR(find(1, 1)->task_name, "Own");
        if (!before)
            CHECK_EQ(add_pack(&exported, 1), ETW_OK);
        CHECK_STR(find(1, 1)->task_name, "Own");
        CHECK_EQ(find(2, 2)->source, ETW_SCHEMA_NONE);
        CHECK_STR(find(1, 1)->task_name, "Own");
        etw_schema_store_destroy(&store);
    }
}

/* ---------------------------------------------------------------------- writing and visiting */

typedef struct visits {
    unsigned count;
    etw_status answer;
    char names[256];
} visits;

static etw_status visit(void *user, const etw_schema *schema)
{
    visits *v = user;
    v->count++;
    const size_t used = strlen(v->names);
    snprintf(v->names + used, sizeof v->names - used, "%u:%.*s:%s ", schema->id,
             (int)schema->task_name.size, schema->task_name.data,
             etw_schema_source_name((etw_schema_source)schema->source));
    return v->answer;
}

static void visits_in_order_and_saves(void)
{
    const etw_schema schemas[] = {schema_of(2, ONE_BYTE, "Two"), schema_of(5, ONE_BYTE, "Five")};
    etw_schema own = schema_of(3, ONE_BYTE, "Own");
    own.source = ETW_SCHEMA_MANIFEST;
    open_store(NULL);
    CHECK_EQ(add_pack(schemas, 2), ETW_OK);
    add_manifest("One");
    etwi_store_lock(store);
    CHECK_EQ(etwi_store_put(store, &own, (etwi_scope){NULL, ETW_NO_ID}, &error), ETW_OK);
    etwi_store_unlock(store);
    visits v = {0};
    CHECK_EQ(etw_schema_store_visit(store, visit, &v), ETW_OK);
    CHECK_TEXT(v.names, "1:One:man 2:Two:pe 3:Own:manifest 5:Five:pe ");
    visits stop = {.answer = ETW_E_LIMIT};
    CHECK_EQ(etw_schema_store_visit(store, visit, &stop), ETW_E_LIMIT);
    CHECK_EQ(stop.count, 1);

    char folder[SCRATCH_PATH_SIZE], path[SCRATCH_PATH_SIZE + 16];
    scratch_create(folder, "etw-packs");
    snprintf(path, sizeof path, "%s/packs", folder);
    CHECK_EQ(etw_schema_store_save(store, path, &error), ETW_OK);
    CHECK_EQ(etw_schema_store_save(store, "/nowhere/at/all", &error), ETW_E_IO);
    etw_schema_store_destroy(&store);
    open_store(NULL);
    CHECK_EQ(etw_schema_store_save(store, path, &error), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_schema_store_add_file(store, path, &error), ETW_OK);
    visits again = {0};
    CHECK_EQ(etw_schema_store_visit(store, visit, &again), ETW_OK);
    CHECK_TEXT(again.names, "1:One:man 2:Two:pe 3:Own:export 5:Five:pe ");
    CHECK_STR(find(1, 2)->file, "x.man");
    etw_schema_store_destroy(&store);
    CHECK(scratch_remove(path) && scratch_remove(folder));
}

/* The store as a pack, in its place. */
static void replace_by_pack(void)
{
    etwi_buffer image = {.allocator = etwi_allocator_or_default(NULL)};
    const etwi_pack_summary summary = {0};
    size_t count;
    CHECK_EQ(etwi_store_pack(store, &summary, &image, &count, &error), ETW_OK);
    etw_schema_store_destroy(&store);
    open_store(NULL);
    const etw_bytes bytes = {(const uint8_t *)image.data, image.size};
    CHECK_EQ(etw_schema_store_add_memory(store, "a pack", bytes, &error), ETW_OK);
    etwi_buffer_free(&image);
}

static void takes_messages_of_symbol_files(void)
{
    static const char *const STRINGS[] = {
        "TMF:",
        "11223344-5566-7788-090a-0b0c0d0e0f10 shop // SRC=a.c MJ= MN=",
        "#typev a_c1 10 \"colour is %10!s!\" //   LEVEL=ERR",
        "{",
        "c, ItemEnum(Color) -- 10",
        "}",
        NULL};
    pdbb_file file = {0};
    etlb_writer members = {0}, out = {0};
    etlb_writer *module = pdbb_module(&file, "a.obj");
    const size_t function = pdbb_function(module, 0x1110, "main");
    pdbb_annotation(module, STRINGS);
    pdbb_end(module, function);
    pdbb_member(&members, "Blue", 7);
    pdbb_enum(&file, "Color", 0, pdbb_members(&file, etlb_written(&members)));
    pdbb_finish(&file, &out);
    open_store(NULL);
    CHECK_EQ(etw_schema_store_add_memory(store, "a.pdb", etlb_written(&out), &error), ETW_OK);
    etlb_writer_free(&members);
    etlb_writer_free(&out);
    const etw_event event = {.provider = etlb_guid_of("11223344-5566-7788-090a-0b0c0d0e0f10"),
                             .id = 10,
                             .flags = ETW_EVENT_TRACE_MESSAGE,
                             .pointer_size = 8};
    for (unsigned round = 0; round < 2; round++) {
        const etw_schema *found;
        REQUIRE(etw_schema_store_find(store, &event, &found) == ETW_OK);
        CHECK_STR(found->message, "colour is %10!s!");
        CHECK_STR(found->level_name, "ERR");
        CHECK_STR(found->file, "a.pdb");
        CHECK_EQ(found->source, ETW_SCHEMA_TMF);
        REQUIRE(found->property_count == 1 && found->properties[0].map &&
                found->properties[0].map->entry_count == 1);
        CHECK_STR(found->properties[0].map->entries[0].text, "Blue");
        replace_by_pack();
    }
    etw_schema_store_destroy(&store);
}

/* ------------------------------------------------------------------------------ providers */

static void add_provider(const char *message, const char *keyword)
{
    char text[1024];
    snprintf(text, sizeof text,
             "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
             "<instrumentation><events><provider name='Contoso' guid='{" GUID "}' message='%s'>"
             "<keywords><keyword name='%s' mask='1'/></keywords><events><event value='1'/></events>"
             "</provider></events></instrumentation></instrumentationManifest>",
             message, keyword);
    CHECK_EQ(etw_schema_store_add_memory(store, "x.man", etlb_text(text), &error), ETW_OK);
}

static void describes(const char *message, const char *keyword)
{
    const etw_provider_list_options options = {sizeof options, true};
    etw_provider_list *list;
    REQUIRE(etw_provider_list_create(&list, store, &options, &error) == ETW_OK);
    REQUIRE(etw_provider_list_count(list) == 1);
    const etw_provider_info *info = etw_provider_list_at(list, 0);
    CHECK_STR(info->message, message);
    CHECK_EQ(info->event_count, 1);
    REQUIRE(info->named[ETW_NAMED_KEYWORD].count == 1);
    CHECK_STR(info->named[ETW_NAMED_KEYWORD].items[0].name, keyword);
    etw_provider_list_destroy(&list);
}

/* Also where a pack is not read before later sources are. */
static void lists_providers_in_the_order_of_sources(void)
{
    open_store(NULL);
    add_provider("One", "First");
    replace_by_pack();
    describes("One", "First");
    replace_by_pack();
    add_provider("Two", "Second");
    describes("One", "First");
    replace_by_pack();
    describes("One", "First");
    etw_schema_store_destroy(&store);
}

static unsigned count_definitions(void)
{
    unsigned count = 0;
    etwi_store_lock(store);
    for (const etwi_provider_node *n = etwi_store_providers(store); n; n = n->next)
        count++;
    etwi_store_unlock(store);
    return count;
}

static void takes_definitions_once(void)
{
    unsigned failures = 0;
    etwi_buffer image = {.allocator = etwi_allocator_or_default(NULL)};
    pack_sample_write(&image);
    const etw_bytes bytes = {(const uint8_t *)image.data, image.size};
    for (uint64_t at = 1; at < 60; at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        open_store(&faulty.allocator);
        CHECK_EQ(etw_schema_store_add_memory(store, "a pack", bytes, &error), ETW_OK);
        faulty.fail_at = faulty.calls + at;
        const etw_status status = etwi_packs_load_all(store);
        CHECK(status == ETW_OK || status == ETW_E_NOMEM);
        failures += status != ETW_OK;
        CHECK_EQ(etwi_packs_load_all(store), ETW_OK);
        CHECK_EQ(count_definitions(), 3);
        etw_schema_store_destroy(&store);
        CHECK_EQ(faulty.live, 0);
    }
    CHECK(failures > 5);
    etwi_buffer_free(&image);
}

/* -------------------------------------------------------------------------------- threads */

enum {
    READERS = 4,
    IDS = 32
};

/* Whatever a thread finds has to be what all find in the end. */
static void look_up(void *user)
{
    const etw_schema **found = user;
    for (unsigned round = 0; round < 200; round++)
        for (uint16_t id = 0; id < IDS; id++)
            if (round == 0)
                found[id] = find(id, 2);
            else if (find(id, 2) != found[id])
                found[id] = NULL;
}

static void loads_once_for_all_threads(void)
{
    etw_schema schemas[2 * IDS];
    for (uint16_t id = 0; id < IDS; id++) {
        schemas[2 * id] = schema_of(id, ONE_BYTE, "First");
        schemas[2 * id + 1] = schema_of(id, TWO_BYTES, "Fits");
    }
    for (unsigned round = 0; round < 20; round++) {
        etwi_thread *readers[READERS];
        const etw_schema *found[READERS][IDS];
        open_store(NULL);
        CHECK_EQ(add_pack(schemas, IDS), ETW_OK);
        CHECK_EQ(add_pack(schemas + IDS, IDS), ETW_OK);
        for (unsigned i = 0; i < READERS; i++)
            REQUIRE((readers[i] = etwi_thread_start(look_up, found[i])) != NULL);
        for (unsigned i = 0; i < READERS; i++)
            etwi_thread_join(readers[i]);
        for (unsigned i = 0; i < READERS; i++)
            for (unsigned id = 0; id < IDS; id++)
                CHECK(found[i][id] && found[i][id]->properties[0].in_type == ETW_IN_UINT16 &&
                      found[i][id] == found[0][id]);
        etw_schema_store_destroy(&store);
    }
}

int main(void)
{
    RUN(loads_a_provider_when_it_is_looked_up);
    RUN(survives_lack_of_memory_anywhere);
    RUN(says_what_is_damaged);
    RUN(keeps_the_order_of_sources);
    RUN(takes_packs_at_any_time);
    RUN(ranks_packs_with_files);
    RUN(visits_in_order_and_saves);
    RUN(takes_messages_of_symbol_files);
    RUN(lists_providers_in_the_order_of_sources);
    RUN(takes_definitions_once);
    RUN(loads_once_for_all_threads);
    return test_finish();
}
