/* Log files of sessions whose processes are killed, or may not have more room. */
#define _XOPEN_SOURCE 700

#include "engine_world.h"
#include "os/private.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAYLOAD = 100,
};

static uint64_t sum_below(uint64_t count)
{
    return count * (count - 1) / 2;
}

static void preallocated_files_end_where_their_events_do(void)
{
    const char *path = world_path("pre.etl");
    etw_session_options options =
        world_options("pre", path, ETW_MODE_SEQUENTIAL | ETW_MODE_PREALLOCATE);
    options.maximum_file_size = 32 * 64 * 1024;
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    struct stat info;
    CHECK_EQ(stat(path, &info), 0);
    CHECK_EQ(info.st_size, options.maximum_file_size);
    CHECK(info.st_blocks * 512 >= info.st_size);
    etwi_mapping mapping;
    REQUIRE(world_open(&mapping, "pre"));
    CHECK_EQ(world_write(&mapping, 0, 10, PAYLOAD), 10);
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    const world_file file = world_read(path);
    CHECK_EQ(file.events, 10);
    CHECK_EQ(file.size, (uint64_t)file.buffers_written * file.buffer_size);
}

static pid_t keeper_of(const char *name)
{
    etwi_mapping mapping;
    pid_t pid = 0;
    if (!world_open(&mapping, name))
        return 0;
    for (uint32_t i = 0; i < ETWI_CLIENTS_MAX; i++)
        if (atomic_load(&mapping.clients[i].kind) == ETWI_CLIENT_KEEPER)
            pid = (pid_t)atomic_load(&mapping.clients[i].pid);
    etwi_mapping_close(&mapping);
    return pid;
}

static void dead_keepers_are_replaced(void)
{
    const char *path = world_path("killed.etl");
    const etw_session_options options =
        world_options("killed", path, ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "killed"));
    const pid_t first = keeper_of("killed");
    REQUIRE(first > 0 && first != getpid());
    CHECK_EQ(world_write_with_care(&mapping, 5000, PAYLOAD), 5000);
    CHECK_EQ(kill(first, SIGKILL), 0);
    etwi_sleep_ms(50);
    CHECK_EQ(world_write(&mapping, 5000, 100, PAYLOAD), 100);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    const pid_t second = keeper_of("killed");
    CHECK(second > 0 && second != first);
    CHECK_EQ(world_write(&mapping, 5100, 100, PAYLOAD), 100);
    // And once more, without another one before the end.
    CHECK_EQ(kill(second, SIGKILL), 0);
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events, 5200);
    const world_file file = world_read(path);
    CHECK_EQ(file.bad_events, 0);
    CHECK_EQ(file.status, ETW_END);
    CHECK(file.end_time != 0);
    // A buffer that it had in hand when it was killed is lost, and counted.
    CHECK(file.events == 5200 || info.log_buffers_lost > 0);
}

/* ---- full disks ------------------------------------------------------------------------------ */

/* In a child: its limit of a file's size stands in for a full disk. */
static void limited_files_end_nobody(void)
{
    const char *path = world_path("limited.etl");
    const etw_session_options options = world_options("limited", path, 0);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {32 << 20, 32 << 20};
        etw_session_info info = {.size = sizeof info};
        setrlimit(RLIMIT_FSIZE, &limit);
        etwi_engine_session *session = world_start(&options);
        etwi_mapping mapping;
        if (!session || !world_open(&mapping, "limited"))
            _exit(1);
        const uint64_t written = world_write(&mapping, 0, 300000, PAYLOAD);
        etwi_mapping_close(&mapping);
        if (world_stop(session, &info) != ETW_OK || info.events != written ||
            info.events_lost != 300000 - written || written == 300000)
            _exit(2);
        _exit(world_read(path).events == written ? 0 : 3);
    }
    int how = -1;
    REQUIRE(child > 0);
    CHECK_EQ(waitpid(child, &how, 0), child);
    CHECK(WIFEXITED(how));
    CHECK_EQ(WEXITSTATUS(how), 0);
}

/* ---- deaths ---------------------------------------------------------------------------------- */

/* Starts a session in a child, which then writes until it is killed. */
static pid_t start_victim(const etw_session_options *options)
{
    int ends[2];
    char byte;
    if (!CHECK_EQ(pipe(ends), 0))
        return -1;
    const pid_t child = fork();
    if (child == 0) {
        etwi_mapping mapping;
        etwi_engine_session *session = world_start(options);
        if (!session || !world_open(&mapping, options->name))
            _exit(1);
        world_write(&mapping, 0, 1000, PAYLOAD);
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        for (uint64_t i = 1000;; i++)
            world_write(&mapping, i, 1, PAYLOAD);
    }
    close(ends[1]);
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void count_pruned(void *user, const etw_session_info *info)
{
    *(uint64_t *)user = info->events;
}

static void files_outlive_all_processes(void)
{
    const char *path = world_path("outlived.etl");
    const etw_session_options options = world_options("outlived", path, 0);
    const pid_t child = start_victim(&options);
    REQUIRE(child > 0);
    etwi_sleep_ms(20);
    kill(child, SIGKILL);
    CHECK_EQ(waitpid(child, NULL, 0), child);
    const world_file before = world_read(path);
    CHECK(before.events >= 1000);
    CHECK_EQ(before.bad_events, 0);
    CHECK_EQ(before.end_time, 0);
    uint64_t events = 0;
    CHECK_EQ(etwi_engine_prune(count_pruned, &events, NULL), ETW_OK);
    const world_file after = world_read(path);
    CHECK_EQ(after.events, before.events);
    // One event may have been committed, but not counted.
    CHECK(events == after.events || events + 1 == after.events);
    CHECK_EQ(after.bad_events, 0);
    CHECK(after.end_time != 0);
    CHECK_EQ(after.sum, sum_below(after.events));
    CHECK_EQ(after.buffers_written, after.stats.buffers);
    CHECK_EQ(after.size, (uint64_t)after.buffers_written * after.buffer_size);
}

static void kept_files_outlive_all_processes(void)
{
    const char *path = world_path("kept outlived.etl");
    etw_session_options options =
        world_options("kept outlived", path, ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    options.flush_timer_ms = 60000; // What is written stays in the ring.
    int ends[2];
    char byte;
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        etwi_mapping mapping;
        if (!world_start(&options) || !world_open(&mapping, options.name) ||
            world_write(&mapping, 0, 2000, PAYLOAD) != 2000 || write(ends[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    etwi_sleep_ms(100);
    const pid_t keeper = keeper_of(options.name);
    REQUIRE(keeper > 0);
    kill(keeper, SIGKILL);
    kill(child, SIGKILL);
    CHECK_EQ(waitpid(child, NULL, 0), child);
    for (unsigned i = 0; i < 200 && kill(keeper, 0) == 0; i++)
        etwi_sleep_ms(10);
    uint64_t events = 0;
    CHECK_EQ(etwi_engine_prune(count_pruned, &events, NULL), ETW_OK);
    CHECK_EQ(events, 2000);
    const world_file file = world_read(path);
    CHECK_EQ(file.events, 2000);
    CHECK_EQ(file.sum, sum_below(2000));
    CHECK(file.end_time != 0);
    CHECK_EQ(file.buffers_written, file.stats.buffers);
}

int main(int count, char **arguments)
{
    if (count > 1)
        setenv("ETW_KEEPER", arguments[1], 1);
    world_begin();
    RUN(preallocated_files_end_where_their_events_do);
    RUN(dead_keepers_are_replaced);
    RUN(limited_files_end_nobody);
    RUN(files_outlive_all_processes);
    RUN(kept_files_outlive_all_processes);
    const int failed = test_finish();
    return !world_end() || failed;
}
