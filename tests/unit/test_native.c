/* What the operating system knows: when it is asked, and what its answers yield to. */
#include "test.h"

#include "etl_metadata.h"
#include "schema/native.h"
#include "schema/store.h"

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

enum {
    KNOWN = 1, /* Event ids of the scripted provider. */
    WITH_MAP,
    WITH_LOST_MAP,
    BROKEN,
    OUT_OF_MEMORY,
    UNKNOWN,
};

static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_guid STRANGER = {0x99999999, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_guid PROCESS_CLASS = {
    0x3d6fa8d0, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};

/* The scripted system. */
static unsigned asked, maps_asked, classes_known;
static etw_event last_asked;

static etw_schema_store *store;
static etw_error error;

/* ---- The scripted system. ---- */

static etw_status copy_blob(etlb_writer *from, etwi_arena *arena, etw_bytes *out)
{
    uint8_t *copy = etwi_arena_alloc(arena, from->size);
    CHECK(copy);
    memcpy(copy, from->data, from->size);
    *out = (etw_bytes){copy, from->size};
    etlb_writer_free(from);
    return ETW_OK;
}

static etw_status blob_of(const etw_event *event, etwi_arena *arena, etw_bytes *out)
{
    static const etlb_property plain[] = {
        {.name = "Number", .in_type = ETW_IN_UINT32, .out_type = ETW_OUT_UNSIGNED_INT, .count = 1}};
    static const etlb_property mapped[] = {
        {.name = "Kind", .in_type = ETW_IN_UINT32, .map_name = "Kinds", .count = 1}};
    static const etlb_property lost[] = {
        {.name = "Kind", .in_type = ETW_IN_UINT32, .map_name = "Lost", .count = 1}};
    const bool is_classic = event->flags & ETW_EVENT_CLASSIC;
    const etlb_event_info info = {
        .provider = event->provider,
        .event_guid = event->provider,
        .id = event->id,
        .version = 99, /* Whoever answers for another version answers for this one. */
        .opcode = event->opcode,
        .decoding_source = is_classic,
        .provider_name = "Scripted",
        .task_name = "Answer",
        .properties = event->id == WITH_MAP        ? mapped
                      : event->id == WITH_LOST_MAP ? lost
                                                   : plain,
        .property_count = 1,
        .top_level_count = 1,
    };
    etlb_writer writer = {.pointer_size = 8};
    etlb_write_event_info(&writer, &info);
    if (event->id == BROKEN)
        writer.size = 20;
    return copy_blob(&writer, arena, out);
}

static etw_status answer_event(const etw_event *event, etwi_arena *arena, etw_bytes *out)
{
    asked++;
    last_asked = *event;
    if (event->id == OUT_OF_MEMORY)
        return ETW_E_NOMEM;
    if (event->flags & ETW_EVENT_CLASSIC ? !classes_known : event->id == UNKNOWN)
        return ETW_E_NO_SCHEMA;
    return blob_of(event, arena, out);
}

static etw_status answer_map(const etw_event *event, etw_str name, etwi_arena *arena,
                             etw_bytes *out)
{
    static const etlb_map_value values[] = {{1, "One "}, {2, "Two "}};
    maps_asked++;
    CHECK(etw_guid_equal(&event->provider, &PROVIDER));
    if (name.size != 5 || memcmp(name.data, "Kinds", 5) != 0)
        return ETW_E_NO_SCHEMA;
    const etlb_map_info map = {"Kinds", 1, values, 2};
    etlb_writer writer = {.pointer_size = 8};
    etlb_write_map_info(&writer, &map);
    return copy_blob(&writer, arena, out);
}

static etw_status answer_providers(etwi_arena *arena, etwi_provider_taker take, void *user,
                                   etw_error *failure)
{
    const etwi_provider provider = {
        .guid = PROVIDER, .name = NAME("Scripted-Provider"), .source = ETW_SCHEMA_TDH};
    (void)arena;
    (void)failure;
    return take(user, &provider);
}

static etw_status answer_events(const etw_guid *provider, etwi_arena *arena, etwi_native_taker take,
                                void *user, etw_error *failure)
{
    (void)failure;
    if (!etw_guid_equal(provider, &PROVIDER))
        return ETW_E_NOT_FOUND;
    for (uint16_t id = KNOWN; id <= BROKEN; id++) {
        const etw_event event = {.provider = *provider, .id = id};
        etw_bytes blob;
        blob_of(&event, arena, &blob);
        const etw_status status = take(user, &event, blob);
        if (status != ETW_OK)
            return status;
    }
    return ETW_OK;
}

static etw_status answer_names(const etw_guid *provider, etw_named_kind kind, etwi_arena *arena,
                               etw_named_values *out)
{
    static const etw_named_value keywords[] = {{.value = 0x10, .name = NAME("Disk")}};
    (void)arena;
    const bool has = etw_guid_equal(provider, &PROVIDER) && kind == ETW_NAMED_KEYWORD;
    *out = has ? (etw_named_values){keywords, 1} : (etw_named_values){NULL, 0};
    return ETW_OK;
}

static const etwi_native_source SCRIPTED = {answer_event, answer_map, answer_providers,
                                            answer_events, answer_names};

/* ---- What tests do. ---- */

static void begin(void)
{
    CHECK_EQ(etw_schema_store_create(&store, NULL, &error), ETW_OK);
    etwi_store_native(store)->source = &SCRIPTED;
    asked = maps_asked = classes_known = 0;
}

static void end(void)
{
    etw_schema_store_destroy(&store);
}

static etw_event event_of(uint16_t id)
{
    static const uint8_t payload[80];
    static const etw_trace_info trace;
    const etw_event event = {.provider = PROVIDER,
                             .id = id,
                             .version = 1,
                             .payload = payload,
                             .record = payload,
                             .payload_size = 4,
                             .trace = &trace,
                             .header_kind = ETW_HEADER_EVENT64,
                             .pointer_size = 8};
    return event;
}

static const etw_schema *find(const etw_event *event)
{
    const etw_schema *schema;
    const etw_status status = etw_schema_store_find(store, event, &schema);
    CHECK(status == (schema ? ETW_OK : ETW_E_NO_SCHEMA));
    return schema;
}

static void is_asked_once_for_what_it_knows(void)
{
    begin();
    const etw_event event = event_of(KNOWN);
    const etw_schema *schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->source, ETW_SCHEMA_TDH);
    CHECK_STR(schema->provider_name, "Scripted");
    CHECK_EQ(schema->id, KNOWN);
    CHECK_EQ(schema->version, 1);
    CHECK_EQ(schema->property_count, 1);
    CHECK_STR(schema->properties[0].name, "Number");
    CHECK(find(&event) == schema);
    CHECK_EQ(asked, 1);
    CHECK_EQ(last_asked.id, KNOWN);
    etw_event other = event;
    other.version = 2;
    CHECK(find(&other) && find(&other) != schema);
    CHECK_EQ(asked, 2);
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_TDH], 2);
    end();
}

static void is_asked_once_for_what_it_does_not_know(void)
{
    begin();
    const etw_event event = event_of(UNKNOWN);
    CHECK(!find(&event));
    CHECK(!find(&event));
    CHECK_EQ(asked, 1);
    CHECK_EQ(etw_schema_store_get_stats(store).rejected, 0);
    end();
}

static void an_answer_without_sense_is_counted(void)
{
    begin();
    const etw_event event = event_of(BROKEN);
    CHECK(!find(&event));
    CHECK(!find(&event));
    CHECK_EQ(asked, 1);
    CHECK_EQ(etw_schema_store_get_stats(store).rejected, 1);
    end();
}

static void is_asked_again_when_memory_was_out(void)
{
    const etw_schema *schema;
    begin();
    const etw_event event = event_of(OUT_OF_MEMORY);
    CHECK_EQ(etw_schema_store_find(store, &event, &schema), ETW_E_NOMEM);
    CHECK_EQ(etw_schema_store_find(store, &event, &schema), ETW_E_NOMEM);
    CHECK_EQ(asked, 2);
    end();
}

static void brings_the_maps_that_are_named(void)
{
    begin();
    const etw_event event = event_of(WITH_MAP), without = event_of(WITH_LOST_MAP);
    const etw_schema *schema = find(&event);
    REQUIRE(schema && CHECK(schema->properties[0].map));
    CHECK_STR(schema->properties[0].map->name, "Kinds");
    CHECK_EQ(maps_asked, 1);
    schema = find(&without);
    REQUIRE(schema);
    CHECK(!schema->properties[0].map);
    CHECK_EQ(maps_asked, 2);
    end();
}

static void is_not_asked_for_what_describes_itself(void)
{
    begin();
    etw_event event = event_of(KNOWN);
    event.flags = ETW_EVENT_STRING_ONLY;
    CHECK(find(&event));
    event.flags = ETW_EVENT_TRACE_MESSAGE;
    CHECK(!find(&event));
    CHECK_EQ(asked, 0);
    end();
}

static void fills_gaps_of_our_kernel_classes_and_they_its(void)
{
    begin();
    etw_event event = event_of(0);
    event.flags = ETW_EVENT_CLASSIC;
    event.provider = PROCESS_CLASS;
    event.opcode = 1;
    event.version = 4;
    event.payload_size = 80;
    const etw_schema *schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->source, ETW_SCHEMA_KERNEL);
    CHECK_EQ(asked, 0);
    event.version = 200; /* Nobody has that: ours of lower versions have to do. */
    schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->source, ETW_SCHEMA_KERNEL);
    CHECK(schema->inferred);
    CHECK_EQ(asked, 1);
    classes_known = 1;
    event.version = 201; /* Only the system has that. */
    schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->source, ETW_SCHEMA_TDH);
    CHECK_EQ(asked, 2);
    CHECK_EQ(schema->opcode, 1);
    CHECK(schema->is_classic);
    end();
}

static void yields_to_files(void)
{
    static const char manifest[] =
        "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
        "<instrumentation><events>"
        "<provider name='Given' guid='{11223344-5566-7788-090a-0b0c0d0e0f10}'>"
        "<events><event value='1' version='1' symbol='Given'/></events></provider>"
        "</events></instrumentation></instrumentationManifest>";
    begin();
    const etw_event event = event_of(KNOWN);
    const etw_schema *schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->source, ETW_SCHEMA_TDH);
    const etw_bytes bytes = {(const uint8_t *)manifest, sizeof manifest - 1};
    CHECK_EQ(etw_schema_store_add_memory(store, "given.man", bytes, &error), ETW_OK);
    schema = find(&event);
    REQUIRE(schema);
    CHECK_EQ(schema->source, ETW_SCHEMA_MANIFEST_FILE);
    end();
}

static void lists_the_providers_of_the_system(void)
{
    begin();
    etw_provider_list *list;
    REQUIRE(CHECK_EQ(etw_provider_list_create(&list, store, NULL, &error), ETW_OK));
    const etw_provider_info *info = etw_provider_list_find_guid(list, &PROVIDER);
    REQUIRE(info);
    CHECK_STR(info->name, "Scripted-Provider");
    CHECK_EQ(info->sources, 1u << ETW_SCHEMA_TDH);
    CHECK_EQ(info->event_count, 0);
    etw_provider_list_destroy(&list);
    const etw_provider_list_options options = {sizeof options, true};
    REQUIRE(CHECK_EQ(etw_provider_list_create(&list, store, &options, &error), ETW_OK));
    CHECK_EQ(etw_provider_list_count(list), 0);
    etw_provider_list_destroy(&list);
    end();
}

static void adds_all_that_the_system_knows_of_a_provider(void)
{
    begin();
    CHECK_EQ(etw_schema_store_add_provider(store, &PROVIDER, &error), ETW_OK);
    etw_provider_list *list;
    REQUIRE(CHECK_EQ(etw_provider_list_create(&list, store, NULL, &error), ETW_OK));
    const etw_provider_info *info = etw_provider_list_find_guid(list, &PROVIDER);
    REQUIRE(info);
    CHECK_EQ(info->event_count, 3);
    CHECK_EQ(info->events[1]->id, WITH_MAP);
    CHECK(info->events[1]->properties[0].map);
    CHECK_EQ(info->named[ETW_NAMED_KEYWORD].count, 1);
    CHECK_STR(info->named[ETW_NAMED_KEYWORD].items[0].name, "Disk");
    CHECK_EQ(etw_schema_store_get_stats(store).rejected, 1); /* The broken one. */
    etw_provider_list_destroy(&list);
    CHECK_EQ(asked, 0);
    end();
}

static void says_which_provider_is_unknown(void)
{
    begin();
    CHECK_EQ(etw_schema_store_add_provider(store, &STRANGER, &error), ETW_E_NOT_FOUND);
    CHECK(strstr(error.message, "{99999999-"));
    etwi_store_native(store)->source = NULL;
    CHECK_EQ(etw_schema_store_add_provider(store, &PROVIDER, &error), ETW_E_UNSUPPORTED);
    const etw_event event = event_of(KNOWN);
    CHECK(!find(&event));
    end();
}

int main(void)
{
    RUN(is_asked_once_for_what_it_knows);
    RUN(is_asked_once_for_what_it_does_not_know);
    RUN(an_answer_without_sense_is_counted);
    RUN(is_asked_again_when_memory_was_out);
    RUN(brings_the_maps_that_are_named);
    RUN(is_not_asked_for_what_describes_itself);
    RUN(fills_gaps_of_our_kernel_classes_and_they_its);
    RUN(yields_to_files);
    RUN(lists_the_providers_of_the_system);
    RUN(adds_all_that_the_system_knows_of_a_provider);
    RUN(says_which_provider_is_unknown);
    return test_finish();
}
