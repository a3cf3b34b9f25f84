/*
 * Log files of sessions, by the public interface alone: whatever the mode, they have the structure
 * that Windows writes, and hold every event that was not counted as lost, with all its fields.
 *
 * With a number as argument, a private session writes so many events; 10^8 take minutes and several
 * gigabytes where TMPDIR is.
 */
#include "children.h"
#include "engine_world.h"
#include "etl_check.h"
#include "os/os.h"
#include "test.h"

#include <etw/write.h>
#include <stdlib.h>

enum {
    BUFFER = 16384,
    EVENTS = 5000,
    PAYLOAD = 12,
};

static const etw_guid provider_guid = {0x1B5E2A11, 0x77, 0x4A, {1, 2, 3, 4, 5, 6, 7, 8}};
static etw_provider *provider;
static uint32_t private_events = 1000000;

/* ---- writing --------------------------------------------------------------------------------- */

/* An event whose every field follows from its number. Returns whether it was written. */
static bool write_event(uint32_t number)
{
    const etw_event_descriptor descriptor = {
        .id = (uint16_t)number,
        .version = (uint8_t)(number % 7),
        .channel = 11,
        .level = (uint8_t)(1 + number % 5),
        .opcode = (uint8_t)(number % 200),
        .task = (uint16_t)(number / 3),
        .keyword = (uint64_t)1 << (number % 40),
    };
    const uint32_t words[PAYLOAD / 4] = {number, ~number, number * 2654435761u};
    const etw_guid activity = {number, 1, 2, {3}};
    const etw_event_data data[2] = {{(const uint8_t *)words, 4},
                                    {(const uint8_t *)(words + 1), PAYLOAD - 4}};
    return etw_provider_write(provider, &descriptor, &activity, NULL, data, 2) == ETW_OK;
}

static uint64_t write_events(uint32_t first, uint32_t count)
{
    uint64_t written = 0;
    for (uint32_t i = 0; i < count; i++)
        written += write_event(first + i);
    return written;
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct read_back {
    etw_status status;
    uint64_t events;
    uint64_t wrong;    /* Events with another field than was written. */
    uint64_t repeated; /* Numbers that came again, or went back. */
    uint32_t first, last;
    uint64_t damage;
} read_back;

static bool is_as_written(const etw_event *event, uint32_t number)
{
    uint32_t words[PAYLOAD / 4];
    if (event->payload_size != PAYLOAD)
        return false;
    memcpy(words, event->payload, PAYLOAD);
    return words[1] == ~number && words[2] == number * 2654435761u &&
           event->id == (uint16_t)number && event->version == number % 7 && event->channel == 11 &&
           event->level == 1 + number % 5 && event->opcode == number % 200 &&
           event->task == (uint16_t)(number / 3) &&
           event->keyword == (uint64_t)1 << (number % 40) && event->activity_id.data1 == number &&
           event->pointer_size == sizeof(void *);
}

static void take_event(read_back *out, const etw_event *event)
{
    uint32_t number;
    if (!etw_guid_equal(&event->provider, &provider_guid) || event->payload_size < 4)
        return;
    memcpy(&number, event->payload, 4);
    out->wrong += !is_as_written(event, number);
    if (!out->events)
        out->first = number;
    else
        out->repeated += number <= out->last;
    out->last = number;
    out->events++;
}

static read_back read_file(const char *path)
{
    read_back out = {.events = 0};
    etw_consumer *consumer = NULL;
    out.status = etw_consumer_create(&consumer, NULL, NULL);
    if (out.status == ETW_OK)
        out.status = etw_consumer_add_file(consumer, path);
    const etw_batch *batch;
    while (out.status == ETW_OK) {
        out.status = etw_consumer_next_batch(consumer, &batch);
        for (size_t i = 0; out.status == ETW_OK && i < batch->count; i++)
            take_event(&out, &batch->events[i]);
    }
    if (consumer && etw_consumer_trace_count(consumer)) {
        const etw_trace_stats *stats = etw_consumer_trace_stats(consumer, 0);
        out.damage = stats->corrupt_bytes + stats->truncated_bytes + stats->late_events;
    }
    etw_consumer_destroy(&consumer);
    return out;
}

/* Wants a file of that session to be a good one with those events, in order and each once. */
static void check_file(const char *path, const etl_check_options *options, uint64_t count)
{
    CHECK_EQ(etl_check_file(path, options).problems, 0);
    const read_back got = read_file(path);
    CHECK_EQ(got.status, ETW_END);
    CHECK_EQ(got.events, count);
    CHECK_EQ(got.wrong, 0);
    CHECK_EQ(got.repeated, 0);
    CHECK_EQ(got.damage, 0);
}

/* ---- sessions -------------------------------------------------------------------------------- */

static etw_session *start_with(etw_session_options options)
{
    options.size = sizeof options;
    options.backend = ETW_BACKEND_PORTABLE;
    options.name = "checked";
    if (!options.buffer_size)
        options.buffer_size = BUFFER;
    etw_session *session = NULL;
    etw_error error = {.message = ""};
    if (!CHECK(etw_session_start(&session, &options, &error) == ETW_OK)) {
        printf("    %s\n", error.message);
        return NULL;
    }
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider_guid, .timeout_ms = 5000};
    if (!CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK))
        printf("    %s\n", etw_session_error(session)->message);
    return session;
}

/* Stops, and wants what was written and lost to be what was attempted. */
static etw_session_info stop(etw_session *session, uint64_t attempts, uint64_t written)
{
    etw_session_info info = {.size = sizeof info};
    if (!CHECK_EQ(etw_session_stop(session, &info), ETW_OK))
        printf("    %s\n", etw_session_error(session)->message);
    CHECK_EQ(info.events, written);
    CHECK_EQ(info.events_lost, attempts - written);
    etw_session_close(&session);
    return info;
}

/* Records into one file and checks it. */
static void record(const char *name, etw_session_options options, uint32_t count)
{
    const char *path = world_path(name);
    options.log_file = path;
    etw_session *session = start_with(options);
    REQUIRE(session != NULL);
    const uint64_t written = write_events(0, count);
    stop(session, count, written);
    const etl_check_options check = {
        .session_name = "checked",
        .buffer_size = options.buffer_size ? options.buffer_size : BUFFER,
        .any_order = options.clock == ETW_CLOCK_SYSTEM_TIME,
    };
    check_file(path, &check, written);
}

static void direct_files(void)
{
    record("direct.etl", (etw_session_options){.mode = 0}, EVENTS);
    record("small.etl", (etw_session_options){.buffer_size = 4096}, EVENTS);
    record("large.etl", (etw_session_options){.buffer_size = 2 << 20}, EVENTS);
    record("empty.etl", (etw_session_options){.mode = 0}, 0);
}

static void clocks(void)
{
    record("system.etl", (etw_session_options){.clock = ETW_CLOCK_SYSTEM_TIME}, EVENTS);
    if (etwi_clock_cycles_frequency())
        record("cycles.etl", (etw_session_options){.clock = ETW_CLOCK_CPU_CYCLES}, EVENTS);
    record("any.etl", (etw_session_options){.mode = ETW_MODE_NO_PER_PROCESSOR_BUFFERING}, EVENTS);
}

static void kept_files(void)
{
    record("kept.etl", (etw_session_options){.mode = ETW_MODE_REAL_TIME}, EVENTS);
    record("packed.etl", (etw_session_options){.mode = ETW_MODE_COMPRESSED}, EVENTS);
}

static void limited_files(void)
{
    const char *path = world_path("limited.etl");
    etw_session *session = start_with((etw_session_options){
        .log_file = path, .mode = ETW_MODE_KBYTES, .maximum_file_size = 8 * BUFFER});
    REQUIRE(session != NULL);
    const uint64_t written = write_events(0, EVENTS);
    CHECK(written > 0 && written < EVENTS);
    stop(session, EVENTS, written);
    const etl_check_options check = {.session_name = "checked"};
    const etl_check_result result = etl_check_file(path, &check);
    CHECK(result.buffers <= 8);
    CHECK_EQ(result.events_lost, EVENTS - written);
    check_file(path, &check, written);
}

static void circular_files(void)
{
    const char *path = world_path("circular.etl");
    etw_session *session =
        start_with((etw_session_options){.log_file = path,
                                         .mode = ETW_MODE_CIRCULAR | ETW_MODE_KBYTES,
                                         .maximum_file_size = 16 * BUFFER});
    REQUIRE(session != NULL);
    uint64_t written = 0;
    for (uint32_t i = 0; i < 4 * EVENTS; i += EVENTS / 2) {
        written += write_events(i, EVENTS / 2);
        CHECK_EQ(etw_session_flush(session), ETW_OK);
    }
    CHECK_EQ(written, 4 * EVENTS);
    stop(session, 4 * EVENTS, written);
    const read_back got = read_file(path);
    CHECK_EQ(got.last, 4 * EVENTS - 1); /* The newest stay. */
    CHECK(got.events > 8 * BUFFER / 128 && got.events < 4 * EVENTS);
    const etl_check_options check = {.session_name = "checked"};
    check_file(path, &check, got.events);
}

static void appended_files(void)
{
    const char *path = world_path("appended.etl");
    for (uint32_t run = 0; run < 3; run++) {
        etw_session *session =
            start_with((etw_session_options){.log_file = path, .mode = ETW_MODE_APPEND});
        REQUIRE(session != NULL);
        CHECK_EQ(write_events(run * 1000, 1000), 1000);
        stop(session, 1000, 1000);
    }
    const etl_check_options check = {.appended = true, .session_name = "checked"};
    check_file(path, &check, 3000);
}

static void new_files(void)
{
    /* As many buffers as there are events for, so that nothing depends on how quick the keeper is.
     */
    etw_session *session = start_with((etw_session_options){
        .log_file = world_path("new-%d.etl"),
        .minimum_buffers = 256,
        .mode = ETW_MODE_NEW_FILE | ETW_MODE_KBYTES,
        .maximum_file_size = 8 * BUFFER,
    });
    REQUIRE(session != NULL);
    uint64_t written = 0;
    for (uint32_t i = 0; i < 20; i++) {
        written += write_events(i * 500, 500);
        CHECK_EQ(etw_session_flush(session), ETW_OK);
    }
    stop(session, 20 * 500, written);
    uint64_t found = 0;
    uint32_t files = 0;
    for (; files < 100; files++) {
        char name[32];
        snprintf(name, sizeof name, "new-%u.etl", (unsigned)(files + 1));
        const read_back got = read_file(world_path(name));
        if (got.status != ETW_END)
            break;
        CHECK_EQ(got.first, found);
        found += got.events;
        const etl_check_options check = {.session_name = "checked"};
        check_file(world_path(name), &check, got.events);
    }
    CHECK_EQ(written, 20 * 500);
    CHECK(files > 5);
    CHECK_EQ(found, written);
}

/* A ring in memory, whose newest events go to the file when it is flushed. */
static void snapshots(void)
{
    const char *path = world_path("ring.etl");
    etw_session *session =
        start_with((etw_session_options){.log_file = path, .mode = ETW_MODE_BUFFERING});
    REQUIRE(session != NULL);
    CHECK_EQ(write_events(0, 20000), 20000);
    CHECK_EQ(etw_session_flush(session), ETW_OK);
    const read_back got = read_file(path);
    CHECK_EQ(got.last, 19999);
    const etl_check_options check = {.session_name = "checked"};
    check_file(path, &check, got.events);
    stop(session, 20000, 20000);
}

static void private_files(void)
{
    const char *path = world_path("private.etl");
    etw_session *session = start_with((etw_session_options){
        .log_file = path, .buffer_size = 1 << 20, .mode = ETW_MODE_PRIVATE_IN_PROCESS});
    REQUIRE(session != NULL);
    const uint64_t written = write_events(0, private_events);
    CHECK_EQ(written, private_events);
    const etw_session_info info = stop(session, private_events, written);
    CHECK(info.mode & ETW_MODE_PRIVATE_LOGGER);
    const read_back got = read_file(path);
    CHECK_EQ(got.status, ETW_END);
    CHECK_EQ(got.events, written);
    CHECK_EQ(got.first, 0);
    CHECK_EQ(got.last, private_events - 1);
    CHECK_EQ(got.wrong + got.repeated + got.damage, 0);
    const etl_check_options check = {.session_name = "checked", .buffer_size = 1 << 20};
    CHECK_EQ(etl_check_file(path, &check).problems, 0);
    remove(path);
}

/* ---- death ----------------------------------------------------------------------------------- */

static bool register_provider(void)
{
    const etw_provider_options options = {.size = sizeof options, .guid = provider_guid};
    etw_error error;
    if (etw_provider_register(&provider, &options, &error) == ETW_OK)
        return true;
    printf("registering: %s\n", error.message);
    return false;
}

/* In a process of its own, which ends with all that it has. This process has no provider, which
 * would keep the session in use. */
static void record_and_end(const char *path, uint32_t mode, uint32_t count)
{
    const bool good = register_provider() &&
                      start_with((etw_session_options){.log_file = path, .mode = mode}) &&
                      write_events(0, count) == count;
    _Exit(good ? 0 : 1);
}

static void die_recording(const char *path, uint32_t mode, uint32_t count)
{
    char mode_text[16], count_text[16];
    snprintf(mode_text, sizeof mode_text, "%u", (unsigned)mode);
    snprintf(count_text, sizeof count_text, "%u", (unsigned)count);
    const char *const arguments[] = {"record", path, mode_text, count_text, NULL};
    CHECK_EQ(child_again(arguments), 0);
}

static void count_pruned(void *user, const etw_session_info *info)
{
    unsigned *count = user;
    *count += strcmp(info->name, "checked") == 0 && info->is_orphan;
}

static void a_dead_process_leaves_all_it_wrote(void)
{
    const char *path = world_path("killed.etl");
    die_recording(path, 0, EVENTS);
    /* Nobody completed the file, and everything is there. */
    const read_back got = read_file(path);
    CHECK_EQ(got.events, EVENTS);
    CHECK_EQ(got.wrong + got.repeated + got.damage, 0);
    unsigned pruned = 0;
    CHECK_EQ(etw_session_prune(ETW_BACKEND_PORTABLE, count_pruned, &pruned, NULL), ETW_OK);
    CHECK_EQ(pruned, 1);
    const etl_check_options check = {.session_name = "checked", .buffer_size = BUFFER};
    check_file(path, &check, EVENTS);
}

/* Here the keeper lives on, and whoever comes next stops the session. */
static void a_kept_file_does_not_need_its_controller(void)
{
    const char *path = world_path("orphan.etl");
    die_recording(path, ETW_MODE_REAL_TIME, 1000);
    etw_session *session;
    REQUIRE(etw_session_attach(&session, "checked", NULL) == ETW_OK);
    stop(session, 1000, 1000);
    const etl_check_options check = {.session_name = "checked", .buffer_size = BUFFER};
    check_file(path, &check, 1000);
}

/* ---- the front, with the engine behind it ---------------------------------------------------- */

static void restarts_enable_again(void)
{
    const char *path = world_path("restarted.etl");
    etw_session *session = start_with((etw_session_options){.log_file = path});
    REQUIRE(session != NULL);
    CHECK_EQ(write_events(0, 10), 10);
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    /* Providers are told by another thread. */
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider_guid, .timeout_ms = 5000};
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    CHECK_EQ(write_events(100, 10), 10);
    stop(session, 10, 10);
    const read_back got = read_file(path);
    CHECK_EQ(got.events, 10);
    CHECK_EQ(got.first, 100);
}

/* Who attaches to a session of somebody else can restart it, whatever it writes to. */
static void sessions_of_others_are_restarted(void)
{
    static const struct {
        const char *file;
        uint32_t mode;
        uint64_t maximum_size;
    } kinds[] = {
        {NULL, 0, 0},
        {"again.etl", 0, 0},
        {"again.etl", ETW_MODE_CIRCULAR | ETW_MODE_KBYTES, 4 * BUFFER},
        {"again.etl", ETW_MODE_APPEND, 0},
        {"again kept.etl", ETW_MODE_REAL_TIME, 0},
        {"again packed.etl", ETW_MODE_COMPRESSED, 0},
        {"again-%d.etl", ETW_MODE_NEW_FILE | ETW_MODE_KBYTES, 8 * BUFFER},
        {"again.etl", ETW_MODE_BUFFERING, 0},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        etw_session *first = start_with(
            (etw_session_options){.log_file = kinds[i].file ? world_path(kinds[i].file) : NULL,
                                  .flush_timer_ms = 321,
                                  .mode = kinds[i].mode,
                                  .maximum_file_size = kinds[i].maximum_size});
        REQUIRE(first != NULL);
        etw_session *other = NULL;
        etw_session_info before = {.size = sizeof before}, after = {.size = sizeof after};
        CHECK_EQ(etw_session_query(first, &before), ETW_OK);
        REQUIRE(etw_session_attach(&other, "Checked", NULL) == ETW_OK);
        if (!CHECK_EQ(etw_session_restart(other), ETW_OK))
            printf("    %s\n", etw_session_error(other)->message);
        CHECK_EQ(etw_session_query(other, &after), ETW_OK);
        CHECK_EQ(etw_session_query(first, &before), ETW_E_NOT_FOUND);
        CHECK_TEXT(after.log_file, before.log_file);
        CHECK(etw_guid_equal(&after.guid, &before.guid));
        CHECK_EQ(after.mode, before.mode);
        CHECK_EQ(after.buffer_size, before.buffer_size);
        CHECK_EQ(after.minimum_buffers, before.minimum_buffers);
        CHECK_EQ(after.maximum_buffers, before.maximum_buffers);
        CHECK(after.minimum_buffers <= after.maximum_buffers);
        CHECK_EQ(after.flush_timer_ms, 321);
        CHECK_EQ(after.maximum_file_size, before.maximum_file_size);
        CHECK_EQ(after.provider_count, 0); /* They were enabled through the other object. */
        CHECK_EQ(etw_session_stop(other, NULL), ETW_OK);
        etw_session_close(&first);
        etw_session_close(&other);
    }
}

static void existing_sessions(void)
{
    etw_session *first = start_with((etw_session_options){.buffer_size = 8192}), *second;
    REQUIRE(first != NULL);
    etw_session_options options = {
        .size = sizeof options, .backend = ETW_BACKEND_PORTABLE, .name = "CHECKED"};
    CHECK_EQ(etw_session_start(&second, &options, NULL), ETW_E_EXISTS);
    options.existing = ETW_EXISTING_ADOPT;
    REQUIRE(etw_session_start(&second, &options, NULL) == ETW_OK);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etw_session_query(second, &info), ETW_OK);
    CHECK_EQ(info.buffer_size, 8192);
    CHECK_TEXT(info.name, "checked");
    etw_session_close(&second);
    options.existing = ETW_EXISTING_RESTART;
    REQUIRE(etw_session_start(&second, &options, NULL) == ETW_OK);
    CHECK_EQ(etw_session_query(second, &info), ETW_OK);
    CHECK_EQ(info.buffer_size, 65536);
    CHECK_EQ(etw_session_query(first, &info), ETW_E_NOT_FOUND);
    etw_session_list *list;
    REQUIRE(etw_session_list_create(&list, ETW_BACKEND_PORTABLE, NULL) == ETW_OK);
    CHECK_EQ(etw_session_list_count(list), 1);
    etw_session_list_destroy(&list);
    CHECK_EQ(etw_session_stop(second, NULL), ETW_OK);
    etw_session_close(&first);
    etw_session_close(&second);
}

int main(int argc, char **argv)
{
    if (argc > 4)
        record_and_end(argv[2], (uint32_t)strtoul(argv[3], NULL, 10),
                       (uint32_t)strtoul(argv[4], NULL, 10));
    if (argc > 1)
        private_events = (uint32_t)strtoul(argv[1], NULL, 10);
    world_begin();
    if (etwi_shared_can_grow())
        RUN(a_dead_process_leaves_all_it_wrote);
    RUN(a_kept_file_does_not_need_its_controller);
    if (!register_provider())
        return 1;
    RUN(direct_files);
    RUN(clocks);
    RUN(kept_files);
    if (etwi_shared_can_grow())
        RUN(limited_files);
    RUN(circular_files);
    RUN(appended_files);
    RUN(new_files);
    RUN(snapshots);
    RUN(private_files);
    RUN(restarts_enable_again);
    RUN(sessions_of_others_are_restarted);
    RUN(existing_sessions);
    etw_provider_unregister(&provider);
    const bool is_clean = world_end();
    return test_finish() || !is_clean;
}
