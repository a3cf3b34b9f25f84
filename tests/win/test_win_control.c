/* Starting, asking, changing and stopping sessions of Windows: every byte that is passed, and what
 * becomes of every error that is documented. */
#include "etw_fake.h"
#include "session/backend.h"
#include "test.h"

static const etw_guid some_guid = {0x01020304, 5, 6, {7, 8, 9, 10, 11, 12, 13, 14}};
static const etw_guid kernel_guid = {
    0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};

enum {
    /* Of EVENT_TRACE_PROPERTIES_V2 in a 64-bit process, and of what we put behind it. */
    V2_SIZE = 144,
    NAME_AT = V2_SIZE,
    FILE_AT = NAME_AT + 2048,
    BLOCK_SIZE = FILE_AT + 2048,
};

/* The bytes that a test wants. */
static uint8_t wanted[BLOCK_SIZE];

static void want32(size_t at, uint32_t value)
{
    memcpy(wanted + at, &value, sizeof value);
}

/* What every block has. */
static void want_block(void)
{
    memset(wanted, 0, sizeof wanted);
    want32(0, BLOCK_SIZE);  /* Wnode.BufferSize */
    want32(44, 0x00020000); /* Wnode.Flags: TRACED_GUID */
    want32(116, NAME_AT);   /* LoggerNameOffset */
}

static bool same_block(const fake_call *call)
{
    if (!CHECK_EQ(call->size, BLOCK_SIZE))
        return false;
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        if (!CHECK_EQ(call->bytes[i], wanted[i])) {
            printf("    byte %zu\n", i);
            return false;
        }
    return true;
}

static bool is_called(const fake_call *call, const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i <= length; i++)
        if (call->name[i] != (etwi_abi_char)(uint8_t)name[i])
            return false;
    return call->has_name;
}

static void put_text(uint8_t *at, const char *text)
{
    for (; *text; text++, at += 2)
        *at = (uint8_t)*text;
}

/* Options as the front completes them. */
static etw_session_options real_time(void)
{
    return (etw_session_options){.size = sizeof(etw_session_options),
                                 .name = "Demo",
                                 .guid = some_guid,
                                 .buffer_size = 64 * 1024,
                                 .minimum_buffers = 4,
                                 .maximum_buffers = 26,
                                 .flush_timer_ms = 1500,
                                 .clock = ETW_CLOCK_QPC,
                                 .mode = ETW_MODE_REAL_TIME};
}

static void *start(const etw_session_options *options)
{
    void *session = NULL;
    etw_error error = {.message = ""};
    if (!CHECK_EQ(etwi_system_backend()->start(&session, options, &error), ETW_OK))
        printf("    %s\n", error.message);
    return session;
}

/* ---- starting ---- */

static void want_real_time(void)
{
    want_block();
    memcpy(wanted + 24, &some_guid, sizeof some_guid); /* Wnode.Guid */
    want32(40, 1);                                     /* Wnode.ClientContext: QPC */
    want32(44, 0x00820000);                            /* and VERSIONED_PROPERTIES */
    want32(48, 64);                                    /* BufferSize */
    want32(52, 4);                                     /* MinimumBuffers */
    want32(56, 26);                                    /* MaximumBuffers */
    want32(64, 0x110);                                 /* REAL_TIME, USE_MS_FLUSH_TIMER */
    want32(68, 1500);                                  /* FlushTimer */
    want32(120, 2);                                    /* V2Control */
}

static void starting_passes_a_versioned_block(void)
{
    fake_reset();
    const etw_session_options options = real_time();
    void *const session = start(&options);
    REQUIRE(session != NULL);
    want_real_time();
    CHECK_EQ(fake.count, 1);
    CHECK_TEXT(fake_last(0)->function, "StartTraceW");
    CHECK(is_called(fake_last(0), "Demo"));
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
    CHECK_EQ(fake.count, 1);
}

static void older_windows_gets_older_blocks(void)
{
    fake_reset();
    fake.build = 9200;
    const etw_session_options options = real_time();
    void *const session = start(&options);
    REQUIRE(session != NULL);
    want_real_time();
    want32(44, 0x00020000);
    want32(64, 0x100);
    want32(68, 2); /* Seconds, rounded up. */
    want32(120, 0);
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
}

static void a_file_comes_behind_the_name(void)
{
    fake_reset();
    etw_session_options options = real_time();
    options.mode = ETW_MODE_CIRCULAR | ETW_MODE_REAL_TIME;
    options.maximum_file_size = UINT64_C(300) << 20;
    options.clock = ETW_CLOCK_CPU_CYCLES;
    options.log_file = "C:\\logs/a.etl";
    void *session = start(&options);
    REQUIRE(session != NULL);
    want_real_time();
    want32(40, 3);
    want32(60, 300); /* MaximumFileSize, megabytes */
    want32(64, 0x112);
    want32(112, FILE_AT); /* LogFileNameOffset */
    put_text(wanted + FILE_AT, "C:\\logs\\a.etl");
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
    options.mode |= ETW_MODE_KBYTES;
    REQUIRE((session = start(&options)) != NULL);
    want32(60, 300 * 1024);
    want32(64, 0x2112);
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
}

static void the_kernel_logger_gets_its_guid(void)
{
    fake_reset();
    etw_session_options options = real_time();
    options.name = "nt kernel logger";
    options.guid = (etw_guid){0};
    options.kernel_flags = 0x10003;
    void *const session = start(&options);
    REQUIRE(session != NULL);
    want_real_time();
    memcpy(wanted + 24, &kernel_guid, sizeof kernel_guid);
    want32(72, 0x10003); /* EnableFlags */
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
}

static void kernel_rules_are_kept(void)
{
    fake_reset();
    void *session;
    etw_error error;
    const etwi_session_backend *const backend = etwi_system_backend();
    etw_session_options options = real_time();
    options.kernel_flags = 1;
    CHECK_EQ(backend->start(&session, &options, &error), ETW_E_INVALID);
    CHECK(session == NULL);
    CHECK(strstr(error.message, "NT Kernel Logger") != NULL);
    options.kernel_flags = 0;
    options.guid = kernel_guid;
    CHECK_EQ(backend->start(&session, &options, &error), ETW_E_INVALID);
    options.name = "NT Kernel Logger";
    options.guid = some_guid;
    CHECK_EQ(backend->start(&session, &options, &error), ETW_E_INVALID);
    options.guid = kernel_guid;
    options.mode |= ETW_MODE_PAGED_MEMORY;
    CHECK_EQ(backend->start(&session, &options, &error), ETW_E_INVALID);
    CHECK(strstr(error.message, "paged") != NULL);
    options = real_time();
    options.mode |= ETW_MODE_SYSTEM_LOGGER;
    fake.build = 7601;
    CHECK_EQ(backend->start(&session, &options, &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "Windows 8") != NULL);
    CHECK_EQ(fake.count, 0); /* Windows was not asked. */
    fake.build = 9200;
    options.kernel_flags = 1;
    REQUIRE((session = start(&options)) != NULL);
    CHECK_EQ(fake_u32(fake_last(0)->bytes + 64), 0x02000100);
    backend->close(session);
}

/* What StartTrace documents. */
static const struct {
    uint32_t code;
    etw_status status;
    const char *part; /* Of the message: what to do. */
} start_errors[] = {
    {ETWI_WIN_ALREADY_EXISTS, ETW_E_EXISTS,
     "of that name or GUID; stop it, or restart or adopt it"},
    {ETWI_WIN_ACCESS_DENIED, ETW_E_ACCESS, "Performance Log Users"},
    {ETWI_WIN_NO_SYSTEM_RESOURCES, ETW_E_LIMIT, "too many sessions"},
    {ETWI_WIN_DISK_FULL, ETW_E_LIMIT, "200 MB"},
    {ETWI_WIN_BAD_LENGTH, ETW_E_INVALID, "too long"},
    {ETWI_WIN_INVALID_PARAMETER, ETW_E_INVALID, "refuses an option"},
    {ETWI_WIN_SHARING_VIOLATION, ETW_E_ACCESS, "has the log file open"},
    {ETWI_WIN_BAD_PATHNAME, ETW_E_INVALID, "no such path"},
    {ETWI_WIN_PATH_NOT_FOUND, ETW_E_NOT_FOUND, "no such folder"},
    {ETWI_WIN_NOT_ENOUGH_MEMORY, ETW_E_NOMEM, "memory"},
    {ETWI_WIN_PRIVILEGE_NOT_HELD, ETW_E_ACCESS, "SeSystemProfilePrivilege"},
    {12345, ETW_E_IO, "Windows failed"},
};

static void errors_of_starting_say_what_to_do(void)
{
    const etw_session_options options = real_time();
    for (size_t i = 0; i < sizeof start_errors / sizeof start_errors[0]; i++) {
        fake_reset();
        void *session;
        etw_error error = {.message = ""};
        char number[32];
        snprintf(number, sizeof number, "(error %u)", (unsigned)start_errors[i].code);
        fake.start_code = start_errors[i].code;
        CHECK_EQ(etwi_system_backend()->start(&session, &options, &error), start_errors[i].status);
        CHECK(session == NULL);
        CHECK_EQ(error.status, start_errors[i].status);
        CHECK_EQ(error.os_code, start_errors[i].code);
        CHECK(strstr(error.message, "starting the session \"Demo\": ") == error.message);
        CHECK(strstr(error.message, number) != NULL);
        if (!CHECK(strstr(error.message, start_errors[i].part) != NULL))
            printf("    %s\n", error.message);
    }
}

static void long_names_leave_room_for_what_to_do(void)
{
    fake_reset();
    char name[301];
    memset(name, 'n', 300);
    name[300] = '\0';
    etw_session_options options = real_time();
    options.name = name;
    void *session;
    etw_error error;
    fake.start_code = ETWI_WIN_ACCESS_DENIED;
    CHECK_EQ(etwi_system_backend()->start(&session, &options, &error), ETW_E_ACCESS);
    CHECK(is_called(fake_last(0), name));
    CHECK(strstr(error.message, "(error 5)") != NULL);
    CHECK(strlen(error.message) < sizeof error.message);
}

/* ---- a session that runs ---- */

/* What Windows answers about it. */
static void answer_something(void)
{
    memset(&fake.answer, 0, sizeof fake.answer);
    etwi_abi_properties *const p = &fake.answer.properties;
    p->wnode.buffer_size = sizeof fake.answer;
    p->wnode.historical_context = 0x1D;
    p->wnode.guid = some_guid;
    p->wnode.client_context = 2;
    p->buffer_size = 128;
    p->minimum_buffers = 8;
    p->maximum_buffers = 30;
    p->maximum_file_size = 5;
    p->log_file_mode = 0x110;
    p->flush_timer = 250;
    p->enable_flags = 7;
    p->number_of_buffers = 12;
    p->free_buffers = 11;
    p->events_lost = 3;
    p->buffers_written = 100;
    p->log_buffers_lost = 4;
    p->real_time_buffers_lost = 5;
    p->logger_name_offset = offsetof(etwi_win_block, name);
    p->log_file_name_offset = offsetof(etwi_win_block, log_file);
    fake.answer.name[0] = 0xD83D; /* A rocket, and an accent. */
    fake.answer.name[1] = 0xDE80;
    fake.answer.name[2] = 0xE9;
    fake.answer.log_file[0] = 'x';
}

static void asking_passes_room_for_both_names(void)
{
    fake_reset();
    const etw_session_options options = real_time();
    void *const session = start(&options);
    REQUIRE(session != NULL);
    answer_something();
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_system_backend()->query(session, &info, NULL), ETW_OK);
    want_block();
    want32(112, FILE_AT);
    CHECK(same_block(fake_last(0)));
    CHECK(is_called(fake_last(0), "Demo"));
    CHECK_EQ(fake_last(0)->handle, 0);
    CHECK_EQ(fake_last(0)->code, 0);
    CHECK_TEXT(info.name, "\xF0\x9F\x9A\x80\xC3\xA9");
    CHECK_TEXT(info.log_file, "x");
    CHECK(etw_guid_equal(&info.guid, &some_guid));
    CHECK_EQ(info.logger_id, 0x1D);
    CHECK_EQ(info.backend, ETW_BACKEND_WINDOWS);
    CHECK_EQ(info.buffer_size, 128 * 1024);
    CHECK_EQ(info.minimum_buffers, 8);
    CHECK_EQ(info.maximum_buffers, 30);
    CHECK_EQ(info.maximum_file_size, 5 << 20);
    CHECK_EQ(info.flush_timer_ms, 250);
    CHECK_EQ(info.clock, ETW_CLOCK_SYSTEM_TIME);
    CHECK_EQ(info.mode, ETW_MODE_REAL_TIME);
    CHECK_EQ(info.kernel_flags, 7);
    CHECK_EQ(info.buffers, 12);
    CHECK_EQ(info.free_buffers, 11);
    CHECK_EQ(info.events_lost, 3);
    CHECK_EQ(info.buffers_written, 100);
    CHECK_EQ(info.log_buffers_lost, 4);
    CHECK_EQ(info.real_time_buffers_lost, 5);
    etwi_system_backend()->close(session);
}

static void names_that_lie_outside_are_none(void)
{
    fake_reset();
    const etw_session_options options = real_time();
    void *const session = start(&options);
    REQUIRE(session != NULL);
    static const uint32_t offsets[] = {0, 4, BLOCK_SIZE, UINT32_MAX, NAME_AT + 1};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        answer_something();
        fake.answer.properties.logger_name_offset = offsets[i];
        etw_session_info info = {.size = sizeof info};
        CHECK_EQ(etwi_system_backend()->query(session, &info, NULL), ETW_OK);
        CHECK_TEXT(info.name, "");
    }
    /* Nor does a name without an end lead out of the block. */
    answer_something();
    for (size_t i = 0; i < ETWI_WIN_PATH_ROOM; i++)
        fake.answer.log_file[i] = 0xFFFF;
    fake.answer.properties.flush_timer = UINT32_MAX;
    fake.answer.properties.log_file_mode = 0x100; /* Seconds. */
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_system_backend()->query(session, &info, NULL), ETW_OK);
    CHECK(strlen(info.log_file) < sizeof info.log_file);
    CHECK_EQ(info.flush_timer_ms, UINT32_MAX);
    etwi_system_backend()->close(session);
}

static void an_update_keeps_what_it_does_not_change(void)
{
    fake_reset();
    const etw_session_options options = real_time();
    void *const session = start(&options);
    REQUIRE(session != NULL);
    answer_something();
    etw_session_update_options changes = {.size = sizeof changes, .maximum_buffers = 64};
    CHECK_EQ(etwi_system_backend()->update(session, &changes, NULL), ETW_OK);
    CHECK_EQ(fake_last(1)->code, 0); /* It asks how things are. */
    CHECK_EQ(fake_last(0)->code, 2);
    want_block();
    memcpy(wanted + 24, &some_guid, sizeof some_guid);
    want32(56, 64);
    want32(64, 0x110);
    want32(68, 250);
    want32(72, 7);
    CHECK(same_block(fake_last(0)));
    changes = (etw_session_update_options){.size = sizeof changes,
                                           .flush_timer_ms = 77,
                                           .log_file = "C:\\b.etl",
                                           .set_kernel_flags = true};
    CHECK_EQ(etwi_system_backend()->update(session, &changes, NULL), ETW_OK);
    want32(56, 30);
    want32(68, 77);
    want32(72, 0);
    want32(112, FILE_AT);
    put_text(wanted + FILE_AT, "C:\\b.etl");
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
}

static void flushing_names_a_file_in_buffering_mode_only(void)
{
    fake_reset();
    etw_session_options options = real_time();
    options.mode = ETW_MODE_BUFFERING;
    options.log_file = "C:/ring.etl";
    void *session = start(&options);
    REQUIRE(session != NULL);
    CHECK_EQ(fake_u32(fake_last(0)->bytes + 112), 0);
    CHECK_EQ(etwi_system_backend()->flush(session, NULL), ETW_OK);
    CHECK_EQ(fake_last(0)->code, 3);
    want_block();
    want32(112, FILE_AT);
    put_text(wanted + FILE_AT, "C:\\ring.etl");
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
    options.mode = ETW_MODE_SEQUENTIAL;
    REQUIRE((session = start(&options)) != NULL);
    CHECK_EQ(etwi_system_backend()->flush(session, NULL), ETW_OK);
    want_block();
    CHECK(same_block(fake_last(0)));
    etwi_system_backend()->close(session);
}

static void private_sessions_go_by_their_handle(void)
{
    fake_reset();
    etw_session_options options = real_time();
    options.mode = ETW_MODE_SEQUENTIAL | ETW_MODE_PRIVATE_LOGGER | ETW_MODE_PRIVATE_IN_PROCESS;
    options.log_file = "C:\\p.etl";
    void *const session = start(&options);
    REQUIRE(session != NULL);
    answer_something();
    etw_session_info info = {.size = sizeof info};
    CHECK_EQ(etwi_system_backend()->stop(session, &info, NULL), ETW_OK);
    CHECK_EQ(fake_last(0)->code, 1);
    CHECK_EQ(fake_last(0)->handle, 0x1D);
    CHECK(!fake_last(0)->has_name);
    CHECK_EQ(info.events_lost, 3);
    etwi_system_backend()->close(session);
}

/* What ControlTrace documents. */
static void errors_of_controlling_say_what_to_do(void)
{
    static const struct {
        uint32_t code;
        etw_status status;
        const char *part;
    } errors[] = {
        {ETWI_WIN_WMI_INSTANCE_NOT_FOUND, ETW_E_NOT_FOUND, "no such session"},
        {ETWI_WIN_INVALID_HANDLE, ETW_E_NOT_FOUND, "not there any more"},
        {ETWI_WIN_ACCESS_DENIED, ETW_E_ACCESS, "Administrators"},
        {ETWI_WIN_BAD_LENGTH, ETW_E_INVALID, "size"},
        {ETWI_WIN_INVALID_PARAMETER, ETW_E_INVALID, "parameter"},
        {ETWI_WIN_MORE_DATA, ETW_E_LIMIT, "more than was room for"},
        {ETWI_WIN_SHARING_VIOLATION, ETW_E_ACCESS, "log file open"},
        {ETWI_WIN_DISK_FULL, ETW_E_LIMIT, "full"},
    };
    fake_reset();
    const etw_session_options options = real_time();
    void *const session = start(&options);
    REQUIRE(session != NULL);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        etw_error error;
        etw_session_info info = {.size = sizeof info};
        fake.control_code = errors[i].code;
        CHECK_EQ(etwi_system_backend()->query(session, &info, &error), errors[i].status);
        CHECK_EQ(error.os_code, errors[i].code);
        if (!CHECK(strstr(error.message, errors[i].part) != NULL))
            printf("    %s\n", error.message);
        CHECK_EQ(etwi_system_backend()->stop(session, NULL, &error), errors[i].status);
        CHECK(strstr(error.message, "stopping the session \"Demo\": ") == error.message);
        CHECK_EQ(etwi_system_backend()->flush(session, &error), errors[i].status);
    }
    etwi_system_backend()->close(session);
}

/* ---- the front over it ---- */

static void an_existing_session_is_stopped_with_blocks_of_its_own(void)
{
    fake_reset();
    etw_session *session;
    const etw_session_options options = {
        .size = sizeof options, .name = "Demo", .existing = ETW_EXISTING_RESTART};
    fake.start_code = ETWI_WIN_ALREADY_EXISTS;
    fake.start_fails = 1;
    answer_something();
    REQUIRE(etwi_session_start_on(etwi_system_backend(), &session, &options, NULL) == ETW_OK);
    CHECK_EQ(fake.count, 4);
    CHECK_TEXT(fake.calls[0].function, "StartTraceW");
    CHECK_EQ(fake.calls[1].code, 0);
    CHECK_EQ(fake.calls[2].code, 1);
    CHECK_TEXT(fake.calls[3].function, "StartTraceW");
    CHECK(memcmp(fake.calls[0].bytes, fake.calls[3].bytes, BLOCK_SIZE) == 0);
    etw_session_close(&session);
    CHECK_EQ(fake.count, 4);
}

static void attaching_takes_handle_and_options(void)
{
    fake_reset();
    etw_session *session;
    answer_something();
    REQUIRE(etwi_session_attach_on(etwi_system_backend(), &session, "Demo", NULL) == ETW_OK);
    const etw_enable_parameters parameters = {.size = sizeof parameters, .provider = some_guid};
    CHECK_EQ(etw_session_enable(session, &parameters, NULL), ETW_OK);
    CHECK_EQ(fake_last(0)->handle, 0x1D);
    CHECK(etw_guid_equal(&fake_last(0)->parameters.source_id, &some_guid));
    etw_session_close(&session);
    etw_error error;
    fake.control_code = ETWI_WIN_WMI_INSTANCE_NOT_FOUND;
    CHECK_EQ(etwi_session_attach_on(etwi_system_backend(), &session, "Gone", &error),
             ETW_E_NOT_FOUND);
    CHECK(session == NULL);
    CHECK(strstr(error.message, "\"Gone\"") != NULL);
}

static void more_than_64_sessions_are_listed(void)
{
    fake_reset();
    fake.sessions = 100;
    etw_session_list *list;
    REQUIRE(etwi_session_list_on(etwi_system_backend(), &list, NULL) == ETW_OK);
    CHECK_EQ(fake.count, 2);
    CHECK_EQ(fake_last(1)->code, 64);
    CHECK_EQ(fake_last(0)->code, 128);
    want_block();
    want32(112, FILE_AT);
    CHECK(same_block(fake_last(0)));
    CHECK_EQ(etw_session_list_count(list), 100);
    CHECK_EQ(etw_session_list_at(list, 0)->logger_id, 1); /* In their order. */
    CHECK_EQ(etw_session_list_at(list, 0)->buffer_size, (4 + 99) * 1024);
    etw_session_list_destroy(&list);
    etw_error error;
    fake.control_code = ETWI_WIN_ACCESS_DENIED;
    CHECK_EQ(etwi_session_list_on(etwi_system_backend(), &list, &error), ETW_E_ACCESS);
    /* A system that never has enough room does not make it ask for ever. */
    fake.control_code = ETWI_WIN_MORE_DATA;
    CHECK_EQ(etwi_session_list_on(etwi_system_backend(), &list, &error), ETW_E_LIMIT);
}

static void what_windows_lacks_is_named(void)
{
    fake_reset();
    void *session;
    etw_error error;
    const etwi_session_backend *const backend = etwi_system_backend();
    const etw_session_options options = real_time();
    REQUIRE((session = start(&options)) != NULL);
    memset(&fake_api, 0, sizeof fake_api);
    CHECK_EQ(backend->query(session, &(etw_session_info){.size = sizeof(etw_session_info)}, &error),
             ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "ControlTraceW") != NULL);
    CHECK_EQ(backend->query_information(session, 4, NULL, 0, &(size_t){0}, &error),
             ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "TraceQueryInformation") && strstr(error.message, "Windows 8"));
    CHECK_EQ(backend->set_information(session, 4, NULL, 0, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(backend->disable(session, &some_guid, &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "EnableTraceEx2") != NULL);
    CHECK_EQ(backend->list(NULL, NULL, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(backend->enabled(NULL, NULL, &error), ETW_E_UNSUPPORTED);
    CHECK_EQ(backend->prune(NULL, NULL, &error), ETW_E_UNSUPPORTED);
    backend->close(session);
    CHECK_EQ(backend->start(&session, &options, &error), ETW_E_UNSUPPORTED);
    CHECK(strstr(error.message, "StartTraceW") && strstr(error.message, "ETW_API_DLLS"));
}

int main(void)
{
    RUN(starting_passes_a_versioned_block);
    RUN(older_windows_gets_older_blocks);
    RUN(a_file_comes_behind_the_name);
    RUN(the_kernel_logger_gets_its_guid);
    RUN(kernel_rules_are_kept);
    RUN(errors_of_starting_say_what_to_do);
    RUN(long_names_leave_room_for_what_to_do);
    RUN(asking_passes_room_for_both_names);
    RUN(names_that_lie_outside_are_none);
    RUN(an_update_keeps_what_it_does_not_change);
    RUN(flushing_names_a_file_in_buffering_mode_only);
    RUN(private_sessions_go_by_their_handle);
    RUN(errors_of_controlling_say_what_to_do);
    RUN(an_existing_session_is_stopped_with_blocks_of_its_own);
    RUN(attaching_takes_handle_and_options);
    RUN(more_than_64_sessions_are_listed);
    RUN(what_windows_lacks_is_named);
    return test_finish();
}
