#include "consume.h"

#include <stdlib.h>

/* What is common to the threads of a job; only touched while committing. */
typedef struct job_state {
    const consume_job *job;
    etw_consumer *consumer;
    harness_result result;
} job_state;

/* What a thread has for itself. */
typedef struct thread_state {
    const consume_job *job;
    etw_consumer *consumer;
    etw_json *json;
    etw_span *spans;
    harness_result result; /* Since the last commit. */
} thread_state;

enum {
    SPANS_MAX = UINT16_MAX,
};

static void *begin_thread(void *user)
{
    const job_state *state = user;
    thread_state *thread = harness_checked(calloc(1, sizeof *thread));
    thread->job = state->job;
    thread->consumer = state->consumer;
    if (thread->job->level >= CONSUME_JSON) {
        const etw_json_options options = {
            .size = sizeof options,
            .allocator = thread->job->allocator,
            .profile = thread->job->level == CONSUME_JSON ? ETW_JSON_COMPACT : ETW_JSON_FULL,
        };
        harness_require(etw_json_create(&thread->json, &options, NULL) == ETW_OK, "no writer");
    }
    if (thread->job->level == CONSUME_ITEMS)
        thread->spans = harness_checked(malloc(SPANS_MAX * sizeof *thread->spans));
    return thread;
}

static void end_thread(void *user, void *local)
{
    thread_state *thread = local;
    (void)user;
    etw_json_destroy(&thread->json);
    free(thread->spans);
    free(thread);
}

static void take_items(thread_state *thread, const etw_event *event, const etw_schema *schema)
{
    size_t count = 0;
    etw_event_prepare(event, schema, thread->spans, SPANS_MAX, &count);
    if (count)
        thread->result.work += thread->spans[count - 1].offset + thread->spans[count - 1].size;
}

static etw_flow on_batch(void *user, void *local, const etw_batch *batch)
{
    thread_state *thread = local;
    (void)user;
    thread->result.events += batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        if (thread->job->level == CONSUME_RECORDS) {
            thread->result.work += event->timestamp ^ event->process_id;
            continue;
        }
        const etw_schema *schema = etw_consumer_schema(thread->consumer, event);
        if (thread->job->level == CONSUME_SCHEMAS)
            thread->result.work += (uintptr_t)schema;
        else if (thread->job->level == CONSUME_ITEMS)
            take_items(thread, event, schema);
        else
            harness_require(etw_json_append(thread->json, event, schema) == ETW_OK,
                            "out of memory");
    }
    return ETW_FLOW_NEXT;
}

static etw_flow on_commit(void *user, void *local)
{
    job_state *state = user;
    thread_state *thread = local;
    state->result.events += thread->result.events;
    state->result.work += thread->result.work;
    if (thread->json) {
        state->result.bytes += etw_json_text(thread->json).size;
        etw_json_clear(thread->json);
    }
    memset(&thread->result, 0, sizeof thread->result);
    if (state->job->on_commit)
        state->job->on_commit(state->job->user, state->result.events);
    return ETW_FLOW_NEXT;
}

harness_result consume(const consume_job *job)
{
    const etw_consumer_options options = {
        .size = sizeof options,
        .allocator = job->allocator,
        .schemas = job->schemas,
        .order = job->order,
        .without_schemas = job->schemas != NULL || job->level == CONSUME_RECORDS,
        .threads = job->threads,
    };
    job_state state = {.job = job};
    const etw_work work = {
        .size = sizeof work,
        .user = &state,
        .on_thread_begin = begin_thread,
        .on_thread_end = end_thread,
        .on_batch = on_batch,
        .on_commit = on_commit,
    };
    harness_require(etw_consumer_create(&state.consumer, &options, NULL) == ETW_OK, "no consumer");
    harness_require(etw_consumer_add_file(state.consumer, job->path) == ETW_OK,
                    "the trace cannot be read");
    harness_require(etw_consumer_process(state.consumer, &work) == ETW_END,
                    "the trace was not read to its end");
    if (job->level < CONSUME_JSON)
        state.result.bytes = etw_consumer_trace_info(state.consumer, 0)->file_size;
    etw_consumer_destroy(&state.consumer);
    return state.result;
}

harness_result consume_run(void *job)
{
    return consume(job);
}

static void *count_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    consume_counter *counter = user;
    (void)old_size;
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    atomic_fetch_add_explicit(&counter->calls, 1, memory_order_relaxed);
    return realloc(memory, new_size);
}

void consume_counter_init(consume_counter *counter)
{
    counter->allocator.user = counter;
    counter->allocator.resize = count_resize;
    atomic_init(&counter->calls, 0);
}
