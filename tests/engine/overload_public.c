/*
 * As overload.c, but all through the public interface: programs write with etw_provider_write(),
 * sessions are those that etw_session_start() starts, with consumers, log files, or both, and
 * events come out of etw_consumer. Every event that was tried was received, or counted as lost by
 * its session. Prints a table.
 *
 * usage: overload_public [--long] WRITER [WRITER32]
 *
 * Without the writing program of 32 bits the mixes that need it are left out.
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/step.h"
#include "os/os.h"
#include "public_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    KIB = 1024,
    PROCESSES_MAX = 16,
    SESSIONS_MAX = 3,
};

/* Where the events of a mix go. */
typedef enum overload_way {
    TO_CONSUMER,
    TO_TWO_CONSUMED, /* Two sessions. */
    TO_FILE,         /* Direct. */
    TO_BOTH,         /* A keeper's file, and a consumer. */
    TO_ALL,          /* Three sessions: consumed, both, file. */
} overload_way;

static const char *const way_names[] = {"live", "2 x live", "file", "file+live", "all three"};

typedef struct overload_mix {
    overload_way way;
    uint32_t processes, threads;
    uint32_t payload_min, payload_max;
    uint32_t buffer_size, buffer_count;
    uint32_t slow_us; /* The consumer sleeps so long after each look. */
    uint32_t of_32;   /* So many of the processes have 32 bits. */
} overload_mix;

static const overload_mix base_mixes[] = {
    {TO_CONSUMER, 1, 1, 24, 24, 64 * KIB, 64, 0, 0},
    {TO_CONSUMER, 2, 4, 24, 24, 64 * KIB, 64, 0, 0},
    {TO_CONSUMER, 4, 2, 24, 600, 16 * KIB, 24, 0, 0},
    {TO_CONSUMER, 8, 4, 24, 24, 16 * KIB, 32, 0, 0},
    {TO_CONSUMER, 1, 2, 24, 24, 4 * KIB, 16, 100000, 0},
    {TO_CONSUMER, 2, 2, 24, 3000, 16 * KIB, 24, 30000, 0},
    {TO_CONSUMER, 2, 1, 24, 9000, 8 * KIB, 16, 0, 0},
    {TO_CONSUMER, 2, 1, 24, 24, 64 * KIB, 64, 0, 1},
    {TO_CONSUMER, 4, 2, 24, 200, 4 * KIB, 20, 100000, 2},
    {TO_TWO_CONSUMED, 2, 2, 24, 200, 16 * KIB, 24, 0, 0},
    {TO_TWO_CONSUMED, 2, 2, 24, 24, 8 * KIB, 16, 50000, 1},
    {TO_FILE, 2, 2, 24, 200, 64 * KIB, 32, 0, 0},
    {TO_FILE, 4, 1, 24, 3000, 16 * KIB, 32, 0, 2},
    {TO_BOTH, 2, 2, 24, 200, 64 * KIB, 64, 0, 0},
    {TO_BOTH, 4, 1, 24, 24, 16 * KIB, 24, 30000, 1},
    {TO_ALL, 2, 2, 24, 200, 16 * KIB, 32, 0, 0},
    {TO_ALL, 3, 2, 24, 600, 8 * KIB, 24, 20000, 1},
};

enum {
    BASE_COUNT = sizeof base_mixes / sizeof base_mixes[0],
    LONG_COUNT = 3 * BASE_COUNT + 2,
};

/* One of the sessions of a mix. */
typedef struct overload_session {
    char name[32], path[512];
    bool is_live;
    etw_session *session;
    etw_session_info info;
    public_tally *tally;
    uint64_t received, corrupt, in_file;
} overload_session;

typedef struct overload_run {
    const overload_mix *mix;
    overload_session sessions[SESSIONS_MAX];
    unsigned count, live;
    etw_consumer *consumer;
    public_tally *tallies; /* Of those with a consumer, and one for files. */
    int ids[PROCESSES_MAX];
    rig_sums sums;
    uint64_t time_ms;
} overload_run;

static void add_session(overload_run *run, bool is_live, bool has_file)
{
    overload_session *s = &run->sessions[run->count++];
    const overload_mix *mix = run->mix;
    snprintf(s->name, sizeof s->name, "overload %u", run->count);
    snprintf(s->path, sizeof s->path, "%s/%u.etl", public_folder(), run->count);
    const etw_session_options options = {
        .size = sizeof options,
        .name = s->name,
        .buffer_size = mix->buffer_size,
        .maximum_buffers = mix->buffer_count,
        .mode = (is_live ? ETW_MODE_REAL_TIME : 0) | (has_file ? ETW_MODE_SEQUENTIAL : 0),
        .log_file = has_file ? s->path : NULL,
        /* A file has no end of its own: this one has. */
        .maximum_file_size = has_file && !is_live ? 2000 * KIB : 0,
    };
    if (!has_file)
        s->path[0] = '\0';
    s->is_live = is_live;
    s->session = public_start(&options);
    s->info.size = sizeof s->info;
    if (etw_session_query(s->session, &s->info) != ETW_OK)
        rig_fail("cannot query", s->name);
    if (is_live) {
        s->tally = &run->tallies[run->live++];
        s->tally->logger_id = s->info.logger_id;
    }
}

static void begin(overload_run *run, const overload_mix *mix)
{
    const char *names[SESSIONS_MAX];
    unsigned live = 0;
    memset(run, 0, sizeof *run);
    run->mix = mix;
    run->tallies = calloc(SESSIONS_MAX + 1, sizeof *run->tallies);
    if (!run->tallies)
        rig_fail("no memory", "");
    memset((void *)public_writers(), 0, RIG_WRITERS_MAX * sizeof(rig_writer));
    if (mix->way != TO_FILE && mix->way != TO_BOTH)
        add_session(run, true, false);
    if (mix->way == TO_TWO_CONSUMED)
        add_session(run, true, false);
    if (mix->way == TO_BOTH || mix->way == TO_ALL)
        add_session(run, true, true);
    if (mix->way == TO_FILE || mix->way == TO_ALL)
        add_session(run, false, true);
    for (unsigned i = 0; i < run->count; i++)
        if (run->sessions[i].is_live)
            names[live++] = run->sessions[i].name;
    if (live)
        run->consumer = public_consume(names, live);
}

static bool reap(overload_run *run)
{
    bool is_running = false;
    for (unsigned i = 0; i < run->mix->processes; i++) {
        int status = 0;
        if (run->ids[i] && waitpid(run->ids[i], &status, WNOHANG) == run->ids[i]) {
            if (status)
                rig_fail("a writer failed", "");
            run->ids[i] = 0;
        }
        is_running |= run->ids[i] != 0;
    }
    return is_running;
}

static void write_all(overload_run *run, uint64_t events, const char *const programs[2])
{
    const overload_mix *mix = run->mix;
    const uint64_t begin_ms = etwi_now_ms();
    for (uint32_t i = 0; i < mix->processes; i++) {
        const rig_work work = {
            .first_writer = i * mix->threads,
            .threads = mix->threads,
            .events = events,
            .payload_min = mix->payload_min,
            .payload_max = mix->payload_max,
        };
        run->ids[i] = public_write(programs[i < mix->of_32], &work, ETWI_STEP_COUNT, 0);
    }
    while (reap(run)) {
        if (run->consumer)
            public_take(run->consumer, 1, run->tallies, run->live);
        usleep(mix->slow_us ? mix->slow_us : 1000);
    }
    run->time_ms = etwi_now_ms() - begin_ms;
    run->sums = rig_sum(public_writers());
}

/* Takes the rest, and everything back out of files. */
static void end(overload_run *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        overload_session *s = &run->sessions[i];
        if (etw_session_stop(s->session, &s->info) != ETW_OK)
            rig_fail("cannot stop", etw_session_error(s->session)->message);
        etw_session_close(&s->session);
    }
    if (run->consumer)
        while (public_take(run->consumer, 1000, run->tallies, run->live) != ETW_END)
            ;
    for (unsigned i = 0; i < run->count; i++) {
        overload_session *s = &run->sessions[i];
        public_tally *file = &run->tallies[SESSIONS_MAX];
        if (s->is_live) {
            s->received = s->tally->events;
            s->corrupt = s->tally->corrupt + s->tally->disorder;
        }
        if (s->path[0]) {
            public_read(s->path, file);
            s->in_file = file->events;
            s->corrupt += file->corrupt + file->disorder;
            if (!s->is_live)
                s->received = file->events;
            unlink(s->path);
        }
    }
    etw_consumer_destroy(&run->consumer);
    free(run->tallies);
}

static bool is_exact(const overload_run *run, const overload_session *s, uint64_t expected)
{
    const etw_session_info *info = &s->info;
    const bool is_alone = run->count == 1;
    return run->sums.attempts == expected && !s->corrupt &&
           run->sums.attempts == s->received + info->events_lost && info->events == s->received &&
           !info->real_time_buffers_lost &&
           (!s->path[0] || s->in_file == info->events || info->log_buffers_lost) &&
           (!is_alone || run->sums.lost == info->events_lost);
}

static void print(const overload_run *run, const overload_session *s, bool is_good)
{
    char payload[24], pool[24];
    const overload_mix *mix = run->mix;
    snprintf(payload, sizeof payload, "%u-%u", mix->payload_min, mix->payload_max);
    snprintf(pool, sizeof pool, "%uKx%u", mix->buffer_size / KIB, mix->buffer_count);
    printf("%-9s %5u %3u %3u %9s %8s %9llu %9llu %9llu %7.2f %s%s\n", way_names[mix->way],
           mix->processes, mix->threads, mix->of_32, payload, pool,
           (unsigned long long)run->sums.attempts, (unsigned long long)s->received,
           (unsigned long long)s->info.events_lost,
           (double)run->sums.attempts / 1000.0 / (double)(run->time_ms + 1),
           is_good ? "exact" : "WRONG", mix->slow_us ? ", starved consumer" : "");
    if (!is_good)
        printf("    events %llu, corrupt %llu, in file %llu, buffers lost %llu and %llu\n",
               (unsigned long long)s->info.events, (unsigned long long)s->corrupt,
               (unsigned long long)s->in_file, (unsigned long long)s->info.log_buffers_lost,
               (unsigned long long)s->info.real_time_buffers_lost);
    fflush(stdout);
}

static overload_mix mix_of(unsigned number)
{
    overload_mix mix = base_mixes[number % BASE_COUNT];
    const unsigned round = number / BASE_COUNT;
    if (round % 3 == 1) {
        mix.buffer_count *= 2;
        mix.payload_max += mix.payload_max < 1000 ? 300 : 0;
    } else if (round % 3 == 2) {
        mix.buffer_count = mix.buffer_count < 24 ? mix.buffer_count : mix.buffer_count / 2;
        mix.threads += mix.threads < 3 ? 2 : 0;
    }
    return mix;
}

int main(int argc, char **argv)
{
    const bool is_long = argc > 1 && !strcmp(argv[1], "--long");
    const char *const programs[2] = {argc > 1 + is_long ? argv[1 + is_long] : NULL,
                                     argc > 2 + is_long ? argv[2 + is_long] : NULL};
    const uint64_t all_events = is_long ? 1000000 : 60000;
    unsigned runs = 0, wrong = 0;
    if (!programs[0])
        rig_fail("usage", "overload_public [--long] WRITER [WRITER32]");
    public_begin();
    printf("%-9s %5s %3s %3s %9s %8s %9s %9s %9s %7s %s\n", "way", "procs", "thr", "32b", "payload",
           "pool", "attempts", "received", "lost", "M ev/s", "check");
    for (unsigned i = 0; i < (is_long ? LONG_COUNT : BASE_COUNT); i++) {
        const overload_mix mix = mix_of(i);
        const uint64_t events = all_events / (mix.processes * mix.threads);
        overload_run run;
        if (mix.of_32 && !programs[1])
            continue;
        begin(&run, &mix);
        write_all(&run, events, programs);
        end(&run);
        for (unsigned s = 0; s < run.count; s++) {
            const bool is_good =
                is_exact(&run, &run.sessions[s], events * mix.processes * mix.threads);
            print(&run, &run.sessions[s], is_good);
            wrong += !is_good;
        }
        runs++;
    }
    const bool is_clean = public_end();
    printf("%u runs, %u wrong%s\n", runs, wrong, is_clean ? "" : ", and something was left behind");
    return wrong || !is_clean;
}
