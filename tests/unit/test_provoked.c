/*
 * Provoked failures: traces that end anywhere, memory that runs out anywhere. Whatever happens, the
 * whole pipeline of consumer, store and JSON writer says so and gives back all it took.
 */
#include "test.h"

#include "faulty_alloc.h"
#include "guard.h"
#include "trace_run.h"

static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const char MANIFEST[] =
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
    "<instrumentation><events>"
    "<provider name='Contoso' guid='{11223344-5566-7788-090a-0b0c0d0e0f10}'>"
    "<tasks><task name='Order' value='1'/></tasks>"
    "<events><event value='7' version='0' task='Order' template='T'/></events>"
    "<templates><template tid='T'><data name='n' inType='win:UInt16'/>"
    "<data name='names' inType='win:UnicodeString' count='n'/></template></templates>"
    "</provider></events></instrumentation></instrumentationManifest>";

static void add_plain(etlb_trace *trace)
{
    const int64_t start = etlb_options_of(trace)->start_raw;
    static const uint64_t counters[] = {1, 2};
    etlb_writer payload = {0};
    etlb_fill(&payload, 3, 24);
    for (uint16_t i = 0; i < 12; i++) {
        const etlb_event event = {.cpu = i % 2,
                                  .timestamp = start + i % 5,
                                  .provider = PROVIDER,
                                  .group = 5,
                                  .type = 36,
                                  .version = 2,
                                  .counters = counters,
                                  .counter_count = i % 3 ? 0 : 2};
        trace_add_event(trace, i % 2, start + i, i);
        etlb_event_perfinfo(trace, &event, etlb_written(&payload));
        etlb_event_instance(trace, &event, etlb_written(&payload));
    }
    etlb_writer_free(&payload);
}

static void add_tracelogging(etlb_trace *trace, etlb_event event)
{
    etlb_writer metadata = {0}, traits = {0}, payload = {0};
    const size_t begin = etlb_tl_begin(&metadata, "Sold", 0);
    etlb_tl_scalar(&metadata, "price", ETW_IN_DOUBLE, 0);
    etlb_tl_array(&metadata, "goods", ETW_IN_UNICODE_STRING, 0);
    etlb_tl_end(&metadata, begin);
    etlb_provider_traits(&traits, "Contoso.Shop", NULL, NULL);
    etlb_f64(&payload, 1.5);
    etlb_u16(&payload, 2);
    etlb_utf16z(&payload, "tea");
    etlb_utf16z(&payload, "pie");
    const etlb_item items[] = {{ETW_EXTENDED_EVENT_SCHEMA_TL, etlb_written(&metadata)},
                               {ETW_EXTENDED_PROVIDER_TRAITS, etlb_written(&traits)}};
    event.items = items;
    event.item_count = 2;
    etlb_event_event(trace, &event, etlb_written(&payload));
    etlb_writer_free(&metadata);
    etlb_writer_free(&traits);
    etlb_writer_free(&payload);
}

static void add_described(etlb_trace *trace, etlb_event event)
{
    static const etlb_property properties[] = {
        {.name = "state", .in_type = 8, .out_type = 9, .map_name = "States", .count = 1}};
    static const etlb_map_value values[] = {{1, "On"}, {2, "Off"}};
    const etlb_map_info map = {"States", 1, values, 2};
    const etlb_event_info info = {.provider = PROVIDER,
                                  .id = 9,
                                  .provider_name = "Contoso",
                                  .properties = properties,
                                  .property_count = 1,
                                  .top_level_count = 1};
    static const uint8_t two[] = {2, 0, 0, 0};
    const etw_bytes payload = {two, sizeof two};
    event.id = 9;
    etlb_event_event(trace, &event, payload);
    etlb_event_info_event(trace, &event, &info);
    etlb_map_info_event(trace, &event, &PROVIDER, &map);
}

static void add_schemas(etlb_trace *trace)
{
    const etlb_event event = {
        .timestamp = etlb_options_of(trace)->start_raw + 3, .provider = PROVIDER, .id = 7};
    static const uint8_t nothing[] = {0, 0};
    const etw_bytes payload = {nothing, sizeof nothing};
    const etw_bytes xml = {(const uint8_t *)MANIFEST, sizeof MANIFEST - 1};
    etlb_event_event(trace, &event, payload);
    etlb_manifest(trace, &event, xml, 250);
    add_tracelogging(trace, event);
    add_described(trace, event);
}

enum {
    PLAIN,
    COMPRESSED,
    X86,
    SCHEMAS,
    KINDS
};

static etlb_trace *make_trace(int kind)
{
    etlb_options options = etlb_default_options();
    options.buffer_size = 1024;
    options.processor_count = 2;
    options.pointer_size = kind == X86 ? 4 : 8;
    etlb_trace *trace = etlb_create(&options);
    etlb_settings_of(trace)->compression = kind == COMPRESSED ? ETLB_XPRESS : ETLB_UNCOMPRESSED;
    if (kind == SCHEMAS)
        add_schemas(trace);
    else
        add_plain(trace);
    return trace;
}

static void survives_any_cut(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        etlb_trace *trace = make_trace(kind);
        const etw_bytes file = etlb_finish(trace);
        guard area = guard_create(file.size);
        for (size_t size = 0; size <= file.size; size++) {
            const etw_bytes cut = {file.data, size};
            const trace_run run = trace_run_all(guard_copy(&area, cut), NULL);
            const bool sane =
                run.status == ETW_END ||
                (!run.events && (run.status == ETW_E_NOT_TRACE || run.status == ETW_E_TRUNCATED));
            if (!CHECK(sane && !run.bad_json && !run.out_of_order &&
                       run.events == run.stats.events)) {
                printf("    kind %d cut to %zu bytes\n", kind, size);
                break;
            }
        }
        guard_destroy(&area);
        etlb_destroy(trace);
    }
}

/* Every fifth byte of a small trace is damaged, in one of a few ways. */
static void survives_any_damage(void)
{
    enum {
        STEP = 5
    };
    static const uint8_t MASKS[] = {0x01, 0x80, 0xFF};
    for (int kind = 0; kind < KINDS; kind++) {
        etlb_trace *trace = make_trace(kind);
        const etw_bytes file = etlb_finish(trace);
        guard area = guard_create(file.size);
        for (size_t at = (size_t)kind; at < file.size; at += STEP) {
            etw_bytes copy = guard_copy(&area, file);
            uint8_t *damaged = area.base + area.capacity - file.size + at;
            *damaged ^= MASKS[at % 3];
            const trace_run run = trace_run_all(copy, NULL);
            const bool sane = run.status == ETW_END || run.status == ETW_E_NOT_TRACE ||
                              run.status == ETW_E_TRUNCATED;
            if (!CHECK(sane && !run.bad_json && run.events == run.stats.events)) {
                printf("    kind %d with byte %zu damaged\n", kind, at);
                break;
            }
        }
        guard_destroy(&area);
        etlb_destroy(trace);
    }
}

/* Lets the n-th allocation fail, for one n after another until there are no more. */
static void fail_each(etw_bytes file, bool fail_later_too, trace_run_options options)
{
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    options.allocator = &faulty.allocator;
    const trace_run whole = trace_run_all(file, &options);
    const uint64_t calls = faulty.calls;
    CHECK_EQ(whole.status, ETW_END);
    CHECK_EQ(faulty.live, 0);
    CHECK(calls > 10 && calls < 500);
    for (uint64_t n = 1; n <= calls; n++) {
        faulty_alloc_init(&faulty);
        faulty.fail_at = n;
        faulty.fail_later_too = fail_later_too;
        const trace_run run = trace_run_all(file, &options);
        const bool good =
            run.status == ETW_E_NOMEM || (run.status == ETW_END && run.events == whole.events);
        if (!CHECK(good && !faulty.live && !faulty.wrong_sizes)) {
            printf("    allocation %d of %d: %s, %zu live, %u wrong sizes\n", (int)n, (int)calls,
                   etw_status_name(run.status), faulty.live, faulty.wrong_sizes);
            return;
        }
    }
}

static void survives_any_lack_of_memory(void)
{
    const trace_run_options by_time = {.order = ETW_ORDER_TIME};
    const trace_run_options by_file = {.order = ETW_ORDER_FILE};
    /* Units of several buffers, of which a later one may fail. */
    const trace_run_options by_units = {
        .order = ETW_ORDER_FILE, .threads = 2, .without_schemas = true};
    for (int kind = 0; kind < KINDS; kind++) {
        etlb_trace *trace = make_trace(kind);
        const etw_bytes file = etlb_finish(trace);
        fail_each(file, false, by_time);
        fail_each(file, true, by_time);
        fail_each(file, true, by_file);
        fail_each(file, false, by_units);
        etlb_destroy(trace);
    }
}

/* A failure must not hide: what failed stays failed, with a message. */
static void explains_the_lack_of_memory(void)
{
    etlb_trace *trace = make_trace(SCHEMAS);
    const etw_bytes file = etlb_finish(trace);
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    const etw_consumer_options options = {.size = sizeof options, .allocator = &faulty.allocator};
    etw_consumer *consumer;
    etw_error error;
    const etw_batch *batch;
    faulty.fail_at = 1;
    CHECK_EQ(etw_consumer_create(&consumer, &options, &error), ETW_E_NOMEM);
    CHECK_TEXT(error.message, "out of memory");
    CHECK(consumer == NULL);
    REQUIRE(etw_consumer_create(&consumer, &options, &error) == ETW_OK);
    faulty.fail_at = faulty.calls + 1;
    CHECK_EQ(etw_consumer_add_memory(consumer, "x", file), ETW_E_NOMEM);
    CHECK_TEXT(etw_consumer_error(consumer)->message, "out of memory");
    CHECK_EQ(etw_consumer_add_memory(consumer, "x", file), ETW_OK);
    faulty.fail_at = faulty.calls + 1;
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_E_NOMEM);
    CHECK_TEXT(etw_consumer_error(consumer)->message, "out of memory");
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_E_NOMEM);
    CHECK(batch == NULL);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(faulty.live, 0);
    etlb_destroy(trace);
}

/* JSON that did not fit leaves the text as it was. */
static void keeps_json_without_memory(void)
{
    etlb_trace *trace = make_trace(PLAIN);
    etw_consumer *consumer = trace_open(etlb_finish(trace));
    const etw_batch *batch;
    REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    const etw_json_options options = {.size = sizeof options, .allocator = &faulty.allocator};
    etw_json *json;
    REQUIRE(etw_json_create(&json, &options, NULL) == ETW_OK);
    REQUIRE(etw_json_append(json, &batch->events[0], NULL) == ETW_OK);
    const size_t size = etw_json_text(json).size;
    unsigned failures = 0;
    for (uint64_t n = 1; n < 20; n++) {
        faulty.fail_at = faulty.calls + 1;
        const size_t before = etw_json_text(json).size;
        if (etw_json_append(json, &batch->events[0], NULL) == ETW_E_NOMEM) {
            failures++;
            CHECK_EQ(etw_json_text(json).size, before);
            faulty.fail_at = 0;
            CHECK_EQ(etw_json_append(json, &batch->events[0], NULL), ETW_OK);
        }
        CHECK_EQ(etw_json_text(json).size, before + size);
    }
    CHECK(failures > 0);
    CHECK_EQ(etw_json_get_stats(json)->events, 20);
    etw_json_destroy(&json);
    CHECK_EQ(faulty.live, 0);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

enum {
    MANY = 60000,
    WARM = 20000,
    CLOSING = 50000, /* The last buffers are shorter, and ask for memory of other sizes. */
};

static etlb_trace *large_trace(void)
{
    etlb_options options = etlb_default_options();
    options.processor_count = 4;
    etlb_trace *trace = etlb_create(&options);
    etlb_settings_of(trace)->compression = ETLB_XPRESS;
    for (uint32_t i = 0; i < MANY; i++) {
        const etlb_event event = {
            .cpu = i % 4, .timestamp = options.start_raw + i, .provider = PROVIDER, .id = 9};
        if (i % 10 == 0)
            add_tracelogging(trace, event);
        else
            trace_add_event(trace, i % 4, event.timestamp, (uint16_t)(i % 100));
        /* Buffers that are hardly filled come between the others, and use their memory. */
        if (i % 3001 < 20)
            etlb_flush(trace, i % 4);
    }
    return trace;
}

/* Reads and writes all events; returns how many allocations there were between warm and closing. */
static uint64_t calls_when_warm(etw_consumer *consumer, etw_json *json, const faulty_alloc *faulty)
{
    const etw_batch *batch;
    uint64_t count = 0, before = 0, after = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        if (count < WARM)
            before = faulty->calls;
        if (count < CLOSING)
            after = faulty->calls;
        etw_json_clear(json);
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            CHECK(etw_json_append(json, event, etw_consumer_schema(consumer, event)) == ETW_OK);
        }
        count += batch->count;
    }
    CHECK_EQ(count, MANY + 1);
    return after - before;
}

/* Events are delivered and written without any allocation once all is warm. */
static void allocates_nothing_for_an_event(void)
{
    for (etw_order order = ETW_ORDER_TIME; order <= ETW_ORDER_FILE; order++) {
        etlb_trace *trace = large_trace();
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        const etw_consumer_options options = {
            .size = sizeof options, .allocator = &faulty.allocator, .order = order};
        const etw_json_options json_options = {.size = sizeof json_options,
                                               .allocator = &faulty.allocator};
        etw_consumer *consumer;
        etw_json *json;
        REQUIRE(etw_consumer_create(&consumer, &options, NULL) == ETW_OK);
        REQUIRE(etw_json_create(&json, &json_options, NULL) == ETW_OK);
        REQUIRE(etw_consumer_add_memory(consumer, "x", etlb_finish(trace)) == ETW_OK);
        CHECK_EQ(calls_when_warm(consumer, json, &faulty), 0);
        etw_json_destroy(&json);
        etw_consumer_destroy(&consumer);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
        etlb_destroy(trace);
    }
}

int main(void)
{
    RUN(survives_any_cut);
    RUN(survives_any_damage);
    RUN(survives_any_lack_of_memory);
    RUN(explains_the_lack_of_memory);
    RUN(keeps_json_without_memory);
    RUN(allocates_nothing_for_an_event);
    return test_finish();
}
