/*
 * Consuming sessions of the engine, from end to end: other processes write, this one consumes.
 *
 * test_live_engine LIVE_WRITER
 */
#include "engine_world.h"
#include "test.h"

#include "base/bytes.h"
#include "os/os.h"
#include "os/program.h"

#include <etw/queue.h>

#include <stdlib.h>

static const char *writer_path;

enum {
    WRITERS_MAX = 4,
};

/* ---- sessions and writers -------------------------------------------------------------------- */

static etw_session *start(const char *name, uint32_t buffer_size, uint32_t buffers)
{
    const etw_session_options options = {.size = sizeof options,
                                         .name = name,
                                         .buffer_size = buffer_size,
                                         .maximum_buffers = buffers};
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider =
                                                  etw_guid_from_name((etw_str){"Contoso.Live", 12}),
                                              .level = 4};
    etw_session *session;
    etw_error error = {.message = ""};
    const etw_status status = etw_session_start(&session, &options, &error);
    CHECK_TEXT(error.message, "");
    if (!CHECK_EQ(status, ETW_OK))
        exit(1);
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    return session;
}

static void stop(etw_session **session)
{
    CHECK_EQ(etw_session_stop(*session, NULL), ETW_OK);
    etw_session_close(session);
}

/* A program that runs. */
typedef struct live_writer {
    const char *arguments[7];
    etwi_thread *thread;
} live_writer;

static void run_writer(void *argument)
{
    const live_writer *writer = argument;
    int exit_code = -1;
    CHECK_EQ(etwi_program_run(writer_path, writer->arguments, &exit_code, NULL), ETW_OK);
    CHECK_EQ(exit_code, 0);
}

/* Texts of numbers, as arguments. */
static live_writer *start_writer(const char *count, const char *interval_us,
                                 const char *payload_size, const char *threads)
{
    live_writer *writer = malloc(sizeof *writer);
    if (!writer)
        exit(1);
    *writer = (live_writer){
        {writer_path, "Contoso.Live", count, interval_us, payload_size, threads, NULL}, NULL};
    writer->thread = etwi_thread_start(run_writer, writer);
    if (!CHECK(writer->thread))
        exit(1);
    return writer;
}

static void await_writer(live_writer *writer)
{
    etwi_thread_join(writer->thread);
    free(writer);
}

static void await_writers(live_writer *const *writers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        await_writer(writers[i]);
}

static etw_consumer *consume(const char *name, etw_live_options live)
{
    etw_consumer *consumer = NULL;
    live.size = sizeof live;
    if (!CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK) ||
        !CHECK_EQ(etw_consumer_add_session(consumer, name, &live), ETW_OK))
        exit(1);
    return consumer;
}

static etw_trace_losses losses_of(etw_consumer *consumer, size_t index)
{
    etw_trace_losses losses = {.size = sizeof losses};
    CHECK_EQ(etw_consumer_get_losses(consumer, index, &losses), ETW_OK);
    return losses;
}

/* ---- one session ----------------------------------------------------------------------------- */

/* What each thread of each process has written so far, as it came. */
typedef struct source {
    uint32_t process_id, thread;
    uint64_t next;
} source;

typedef struct tally {
    etw_consumer *consumer;
    source sources[16];
    size_t source_count;
    uint64_t events, decoded, gaps, late;
    uint64_t latest;
    uint64_t stop_after; /* Events; then the consumer finishes. */
} tally;

static source *source_of(tally *t, uint32_t process_id, uint32_t thread)
{
    for (size_t i = 0; i < t->source_count; i++)
        if (t->sources[i].process_id == process_id && t->sources[i].thread == thread)
            return &t->sources[i];
    source *added = &t->sources[t->source_count < 15 ? t->source_count++ : 15];
    *added = (source){process_id, thread, 0};
    return added;
}

static void count(tally *t, const etw_event *event, uint32_t thread, uint64_t sequence)
{
    source *s = source_of(t, event->process_id, thread);
    t->gaps += sequence != s->next;
    s->next = sequence + 1;
    t->late += event->timestamp < t->latest;
    t->latest = event->timestamp;
    if (++t->events == t->stop_after)
        etw_consumer_finish(t->consumer, NULL, 5000);
}

static etw_flow count_decoded(void *user, etw_decoded *decoded)
{
    tally *t = user;
    const etw_event *event = etw_decoded_event(decoded);
    const etw_item *thread = etw_decoded_find(decoded, "thread");
    const etw_item *sequence = etw_decoded_find(decoded, "sequence");
    uint64_t number, value;
    if (!CHECK(thread && sequence) || !CHECK_EQ(etw_item_u64(thread, &number), ETW_OK) ||
        !CHECK_EQ(etw_item_u64(sequence, &value), ETW_OK))
        return ETW_FLOW_STOP;
    t->decoded++;
    count(t, event, (uint32_t)number, value);
    return ETW_FLOW_NEXT;
}

static etw_flow count_record(void *user, const etw_event *event)
{
    count(user, event, etwi_load_u32(event->payload), etwi_load_u64(event->payload + 4));
    return ETW_FLOW_NEXT;
}

static void decodes_what_two_processes_write(void)
{
    tally t = {.stop_after = 20000};
    etw_session *session = start("live-two", 0, 64);
    t.consumer = consume("LIVE-two", (etw_live_options){0});
    live_writer *const writers[] = {start_writer("5000", "0", "0", "2"),
                                    start_writer("10000", "0", "0", "1")};
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &t, .on_decoded = count_decoded};
    CHECK_EQ(etw_consumer_run(t.consumer, &ops), ETW_END);
    await_writers(writers, 2);
    CHECK_EQ(t.events, 20000);
    CHECK_EQ(t.source_count, 3);
    CHECK_EQ(t.gaps, 0);
    CHECK_EQ(t.late, 0);
    CHECK_EQ(etw_consumer_trace_stats(t.consumer, 0)->late_events, 0);
    const etw_trace_losses losses = losses_of(t.consumer, 0);
    CHECK_EQ(losses.received, 20000);
    CHECK_EQ(losses.attached_events + losses.session_events + losses.notices_events, 0);
    etw_consumer_destroy(&t.consumer);
    stop(&session);
}

static void slow(uint64_t us)
{
    const int64_t begin = etwi_clock_monotonic();
    while (etwi_clock_monotonic() - begin < (int64_t)us * 10)
        etwi_spin();
}

/* A session that loses: what arrived and what it says it lost make what was written. */
static void accounts_for_every_event(void)
{
    tally t = {.stop_after = 0};
    const etw_batch *batch;
    etw_session *session = start("live-lossy", 8192, 4);
    t.consumer = consume("live-lossy", (etw_live_options){.with_loss_events = true});
    live_writer *const writers[] = {start_writer("50000", "0", "100", "2"),
                                    start_writer("100000", "0", "300", "1")};
    live_writer *late = NULL; // Writes where others lost, so that buffers are marked.
    uint64_t notices = 0, before = 0;
    unsigned pauses = 0;
    etw_status status;
    while ((status = etw_consumer_wait_batch(t.consumer, &batch, 100)) != ETW_END) {
        if (!CHECK(status == ETW_OK || status == ETW_AGAIN))
            break;
        for (size_t i = 0; status == ETW_OK && i < batch->count; i++) {
            notices += batch->events[i].payload_size == 0;
            if (batch->events[i].payload_size)
                count_record(&t, &batch->events[i]);
        }
        slow(300);
        pauses += status == ETW_AGAIN;
        if (pauses && !late) {
            await_writers(writers, 2);
            before = t.events;
            late = start_writer("100", "1000", "100", "1");
        } else if (late && before != UINT64_MAX && (t.events > before || pauses > 50)) {
            await_writer(late);
            etw_consumer_finish(t.consumer, NULL, 5000);
            before = UINT64_MAX;
        }
    }
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etw_session_query(session, &info), ETW_OK);
    const etw_trace_losses losses = losses_of(t.consumer, 0);
    CHECK(info.events_lost > 0);
    CHECK_EQ(t.events + info.events_lost, 200100);
    CHECK_EQ(losses.session_events, info.events_lost);
    CHECK_EQ(losses.attached_events, info.events_lost);
    CHECK_EQ(losses.notices_events, notices);
    CHECK_EQ(losses.received, t.events + notices);
    CHECK(notices > 0);
    CHECK(losses.marked_events > 0);
    etw_consumer_destroy(&t.consumer);
    stop(&session);
}

static void delivers_what_waits_when_it_finishes(void)
{
    tally t = {.stop_after = 0};
    const etw_batch *batch;
    etw_session *session = start("live-patient", 0, 0);
    t.consumer = consume("live-patient", (etw_live_options){.latency_ms = 60000});
    await_writer(start_writer("10", "0", "12", "1"));
    CHECK_EQ(etw_consumer_wait_batch(t.consumer, &batch, 20), ETW_AGAIN);
    const uint64_t begin = etwi_now_ms();
    etw_consumer_finish(t.consumer, "live-PATIENT", 5000);
    while (etw_consumer_next_batch(t.consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            count_record(&t, &batch->events[i]);
    CHECK_EQ(t.events, 10);
    CHECK(etwi_now_ms() - begin < 2000);
    etw_consumer_destroy(&t.consumer);
    stop(&session);
}

/* ---- several sources ------------------------------------------------------------------------- */

static void write_file(const char *path)
{
    const etw_session_options options = {
        .size = sizeof options, .name = "live-file", .log_file = path};
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider =
                                                  etw_guid_from_name((etw_str){"Contoso.Live", 12}),
                                              .level = 4};
    etw_session *session;
    REQUIRE(etw_session_start(&session, &options, NULL) == ETW_OK);
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    await_writer(start_writer("100", "0", "12", "1"));
    stop(&session);
}

static void merges_two_sessions_and_a_file(void)
{
    const char *path = world_path("before.etl");
    const etw_batch *batch;
    uint64_t of_trace[3] = {0, 0, 0}, latest = 0, late = 0;
    write_file(path);
    etw_session *one = start("live-one", 0, 64), *other = start("live-other", 0, 64);
    etw_consumer *consumer = consume("live-one", (etw_live_options){0});
    CHECK_EQ(etw_consumer_add(consumer, path, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add(consumer, "live-other", NULL), ETW_OK);
    live_writer *const writers[] = {start_writer("500", "1000", "12", "1"),
                                    start_writer("2000", "0", "12", "1")};
    while (of_trace[0] < 2500 || of_trace[2] < 2500) {
        if (!CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK))
            break;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            for (size_t k = 0; k < 3; k++)
                of_trace[k] +=
                    event->trace == etw_consumer_trace_info(consumer, k) && event->id == 7;
            late += event->timestamp < latest;
            latest = event->timestamp;
        }
    }
    await_writers(writers, 2);
    CHECK_EQ(of_trace[0], 2500);
    CHECK_EQ(of_trace[1], 100);
    CHECK_EQ(of_trace[2], 2500);
    CHECK_EQ(late, 0);
    stop(&one);
    stop(&other);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_END);
    etw_consumer_destroy(&consumer);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static etw_consumer *to_stop;

static void stop_soon(void *argument)
{
    (void)argument;
    slow(30000);
    etw_consumer_stop(to_stop);
}

static void is_stopped_while_it_waits(void)
{
    const etw_batch *batch;
    etw_session *session = start("live-idle", 0, 0);
    to_stop = consume("live-idle", (etw_live_options){0});
    etwi_thread *thread = etwi_thread_start(stop_soon, NULL);
    CHECK_EQ(etw_consumer_next_batch(to_stop, &batch), ETW_STOPPED);
    etwi_thread_join(thread);
    etw_consumer_destroy(&to_stop);
    stop(&session);
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

static uint64_t take(etw_consumer *consumer, uint64_t wanted)
{
    const etw_batch *batch;
    uint64_t events = 0;
    while (events < wanted) {
        if (!CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK))
            break;
        events += batch->count;
    }
    return events;
}

static void goes_on_with_a_session_that_was_restarted(void)
{
    states s = {.count = 0};
    const etw_batch *batch;
    etw_session *session = start("live-again", 0, 0);
    etw_consumer *consumer = consume(
        "live-again", (etw_live_options){.reattach = true, .on_state = note_state, .user = &s});
    await_writer(start_writer("50", "0", "12", "1"));
    stop(&session);
    CHECK_EQ(take(consumer, 50), 50);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 50), ETW_AGAIN);
    session = start("live-again", 0, 0);
    await_writer(start_writer("70", "0", "12", "1"));
    CHECK_EQ(take(consumer, 70), 70);
    CHECK_EQ(losses_of(consumer, 0).received, 120);
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    await_writer(start_writer("5", "0", "12", "1"));
    CHECK_EQ(take(consumer, 5), 5);
    etw_consumer_finish(consumer, NULL, 1000);
    CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_END);
    CHECK_EQ(s.count, 6);
    CHECK_EQ(s.seen[0], ETW_LIVE_ATTACHED);
    CHECK_EQ(s.seen[1], ETW_LIVE_WAITING);
    CHECK_EQ(s.seen[2], ETW_LIVE_ATTACHED);
    CHECK_EQ(s.seen[5], ETW_LIVE_ENDED);
    etw_consumer_destroy(&consumer);
    stop(&session);
}

static void ends_with_its_session(void)
{
    const etw_batch *batch;
    etw_session *session = start("live-end", 0, 0);
    etw_consumer *consumer = consume("live-end", (etw_live_options){0});
    await_writer(start_writer("50", "0", "12", "1"));
    stop(&session);
    CHECK_EQ(take(consumer, 50), 50);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    etw_consumer_destroy(&consumer);
    etw_error error;
    CHECK_EQ(etw_consumer_create(&consumer, NULL, &error), ETW_OK);
    CHECK_EQ(etw_consumer_add_session(consumer, "live-end", NULL), ETW_E_NOT_FOUND);
    CHECK(strstr(etw_consumer_error(consumer)->message, "live-end") != NULL);
    etw_consumer_destroy(&consumer);
}

/* ---- speed ----------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The bound is ten times what it should be: other tests run beside this one. */
static void events_come_at_once(void)
{
    enum {
        EVENTS = 200
    };
    int64_t delays[EVENTS];
    size_t got = 0;
    const etw_batch *batch;
    etw_session *session = start("live-quick", 0, 0);
    etw_consumer *consumer = consume("live-quick", (etw_live_options){0});
    live_writer *const writer = start_writer("200", "1000", "12", "1");
    while (got < EVENTS && CHECK_EQ(etw_consumer_wait_batch(consumer, &batch, 5000), ETW_OK)) {
        const int64_t now = etwi_clock_monotonic();
        for (size_t i = 0; i < batch->count && got < EVENTS; i++)
            delays[got++] = now - batch->events[i].raw_timestamp;
    }
    await_writer(writer);
    REQUIRE(got == EVENTS);
    qsort(delays, EVENTS, sizeof *delays, compare);
    CHECK(delays[EVENTS / 2] < 100000);
    CHECK(delays[0] >= 0);
    etw_consumer_destroy(&consumer);
    stop(&session);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    writer_path = argv[1];
    world_begin();
    RUN(decodes_what_two_processes_write);
    RUN(accounts_for_every_event);
    RUN(delivers_what_waits_when_it_finishes);
    RUN(merges_two_sessions_and_a_file);
    RUN(is_stopped_while_it_waits);
    RUN(goes_on_with_a_session_that_was_restarted);
    RUN(ends_with_its_session);
    RUN(events_come_at_once);
    if (!world_end())
        test_check(false, __FILE__, __LINE__, "something was left behind"), test_state.failed++;
    return test_finish();
}
