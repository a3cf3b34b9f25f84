/* Sessions as sources: order, waiting, ends, losses. The sessions are scripted ones. */
#include "etl_event.h"
#include "live_fake.h"
#include "live_session.h"
#include "test.h"

#include "os/os.h"

#include <signal.h>
#include <stdlib.h>

static etw_consumer *create(void)
{
    etw_consumer *consumer = NULL;
    CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
    return consumer;
}

static etw_status add(etw_consumer *consumer, const char *name, etw_live_options options)
{
    options.size = sizeof options;
    return etwi_consumer_add_live(consumer, name, &options, &fake_backend);
}

/* A consumer of the sessions "a" and, if so, "b". */
static etw_consumer *open_sessions(unsigned count)
{
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, "a", (etw_live_options){0}), ETW_OK);
    if (count > 1)
        CHECK_EQ(add(consumer, "b", (etw_live_options){0}), ETW_OK);
    return consumer;
}

static uint32_t value_of(const etw_event *event)
{
    return etwi_load_u32(event->payload);
}

/* Checks the values of the events that come next, in batches of any size. */
static void expect(etw_consumer *consumer, size_t count, const uint32_t *values)
{
    const etw_batch *batch;
    size_t got = 0;
    while (got < count) {
        if (!CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 2000), ETW_OK))
            return;
        for (size_t i = 0; i < batch->count; i++, got++)
            CHECK(got < count && value_of(&batch->events[i]) == values[got]);
    }
}

#define EXPECT(consumer, ...)                                                    \
    expect(consumer, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
           (const uint32_t[]){__VA_ARGS__})

/* --------------------------------------------------------------------------------- order */

static void merges_streams_up_to_where_they_are_complete(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = open_sessions(1);
    fake_add(0, 0, 1000, 1);
    fake_add(0, 0, 1030, 4);
    fake_add(0, 5, 1010, 2);
    fake_add(0, 5, 1040, 5);
    fake_complete(0, 1030);
    EXPECT(consumer, 1, 2, 4);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 10), ETW_AGAIN);
    CHECK(!batch);
    fake_add(0, 1, 1035, 6);
    fake_complete(0, 1050);
    EXPECT(consumer, 6, 5);
    etw_consumer_destroy(&consumer);
}

static void makes_events_of_records(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = open_sessions(2);
    fake_add(1, 3, 1500, 77);
    fake_complete(0, 2000);
    fake_complete(1, 2000);
    REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
    CHECK_EQ(batch->count, 1);
    const etw_event *event = &batch->events[0];
    CHECK_EQ(event->id, 77);
    CHECK_EQ(event->raw_timestamp, 1500);
    CHECK_EQ(event->timestamp, 134000000000000500);
    CHECK_EQ(event->processor, 3);
    CHECK_EQ(event->logger_id, 4);
    CHECK_EQ(event->thread_id, 23);
    CHECK_EQ(event->pointer_size, 8);
    CHECK(event->flags & ETW_EVENT_PROCESSOR_INDEX);
    CHECK(etw_guid_equal(&event->provider, &fake_provider));
    CHECK(event->trace == etw_consumer_trace_info(consumer, 1));
    CHECK_STR(event->trace->path, "b");
    CHECK_STR(event->trace->session_name, "fake");
    const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 1);
    CHECK_EQ(stats->events, 1);
    CHECK_EQ(stats->header_kinds[ETW_HEADER_EVENT64], 1);
    CHECK_EQ(stats->payload_bytes, 84);
    CHECK_EQ(etw_consumer_trace_count(consumer), 2);
    CHECK(!etw_consumer_trace_info(consumer, 2));
    etw_consumer_stats counters = {.size = sizeof counters};
    CHECK_EQ(etw_consumer_get_stats(consumer, &counters), ETW_OK);
    CHECK_EQ(counters.events, 1);
    CHECK_EQ(counters.bytes, 84);
    etw_consumer_destroy(&consumer);
}

/* Two sessions with one clock, whose own starting points differ. */
static void merges_sessions_by_one_clock(void)
{
    fake_reset();
    fake_sessions[1].clock.start_time += 300;
    etw_consumer *consumer = open_sessions(2);
    fake_add(0, 0, 1000, 1);
    fake_add(0, 0, 1020, 3);
    fake_add(1, 0, 1010, 2);
    fake_add(1, 0, 1030, 4);
    fake_complete(0, 2000);
    fake_complete(1, 1020);
    EXPECT(consumer, 1, 2, 3);
    fake_complete(1, 2000);
    EXPECT(consumer, 4);
    etw_consumer_destroy(&consumer);
}

/* A session without events holds nobody back, as long as it tells that it has none. */
static void an_idle_session_holds_nobody_back(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = open_sessions(2);
    fake_complete(0, 5000);
    fake_complete(1, 1000);
    fake_add(0, 0, 1500, 1);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 20), ETW_AGAIN);
    fake_complete(1, 1500);
    EXPECT(consumer, 1);
    etw_consumer_destroy(&consumer);
}

/* What never becomes complete is delivered late, and what comes even later is counted. */
static void holds_back_for_a_while_only(void)
{
    fake_reset();
    etw_consumer *consumer = open_sessions(1);
    fake_complete(0, 1000);
    fake_add(0, 0, 1500, 1);
    const uint64_t begin = etwi_now_ms();
    EXPECT(consumer, 1);
    CHECK(etwi_now_ms() - begin >= 90);
    fake_add(0, 1, 1400, 2);
    fake_complete(0, 1600);
    EXPECT(consumer, 2);
    CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->late_events, 1);
    etw_consumer_destroy(&consumer);
}

/* What waits is bounded: half of the consumer's memory. */
static void holds_back_so_much_only(void)
{
    enum {
        EVENTS = 1 << 19 >> 6 /* More than half of the memory, at 88 bytes each. */
    };
    const etw_consumer_options options = {.size = sizeof options, .memory_max = 1 << 20};
    const etw_batch *batch;
    etw_consumer *consumer = NULL;
    uint64_t events = 0;
    fake_reset();
    CHECK_EQ(etw_consumer_create(&consumer, &options, NULL), ETW_OK);
    CHECK_EQ(add(consumer, "a", (etw_live_options){.latency_ms = 60000}), ETW_OK);
    fake_complete(0, 1000);
    for (uint32_t i = 0; i < EVENTS; i++) {
        fake_add(0, 0, 1500 + i, i);
        if (i % 1000 == 999 && etw_consumer_wait_batch(consumer, &batch, 0) == ETW_OK)
            events += batch->count;
    }
    while (etw_consumer_wait_batch(consumer, &batch, 0) == ETW_OK)
        events += batch->count;
    CHECK(events > 128);
    etw_consumer_destroy(&consumer);
}

static void keeps_to_a_span_of_time(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = open_sessions(1);
    CHECK_EQ(etw_consumer_set_time_range(consumer, 134000000000000010, 134000000000000030), ETW_OK);
    for (uint32_t i = 0; i < 5; i++)
        fake_add(0, 0, 1000 + 10 * (int64_t)i, i);
    fake_complete(0, 1100);
    EXPECT(consumer, 1, 2);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5), ETW_AGAIN);
    CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->events, 5);
    etw_consumer_destroy(&consumer);
}

static void file_order_holds_nothing_back(void)
{
    const etw_consumer_options options = {.size = sizeof options, .order = ETW_ORDER_FILE};
    etw_consumer *consumer = NULL;
    fake_reset();
    CHECK_EQ(etw_consumer_create(&consumer, &options, NULL), ETW_OK);
    CHECK_EQ(add(consumer, "a", (etw_live_options){0}), ETW_OK);
    fake_complete(0, 1000);
    fake_add(0, 0, 1500, 1);
    const uint64_t begin = etwi_now_ms();
    EXPECT(consumer, 1);
    CHECK(etwi_now_ms() - begin < 90);
    etw_consumer_destroy(&consumer);
}

/* A file of two events, its clock that of the sessions. */
static etlb_trace *make_file(void)
{
    etlb_options options = etlb_default_options();
    options.start_raw = 1000;
    options.start_time = 134000000000000000;
    options.frequency = 10000000;
    etlb_trace *trace = etlb_create(&options);
    for (uint32_t i = 0; i < 2; i++) {
        etlb_writer payload = {0};
        etlb_u32(&payload, 100 + i);
        const etlb_event event = {.timestamp = 1015 + 30 * (int64_t)i, .id = 9};
        etlb_event_event(trace, &event, (etw_bytes){payload.data, payload.size});
        etlb_writer_free(&payload);
    }
    return trace;
}

static void merges_a_file_with_sessions(void)
{
    fake_reset();
    etlb_trace *file = make_file();
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, "a", (etw_live_options){0}), ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "file", etlb_finish(file)), ETW_OK);
    CHECK_EQ(add(consumer, "b", (etw_live_options){0}), ETW_OK);
    fake_add(0, 0, 1010, 1);
    fake_add(0, 0, 1040, 3);
    fake_add(1, 0, 1020, 2);
    fake_add(1, 0, 1050, 4);
    fake_complete(0, 1041);
    fake_complete(1, 1041);
    const etw_batch *batch;
    uint32_t values[8];
    size_t count = 0;
    while (etw_consumer_wait_batch(consumer, &batch, 10) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            /* The header of the file is an event too. */
            if (batch->events[i].payload_size == 4 && count < 8)
                values[count++] = value_of(&batch->events[i]);
    CHECK_EQ(count, 4);
    CHECK(values[0] == 1 && values[1] == 100 && values[2] == 2 && values[3] == 3);
    fake_stop(0);
    fake_stop(1);
    EXPECT(consumer, 101, 4);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    CHECK_EQ(etw_consumer_trace_count(consumer), 3);
    CHECK_STR(etw_consumer_trace_info(consumer, 1)->path, "file");
    etw_consumer_destroy(&consumer);
    etlb_destroy(file);
}

/* ---------------------------------------------------------------------------------- names */

static void tells_files_from_sessions(void)
{
    fake_reset();
    etw_consumer *consumer = create();
    /* Sessions are not there, files cannot be read: the messages tell which was meant. */
    CHECK(etw_consumer_add(consumer, "no/such/file.etl", NULL) != ETW_OK);
    CHECK(strstr(etw_consumer_error(consumer)->message, "session") == NULL);
    CHECK(etw_consumer_add(consumer, "no/such/file.EtL", NULL) != ETW_OK);
    CHECK(strstr(etw_consumer_error(consumer)->message, "session") == NULL);
    CHECK(etw_consumer_add(consumer, "no-such-session.etl", NULL) != ETW_OK);
    CHECK(strstr(etw_consumer_error(consumer)->message, "session") != NULL);
    CHECK(etw_consumer_add(consumer, "no/such/session", NULL) != ETW_OK);
    CHECK(strstr(etw_consumer_error(consumer)->message, "session") != NULL);
    FILE *file = fopen("live_relative.Etl", "wb");
    REQUIRE(file);
    etlb_trace *trace = make_file();
    const etw_bytes bytes = etlb_finish(trace);
    CHECK_EQ(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    CHECK_EQ(etw_consumer_add(consumer, "live_relative.Etl", NULL), ETW_OK);
    CHECK_EQ(etw_consumer_trace_count(consumer), 1);
    remove("live_relative.Etl");
    etlb_destroy(trace);
    etw_consumer_destroy(&consumer);
}

static void refuses_what_is_not_there(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, "c", (etw_live_options){0}), ETW_E_NOT_FOUND);
    CHECK(etw_consumer_error(consumer)->message[0] != 0);
    CHECK_EQ(etwi_consumer_add_live(consumer, "a", &(etw_live_options){0}, &fake_backend),
             ETW_E_INVALID);
    CHECK_EQ(add(consumer, "a", (etw_live_options){0}), ETW_OK);
    uint64_t time;
    CHECK_EQ(etw_consumer_tail_time(consumer, 5, &time), ETW_E_INVALID);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 0), ETW_AGAIN);
    CHECK_EQ(add(consumer, "b", (etw_live_options){0}), ETW_E_INVALID);
    CHECK_EQ(etw_consumer_trace_count(consumer), 1);
    etw_consumer_destroy(&consumer);
}

/* ----------------------------------------------------------------------------------- ends */

static void ends_with_its_sessions(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = open_sessions(2);
    fake_add(0, 0, 1010, 1);
    fake_stop(0);
    fake_add(1, 0, 1020, 2);
    fake_complete(1, 1020);
    EXPECT(consumer, 1, 2);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 10), ETW_AGAIN);
    fake_stop(1);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    etw_consumer_destroy(&consumer);
}

typedef struct states {
    etw_live_state seen[8];
    size_t count;
} states;

static void note_state(void *user, etw_live_state state)
{
    states *s = user;
    if (s->count < 8)
        s->seen[s->count++] = state;
}

static void waits_for_a_session_and_for_the_next_one(void)
{
    const etw_batch *batch;
    states s = {.count = 0};
    fake_reset();
    fake_sessions[0].name = NULL;
    etw_consumer *consumer = create();
    CHECK_EQ(
        add(consumer, "a",
            (etw_live_options){.wait = true, .reattach = true, .on_state = note_state, .user = &s}),
        ETW_OK);
    CHECK_STR(etw_consumer_trace_info(consumer, 0)->session_name, "a");
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 30), ETW_AGAIN);
    fake_start(0);
    fake_add(0, 0, 1010, 1);
    fake_complete(0, 1100);
    EXPECT(consumer, 1);
    const etw_trace_info *info = etw_consumer_trace_info(consumer, 0);
    CHECK_STR(info->session_name, "fake");
    fake_stop(0);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 60), ETW_AGAIN);
    fake_start(0);
    fake_add(0, 0, 1200, 2);
    fake_complete(0, 1300);
    EXPECT(consumer, 2);
    CHECK(etw_consumer_trace_info(consumer, 0) == info);
    CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->events, 2);
    /* Another clock is another header; the old one is still there. */
    fake_stop(0);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 30), ETW_AGAIN);
    fake_sessions[0].clock = (etw_clock){ETW_CLOCK_SYSTEM_TIME, 10000000, 0, 0};
    fake_start(0);
    fake_add(0, 0, 134000000000001000, 3);
    fake_complete(0, 134000000000002000);
    EXPECT(consumer, 3);
    CHECK(etw_consumer_trace_info(consumer, 0) != info);
    CHECK_EQ(info->clock.type, ETW_CLOCK_QPC);
    etw_consumer_finish(consumer, NULL, 1000);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    CHECK_EQ(fake_sessions[0].opened, 3);
    const etw_live_state want[] = {ETW_LIVE_WAITING,  ETW_LIVE_ATTACHED, ETW_LIVE_WAITING,
                                   ETW_LIVE_ATTACHED, ETW_LIVE_WAITING,  ETW_LIVE_ATTACHED,
                                   ETW_LIVE_ENDED};
    CHECK_EQ(s.count, 7);
    CHECK(memcmp(s.seen, want, sizeof want) == 0);
    etw_consumer_destroy(&consumer);
}

static void finishes_with_what_was_written(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = open_sessions(2);
    fake_sessions[0].withholds = true;
    fake_add(0, 0, 1010, 1);
    fake_complete(1, 1000);
    fake_add(1, 0, 1005, 2);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 10), ETW_AGAIN);
    etw_consumer_finish(consumer, "A", 1000);
    etw_consumer_finish(consumer, "c", 1000);
    fake_complete(1, 1010);
    EXPECT(consumer, 2, 1);
    CHECK_EQ(fake_sessions[0].flushes, 1);
    CHECK_EQ(fake_sessions[1].flushes, 0);
    fake_add(0, 0, 1020, 3);
    fake_add(1, 0, 1030, 4);
    fake_complete(1, 1040);
    EXPECT(consumer, 4);
    etw_consumer_finish(consumer, NULL, ETW_WAIT_FOREVER);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    etw_consumer_destroy(&consumer);
}

/* ---------------------------------------------------------------------------------- stops */

static etw_consumer *to_stop;

static void stop_soon(void *argument)
{
    (void)argument;
    const uint64_t begin = etwi_now_ms();
    while (etwi_now_ms() - begin < 30)
        etwi_spin();
    etw_consumer_stop(to_stop);
}

static void on_signal(int number)
{
    (void)number;
    etw_consumer_stop(to_stop);
}

static void signal_soon(void *argument)
{
    (void)argument;
    const uint64_t begin = etwi_now_ms();
    while (etwi_now_ms() - begin < 30)
        etwi_spin();
    raise(SIGINT);
}

static void check_stop(void (*stop)(void *))
{
    const etw_batch *batch;
    fake_reset();
    to_stop = open_sessions(2);
    const uint64_t begin = etwi_now_ms();
    etwi_thread *thread = etwi_thread_start(stop, NULL);
    CHECK_EQ(etw_consumer_next_batch(to_stop, &batch), ETW_STOPPED);
    CHECK(etwi_now_ms() - begin < 1000);
    etwi_thread_join(thread);
    fake_add(0, 0, 1010, 1);
    fake_complete(0, 1010);
    CHECK_EQ(etw_consumer_next_batch(to_stop, &batch), ETW_STOPPED);
    etw_consumer_destroy(&to_stop);
}

static void is_stopped_by_another_thread(void)
{
    check_stop(stop_soon);
}

static void is_stopped_by_a_signal_handler(void)
{
    signal(SIGINT, on_signal);
    check_stop(signal_soon);
    signal(SIGINT, SIG_DFL);
}

static void is_stopped_while_there_is_no_session(void)
{
    const etw_batch *batch;
    fake_reset();
    fake_sessions[0].name = NULL;
    to_stop = create();
    CHECK_EQ(add(to_stop, "a", (etw_live_options){.wait = true}), ETW_OK);
    etwi_thread *thread = etwi_thread_start(stop_soon, NULL);
    CHECK_EQ(etw_consumer_next_batch(to_stop, &batch), ETW_STOPPED);
    etwi_thread_join(thread);
    etw_consumer_destroy(&to_stop);
}

/* --------------------------------------------------------------------------------- losses */

static etw_trace_losses losses_of(etw_consumer *consumer, size_t index)
{
    etw_trace_losses losses = {.size = sizeof losses};
    CHECK_EQ(etw_consumer_get_losses(consumer, index, &losses), ETW_OK);
    return losses;
}

static void counts_losses(void)
{
    const etw_batch *batch;
    fake_reset();
    fake_lose(0, 5, 0); /* Before anybody was attached: of the session alone. */
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, "a", (etw_live_options){0}), ETW_OK);
    fake_sessions[0].events_lost = 0;
    fake_add(0, 0, 1010, 1);
    fake_complete(0, 1010);
    EXPECT(consumer, 1);
    fake_lose(0, 7, 2);
    fake_add(0, 0, 1020, 2);
    fake_complete(0, 1020);
    EXPECT(consumer, 2);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5), ETW_AGAIN);
    const etw_trace_losses losses = losses_of(consumer, 0);
    CHECK_EQ(losses.received, 2);
    CHECK_EQ(losses.attached_events, 7);
    CHECK_EQ(losses.attached_buffers, 2);
    CHECK_EQ(losses.session_events, 7);
    CHECK_EQ(losses.session_buffers, 2);
    CHECK_EQ(losses.notices_events, 1);
    CHECK_EQ(losses.notices_buffers, 1);
    CHECK_EQ(losses.notices_files, 0);
    etw_trace_losses none = {.size = sizeof none};
    CHECK_EQ(etw_consumer_get_losses(consumer, 1, &none), ETW_E_NOT_FOUND);
    none.size = 0;
    CHECK_EQ(etw_consumer_get_losses(consumer, 0, &none), ETW_E_INVALID);
    etw_consumer_destroy(&consumer);
}

static void hands_out_loss_events_if_asked(void)
{
    const etw_batch *batch;
    fake_reset();
    etw_consumer *consumer = create();
    CHECK_EQ(add(consumer, "a", (etw_live_options){.with_loss_events = true}), ETW_OK);
    fake_lose(0, 3, 0);
    fake_complete(0, 1010);
    REQUIRE(etw_consumer_wait_batch(consumer, &batch, 1000) == ETW_OK);
    CHECK_EQ(batch->count, 1);
    const etw_event *event = &batch->events[0];
    CHECK(etw_guid_equal(&event->provider, &etwi_lost_event_class));
    CHECK_EQ(event->opcode, 32);
    CHECK(event->flags & ETW_EVENT_CLASSIC);
    CHECK_EQ(event->raw_timestamp, 1010);
    CHECK_EQ(event->payload_size, 0);
    CHECK_EQ(losses_of(consumer, 0).notices_events, 1);
    etw_consumer_destroy(&consumer);
}

static void counts_marks_and_damage(void)
{
    const uint8_t junk[24] = {0xAB};
    fake_reset();
    etw_consumer *consumer = open_sessions(1);
    fake_add_bytes(
        0, &(etwi_live_chunk){.records = junk,
                              .size = sizeof junk,
                              .buffer_flags = BUFFER_FLAG_EVENTS_LOST | BUFFER_FLAG_BUFFER_LOST});
    fake_add(0, 0, 1010, 1);
    fake_complete(0, 1010);
    EXPECT(consumer, 1);
    const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 0);
    CHECK_EQ(stats->corrupt_bytes, 24);
    CHECK_EQ(stats->corrupt_regions, 1);
    CHECK_EQ(stats->first_damage.status, ETW_E_CORRUPT);
    CHECK_EQ(stats->events_lost_flags, 1);
    CHECK_EQ(stats->buffers, 2);
    CHECK_EQ(losses_of(consumer, 0).marked_events, 1);
    CHECK_EQ(losses_of(consumer, 0).marked_buffers, 1);
    etw_consumer_destroy(&consumer);
}

int main(void)
{
    live_alone();
    RUN(merges_streams_up_to_where_they_are_complete);
    RUN(makes_events_of_records);
    RUN(merges_sessions_by_one_clock);
    RUN(an_idle_session_holds_nobody_back);
    RUN(holds_back_for_a_while_only);
    RUN(holds_back_so_much_only);
    RUN(keeps_to_a_span_of_time);
    RUN(file_order_holds_nothing_back);
    RUN(merges_a_file_with_sessions);
    RUN(tells_files_from_sessions);
    RUN(refuses_what_is_not_there);
    RUN(ends_with_its_sessions);
    RUN(waits_for_a_session_and_for_the_next_one);
    RUN(finishes_with_what_was_written);
    RUN(is_stopped_by_another_thread);
    RUN(is_stopped_by_a_signal_handler);
    RUN(is_stopped_while_there_is_no_session);
    RUN(counts_losses);
    RUN(hands_out_loss_events_if_asked);
    RUN(counts_marks_and_damage);
    fake_free();
    const unsigned left_behind = live_alone_end();
    return test_finish() || left_behind;
}
