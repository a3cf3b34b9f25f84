/* What goes wrong around sessions: full disks, stopped processes, other users, races. */
#define _GNU_SOURCE 1 /* For mounting. */

#include "engine/session_folder.h"
#include "engine/slot.h"
#include "engine_world.h"
#include "os/private.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAYLOAD = 100,
};

static int wait_for(pid_t child)
{
    int how = -1;
    CHECK_EQ(waitpid(child, &how, 0), child);
    return how;
}

/* ---- full disks ------------------------------------------------------------------------------ */

/* A small file system in a folder; false, loudly, where mounting is not allowed. */
static bool mount_small(const char *path, const char *size)
{
    CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
    if (mount("etw-test", path, "tmpfs", 0, size) == 0)
        return true;
    printf("SKIPPED: mounting a small file system: %s\n", strerror(errno));
    CHECK(errno == EPERM || errno == EACCES);
    return false;
}

static void full_disks_cost_events_only(void)
{
    const char *folder = world_path("small");
    if (!mount_small(folder, "size=2m"))
        return;
    const etw_session_options options = world_options("small", world_path("small/log.etl"), 0);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    CHECK(session);
    if (session && CHECK(world_open(&mapping, "small"))) {
        const uint64_t written = world_write(&mapping, 0, 50000, PAYLOAD);
        CHECK(written > 5000 && written < 50000);
        etwi_mapping_close(&mapping);
        etw_session_info info = {.size = sizeof info};
        CHECK_EQ(world_stop(session, &info), ETW_OK);
        CHECK_EQ(info.events, written);
        CHECK_EQ(info.events_lost, 50000 - written);
        const world_file file = world_read(options.log_file);
        CHECK_EQ(file.events, written);
        CHECK_EQ(file.bad_events, 0);
        CHECK_EQ(file.events_lost, 50000 - written);
    }
    CHECK_EQ(umount(folder), 0);
}

static void kept_files_on_full_disks_lose_buffers(void)
{
    const char *folder = world_path("small");
    if (!mount_small(folder, "size=512k"))
        return;
    const etw_session_options options = world_options("smaller", world_path("small/kept.etl"),
                                                      ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    CHECK(session);
    if (session && CHECK(world_open(&mapping, "smaller"))) {
        uint64_t written = 0;
        for (unsigned i = 0; i < 30; i++) {
            written += world_write(&mapping, written, 300, PAYLOAD);
            etwi_sleep_ms(2);
        }
        etwi_mapping_close(&mapping);
        etw_session_info info = {.size = sizeof info};
        CHECK_EQ(world_stop(session, &info), ETW_OK);
        CHECK_EQ(info.events, written);
        CHECK(info.log_buffers_lost > 0);
        const world_file file = world_read(options.log_file);
        CHECK(file.events > 300 && file.events < written);
        CHECK_EQ(file.bad_events, 0);
        CHECK_EQ(file.buffers_lost, info.log_buffers_lost);
        CHECK_EQ(file.status, ETW_END);
    }
    CHECK_EQ(umount(folder), 0);
}

static void memory_is_asked_for_at_the_start(void)
{
    char kept[300];
    const char *folder = world_path("tiny");
    if (!mount_small(folder, "size=1m,mode=700"))
        return;
    snprintf(kept, sizeof kept, "%s", getenv("ETW_RUNTIME_DIR"));
    setenv("ETW_RUNTIME_DIR", folder, 1);
    const etw_session_options options = world_options("tiny", NULL, 0);
    etwi_engine_session *session = NULL;
    etw_error error;
    CHECK_EQ(etwi_engine_start(&session, &options, &error), ETW_E_LIMIT);
    CHECK(access(world_path("tiny/sessions/1"), F_OK) != 0);
    setenv("ETW_RUNTIME_DIR", kept, 1);
    CHECK_EQ(umount(folder), 0);
}

/* ---- stopped processes ----------------------------------------------------------------------- */

/* Stops in the middle of an event, and ends it when it goes on. */
static pid_t start_stopped_writer(const char *name)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        etwi_mapping mapping;
        etwi_room room;
        if (!world_open(&mapping, name) || world_write(&mapping, 0, 100, PAYLOAD) != 100 ||
            etwi_slot_reserve(&mapping, 200, &room) != ETW_OK)
            _exit(1);
        memset(room.at, 0x55, room.size / 2);
        raise(SIGSTOP);
        memset(room.at, 0x55, room.size);
        etwi_slot_commit(&mapping, &room);
        _exit(world_write(&mapping, 100, 10, PAYLOAD) == 0 ? 0 : 2);
    }
    int how = 0;
    CHECK_EQ(waitpid(child, &how, WUNTRACED), child);
    CHECK(WIFSTOPPED(how));
    return child;
}

static void stopped_writers_do_not_spoil_the_file(void)
{
    const char *path = world_path("stopped.etl");
    etw_session_options options = world_options("stopped", path, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    const pid_t child = start_stopped_writer("stopped");
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events, 100);
    kill(child, SIGCONT);
    CHECK_EQ(wait_for(child), 0);
    const world_file file = world_read(path);
    CHECK_EQ(file.events, 100);
    CHECK_EQ(file.bad_events, 0);
    CHECK(file.end_time != 0);
    CHECK(access(world_path("stopped.etl.tmp"), F_OK) != 0);
}

static void stopped_writers_hold_up_nobody(void)
{
    etw_session_options options = world_options("held", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    const pid_t child = start_stopped_writer("held");
    etwi_mapping mapping;
    REQUIRE(world_open(&mapping, "held"));
    CHECK_EQ(world_write(&mapping, 0, 100, PAYLOAD), 100);
    etwi_mapping_close(&mapping);
    CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events, 200);
    kill(child, SIGCONT);
    CHECK_EQ(wait_for(child), 0);
}

/* ---- races ----------------------------------------------------------------------------------- */

static void one_of_many_starts_a_name(void)
{
    enum {
        RACERS = 6
    };
    pid_t racers[RACERS];
    unsigned started = 0;
    const etw_session_options options = world_options("raced", NULL, 0);
    fflush(stdout);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = fork();
        if (racers[i] == 0) {
            etwi_engine_session *session;
            const etw_status status = etwi_engine_start(&session, &options, NULL);
            _exit(status == ETW_OK ? 10 : status == ETW_E_EXISTS ? 20 : 1);
        }
    }
    for (unsigned i = 0; i < RACERS; i++) {
        const int how = wait_for(racers[i]);
        CHECK(WIFEXITED(how) && (WEXITSTATUS(how) == 10 || WEXITSTATUS(how) == 20));
        started += WIFEXITED(how) && WEXITSTATUS(how) == 10;
    }
    CHECK_EQ(started, 1);
    CHECK_EQ(etwi_engine_prune(NULL, NULL, NULL), ETW_OK);
}

static void sessions_start_and_stop_side_by_side(void)
{
    enum {
        RACERS = 4,
        ROUNDS = 25
    };
    pid_t racers[RACERS];
    char name[16];
    fflush(stdout);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = fork();
        if (racers[i] == 0) {
            snprintf(name, sizeof name, "racer %u", i);
            etw_session_options options = world_options(name, NULL, 0);
            options.buffer_size = 4096;
            for (unsigned round = 0; round < ROUNDS; round++) {
                etwi_mapping mapping;
                etw_session_info info = {.size = sizeof info};
                etwi_engine_session *session = world_start(&options);
                if (!session || !world_open(&mapping, name) ||
                    world_write(&mapping, 0, 5, PAYLOAD) != 5)
                    _exit(1);
                etwi_mapping_close(&mapping);
                if (world_stop(session, &info) != ETW_OK || info.events != 5)
                    _exit(2);
            }
            _exit(0);
        }
    }
    for (unsigned i = 0; i < RACERS; i++)
        CHECK_EQ(wait_for(racers[i]), 0);
}

/* ---- other users ----------------------------------------------------------------------------- */

static etw_status take_none(void *user, const etw_session_info *info)
{
    (void)user;
    (void)info;
    return ETW_OK;
}

/* As another user, without the library: each thing that was possible has a bit. */
static int try_files(const char *folder)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    int possible = 0;
    snprintf(path, sizeof path, "%.*s/ctl", (int)sizeof path - 5, folder);
    if (open(path, O_RDONLY) >= 0)
        possible |= 16;
    if (unlink(path) == 0 || rmdir(folder) == 0)
        possible |= 32;
    return possible;
}

/* The same with the library, too. */
static int try_everything(const char *folder)
{
    etwi_engine_session *session;
    etwi_mapping mapping;
    int possible = try_files(folder);
    if (etwi_engine_attach(&session, "mine", NULL, NULL) != ETW_E_ACCESS)
        possible |= 1;
    if (etwi_engine_list(take_none, NULL, NULL) != ETW_E_ACCESS)
        possible |= 2;
    if (etwi_engine_prune(NULL, NULL, NULL) != ETW_E_ACCESS)
        possible |= 4;
    if (etwi_session_folder_open(&mapping, folder, NULL) != ETW_E_ACCESS)
        possible |= 8;
    etwi_live *live;
    const etwi_live_options options = {.latency_ms = 10};
    if (etwi_live_open(&live, "mine", &options, NULL) != ETW_E_ACCESS)
        possible |= 64;
    return possible;
}

/* What another user could do. */
static int try_as_another(int (*try)(const char *folder), const char *folder)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        _exit(setgid(65534) == 0 && setuid(65534) == 0 ? try(folder) : 127);
    const int how = wait_for(child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static int can_reach(const char *folder)
{
    return access(folder, X_OK) == 0;
}

/* Where nothing is protected all that is tried is possible: the test below can fail. */
static void check_that_tries_succeed(void)
{
    const char *folder = world_path("open");
    const char *file = world_path("open/ctl");
    CHECK_EQ(mkdir(folder, 0777), 0);
    CHECK_EQ(chmod(folder, 0777), 0);
    const int fd = open(file, O_RDWR | O_CREAT, 0666);
    CHECK(fd >= 0 && fchmod(fd, 0666) == 0 && close(fd) == 0);
    if (try_as_another(can_reach, folder))
        CHECK_EQ(try_as_another(try_files, folder), 16 | 32);
    else
        printf("SKIPPED: others do not get to temporary files\n");
    unlink(file);
    rmdir(folder);
}

static void other_users_are_kept_out(void)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    if (geteuid() != 0) {
        printf("SKIPPED: becoming another user needs root\n");
        CHECK(true);
        return;
    }
    const etw_session_options options = world_options("mine", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    snprintf(folder, sizeof folder, "%s/sessions/1", getenv("ETW_RUNTIME_DIR"));
    CHECK_EQ(chmod(world_folder, 0755), 0); // The runtime folder itself keeps them out.
    check_that_tries_succeed();
    CHECK_EQ(try_as_another(try_everything, folder), 0);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

int main(int count, char **arguments)
{
    if (count > 1)
        setenv("ETW_KEEPER", arguments[1], 1);
    world_begin();
    RUN(full_disks_cost_events_only);
    RUN(kept_files_on_full_disks_lose_buffers);
    RUN(memory_is_asked_for_at_the_start);
    RUN(stopped_writers_do_not_spoil_the_file);
    RUN(stopped_writers_hold_up_nobody);
    RUN(one_of_many_starts_a_name);
    RUN(sessions_start_and_stop_side_by_side);
    RUN(other_users_are_kept_out);
    const int failed = test_finish();
    return !world_end() || failed;
}
