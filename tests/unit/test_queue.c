/* The queue of batches: all events in order, bounded, and ended from anywhere. */
#include "sample_trace.h"
#include "test.h"

#include "faulty_alloc.h"
#include "os/os.h"

#include <etw/queue.h>

#include <stdlib.h>

static etlb_writer traces[SAMPLE_KIND_COUNT];

static etw_consumer *open_trace(sample_kind kind, etw_order order, bool without_schemas)
{
    const etw_consumer_options options = {
        .size = sizeof options, .order = order, .without_schemas = without_schemas};
    const etw_bytes bytes = {traces[kind].data, traces[kind].size};
    etw_consumer *consumer = NULL;
    CHECK_EQ(etw_consumer_create(&consumer, &options, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "sample", bytes), ETW_OK);
    return consumer;
}

static etw_queue *open_queue(uint32_t capacity, etw_queue_policy policy)
{
    const etw_queue_options options = {
        .size = sizeof options, .capacity = capacity, .policy = policy};
    etw_queue *queue = NULL;
    CHECK_EQ(etw_queue_create(&queue, &options, NULL), ETW_OK);
    return queue;
}

static etw_queue_stats stats_of(etw_queue *queue)
{
    etw_queue_stats stats = {.size = sizeof stats};
    CHECK_EQ(etw_queue_get_stats(queue, &stats), ETW_OK);
    return stats;
}

/* A number that depends on all events and, unless they come in any order, on that. */
typedef struct sum {
    uint64_t events, ordered, unordered;
} sum;

static void add_batch(sum *s, const etw_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        uint64_t value = event->timestamp ^ (uint64_t)event->thread_id << 32;
        for (unsigned k = 0; k < event->payload_size; k++)
            value = value * 31 + event->payload[k];
        s->ordered = s->ordered * 1099511628211u + value;
        s->unordered += value;
        s->events++;
    }
}

static sum sum_plainly(sample_kind kind, etw_order order, bool without_schemas)
{
    etw_consumer *consumer = open_trace(kind, order, without_schemas);
    const etw_batch *batch;
    sum s = {0, 0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        add_batch(&s, batch);
    etw_consumer_destroy(&consumer);
    return s;
}

/* Takes up to `held` batches before it gives the first one back. */
static sum sum_queued(etw_queue *queue, unsigned held)
{
    const etw_batch *batches[8] = {NULL};
    sum s = {0, 0, 0};
    for (unsigned at = 0;; at = (at + 1) % held) {
        if (batches[at])
            add_batch(&s, batches[at]);
        etw_queue_release(queue, batches[at]);
        const etw_status status = etw_queue_next(queue, &batches[at], ETW_WAIT_FOREVER);
        if (status == ETW_OK)
            continue;
        CHECK_EQ(status, ETW_END);
        for (unsigned i = 1; i < held; i++) {
            at = (at + 1) % held;
            if (batches[at])
                add_batch(&s, batches[at]);
            etw_queue_release(queue, batches[at]);
        }
        return s;
    }
}

static void compare(sample_kind kind, etw_order order, bool without_schemas)
{
    const sum plain = sum_plainly(kind, order, without_schemas);
    CHECK(plain.events > 100);
    for (uint32_t capacity = 1; capacity <= 8; capacity *= 2) {
        etw_consumer *consumer = open_trace(kind, order, without_schemas);
        etw_queue *queue = open_queue(capacity, ETW_QUEUE_BLOCK);
        CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
        const sum queued = sum_queued(queue, capacity);
        CHECK_EQ(queued.events, plain.events);
        CHECK_EQ(queued.ordered, plain.ordered);
        const etw_queue_stats stats = stats_of(queue);
        CHECK_EQ(stats.events, plain.events);
        CHECK_EQ(stats.dropped_events + stats.dropped_batches + stats.waiting, 0);
        etw_consumer_stats delivered = {.size = sizeof delivered};
        CHECK_EQ(etw_consumer_get_stats(consumer, &delivered), ETW_OK);
        CHECK_EQ(delivered.events, plain.events);
        etw_queue_destroy(&queue);
        etw_consumer_destroy(&consumer);
    }
}

static void delivers_all_events_in_order(void)
{
    for (int kind = 0; kind < SAMPLE_KIND_COUNT; kind++) {
        compare((sample_kind)kind, ETW_ORDER_TIME, false);
        compare((sample_kind)kind, ETW_ORDER_FILE, false);
        compare((sample_kind)kind, ETW_ORDER_FILE, true);
    }
}

static void drops_what_does_not_fit(void)
{
    const sum plain = sum_plainly(SAMPLE_COMPRESSED, ETW_ORDER_TIME, false);
    etw_consumer *consumer = open_trace(SAMPLE_COMPRESSED, ETW_ORDER_TIME, false);
    etw_queue *queue = open_queue(3, ETW_QUEUE_DROP);
    CHECK_EQ(etw_consumer_run_to_queue(consumer, queue), ETW_END);
    etw_queue_stats stats = stats_of(queue);
    CHECK_EQ(stats.waiting, 3);
    CHECK_EQ(stats.batches, 3);
    CHECK(stats.dropped_batches > 0);
    CHECK_EQ(stats.events + stats.dropped_events, plain.events);
    const sum queued = sum_queued(queue, 1);
    CHECK_EQ(queued.events, stats.events);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

/* ------------------------------------------------------------------------------- threads */

typedef struct worker {
    etw_queue *queue;
    etw_consumer *consumer;
    etwi_thread *thread;
    sum s;
    uint64_t schemas;
    etw_status status;
} worker;

static void work(void *argument)
{
    worker *w = argument;
    const etw_batch *batch;
    while ((w->status = etw_queue_next(w->queue, &batch, ETW_WAIT_FOREVER)) == ETW_OK) {
        add_batch(&w->s, batch);
        for (size_t i = 0; i < batch->count; i++)
            w->schemas += etw_consumer_schema(w->consumer, &batch->events[i]) != NULL;
        etw_queue_release(w->queue, batch);
    }
}

static void serves_several_threads(void)
{
    const sum plain = sum_plainly(SAMPLE_COMPRESSED, ETW_ORDER_TIME, false);
    etw_consumer *consumer = open_trace(SAMPLE_COMPRESSED, ETW_ORDER_TIME, false);
    etw_queue *queue = open_queue(8, ETW_QUEUE_BLOCK);
    worker workers[3];
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    for (int i = 0; i < 3; i++) {
        workers[i] = (worker){.queue = queue, .consumer = consumer};
        workers[i].thread = etwi_thread_start(work, &workers[i]);
        REQUIRE(workers[i].thread != NULL);
    }
    sum all = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        etwi_thread_join(workers[i].thread);
        CHECK_EQ(workers[i].status, ETW_END);
        all.events += workers[i].s.events;
        all.unordered += workers[i].s.unordered;
        all.ordered += workers[i].schemas;
    }
    CHECK_EQ(all.events, plain.events);
    CHECK_EQ(all.unordered, plain.unordered);
    CHECK(all.ordered > all.events / 2);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

static void abort_queue(void *argument)
{
    etw_queue_abort(argument);
}

static void stop_queue(void *argument)
{
    etw_queue_stop(argument);
}

/* The reading thread waits for room when another thread ends it. */
static void ends_from_another_thread(void)
{
    for (int aborts = 0; aborts < 2; aborts++) {
        etw_consumer *consumer = open_trace(SAMPLE_COMPRESSED, ETW_ORDER_TIME, false);
        etw_queue *queue = open_queue(2, ETW_QUEUE_BLOCK);
        const etw_batch *batch, *none;
        CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
        CHECK_EQ(etw_queue_next(queue, &batch, ETW_WAIT_FOREVER), ETW_OK);
        while (!stats_of(queue).waits)
            continue;
        etwi_thread *thread = etwi_thread_start(aborts ? abort_queue : stop_queue, queue);
        REQUIRE(thread != NULL);
        etwi_thread_join(thread);
        sum s = {0, 0, 0};
        add_batch(&s, batch);
        CHECK(s.events > 0);
        if (!aborts) {
            CHECK_EQ(etw_queue_next(queue, &none, ETW_WAIT_FOREVER), ETW_OK);
            etw_queue_release(queue, none);
        }
        CHECK_EQ(etw_queue_next(queue, &none, ETW_WAIT_FOREVER), ETW_STOPPED);
        CHECK(none == NULL);
        /* The batch that was taken is left to the end of the queue. */
        etw_queue_destroy(&queue);
        etw_consumer_destroy(&consumer);
    }
}

static void ends_with_its_consumer(void)
{
    etw_consumer *consumer = open_trace(SAMPLE_COMPRESSED, ETW_ORDER_TIME, false);
    etw_queue *queue = open_queue(1, ETW_QUEUE_BLOCK);
    const etw_batch *batch;
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    while (!stats_of(queue).waits)
        continue;
    etw_consumer_stop(consumer);
    CHECK_EQ(etw_queue_next(queue, &batch, ETW_WAIT_FOREVER), ETW_OK);
    etw_queue_release(queue, batch);
    CHECK_EQ(etw_queue_next(queue, &batch, ETW_WAIT_FOREVER), ETW_STOPPED);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

static void destroying_ends_the_reading(void)
{
    etw_consumer *consumer = open_trace(SAMPLE_COMPRESSED, ETW_ORDER_FILE, false);
    etw_queue *queue = open_queue(1, ETW_QUEUE_BLOCK);
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    etw_queue_destroy(&queue);
    CHECK(queue == NULL);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

static void waits_no_longer_than_told(void)
{
    etw_queue *queue = open_queue(0, ETW_QUEUE_BLOCK);
    const etw_batch *batch;
    CHECK_EQ(etw_queue_next(queue, &batch, 0), ETW_AGAIN);
    const uint64_t start = etwi_now_ms();
    CHECK_EQ(etw_queue_next(queue, &batch, 30), ETW_AGAIN);
    CHECK(etwi_now_ms() - start >= 29);
    CHECK(batch == NULL);
    etw_queue_release(queue, NULL);
    etw_queue_destroy(&queue);
}

static void refuses_what_makes_no_sense(void)
{
    const etw_queue_options large = {.size = sizeof large, .capacity = 257};
    etw_queue *queue;
    etw_error error;
    CHECK_EQ(etw_queue_create(&queue, &large, &error), ETW_E_INVALID);
    CHECK(queue == NULL);
    etw_consumer *consumer = open_trace(SAMPLE_PLAIN, ETW_ORDER_TIME, false);
    queue = open_queue(2, ETW_QUEUE_DROP);
    CHECK_EQ(etw_consumer_run_to_queue(consumer, queue), ETW_END);
    CHECK_EQ(etw_consumer_run_to_queue(consumer, queue), ETW_E_INVALID);
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_E_INVALID);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

static void tells_those_who_hold_all(void)
{
    etw_consumer *consumer = open_trace(SAMPLE_PLAIN, ETW_ORDER_TIME, false);
    etw_queue *queue = open_queue(1, ETW_QUEUE_BLOCK);
    const etw_batch *batch, *none;
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    CHECK_EQ(etw_queue_next(queue, &batch, ETW_WAIT_FOREVER), ETW_OK);
    CHECK_EQ(etw_queue_next(queue, &none, ETW_WAIT_FOREVER), ETW_E_LIMIT);
    etw_queue_release(queue, batch);
    CHECK_EQ(etw_queue_next(queue, &batch, ETW_WAIT_FOREVER), ETW_OK);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

static void survives_want_of_memory(void)
{
    etw_status status = ETW_E_NOMEM;
    for (uint64_t fail_at = 1; status != ETW_OK; fail_at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        const etw_queue_options options = {
            .size = sizeof options, .allocator = &faulty.allocator, .capacity = 2};
        etw_queue *queue;
        status = etw_queue_create(&queue, &options, NULL);
        CHECK_EQ(status, faulty.calls < fail_at ? ETW_OK : ETW_E_NOMEM);
        etw_queue_destroy(&queue);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
}

int main(void)
{
    for (int kind = 0; kind < SAMPLE_KIND_COUNT; kind++)
        sample_trace_build(&traces[kind], (sample_kind)kind);
    RUN(delivers_all_events_in_order);
    RUN(drops_what_does_not_fit);
    RUN(serves_several_threads);
    RUN(ends_from_another_thread);
    RUN(ends_with_its_consumer);
    RUN(destroying_ends_the_reading);
    RUN(waits_no_longer_than_told);
    RUN(refuses_what_makes_no_sense);
    RUN(tells_those_who_hold_all);
    RUN(survives_want_of_memory);
    for (int kind = 0; kind < SAMPLE_KIND_COUNT; kind++)
        etlb_writer_free(&traces[kind]);
    return test_finish();
}
