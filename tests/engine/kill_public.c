/*
 * As kill.c, but through the public interface: programs that register, write with
 * etw_provider_write() and end are killed at random and at every store of the protocol, while a
 * consumer takes their events and controllers look. Nothing is corrupt, no buffer is leaked, of
 * each killed thread at most the one event that it was writing is in doubt, and sessions stop
 * cleanly.
 *
 * usage: kill_public WRITER [live|file|both [KILLS]]
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/step.h"
#include "os/os.h"
#include "public_rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    AT_ONCE = 3, /* Writing processes. */
    THREADS = 2,
    BUFFERS = 24,
    EVENTS = 100000,  /* Of a writer that is not killed before. */
    PATIENCE_MS = 60, /* Of those that are to kill themselves: some steps are rare. */
    START_MS = 3000,  /* Of programs, at most; sanitizers make them slow. */
    TIMEOUT_MS = 600000,
};

/* Where the events go. */
typedef enum kill_way {
    TO_CONSUMER,
    TO_FILE, /* Direct. */
    TO_BOTH, /* A keeper's file, and a consumer. */
    WAY_COUNT
} kill_way;

static const char *const way_names[] = {"live", "file", "both"};

typedef struct kill_victim {
    int id;
    unsigned step;        /* ETWI_STEP_COUNT: at random. */
    uint32_t patience_ms; /* It is killed so long after it began. */
    bool begins_to_write; /* And begins with its first event, not as a process. */
    uint64_t attempts;    /* Of its place, before. */
    uint64_t kill_at;     /* In etwi_now_ms(). */
} kill_victim;

typedef struct kill_run {
    const char *program;
    kill_way way;
    char path[512];
    etw_session *session;
    etw_consumer *consumer;
    public_tally live, file;
    unsigned started, kills, at_steps;
    kill_victim victims[AT_ONCE];
    etw_session_info info;
} kill_run;

static unsigned random_below(unsigned limit)
{
    static uint32_t state = 54321;
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % limit;
}

static uint64_t attempts_of(unsigned place)
{
    uint64_t attempts = 0;
    for (unsigned i = 0; i < THREADS; i++)
        attempts += atomic_load(&public_writers()[place * THREADS + i].attempts);
    return attempts;
}

static void start(kill_run *run, unsigned place)
{
    kill_victim *victim = &run->victims[place];
    const rig_work work = {
        .first_writer = place * THREADS,
        .threads = THREADS,
        .events = EVENTS,
        .first_number = (uint64_t)run->started++ * EVENTS,
        .payload_min = RIG_PAYLOAD_MIN,
        .payload_max = 200,
        .burst = 50,
        .pause_us = run->way == TO_FILE ? 500 : 20,
    };
    const bool is_injected = random_below(3) != 0;
    const unsigned passes = 1 + random_below(random_below(2) ? 3 : 60);
    /* Those of consumers, which come last, no writer comes by. */
    victim->step = is_injected ? random_below(ETWI_STEP_BUFFER_COPIED) : ETWI_STEP_COUNT;
    victim->patience_ms = is_injected ? PATIENCE_MS : random_below(12);
    victim->begins_to_write = is_injected || random_below(2);
    victim->attempts = attempts_of(place);
    victim->kill_at = etwi_now_ms() + (victim->begins_to_write ? START_MS : victim->patience_ms);
    victim->id = public_write(run->program, &work, victim->step, passes);
}

/* Kills those whose time has come, and takes away the dead. */
static bool tend(kill_run *run, bool start_again)
{
    bool is_running = false;
    for (unsigned i = 0; i < AT_ONCE; i++) {
        kill_victim *victim = &run->victims[i];
        int status = 0;
        if (!victim->id && start_again)
            start(run, i);
        if (!victim->id)
            continue;
        is_running = true;
        if (victim->begins_to_write && attempts_of(i) != victim->attempts) {
            victim->begins_to_write = false;
            victim->kill_at = etwi_now_ms() + victim->patience_ms;
        }
        const bool is_due = !start_again || etwi_now_ms() >= victim->kill_at;
        if (waitpid(victim->id, &status, WNOHANG) == victim->id) {
            const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
            if (!was_killed && status)
                rig_fail("a writer failed", "");
            run->kills += was_killed;
            run->at_steps += was_killed && !is_due && victim->step != ETWI_STEP_COUNT;
            victim->id = 0;
        } else if (is_due) {
            kill(victim->id, SIGKILL);
        }
    }
    return is_running;
}

static void begin(kill_run *run, const char *program, kill_way way)
{
    const char *const names[] = {"killed"};
    memset(run, 0, sizeof *run);
    run->program = program;
    run->way = way;
    run->info.size = sizeof run->info;
    if (way != TO_CONSUMER)
        snprintf(run->path, sizeof run->path, "%s/killed.etl", public_folder());
    const etw_session_options options = {
        .size = sizeof options,
        .name = names[0],
        .buffer_size = 4096,
        .maximum_buffers = BUFFERS,
        .mode = (way != TO_FILE ? ETW_MODE_REAL_TIME : 0) |
                (way != TO_CONSUMER ? ETW_MODE_SEQUENTIAL : 0),
        .log_file = run->path[0] ? run->path : NULL,
    };
    memset((void *)public_writers(), 0, RIG_WRITERS_MAX * sizeof(rig_writer));
    run->session = public_start(&options);
    if (way != TO_FILE)
        run->consumer = public_consume(names, 1);
}

static void take(kill_run *run, uint32_t timeout_ms)
{
    if (run->consumer)
        public_take(run->consumer, timeout_ms, &run->live, 1);
}

/* Stops the session, once all that is there was taken. */
static void end(kill_run *run)
{
    if (etw_session_flush(run->session) != ETW_OK)
        rig_fail("cannot flush", etw_session_error(run->session)->message);
    take(run, 100);
    /* Waiting for a provider looks at the cards of all processes, also of the dead. */
    const etw_enable_parameters parameters = {
        .size = sizeof parameters,
        .provider = etw_guid_from_name((etw_str){PUBLIC_PROVIDER, strlen(PUBLIC_PROVIDER)}),
        .level = 4,
        .timeout_ms = 5000,
    };
    if (etw_session_enable(run->session, &parameters, NULL) != ETW_OK ||
        etw_session_stop(run->session, &run->info) != ETW_OK)
        rig_fail("cannot stop", etw_session_error(run->session)->message);
    etw_session_close(&run->session);
    if (run->consumer)
        while (public_take(run->consumer, 1000, &run->live, 1) != ETW_END)
            ;
    etw_consumer_destroy(&run->consumer);
    if (run->path[0])
        public_read(run->path, &run->file);
    unlink(run->path);
}

/* Says what is wrong. */
static unsigned judge(const kill_run *run)
{
    const etw_session_info *info = &run->info;
    const public_tally *tally = run->way == TO_FILE ? &run->file : &run->live;
    const uint64_t corrupt = run->live.corrupt + run->file.corrupt;
    const uint64_t disorder = run->live.disorder + run->file.disorder;
    const rig_sums sums = rig_sum(public_writers());
    const int64_t in_doubt = (int64_t)(sums.attempts - tally->events - info->events_lost);
    unsigned wrong = 0;
    printf("%u kills (%u at steps), %llu attempts, %llu received, %llu lost, %lld in doubt, "
           "%llu corrupt",
           run->kills, run->at_steps, (unsigned long long)sums.attempts,
           (unsigned long long)tally->events, (unsigned long long)info->events_lost,
           (long long)in_doubt, (unsigned long long)corrupt);
    wrong += corrupt != 0 || disorder != 0 || tally->events == 0;
    wrong += in_doubt < 0 || in_doubt > (int64_t)run->kills * THREADS;
    if (run->way != TO_FILE) {
        printf(", %u of %u buffers free", info->free_buffers, info->buffers);
        wrong += info->free_buffers != info->buffers || info->real_time_buffers_lost != 0;
    }
    if (run->way == TO_BOTH) {
        printf(", %llu in the file", (unsigned long long)run->file.events);
        wrong += run->file.events != tally->events && !info->log_buffers_lost;
    }
    printf("\n");
    return wrong;
}

static unsigned run_way(const char *program, kill_way way, unsigned kills)
{
    kill_run run;
    const uint64_t deadline = etwi_now_ms() + TIMEOUT_MS;
    begin(&run, program, way);
    while (run.kills < kills && etwi_now_ms() < deadline) {
        tend(&run, true);
        take(&run, 1);
        if (!run.consumer)
            usleep(500);
    }
    while (tend(&run, false))
        take(&run, 1);
    end(&run);
    return judge(&run);
}

int main(int argc, char **argv)
{
    const unsigned kills = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100;
    unsigned wrong = 0;
    if (argc < 2)
        rig_fail("usage", "kill_public WRITER [live|file|both [KILLS]]");
    public_begin();
    for (unsigned way = 0; way < WAY_COUNT; way++) {
        if (argc > 2 && strcmp(argv[2], way_names[way]) != 0)
            continue;
        printf("%s: ", way_names[way]);
        fflush(stdout);
        wrong += run_way(argv[1], (kill_way)way, kills);
    }
    const bool is_clean = public_end();
    printf("%s%s\n", wrong ? "WRONG" : "right", is_clean ? "" : ", and something was left behind");
    return wrong || !is_clean;
}
