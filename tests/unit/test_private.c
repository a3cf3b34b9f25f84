/* Private sessions: of one process, into a file, without any folder shared with others. */
#include "children.h"
#include "engine_world.h"
#include "os/private.h"
#include "scratch.h"
#include "test.h"

#include <etw/write.h>
#include <stdlib.h>

enum {
    PRIVATE = ETW_MODE_PRIVATE_LOGGER | ETW_MODE_PRIVATE_IN_PROCESS,
    THREADS = 3,
    EACH = 5000,
};

static etw_provider *provider;
static etw_guid provider_guid;

static bool register_provider(void)
{
    const etw_provider_options options = {.size = sizeof options, .name = "Private-Test"};
    provider_guid = etw_guid_from_name((etw_str){options.name, strlen(options.name)});
    return etw_provider_register(&provider, &options, NULL) == ETW_OK;
}

static etwi_engine_session *start_enabled(const etw_session_options *options)
{
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider_guid, .level = 4, .timeout_ms = 1000};
    etwi_engine_session *session = world_start(options);
    if (session && !CHECK_EQ(etwi_engine_enable(session, &parameters, NULL, NULL), ETW_OK))
        etwi_engine_close(&session);
    return session;
}

static void write_events(void *count)
{
    const etw_event_descriptor descriptor = {.id = 7, .level = 4};
    for (uint32_t i = 0; i < *(const uint32_t *)count; i++) {
        const etw_event_data data = {(const uint8_t *)&i, sizeof i};
        if (etw_provider_enabled(provider, 4, 0))
            (void)etw_provider_write(provider, &descriptor, NULL, NULL, &data, 1);
    }
}

/* Events of the test, in all files of a pattern; world_read() takes them for bad ones. */
static uint64_t events_in(const char *path)
{
    return world_read(path).bad_events;
}

static void records_all_threads(void)
{
    const char *path = world_path("threads.etl");
    const etw_session_options options =
        world_options("threads", path, ETW_MODE_SEQUENTIAL | PRIVATE);
    etwi_engine_session *session = start_enabled(&options);
    etwi_thread *threads[THREADS];
    uint32_t count = EACH;
    REQUIRE(session);
    CHECK(etw_provider_enabled(provider, 4, 0));
    CHECK(!etw_provider_enabled(provider, 5, 0));
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = etwi_thread_start(write_events, &count);
    for (unsigned i = 0; i < THREADS; i++)
        etwi_thread_join(threads[i]);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    CHECK_EQ(info.events + info.events_lost, THREADS * EACH);
    CHECK_EQ(info.provider_count, 1);
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK(!etw_provider_enabled(provider, 4, 0));
    CHECK_EQ(info.events_lost, 0);
    const world_file file = world_read(path);
    CHECK_EQ(file.bad_events, THREADS * EACH);
    CHECK_EQ(file.buffers_written, file.stats.buffers);
    CHECK(file.end_time != 0);
}

static void closing_ends_it(void)
{
    const char *path = world_path("closed.etl");
    const etw_session_options options =
        world_options("closed", path, ETW_MODE_SEQUENTIAL | PRIVATE);
    etwi_engine_session *session = start_enabled(&options);
    uint32_t count = 10;
    REQUIRE(session);
    write_events(&count);
    etwi_engine_close(&session);
    CHECK(!etw_provider_enabled(provider, 4, 0));
    CHECK_EQ(events_in(path), 10);
    CHECK(world_read(path).end_time != 0);
}

static void new_files_are_written_by_a_thread(void)
{
    etw_session_options options =
        world_options("new", world_path("private %d.etl"), ETW_MODE_NEW_FILE | PRIVATE);
    options.maximum_file_size = 3 * 64 * 1024;
    etwi_engine_session *session = start_enabled(&options);
    uint32_t count = 500;
    uint64_t events = 0;
    char name[32];
    etwi_path_info there;
    REQUIRE(session);
    for (unsigned i = 0; i < 8; i++) {
        write_events(&count);
        CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
    }
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    for (unsigned i = 1; i < 50; i++) {
        snprintf(name, sizeof name, "private %u.etl", i);
        if (!etwi_path_look(world_path(name), &there))
            break;
        events += events_in(world_path(name));
    }
    CHECK_EQ(info.events + info.events_lost, 8 * 500);
    CHECK_EQ(events, info.events);
    CHECK_EQ(events_in(world_path("private 2.etl")) > 0, true);
}

static void snapshots_are_flushed(void)
{
    const char *path = world_path("flushed.etl");
    const etw_session_options options =
        world_options("flushed", path, ETW_MODE_BUFFERING | PRIVATE);
    etwi_engine_session *session = start_enabled(&options);
    uint32_t count = 100;
    REQUIRE(session);
    write_events(&count);
    CHECK_EQ(etwi_engine_flush(session, NULL), ETW_OK);
    CHECK_EQ(events_in(path), 100);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void there_are_eight(void)
{
    etwi_engine_session *sessions[9] = {NULL};
    etwi_path_info there;
    char name[16];
    for (unsigned i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "%u.etl", i);
        const etw_session_options options =
            world_options("same", world_path(name), ETW_MODE_SEQUENTIAL | PRIVATE);
        CHECK_EQ(etwi_engine_start(&sessions[i], &options, NULL), i < 8 ? ETW_OK : ETW_E_LIMIT);
    }
    CHECK(!etwi_path_look(world_path("8.etl"), &there));
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(world_stop(sessions[i], NULL), ETW_OK);
}

static void needs_a_file_and_no_consumers(void)
{
    etwi_engine_session *session = NULL;
    etw_session_options options = world_options("odd", NULL, PRIVATE);
    CHECK_EQ(etwi_engine_start(&session, &options, NULL), ETW_E_UNSUPPORTED);
    options = world_options("odd", world_path("odd.etl"), ETW_MODE_REAL_TIME | PRIVATE);
    CHECK_EQ(etwi_engine_start(&session, &options, NULL), ETW_E_UNSUPPORTED);
}

static void write_ten(void)
{
    uint32_t count = 10;
    write_events(&count);
}

/* The child of a fork has its own sessions, and leaves those of its parent alone. */
static void children_are_on_their_own(void)
{
    const char *path = world_path("parent.etl");
    const etw_session_options options =
        world_options("parent", path, ETW_MODE_SEQUENTIAL | PRIVATE);
    etwi_engine_session *session = start_enabled(&options);
    REQUIRE(session);
    write_ten();
    CHECK_EQ(child_of_fork(write_ten), 0);
    write_ten();
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    CHECK_EQ(events_in(path), 20);
}

/* The object of its parent's session is in the child, too, but controls nothing there. */
static etwi_engine_session *of_parent;

static void touch_session_of_parent(void)
{
    etw_session_info info = {.size = sizeof info};
    const bool is_refused = etwi_engine_stop(of_parent, &info, NULL) == ETW_E_NOT_FOUND &&
                            etwi_engine_query(of_parent, &info, NULL) == ETW_E_NOT_FOUND &&
                            etwi_engine_flush(of_parent, NULL) == ETW_E_NOT_FOUND;
    etwi_engine_close(&of_parent);
    if (!is_refused)
        abort();
}

static void children_leave_the_file_alone(void)
{
    const char *path = world_path("left alone.etl");
    const etw_session_options options =
        world_options("left alone", path, ETW_MODE_SEQUENTIAL | PRIVATE);
    uint32_t count = 10;
    of_parent = start_enabled(&options);
    REQUIRE(of_parent);
    write_events(&count);
    CHECK_EQ(child_of_fork(touch_session_of_parent), 0);
    CHECK_EQ(world_read(path).end_time, 0);
    write_events(&count);
    CHECK_EQ(world_stop(of_parent, NULL), ETW_OK);
    CHECK_EQ(events_in(path), 20);
}

int main(void)
{
    world_begin();
    scratch_set_variable("ETW_RUNTIME_DIR", "/nonexistent/folder");
    if (!register_provider())
        return 1;
    RUN(records_all_threads);
    RUN(closing_ends_it);
    RUN(new_files_are_written_by_a_thread);
    RUN(snapshots_are_flushed);
    RUN(there_are_eight);
    RUN(needs_a_file_and_no_consumers);
    RUN(children_are_on_their_own);
    RUN(children_leave_the_file_alone);
    etw_provider_unregister(&provider);
    const int failed = test_finish();
    return !world_end() || failed;
}
