/* Schemas that travel in traces: manifests in chunks, and descriptions before and after what they
 * refer to. */
#include "test.h"

#include "trace_run.h"

static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_bytes NOTHING = {NULL, 0};
static const char MANIFEST[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
    "<instrumentation><events>"
    "<provider name='Contoso' guid='{11223344-5566-7788-090a-0b0c0d0e0f10}'>"
    "<tasks><task name='Order' value='1'/></tasks>"
    "<events><event value='7' version='0' task='Order' template='T'/></events>"
    "<templates><template tid='T'><data name='n' inType='win:UInt16'/></template></templates>"
    "</provider></events></instrumentation></instrumentationManifest>";

enum {
    CHUNKS = 4,
    CHUNK_SIZE = sizeof MANIFEST / CHUNKS + 1,
};

static etlb_trace *trace;
static int64_t now;

static void begin(void)
{
    etlb_options options = etlb_default_options();
    options.processor_count = 4;
    trace = etlb_create(&options);
    now = options.start_raw;
}

static etlb_event event_of(unsigned cpu, uint32_t process_id, uint32_t thread_id)
{
    const etlb_event event = {.cpu = cpu,
                              .timestamp = ++now,
                              .process_id = process_id,
                              .thread_id = thread_id,
                              .provider = PROVIDER,
                              .id = 7};
    return event;
}

static void add_chunk(const etlb_event *event, uint16_t number)
{
    const size_t start = (size_t)number * CHUNK_SIZE;
    const size_t left = sizeof MANIFEST - 1 - start;
    const etw_bytes text = {(const uint8_t *)MANIFEST + start,
                            left < CHUNK_SIZE ? left : CHUNK_SIZE};
    etlb_manifest_chunk(trace, event, CHUNKS, number, text);
}

static void add_document(unsigned cpu, uint32_t process_id, uint32_t thread_id)
{
    for (uint16_t i = 0; i < CHUNKS; i++) {
        const etlb_event event = event_of(cpu, process_id, thread_id);
        add_chunk(&event, i);
    }
}

static void add_event(uint32_t process_id)
{
    static const uint8_t bytes[] = {5, 0};
    const etw_bytes payload = {bytes, sizeof bytes};
    const etlb_event event = event_of(0, process_id, 1);
    etlb_event_event(trace, &event, payload);
}

/* What a run found for the events of id 7. */
typedef struct outcome {
    unsigned events, described;
    etw_schema_store_stats stats;
} outcome;

static outcome finish(void)
{
    outcome out;
    memset(&out, 0, sizeof out);
    etw_consumer *consumer = trace_open(etlb_finish(trace));
    const etw_batch *batch;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            if (event->header_kind != ETW_HEADER_EVENT64 || event->id != 7)
                continue;
            const etw_schema *schema = etw_consumer_schema(consumer, event);
            out.events++;
            out.described += schema != NULL;
            if (schema) {
                CHECK_STR(schema->provider_name, "Contoso");
                CHECK_EQ(schema->property_count, 1);
            }
        }
    }
    out.stats = etw_schema_store_get_stats(etw_consumer_schemas(consumer));
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
    return out;
}

static void describes(unsigned events, unsigned described, unsigned incomplete)
{
    const outcome out = finish();
    CHECK_EQ(out.events, events);
    CHECK_EQ(out.described, described);
    CHECK_EQ(out.stats.incomplete_manifests, incomplete);
    CHECK_EQ(out.stats.rejected, 0);
}

static void takes_a_manifest(void)
{
    begin();
    add_document(0, 10, 1);
    add_event(10);
    describes(1, 1, 0);
}

static void takes_a_manifest_behind_its_events(void)
{
    begin();
    add_event(10);
    add_event(11);
    add_document(0, 10, 1);
    describes(2, 2, 0);
}

static void takes_repeated_manifests(void)
{
    begin();
    for (int i = 0; i < 3; i++)
        add_document(0, 10, 1);
    add_document(1, 11, 1);
    add_event(10);
    const outcome out = finish();
    CHECK_EQ(out.described, 1);
    CHECK_EQ(out.stats.schemas[ETW_SCHEMA_MANIFEST], 1);
    CHECK_EQ(out.stats.incomplete_manifests, 0);
}

/* Two processes write at the same time; and two threads of one. */
static void tells_writers_apart(void)
{
    begin();
    for (uint16_t i = 0; i < CHUNKS; i++) {
        for (uint32_t writer = 0; writer < 3; writer++) {
            const etlb_event event = event_of(0, writer ? 11 : 10, writer);
            add_chunk(&event, i);
        }
    }
    add_event(10);
    describes(1, 1, 0);
}

/* A thread that moves to another processor: the file has its chunks in another order. */
static void puts_chunks_in_order(void)
{
    begin();
    for (uint16_t i = 0; i < CHUNKS; i++) {
        const etlb_event event = event_of(CHUNKS - 1 - i, 10, 1);
        add_chunk(&event, i);
    }
    for (unsigned cpu = 0; cpu < CHUNKS; cpu++)
        etlb_flush(trace, cpu);
    add_event(10);
    describes(1, 1, 0);
}

static void notes_missing_chunks(void)
{
    for (uint16_t missing = 0; missing < CHUNKS; missing++) {
        begin();
        for (uint16_t i = 0; i < CHUNKS; i++) {
            const etlb_event event = event_of(0, 10, 1);
            if (i != missing)
                add_chunk(&event, i);
        }
        add_event(10);
        describes(1, 0, 1);
        /* A later document that is whole makes up for it. */
        begin();
        for (uint16_t i = 0; i < CHUNKS; i++) {
            const etlb_event event = event_of(0, 10, 1);
            if (i != missing)
                add_chunk(&event, i);
        }
        add_document(0, 10, 1);
        add_event(10);
        describes(1, 1, 1);
    }
}

static void rejects_broken_documents(void)
{
    begin();
    const etlb_event event = event_of(0, 10, 1);
    const etw_bytes xml = {(const uint8_t *)MANIFEST, sizeof MANIFEST / 2};
    etlb_manifest(trace, &event, xml, 100);
    add_event(10);
    const outcome out = finish();
    CHECK_EQ(out.described, 0);
    CHECK_EQ(out.stats.rejected, 1);
    CHECK_EQ(out.stats.first_rejected.status, ETW_E_CORRUPT);
}

/* Chunks that claim to be none, or that have no text at all. */
static void survives_odd_chunks(void)
{
    begin();
    const etlb_event event = event_of(0, 10, 1);
    etlb_manifest_chunk(trace, &event, 0, 0, NOTHING);
    etlb_manifest_chunk(trace, &event, 1, 0, NOTHING);
    etlb_manifest_chunk(trace, &event, 0xFFFF, 0, NOTHING);
    etlb_manifest_chunk(trace, &event, 2, 0xFFFF, NOTHING);
    add_event(10);
    const outcome out = finish();
    CHECK_EQ(out.described, 0);
    CHECK(out.stats.incomplete_manifests > 0);
    CHECK_EQ(out.stats.rejected, 1);
}

/* ------------------------------------------------------------------------ maps and infos */

static void add_info(const etlb_event *event)
{
    static const etlb_property properties[] = {
        {.name = "n", .in_type = 6, .out_type = 7, .map_name = "States", .count = 1}};
    const etlb_event_info info = {.provider = PROVIDER,
                                  .id = 7,
                                  .provider_name = "Contoso",
                                  .properties = properties,
                                  .property_count = 1,
                                  .top_level_count = 1};
    etlb_event_info_event(trace, event, &info);
}

static void add_map(const etlb_event *event)
{
    static const etlb_map_value values[] = {{5, "Five"}, {2, "Two"}};
    const etlb_map_info map = {"States", 1, values, 2};
    etlb_map_info_event(trace, event, &PROVIDER, &map);
}

/* The three in every order, on processors whose buffers come in another one. */
static void joins_maps_and_infos_in_any_order(void)
{
    for (unsigned order = 0; order < 6; order++) {
        begin();
        const unsigned first = order % 3, second = (first + 1 + order / 3) % 3;
        const unsigned steps[] = {first, second, 3 - first - second};
        for (unsigned i = 0; i < 3; i++) {
            const etlb_event event = event_of(i, 10, 1);
            if (steps[i] == 0)
                add_info(&event);
            else if (steps[i] == 1)
                add_map(&event);
            else
                add_event(10);
        }
        etw_consumer *consumer = trace_open(etlb_finish(trace));
        const etw_batch *batch;
        REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            etw_item item;
            char text[16] = "";
            if (event->id != 7)
                continue;
            const etw_schema *schema = etw_consumer_schema(consumer, event);
            REQUIRE(schema);
            CHECK_EQ(schema->source, ETW_SCHEMA_EVENT_INFO);
            CHECK_EQ(etw_event_item(event, schema, 0, &item), ETW_OK);
            etw_item_text(&item, NULL, text, sizeof text);
            CHECK_TEXT(text, "Five");
        }
        etw_consumer_destroy(&consumer);
        etlb_destroy(trace);
    }
}

static void does_without_a_map(void)
{
    begin();
    const etlb_event event = event_of(0, 10, 1);
    add_info(&event);
    add_info(&event);
    add_event(10);
    const outcome out = finish();
    CHECK_EQ(out.described, 1);
    CHECK_EQ(out.stats.schemas[ETW_SCHEMA_EVENT_INFO], 1);
}

static void rejects_broken_descriptions(void)
{
    begin();
    etlb_event event = event_of(0, 10, 1);
    event.provider = etlb_event_metadata_guid();
    static const uint8_t junk[40] = {1, 2, 3};
    const etw_bytes payload = {junk, sizeof junk};
    for (event.opcode = 31; event.opcode <= 34; event.opcode++) {
        etlb_event_full(trace, &event, payload);
        etlb_event_full(trace, &event, NOTHING);
    }
    add_event(10);
    const outcome out = finish();
    CHECK_EQ(out.described, 0);
    CHECK(out.stats.rejected >= 3);
    CHECK(out.stats.first_rejected.status != ETW_OK);
}

int main(void)
{
    RUN(takes_a_manifest);
    RUN(takes_a_manifest_behind_its_events);
    RUN(takes_repeated_manifests);
    RUN(tells_writers_apart);
    RUN(puts_chunks_in_order);
    RUN(notes_missing_chunks);
    RUN(rejects_broken_documents);
    RUN(survives_odd_chunks);
    RUN(joins_maps_and_infos_in_any_order);
    RUN(does_without_a_map);
    RUN(rejects_broken_descriptions);
    return test_finish();
}
