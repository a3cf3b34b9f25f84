/* The schema store: keys, scopes, choices among several definitions, and threads. */
#include "test.h"

#include "trace_run.h"

#include "os/os.h"
#include "schema/store.h"

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_property ONE_BYTE[] = {
    {.name = NAME("byte"), .in_type = ETW_IN_UINT8, .count = 1}};
static const etw_property TWO_BYTES[] = {
    {.name = NAME("short"), .in_type = ETW_IN_UINT16, .count = 1}};
static const etw_trace_info TRACES[2];
static const etwi_scope ANY = {NULL, ETW_NO_ID};
static etw_schema_store *store;
static etw_error error;

static void open_store(void)
{
    CHECK_EQ(etw_schema_store_create(&store, NULL, &error), ETW_OK);
}

static etw_schema schema_of(uint16_t id, uint8_t version, const etw_property *properties)
{
    const etw_schema schema = {.provider = PROVIDER,
                               .id = id,
                               .version = version,
                               .properties = properties,
                               .property_count = 1,
                               .top_level_count = 1,
                               .source = ETW_SCHEMA_MANIFEST};
    return schema;
}

static etw_status put(const etw_schema *schema, etwi_scope scope)
{
    etwi_store_lock(store);
    const etw_status status = etwi_store_put(store, schema, scope, &error);
    etwi_store_unlock(store);
    return status;
}

static etw_event event_of(uint16_t id, uint8_t version)
{
    static const uint8_t payload[2] = {1, 2};
    const etw_event event = {.provider = PROVIDER,
                             .id = id,
                             .version = version,
                             .payload = payload,
                             .record = payload,
                             .payload_size = 1,
                             .trace = &TRACES[0],
                             .process_id = 10,
                             .pointer_size = 8,
                             .header_kind = ETW_HEADER_EVENT64};
    return event;
}

static const etw_schema *find(const etw_event *event)
{
    const etw_schema *schema = NULL;
    const etw_status status = etw_schema_store_find(store, event, &schema);
    CHECK_EQ(status, schema ? ETW_OK : ETW_E_NO_SCHEMA);
    return schema;
}

/* Whatever came first: a trace's own before those of files before what is built in. */
static void ranks_sources(void)
{
    open_store();
    static const etw_property PROPERTY = {.in_type = ETW_IN_UINT8, .count = 1};
    static const uint8_t RISING[] = {ETW_SCHEMA_KERNEL, ETW_SCHEMA_PE, ETW_SCHEMA_EVENT_INFO};
    const etwi_scope any = {NULL, ETW_NO_ID}, other = {&TRACES[1], 77};
    for (unsigned i = 0; i < 3; i++) {
        etw_schema rising = schema_of(1, 0, &PROPERTY), falling = schema_of(2, 0, &PROPERTY);
        rising.source = RISING[i];
        falling.source = RISING[2 - i];
        CHECK_EQ(put(&rising, RISING[i] == ETW_SCHEMA_EVENT_INFO ? other : any), ETW_OK);
        CHECK_EQ(put(&falling, any), ETW_OK);
        const etw_event first = event_of(1, 0), second = event_of(2, 0);
        CHECK_EQ(find(&first)->source, RISING[i]);
        CHECK_EQ(find(&second)->source, ETW_SCHEMA_EVENT_INFO);
    }
    etw_schema_store_destroy(&store);
}

static void finds_by_every_part_of_the_key(void)
{
    open_store();
    etw_schema schema = schema_of(7, 1, ONE_BYTE);
    CHECK_EQ(put(&schema, ANY), ETW_OK);
    etw_event event = event_of(7, 1);
    const etw_schema *found = find(&event);
    REQUIRE(found);
    CHECK_EQ(found->id, 7);
    CHECK(found->properties == ONE_BYTE);
    event.id = 8;
    CHECK(!find(&event));
    event = event_of(7, 2);
    CHECK(!find(&event));
    event = event_of(7, 1);
    event.provider.data4[7]++;
    CHECK(!find(&event));
    event = event_of(7, 1);
    event.flags = ETW_EVENT_CLASSIC;
    event.opcode = 7;
    CHECK(!find(&event));
    schema.is_classic = true;
    schema.opcode = 7;
    CHECK_EQ(put(&schema, ANY), ETW_OK);
    found = find(&event);
    CHECK(found && found->is_classic);
    event.flags = ETW_EVENT_TRACE_MESSAGE;
    CHECK(!find(&event));
    etw_schema_store_destroy(&store);
}

static void holds_many(void)
{
    open_store();
    for (unsigned i = 0; i < 5000; i++) {
        const etw_schema schema = schema_of((uint16_t)i, (uint8_t)(i >> 4), ONE_BYTE);
        REQUIRE(put(&schema, ANY) == ETW_OK);
    }
    for (unsigned i = 0; i < 5000; i++) {
        const etw_event event = event_of((uint16_t)i, (uint8_t)(i >> 4));
        const etw_schema *found = find(&event);
        REQUIRE(found && found->id == i);
    }
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST], 5000);
    etw_schema_store_destroy(&store);
}

static void prefers_the_nearest(void)
{
    open_store();
    const etw_schema one = schema_of(7, 0, ONE_BYTE), two = schema_of(7, 0, TWO_BYTES);
    const etwi_scope own_process = {&TRACES[0], 10}, other_process = {&TRACES[0], 11};
    CHECK_EQ(put(&one, other_process), ETW_OK);
    etw_event event = event_of(7, 0);
    event.payload_size = 2;
    CHECK(find(&event)->properties == ONE_BYTE); /* Better than none. */
    CHECK_EQ(put(&two, own_process), ETW_OK);
    CHECK(find(&event)->properties == TWO_BYTES);
    event.process_id = 11;
    CHECK(find(&event)->properties == ONE_BYTE);
    /* Of strangers to both the one that fits. */
    event.process_id = 12;
    CHECK(find(&event)->properties == TWO_BYTES);
    event.payload_size = 1;
    CHECK(find(&event)->properties == ONE_BYTE);
    event.trace = &TRACES[1];
    CHECK(find(&event)->properties == ONE_BYTE);
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST], 2);
    etw_schema_store_destroy(&store);
}

/* A definition that comes again from elsewhere serves both. */
static void widens_equal_definitions(void)
{
    open_store();
    const etw_schema one = schema_of(7, 0, ONE_BYTE), two = schema_of(7, 0, TWO_BYTES);
    CHECK_EQ(put(&one, (etwi_scope){&TRACES[0], 10}), ETW_OK);
    CHECK_EQ(put(&two, (etwi_scope){&TRACES[1], 10}), ETW_OK);
    CHECK_EQ(put(&one, (etwi_scope){&TRACES[0], 11}), ETW_OK);
    CHECK_EQ(put(&one, (etwi_scope){&TRACES[0], 11}), ETW_OK);
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST], 2);
    etw_event event = event_of(7, 0);
    event.payload_size = 3; /* Fits neither. */
    event.process_id = 99;
    CHECK(find(&event)->properties == ONE_BYTE);
    event.trace = &TRACES[1];
    CHECK(find(&event)->properties == TWO_BYTES);
    etw_schema_store_destroy(&store);
}

static void refuses_impossible_schemas(void)
{
    open_store();
    etw_schema schema = schema_of(7, 0, ONE_BYTE);
    schema.top_level_count = 2;
    CHECK_EQ(put(&schema, ANY), ETW_E_CORRUPT);
    CHECK_EQ(put(&schema, ANY), ETW_E_CORRUPT);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    CHECK_EQ(stats.rejected, 2);
    CHECK_EQ(stats.first_rejected.status, ETW_E_CORRUPT);
    const etw_event event = event_of(7, 0);
    CHECK(!find(&event));
    etw_schema_store_destroy(&store);
}

/* Kernel classes come out of static tables, by fit where the version is unknown. */
static void falls_back_to_kernel_classes(void)
{
    static const uint8_t bytes[64] = {0};
    open_store();
    etw_event event = event_of(0, 2);
    event.provider = etlb_guid_of("3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c"); /* Thread */
    event.flags = ETW_EVENT_CLASSIC;
    event.opcode = 36;
    event.payload = bytes;
    event.payload_size = 24;
    const etw_schema *found = find(&event);
    REQUIRE(found);
    CHECK_EQ(found->source, ETW_SCHEMA_KERNEL);
    CHECK_STR(found->opcode_name, "CSwitch");
    CHECK(find(&event) == found);
    CHECK(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_KERNEL] > 0);
    /* What travelled in the trace is nearer. */
    etw_schema own = schema_of(0, 2, ONE_BYTE);
    own.provider = event.provider;
    own.is_classic = true;
    own.opcode = 36;
    CHECK_EQ(put(&own, ANY), ETW_OK);
    CHECK(find(&event)->properties == ONE_BYTE);
    event.provider.data1++;
    CHECK(!find(&event));
    etw_schema_store_destroy(&store);
}

static void knows_built_in_shapes(void)
{
    open_store();
    etw_event event = event_of(3, 0);
    event.flags = ETW_EVENT_STRING_ONLY;
    CHECK_STR(find(&event)->properties[0].name, "String");
    static const uint8_t chunk[] = {1, 2, 3, 0x5B, 1, 0, 0, 0, '<'};
    event = event_of(0xFFFE, 0);
    event.opcode = 0xFE;
    event.payload = chunk;
    event.payload_size = sizeof chunk;
    CHECK_STR(find(&event)->event_name, "ManifestData");
    event.payload_size = 7;
    CHECK(!find(&event));
    etw_schema_store_destroy(&store);
}

/* --------------------------------------------------------------------------- TraceLogging */

/* Calls `check` with each EVENT event of a trace. */
static unsigned with_events(etlb_trace *trace, void (*check)(const etw_event *event))
{
    etw_consumer *consumer = trace_open(etlb_finish(trace));
    const etw_batch *batch;
    unsigned count = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            if (batch->events[i].header_kind == ETW_HEADER_EVENT64) {
                check(&batch->events[i]);
                count++;
            }
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
    return count;
}

static void add_self_described(etlb_trace *trace, uint16_t id, const char *field, bool broken)
{
    etlb_writer metadata = {0};
    const size_t begin = etlb_tl_begin(&metadata, "Event", 0);
    etlb_tl_scalar(&metadata, field, ETW_IN_UINT8, 0);
    etlb_tl_end(&metadata, begin);
    if (broken)
        metadata.size -= 2;
    const etlb_item items[] = {{ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(&metadata)}};
    const uint8_t byte = 5;
    const etw_bytes payload = {&byte, 1};
    const etlb_event event = {.timestamp = etlb_options_of(trace)->start_raw + id,
                              .provider = PROVIDER,
                              .id = id,
                              .items = items,
                              .item_count = 1};
    etlb_event_event(trace, &event, payload);
    etlb_writer_free(&metadata);
}

static void check_self_described(const etw_event *event)
{
    const etw_schema *found = find(event);
    if (event->id == 3) {
        CHECK(!found);
        return;
    }
    if (!CHECK(found != NULL))
        return;
    CHECK_EQ(found->source, ETW_SCHEMA_TRACELOGGING);
    if (event->id == 2)
        CHECK_STR(found->properties[0].name, "other");
    else
        CHECK_STR(found->properties[0].name, "field");
}

/* Events of one provider and one id, told apart by their metadata alone. */
static void tells_self_described_events_apart(void)
{
    const etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    for (int i = 0; i < 3; i++) {
        add_self_described(trace, 1, "field", false);
        add_self_described(trace, 2, "other", false);
        add_self_described(trace, 3, "field", true);
    }
    open_store();
    CHECK_EQ(with_events(trace, check_self_described), 9);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    CHECK_EQ(stats.schemas[ETW_SCHEMA_TRACELOGGING], 2);
    CHECK_EQ(stats.rejected, 1); /* Remembered, not parsed again. */
    etw_schema_store_destroy(&store);
}

static void add_named(etlb_trace *trace, const char *provider_name, uint16_t id)
{
    etlb_writer metadata = {0}, traits = {0};
    etlb_tl_end(&metadata, etlb_tl_begin(&metadata, "Event", 0));
    etlb_provider_traits(&traits, provider_name, NULL, NULL);
    const etlb_item items[] = {{ETW_EXTENDED_PROVIDER_TRAITS, etlb_written(&traits)},
                               {ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(&metadata)}};
    const etw_bytes none = {NULL, 0};
    const etlb_event event = {.timestamp = etlb_options_of(trace)->start_raw + id,
                              .provider = PROVIDER,
                              .id = id,
                              .items = items,
                              .item_count = 2};
    etlb_event_event(trace, &event, none);
    etlb_writer_free(&metadata);
    etlb_writer_free(&traits);
}

static void check_named(const etw_event *event)
{
    const etw_schema *found = find(event);
    if (CHECK(found != NULL))
        CHECK_STR(found->provider_name, event->id == 1 ? "First" : "Second");
}

/* The name of a TraceLogging provider comes with each event, so it is that of the event: not that
 * of whichever event with the same fields was looked up first. */
static void tells_self_described_providers_apart(void)
{
    const etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    for (int i = 0; i < 2; i++) {
        add_named(trace, "First", 1);
        add_named(trace, "Second", 2);
    }
    open_store();
    CHECK_EQ(with_events(trace, check_named), 4);
    etw_schema_store_destroy(&store);
}

static void check_decode_guid(const etw_event *event)
{
    const etw_schema *found = find(event);
    CHECK_EQ(found != NULL, event->id == 7);
    if (found)
        CHECK(etw_guid_equal(&found->provider, &PROVIDER));
}

static void decodes_by_another_guid(void)
{
    const etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    etlb_writer traits = {0};
    etlb_provider_traits(&traits, "Contoso", NULL, &PROVIDER);
    const etlb_item items[] = {{ETW_EXTENDED_PROVIDER_TRAITS, etlb_written(&traits)}};
    const uint8_t byte = 5;
    const etw_bytes payload = {&byte, 1};
    etlb_event event = {.flags = ETW_EVENT_DECODE_GUID,
                        .provider = {1, 2, 3, {4}},
                        .id = 7,
                        .items = items,
                        .item_count = 1};
    etlb_event_event(trace, &event, payload);
    event.id = 8;
    etlb_event_event(trace, &event, payload);
    etlb_writer_free(&traits);
    open_store();
    const etw_schema schema = schema_of(7, 0, ONE_BYTE);
    CHECK_EQ(put(&schema, ANY), ETW_OK);
    CHECK_EQ(with_events(trace, check_decode_guid), 2);
    etw_schema_store_destroy(&store);
}

/* -------------------------------------------------------------------------------- threads */

enum {
    READERS = 3,
    SCHEMAS = 3000
};

/* What one thread has found. */
typedef struct look_ups {
    size_t count;
    bool is_done;
} look_ups;

/* Schemas appear while others look: what is found is whole, and what was found stays. */
static void look_up(void *user)
{
    look_ups *found = user;
    for (unsigned round = 0; round < 20; round++)
        for (uint16_t id = 0; id < SCHEMAS; id += 7) {
            etw_event event = event_of(id, 0);
            event.payload_size = 1 + id % 2;
            const etw_schema *schema = NULL;
            if (etw_schema_store_find(store, &event, &schema) != ETW_OK)
                continue;
            if (schema->id != id || schema->property_count != 1)
                return;
            found->count += 1;
        }
    etw_event event = event_of(0, 2);
    event.provider =
        (etw_guid){0x3d6fa8d1, 0xfe05, 0x11d0, {0x9d, 0xda, 0, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
    event.flags = ETW_EVENT_CLASSIC;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        const etw_schema *schema = NULL;
        event.opcode = (uint8_t)opcode;
        found->count += etw_schema_store_find(store, &event, &schema) == ETW_OK;
    }
    found->is_done = true;
}

static void serves_several_threads(void)
{
    etwi_thread *readers[READERS];
    look_ups found[READERS] = {0};
    open_store();
    for (int i = 0; i < READERS; i++)
        REQUIRE((readers[i] = etwi_thread_start(look_up, &found[i])) != NULL);
    for (unsigned i = 0; i < SCHEMAS; i++) {
        const etw_schema one = schema_of((uint16_t)i, 0, ONE_BYTE);
        const etw_schema two = schema_of((uint16_t)i, 0, TWO_BYTES);
        CHECK(put(&one, (etwi_scope){&TRACES[0], 10}) == ETW_OK);
        CHECK(put(&two, (etwi_scope){&TRACES[0], i % 2 ? 10 : 11}) == ETW_OK);
        CHECK(put(&one, (etwi_scope){&TRACES[i % 2], 12}) == ETW_OK);
        if (i % 500 == 0)
            CHECK_EQ(etw_schema_store_get_stats(store).rejected, 0);
    }
    for (int i = 0; i < READERS; i++) {
        etwi_thread_join(readers[i]);
        CHECK(found[i].is_done);
        CHECK(found[i].count > 0);
    }
    CHECK_EQ(etw_schema_store_get_stats(store).schemas[ETW_SCHEMA_MANIFEST], 2 * SCHEMAS);
    etw_schema_store_destroy(&store);
}

typedef struct visit {
    unsigned count, stop_at;
    uint32_t ids; /* A bit for each. */
} visit;

static etw_status count_schema(void *user, const etw_schema *schema)
{
    visit *v = user;
    v->count++;
    v->ids |= 1u << schema->id;
    return v->count == v->stop_at ? ETW_END : ETW_OK;
}

static void visits_all_schemas(void)
{
    open_store();
    visit v = {0};
    CHECK_EQ(etw_schema_store_visit(store, count_schema, &v), ETW_OK);
    CHECK_EQ(v.count, 0);
    for (uint16_t id = 1; id <= 3; id++) {
        const etw_schema schema = schema_of(id, 0, ONE_BYTE);
        CHECK_EQ(put(&schema, ANY), ETW_OK);
    }
    // Another definition of one of them.
    const etw_schema other = schema_of(2, 0, TWO_BYTES);
    CHECK_EQ(put(&other, (etwi_scope){&TRACES[1], ETW_NO_ID}), ETW_OK);
    CHECK_EQ(etw_schema_store_visit(store, count_schema, &v), ETW_OK);
    CHECK_EQ(v.count, 4);
    CHECK_EQ(v.ids, 14);
    v = (visit){.stop_at = 2};
    CHECK_EQ(etw_schema_store_visit(store, count_schema, &v), ETW_END);
    CHECK_EQ(v.count, 2);
    // It is unlocked again.
    const etw_event event = event_of(1, 0);
    CHECK(find(&event));
    etw_schema_store_destroy(&store);
}

int main(void)
{
    RUN(finds_by_every_part_of_the_key);
    RUN(ranks_sources);
    RUN(holds_many);
    RUN(prefers_the_nearest);
    RUN(widens_equal_definitions);
    RUN(refuses_impossible_schemas);
    RUN(falls_back_to_kernel_classes);
    RUN(knows_built_in_shapes);
    RUN(tells_self_described_events_apart);
    RUN(tells_self_described_providers_apart);
    RUN(decodes_by_another_guid);
    RUN(serves_several_threads);
    RUN(visits_all_schemas);
    return test_finish();
}
