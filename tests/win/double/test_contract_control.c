/* The contract of StartTrace, ControlTrace and QueryAllTraces. */
#include "contract.h"

#include "test.h"

#include <stdlib.h>

enum {
    MODE_SEQUENTIAL = 1,
    MODE_CIRCULAR = 2,
    MODE_APPEND = 4,
    MODE_NEW_FILE = 8,
    MODE_REAL_TIME = 0x100,
    MODE_BUFFERING = 0x400,
    MODE_PRIVATE = 0x800,
    MODE_SYSTEM_LOGGER = 0x02000000,
    QUERY = 0,
    STOP = 1,
    UPDATE = 2,
    FLUSH = 3
};

static const char name[] = "libetw contract";
static const etw_guid system_trace = {
    0x9E814AAD, 0x3204, 0x11D2, {0x9A, 0x82, 0x00, 0x60, 0x08, 0xA8, 0x69, 0x39}};

static uint32_t start(contract_block *block, const char *session)
{
    uint64_t handle = 0;
    return contract_api->StartTraceW(&handle, contract_wide(session), &block->properties);
}

static uint32_t control(const char *session, contract_block *block, uint32_t code)
{
    return contract_api->ControlTraceW(0, contract_wide(session), &block->properties, code);
}

/* ---- StartTrace ------------------------------------------------------------------------------ */

static void a_session_starts_and_stops(void)
{
    contract_block block;
    uint64_t handle = 0;
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    CHECK_EQ(contract_api->StartTraceW(&handle, contract_wide(name), &block.properties), 0);
    CHECK(handle != 0);
    CHECK(contract_is(block.name, name)); // StartTrace copies the name.
    CHECK(block.properties.wnode.guid.data1 != 0);
    CHECK_EQ(block.properties.wnode.historical_context, handle);
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(contract_api->ControlTraceW(handle, NULL, &block.properties, STOP), 0);
    CHECK(contract_is(block.name, name));
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(contract_api->ControlTraceW(handle, NULL, &block.properties, STOP), 4201);
}

static void start_wants_all_arguments(void)
{
    contract_block block;
    uint64_t handle;
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    CHECK_EQ(contract_api->StartTraceW(NULL, contract_wide(name), &block.properties), 87);
    CHECK_EQ(contract_api->StartTraceW(&handle, NULL, &block.properties), 87);
    CHECK_EQ(contract_api->StartTraceW(&handle, contract_wide(name), NULL), 87);
}

static void start_checks_sizes(void)
{
    contract_block block;
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.wnode.buffer_size = ETWI_ABI_PROPERTIES_V1_SIZE - 8;
    CHECK_EQ(start(&block, name), 24);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.wnode.buffer_size = block.properties.logger_name_offset + 6;
    CHECK_EQ(start(&block, name), 24); // No room for the name.
}

static void start_checks_offsets_and_flags(void)
{
    contract_block block;
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.logger_name_offset = 8; // Inside the structure.
    CHECK_EQ(start(&block, name), 87);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.log_file_name_offset = sizeof block + 2;
    CHECK_EQ(start(&block, name), 87);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.wnode.flags = 0;
    CHECK_EQ(start(&block, name), 87);
}

static void start_checks_modes(void)
{
    static const uint32_t bad[] = {MODE_SEQUENTIAL | MODE_CIRCULAR,
                                   MODE_APPEND | MODE_REAL_TIME,
                                   MODE_APPEND | MODE_CIRCULAR,
                                   MODE_BUFFERING | MODE_REAL_TIME,
                                   MODE_PRIVATE | MODE_REAL_TIME,
                                   MODE_CIRCULAR /* No size. */,
                                   MODE_NEW_FILE /* No size. */};
    contract_block block;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        contract_block_for(&block, bad[i], contract_path("modes%d.etl"));
        CHECK_EQ(start(&block, name), 87);
    }
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(start(&block, name), 161); // Neither a mode nor a file.
    contract_block_for(&block, MODE_SEQUENTIAL, NULL);
    CHECK_EQ(start(&block, name), 161);
}

static void names_are_unique_without_regard_to_case(void)
{
    contract_block block;
    REQUIRE(contract_start("libetw Contract") != 0);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    CHECK_EQ(start(&block, "LIBETW contract"), 183);
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(control("LIBETW CONTRACT", &block, QUERY), 0);
    CHECK(contract_is(block.name, "libetw Contract"));
    CHECK_EQ(contract_stop("libetw contract"), 0);
}

static void a_file_belongs_to_one_session(void)
{
    contract_block block;
    contract_block_for(&block, MODE_SEQUENTIAL, contract_path("one.etl"));
    REQUIRE(start(&block, name) == 0);
    contract_block_for(&block, MODE_SEQUENTIAL, contract_path("one.etl"));
    CHECK_EQ(start(&block, "libetw contract 2"), 161);
    CHECK_EQ(contract_stop(name), 0);
    size_t size = 0;
    uint8_t *file = contract_read(contract_path("one.etl"), &size);
    CHECK(file && size > 0);
    free(file);
}

static void the_kernel_logger_has_one_name(void)
{
    contract_block block;
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.wnode.guid = system_trace;
    CHECK_EQ(start(&block, name), 87);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.wnode.guid = system_trace;
    block.properties.enable_flags = 3;
    REQUIRE(start(&block, "NT Kernel Logger") == 0);
    CHECK_EQ(start(&block, "NT Kernel Logger"), 183);
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(control("NT Kernel Logger", &block, QUERY), 0);
    CHECK_EQ(block.properties.enable_flags, 3);
    CHECK(etw_guid_equal(&block.properties.wnode.guid, &system_trace));
    CHECK_EQ(contract_stop("NT Kernel Logger"), 0);
}

static void there_are_64_sessions(void)
{
    char session[32];
    int started = 0;
    uint32_t last = 0;
    for (int i = 0; i < 65 && !last; i++) {
        contract_block block;
        contract_block_for(&block, MODE_REAL_TIME, NULL);
        block.properties.buffer_size = 4;
        snprintf(session, sizeof session, "libetw contract %d", i);
        last = start(&block, session);
        started += !last;
    }
    CHECK_EQ(last, 1450);
    CHECK(started <= 64);
    if (contract_script) // On Windows some are running already.
        CHECK_EQ(started, 64);
    for (int i = 0; i < started; i++) {
        snprintf(session, sizeof session, "libetw contract %d", i);
        CHECK_EQ(contract_stop(session), 0);
    }
}

static void there_are_8_system_loggers(void)
{
    char session[32];
    int started = 0;
    uint32_t last = 0;
    for (int i = 0; i < 9 && !last; i++) {
        contract_block block;
        contract_block_for(&block, MODE_REAL_TIME | MODE_SYSTEM_LOGGER, NULL);
        snprintf(session, sizeof session, "libetw contract %d", i);
        last = start(&block, session);
        started += !last;
    }
    CHECK_EQ(last, 1450);
    CHECK(started <= 8);
    for (int i = 0; i < started; i++) {
        snprintf(session, sizeof session, "libetw contract %d", i);
        CHECK_EQ(contract_stop(session), 0);
    }
}

static void what_is_refused_without_rights(void)
{
    contract_block block;
    if (!contract_script) {
        CHECK(true);
        return;
    }
    contract_script->set(DOUBLE_IS_ELEVATED, 0);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    CHECK_EQ(start(&block, name), 5);
    CHECK_EQ(control(name, &block, QUERY), 5);
    etwi_abi_properties *one = &block.properties;
    uint32_t count = 0;
    CHECK_EQ(contract_api->QueryAllTracesW(&one, 1, &count), 5);
    contract_script->set(DOUBLE_IS_ELEVATED, 1);
}

/* ---- ControlTrace ---------------------------------------------------------------------------- */

static void control_wants_a_session(void)
{
    contract_block block;
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(contract_api->ControlTraceW(0, NULL, &block.properties, QUERY), 87);
    CHECK_EQ(contract_api->ControlTraceW(0, contract_wide(name), NULL, QUERY), 87);
    CHECK_EQ(control(name, &block, QUERY), 4201);
    CHECK_EQ(control(name, &block, STOP), 4201);
    CHECK_EQ(control(name, &block, UPDATE), 4201);
    CHECK_EQ(control(name, &block, FLUSH), 4201);
    block.properties.wnode.buffer_size = 64;
    CHECK_EQ(control(name, &block, QUERY), 24);
}

static void query_tells_what_was_asked_for(void)
{
    contract_block block;
    contract_block_for(&block, MODE_REAL_TIME | MODE_SEQUENTIAL, contract_path("query.etl"));
    block.properties.buffer_size = 32;
    block.properties.maximum_buffers = 40;
    block.properties.flush_timer = 3;
    REQUIRE(start(&block, name) == 0);
    contract_block_for(&block, 0, "");
    CHECK_EQ(control(name, &block, QUERY), 0);
    CHECK_EQ(block.properties.buffer_size, 32);
    CHECK_EQ(block.properties.maximum_buffers, 40);
    CHECK_EQ(block.properties.flush_timer, 3);
    CHECK_EQ(block.properties.wnode.client_context, 1);
    CHECK_EQ(block.properties.log_file_mode & (MODE_REAL_TIME | MODE_SEQUENTIAL),
             MODE_REAL_TIME | MODE_SEQUENTIAL);
    CHECK(contract_is(block.file, contract_path("query.etl")));
    CHECK(block.properties.number_of_buffers >= 2);
    CHECK_EQ(contract_stop(name), 0);
}

static void names_need_room(void)
{
    contract_block block;
    REQUIRE(contract_start(name) != 0);
    contract_block_for(&block, 0, NULL);
    block.properties.wnode.buffer_size = block.properties.logger_name_offset + 6;
    CHECK_EQ(control(name, &block, QUERY), 234);
    // The session is stopped all the same.
    contract_block_for(&block, 0, NULL);
    block.properties.wnode.buffer_size = block.properties.logger_name_offset + 6;
    CHECK_EQ(control(name, &block, STOP), 234);
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(control(name, &block, QUERY), 4201);
}

static void update_changes_what_it_may(void)
{
    contract_block block;
    REQUIRE(contract_start(name) != 0);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    block.properties.maximum_buffers = 20;
    block.properties.flush_timer = 2;
    block.properties.enable_flags = 0;
    CHECK_EQ(control(name, &block, UPDATE), 0);
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(control(name, &block, QUERY), 0);
    CHECK_EQ(block.properties.maximum_buffers, 20);
    CHECK_EQ(block.properties.flush_timer, 2);
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(control(name, &block, FLUSH), 0);
    CHECK_EQ(contract_stop(name), 0);
}

/* Found by those who tried; not documented. */
static void a_block_of_a_stopped_session_starts_nothing(void)
{
    contract_block block;
    uint64_t handle = 1;
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    REQUIRE(start(&block, name) == 0);
    CHECK_EQ(control(name, &block, STOP), 0);
    if (contract_script) {
        CHECK_EQ(contract_api->StartTraceW(&handle, contract_wide(name), &block.properties), 0);
        CHECK_EQ(handle, 0);
    }
}

static void the_shorthands_do_the_same(void)
{
    typedef uint32_t(ETWI_ABI_CALL * shorthand)(uint64_t, const etwi_abi_char *,
                                                etwi_abi_properties *);
    static const char *const functions[] = {"QueryTraceW", "UpdateTraceW", "FlushTraceW",
                                            "StopTraceW"};
    REQUIRE(contract_start(name) != 0);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        contract_block block;
        void *address = contract_function(functions[i]);
        shorthand call;
        REQUIRE(address != NULL);
        memcpy(&call, &address, sizeof call);
        contract_block_for(&block, 0, NULL);
        CHECK_EQ(call(0, contract_wide(name), &block.properties), 0);
        CHECK(contract_is(block.name, name));
    }
    contract_block block;
    contract_block_for(&block, 0, NULL);
    CHECK_EQ(control(name, &block, QUERY), 4201);
}

/* ---- QueryAllTraces -------------------------------------------------------------------------- */

static void all_sessions_are_listed(void)
{
    enum {
        ROOM = 64
    };
    contract_block *blocks = calloc(ROOM, sizeof *blocks);
    etwi_abi_properties *list[ROOM];
    uint32_t count = 0, hits = 0;
    REQUIRE(blocks != NULL);
    for (int i = 0; i < ROOM; i++) {
        contract_block_for(&blocks[i], 0, NULL);
        list[i] = &blocks[i].properties;
    }
    REQUIRE(contract_start(name) != 0 && contract_start("libetw contract 2") != 0);
    CHECK_EQ(contract_api->QueryAllTracesW(list, ROOM, &count), 0);
    CHECK(count >= 2);
    for (uint32_t i = 0; i < count; i++)
        hits +=
            contract_is(blocks[i].name, name) || contract_is(blocks[i].name, "libetw contract 2");
    CHECK_EQ(hits, 2);
    const uint32_t all = count;
    CHECK_EQ(contract_api->QueryAllTracesW(list, 1, &count), 234);
    CHECK_EQ(count, all);
    CHECK_EQ(contract_api->QueryAllTracesW(list, 0, &count), 87);
    CHECK_EQ(contract_api->QueryAllTracesW(list, 65, &count), 87);
    CHECK_EQ(contract_api->QueryAllTracesW(NULL, 1, &count), 87);
    CHECK_EQ(contract_api->QueryAllTracesW(list, 1, NULL), 87);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_stop("libetw contract 2"), 0);
    free(blocks);
}

/* ---- the script ------------------------------------------------------------------------------ */

static void failures_are_played_once(void)
{
    contract_block block;
    if (!contract_script) {
        CHECK(true);
        return;
    }
    contract_script->fail("StartTraceW", 112);
    contract_script->fail("ControlTraceW", 2402);
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    CHECK_EQ(start(&block, name), 112);
    CHECK_EQ(start(&block, name), 0);
    CHECK_EQ(contract_stop(name), 2402);
    CHECK_EQ(contract_stop(name), 0);
}

static void every_byte_is_remembered(void)
{
    contract_block block;
    if (!contract_script) {
        CHECK(true);
        return;
    }
    contract_script->reset();
    contract_block_for(&block, MODE_REAL_TIME, NULL);
    const contract_block before = block;
    uint64_t handle;
    const etwi_abi_char *wide = contract_wide(name);
    CHECK_EQ(contract_api->StartTraceW(&handle, wide, &block.properties), 0);
    const double_call *call = contract_script->call("StartTraceW", 0);
    REQUIRE(call != NULL);
    CHECK_EQ(call->argument_count, 3);
    CHECK_EQ(call->arguments[0], (uintptr_t)&handle);
    CHECK_EQ(call->arguments[1], (uintptr_t)wide);
    const double_block kept = double_block_of(call, "properties");
    CHECK(kept.size == sizeof before && memcmp(kept.data, &before, sizeof before) == 0);
    CHECK_EQ(double_block_of(call, "name").size, 2 * sizeof name);
    CHECK(double_block_of(call, "none").data == NULL);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_script->call_count(NULL), 2);
    CHECK_EQ(contract_script->call_count("ControlTraceW"), 1);
}

int main(int argc, char **argv)
{
    contract_begin(argc, argv);
    RUN(a_session_starts_and_stops);
    RUN(start_wants_all_arguments);
    RUN(start_checks_sizes);
    RUN(start_checks_offsets_and_flags);
    RUN(start_checks_modes);
    RUN(names_are_unique_without_regard_to_case);
    RUN(a_file_belongs_to_one_session);
    RUN(the_kernel_logger_has_one_name);
    RUN(there_are_64_sessions);
    RUN(there_are_8_system_loggers);
    RUN(what_is_refused_without_rights);
    RUN(control_wants_a_session);
    RUN(query_tells_what_was_asked_for);
    RUN(names_need_room);
    RUN(update_changes_what_it_may);
    RUN(a_block_of_a_stopped_session_starts_nothing);
    RUN(the_shorthands_do_the_same);
    RUN(all_sessions_are_listed);
    RUN(failures_are_played_once);
    RUN(every_byte_is_remembered);
    CHECK(contract_end());
    return test_finish();
}
