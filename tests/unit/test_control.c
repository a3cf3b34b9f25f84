/* Controlling sessions of the engine: what there may be, what is told, what is left. */
#include "engine/enable_table.h"
#include "engine/slot.h"
#include "engine_world.h"
#include "os/private.h"
#include "scratch.h"
#include "test.h"

#include <stdlib.h>

static const etw_guid some_provider = {0xAABBCCDD, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};

static etw_status count_session(void *user, const etw_session_info *info)
{
    unsigned *count = user;
    CHECK(info->name[0] != '\0');
    (*count)++;
    return ETW_OK;
}

static unsigned sessions_there(void)
{
    unsigned count = 0;
    CHECK_EQ(etwi_engine_list(count_session, &count, NULL), ETW_OK);
    return count;
}

static void starts_queries_and_stops(void)
{
    etw_session_options options = world_options("First", NULL, 0);
    options.flush_timer_ms = 250;
    options.buffer_size = 16 * 1024;
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    CHECK_TEXT(info.name, "First");
    CHECK_TEXT(info.log_file, "");
    CHECK_EQ(info.buffer_size, 16 * 1024);
    CHECK_EQ(info.flush_timer_ms, 250);
    CHECK_EQ(info.maximum_buffers, options.maximum_buffers);
    CHECK_EQ(info.minimum_buffers, options.minimum_buffers);
    CHECK_EQ(info.mode, ETW_MODE_REAL_TIME);
    CHECK_EQ(info.backend, ETW_BACKEND_PORTABLE);
    CHECK_EQ(info.logger_id, 1);
    CHECK(info.start_time > UINT64_C(130000000000000000));
    CHECK(!etw_guid_is_null(&info.guid));
    CHECK_EQ(info.events, 0);
    CHECK_EQ(info.events_lost, 0);
    CHECK_EQ(sessions_there(), 1);
    etwi_mapping mapping;
    REQUIRE(world_open(&mapping, "FIRST"));
    CHECK_EQ(world_write(&mapping, 0, 10, 32), 10);
    etwi_mapping_close(&mapping);
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    CHECK_EQ(info.events, 10);
    CHECK_EQ(etwi_engine_stop(session, &info, NULL), ETW_OK);
    CHECK_EQ(info.events, 10);
    CHECK_EQ(etwi_engine_stop(session, &info, NULL), ETW_E_NOT_FOUND);
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_E_NOT_FOUND);
    etwi_engine_close(&session);
    CHECK_EQ(sessions_there(), 0);
}

static void counts_what_finds_no_room(void)
{
    const etw_session_options options = world_options("lossy", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    etwi_mapping mapping;
    REQUIRE(world_open(&mapping, "lossy"));
    const uint64_t written = world_write(&mapping, 0, 50000, 100);
    etwi_mapping_close(&mapping);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    CHECK(written < 50000);
    CHECK_EQ(info.events, written);
    CHECK_EQ(info.events_lost, 50000 - written);
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.events + info.events_lost, 50000);
}

static void names_are_taken_without_regard_to_case(void)
{
    const etw_session_options options = world_options("Gr\xC3\xB6\xC3\x9F"
                                                      "e",
                                                      NULL, 0);
    etw_session_options again = options;
    etwi_engine_session *session = world_start(&options), *other = NULL;
    REQUIRE(session);
    etw_error error;
    again.name = "gR\xC3\x96\xC3\x9F"
                 "E";
    CHECK_EQ(etwi_engine_start(&other, &again, &error), ETW_E_EXISTS);
    CHECK(!other);
    CHECK(strstr(error.message, again.name) != NULL);
    CHECK_EQ(etwi_engine_attach(&other, again.name, NULL, NULL), ETW_OK);
    etwi_engine_close(&other);
    CHECK_EQ(etwi_engine_attach(&other, "another", NULL, &error), ETW_E_NOT_FOUND);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    CHECK_EQ(etwi_engine_attach(&other, options.name, NULL, NULL), ETW_E_NOT_FOUND);
}

/* One file has as many paths as one likes to find. */
static void a_log_file_is_that_of_one_session(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s", world_path("one.etl"));
    const etw_session_options first = world_options("first", path, 0);
    const etw_session_options kept =
        world_options("kept", world_path("kept.etl"), ETW_MODE_REAL_TIME);
    etwi_engine_session *session = world_start(&first), *live = world_start(&kept), *other = NULL;
    REQUIRE(session && live);
    const char *const paths[] = {path, world_path("./one.etl"), world_path(".//kept.etl")};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const etw_session_options second = world_options("second", paths[i], 0);
        etw_error error;
        CHECK_EQ(etwi_engine_start(&other, &second, &error), ETW_E_ACCESS);
        CHECK(strstr(error.message, "is the log file of session") != NULL);
        CHECK(!other);
        /* Nor does a session go on in one. */
        const etw_session_update_options update = {.size = sizeof update, .log_file = paths[i]};
        const bool is_own = i == 2;
        CHECK_EQ(etwi_engine_update(live, &update, &error), is_own ? ETW_OK : ETW_E_ACCESS);
    }
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(live, &info, NULL), ETW_OK);
    CHECK_TEXT(info.log_file, kept.log_file); /* Its own by another name is no change. */
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
    CHECK_EQ(world_stop(live, NULL), ETW_OK);
    CHECK_EQ(world_read(path).status, ETW_END);
}

static void there_are_64_sessions(void)
{
    etwi_engine_session *sessions[ETW_SESSIONS_MAX], *more = NULL;
    char name[32] = "";
    etw_error error;
    etw_session_options options = world_options(name, NULL, 0);
    options.buffer_size = 4096;
    for (unsigned i = 0; i < ETW_SESSIONS_MAX; i++) {
        snprintf(name, sizeof name, "session %u", i);
        sessions[i] = world_start(&options);
        REQUIRE(sessions[i]);
    }
    CHECK_EQ(sessions_there(), ETW_SESSIONS_MAX);
    options.name = "one more";
    CHECK_EQ(etwi_engine_start(&more, &options, &error), ETW_E_LIMIT);
    CHECK_EQ(world_stop(sessions[40], NULL), ETW_OK);
    sessions[40] = world_start(&options);
    REQUIRE(sessions[40]);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(sessions[40], &info, NULL), ETW_OK);
    CHECK_EQ(info.logger_id, 41);
    for (unsigned i = 0; i < ETW_SESSIONS_MAX; i++)
        CHECK_EQ(world_stop(sessions[i], NULL), ETW_OK);
    CHECK_EQ(sessions_there(), 0);
}

static void eight_sessions_enable_a_provider(void)
{
    enum {
        COUNT = ETW_PROVIDER_SESSIONS_MAX + 1
    };
    etwi_engine_session *sessions[COUNT];
    char name[32] = "";
    etw_session_options options = world_options(name, NULL, 0);
    const etw_enable_parameters parameters = {.size = sizeof parameters, .provider = some_provider};
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "session %u", i);
        sessions[i] = world_start(&options);
        REQUIRE(sessions[i]);
        CHECK_EQ(etwi_engine_enable(sessions[i], &parameters, NULL, NULL),
                 i < ETW_PROVIDER_SESSIONS_MAX ? ETW_OK : ETW_E_LIMIT);
    }
    // Who has it may change how; who leaves makes room.
    CHECK_EQ(etwi_engine_enable(sessions[3], &parameters, NULL, NULL), ETW_OK);
    CHECK_EQ(etwi_engine_disable(sessions[0], &some_provider, NULL), ETW_OK);
    CHECK_EQ(etwi_engine_disable(sessions[0], &some_provider, NULL), ETW_E_NOT_FOUND);
    CHECK_EQ(etwi_engine_enable(sessions[8], &parameters, NULL, NULL), ETW_OK);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(sessions[8], &info, NULL), ETW_OK);
    CHECK_EQ(info.provider_count, 1);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK_EQ(world_stop(sessions[i], NULL), ETW_OK);
}

static void enabling_is_announced_and_kept(void)
{
    const uint16_t ids[] = {1, 2, 700};
    const uint32_t pids[] = {77};
    const etw_str names[] = {{"Hello", 5}, {"World", 5}};
    const etw_payload_predicate predicate = {{"x", 1}, ETW_PAYLOAD_EQ, {"7", 1}};
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .exclude = true, .ids = ids, .id_count = 3},
        {.type = ETW_FILTER_TYPE_PAYLOAD, .predicates = &predicate, .predicate_count = 1},
        {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 1},
        {.type = ETW_FILTER_TYPE_EVENT_NAME, .names = names, .name_count = 2, .level = 4},
        {.type = ETW_FILTER_TYPE_CONTAINER, .names = names, .name_count = 1},
        {.type = ETW_FILTER_TYPE_SCHEMATIZED, .data = {(const uint8_t *)"abc", 3}},
    };
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = some_provider,
                                              .level = 4,
                                              .match_any_keyword = 0x8000000000000001,
                                              .properties = ETW_ENABLE_PROPERTY_STACK_TRACE,
                                              .filters = filters,
                                              .filter_count = 6};
    const etw_session_options options = world_options("enabling", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    etwi_registry *registry;
    REQUIRE(etwi_registry_open(&registry, NULL, NULL) == ETW_OK);
    const uint32_t before = atomic_load(etwi_registry_generation(registry));
    etw_enable_report report = {.size = sizeof report};
    CHECK_EQ(etwi_engine_enable(session, &parameters, &report, NULL), ETW_OK);
    CHECK_EQ(report.at_provider, 1 | 4 | 8 | 32);
    CHECK_EQ(report.at_consumer, 2);
    CHECK(atomic_load(etwi_registry_generation(registry)) != before);

    char folder[ETWI_RUNTIME_PATH_MAX];
    etwi_enable_table table = {.count = 0};
    etwi_registry_path(registry, 1, NULL, folder);
    REQUIRE(etwi_enable_table_read(&table, folder, NULL, NULL) == ETW_OK);
    const etwi_enable *entry = etwi_enable_table_find(&table, &some_provider);
    REQUIRE(entry);
    CHECK_EQ(entry->level, 4);
    CHECK_EQ(entry->match_any_keyword, 0x8000000000000001);
    CHECK_EQ(entry->properties, ETW_ENABLE_PROPERTY_STACK_TRACE);
    REQUIRE(entry->filter_count == 5);
    CHECK(entry->filters[0].exclude);
    CHECK_EQ(entry->filters[0].ids[2], 700);
    CHECK_EQ(entry->filters[1].pids[0], 77);
    CHECK_STR(entry->filters[2].names[1], "World");
    CHECK_EQ(entry->filters[2].level, 4);
    CHECK_STR(entry->filters[4].data, "abc");
    const uint32_t change = entry->change, capture = entry->capture;
    CHECK_EQ(etwi_engine_capture_state(session, NULL, 0, NULL), ETW_OK);
    CHECK_EQ(etwi_engine_capture_state(session, &options.guid, 0, NULL), ETW_E_NOT_FOUND);
    REQUIRE(etwi_enable_table_read(&table, folder, NULL, NULL) == ETW_OK);
    entry = etwi_enable_table_find(&table, &some_provider);
    REQUIRE(entry);
    CHECK_EQ(entry->change, change);
    CHECK(entry->capture != capture);
    etwi_enable_table_free(&table);
    etwi_registry_close(&registry);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void filters_have_limits(void)
{
    static uint16_t ids[ETW_FILTER_EVENT_IDS_MAX + 1];
    static uint32_t pids[ETW_FILTER_PIDS_MAX + 1];
    static uint8_t data[ETW_FILTER_DATA_MAX + 1];
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = ETW_FILTER_EVENT_IDS_MAX + 1},
        {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = ETW_FILTER_PIDS_MAX + 1},
        {.type = ETW_FILTER_TYPE_SCHEMATIZED, .data = {data, sizeof data}},
    };
    const etw_session_options options = world_options("limits", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    for (unsigned i = 0; i < 3; i++) {
        const etw_enable_parameters parameters = {.size = sizeof parameters,
                                                  .provider = some_provider,
                                                  .filters = &filters[i],
                                                  .filter_count = 1};
        CHECK_EQ(etwi_engine_enable(session, &parameters, NULL, NULL), ETW_E_LIMIT);
    }
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

static void damaged_tables_are_refused(void)
{
    etwi_enable_table table = {.count = 0};
    etwi_enable_table read = {.count = 0};
    etwi_buffer bytes = {.allocator = etwi_allocator_or_default(NULL)};
    const uint16_t ids[] = {1, 2};
    const etw_str names[] = {{"Hello", 5}};
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 2},
        {.type = ETW_FILTER_TYPE_EVENT_NAME, .names = names, .name_count = 1},
    };
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = some_provider,
                                              .filters = filters,
                                              .filter_count = 2};
    REQUIRE(etwi_enable_table_parse(&table, (etw_bytes){NULL, 0}, NULL, NULL) == ETW_OK);
    REQUIRE(etwi_enable_table_set(&table, &parameters, NULL) == ETW_OK);
    REQUIRE(etwi_enable_table_format(&table, &bytes, NULL) == ETW_OK);
    uint8_t *data = (uint8_t *)bytes.data;
    CHECK_EQ(etwi_enable_table_parse(&read, (etw_bytes){data, bytes.size}, NULL, NULL), ETW_OK);
    CHECK_EQ(read.count, 1);
    for (size_t size = 1; size < bytes.size; size++)
        CHECK_EQ(etwi_enable_table_parse(&read, (etw_bytes){data, size}, NULL, NULL),
                 ETW_E_CORRUPT);
    // Any byte may be anything: it is read or refused, and nothing is read beyond the end.
    for (size_t i = 0; i < bytes.size; i++) {
        const uint8_t kept = data[i];
        for (unsigned value = 0; value < 256; value += 51) {
            data[i] = (uint8_t)value;
            const etw_status status =
                etwi_enable_table_parse(&read, (etw_bytes){data, bytes.size}, NULL, NULL);
            CHECK(status == ETW_OK || status == ETW_E_CORRUPT);
        }
        data[i] = kept;
    }
    etwi_enable_table_free(&table);
    etwi_enable_table_free(&read);
    etwi_buffer_free(&bytes);
}

static void updates_what_may_change(void)
{
    const etw_session_options options = world_options("update", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    etw_session_update_options update = {.size = sizeof update,
                                         .maximum_buffers = options.minimum_buffers + 3,
                                         .flush_timer_ms = 42};
    CHECK_EQ(etwi_engine_update(session, &update, NULL), ETW_OK);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_engine_query(session, &info, NULL), ETW_OK);
    CHECK_EQ(info.maximum_buffers, options.minimum_buffers + 3);
    CHECK_EQ(info.flush_timer_ms, 42);
    update.maximum_buffers = options.maximum_buffers + 1;
    CHECK_EQ(etwi_engine_update(session, &update, NULL), ETW_E_LIMIT);
    update.maximum_buffers = options.minimum_buffers - 1;
    CHECK_EQ(etwi_engine_update(session, &update, NULL), ETW_E_INVALID);
    update.maximum_buffers = 0;
    update.log_file = world_path("none.etl");
    CHECK_EQ(etwi_engine_update(session, &update, NULL), ETW_E_UNSUPPORTED);
    CHECK_EQ(world_stop(session, NULL), ETW_OK);
}

/* A session whose buffers are its file cannot go on in another: it says so, and how to. */
static void direct_sessions_keep_their_file(void)
{
    const etw_session_options options = world_options("direct", world_path("direct.etl"), 0);
    etwi_engine_session *session = world_start(&options);
    etw_error error = {.message = ""};
    REQUIRE(session);
    const etw_session_update_options update = {.size = sizeof update,
                                               .log_file = world_path("other.etl")};
    CHECK_EQ(etwi_engine_update(session, &update, &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "ETW_MODE_REAL_TIME") != NULL);
    etwi_path_info found;
    CHECK(!etwi_path_look(world_path("other.etl"), &found));
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_TEXT(info.log_file, options.log_file);
}

static void folders_are_absolute_paths(void)
{
    etwi_registry *registry = NULL;
    char kept[300];
    snprintf(kept, sizeof kept, "%s", getenv("ETW_RUNTIME_DIR"));
    scratch_set_variable("ETW_RUNTIME_DIR", "relative");
    CHECK_EQ(etwi_registry_open(&registry, NULL, NULL), ETW_E_INVALID);
    scratch_set_variable("ETW_RUNTIME_DIR", world_path("not/there"));
    CHECK_EQ(etwi_registry_open(&registry, NULL, NULL), ETW_E_UNSUPPORTED);
    scratch_set_variable("ETW_RUNTIME_DIR", kept);
}

/* As if the system had started anew, or an older library had left the folder. */
static void changes_registry(long offset, const char *bytes, size_t size)
{
    char path[400];
    snprintf(path, sizeof path, "%s/registry", getenv("ETW_RUNTIME_DIR"));
    FILE *file = fopen(path, "r+b");
    REQUIRE(file);
    fseek(file, offset, SEEK_SET);
    CHECK_EQ(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void stale_registries_are_renewed(void)
{
    // A file that is not the session's memory has a keeper, which does not live on in another boot.
    const char *path = etwi_shared_can_grow() ? world_path("stale.etl") : NULL;
    const etw_session_options options = world_options("stale", path, 0);
    for (int kind = 0; kind < 2; kind++) {
        etwi_engine_session *session = world_start(&options);
        REQUIRE(session);
        etwi_mapping mapping;
        REQUIRE(world_open(&mapping, "stale"));
        CHECK_EQ(world_write(&mapping, 0, 100, 16), 100);
        etwi_mapping_close(&mapping);
        if (kind == 0)
            changes_registry(16, "another boot id!", 16);
        else
            changes_registry(8, "\xFF", 1);
        // Somebody uses it still: it cannot be stale.
        etwi_registry *registry = NULL;
        CHECK_EQ(etwi_registry_open(&registry, NULL, NULL), ETW_E_UNSUPPORTED);
        etwi_engine_close(&session);
        CHECK_EQ(sessions_there(), 0);
        if (!path)
            continue;
        const world_file file = world_read(path);
        CHECK_EQ(file.events, 100);
        CHECK(file.end_time != 0);
    }
}

static void leftovers_of_a_start_are_reclaimed(void)
{
    char path[400];
    CHECK_EQ(sessions_there(), 0);
    snprintf(path, sizeof path, "%s/sessions/1", getenv("ETW_RUNTIME_DIR"));
    CHECK_EQ(etwi_private_folder(path, NULL), ETW_OK);
    snprintf(path, sizeof path, "%s/sessions/1/ctl", getenv("ETW_RUNTIME_DIR"));
    FILE *file = fopen(path, "w");
    REQUIRE(file);
    fputs("half a session", file);
    fclose(file);
    const etw_session_options options = world_options("fresh", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(world_stop(session, &info), ETW_OK);
    CHECK_EQ(info.logger_id, 1);
}

static void count_pruned(void *user, const etw_session_info *info)
{
    unsigned *count = user;
    CHECK(info->is_orphan);
    (*count)++;
}

static void orphans_are_pruned(void)
{
    const etw_session_options options = world_options("orphan", NULL, 0);
    etwi_engine_session *session = world_start(&options);
    REQUIRE(session);
    unsigned pruned = 0;
    CHECK_EQ(etwi_engine_prune(count_pruned, &pruned, NULL), ETW_OK);
    CHECK_EQ(pruned, 0);
    etwi_engine_close(&session);
    CHECK_EQ(sessions_there(), 1);
    etwi_mapping mapping;
    REQUIRE(world_open(&mapping, "orphan"));
    CHECK_EQ(etwi_engine_prune(count_pruned, &pruned, NULL), ETW_OK);
    CHECK_EQ(pruned, 0);
    etwi_mapping_close(&mapping);
    CHECK_EQ(etwi_engine_prune(count_pruned, &pruned, NULL), ETW_OK);
    CHECK_EQ(pruned, 1);
    CHECK_EQ(sessions_there(), 0);
}

int main(void)
{
    world_begin();
    RUN(starts_queries_and_stops);
    RUN(counts_what_finds_no_room);
    RUN(names_are_taken_without_regard_to_case);
    RUN(a_log_file_is_that_of_one_session);
    RUN(there_are_64_sessions);
    RUN(eight_sessions_enable_a_provider);
    RUN(enabling_is_announced_and_kept);
    RUN(filters_have_limits);
    RUN(damaged_tables_are_refused);
    RUN(updates_what_may_change);
    if (etwi_shared_can_grow())
        RUN(direct_sessions_keep_their_file);
    RUN(folders_are_absolute_paths);
    RUN(stale_registries_are_renewed);
    RUN(leftovers_of_a_start_are_reclaimed);
    RUN(orphans_are_pruned);
    const int failed = test_finish();
    return !world_end() || failed;
}
