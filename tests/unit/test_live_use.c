/*
 * What can be done with the events of sessions is what can be done with those of files: the records
 * of a sample trace come out of two scripted sessions while a thread writes them, and have to be
 * the same events, in the same order, whichever way they are consumed.
 */
#include "live_fake.h"
#include "sample_trace.h"
#include "test.h"

#include "faulty_alloc.h"
#include "os/os.h"

#include <etw/queue.h>
#include <etw/sink.h>

#include <stdlib.h>

enum {
    WRITE_AHEAD_MAX = 1000, /* Chunks in a session. */
};

static etlb_writer file;

/* A number that depends on all events and on their order. */
typedef struct sum {
    uint64_t events, hash;
} sum;

static void add_event(sum *s, const etw_event *event)
{
    uint64_t value = event->timestamp ^ (uint64_t)event->thread_id << 32 ^ event->id;
    for (unsigned k = 0; k < event->payload_size; k++)
        value = value * 31 + event->payload[k];
    s->hash = s->hash * 1099511628211u + value;
    s->events++;
}

static void add_batch(sum *s, const etw_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        add_event(s, &batch->events[i]);
}

static etw_consumer *open_file(void)
{
    etw_consumer *consumer = NULL;
    const etw_consumer_options options = {.size = sizeof options};
    const etw_bytes bytes = {file.data, file.size};
    CHECK_EQ(etw_consumer_create(&consumer, &options, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "sample", bytes), ETW_OK);
    return consumer;
}

static sum sum_of_file(void)
{
    const etw_batch *batch;
    etw_consumer *consumer = open_file();
    sum s = {0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        add_batch(&s, batch);
    etw_consumer_destroy(&consumer);
    return s;
}

/* Writes the events of the file into both sessions, and stops them. */
static void write_all(void *argument)
{
    const etw_batch *batch;
    etw_consumer *consumer = argument;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        while (fake_waiting(0) > WRITE_AHEAD_MAX || fake_waiting(1) > WRITE_AHEAD_MAX)
            etwi_spin();
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            fake_add_bytes(event->processor & 1,
                           &(etwi_live_chunk){.records = event->record,
                                              .size = event->record_size,
                                              .stream = event->processor,
                                              .processor = event->processor,
                                              .buffer_flags = BUFFER_FLAG_PROCESSOR_INDEX});
        }
        fake_complete(0, batch->events[batch->count - 1].raw_timestamp);
        fake_complete(1, batch->events[batch->count - 1].raw_timestamp);
    }
    etw_consumer_destroy(&consumer);
    fake_stop(0);
    fake_stop(1);
}

static etwi_thread *start_writer(void)
{
    return etwi_thread_start(write_all, open_file());
}

static etw_consumer *open_sessions(const etw_allocator *allocator, uint32_t threads)
{
    const etw_consumer_options options = {
        .size = sizeof options, .allocator = allocator, .threads = threads};
    const etw_live_options live = {.size = sizeof live};
    etw_consumer *consumer = NULL;
    fake_reset();
    etw_consumer *of_file = open_file();
    for (unsigned i = 0; i < FAKE_SESSIONS; i++)
        fake_sessions[i].clock = etw_consumer_trace_info(of_file, 0)->clock;
    etw_consumer_destroy(&of_file);
    CHECK_EQ(etw_consumer_create(&consumer, &options, NULL), ETW_OK);
    CHECK_EQ(etwi_consumer_add_live(consumer, "a", &live, &fake_backend), ETW_OK);
    CHECK_EQ(etwi_consumer_add_live(consumer, "b", &live, &fake_backend), ETW_OK);
    return consumer;
}

static void check_sum(const sum *got)
{
    const sum want = sum_of_file();
    CHECK(want.events > 1000);
    CHECK_EQ(got->events, want.events);
    CHECK_EQ(got->hash, want.hash);
}

static void delivers_batches(void)
{
    const etw_batch *batch;
    sum s = {0, 0};
    etw_consumer *consumer = open_sessions(NULL, 1);
    etwi_thread *writer = start_writer();
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        add_batch(&s, batch);
    etwi_thread_join(writer);
    check_sum(&s);
    etw_consumer_destroy(&consumer);
}

/* --------------------------------------------------------------------------------- levels */

typedef struct levels {
    sum records;
    uint64_t schemas, items, decoded, missing;
} levels;

static etw_flow on_record(void *user, const etw_event *event)
{
    levels *l = user;
    add_event(&l->records, event);
    return ETW_FLOW_NEXT;
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    levels *l = user;
    /* TRACE_EVENT_INFO is what merging adds to files; in a session it means nothing. */
    const bool is_inventory = schema && schema->provider_name.size == 17 &&
                              memcmp(schema->provider_name.data, "Contoso-Inventory", 17) == 0;
    l->schemas += is_inventory;
    l->missing += !schema && event->process_id == 6940;
    return ETW_FLOW_NEXT;
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    levels *l = user;
    l->items += prepared->count;
    return ETW_FLOW_NEXT;
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    levels *l = user;
    l->decoded += decoded != NULL;
    return ETW_FLOW_NEXT;
}

static etw_status run_levels(etw_consumer *consumer, levels *l)
{
    const etw_consumer_ops ops = {.size = sizeof ops,
                                  .user = l,
                                  .on_record = on_record,
                                  .on_schema = on_schema,
                                  .on_items = on_items,
                                  .on_decoded = on_decoded};
    return etw_consumer_run(consumer, &ops);
}

/* The manifest of an EventSource is known to the events right behind it. */
static void runs_the_levels_with_schemas(void)
{
    levels live = {{0, 0}, 0, 0, 0, 0}, of_file = live;
    etw_consumer *consumer = open_file();
    CHECK_EQ(run_levels(consumer, &of_file), ETW_END);
    etw_consumer_destroy(&consumer);
    consumer = open_sessions(NULL, 1);
    etwi_thread *writer = start_writer();
    CHECK_EQ(run_levels(consumer, &live), ETW_END);
    etwi_thread_join(writer);
    check_sum(&live.records);
    CHECK(of_file.schemas > 10);
    CHECK_EQ(live.schemas, of_file.schemas);
    CHECK_EQ(live.missing, of_file.missing);
    CHECK_EQ(live.decoded, of_file.decoded);
    CHECK(live.items > 1000);
    etw_consumer_destroy(&consumer);
}

/* ---------------------------------------------------------------------------------- threads */

/* Work that keeps the times of its events until it is its turn. */
typedef struct work_state {
    uint64_t events;
    uint64_t latest;
    bool is_in_order;
} work_state;

typedef struct thread_state {
    uint64_t first, last, events;
} thread_state;

static void *begin_thread(void *user)
{
    (void)user;
    return calloc(1, sizeof(thread_state));
}

static void end_thread(void *user, void *mine)
{
    (void)user;
    free(mine);
}

static etw_flow on_batch(void *user, void *mine, const etw_batch *batch)
{
    (void)user;
    thread_state *state = mine;
    if (!state->events)
        state->first = batch->events[0].timestamp;
    state->last = batch->events[batch->count - 1].timestamp;
    state->events += batch->count;
    return ETW_FLOW_NEXT;
}

static etw_flow on_commit(void *user, void *mine)
{
    work_state *all = user;
    thread_state *state = mine;
    all->is_in_order &= state->first >= all->latest;
    all->latest = state->last;
    all->events += state->events;
    *state = (thread_state){0, 0, 0};
    return ETW_FLOW_NEXT;
}

static void works_in_threads(void)
{
    work_state all = {0, 0, true};
    const etw_work work = {sizeof work, &all, begin_thread, end_thread, on_batch, on_commit};
    etw_consumer *consumer = open_sessions(NULL, 3);
    etwi_thread *writer = start_writer();
    CHECK_EQ(etw_consumer_process(consumer, &work), ETW_END);
    etwi_thread_join(writer);
    CHECK_EQ(all.events, sum_of_file().events);
    CHECK(all.is_in_order);
    etw_consumer_destroy(&consumer);
}

static void stop_soon(void *argument)
{
    const uint64_t begin = etwi_now_ms();
    while (etwi_now_ms() - begin < 30)
        etwi_spin();
    etw_consumer_stop(argument);
}

static void stops_all_threads(void)
{
    work_state all = {0, 0, true};
    const etw_work work = {sizeof work, &all, begin_thread, end_thread, on_batch, on_commit};
    etw_consumer *consumer = open_sessions(NULL, 3);
    etwi_thread *stopper = etwi_thread_start(stop_soon, consumer);
    CHECK_EQ(etw_consumer_process(consumer, &work), ETW_STOPPED);
    etwi_thread_join(stopper);
    etw_consumer_destroy(&consumer);
}

/* ------------------------------------------------------------------------------------ queue */

static etw_queue *create_queue(uint32_t capacity, etw_queue_policy policy)
{
    const etw_queue_options options = {
        .size = sizeof options, .capacity = capacity, .policy = policy};
    etw_queue *queue = NULL;
    CHECK_EQ(etw_queue_create(&queue, &options, NULL), ETW_OK);
    return queue;
}

static void fills_a_queue(void)
{
    const etw_batch *batch;
    sum s = {0, 0};
    etw_consumer *consumer = open_sessions(NULL, 1);
    etw_queue *queue = create_queue(4, ETW_QUEUE_BLOCK);
    etwi_thread *writer = start_writer();
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    while (etw_queue_next(queue, &batch, ETW_WAIT_FOREVER) == ETW_OK) {
        add_batch(&s, batch);
        etw_queue_release(queue, batch);
    }
    etwi_thread_join(writer);
    check_sum(&s);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

/* Batches that are held keep their events, while more of them come and are dropped. */
static void drops_what_a_queue_has_no_room_for(void)
{
    const etw_batch *batches[2], *none;
    uint64_t times[2];
    etw_consumer *consumer = open_sessions(NULL, 1);
    etw_queue *queue = create_queue(2, ETW_QUEUE_DROP);
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    etwi_thread *writer = start_writer();
    for (int i = 0; i < 2; i++) {
        REQUIRE(etw_queue_next(queue, &batches[i], 2000) == ETW_OK);
        times[i] = batches[i]->events[0].timestamp;
    }
    etwi_thread_join(writer);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(batches[i]->events[0].timestamp, times[i]);
        CHECK_EQ(
            etwi_load_u16(batches[i]->events[0].record +
                          (batches[i]->events[0].header_kind <= ETW_HEADER_PERFINFO64 ? 4 : 0)),
            batches[i]->events[0].record_size);
        etw_queue_release(queue, batches[i]);
    }
    while (etw_queue_next(queue, &none, 2000) == ETW_OK)
        etw_queue_release(queue, none);
    etw_queue_stats stats = {.size = sizeof stats};
    CHECK_EQ(etw_queue_get_stats(queue, &stats), ETW_OK);
    CHECK(stats.dropped_events > 0);
    CHECK_EQ(stats.events + stats.dropped_events, sum_of_file().events);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

static void stop_queue_soon(void *argument)
{
    const uint64_t begin = etwi_now_ms();
    while (etwi_now_ms() - begin < 30)
        etwi_spin();
    etw_queue_stop(argument);
}

/* The reading thread waits for a session, and those who use the queue for the reading thread. */
static void a_queue_stops_while_nothing_comes(void)
{
    const etw_batch *batch;
    etw_consumer *consumer = open_sessions(NULL, 1);
    etw_queue *queue = create_queue(2, ETW_QUEUE_BLOCK);
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    CHECK_EQ(etw_queue_next(queue, &batch, 10), ETW_AGAIN);
    etwi_thread *stopper = etwi_thread_start(stop_queue_soon, queue);
    CHECK_EQ(etw_queue_next(queue, &batch, ETW_WAIT_FOREVER), ETW_STOPPED);
    etwi_thread_join(stopper);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
    consumer = open_sessions(NULL, 1);
    queue = create_queue(2, ETW_QUEUE_BLOCK);
    CHECK_EQ(etw_queue_start(queue, consumer), ETW_OK);
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
}

/* ------------------------------------------------------------------------------------ memory */

enum {
    ROUND_EVENTS = 300,
    ROUNDS = 200,
    WARM_UP_ROUNDS = 20,
};

static bool take_round(etw_consumer *consumer, int64_t *time)
{
    const etw_batch *batch;
    uint64_t events = 0;
    for (unsigned i = 0; i < ROUND_EVENTS; i++)
        fake_add(i & 1, (uint16_t)(i % 7), ++*time, i);
    /* The last ones wait for the next round. */
    fake_complete(0, *time - 10);
    fake_complete(1, *time - 10);
    while (etw_consumer_wait_batch(consumer, &batch, 0) == ETW_OK)
        events += batch->count;
    return events >= ROUND_EVENTS - 20;
}

static void allocates_nothing_once_it_runs(void)
{
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    etw_consumer *consumer = open_sessions(&faulty.allocator, 1);
    int64_t time = fake_sessions[0].clock.start_raw;
    uint64_t calls = 0;
    for (int i = 0; i < ROUNDS; i++) {
        if (i == WARM_UP_ROUNDS)
            calls = faulty.calls;
        if (!CHECK(take_round(consumer, &time)))
            break;
    }
    CHECK_EQ(faulty.calls, calls);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(faulty.live, 0);
    CHECK_EQ(faulty.wrong_sizes, 0);
}

/* Whichever allocation fails, the failure is told, and nothing leaks. */
static void survives_failing_allocations(void)
{
    const etw_live_options live = {.size = sizeof live, .with_loss_events = true};
    const etw_batch *batch;
    etw_status status = ETW_E_NOMEM;
    for (uint64_t fail_at = 1; status == ETW_E_NOMEM && fail_at < 500; fail_at++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        faulty.fail_at = fail_at;
        const etw_consumer_options options = {.size = sizeof options,
                                              .allocator = &faulty.allocator};
        etw_consumer *consumer = NULL;
        fake_reset();
        status = etw_consumer_create(&consumer, &options, NULL);
        if (status == ETW_OK)
            status = etwi_consumer_add_live(consumer, "a", &live, &fake_backend);
        if (status == ETW_OK)
            status = etwi_consumer_add_live(consumer, "b", &live, &fake_backend);
        for (uint16_t i = 0; i < 5; i++)
            fake_add(i & 1, i, 1000 + i, i);
        fake_lose(0, 1, 1);
        fake_stop(0);
        fake_stop(1);
        while (status == ETW_OK)
            status = etw_consumer_next_batch(consumer, &batch);
        etw_consumer_destroy(&consumer);
        CHECK_EQ(faulty.live, 0);
        CHECK_EQ(faulty.wrong_sizes, 0);
    }
    CHECK_EQ(status, ETW_END);
}

/* A session that lost events while a writer, halted in the middle of one, keeps it from being
 * complete up to later: there is nothing to deliver, and yet the wait ends. */
static void losses_alone_hold_up_nobody(void)
{
    enum {
        WAIT_MS = 600, /* More than what waits is held back for. */
    };
    const etw_batch *batch;
    const etw_live_options live = {.size = sizeof live};
    etw_consumer *consumer = NULL;
    fake_reset();
    CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
    CHECK_EQ(etwi_consumer_add_live(consumer, "a", &live, &fake_backend), ETW_OK);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5), ETW_AGAIN);
    fake_lose(0, 7, 0);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, WAIT_MS), ETW_AGAIN);
    etw_trace_losses losses = {.size = sizeof losses};
    CHECK_EQ(etw_consumer_get_losses(consumer, 0, &losses), ETW_OK);
    CHECK_EQ(losses.attached_events, 7);
    CHECK_EQ(losses.notices_events, 1);
    etw_consumer_destroy(&consumer);
}

int main(void)
{
    sample_trace_build(&file, SAMPLE_PLAIN);
    RUN(delivers_batches);
    RUN(runs_the_levels_with_schemas);
    RUN(works_in_threads);
    RUN(stops_all_threads);
    RUN(fills_a_queue);
    RUN(drops_what_a_queue_has_no_room_for);
    RUN(a_queue_stops_while_nothing_comes);
    RUN(losses_alone_hold_up_nobody);
    RUN(allocates_nothing_once_it_runs);
    RUN(survives_failing_allocations);
    etlb_writer_free(&file);
    fake_free();
    return test_finish();
}
