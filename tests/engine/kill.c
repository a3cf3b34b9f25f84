/*
 * Kills writers, at random and at every store of the protocol, while others write and a consumer
 * reads. Whatever was killed: no event is corrupt, no buffer is leaked, no slot stays taken, and of
 * each killed writer at most the one event it was writing is in doubt.
 *
 * usage: kill [ring|recycling|direct|circular [KILLS]]
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "base/bytes.h"
#include "engine/client.h"
#include "engine/drain.h"
#include "engine/live_internal.h"
#include "engine/step.h"
#include "etl/layout.h"
#include "os/os.h"
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    AT_ONCE = 3, /* Writing processes. */
    THREADS = 2,
    BUFFER_SIZE_USED = 4096,
    BUFFERS = 24,
    BUFFERS_DIRECT = 60000,
    EVENTS = 100000, /* Of a writer that is not killed before. */
    TIMEOUT_MS = 300000,
};

/* Steps that writers come by; the others are those of consumers. */
static const etwi_step writer_steps[] = {
    ETWI_STEP_OWNER_TAKEN,     ETWI_STEP_RECORD_COMMITTED, ETWI_STEP_RECORD_COUNTED,
    ETWI_STEP_OWNER_FREED,     ETWI_STEP_ASLEEP_SEEN,      ETWI_STEP_HEADER_SEALED,
    ETWI_STEP_CURRENT_CLEARED, ETWI_STEP_BUFFER_FULL,      ETWI_STEP_SEQUENCE_TAKEN,
    ETWI_STEP_BUFFER_CLAIMED,  ETWI_STEP_NEXT_MOVED,       ETWI_STEP_HEADER_EMPTIED,
    ETWI_STEP_HEADER_NUMBERED, ETWI_STEP_CURRENT_SET,      ETWI_STEP_SLOT_TAKEN_OVER,
    ETWI_STEP_ORPHAN_RESOLVED,
};

enum {
    STEP_COUNT = sizeof writer_steps / sizeof writer_steps[0]
};

typedef struct kill_run {
    rig_session rig;
    etwi_pool_kind kind;
    etwi_live *live; /* Of a ring. */
    rig_tally tally;
    int64_t complete_until;
    unsigned started, kills;
    unsigned by_step[ETWI_STEP_COUNT];
    struct {
        int id;
        uint64_t kill_at; /* In etwi_now_ms(); 0: it kills itself. */
        etwi_step step;
    } writers[AT_ONCE];
} kill_run;

static _Atomic int64_t steps_left;
static etwi_step deadly_step;

static void die_at(etwi_step step)
{
    if (step == deadly_step && atomic_fetch_sub(&steps_left, 1) == 1)
        kill(getpid(), SIGKILL);
}

static unsigned random_below(unsigned limit)
{
    static uint32_t state = 12345;
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % limit;
}

/* Starts a writer that is to die soon, and notes how. */
static void start(kill_run *run, unsigned place)
{
    const rig_work work = {
        .first_writer = place * THREADS,
        .threads = THREADS,
        .events = EVENTS,
        .first_number = (uint64_t)run->started++ * EVENTS,
        .payload_min = RIG_PAYLOAD_MIN,
        .payload_max = 200,
        .burst = 50,
        .pause_us = run->kind == ETWI_POOL_RING ? 20 : 200,
    };
    const bool is_injected = random_below(4) != 0;
    const etwi_step step = writer_steps[random_below(STEP_COUNT)];
    const unsigned passes = 1 + random_below(random_below(2) ? 3 : 60);
    run->writers[place].step = is_injected ? step : ETWI_STEP_COUNT;
    run->writers[place].kill_at = is_injected ? 0 : etwi_now_ms() + random_below(6);
    fflush(stdout);
    const pid_t id = fork();
    if (id < 0)
        rig_fail("no process", "");
    if (!id) {
        if (is_injected) {
            deadly_step = step;
            atomic_store(&steps_left, passes);
            etwi_step_hook = die_at;
        }
        rig_do(run->rig.folder, &work);
        _exit(0);
    }
    run->writers[place].id = (int)id;
}

/* Kills those whose time has come, and takes away the dead. Steps that writers seldom come by are
 * given up after a while: those are killed too. */
static void tend(kill_run *run, bool start_again)
{
    enum {
        PATIENCE_MS = 60
    };
    for (unsigned i = 0; i < AT_ONCE; i++) {
        int status = 0;
        if (!run->writers[i].id) {
            if (start_again)
                start(run, i);
            continue;
        }
        const uint64_t now = etwi_now_ms();
        if (!run->writers[i].kill_at)
            run->writers[i].kill_at = now + PATIENCE_MS;
        const bool is_due = now >= run->writers[i].kill_at;
        if (waitpid(run->writers[i].id, &status, WNOHANG) == run->writers[i].id) {
            const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
            if (!was_killed && status)
                rig_fail("a writer failed", "");
            run->kills += was_killed;
            run->by_step[run->writers[i].step % ETWI_STEP_COUNT] +=
                was_killed && !is_due && run->writers[i].step != ETWI_STEP_COUNT;
            run->writers[i].id = 0;
        } else if (is_due) {
            kill(run->writers[i].id, SIGKILL);
        }
    }
}

static etw_status take(kill_run *run, uint32_t timeout_ms)
{
    etwi_live_round round;
    etw_error error = {.status = ETW_OK};
    const etw_status status = etwi_live_take(run->live, timeout_ms, &round, &error);
    if (etw_failed(status))
        rig_fail("take", error.message);
    for (size_t i = 0; i < round.count; i++)
        rig_tally_add(&run->tally, round.chunks[i].records, round.chunks[i].size,
                      round.chunks[i].stream, run->complete_until);
    run->complete_until = round.complete_until;
    etwi_live_release(run->live);
    return status;
}

/* What is in the buffers of a session that has ended, where nobody consumes it. */
static void read_pool(kill_run *run)
{
    etwi_mapping *mapping = &run->rig.control;
    const uint32_t used = etwi_geometry_is_direct(&mapping->geometry)
                              ? etwi_mapping_used_buffers(mapping)
                              : mapping->geometry.buffer_count;
    for (uint32_t i = mapping->geometry.first_buffer; i < used; i++) {
        const uint8_t *buffer = etwi_mapping_buffer(mapping, i);
        const uint64_t descriptor = atomic_load(&mapping->descriptors[i]);
        const uint32_t end = etwi_load_u32(buffer + BUFFER_OFFSET);
        if (etwi_descriptor_state(descriptor) == ETWI_BUFFER_FREE)
            continue;
        if (etwi_descriptor_state(descriptor) != ETWI_BUFFER_FULL || end < BUFFER_HEADER_SIZE ||
            end > BUFFER_SIZE_USED || etwi_load_u32(buffer + BUFFER_STATE) != BUFFER_STATE_SEALED)
            run->tally.corrupt++;
        else
            /* Buffers lie in any order here: each is a stream of its own. */
            rig_tally_add(&run->tally, buffer + BUFFER_HEADER_SIZE, end - BUFFER_HEADER_SIZE, i,
                          INT64_MIN);
    }
}

static void begin(kill_run *run, etwi_pool_kind kind)
{
    memset(run, 0, sizeof *run);
    const uint32_t buffers = kind == ETWI_POOL_DIRECT ? BUFFERS_DIRECT : BUFFERS;
    const rig_options options = {kind, BUFFER_SIZE_USED, buffers, 0};
    run->kind = kind;
    run->complete_until = INT64_MIN;
    rig_create(&run->rig, &options);
    rig_tally_begin(&run->tally,
                    kind == ETWI_POOL_RING ? run->rig.control.geometry.slot_count : buffers);
    if (kind != ETWI_POOL_RING)
        return;
    etwi_mapping mapping;
    etw_error error = {.status = ETW_OK};
    const etwi_live_options options_live = {.latency_ms = 0};
    rig_open(&mapping, run->rig.folder, ETWI_CLIENT_NONE);
    etwi_client_leave(&mapping);
    if (etw_failed(etwi_live_open_mapping(&run->live, &mapping, &options_live, &error)))
        rig_fail("cannot attach", error.message);
}

/* Stops the session and says what is wrong with it. */
static unsigned finish(kill_run *run)
{
    etwi_mapping *control = &run->rig.control;
    unsigned wrong = 0;
    etwi_mapping_set_state(control, ETWI_SESSION_STOPPING);
    const uint32_t left_out = etwi_slots_close(control, 5000);
    etwi_mapping_set_state(control, ETWI_SESSION_STOPPED);
    if (run->live)
        while (take(run, 100) != ETW_END)
            ;
    else
        read_pool(run);
    etwi_mapping_counts counts;
    etwi_mapping_count(control, &counts);
    const rig_sums sums = rig_sum(run->rig.writers);
    const uint64_t found = run->tally.events + counts.events_lost;
    const int64_t in_doubt = (int64_t)(sums.attempts - found);
    const bool loses_by_design =
        run->kind == ETWI_POOL_RECYCLING || run->kind == ETWI_POOL_DIRECT_CIRCULAR;
    printf("%u kills, %llu attempts, %llu received, %llu lost, %lld in doubt, %llu corrupt, "
           "%llu slots recovered",
           run->kills, (unsigned long long)sums.attempts, (unsigned long long)run->tally.events,
           (unsigned long long)counts.events_lost, (long long)in_doubt,
           (unsigned long long)run->tally.corrupt,
           (unsigned long long)atomic_load(&control->header->recovered));
    if (run->live)
        printf(", %u of %u buffers free", counts.free_buffers, counts.buffers);
    printf("\nat steps:");
    for (unsigned i = 0; i < STEP_COUNT; i++)
        printf(" %u", run->by_step[writer_steps[i]]);
    printf("\n");
    wrong += run->tally.corrupt != 0 || run->tally.out_of_order != 0 || left_out != 0;
    wrong += in_doubt < 0 || (!loses_by_design && in_doubt > (int64_t)run->kills * THREADS);
    wrong += run->live && counts.free_buffers != counts.buffers;
    wrong += run->tally.events == 0;
    if (run->live)
        etwi_live_close(&run->live);
    rig_tally_end(&run->tally);
    rig_destroy(&run->rig);
    if (wrong)
        printf("WRONG: %u\n", wrong);
    return wrong;
}

static unsigned run_kind(etwi_pool_kind kind, unsigned kills)
{
    kill_run run;
    const uint64_t end = etwi_now_ms() + TIMEOUT_MS;
    begin(&run, kind);
    while (run.kills < kills && etwi_now_ms() < end) {
        tend(&run, true);
        if (run.live)
            take(&run, 1);
        else
            usleep(500);
    }
    for (unsigned i = 0; i < AT_ONCE; i++)
        run.writers[i].kill_at = 1;
    for (bool is_running = true; is_running;) {
        tend(&run, false);
        is_running = false;
        for (unsigned i = 0; i < AT_ONCE; i++)
            is_running |= run.writers[i].id != 0;
        if (run.live)
            take(&run, 1);
    }
    return finish(&run);
}

/* Sessions of this kind, one after the other: a file would be full, and nothing be changed in it
 * any more. */
static unsigned run_kinds(etwi_pool_kind kind, unsigned kills)
{
    enum {
        KILLS_OF_ONE = 500
    };
    unsigned wrong = 0;
    for (unsigned left = kills; left;) {
        const unsigned now = left < KILLS_OF_ONE ? left : KILLS_OF_ONE;
        wrong += run_kind(kind, now);
        left -= now;
    }
    return wrong;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"ring", "recycling", "direct", "circular"};
    const unsigned kills = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (argc > 1 && strcmp(argv[1], names[i]) != 0)
            continue;
        printf("%s: ", names[i]);
        fflush(stdout);
        wrong += run_kinds((etwi_pool_kind)(ETWI_POOL_RING + i), kills);
    }
    return wrong ? 1 : 0;
}
