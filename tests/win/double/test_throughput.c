/*
 * How many events a second come out of a session of Windows, at each level of consuming, beside
 * those of the same trace as a file. The session is the double's, which is fed with the trace.
 *
 * Seconds are those of a processor, so that it does not matter what else the machine does. Of a
 * session two threads work at a time: the one that consumes, and that of ProcessTrace(), most of
 * which is what it takes to play Windows.
 *
 * usage: test_throughput etw_double.dll [TRACE_MEGABYTES [REPEATS]]
 */
#include "contract.h"

#include "test.h"

#include "long_trace.h"
#include "os/os.h"

#include <etw/consumer.h>
#include <etw/session.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdlib.h>

enum {
    LEVELS = 4,
    MEGABYTES = 40,
    REPEATS = 4,
    LEAST_AT_LEVEL_1 = 4 * 1000 * 1000, /* Events a second. */
};

#define SESSION "etw-throughput"

typedef struct measured {
    uint64_t wanted; /* Events, then it stops. */
    uint64_t events;
    uint64_t work;
} measured;

/* Events a second. */
typedef struct speed {
    double consuming;  /* By the thread that consumes. */
    double processing; /* By all others. */
    double elapsed;    /* As the clock on the wall has it. */
} speed;

static etw_flow count(measured *m)
{
    return ++m->events < m->wanted ? ETW_FLOW_NEXT : ETW_FLOW_STOP;
}

static etw_flow on_record(void *user, const etw_event *event)
{
    measured *m = user;
    m->work += event->timestamp ^ event->process_id;
    return count(m);
}

static etw_flow on_schema(void *user, const etw_event *event, const etw_schema *schema)
{
    measured *m = user;
    m->work += event->timestamp ^ (schema ? schema->id : 0);
    return count(m);
}

static etw_flow on_items(void *user, const etw_prepared *prepared)
{
    measured *m = user;
    m->work += (uintptr_t)prepared;
    return count(m);
}

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    measured *m = user;
    m->work += (uintptr_t)decoded;
    return count(m);
}

static etw_consumer_ops ops_of(int level, measured *m)
{
    etw_consumer_ops ops = {.size = sizeof ops, .user = m};
    switch (level) {
    case 1:
        ops.on_record = on_record;
        break;
    case 2:
        ops.on_schema = on_schema;
        break;
    case 3:
        ops.on_items = on_items;
        break;
    default:
        ops.on_decoded = on_decoded;
    }
    return ops;
}

static double seconds_of(const FILETIME *kernel, const FILETIME *user)
{
    const uint64_t a = (uint64_t)kernel->dwHighDateTime << 32 | kernel->dwLowDateTime;
    const uint64_t b = (uint64_t)user->dwHighDateTime << 32 | user->dwLowDateTime;
    return (double)(a + b) / 1e7;
}

static double thread_seconds(void)
{
    FILETIME created, ended, kernel, user;
    GetThreadTimes(GetCurrentThread(), &created, &ended, &kernel, &user);
    return seconds_of(&kernel, &user);
}

static double process_seconds(void)
{
    FILETIME created, ended, kernel, user;
    GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
    return seconds_of(&kernel, &user);
}

static double rate(uint64_t events, double seconds)
{
    const double tick = 0.01; /* Of the clocks of processors, at worst. */
    return (double)events / (seconds > tick ? seconds : tick);
}

/* Of what the consumer was given. */
static speed run(etw_consumer *consumer, int level, uint64_t wanted)
{
    measured m = {.wanted = wanted};
    const etw_consumer_ops ops = ops_of(level, &m);
    const double thread = thread_seconds(), process = process_seconds();
    const uint64_t begin = etwi_now_ms();
    const etw_status status = etw_consumer_run(consumer, &ops);
    const double consuming = thread_seconds() - thread;
    const double all = process_seconds() - process;
    CHECK(status == ETW_STOPPED || status == ETW_END);
    CHECK_EQ(m.events, wanted);
    return (speed){rate(m.events, consuming), rate(m.events, all - consuming),
                   rate(m.events, (double)(etwi_now_ms() - begin) / 1000)};
}

/* As often as the session has it. */
static double run_file(const char *path, int level, uint64_t count_of_file, uint32_t times)
{
    double seconds = 0;
    for (uint32_t i = 0; i < times; i++) {
        etw_consumer *consumer;
        CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
        CHECK_EQ(etw_consumer_add_file(consumer, path), ETW_OK);
        seconds += (double)count_of_file / run(consumer, level, count_of_file).consuming;
        etw_consumer_destroy(&consumer);
    }
    return rate(count_of_file * times, seconds);
}

static speed run_session(const char *path, int level, uint64_t count_of_file, uint32_t repeats)
{
    etw_session *session;
    etw_consumer *consumer;
    etw_error error;
    const etw_session_options options = {.size = sizeof options,
                                         .name = SESSION,
                                         .backend = ETW_BACKEND_WINDOWS,
                                         .mode = ETW_MODE_REAL_TIME};
    const etw_live_options live = {.size = sizeof live, .backend = ETW_BACKEND_WINDOWS};
    if (!CHECK_EQ(etw_session_start(&session, &options, &error), ETW_OK)) {
        printf("    %s\n", error.message);
        return (speed){0, 0, 0};
    }
    contract_script->feed(SESSION, path, repeats);
    CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add_session(consumer, SESSION, &live), ETW_OK);
    const speed measured_speed = run(consumer, level, count_of_file * repeats);
    etw_trace_losses losses = {.size = sizeof losses};
    CHECK_EQ(etw_consumer_get_losses(consumer, 0, &losses), ETW_OK);
    CHECK_EQ(losses.attached_events, 0);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    etw_session_close(&session);
    return measured_speed;
}

/* What a file holds beside its header, which a session does not deliver. */
static uint64_t count_events(const char *path)
{
    etw_consumer *consumer;
    const etw_batch *batch;
    uint64_t events = 0;
    CHECK_EQ(etw_consumer_create(&consumer, NULL, NULL), ETW_OK);
    CHECK_EQ(etw_consumer_add_file(consumer, path), ETW_OK);
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        events += batch->count;
    etw_consumer_destroy(&consumer);
    return events;
}

static uint64_t megabytes = MEGABYTES;
static uint32_t repeats = REPEATS;

static void comes_fast_enough_at_all_levels(void)
{
    const char *const path = contract_path("throughput.etl");
    const long_trace_options options = {
        .size = megabytes << 20, .cpu_count = 2, .buffer_size = 65536};
    FILE *const file = fopen(path, "wb");
    REQUIRE(file);
    long_trace_write(file, &options);
    fclose(file);
    const uint64_t events = count_events(path);
    contract_script->set(DOUBLE_RECORDS, 0);
    printf("events/s  consuming  ProcessTrace   on the wall          file  session/file\n");
    for (int level = 1; level <= LEVELS; level++) {
        const double of_file = run_file(path, level, events, repeats);
        const speed session = run_session(path, level, events - 1, repeats);
        printf("level %d %11.0f %13.0f %13.0f %13.0f %13.2f\n", level, session.consuming,
               session.processing, session.elapsed, of_file, session.consuming / of_file);
        CHECK(session.consuming > 0);
        if (level == 1)
            CHECK(session.consuming >= LEAST_AT_LEVEL_1);
    }
    remove(path);
}

int main(int argc, char **argv)
{
    contract_begin(argc, argv);
    if (argc > 2)
        megabytes = strtoul(argv[2], NULL, 10);
    if (argc > 3)
        repeats = (uint32_t)strtoul(argv[3], NULL, 10);
    RUN(comes_fast_enough_at_all_levels);
    CHECK(contract_end());
    return test_finish();
}
