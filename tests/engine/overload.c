/*
 * Writes more into sessions than fits, and checks that every event that was tried was received or
 * counted as lost: attempts == received + lost, in each of many mixes of processes, threads, sizes
 * and pools. Prints a table.
 *
 * usage: overload [--long | --threads] [WRITER]
 *
 * --long has more mixes, and more events in each. --threads has one process do what several would,
 * by more threads, for ThreadSanitizer: where a buffer goes from one process to another and back,
 * it does not see how, and takes that for a race. WRITER is a writing program of 32 bits; without
 * it the mixes that need it are left out.
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/client.h"
#include "engine/live_internal.h"
#include "os/os.h"
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct overload_mix {
    uint32_t processes, threads;
    uint32_t payload_min, payload_max;
    uint32_t buffer_size, buffer_count;
    uint32_t slow_us;   /* The consumer sleeps so long after each round. */
    uint32_t of_32;     /* So many of the processes have 32 bits. */
    bool starved;       /* The consumer runs only once in a while. */
    bool late_consumer; /* It comes when the writers are half through. */
} overload_mix;

enum {
    KIB = 1024,
    PROCESSES_MAX = 64,
    ONE_PROCESS_MAX = 8, /* Threads in place of processes. */
};

/* The mixes that are always run; more are made from them. */
static const overload_mix base_mixes[] = {
    {1, 1, 24, 24, 64 * KIB, 64, 0, 0, false, false},
    {2, 1, 24, 24, 64 * KIB, 64, 0, 0, false, false},
    {2, 4, 24, 24, 64 * KIB, 256, 0, 0, false, false},
    {4, 2, 432, 432, 64 * KIB, 64, 0, 0, false, false},
    {1, 1, 24, 24, 4 * KIB, 16, 0, 0, false, false},
    {2, 2, 24, 600, 4 * KIB, 16, 0, 0, false, false},
    {16, 4, 24, 24, 16 * KIB, 32, 0, 0, false, false},
    {1, 1, 24, 24, 64 * KIB, 16, 2000, 0, false, false},
    {2, 2, 24, 3000, 16 * KIB, 24, 5000, 0, false, false},
    {4, 1, 24, 24, 64 * KIB, 16, 0, 0, true, false},
    {2, 2, 24, 24, 8 * KIB, 20, 0, 0, true, false},
    {2, 2, 24, 24, 64 * KIB, 32, 0, 0, false, true},
    {2, 1, 24, 24, 64 * KIB, 64, 0, 1, false, false},
    {4, 2, 24, 200, 16 * KIB, 32, 0, 2, false, false},
    {2, 2, 24, 24, 4 * KIB, 16, 1000, 2, false, false},
    {1, 2, 24, 65000, 64 * KIB, 20, 0, 0, false, false},
    {2, 1, 24, 9000, 8 * KIB, 16, 0, 0, false, false},
};

enum {
    BASE_COUNT = sizeof base_mixes / sizeof base_mixes[0]
};

typedef struct overload_outcome {
    rig_tally tally;
    rig_sums sums;
    etwi_mapping_counts counts;
    uint64_t time_ms;
    bool is_exact;
} overload_outcome;

static void start_writers(const rig_session *rig, const overload_mix *mix, uint64_t events,
                          const char *program, int *ids)
{
    for (uint32_t i = 0; i < mix->processes; i++) {
        const rig_work work = {
            .first_writer = i * mix->threads,
            .threads = mix->threads,
            .events = events,
            .payload_min = mix->payload_min,
            .payload_max = mix->payload_max,
        };
        ids[i] = rig_start(rig->folder, &work, i < mix->of_32 ? program : NULL);
    }
}

/* Takes away the processes that have ended. */
static uint32_t reap(int *ids, uint32_t count)
{
    uint32_t running = 0;
    for (uint32_t i = 0; i < count; i++) {
        int status = 0;
        if (ids[i] && waitpid(ids[i], &status, WNOHANG) == ids[i]) {
            if (status)
                rig_fail("a writer failed", "");
            ids[i] = 0;
        }
        running += ids[i] != 0;
    }
    return running;
}

static etw_status take(etwi_live *live, rig_tally *tally, int64_t *complete_until)
{
    etwi_live_round round;
    etw_error error = {.status = ETW_OK};
    const etw_status status = etwi_live_take(live, 20, &round, &error);
    if (etw_failed(status))
        rig_fail("take", error.message);
    for (size_t i = 0; i < round.count; i++)
        rig_tally_add(tally, round.chunks[i].records, round.chunks[i].size, round.chunks[i].stream,
                      *complete_until);
    *complete_until = round.complete_until;
    etwi_live_release(live);
    return status;
}

static void run(const overload_mix *mix, uint64_t events, const char *program,
                overload_outcome *out)
{
    rig_session rig;
    etwi_mapping mapping;
    etwi_live *live;
    int ids[PROCESSES_MAX];
    int64_t complete_until = INT64_MIN;
    etw_error error = {.status = ETW_OK};
    const rig_options options = {ETWI_POOL_RING, mix->buffer_size, mix->buffer_count, 0};
    const etwi_live_options patience = {.latency_ms = 0};
    rig_create(&rig, &options);
    rig_tally_begin(&out->tally, rig.control.geometry.slot_count);
    const uint64_t begin_ms = etwi_now_ms();
    start_writers(&rig, mix, events, program, ids);
    if (mix->late_consumer)
        usleep(30000);
    rig_open(&mapping, rig.folder, ETWI_CLIENT_NONE);
    etwi_client_leave(&mapping);
    if (etw_failed(etwi_live_open_mapping(&live, &mapping, &patience, &error)))
        rig_fail("cannot attach", error.message);
    while (reap(ids, mix->processes)) {
        if (mix->starved)
            usleep(100000);
        take(live, &out->tally, &complete_until);
        if (mix->slow_us)
            usleep(mix->slow_us);
    }
    etwi_mapping_set_state(&rig.control, ETWI_SESSION_STOPPING);
    etwi_slots_close(&rig.control, 1000);
    etwi_mapping_set_state(&rig.control, ETWI_SESSION_STOPPED);
    while (take(live, &out->tally, &complete_until) != ETW_END)
        ;
    out->time_ms = etwi_now_ms() - begin_ms;
    out->sums = rig_sum(rig.writers);
    etwi_mapping_count(&rig.control, &out->counts);
    out->is_exact =
        out->sums.attempts == out->tally.events + out->counts.events_lost &&
        out->sums.lost == out->counts.events_lost && out->sums.accepted == out->counts.events &&
        out->sums.attempts == events * mix->processes * mix->threads && !out->tally.corrupt &&
        !out->tally.out_of_order && out->counts.free_buffers == mix->buffer_count;
    etwi_live_close(&live);
    rig_destroy(&rig);
}

/* Variation `number` of the mixes: other sizes of pools and events in each round. */
static overload_mix mix_of(unsigned number)
{
    overload_mix mix = base_mixes[number % BASE_COUNT];
    const unsigned round = number / BASE_COUNT;
    if (round % 3 == 1) {
        mix.buffer_count = mix.buffer_count * 2;
        mix.payload_max = mix.payload_max < 1000 ? mix.payload_max + 300 : mix.payload_max;
    } else if (round % 3 == 2) {
        mix.buffer_count = mix.buffer_count < 24 ? mix.buffer_count : mix.buffer_count / 2;
        mix.threads = mix.threads < 3 ? mix.threads + 2 : mix.threads;
    }
    return mix;
}

/* The same by threads of one process. */
static overload_mix in_one_process(overload_mix mix)
{
    const uint32_t threads = mix.processes * mix.threads;
    mix.threads = threads < 2 ? 2 : threads > ONE_PROCESS_MAX ? ONE_PROCESS_MAX : threads;
    mix.processes = 1;
    return mix;
}

int main(int argc, char **argv)
{
    const bool is_long = argc > 1 && !strcmp(argv[1], "--long");
    const bool is_one = argc > 1 && !strcmp(argv[1], "--threads");
    const int first = 1 + (is_long || is_one);
    const char *program = argc > first ? argv[first] : NULL;
    const unsigned mixes = is_long ? 3 * BASE_COUNT + 1 : BASE_COUNT;
    const uint64_t all_events = is_long ? 2000000 : 120000;
    unsigned failed = 0, done = 0;
    printf("%5s %3s %4s %11s %10s %10s %10s %10s %8s %6s %s\n", "procs", "thr", "32b", "payload",
           "pool", "attempts", "received", "lost", "M ev/s", "late", "check");
    for (unsigned i = 0; i < mixes; i++) {
        const overload_mix mix = is_one ? in_one_process(mix_of(i)) : mix_of(i);
        overload_outcome outcome;
        char payload[24], pool[24];
        if (mix.of_32 && !program)
            continue;
        run(&mix, all_events / (mix.processes * mix.threads), program, &outcome);
        snprintf(payload, sizeof payload, "%u-%u", mix.payload_min, mix.payload_max);
        snprintf(pool, sizeof pool, "%uKx%u", mix.buffer_size / KIB, mix.buffer_count);
        printf("%5u %3u %4u %11s %10s %10llu %10llu %10llu %8.2f %6llu %s%s%s%s\n", mix.processes,
               mix.threads, mix.of_32, payload, pool, (unsigned long long)outcome.sums.attempts,
               (unsigned long long)outcome.tally.events,
               (unsigned long long)outcome.counts.events_lost,
               (double)outcome.sums.attempts / 1000.0 / (double)(outcome.time_ms + 1),
               (unsigned long long)outcome.tally.late, outcome.is_exact ? "exact" : "WRONG",
               mix.starved ? ", starved consumer" : "", mix.slow_us ? ", slow consumer" : "",
               mix.late_consumer ? ", late consumer" : "");
        fflush(stdout);
        failed += !outcome.is_exact;
        done++;
        rig_tally_end(&outcome.tally);
    }
    printf("%u mixes, %u wrong\n", done, failed);
    return failed ? 1 : 0;
}
