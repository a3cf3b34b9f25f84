/*
 * Writers that stop, execute another program or fork in the middle of an event, and consumers that
 * are killed: the session goes on, nothing is leaked, and the counts are right.
 */
#define _DEFAULT_SOURCE 1 /* usleep(). */

#include "engine/client.h"
#include "engine/live_internal.h"
#include "engine/step.h"
#include "os/os.h"
#include "rig.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BUFFERS = 16,
    PAYLOAD = 40,
    CHILD = 0, /* Writers, by number. */
    PARENT = 1,
};

static const rig_options ring = {ETWI_POOL_RING, 4096, BUFFERS, 0};
static const etwi_live_options at_once = {.latency_ms = 0};

static etwi_live *open_live(const rig_session *rig)
{
    etwi_mapping mapping;
    etwi_live *live = NULL;
    rig_open(&mapping, rig->folder, ETWI_CLIENT_NONE);
    etwi_client_leave(&mapping);
    CHECK_EQ(etwi_live_open_mapping(&live, &mapping, &at_once, NULL), ETW_OK);
    return live;
}

static uint32_t stop(rig_session *rig)
{
    etwi_mapping_set_state(&rig->control, ETWI_SESSION_STOPPING);
    const uint32_t left_out = etwi_slots_close(&rig->control, 50);
    etwi_mapping_set_state(&rig->control, ETWI_SESSION_STOPPED);
    return left_out;
}

/* Takes all there is; to the end of the session if it has ended. */
static void take_all(etwi_live *live, rig_tally *tally)
{
    etwi_live_round round;
    while (etwi_live_take(live, 0, &round, NULL) == ETW_OK) {
        for (size_t i = 0; i < round.count; i++)
            rig_tally_add(tally, round.chunks[i].records, round.chunks[i].size,
                          round.chunks[i].stream, INT64_MIN);
        etwi_live_release(live);
    }
}

/* Starts a process that writes ten events and comes upon `hook` while it owns a slot. */
static int start_writer(const rig_session *rig, void (*hook)(etwi_step step))
{
    const rig_work work = {.first_writer = CHILD,
                           .threads = 1,
                           .events = 10,
                           .payload_min = PAYLOAD,
                           .payload_max = PAYLOAD};
    fflush(stdout);
    const pid_t id = fork();
    if (id)
        return (int)id;
    etwi_step_hook = hook;
    rig_do(rig->folder, &work);
    _exit(0);
}

static void stop_once(etwi_step step)
{
    if (step == ETWI_STEP_OWNER_TAKEN) {
        etwi_step_hook = NULL;
        raise(SIGSTOP);
    }
}

static void a_stopped_writer_costs_its_event_only(void)
{
    rig_session rig;
    rig_tally tally;
    int status;
    rig_create(&rig, &ring);
    rig_tally_begin(&tally, rig.control.geometry.slot_count);
    etwi_live *live = open_live(&rig);
    const int id = start_writer(&rig, stop_once);
    CHECK_EQ(waitpid(id, &status, WUNTRACED), id);
    CHECK(WIFSTOPPED(status));
    for (uint64_t i = 0; i < 3000; i++) {
        rig_write(&rig.control, rig.writers, PARENT, i, PAYLOAD);
        if (i % 100 == 0)
            take_all(live, &tally);
    }
    CHECK_EQ(etwi_slots_flush(&rig.control, 10), 1);
    take_all(live, &tally);
    CHECK_EQ(tally.events, 3000);
    CHECK_EQ(stop(&rig), 1);
    kill(id, SIGCONT);
    CHECK_EQ(waitpid(id, &status, 0), id);
    CHECK_EQ(status, 0);
    take_all(live, &tally);
    etwi_mapping_counts counts;
    etwi_mapping_count(&rig.control, &counts);
    const rig_sums sums = rig_sum(rig.writers);
    CHECK_EQ(counts.events_lost + sums.refused, 1);
    CHECK_EQ(sums.attempts, tally.events + counts.events_lost + sums.refused);
    CHECK_EQ(counts.free_buffers, BUFFERS);
    CHECK_EQ(tally.corrupt, 0);
    etwi_live_close(&live);
    rig_tally_end(&tally);
    rig_destroy(&rig);
}

static void execute_another_program(etwi_step step)
{
    if (step == ETWI_STEP_OWNER_TAKEN)
        execl("/bin/sleep", "sleep", "20", (char *)NULL);
}

static void fork_and_die(etwi_step step)
{
    if (step != ETWI_STEP_OWNER_TAKEN)
        return;
    /* The child has its parent's locks as long as it lives. */
    if (fork() == 0) {
        usleep(1500000);
        _exit(0);
    }
    raise(SIGKILL);
}

/* Waits until the slot of a writer that will not come back was taken over. */
static void expect_recovery(void (*hook)(etwi_step step), bool is_to_be_killed)
{
    rig_session rig;
    int status;
    uint32_t recovered = 0;
    rig_create(&rig, &ring);
    const int id = start_writer(&rig, hook);
    if (!is_to_be_killed)
        CHECK_EQ(waitpid(id, &status, 0), id);
    for (unsigned i = 0; i < 1000 && !recovered; i++) {
        recovered = etwi_slots_recover(&rig.control);
        usleep(1000);
    }
    CHECK_EQ(recovered, 1);
    CHECK_EQ(rig_write(&rig.control, rig.writers, PARENT, 1, PAYLOAD), ETW_OK);
    CHECK_EQ(stop(&rig), 0);
    if (is_to_be_killed) {
        kill(id, SIGKILL);
        waitpid(id, &status, 0);
    }
    rig_destroy(&rig);
}

static void a_writer_that_became_another_program_is_gone(void)
{
    expect_recovery(execute_another_program, true);
}

static void a_dead_writer_whose_child_lives_is_gone(void)
{
    expect_recovery(fork_and_die, false);
}

/* A process that closes all it has open, as daemons do, and opens files of its own. */
static void write_without_files(const rig_session *rig)
{
    enum {
        EVENTS = 200,
        DESCRIPTORS_MAX = 64
    };
    char path[RIG_PATH_MAX + 16];
    struct stat about;
    etwi_mapping mapping;
    snprintf(path, sizeof path, "%s/own", rig->folder);
    rig_open(&mapping, rig->folder, ETWI_CLIENT_PROVIDER);
    rig_write(&mapping, rig->writers, CHILD, 0, PAYLOAD);
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++)
        close(fd);
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++)
        if (open(path, O_RDWR | O_CREAT, 0600) < 0)
            _exit(1);
    for (uint64_t i = 1; i < EVENTS; i++)
        rig_write(&mapping, rig->writers, CHILD, i, PAYLOAD);
    etwi_mapping_close(&mapping);
    const bool is_untouched = stat(path, &about) == 0 && about.st_size == 0;
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++)
        if (close(fd) != 0)
            _exit(2);
    unlink(path);
    _exit(is_untouched ? 0 : 3);
}

static void a_writer_that_closed_its_files_harms_nobody(void)
{
    static const rig_options direct = {ETWI_POOL_DIRECT, 4096, 500, 0};
    rig_session rig;
    int status = 0;
    rig_create(&rig, &direct);
    fflush(stdout);
    const pid_t id = fork();
    if (id == 0)
        write_without_files(&rig);
    CHECK_EQ(waitpid(id, &status, 0), id);
    CHECK_EQ(status, 0);
    CHECK_EQ(stop(&rig), 0);
    etwi_mapping_counts counts;
    etwi_mapping_count(&rig.control, &counts);
    const rig_sums sums = rig_sum(rig.writers);
    CHECK(counts.events > 1 && counts.events_lost > 1);
    CHECK_EQ(sums.attempts, counts.events + counts.events_lost);
    rig_destroy(&rig);
}

static _Atomic uint32_t looks_left;
static etwi_step deadly_step;

static void die_at_step(etwi_step step)
{
    if (step == deadly_step && atomic_fetch_sub(&looks_left, 1) == 1)
        raise(SIGKILL);
}

/* A consumer that dies after it came by a step so often. */
static int start_consumer(const rig_session *rig, etwi_step step, uint32_t passes)
{
    fflush(stdout);
    const pid_t id = fork();
    if (id)
        return (int)id;
    rig_tally tally;
    etwi_live_round round;
    rig_tally_begin(&tally, rig->control.geometry.slot_count);
    etwi_live *live = open_live(rig);
    deadly_step = step;
    atomic_store(&looks_left, passes);
    etwi_step_hook = die_at_step;
    etw_status status;
    do { /* Without news it also comes back when a slow writer is done. */
        status = etwi_live_take(live, 2000, &round, NULL);
        etwi_live_release(live);
    } while (status == ETW_OK || status == ETW_AGAIN);
    _exit(3);
}

static void killed_consumers_leave_nothing_behind(void)
{
    static const etwi_step steps[] = {ETWI_STEP_BUFFER_COPIED, ETWI_STEP_BUFFER_READ,
                                      ETWI_STEP_BUFFER_FREED};
    for (unsigned n = 0; n < 30; n++) {
        rig_session rig;
        rig_tally tally;
        int status = 0;
        rig_create(&rig, &ring);
        rig_tally_begin(&tally, rig.control.geometry.slot_count);
        const int id = start_consumer(&rig, steps[n % 3], 1 + n / 3);
        for (uint64_t i = 0; waitpid(id, &status, WNOHANG) == 0; i++)
            rig_write(&rig.control, rig.writers, PARENT, i, PAYLOAD);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        /* The next one gets what is left, and no buffer is missing afterwards. */
        etwi_live *live = open_live(&rig);
        rig_write(&rig.control, rig.writers, PARENT, UINT32_MAX, PAYLOAD);
        stop(&rig);
        take_all(live, &tally);
        etwi_mapping_counts counts;
        etwi_mapping_count(&rig.control, &counts);
        CHECK(tally.events > 0);
        CHECK_EQ(tally.corrupt, 0);
        CHECK_EQ(counts.free_buffers, BUFFERS);
        CHECK_EQ(counts.consumers, 1);
        etwi_live_close(&live);
        rig_tally_end(&tally);
        rig_destroy(&rig);
    }
}

static void write_on(rig_session *rig, etwi_live *live, rig_tally *tally, uint64_t *number)
{
    rig_write(&rig->control, rig->writers, PARENT, (*number)++, PAYLOAD);
    if (*number % 30 == 0)
        take_all(live, tally);
}

/* One of two consumers dies: the other one goes on getting every event that is not counted as lost,
 * and soon none is lost for the dead one's sake any more. */
static void a_killed_consumer_takes_nothing_from_others(void)
{
    static const etwi_step steps[] = {ETWI_STEP_BUFFER_COPIED, ETWI_STEP_BUFFER_READ,
                                      ETWI_STEP_BUFFER_FREED};
    enum {
        EVENTS = 6000
    };
    for (unsigned n = 0; n < 3; n++) {
        rig_session rig;
        rig_tally tally;
        etwi_mapping_counts counts;
        int status = 0;
        uint64_t number = 0;
        rig_create(&rig, &ring);
        rig_tally_begin(&tally, rig.control.geometry.slot_count);
        etwi_live *live = open_live(&rig);
        const int id = start_consumer(&rig, steps[n], 1 + n);
        while (waitpid(id, &status, WNOHANG) == 0)
            write_on(&rig, live, &tally, &number);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        do {
            for (unsigned i = 0; i < 60; i++)
                write_on(&rig, live, &tally, &number);
            usleep(5000);
            etwi_mapping_count(&rig.control, &counts);
        } while (counts.consumers == 2 && number < 100000);
        CHECK_EQ(counts.consumers, 1);
        const uint64_t lost_before = counts.events_lost;
        for (unsigned i = 0; i < EVENTS; i++)
            write_on(&rig, live, &tally, &number);
        stop(&rig);
        take_all(live, &tally);
        etwi_mapping_count(&rig.control, &counts);
        CHECK_EQ(tally.corrupt + tally.out_of_order, 0);
        CHECK_EQ(counts.events_lost, lost_before);
        CHECK_EQ(tally.events, counts.events);
        CHECK_EQ(tally.events + counts.events_lost, number);
        CHECK_EQ(counts.free_buffers, BUFFERS);
        etwi_live_close(&live);
        rig_tally_end(&tally);
        rig_destroy(&rig);
    }
}

int main(void)
{
    RUN(a_stopped_writer_costs_its_event_only);
    RUN(a_writer_that_became_another_program_is_gone);
    RUN(a_dead_writer_whose_child_lives_is_gone);
    RUN(a_writer_that_closed_its_files_harms_nobody);
    RUN(killed_consumers_leave_nothing_behind);
    RUN(a_killed_consumer_takes_nothing_from_others);
    return test_finish();
}
