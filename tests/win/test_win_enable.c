/* Enabling providers in sessions of Windows: every byte of every filter, who applies it, rundown,
 * and who is there. */
#include "etw_fake.h"
#include "session/backend.h"
#include "test.h"

static const etw_guid provider = {0x11223344, 5, 6, {7, 8, 9, 10, 11, 12, 13, 14}};
/* Microsoft-Windows-Kernel-Process. */
static const etw_guid kernel_process = {
    0x22fb2cd6, 0x0e7b, 0x422b, {0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16}};
/* SystemProcessProvider. */
static const etw_guid system_process = {
    0x151f55dc, 0x467d, 0x471f, {0x83, 0xb5, 0x5f, 0x88, 0x9d, 0x46, 0xff, 0x66}};

static void *session;
static etw_error error;
static etw_enable_report report;

/* A session that runs, on a build of Windows. */
static void begin(uint32_t build)
{
    fake_reset();
    fake.build = build;
    memset(&error, 0, sizeof error);
    memset(&report, 0xFF, sizeof report);
    const etw_session_options options = {.size = sizeof options,
                                         .name = "Demo",
                                         .guid = provider,
                                         .buffer_size = 65536,
                                         .clock = ETW_CLOCK_QPC,
                                         .mode = ETW_MODE_REAL_TIME};
    CHECK_EQ(etwi_system_backend()->start(&session, &options, &error), ETW_OK);
}

static void end(void)
{
    etwi_system_backend()->close(session);
    CHECK_EQ(fake.filters_alive, 0);
}

static etw_status enable(const etw_enable_parameters *parameters)
{
    return etwi_system_backend()->enable(session, parameters, &report, &error);
}

/* A filter as it was passed: its type, and its bytes. */
static void check_filter(unsigned index, uint32_t type, const void *bytes, size_t size)
{
    const fake_call *const call = fake_last(0);
    CHECK_EQ(call->filters[index].type, type);
    CHECK_EQ(call->filters[index].size, size);
    CHECK(size == 0 || memcmp(call->filter_bytes[index], bytes, size) == 0);
}

/* ---- parameters ---- */

static void enabling_passes_everything(void)
{
    begin(19045);
    const etw_enable_parameters parameters = {.size = sizeof parameters,
                                              .provider = provider,
                                              .level = 4,
                                              .match_any_keyword = UINT64_C(0x8000000000000010),
                                              .match_all_keyword = 0x10,
                                              .properties = 0x85,
                                              .timeout_ms = 300};
    CHECK_EQ(enable(&parameters), ETW_OK);
    const fake_call *const call = fake_last(0);
    CHECK_TEXT(call->function, "EnableTraceEx2");
    CHECK_EQ(call->handle, 0x1D);
    CHECK(etw_guid_equal(&call->guid, &provider));
    CHECK_EQ(call->code, 1);
    CHECK_EQ(call->level, 4);
    CHECK(call->any == UINT64_C(0x8000000000000010));
    CHECK_EQ(call->all, 0x10);
    CHECK_EQ(call->timeout, 300);
    REQUIRE(call->has_parameters);
    CHECK_EQ(call->parameters.version, 2);
    CHECK_EQ(call->parameters.enable_property, 0x85);
    CHECK_EQ(call->parameters.control_flags, 0);
    CHECK_EQ(call->parameters.source_id.data1, 0x91223344); /* As StartTrace gave it. */
    CHECK(call->parameters.enable_filter_desc == NULL);
    CHECK_EQ(call->parameters.filter_desc_count, 0);
    CHECK_EQ(report.at_provider, 0);
    CHECK_EQ(report.at_consumer, 0);
    const etw_enable_parameters all = {.size = sizeof all, .provider = provider};
    CHECK_EQ(enable(&all), ETW_OK);
    CHECK_EQ(fake_last(0)->level, 255);
    CHECK_EQ(etwi_system_backend()->disable(session, &provider, &error), ETW_OK);
    CHECK_EQ(fake_last(0)->code, 0);
    CHECK_EQ(fake_last(0)->level, 0);
    CHECK(!fake_last(0)->has_parameters);
    end();
}

static void filters_are_passed_byte_by_byte(void)
{
    static const uint16_t ids[] = {1, 0x102};
    static const uint32_t pids[] = {7, 0x01020304};
    static const etw_str exes[] = {{"a.exe", 5}, {"\xC3\xA9", 2}};
    static const etw_str names[] = {{"One", 3}, {"Two", 3}};
    static const etw_str packages[] = {{"P", 1}};
    static const uint8_t blob[] = {9, 8, 7};
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .exclude = true, .ids = ids, .id_count = 2},
        {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 2},
        {.type = ETW_FILTER_TYPE_EXECUTABLE_NAME, .names = exes, .name_count = 2},
        {.type = ETW_FILTER_TYPE_EVENT_NAME,
         .names = names,
         .name_count = 2,
         .level = 5,
         .match_any_keyword = 0x11,
         .match_all_keyword = 0x22},
        {.type = ETW_FILTER_TYPE_STACKWALK_LEVEL_KW, .level = 3, .match_any_keyword = 0x33},
        {.type = ETW_FILTER_TYPE_SCHEMATIZED, .data = {blob, sizeof blob}},
        {.type = ETW_FILTER_TYPE_PACKAGE_ID, .names = packages, .name_count = 1},
        {.type = ETW_FILTER_TYPE_STACKWALK, .ids = ids, .id_count = 1},
    };
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider, .filters = filters, .filter_count = 8};
    begin(19045);
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(fake_last(0)->parameters.filter_desc_count, 8);
    check_filter(0, 0x80000200, "\0\0\2\0\1\0\2\1", 8);
    check_filter(1, 0x80000004, "\7\0\0\0\4\3\2\1", 8);
    check_filter(2, 0x80000008, "a\0.\0e\0x\0e\0;\0\xE9\0\0\0", 16);
    check_filter(3, 0x80000400, "\x11\0\0\0\0\0\0\0\x22\0\0\0\0\0\0\0\5\1\2\0One\0Two\0", 28);
    check_filter(4, 0x80004000, "\x33\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\1\0\0\0\0\0\0", 24);
    check_filter(5, 0x80000000, "\x9\x8\x7", 3);
    check_filter(6, 0x80000010, "P\0\0\0", 4);
    check_filter(7, 0x80001000, "\1\0\1\0\1\0", 6);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(fake_last(0)->filters[i].ptr % 8, 0);
    CHECK_EQ(report.at_provider, 0xFF);
    CHECK_EQ(report.at_consumer, 0);
    end();
}

static void kernel_providers_ignore_processes(void)
{
    static const uint16_t ids[] = {1};
    static const uint32_t pids[] = {7};
    static const etw_str names[] = {{"a", 1}};
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 1},
        {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 1},
        {.type = ETW_FILTER_TYPE_EXECUTABLE_NAME, .names = names, .name_count = 1},
        {.type = ETW_FILTER_TYPE_CONTAINER, .names = names, .name_count = 1},
    };
    etw_enable_parameters parameters = {.size = sizeof parameters,
                                        .provider = kernel_process,
                                        .filters = filters,
                                        .filter_count = 4};
    begin(19045);
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 2);
    CHECK_EQ(report.at_consumer, 0);
    CHECK_EQ(fake_last(0)->parameters.filter_desc_count, 4);
    parameters.provider = system_process;
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 2);
    parameters.provider = provider;
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 15);
    end();
}

static void older_windows_takes_one_old_filter(void)
{
    static const uint8_t blob[] = {1};
    static const uint16_t ids[] = {1};
    const etw_provider_filter old[] = {
        {.type = ETW_FILTER_TYPE_SCHEMATIZED, .data = {blob, 1}},
        {.type = ETW_FILTER_TYPE_SYSTEM_FLAGS, .data = {blob, 1}},
    };
    const etw_provider_filter new = {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 1};
    etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider, .filters = old, .filter_count = 1};
    begin(7601);
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(fake_last(0)->parameters.version, 1);
    CHECK_EQ(fake_last(0)->parameters.filter_desc_count, 0);
    check_filter(0, 0x80000000, "\1", 1);
    parameters.filter_count = 2;
    CHECK_EQ(enable(&parameters), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "8.1") != NULL);
    parameters.filters = &new;
    parameters.filter_count = 1;
    CHECK_EQ(enable(&parameters), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "filter 0 (event ids)") != NULL);
    CHECK_EQ(fake.count, 2);
    end();
}

/* ---- payloads ---- */

static const etw_payload_predicate predicates[] = {
    {{"Size", 4}, ETW_PAYLOAD_GE, {"4096", 4}},
    {{"Path", 4}, ETW_PAYLOAD_CONTAINS, {"tmp", 3}},
};

static etw_enable_parameters with_payload(const etw_provider_filter *filter)
{
    return (etw_enable_parameters){.size = sizeof(etw_enable_parameters),
                                   .provider = provider,
                                   .filters = filter,
                                   .filter_count = 1};
}

/* Two versions of one event, and another event. */
static void give_manifest(void)
{
    fake.event_ids[0] = fake.event_ids[1] = 12;
    fake.event_ids[2] = 13;
    fake.event_count = 3;
}

static void tdh_makes_payload_filters(void)
{
    static const uint16_t ids[] = {12};
    const etw_provider_filter filter = {.type = ETW_FILTER_TYPE_PAYLOAD,
                                        .ids = ids,
                                        .id_count = 1,
                                        .predicates = predicates,
                                        .predicate_count = 2,
                                        .any_predicate = true};
    const etw_enable_parameters parameters = with_payload(&filter);
    begin(19045);
    give_manifest();
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 1);
    CHECK_EQ(report.at_consumer, 0);
    const fake_call *const create = fake_last(3);
    CHECK_TEXT(create->function, "TdhCreatePayloadFilter");
    CHECK(etw_guid_equal(&create->guid, &provider));
    CHECK_EQ(create->code, 12);
    CHECK_EQ(create->level, 1); /* EventMatchANY */
    CHECK_EQ(create->size, 2);
    CHECK_EQ(create->name[3], 'e');
    CHECK_EQ(create->name[4], 0);
    CHECK_EQ(create->any, 5);
    CHECK_TEXT((const char *)create->bytes, "tmp");
    CHECK_EQ(fake_last(2)->code, 12);
    CHECK_TEXT(fake_last(1)->function, "TdhAggregatePayloadFilters");
    CHECK_EQ(fake_last(1)->size, 2);
    CHECK(memcmp(fake_last(1)->bytes, "\1\1", 2) == 0);
    CHECK_EQ(fake_last(0)->parameters.filter_desc_count, 1);
    CHECK_EQ(fake_last(0)->filters[0].type, 0x80000100);
    CHECK_EQ(fake_last(0)->filters[0].size, 24);
    CHECK_EQ(fake_last(0)->filter_bytes[0][23], 0x5A);
    end();
}

static void what_tdh_cannot_make_is_left_to_the_consumer(void)
{
    const etw_provider_filter filter = {
        .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = predicates, .predicate_count = 1};
    const etw_enable_parameters parameters = with_payload(&filter);
    /* No manifest. */
    begin(19045);
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 0);
    CHECK_EQ(report.at_consumer, 1);
    CHECK_EQ(fake_last(0)->parameters.filter_desc_count, 0);
    /* An event that does not have the field. */
    give_manifest();
    fake.without_field = 13;
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 1);
    CHECK_EQ(report.at_consumer, 1);
    /* No event that has it. */
    fake.without_field = 1;
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_provider, 0);
    CHECK_EQ(report.at_consumer, 1);
    /* Filters that do not go together. */
    fake.without_field = 0;
    fake.aggregate_code = ETWI_WIN_INVALID_PARAMETER;
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_consumer, 1);
    CHECK_EQ(report.at_provider, 0);
    /* An older TDH. */
    fake.aggregate_code = 0;
    fake_api.TdhCreatePayloadFilter = NULL;
    CHECK_EQ(enable(&parameters), ETW_OK);
    CHECK_EQ(report.at_consumer, 1);
    CHECK_EQ(report.at_provider, 0);
    end();
}

/* ---- errors ---- */

/* What EnableTraceEx2 documents. */
static void errors_of_enabling_say_what_to_do(void)
{
    static const struct {
        uint32_t code;
        etw_status status;
        const char *part;
    } errors[] = {
        {ETWI_WIN_NO_SYSTEM_RESOURCES, ETW_E_LIMIT, "eight sessions"},
        {ETWI_WIN_ACCESS_DENIED, ETW_E_ACCESS, "TRACELOG_GUID_ENABLE"},
        {ETWI_WIN_INVALID_PARAMETER, ETW_E_INVALID, "refuses a parameter or a filter"},
        {ETWI_WIN_TIMEOUT, ETW_E_TIMEOUT, "too long"},
        {ETWI_WIN_WAIT_TIMEOUT, ETW_E_TIMEOUT, "too long"},
        {ETWI_WIN_INVALID_HANDLE, ETW_E_NOT_FOUND, "not there any more"},
        {ETWI_WIN_NOT_FOUND, ETW_E_NOT_FOUND, "not enabled"},
        {ETWI_WIN_NOT_SUPPORTED, ETW_E_UNSUPPORTED, "cannot do that"},
    };
    const etw_enable_parameters parameters = {.size = sizeof parameters, .provider = provider};
    begin(19045);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        fake.enable_code = errors[i].code;
        CHECK_EQ(enable(&parameters), errors[i].status);
        CHECK_EQ(error.os_code, errors[i].code);
        CHECK(strstr(error.message, "enabling 11223344-0005-0006-") == error.message);
        if (!CHECK(strstr(error.message, errors[i].part) != NULL))
            printf("    %s\n", error.message);
        CHECK_EQ(etwi_system_backend()->disable(session, &provider, &error), errors[i].status);
        CHECK_EQ(etwi_system_backend()->capture_state(session, &provider, 0, &error),
                 errors[i].status);
    }
    end();
}

/* ---- who is there, and rundown ---- */

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

/* TRACE_PROVIDER_INSTANCE_INFO with one TRACE_ENABLE_INFO for each id. */
static uint32_t put_instance(uint8_t *at, uint32_t pid, const uint16_t *loggers, uint32_t count,
                             bool is_last)
{
    const uint32_t size = 16 + 32 * count;
    put32(at, is_last ? 0 : size);
    put32(at + 4, count);
    put32(at + 8, pid);
    for (uint32_t i = 0; i < count; i++) {
        put32(at + 16 + 32 * i, 1); /* IsEnabled */
        at[16 + 32 * i + 4] = 5;    /* Level */
        memcpy(at + 16 + 32 * i + 6, &loggers[i], 2);
    }
    return size;
}

/* Two processes with one provider that two sessions enable, and one that nobody enables. */
static void give_providers(void)
{
    static const uint16_t loggers[] = {0x1D, 7};
    fake.guid_count = 3;
    fake.guids[0] = provider;
    fake.guids[1] = kernel_process;
    fake.guids[2] = system_process; /* It is gone when it is asked about. */
    uint8_t *const info = fake.guid_info[0];
    put32(info, 2); /* InstanceCount */
    const uint32_t first = put_instance(info + 8, 100, loggers, 2, false);
    fake.guid_info_size[0] = 8 + first + put_instance(info + 8 + first, 200, loggers, 1, true);
    put32(fake.guid_info[1], 1);
    fake.guid_info_size[1] = 8 + put_instance(fake.guid_info[1] + 8, 300, loggers, 0, true);
}

static void registered_providers_are_listed(void)
{
    begin(19045);
    give_providers();
    fake.first_answer_is_small = true;
    etw_registered_list *list;
    REQUIRE(etw_registered_list_create(&list, &error) == ETW_OK);
    REQUIRE(etw_registered_list_count(list) == 2);
    const etw_registered_provider *const one = etw_registered_list_at(list, 0);
    CHECK(etw_guid_equal(&one->guid, &provider));
    REQUIRE(one->process_count == 2);
    CHECK_EQ(one->process_ids[0], 100);
    CHECK_EQ(one->process_ids[1], 200);
    REQUIRE(one->session_count == 2);
    CHECK_EQ(one->logger_ids[0], 7);
    CHECK_EQ(one->logger_ids[1], 0x1D);
    CHECK_STR(etw_registered_list_at(list, 1)->name, "Microsoft-Windows-Kernel-Process");
    CHECK_EQ(etw_registered_list_at(list, 1)->session_count, 0);
    etw_registered_list_destroy(&list);
    fake.information_code = ETWI_WIN_ACCESS_DENIED;
    CHECK_EQ(etw_registered_list_create(&list, &error), ETW_E_ACCESS);
    CHECK(strstr(error.message, "listing providers") != NULL);
    end();
}

static etw_status count_one(void *user, const etw_guid *guid, uint32_t logger_id)
{
    (void)guid;
    (void)logger_id;
    ++*(unsigned *)user;
    return ETW_OK;
}

static void damaged_answers_end_where_they_do(void)
{
    begin(19045);
    give_providers();
    const uint32_t size = fake.guid_info_size[0];
    /* Cut off anywhere. */
    for (uint32_t cut = 1; cut < size; cut++) {
        unsigned count = 0;
        fake.guid_info_size[0] = cut;
        CHECK_EQ(etwi_system_backend()->enabled(count_one, &count, &error), ETW_OK);
        CHECK(count <= 2);
    }
    fake.guid_info_size[0] = size;
    /* An offset that leads out, and a count that is too large. */
    unsigned count = 0;
    put32(fake.guid_info[0] + 8, 0xFFFFFFF0);
    CHECK_EQ(etwi_system_backend()->enabled(count_one, &count, &error), ETW_OK);
    CHECK_EQ(count, 2);
    count = 0;
    put32(fake.guid_info[0] + 12, 0x40000000);
    CHECK_EQ(etwi_system_backend()->enabled(count_one, &count, &error), ETW_OK);
    CHECK_EQ(count, 0);
    end();
}

static void state_is_asked_of_one_or_of_all(void)
{
    begin(19045);
    give_providers();
    CHECK_EQ(etwi_system_backend()->capture_state(session, &kernel_process, 50, &error), ETW_OK);
    CHECK_EQ(fake_last(0)->code, 2);
    CHECK_EQ(fake_last(0)->timeout, 50);
    CHECK(etw_guid_equal(&fake_last(0)->guid, &kernel_process));
    CHECK(!fake_last(0)->has_parameters);
    CHECK_EQ(fake.count, 2);
    CHECK_EQ(etwi_system_backend()->capture_state(session, NULL, 0, &error), ETW_OK);
    CHECK_EQ(fake.count, 3); /* Once, and not for other sessions' providers. */
    CHECK(etw_guid_equal(&fake_last(0)->guid, &provider));
    end();
}

int main(void)
{
    RUN(enabling_passes_everything);
    RUN(filters_are_passed_byte_by_byte);
    RUN(kernel_providers_ignore_processes);
    RUN(older_windows_takes_one_old_filter);
    RUN(tdh_makes_payload_filters);
    RUN(what_tdh_cannot_make_is_left_to_the_consumer);
    RUN(errors_of_enabling_say_what_to_do);
    RUN(registered_providers_are_listed);
    RUN(damaged_answers_end_where_they_do);
    RUN(state_is_asked_of_one_or_of_all);
    return test_finish();
}
