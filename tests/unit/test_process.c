/* Work in several threads: the same results, in the same order, as one thread gives. */
#include "sample_trace.h"
#include "test.h"

#include <etw/consumer.h>
#include <etw/sink.h>

#include <stdlib.h>

/* All that was committed. */
typedef struct collected {
    etw_consumer *consumer;
    char *data;
    size_t size, capacity;
    uint64_t commits;
    uint64_t stop_after; /* Commits, or 0. */
} collected;

static void *begin_thread(void *user)
{
    (void)user;
    etw_json *json = NULL;
    return etw_json_create(&json, NULL, NULL) == ETW_OK ? json : NULL;
}

static void end_thread(void *user, void *local)
{
    (void)user;
    etw_json *json = local;
    etw_json_destroy(&json);
}

static etw_flow format_batch(void *user, void *local, const etw_batch *batch)
{
    const collected *all = user;
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        if (etw_json_append(local, event, etw_consumer_schema(all->consumer, event)) != ETW_OK)
            return ETW_FLOW_STOP;
    }
    return ETW_FLOW_NEXT;
}

static etw_flow collect(void *user, void *local)
{
    collected *all = user;
    const etw_str text = etw_json_text(local);
    if (text.size > all->capacity - all->size) {
        all->capacity = 2 * (all->size + text.size);
        all->data = realloc(all->data, all->capacity);
    }
    memcpy(all->data + all->size, text.data, text.size);
    all->size += text.size;
    etw_json_clear(local);
    all->commits++;
    return all->stop_after && all->commits == all->stop_after ? ETW_FLOW_STOP : ETW_FLOW_NEXT;
}

/* What to run. */
typedef struct job {
    const etlb_writer *traces;
    size_t count;
    etw_order order;
    bool raw; /* Without looking for schemas. */
} job;

static collected run(const job *j, uint32_t threads, uint64_t stop_after, etw_status *status)
{
    collected all = {NULL, NULL, 0, 0, 0, stop_after};
    const etw_consumer_options options = {
        .size = sizeof options, .order = j->order, .without_schemas = j->raw, .threads = threads};
    const etw_work work = {sizeof work, &all, begin_thread, end_thread, format_batch, collect};
    etw_error error;
    *status = etw_consumer_create(&all.consumer, &options, &error);
    for (size_t i = 0; i < j->count && *status == ETW_OK; i++) {
        const etw_bytes bytes = {j->traces[i].data, j->traces[i].size};
        *status = etw_consumer_add_memory(all.consumer, "sample", bytes);
    }
    if (*status == ETW_OK)
        *status = etw_consumer_process(all.consumer, &work);
    etw_consumer_destroy(&all.consumer);
    return all;
}

/* The same with the plain loop over batches. */
static collected run_plainly(const job *j)
{
    collected all = {0};
    const etw_consumer_options options = {
        .size = sizeof options, .order = j->order, .without_schemas = j->raw};
    const etw_batch *batch;
    if (etw_consumer_create(&all.consumer, &options, NULL) != ETW_OK)
        return all;
    for (size_t i = 0; i < j->count; i++) {
        const etw_bytes bytes = {j->traces[i].data, j->traces[i].size};
        CHECK_EQ(etw_consumer_add_memory(all.consumer, "sample", bytes), ETW_OK);
    }
    void *json = begin_thread(&all);
    while (etw_consumer_next_batch(all.consumer, &batch) == ETW_OK) {
        format_batch(&all, json, batch);
        collect(&all, json);
    }
    end_thread(&all, json);
    etw_consumer_destroy(&all.consumer);
    return all;
}

static void compare(const etlb_writer *traces, size_t count, etw_order order, bool raw)
{
    const job j = {traces, count, order, raw};
    const collected plain = run_plainly(&j);
    CHECK(plain.size > 1000);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        etw_status status;
        const collected all = run(&j, threads, 0, &status);
        CHECK_EQ(status, ETW_END);
        CHECK_EQ(all.size, plain.size);
        CHECK(all.size == plain.size && memcmp(all.data, plain.data, all.size) == 0);
        free(all.data);
    }
    free(plain.data);
}

static etlb_writer sample(sample_kind kind)
{
    etlb_writer trace = {0};
    sample_trace_build(&trace, kind);
    return trace;
}

static void output_does_not_depend_on_threads(void)
{
    for (int kind = 0; kind < SAMPLE_KIND_COUNT; kind++) {
        etlb_writer trace = sample((sample_kind)kind);
        compare(&trace, 1, ETW_ORDER_TIME, false);
        compare(&trace, 1, ETW_ORDER_FILE, false);
        compare(&trace, 1, ETW_ORDER_FILE, true);
        etlb_writer_free(&trace);
    }
}

static void several_traces_merge_alike(void)
{
    etlb_writer traces[] = {sample(SAMPLE_COMPRESSED), sample(SAMPLE_X86), sample(SAMPLE_PLAIN)};
    compare(traces, 3, ETW_ORDER_TIME, false);
    compare(traces, 3, ETW_ORDER_FILE, false);
    for (int i = 0; i < 3; i++)
        etlb_writer_free(&traces[i]);
}

static void stopping_keeps_a_beginning(void)
{
    etlb_writer trace = sample(SAMPLE_COMPRESSED);
    const job j = {&trace, 1, ETW_ORDER_TIME, false};
    const collected plain = run_plainly(&j);
    for (uint32_t threads = 1; threads <= 3; threads++) {
        etw_status status;
        const collected part = run(&j, threads, 3, &status);
        CHECK_EQ(status, ETW_STOPPED);
        CHECK_EQ(part.commits, 3);
        CHECK(part.size && part.size < plain.size);
        CHECK(memcmp(part.data, plain.data, part.size) == 0);
        free(part.data);
    }
    free(plain.data);
    etlb_writer_free(&trace);
}

static etw_flow stop_consumer(void *user, void *local, const etw_batch *batch)
{
    (void)local;
    (void)batch;
    etw_consumer_stop(((collected *)user)->consumer);
    return ETW_FLOW_NEXT;
}

static void consumer_stops_on_request(void)
{
    etlb_writer trace = sample(SAMPLE_PLAIN);
    const etw_bytes bytes = {trace.data, trace.size};
    collected all = {0};
    const etw_consumer_options options = {.size = sizeof options, .threads = 2};
    const etw_work work = {.size = sizeof work, .user = &all, .on_batch = stop_consumer};
    REQUIRE(etw_consumer_create(&all.consumer, &options, NULL) == ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(all.consumer, "sample", bytes), ETW_OK);
    CHECK_EQ(etw_consumer_process(all.consumer, &work), ETW_STOPPED);
    etw_consumer_destroy(&all.consumer);
    etlb_writer_free(&trace);
}

static void *no_thread(void *user)
{
    (void)user;
    return NULL;
}

static void failures_are_reported(void)
{
    etlb_writer trace = sample(SAMPLE_PLAIN);
    const etw_bytes bytes = {trace.data, trace.size};
    etw_consumer *consumer;
    const etw_consumer_options options = {.size = sizeof options, .threads = 2};
    etw_work work = {.size = sizeof work};
    REQUIRE(etw_consumer_create(&consumer, &options, NULL) == ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "sample", bytes), ETW_OK);
    CHECK_EQ(etw_consumer_process(consumer, &work), ETW_E_INVALID);
    work.on_batch = format_batch;
    work.on_thread_begin = no_thread;
    CHECK_EQ(etw_consumer_process(consumer, &work), ETW_E_NOMEM);
    CHECK_EQ(etw_consumer_error(consumer)->status, ETW_E_NOMEM);
    etw_consumer_destroy(&consumer);
    etlb_writer_free(&trace);
}

int main(void)
{
    RUN(output_does_not_depend_on_threads);
    RUN(several_traces_merge_alike);
    RUN(stopping_keeps_a_beginning);
    RUN(consumer_stops_on_request);
    RUN(failures_are_reported);
    return test_finish();
}
