/*
 * bench_live LIVE_WRITER [EVENTS]: what a consumer gets of the events that another process writes,
 * in a runtime folder of its own.
 *
 *     live.rate.…     events per second, from the first to the last one that arrived
 *     live.cost.…     nanoseconds of processor time of the consumer for an event
 *     live.write.…    the same of the writers, for an event that they tried to write
 *     live.lost.…     per cent of the events written; attempts == received + lost is checked
 *     live.latency.…  microseconds from the time stamp to the hand of the consumer, at 1,000
 *                     events per second
 */
#define _XOPEN_SOURCE 700

#include "harness.h"

#include <etw/etw.h>

#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    LATENCY_EVENTS = 3000,
    ROUNDS = 3,
};

typedef struct job {
    const char *name;
    const char *payload_size;
    const char *threads;
    unsigned writers;
    bool decodes; /* Level 4, of events that describe themselves. */
    uint32_t buffers;
} job;

static const char *writer_path;
static char folder[256];

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* The clock of the sessions. */
static int64_t now_ticks(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(10000000) + time.tv_nsec / 100;
}

/* Of the writers that have ended. */
static double writers_cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static etw_session *start(uint32_t buffers)
{
    const etw_session_options options = {
        .size = sizeof options, .name = "bench", .maximum_buffers = buffers};
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider =
                                                  etw_guid_from_name((etw_str){"Contoso.Live", 12}),
                                              .level = 4};
    etw_session *session;
    harness_require(etw_session_start(&session, &options, NULL) == ETW_OK, "a session");
    harness_require(etw_session_enable(session, &parameters, NULL) == ETW_OK, "enabling");
    return session;
}

static pid_t start_writer(const char *count, const char *interval_us, const job *j)
{
    const char *const arguments[] = {writer_path,     "Contoso.Live", count, interval_us,
                                     j->payload_size, j->threads,     NULL};
    char *copies[7];
    posix_spawn_file_actions_t actions;
    pid_t writer;
    memcpy(copies, arguments, sizeof copies);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);
    harness_require(posix_spawn(&writer, writer_path, &actions, NULL, copies, environ) == 0,
                    "a writer");
    posix_spawn_file_actions_destroy(&actions);
    return writer;
}

static etw_consumer *open_consumer(void)
{
    etw_consumer *consumer;
    harness_require(etw_consumer_create(&consumer, NULL, NULL) == ETW_OK, "a consumer");
    harness_require(etw_consumer_add_session(consumer, "bench", NULL) == ETW_OK, "the session");
    return consumer;
}

/* ---- rates ----------------------------------------------------------------------------------- */

typedef struct count {
    uint64_t events, work;
    double first, last;
} count;

static etw_flow on_decoded(void *user, etw_decoded *decoded)
{
    count *c = user;
    uint64_t value = 0;
    const etw_item *item = etw_decoded_find(decoded, "sequence");
    if (item && etw_item_u64(item, &value) == ETW_OK)
        c->work += value;
    return ETW_FLOW_NEXT;
}

static void take(etw_consumer *consumer, const job *j, etw_decoded *decoded, count *c)
{
    const etw_batch *batch;
    while (etw_consumer_wait_batch(consumer, &batch, 200) == ETW_OK) {
        if (!c->events)
            c->first = now_s();
        c->events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            c->work += event->payload_size + (uint64_t)event->timestamp;
            if (j->decodes &&
                etw_decoded_decode(decoded, event, etw_consumer_schema(consumer, event)) == ETW_OK)
                on_decoded(c, decoded);
        }
        c->last = now_s();
    }
}

static void measure_rate(const job *j, const char *events)
{
    char name[64];
    for (int round = 0; round < ROUNDS; round++) {
        count c = {0};
        pid_t writers[8];
        etw_decoded *decoded;
        etw_session_info info = {.size = sizeof info};
        etw_session *session = start(j->buffers);
        etw_consumer *consumer = open_consumer();
        harness_require(etw_decoded_create(&decoded, NULL, NULL) == ETW_OK, "a decoder");
        for (unsigned i = 0; i < j->writers; i++)
            writers[i] = start_writer(events, "0", j);
        const double cpu = harness_cpu_seconds(), writers_cpu = writers_cpu_s();
        while (!c.events)
            take(consumer, j, decoded, &c);
        for (unsigned i = 0; i < j->writers; i++)
            waitpid(writers[i], NULL, 0);
        take(consumer, j, decoded, &c);
        harness_require(etw_session_query(session, &info) == ETW_OK, "the counters");
        const uint64_t attempts =
            strtoull(events, NULL, 10) * j->writers * strtoull(j->threads, NULL, 10);
        harness_require(c.events + info.events_lost == attempts, "every event accounted for");
        snprintf(name, sizeof name, "live.rate.%s", j->name);
        harness_value(name, (double)c.events / (c.last - c.first));
        snprintf(name, sizeof name, "live.cost.%s", j->name);
        harness_value(name, 1e9 * (harness_cpu_seconds() - cpu) / (double)c.events);
        snprintf(name, sizeof name, "live.write.%s", j->name);
        harness_value(name, 1e9 * (writers_cpu_s() - writers_cpu) / (double)attempts);
        snprintf(name, sizeof name, "live.lost.%s", j->name);
        harness_value(name, 100.0 * (double)info.events_lost / (double)attempts);
        etw_decoded_destroy(&decoded);
        etw_consumer_destroy(&consumer);
        etw_session_stop(session, NULL);
        etw_session_close(&session);
    }
}

/* ---- latency --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void measure_latency(void)
{
    static int64_t delays[LATENCY_EVENTS];
    static const job QUIET = {.payload_size = "32", .threads = "1"};
    size_t got = 0;
    const etw_batch *batch;
    etw_session *session = start(0);
    etw_consumer *consumer = open_consumer();
    const pid_t writer = start_writer("3000", "940", &QUIET);
    while (got < LATENCY_EVENTS && etw_consumer_wait_batch(consumer, &batch, 5000) == ETW_OK) {
        const int64_t now = now_ticks();
        for (size_t i = 0; i < batch->count && got < LATENCY_EVENTS; i++)
            delays[got++] = now - batch->events[i].raw_timestamp;
    }
    waitpid(writer, NULL, 0);
    harness_require(got == LATENCY_EVENTS, "all events of a quiet session");
    qsort(delays, got, sizeof *delays, compare);
    harness_value("live.latency.p50", (double)delays[got / 2] / 10);
    harness_value("live.latency.p99", (double)delays[got * 99 / 100] / 10);
    harness_value("live.latency.max", (double)delays[got - 1] / 10);
    etw_consumer_destroy(&consumer);
    etw_session_stop(session, NULL);
    etw_session_close(&session);
}

int main(int argc, char **argv)
{
    static const job JOBS[] = {
        {"one", "32", "1", 1, false, 256},         {"two", "32", "1", 2, false, 256},
        {"two_by_four", "32", "4", 2, false, 256}, {"large", "512", "1", 1, false, 256},
        {"decoded", "0", "1", 1, true, 256},
    };
    harness_require(argc > 1, "usage: bench_live LIVE_WRITER [EVENTS]");
    writer_path = argv[1];
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/etw-bench-live-XXXXXX", base ? base : "/dev/shm");
    harness_require(mkdtemp(folder) != NULL, "a folder for sessions");
    setenv("ETW_RUNTIME_DIR", folder, 1);
    for (size_t i = 0; i < sizeof JOBS / sizeof *JOBS; i++)
        measure_rate(&JOBS[i], argc > 2 ? argv[2] : "4000000");
    measure_latency();
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
