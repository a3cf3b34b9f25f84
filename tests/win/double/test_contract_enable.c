/* The contract of EnableTraceEx2, TraceSetInformation, TraceQueryInformation, EnumerateTraceGuidsEx
 * and of rights. */
#include "contract.h"

#include "test.h"

#include <stdlib.h>

enum {
    DISABLE = 0,
    ENABLE = 1,
    CAPTURE_STATE = 2,
    MODE_REAL_TIME = 0x100,
    MODE_SYSTEM_LOGGER = 0x02000000
};

static const char name[] = "libetw contract";
static const etw_guid other = {
    0x1C0F3B1A, 0x5A0E, 0x4C0D, {0x8E, 0x11, 0x2D, 0x37, 0x5B, 0x92, 0x41, 0x61}};

static etwi_abi_enable_parameters parameters_of(etwi_abi_filter *filters, uint32_t count)
{
    const etwi_abi_enable_parameters parameters = {
        .version = 2, .enable_filter_desc = filters, .filter_desc_count = count};
    return parameters;
}

static etwi_abi_filter filter_of(uint32_t type, const void *data, uint32_t size)
{
    const etwi_abi_filter filter = {(uintptr_t)data, size, type};
    return filter;
}

/* ---- EnableTraceEx2 -------------------------------------------------------------------------- */

static void enable_wants_a_session_and_a_provider(void)
{
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    CHECK_EQ(contract_api->EnableTraceEx2(0, &other, ENABLE, 5, 0, 0, 0, NULL), 87);
    CHECK_EQ(contract_api->EnableTraceEx2(session, NULL, ENABLE, 5, 0, 0, 0, NULL), 87);
    CHECK_EQ(contract_api->EnableTraceEx2(session, &other, 3, 5, 0, 0, 0, NULL), 87);
    etwi_abi_enable_parameters parameters = parameters_of(NULL, 0);
    parameters.version = 3;
    CHECK_EQ(contract_enable(session, &other, &parameters), 87);
    CHECK_EQ(contract_stop(name), 0);
}

static void a_provider_has_8_sessions(void)
{
    char text[32];
    for (int i = 0; i < 9; i++) {
        snprintf(text, sizeof text, "libetw contract %d", i);
        const uint64_t session = contract_start(text);
        CHECK(session != 0);
        CHECK_EQ(contract_api->EnableTraceEx2(session, &other, ENABLE, 5, 0, 0, 0, NULL),
                 i < 8 ? 0 : 1450);
    }
    for (int i = 0; i < 9; i++) {
        snprintf(text, sizeof text, "libetw contract %d", i);
        CHECK_EQ(contract_stop(text), 0);
    }
}

static void filters_have_limits(void)
{
    static uint8_t bytes[5000];
    uint32_t pids[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    etwi_abi_filter filters[14];
    filters[0] = filter_of(ETWI_ABI_FILTER_PID, pids, sizeof pids);
    etwi_abi_enable_parameters parameters = parameters_of(filters, 1);
    CHECK_EQ(contract_enable(session, &other, &parameters), 87);
    filters[0] = filter_of(ETWI_ABI_FILTER_PID, pids, 8 * sizeof *pids);
    CHECK_EQ(contract_enable(session, &other, &parameters), 0);
    // One id more than there may be.
    const uint16_t count = 65;
    bytes[0] = 1;
    memcpy(bytes + 2, &count, sizeof count);
    filters[0] = filter_of(ETWI_ABI_FILTER_EVENT_ID, bytes, 4 + 2 * count);
    CHECK_EQ(contract_enable(session, &other, &parameters), 87);
    filters[0] = filter_of(ETWI_ABI_FILTER_SCHEMATIZED, bytes, 1025);
    CHECK_EQ(contract_enable(session, &other, &parameters), 87);
    for (int i = 0; i < 14; i++)
        filters[i] = filter_of(ETWI_ABI_FILTER_NONE, NULL, 0);
    parameters = parameters_of(filters, 14);
    CHECK_EQ(contract_enable(session, &other, &parameters), 87);
    CHECK_EQ(contract_stop(name), 0);
}

static void every_byte_of_filters_is_remembered(void)
{
    const uint32_t pids[2] = {4, 400};
    const uint16_t ids[] = {1, 2, 100, 200}; // FilterIn, count, two ids.
    etwi_abi_filter filters[2] = {filter_of(ETWI_ABI_FILTER_PID, pids, sizeof pids),
                                  filter_of(ETWI_ABI_FILTER_EVENT_ID, ids, sizeof ids)};
    if (!contract_script) {
        CHECK(true);
        return;
    }
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    etwi_abi_enable_parameters parameters = parameters_of(filters, 2);
    parameters.enable_property = 0x81;
    parameters.source_id = other;
    CHECK_EQ(contract_api->EnableTraceEx2(session, &contract_provider, ENABLE, 4,
                                          0x8000000000000001, 3, 1000, &parameters),
             0);
    const double_call *call =
        contract_script->call("EnableTraceEx2", contract_script->call_count("EnableTraceEx2") - 1);
    REQUIRE(call != NULL);
    const uint64_t expected[] = {
        session, (uintptr_t)&contract_provider, ENABLE, 4, 0x8000000000000001, 3,
        1000,    (uintptr_t)&parameters};
    CHECK_EQ(call->argument_count, 8);
    CHECK(memcmp(call->arguments, expected, sizeof expected) == 0);
    double_block kept = double_block_of(call, "provider");
    CHECK(kept.size == sizeof(etw_guid) && memcmp(kept.data, &contract_provider, kept.size) == 0);
    kept = double_block_of(call, "parameters");
    CHECK(kept.size == sizeof parameters && memcmp(kept.data, &parameters, kept.size) == 0);
    kept = double_block_of(call, "filters");
    CHECK(kept.size == sizeof filters && memcmp(kept.data, filters, kept.size) == 0);
    kept = double_block_of(call, "filter 0");
    CHECK(kept.size == sizeof pids && memcmp(kept.data, pids, kept.size) == 0);
    kept = double_block_of(call, "filter 1");
    CHECK(kept.size == sizeof ids && memcmp(kept.data, ids, kept.size) == 0);
    CHECK_EQ(contract_stop(name), 0);
}

static void enable_may_be_refused_or_take_too_long(void)
{
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    if (contract_script) {
        static const uint32_t errors[] = {1, 5, 1450, 1460};
        for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
            contract_script->fail("EnableTraceEx2", errors[i]);
            CHECK_EQ(contract_enable(session, &other, NULL), errors[i]);
        }
    }
    CHECK_EQ(contract_enable(session, &other, NULL), 0);
    CHECK_EQ(contract_api->EnableTraceEx2(session, &other, CAPTURE_STATE, 0, 0, 0, 0, NULL), 0);
    CHECK_EQ(contract_api->EnableTraceEx2(session, &other, DISABLE, 0, 0, 0, 0, NULL), 0);
    CHECK_EQ(contract_stop(name), 0);
}

/* ---- TraceSetInformation --------------------------------------------------------------------- */

static uint64_t start_system_logger(void)
{
    contract_block block;
    uint64_t handle = 0;
    contract_block_for(&block, MODE_REAL_TIME | MODE_SYSTEM_LOGGER, NULL);
    return contract_api->StartTraceW(&handle, contract_wide(name), &block.properties) ? 0 : handle;
}

static void stacks_are_for_the_kernels_sessions(void)
{
    enum {
        STACKS = 3
    };
    etwi_abi_classic_event_id ids[2] = {{other, 36, {0}}, {other, 1, {0}}};
    uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    CHECK_EQ(contract_api->TraceSetInformation(session, STACKS, ids, sizeof ids), 87);
    CHECK_EQ(contract_stop(name), 0);
    session = start_system_logger();
    REQUIRE(session != 0);
    CHECK_EQ(contract_api->TraceSetInformation(session, STACKS, ids, sizeof ids), 0);
    CHECK_EQ(contract_api->TraceSetInformation(session, STACKS, ids, sizeof ids - 1), 24);
    CHECK_EQ(contract_api->TraceSetInformation(session, STACKS, NULL, sizeof ids), 87);
    CHECK_EQ(contract_api->TraceSetInformation(session, 999, ids, sizeof ids), 50);
    CHECK_EQ(contract_stop(name), 0);
    CHECK_EQ(contract_api->TraceSetInformation(session, STACKS, ids, sizeof ids), 4201);
}

static void group_masks_come_back(void)
{
    enum {
        SYSTEM_FLAGS = 4
    };
    uint32_t mask[8] = {0x12, 0, 0x40000004, 0, 1, 2, 3, 4}, got[8] = {0};
    uint32_t used = 0;
    const uint64_t session = start_system_logger();
    REQUIRE(session != 0);
    CHECK_EQ(contract_api->TraceSetInformation(session, SYSTEM_FLAGS, mask, sizeof mask), 0);
    CHECK_EQ(contract_api->TraceQueryInformation(session, SYSTEM_FLAGS, got, sizeof got, &used), 0);
    CHECK_EQ(used, sizeof got);
    if (contract_script) // Windows drops bits that mean nothing.
        CHECK(memcmp(mask, got, sizeof mask) == 0);
    CHECK_EQ(contract_api->TraceQueryInformation(session, SYSTEM_FLAGS, got, 4, &used), 24);
    CHECK_EQ(contract_stop(name), 0);
}

static void some_questions_need_no_session(void)
{
    enum {
        VERSION = 11,
        MAX_LOGGERS = 19
    };
    etwi_abi_version_info version = {0, 0};
    uint32_t loggers = 0, used = 0;
    CHECK_EQ(contract_api->TraceQueryInformation(0, VERSION, &version, sizeof version, &used), 0);
    CHECK(version.etw_trace_processing_version > 0);
    CHECK_EQ(contract_api->TraceQueryInformation(0, MAX_LOGGERS, &loggers, sizeof loggers, NULL),
             0);
    CHECK(loggers >= 64);
    CHECK_EQ(contract_api->TraceQueryInformation(0, VERSION, NULL, 0, &used), 87);
}

/* ---- EnumerateTraceGuidsEx ------------------------------------------------------------------- */

static void providers_are_listed(void)
{
    enum {
        LIST = 0,
        INFO = 1
    };
    static uint8_t out[65536];
    uint64_t registration = 0;
    uint32_t used = 0;
    etw_guid guid = contract_provider;
    etw_guid unknown = {1, 2, 3, {4}};
    const uint64_t session = contract_start(name);
    REQUIRE(session != 0);
    CHECK_EQ(contract_enable(session, &contract_provider, NULL), 0);
    CHECK_EQ(contract_api->EventRegister(&contract_provider, NULL, NULL, &registration), 0);
    CHECK_EQ(contract_api->EnumerateTraceGuidsEx(LIST, NULL, 0, NULL, 0, &used), 122);
    CHECK(used >= sizeof guid && used % sizeof guid == 0);
    CHECK_EQ(contract_api->EnumerateTraceGuidsEx(LIST, NULL, 0, out, sizeof out, &used), 0);
    bool is_there = false;
    for (uint32_t at = 0; at < used; at += sizeof guid)
        is_there = is_there || memcmp(out + at, &guid, sizeof guid) == 0;
    CHECK(is_there);
    CHECK_EQ(contract_api->EnumerateTraceGuidsEx(INFO, &guid, sizeof guid, out, 8, &used), 122);
    CHECK_EQ(contract_api->EnumerateTraceGuidsEx(INFO, &guid, sizeof guid, out, sizeof out, &used),
             0);
    etwi_abi_guid_info head;
    etwi_abi_instance_info instance;
    etwi_abi_enable_info info;
    memcpy(&head, out, sizeof head);
    memcpy(&instance, out + sizeof head, sizeof instance);
    memcpy(&info, out + sizeof head + sizeof instance, sizeof info);
    CHECK_EQ(head.instance_count, 1);
    CHECK_EQ(instance.enable_count, 1);
    CHECK_EQ(info.is_enabled, 1);
    CHECK_EQ(info.level, 5);
    CHECK_EQ(info.match_any_keyword, 0x10);
    CHECK_EQ(info.logger_id, session & 0xFFFF);
    CHECK_EQ(
        contract_api->EnumerateTraceGuidsEx(INFO, &unknown, sizeof unknown, out, sizeof out, &used),
        4200);
    CHECK_EQ(contract_api->EnumerateTraceGuidsEx(INFO, NULL, 0, out, sizeof out, &used), 87);
    CHECK_EQ(contract_api->EnumerateTraceGuidsEx(LIST, NULL, 0, out, sizeof out, NULL), 87);
    CHECK_EQ(contract_api->EventUnregister(registration), 0);
    CHECK_EQ(contract_stop(name), 0);
}

/* ---- rights ---------------------------------------------------------------------------------- */

static void rights_are_granted_and_taken_back(void)
{
    enum {
        SET_DACL = 0,
        ADD_DACL = 2
    };
    // S-1-1-0, everyone.
    uint8_t sid[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    uint8_t descriptor[2048];
    uint32_t before = 0, size = 0;
    etw_guid guid = other;
    CHECK_EQ(contract_api->EventAccessQuery(&guid, NULL, &before), 234);
    CHECK(before > 0);
    CHECK_EQ(contract_api->EventAccessControl(&guid, ADD_DACL, sid, 0x80, 1), 0);
    size = sizeof descriptor;
    CHECK_EQ(contract_api->EventAccessQuery(&guid, descriptor, &size), 0);
    CHECK(size > before);
    CHECK_EQ(contract_api->EventAccessControl(&guid, SET_DACL, sid, 0x80, 1), 0);
    size = sizeof descriptor;
    CHECK_EQ(contract_api->EventAccessQuery(&guid, descriptor, &size), 0);
    CHECK_EQ(contract_api->EventAccessRemove(&guid), 0);
    CHECK_EQ(contract_api->EventAccessControl(NULL, ADD_DACL, sid, 0x80, 1), 87);
    CHECK_EQ(contract_api->EventAccessControl(&guid, 9, sid, 0x80, 1), 87);
    CHECK_EQ(contract_api->EventAccessQuery(NULL, descriptor, &size), 87);
    CHECK_EQ(contract_api->EventAccessRemove(NULL), 87);
    if (contract_script) {
        const double_call *call = contract_script->call("EventAccessControl", 0);
        REQUIRE(call != NULL);
        const double_block kept = double_block_of(call, "sid");
        CHECK(kept.size == sizeof sid && memcmp(kept.data, sid, sizeof sid) == 0);
        CHECK_EQ(call->arguments[3], 0x80);
    }
}

int main(int argc, char **argv)
{
    contract_begin(argc, argv);
    RUN(enable_wants_a_session_and_a_provider);
    RUN(a_provider_has_8_sessions);
    RUN(filters_have_limits);
    RUN(every_byte_of_filters_is_remembered);
    RUN(enable_may_be_refused_or_take_too_long);
    RUN(stacks_are_for_the_kernels_sessions);
    RUN(group_masks_come_back);
    RUN(some_questions_need_no_session);
    RUN(providers_are_listed);
    RUN(rights_are_granted_and_taken_back);
    CHECK(contract_end());
    return test_finish();
}
