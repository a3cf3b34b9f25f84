/*
 * Once it is under way, reading allocates nothing: whatever the level, the order, the compression.
 * Every case reads a trace of many buffers whose events come again and again, and what it asks the
 * allocator for after the first part of them is counted.
 */
#include "test.h"

#include "long_trace.h"
#include "scratch.h"
#include "trace_run.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    TRACE_SIZE = 6 * 1024 * 1024,
    BUFFER_SIZE = 16 * 1024,
    CPU_COUNT = 8,
    PERIOD = TRACE_SIZE / 24,
    WARM_UP_PART = 3, /* The first of so many parts of the events: eight periods. */
    POOL_SLACK = 100, /* See `slack`. */
    TRACE_COUNT = 4,
};

/* An allocator that counts; any number of threads may use it. */
typedef struct counter {
    etw_allocator allocator;
    atomic_ullong calls;
} counter;

/* One way to read a trace. */
typedef struct run {
    counter counter;
    etw_consumer *consumer;
    uint64_t warm_up; /* Events after which nothing may be allocated. */
    atomic_ullong events;
    atomic_ullong calls_when_warm;
    atomic_bool is_warm;
    etw_json *json;
} run;

static struct trace {
    const char *name;
    etlb_compression compression;
    const char *path;
    char *data;
    size_t size;
    uint64_t events; /* At least. */
} traces[TRACE_COUNT] = {
    {.name = "plain", .compression = ETLB_UNCOMPRESSED, .path = "allocations-plain.etl"},
    {.name = "xpress", .compression = ETLB_XPRESS, .path = "allocations-xpress.etl"},
    {.name = "huffman", .compression = ETLB_XPRESS_HUFFMAN, .path = "allocations-huffman.etl"},
    {.name = "lznt1", .compression = ETLB_LZNT1, .path = "allocations-lznt1.etl"},
};

/* Counting ------------------------------------------------------------------------------------- */

static void *count_and_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (!new_size) {
        free(memory);
        return NULL;
    }
    atomic_fetch_add(&((counter *)user)->calls, 1);
    return realloc(memory, new_size);
}

/* Counts events that were dealt with; the last one of the warm-up takes the count of calls. */
static void note_events(run *r, uint64_t count)
{
    const uint64_t before = atomic_fetch_add(&r->events, count);
    if (before < r->warm_up && before + count >= r->warm_up) {
        atomic_store(&r->calls_when_warm, atomic_load(&r->counter.calls));
        atomic_store(&r->is_warm, true);
    }
}

/* Ways to read --------------------------------------------------------------------------------- */

static etw_flow on_record(void *user, const etw_event *event)
{
    (void)event;
    note_events(user, 1);
    return ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    return on_record(user, event);
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    return on_record(user, prepared->event);
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    if (etw_decoded_set(decoded, "Note", "a property of our own") != ETW_OK)
        return ETW_FLOW_STOP;
    return on_record(user, etw_decoded_event(decoded));
}

static etw_status run_levels(run *r, etw_consumer_ops ops)
{
    ops.size = sizeof ops;
    ops.user = r;
    return etw_consumer_run(r->consumer, &ops);
}

static etw_status read_batches(run *r)
{
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_consumer_next_batch(r->consumer, &batch)) == ETW_OK)
        note_events(r, batch->count);
    return status;
}

static etw_status read_level_1(run *r)
{
    return run_levels(r, (etw_consumer_ops){.on_record = on_record});
}

static etw_status read_level_2(run *r)
{
    return run_levels(r, (etw_consumer_ops){.on_schema = on_schema});
}

static etw_status read_level_3(run *r)
{
    return run_levels(r, (etw_consumer_ops){.on_items = on_items});
}

static etw_status read_level_4(run *r)
{
    return run_levels(r, (etw_consumer_ops){.on_decoded = on_decoded});
}

/* Filters deny some events, which the count of events has to have too. */
static etw_status read_filtered(run *r, const char *expression)
{
    const etw_filter_options options = {sizeof options, &r->counter.allocator, 0};
    etw_filter *filter;
    if (etw_filter_compile(&filter, expression, &options, NULL) != ETW_OK)
        etlb_fail("%s is no filter", expression);
    const etw_batch *batch;
    etw_status status;
    uint64_t passed = 0;
    while ((status = etw_consumer_next_batch(r->consumer, &batch)) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            const etw_filter_verdict verdict = etw_filter_header(filter, event);
            passed += verdict == ETW_FILTER_YES ||
                      (verdict == ETW_FILTER_MAYBE &&
                       etw_filter_match(filter, event, etw_consumer_schema(r->consumer, event)));
        }
        note_events(r, batch->count);
    }
    CHECK(passed > 0 && passed < atomic_load(&r->events));
    etw_filter_destroy(&filter);
    return status;
}

static etw_status read_header_filter(run *r)
{
    return read_filtered(r, "id in {10,36} and level <= 4 and not pid == 1");
}

static etw_status read_property_filter(run *r)
{
    return read_filtered(r, "number > 100 and article ~ \"*blau\" or Items.Quantity == 3 or "
                            "ImageFileName matches \"^inv.*exe$\"");
}

/* JSON ----------------------------------------------------------------------------------------- */

static etw_json *create_json(run *r, etw_json_profile profile, bool message)
{
    const etw_json_options options = {.size = sizeof options,
                                      .allocator = &r->counter.allocator,
                                      .profile = profile,
                                      .message = message};
    etw_json *json;
    if (etw_json_create(&json, &options, NULL) != ETW_OK)
        etlb_fail("no JSON writer");
    return json;
}

static etw_status write_batch(run *r, etw_json *json, const etw_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        if (etw_json_append(json, event, etw_consumer_schema(r->consumer, event)) != ETW_OK)
            return ETW_E_NOMEM;
    }
    return ETW_OK;
}

static etw_status read_json(run *r, etw_json_profile profile, bool message)
{
    etw_json *json = create_json(r, profile, message);
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_consumer_next_batch(r->consumer, &batch)) == ETW_OK) {
        status = write_batch(r, json, batch);
        if (status != ETW_OK)
            break;
        etw_json_clear(json);
        note_events(r, batch->count);
    }
    etw_json_destroy(&json);
    return status;
}

static etw_status read_json_full(run *r)
{
    return read_json(r, ETW_JSON_FULL, false);
}

static etw_status read_json_compact(run *r)
{
    return read_json(r, ETW_JSON_COMPACT, false);
}

static etw_status read_json_messages(run *r)
{
    return read_json(r, ETW_JSON_FULL, true);
}

/* Threads -------------------------------------------------------------------------------------- */

/* The queue is full before the first batch is taken: so much memory it may have. */
static etw_status read_queue(run *r)
{
    const etw_queue_options options = {.size = sizeof options, .allocator = &r->counter.allocator};
    etw_queue *queue;
    if (etw_queue_create(&queue, &options, NULL) != ETW_OK ||
        etw_queue_start(queue, r->consumer) != ETW_OK)
        etlb_fail("no queue");
    etw_queue_stats stats = {.size = sizeof stats};
    while (stats.waits == 0) {
        scratch_sleep_us(100);
        etw_queue_get_stats(queue, &stats);
    }
    const etw_batch *batch;
    etw_status status;
    while ((status = etw_queue_next(queue, &batch, ETW_WAIT_FOREVER)) == ETW_OK) {
        note_events(r, batch->count);
        etw_queue_release(queue, batch);
    }
    etw_queue_destroy(&queue);
    return status;
}

static void *begin_thread(void *user)
{
    return create_json(user, ETW_JSON_FULL, false);
}

static void end_thread(void *user, void *local)
{
    (void)user;
    etw_json *json = local;
    etw_json_destroy(&json);
}

static etw_flow on_batch(void *user, void *local, const etw_batch *batch)
{
    if (write_batch(user, local, batch) != ETW_OK)
        return ETW_FLOW_STOP;
    note_events(user, batch->count);
    return ETW_FLOW_NEXT;
}

static etw_flow on_commit(void *user, void *local)
{
    (void)user;
    etw_json_clear(local);
    return ETW_FLOW_NEXT;
}

static etw_status process(run *r)
{
    const etw_work work = {sizeof work, r, begin_thread, end_thread, on_batch, on_commit};
    return etw_consumer_process(r->consumer, &work);
}

/* The test ------------------------------------------------------------------------------------- */

static const struct way {
    const char *name;
    etw_status (*read)(run *r);
    uint32_t threads;
    /* Where buffers are read ahead, chance or the scheduler decides how many are in memory at a
     * time, and the most may come late: the pool grows until then, but not with the events. */
    uint64_t slack;
} WAYS[] = {
    {"batches", read_batches, 1, 0},
    {"batches read ahead", read_batches, 2, POOL_SLACK},
    {"level 1", read_level_1, 1, 0},
    {"level 2", read_level_2, 1, 0},
    {"level 3", read_level_3, 1, 0},
    {"level 4", read_level_4, 1, 0},
    {"header filter", read_header_filter, 1, 0},
    {"property filter", read_property_filter, 1, 0},
    {"full JSON", read_json_full, 1, 0},
    {"compact JSON", read_json_compact, 1, 0},
    {"JSON with messages", read_json_messages, 1, 0},
    {"queue", read_queue, 1, POOL_SLACK},
    {"process", process, 1, 0},
    {"process in two threads", process, 2, POOL_SLACK},
};

/* Where the trace is. */
typedef enum source {
    IN_MEMORY,
    IN_A_FILE,
} source;

static void open_trace(run *r, const struct trace *trace, source from)
{
    const etw_bytes bytes = {(const uint8_t *)trace->data, trace->size};
    const etw_status status = from == IN_MEMORY
                                  ? etw_consumer_add_memory(r->consumer, "long", bytes)
                                  : etw_consumer_add_file(r->consumer, trace->path);
    if (status != ETW_OK)
        etlb_fail("%s", etw_consumer_error(r->consumer)->message);
}

static void try_way(const struct way *way, const struct trace *trace, source from, etw_order order)
{
    run r = {.warm_up = trace->events / WARM_UP_PART};
    r.counter.allocator = (etw_allocator){&r.counter, count_and_resize};
    const etw_consumer_options options = {.size = sizeof options,
                                          .allocator = &r.counter.allocator,
                                          .order = order,
                                          .threads = way->threads};
    if (etw_consumer_create(&r.consumer, &options, NULL) != ETW_OK)
        etlb_fail("no consumer");
    open_trace(&r, trace, from);
    bool good = CHECK_EQ(way->read(&r), ETW_END);
    const uint64_t calls = atomic_load(&r.counter.calls) - atomic_load(&r.calls_when_warm);
    good &= CHECK(atomic_load(&r.is_warm)) && CHECK(atomic_load(&r.events) >= trace->events);
    good &= CHECK(calls <= way->slack);
    if (!good)
        printf("    %s, %s, %s, %s order: %" PRIu64 " calls\n", way->name, trace->name,
               from == IN_MEMORY ? "in memory" : "in a file", order ? "file" : "time", calls);
    etw_consumer_destroy(&r.consumer);
}

static void nothing_is_allocated(void)
{
    for (size_t way = 0; way < sizeof WAYS / sizeof *WAYS; way++)
        for (size_t trace = 0; trace < TRACE_COUNT; trace++)
            for (int from = IN_MEMORY; from <= IN_A_FILE; from++) {
                try_way(&WAYS[way], &traces[trace], (source)from, ETW_ORDER_TIME);
                try_way(&WAYS[way], &traces[trace], (source)from, ETW_ORDER_FILE);
            }
}

static void make_trace(struct trace *trace)
{
    const long_trace_options options = {.size = TRACE_SIZE,
                                        .cpu_count = CPU_COUNT,
                                        .buffer_size = BUFFER_SIZE,
                                        .compression = trace->compression,
                                        .period = PERIOD};
    FILE *file = fopen(trace->path, "w+b");
    if (!file)
        etlb_fail("%s cannot be written", trace->path);
    trace->events = long_trace_write(file, &options);
    const long size = ftell(file);
    trace->size = size > 0 ? (size_t)size : 0;
    trace->data = malloc(trace->size);
    rewind(file);
    if (!trace->data || fread(trace->data, 1, trace->size, file) != trace->size ||
        fclose(file) != 0)
        etlb_fail("%s cannot be read", trace->path);
}

int main(void)
{
    for (size_t i = 0; i < TRACE_COUNT; i++)
        make_trace(&traces[i]);
    RUN(nothing_is_allocated);
    for (size_t i = 0; i < TRACE_COUNT; i++) {
        remove(traces[i].path);
        free(traces[i].data);
    }
    return test_finish();
}
