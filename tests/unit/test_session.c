/* The front of sessions over a backend that only keeps what it is told: what is there already,
 * restarts, what is remembered, errors. */
#include "faulty_alloc.h"
#include "session_fake.h"
#include "test.h"

static const etw_guid provider_one = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static const etw_guid provider_two = {2, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

static etw_session *start(const char *name, etw_existing existing)
{
    const etw_session_options options = {
        .size = sizeof options, .name = name, .existing = existing};
    etw_session *session;
    etw_error error = {.message = ""};
    const etw_status status = etwi_session_start_on(&fake_backend, &session, &options, &error);
    if (!CHECK(status == ETW_OK))
        printf("    %s\n", error.message);
    return session;
}

static etw_status enable(etw_session *session, const etw_guid *provider, uint8_t level)
{
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = *provider, .level = level};
    return etw_session_enable(session, &parameters, NULL);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void a_session_lives_once(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    CHECK_TEXT(etw_session_name(session), "one");
    CHECK_EQ(etw_session_error(session)->status, ETW_OK);
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etw_session_query(session, &info), ETW_OK);
    CHECK_EQ(info.events, 42);
    CHECK_EQ(etw_session_flush(session), ETW_OK);
    CHECK_EQ(fake_count.flush, 1);
    memset(&info, 0, sizeof info);
    info.size = sizeof info;
    CHECK_EQ(etw_session_stop(session, &info), ETW_OK);
    CHECK_TEXT(info.name, "one");
    CHECK_EQ(fake_open, 0);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_session_query(session, &info), ETW_E_NOT_FOUND);
    CHECK_EQ(enable(session, &provider_one, 4), ETW_E_NOT_FOUND);
    CHECK_EQ(fake_count.enable, 0);
    CHECK(strstr(etw_session_error(session)->message, "\"one\" was stopped") != NULL);
    etw_session_close(&session);
    CHECK(session == NULL);
    etw_session_close(&session);
}

static void closing_leaves_it_running_unless_it_is_private(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    etw_session_close(&session);
    CHECK(fake_find("one") != NULL);
    CHECK_EQ(fake_open, 0);
    const etw_session_options options = {.size = sizeof options,
                                         .name = "two",
                                         .log_file = "two.etl",
                                         .mode = ETW_MODE_PRIVATE_IN_PROCESS};
    REQUIRE(etwi_session_start_on(&fake_backend, &session, &options, NULL) == ETW_OK);
    CHECK(fake_find("two") != NULL);
    etw_session_close(&session);
    CHECK(fake_find("two") == NULL);
    CHECK_EQ(fake_open, 0);
}

static void a_stop_that_fails_can_be_tried_again(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    fake_stop_status = ETW_E_IO;
    CHECK_EQ(etw_session_stop(session, NULL), ETW_E_IO);
    CHECK_TEXT(etw_session_error(session)->message, "fake failure -3");
    fake_stop_status = ETW_OK;
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    CHECK_EQ(etw_session_error(session)->status, ETW_E_IO); /* The last failure. */
    etw_session_close(&session);
    CHECK_EQ(fake_open, 0);
}

/* ---- what is there --------------------------------------------------------------------------- */

static void an_existing_session_fails(void)
{
    fake_reset();
    etw_session *first = start("one", ETW_EXISTING_FAIL), *second;
    const etw_session_options options = {.size = sizeof options, .name = "one"};
    etw_error error;
    CHECK_EQ(etwi_session_start_on(&fake_backend, &second, &options, &error), ETW_E_EXISTS);
    CHECK(second == NULL);
    CHECK_EQ(error.status, ETW_E_EXISTS);
    etw_session_close(&first);
    CHECK_EQ(fake_open, 0);
}

static void an_existing_session_is_restarted_once(void)
{
    fake_reset();
    etw_session *first = start("one", ETW_EXISTING_FAIL);
    etw_session *second = start("one", ETW_EXISTING_RESTART);
    REQUIRE(second != NULL);
    CHECK_EQ(fake_count.stop, 1);
    CHECK_EQ(fake_count.start, 3);
    CHECK_EQ(fake_open, 2);
    etw_session_close(&first);
    etw_session_close(&second);
    CHECK_EQ(fake_open, 0);
    /* If that does not help, it stays with it. */
    etw_session *third;
    fake_start_status = ETW_E_EXISTS;
    const etw_session_options options = {
        .size = sizeof options, .name = "one", .existing = ETW_EXISTING_RESTART};
    fake_count.start = 0;
    CHECK_EQ(etwi_session_start_on(&fake_backend, &third, &options, NULL), ETW_E_EXISTS);
    CHECK_EQ(fake_count.start, 2);
    /* Nor is a session started over one that cannot be stopped. */
    fake_start_status = ETW_OK;
    REQUIRE((first = start("one", ETW_EXISTING_FAIL)) != NULL);
    fake_stop_status = ETW_E_ACCESS;
    CHECK_EQ(etwi_session_start_on(&fake_backend, &third, &options, NULL), ETW_E_ACCESS);
    etw_session_close(&first);
    CHECK_EQ(fake_open, 0);
}

static void an_existing_session_is_adopted(void)
{
    fake_reset();
    const etw_session_options options = {
        .size = sizeof options, .name = "one", .buffer_size = 8192, .flush_timer_ms = 50};
    etw_session *first;
    REQUIRE(etwi_session_start_on(&fake_backend, &first, &options, NULL) == ETW_OK);
    etw_session *second = start("one", ETW_EXISTING_ADOPT);
    REQUIRE(second != NULL);
    CHECK_EQ(fake_count.stop, 0);
    CHECK_EQ(etw_session_stop(second, NULL), ETW_OK);
    CHECK_EQ(etw_session_stop(first, NULL), ETW_E_NOT_FOUND);
    /* It starts again as it was, not as was asked for. */
    CHECK_EQ(etw_session_restart(second), ETW_OK);
    CHECK_EQ(fake_find("one")->options.buffer_size, 8192);
    CHECK_EQ(fake_find("one")->options.flush_timer_ms, 50);
    etw_session_close(&first);
    etw_session_close(&second);
    CHECK_EQ(fake_open, 0);
}

static void sessions_are_attached_to(void)
{
    fake_reset();
    etw_session *session;
    etw_error error;
    CHECK_EQ(etwi_session_attach_on(&fake_backend, &session, "one", &error), ETW_E_NOT_FOUND);
    CHECK_EQ(etwi_session_attach_on(&fake_backend, &session, NULL, &error), ETW_E_INVALID);
    CHECK(session == NULL);
    etw_session *first = start("one", ETW_EXISTING_FAIL);
    REQUIRE(etwi_session_attach_on(&fake_backend, &session, "one", &error) == ETW_OK);
    CHECK_TEXT(etw_session_name(session), "one");
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake_find("one")->options.buffer_size, 64 * 1024);
    etw_session_close(&session);
    fake_query_status = ETW_E_CORRUPT;
    CHECK_EQ(etwi_session_attach_on(&fake_backend, &session, "one", &error), ETW_E_CORRUPT);
    etw_session_close(&first);
    CHECK_EQ(fake_open, 0);
}

/* ---- restarting ------------------------------------------------------------------------------ */

static void a_restart_enables_again(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    CHECK_EQ(enable(session, &provider_one, 1), ETW_OK);
    CHECK_EQ(enable(session, &provider_two, 2), ETW_OK);
    CHECK_EQ(enable(session, &provider_one, 3), ETW_OK); /* In the place of the first. */
    fake_count.enable = 0;
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake_count.stop, 1);
    CHECK_EQ(fake_count.enable, 2);
    CHECK(etw_guid_equal(&fake_providers[0], &provider_one));
    CHECK(etw_guid_equal(&fake_providers[1], &provider_two));
    CHECK_EQ(etw_session_disable(session, &provider_two), ETW_OK);
    CHECK_EQ(etw_session_stop(session, NULL), ETW_OK);
    fake_count.enable = 0;
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake_count.enable, 1);
    CHECK_EQ(fake_enabled.level, 3);
    etw_session_close(&session);
    CHECK_EQ(fake_open, 0);
}

static void a_restart_without_a_provider_is_none(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    CHECK_EQ(enable(session, &provider_one, 1), ETW_OK);
    CHECK_EQ(enable(session, &provider_two, 2), ETW_OK);
    fake_enable_status = ETW_E_LIMIT;
    fake_enable_fails_at = 4;
    CHECK_EQ(etw_session_restart(session), ETW_E_LIMIT);
    CHECK_TEXT(etw_session_error(session)->message,
               "enabling 00000002-0002-0003-0405-060708090a0b again: fake failure -8");
    CHECK(fake_find("one") == NULL);
    /* Nothing is forgotten by that. One that was not seen in time is enabled. */
    fake_enable_status = ETW_E_TIMEOUT;
    fake_enable_fails_at = 0;
    fake_count.enable = 0;
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake_count.enable, 2);
    etw_session_close(&session);
    CHECK_EQ(fake_open, 0);
}

static void what_could_not_be_enabled_is_not_enabled_again(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    fake_enable_status = ETW_E_LIMIT;
    CHECK_EQ(enable(session, &provider_one, 1), ETW_E_LIMIT);
    fake_enable_status = ETW_E_TIMEOUT;
    CHECK_EQ(enable(session, &provider_two, 1), ETW_E_TIMEOUT);
    fake_enable_status = ETW_OK;
    fake_count.enable = 0;
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake_count.enable, 1);
    CHECK(etw_guid_equal(&fake_providers[0], &provider_two));
    etw_session_close(&session);
}

/* Parameters are the caller's, who may reuse them. */
static void parameters_are_copied_with_all_they_point_to(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    uint16_t ids[] = {1, 2, 3};
    uint32_t pids[] = {77};
    char name[] = "program", field[] = "Field", value[] = "5";
    etw_str names[] = {{name, 7}};
    etw_payload_predicate predicates[] = {{{field, 5}, ETW_PAYLOAD_EQ, {value, 1}}};
    etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 3},
        {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 1},
        {.type = ETW_FILTER_TYPE_EXECUTABLE_NAME, .names = names, .name_count = 1},
        {.type = ETW_FILTER_TYPE_PAYLOAD,
         .ids = ids,
         .id_count = 1,
         .predicates = predicates,
         .predicate_count = 1},
        {.type = ETW_FILTER_TYPE_SCHEMATIZED, .data = {(const uint8_t *)"raw", 3}},
    };
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider_one, .filters = filters, .filter_count = 5};
    etw_enable_report report = {.size = sizeof report};
    REQUIRE(etw_session_enable(session, &parameters, &report) == ETW_OK);
    CHECK_EQ(report.at_consumer, 2);
    memset(ids, 0, sizeof ids);
    memset(pids, 0, sizeof pids);
    memset(name, 0, sizeof name);
    memset(field, 0, sizeof field);
    memset(value, 0, sizeof value);
    memset(names, 0, sizeof names);
    memset(predicates, 0, sizeof predicates);
    memset(filters, 0, sizeof filters);
    REQUIRE(etw_session_restart(session) == ETW_OK);
    REQUIRE(fake_enabled.filter_count == 5);
    const etw_provider_filter *kept = fake_enabled.filters;
    CHECK_EQ(kept[0].ids[2], 3);
    CHECK_EQ(kept[1].pids[0], 77);
    CHECK_STR(kept[2].names[0], "program");
    CHECK_STR(kept[3].predicates[0].field, "Field");
    CHECK_STR(kept[3].predicates[0].value, "5");
    CHECK(memcmp(kept[4].data.data, "raw", 3) == 0);
    etw_session_close(&session);
}

static void filters_beyond_the_limits_are_refused(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    static const uint32_t pids[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const etw_provider_filter filter = {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 9};
    const etw_enable_parameters parameters = {
        .size = sizeof parameters, .provider = provider_one, .filters = &filter, .filter_count = 1};
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_E_LIMIT);
    CHECK_EQ(etw_session_error(session)->status, ETW_E_LIMIT);
    CHECK_EQ(fake_count.enable, 0);
    etw_session_close(&session);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void a_restart_keeps_updates(void)
{
    fake_reset();
    const etw_session_options options = {
        .size = sizeof options, .name = "one", .log_file = "/tmp/a.etl"};
    etw_session *session;
    REQUIRE(etwi_session_start_on(&fake_backend, &session, &options, NULL) == ETW_OK);
    etw_session_update_options update = {.size = sizeof update,
                                         .maximum_buffers = 1000,
                                         .flush_timer_ms = 20,
                                         .log_file = "/tmp/b.etl"};
    CHECK_EQ(etw_session_update(session, &update), ETW_OK);
    CHECK_EQ(etw_session_restart(session), ETW_OK);
    CHECK_EQ(fake_find("one")->options.maximum_buffers, 1000);
    CHECK_EQ(fake_find("one")->options.flush_timer_ms, 20);
    CHECK_TEXT(fake_find("one")->log_file, "/tmp/b.etl");
    update.maximum_buffers = 1;
    CHECK_EQ(etw_session_update(session, &update), ETW_E_INVALID);
    CHECK(strstr(etw_session_error(session)->message, "maximum_buffers: 1 is not between") != NULL);
    update = (etw_session_update_options){
        .size = sizeof update, .set_kernel_flags = true, .kernel_flags = 1};
    CHECK_EQ(etw_session_update(session, &update), ETW_E_UNSUPPORTED);
    CHECK_EQ(fake_count.update, 1);
    etw_session_close(&session);
}

static void capturing_state_is_passed_on(void)
{
    fake_reset();
    etw_session *session = start("one", ETW_EXISTING_FAIL);
    REQUIRE(session != NULL);
    CHECK_EQ(etw_session_capture_state(session, NULL, 0), ETW_OK);
    CHECK_EQ(etw_session_capture_state(session, &provider_one, 7), ETW_E_TIMEOUT);
    CHECK_EQ(etw_session_error(session)->status, ETW_E_TIMEOUT);
    CHECK_EQ(fake_count.capture, 2);
    etw_session_close(&session);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void sessions_are_listed_by_id(void)
{
    fake_reset();
    etw_session_list *list;
    REQUIRE(etwi_session_list_on(&fake_backend, &list, NULL) == ETW_OK);
    CHECK_EQ(etw_session_list_count(list), 0);
    CHECK(etw_session_list_at(list, 0) == NULL);
    etw_session_list_destroy(&list);
    etw_session *one = start("one", ETW_EXISTING_FAIL), *two = start("two", ETW_EXISTING_FAIL);
    REQUIRE(etwi_session_list_on(&fake_backend, &list, NULL) == ETW_OK);
    REQUIRE(etw_session_list_count(list) == 2);
    CHECK_TEXT(etw_session_list_at(list, 0)->name, "two");
    CHECK_TEXT(etw_session_list_at(list, 1)->name, "one");
    etw_session_list_destroy(&list);
    etw_session_list_destroy(&list);
    etw_session_close(&one);
    etw_session_close(&two);
}

static void there_are_no_sessions_of_windows_here(void)
{
    etw_session *session;
    etw_session_list *list;
    etw_error error;
    const etw_session_options options = {
        .size = sizeof options, .name = "one", .backend = ETW_BACKEND_WINDOWS};
    if (etwi_system_backend()) {
        CHECK_EQ(etwi_system_backend()->id, ETW_BACKEND_WINDOWS);
        return;
    }
    CHECK_EQ(etw_session_start(&session, &options, &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "no sessions of Windows") != NULL);
    CHECK_EQ(etw_session_list_create(&list, ETW_BACKEND_WINDOWS, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_session_prune(ETW_BACKEND_WINDOWS, NULL, NULL, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(etw_session_list_create(&list, (etw_backend)9, &error), ETW_E_INVALID);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Whichever allocation fails: an error, and everything is given back. */
static void memory_that_is_out_is_an_error(void)
{
    unsigned failures = 0;
    for (unsigned fail_at = 1; fail_at < 40; fail_at++) {
        fake_reset();
        faulty_alloc memory;
        faulty_alloc_init(&memory);
        memory.fail_at = fail_at;
        const etw_session_options options = {
            .size = sizeof options, .allocator = &memory.allocator, .name = "one"};
        static const uint32_t pids[] = {1};
        const etw_provider_filter filter = {
            .type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 1};
        const etw_enable_parameters parameters = {.size = sizeof parameters,
                                                  .provider = provider_one,
                                                  .filters = &filter,
                                                  .filter_count = 1};
        etw_session *session;
        etw_status status = etwi_session_start_on(&fake_backend, &session, &options, NULL);
        if (status == ETW_OK)
            status = etw_session_enable(session, &parameters, NULL);
        if (status != ETW_OK) {
            CHECK_EQ(status, ETW_E_NOMEM);
            failures++;
        }
        etw_session_close(&session);
        CHECK_EQ(fake_open, 0);
        CHECK_EQ(memory.live, 0);
        CHECK_EQ(memory.wrong_sizes, 0);
    }
    CHECK(failures >= 4 && failures < 39);
}

int main(void)
{
    RUN(a_session_lives_once);
    RUN(closing_leaves_it_running_unless_it_is_private);
    RUN(a_stop_that_fails_can_be_tried_again);
    RUN(an_existing_session_fails);
    RUN(an_existing_session_is_restarted_once);
    RUN(an_existing_session_is_adopted);
    RUN(sessions_are_attached_to);
    RUN(a_restart_enables_again);
    RUN(a_restart_without_a_provider_is_none);
    RUN(what_could_not_be_enabled_is_not_enabled_again);
    RUN(parameters_are_copied_with_all_they_point_to);
    RUN(filters_beyond_the_limits_are_refused);
    RUN(a_restart_keeps_updates);
    RUN(capturing_state_is_passed_on);
    RUN(sessions_are_listed_by_id);
    RUN(there_are_no_sessions_of_windows_here);
    RUN(memory_that_is_out_is_an_error);
    return test_finish();
}
