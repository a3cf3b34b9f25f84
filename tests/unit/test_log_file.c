/* Log files of sessions: what is written is in them, exactly, however the session ends. */
#include "engine/slot.h"
#include "engine_world.h"
#include "os/private.h"
#include "scratch.h"
#include "test.h"

#include <stdlib.h>

enum {
    EVENTS = 20000,
    PAYLOAD = 100,
};

static uint64_t sum_below(uint64_t count)
{
    return count * (count - 1) / 2;
}

static bool is_there(const char *path)
{
    etwi_path_info info;
    return etwi_path_look(path, &info);
}

/* Starts a session, writes events from 0 on, stops it; returns how many found room. */
static uint64_t record(const etw_session_options *options, uint64_t count, etw_session_info *info)
{
    etwi_engine_session *session = world_start(options);
    etwi_mapping mapping;
    if (!CHECK(session) || !CHECK(world_open(&mapping, options->name)))
        return 0;
    const bool is_direct = etwi_geometry_is_direct(&mapping.geometry);
    const uint64_t written = is_direct ? world_write(&mapping, 0, count, PAYLOAD)
                                       : world_write_with_care(&mapping, count, PAYLOAD);
    etwi_mapping_close(&mapping);
    memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    CHECK_EQ(world_stop(session, info), ETW_OK);
    return written;
}

static void sequential_files_hold_everything(void)
{
    const char *path = world_path("sequential.etl");
    const etw_session_options options = world_options("sequential", path, 0);
    etw_session_info info;
    CHECK_EQ(record(&options, EVENTS, &info), EVENTS);
    CHECK_EQ(info.events, EVENTS);
    CHECK_EQ(info.events_lost, 0);
    CHECK_TEXT(info.log_file, path);
    const world_file file = world_read(path);
    CHECK_EQ(file.status, ETW_END);
    CHECK_EQ(file.events, EVENTS);
    CHECK_EQ(file.bad_events, 0);
    CHECK_EQ(file.sum, sum_below(EVENTS));
    CHECK(file.end_time != 0);
    CHECK_EQ(file.events_lost, 0);
    CHECK_EQ(file.buffers_written, file.stats.buffers);
    CHECK_EQ(file.size, (uint64_t)file.buffers_written * file.buffer_size);
    CHECK_EQ(file.mode, ETW_MODE_SEQUENTIAL);
    CHECK_EQ(file.stats.corrupt_bytes, 0);
}

static void running_files_can_be_read(void)
{
    const char *path = world_path("running.etl");
    const etw_session_options options = world_options("running", path, 0);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "running"));
    CHECK_EQ(world_write(&mapping, 0, 1000, PAYLOAD), 1000);
    CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
    const world_file file = world_read(path);
    CHECK_EQ(file.events, 1000);
    CHECK_EQ(file.bad_events, 0);
    CHECK_EQ(file.end_time, 0);
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void full_files_lose_what_comes(void)
{
    const char *path = world_path("full.etl");
    etw_session_options options = world_options("full", path, 0);
    etw_session_info info;
    options.maximum_file_size = 10 * 64 * 1024;
    const uint64_t written = record(&options, EVENTS, &info);
    CHECK(written > 1000 && written < EVENTS);
    CHECK_EQ(info.events, written);
    CHECK_EQ(info.events_lost, EVENTS - written);
    const world_file file = world_read(path);
    CHECK_EQ(file.events, written);
    CHECK_EQ(file.events_lost, EVENTS - written);
    CHECK(file.size <= options.maximum_file_size);
    options.maximum_file_size = 64 * 1024;
    etwi_engine_session *session = NULL;
    CHECK_EQ(etwi_engine_start(&session, &options, NULL), ETW_E_LIMIT);
}

static void circular_files_keep_the_newest(void)
{
    const char *path = world_path("circular.etl");
    etw_session_options options = world_options("circular", path, ETW_MODE_CIRCULAR);
    etw_session_info info;
    options.maximum_file_size = 16 * 64 * 1024;
    CHECK_EQ(record(&options, EVENTS, &info), EVENTS);
    const world_file file = world_read(path);
    CHECK(file.events > 1000 && file.events < EVENTS);
    CHECK_EQ(file.bad_events, 0);
    CHECK(file.size <= options.maximum_file_size);
    CHECK(file.size > options.maximum_file_size / 2);
    // The newest ones: their numbers are beyond those of as many old ones.
    CHECK(file.sum > file.events * (EVENTS - file.events) - file.events);
    CHECK_EQ(file.stats.corrupt_bytes, 0);
    options.maximum_file_size = 0;
    etwi_engine_session *session = NULL;
    CHECK_EQ(etwi_engine_start(&session, &options, NULL), ETW_E_INVALID);
}

static void files_are_appended_to(void)
{
    const char *path = world_path("append.etl");
    etw_session_options options = world_options("append", path, 0);
    etw_session_info info;
    CHECK_EQ(record(&options, 500, &info), 500);
    options.mode = ETW_MODE_SEQUENTIAL | ETW_MODE_APPEND;
    CHECK_EQ(record(&options, 700, &info), 700);
    world_file file = world_read(path);
    CHECK_EQ(file.events, 1200);
    CHECK_EQ(file.sum, sum_below(500) + sum_below(700));
    CHECK_EQ(file.bad_events, 0);
    CHECK_EQ(file.buffers_written, file.stats.buffers);
    options.buffer_size = 32 * 1024;
    etwi_engine_session *session = NULL;
    CHECK_EQ(etwi_engine_start(&session, &options, NULL), ETW_E_INVALID);
    file = world_read(path);
    CHECK_EQ(file.events, 1200);
    // What is not there is begun.
    options.log_file = world_path("append new.etl");
    CHECK_EQ(record(&options, 10, &info), 10);
    CHECK_EQ(world_read(options.log_file).events, 10);
}

static void moved_files_are_completed_where_they_are(void)
{
    const char *path = world_path("before.etl"), *moved = world_path("after.etl");
    const etw_session_options options = world_options("moved", path, 0);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "moved"));
    CHECK_EQ(world_write(&mapping, 0, 10, PAYLOAD), 10);
    CHECK(etwi_file_rename(path, moved));
    CHECK_EQ(world_write(&mapping, 10, 1000, PAYLOAD), 1000);
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    CHECK(!is_there(path));
    const world_file file = world_read(moved);
    CHECK_EQ(file.events, 1010);
    CHECK(file.end_time != 0);
}

static void no_two_sessions_write_one_file(void)
{
    const char *path = world_path("one.etl");
    const etw_session_options options = world_options("one", path, 0);
    const etw_session_options others = world_options("two", path, 0);
    etwi_engine_session *session = world_start(&options), *other = NULL;
    REQUIRE(session);
    CHECK_EQ(etwi_engine_start(&other, &others, NULL), ETW_E_ACCESS);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    session = world_start(&others);
    REQUIRE(session);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void bad_paths_are_refused(void)
{
    etw_error error;
    etwi_engine_session *session = NULL;
    etw_session_options options = world_options("bad", world_path("no/such/folder.etl"), 0);
    CHECK_EQ(etwi_engine_start(&session, &options, &error), ETW_E_NOT_FOUND);
    options.mode = ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME;
    CHECK_EQ(etwi_engine_start(&session, &options, &error), ETW_E_NOT_FOUND);
    options.log_file = scratch_null_device;
    CHECK_EQ(etwi_engine_start(&session, &options, &error), ETW_E_INVALID);
    options.mode = ETW_MODE_SEQUENTIAL;
    CHECK_EQ(etwi_engine_start(&session, &options, &error), ETW_E_INVALID);
    CHECK_EQ(etwi_engine_attach(&session, "bad", NULL, &error), ETW_E_NOT_FOUND);
}

/* ---- keepers --------------------------------------------------------------------------------- */

static void record_kept(const char *name, const char *path, uint32_t mode)
{
    const etw_session_options options = world_options(name, path, mode);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, name));
    CHECK_EQ(world_write_with_care(&mapping, EVENTS, PAYLOAD), EVENTS);
    etwi_mapping_close(&mapping);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events, EVENTS);
    CHECK_EQ(info.events_lost, 0);
    CHECK_EQ(info.log_buffers_lost, 0);
    const world_file file = world_read(path);
    CHECK_EQ(file.events, EVENTS);
    CHECK_EQ(file.sum, sum_below(EVENTS));
    CHECK_EQ(file.bad_events, 0);
    CHECK(file.end_time != 0);
    CHECK_EQ(file.buffers_written, file.stats.buffers);
}

static void a_keeper_writes_what_consumers_get_too(void)
{
    record_kept("kept", world_path("kept.etl"), ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
}

static void flushes_reach_kept_files(void)
{
    const char *path = world_path("reached.etl");
    etw_session_options options =
        world_options("reached", path, ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    options.flush_timer_ms = 60000;
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "reached"));
    for (uint64_t i = 1; i <= 20; i++) {
        CHECK_EQ(world_write(&mapping, i, 1, PAYLOAD), 1);
        CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
        CHECK_EQ(world_read(path).events, i);
    }
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void a_thread_keeps_where_no_program_is(void)
{
    char kept[512];
    snprintf(kept, sizeof kept, "%s", getenv("ETW_KEEPER"));
    scratch_set_variable("ETW_KEEPER", "/no/such/program");
    record_kept("thread", world_path("thread.etl"), ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    scratch_set_variable("ETW_KEEPER", kept);
}

static void compressed_files_are_kept(void)
{
    const char *path = world_path("compressed.etl");
    record_kept("compressed", path, ETW_MODE_SEQUENTIAL | ETW_MODE_COMPRESSED);
    const world_file file = world_read(path);
    CHECK(file.stats.compressed_buffers > 0);
    CHECK(file.size < EVENTS * (80 + PAYLOAD) / 2);
}

static void new_files_follow_full_ones(void)
{
    etw_session_options options = world_options("new", world_path("new %d.etl"), ETW_MODE_NEW_FILE);
    options.maximum_file_size = 20 * 64 * 1024;
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "new"));
    CHECK_EQ(world_write_with_care(&mapping, EVENTS, PAYLOAD), EVENTS);
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    uint64_t events = 0, sum = 0;
    unsigned files = 0;
    char name[32];
    for (unsigned i = 1; i < 100; i++) {
        snprintf(name, sizeof name, "new %u.etl", i);
        if (!is_there(world_path(name)))
            break;
        const world_file file = world_read(world_path(name));
        CHECK(file.size <= options.maximum_file_size);
        CHECK(file.end_time != 0);
        events += file.events;
        sum += file.sum;
        files++;
    }
    CHECK(files > 2);
    CHECK_EQ(events, EVENTS);
    CHECK_EQ(sum, sum_below(EVENTS));
}

static void sessions_go_on_in_another_file(void)
{
    const etw_session_options options = world_options("switch", world_path("switch 1.etl"),
                                                      ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    REQUIRE(world_open(&mapping, "switch"));
    CHECK_EQ(world_write(&mapping, 0, 100, PAYLOAD), 100);
    CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
    etw_session_update_options update = {.size = sizeof update,
                                         .log_file = world_path("no/where.etl")};
    CHECK_EQ(etwi_engine_update(session, &update, NULL), ETW_E_NOT_FOUND);
    update.log_file = world_path("switch 2.etl");
    CHECK_EQ(etwi_engine_update(session, &update, NULL), ETW_OK);
    etwi_sleep_ms(200);
    CHECK_EQ(world_write(&mapping, 100, 100, PAYLOAD), 100);
    etwi_mapping_close(&mapping);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_TEXT(info.log_file, update.log_file);
    const world_file first = world_read(options.log_file), second = world_read(update.log_file);
    CHECK_EQ(first.events + second.events, 200);
    CHECK_EQ(first.events, 100);
    CHECK(first.end_time != 0);
}

/* ---- snapshots ------------------------------------------------------------------------------- */

static void flushes_write_what_is_in_memory(void)
{
    const char *path = world_path("snapshot.etl");
    const etw_session_options options = world_options("snapshot", path, ETW_MODE_BUFFERING);
    etwi_engine_session *session = world_start(&options);
    etwi_mapping mapping;
    REQUIRE(session);
    CHECK(!is_there(path));
    REQUIRE(world_open(&mapping, "snapshot"));
    CHECK_EQ(world_write(&mapping, 0, EVENTS, PAYLOAD), EVENTS);
    CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
    const world_file file = world_read(path);
    CHECK(file.events > 1000 && file.events < EVENTS);
    CHECK(file.sum > file.events * (EVENTS - file.events) - file.events);
    CHECK_EQ(file.bad_events, 0);
    CHECK(file.end_time != 0);
    CHECK_EQ(world_write(&mapping, 0, 10, PAYLOAD), 10);
    etwi_mapping_close(&mapping);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    CHECK_EQ(world_read(path).events, file.events);
}

int main(int count, char **arguments)
{
    if (count > 1)
        scratch_set_variable("ETW_KEEPER", arguments[1]);
    world_begin();
    RUN(sequential_files_hold_everything);
    RUN(running_files_can_be_read);
    if (etwi_shared_can_grow())
        RUN(full_files_lose_what_comes);
    RUN(circular_files_keep_the_newest);
    RUN(files_are_appended_to);
    RUN(moved_files_are_completed_where_they_are);
    RUN(no_two_sessions_write_one_file);
    RUN(bad_paths_are_refused);
    RUN(a_keeper_writes_what_consumers_get_too);
    RUN(flushes_reach_kept_files);
    RUN(a_thread_keeps_where_no_program_is);
    RUN(compressed_files_are_kept);
    RUN(new_files_follow_full_ones);
    RUN(sessions_go_on_in_another_file);
    RUN(flushes_write_what_is_in_memory);
    const int failed = test_finish();
    return !world_end() || failed;
}
