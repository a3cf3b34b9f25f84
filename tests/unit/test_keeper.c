/* Keepers of log files that stop, or whose process forks; and what files tell of losses. */
#define _XOPEN_SOURCE 700

#include "engine/slot.h"
#include "engine_world.h"
#include "os/os.h"
#include "os/private.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAYLOAD = 100,
    MODE = ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME,
};

static pid_t keeper_of(const char *name)
{
    etwi_mapping mapping;
    pid_t found = 0;
    if (!world_open(&mapping, name))
        return 0;
    /* The place of one that died may still say that there is a keeper. */
    for (uint32_t i = 0; i < ETWI_CLIENTS_MAX; i++) {
        const pid_t pid = (pid_t)atomic_load(&mapping.clients[i].pid);
        if (atomic_load(&mapping.clients[i].kind) == ETWI_CLIENT_KEEPER && kill(pid, 0) == 0)
            found = pid;
    }
    etwi_mapping_close(&mapping);
    return found;
}

static bool write_into(const char *name, uint64_t first, uint64_t count)
{
    etwi_mapping mapping;
    if (!world_open(&mapping, name))
        return false;
    const bool all = world_write(&mapping, first, count, PAYLOAD) == count;
    etwi_mapping_close(&mapping);
    return all;
}

/* Each file says what was lost since the one before it ended, long before losses are looked at by
 * the clock. */
static void new_files_tell_their_losses(void)
{
    etw_session_options options =
        world_options("lossy", world_path("lossy %d.etl"), ETW_MODE_NEW_FILE);
    options.buffer_size = 4096;
    options.maximum_file_size = 40 * 4096;
    options.flush_timer_ms = 60000;
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "lossy"));
    uint64_t written = 0, attempts = 0;
    while (attempts < 40000 ||
           (attempts < 4000000 && access(world_path("lossy 6.etl"), F_OK) != 0)) {
        written += world_write(&mapping, 0, 2000, PAYLOAD);
        attempts += 2000;
        etwi_sleep_ms(5);
    }
    etwi_mapping_close(&mapping);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events + info.events_lost, attempts);
    uint64_t events = 0, lost = 0;
    unsigned lossy = 0;
    char name[32];
    for (unsigned i = 1; i < 1000; i++) {
        snprintf(name, sizeof name, "lossy %u.etl", i);
        if (access(world_path(name), F_OK) != 0)
            break;
        const world_file file = world_read(world_path(name));
        events += file.events;
        lost += file.events_lost;
        lossy += file.events_lost > 0;
    }
    CHECK(lossy > 1);
    CHECK_EQ(events, written);
    CHECK_EQ(lost, info.events_lost);
}

/* Lets a process go on after a while. */
static pid_t continue_later(pid_t stopped)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        etwi_sleep_ms(300);
        _exit(kill(stopped, SIGCONT) == 0 ? 0 : 1);
    }
    return child;
}

static void stopping_waits_for_a_stopped_keeper(void)
{
    const etw_session_options options = world_options("stopped", world_path("stopped.etl"), MODE);
    etwi_engine_session *session = world_start(&options);
    int how = -1;
    REQUIRE(session);
    const pid_t keeper = keeper_of("stopped");
    REQUIRE(keeper > 0 && keeper != getpid());
    CHECK_EQ(kill(keeper, SIGSTOP), 0);
    CHECK(write_into("stopped", 0, 100));
    const pid_t helper = continue_later(keeper);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(waitpid(helper, &how, 0), helper);
    CHECK_EQ(how, 0);
    CHECK_EQ(info.events, 100);
    const world_file file = world_read(options.log_file);
    CHECK_EQ(file.events, 100);
    CHECK(file.end_time != 0);
}

/* Waits until a process that is not a child has ended. */
static bool has_ended(pid_t id)
{
    for (unsigned i = 0; i < 1000 && kill(id, 0) == 0; i++)
        etwi_sleep_ms(5);
    return kill(id, 0) != 0;
}

static void stopping_gives_up_a_keeper_that_does_not_go_on(void)
{
    const etw_session_options options = world_options("stuck", world_path("stuck.etl"), MODE);
    etwi_engine_session *session = world_start(&options);
    etwi_engine_session *other = NULL;
    etw_error error = {.message = ""};
    REQUIRE(session);
    const pid_t keeper = keeper_of("stuck");
    REQUIRE(keeper > 0 && keeper != getpid());
    CHECK_EQ(kill(keeper, SIGSTOP), 0);
    CHECK(write_into("stuck", 0, 100));
    CHECK_EQ(etwi_engine_stop(session, NULL, &error), ETW_E_TIMEOUT);
    CHECK(strstr(error.message, "keeper") != NULL);
    etwi_engine_close(&session);
    CHECK_EQ(etwi_engine_attach(&other, "stuck", NULL, NULL), ETW_E_NOT_FOUND);
    // When it goes on it still does what it can, and ends.
    CHECK_EQ(kill(keeper, SIGCONT), 0);
    CHECK(has_ended(keeper));
    const world_file file = world_read(options.log_file);
    CHECK_EQ(file.events, 100);
    CHECK_EQ(file.bad_events, 0);
}

/* A process whose thread keeps the session that it started, and its child. */
static void keep_and_fork(const etw_session_options *options, int answer)
{
    setenv("ETW_KEEPER", "/no/such/program", 1);
    etwi_engine_session *session = world_start(options);
    if (!session || keeper_of(options->name) != getpid() || !write_into(options->name, 0, 50) ||
        etwi_engine_flush(session, NULL) != ETW_OK)
        _exit(1);
    // The child tells that it is there: it has nothing of the session from then on.
    const pid_t child = fork();
    const pid_t own = getpid();
    if (child == 0 && write(answer, &own, sizeof own) != sizeof own)
        _exit(1);
    etwi_sleep_ms(60000);
    _exit(0);
}

static void the_child_of_a_keeping_process_keeps_nothing(void)
{
    const etw_session_options options = world_options("forked", world_path("forked.etl"), MODE);
    int ends[2], how = 0;
    pid_t child = 0;
    REQUIRE(pipe(ends) == 0);
    fflush(stdout);
    const pid_t parent = fork();
    if (parent == 0)
        keep_and_fork(&options, ends[1]);
    close(ends[1]);
    REQUIRE(read(ends[0], &child, sizeof child) == sizeof child);
    close(ends[0]);
    CHECK_EQ(kill(parent, SIGKILL), 0);
    CHECK_EQ(waitpid(parent, &how, 0), parent);
    // The child lives, and yet nobody keeps the session until somebody looks at it.
    etwi_engine_session *session = NULL;
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_attach(&session, "forked", NULL, NULL), ETW_OK);
    REQUIRE(session);
    const pid_t keeper = keeper_of("forked");
    CHECK(keeper > 0 && keeper != parent && keeper != child);
    CHECK(write_into("forked", 50, 50));
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events, 100);
    CHECK_EQ(kill(child, SIGKILL), 0);
    const world_file file = world_read(options.log_file);
    CHECK_EQ(file.events, 100);
    CHECK_EQ(file.bad_events, 0);
    CHECK(file.end_time != 0);
}

/* Without "long" the test leaves out what takes long. */
int main(int count, char **arguments)
{
    if (count > 1)
        setenv("ETW_KEEPER", arguments[1], 1);
    world_begin();
    if (count > 2) {
        RUN(stopping_gives_up_a_keeper_that_does_not_go_on);
    } else {
        RUN(new_files_tell_their_losses);
        RUN(stopping_waits_for_a_stopped_keeper);
        RUN(the_child_of_a_keeping_process_keeps_nothing);
    }
    const int failed = test_finish();
    return !world_end() || failed;
}
