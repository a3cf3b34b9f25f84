/* Autologgers: the values that they are in the registry, byte by byte. */
#include "session/autologger.h"
#include "session/options.h"
#include "test.h"

static const etw_guid some_guid = {0x01020304, 5, 6, {7, 8, 9, 10, 11, 12, 13, 0xAB}};

/* A backend that takes what Windows takes. */
static const etwi_session_backend lenient = {.modes = UINT32_MAX, .has_kernel = true};

static etw_error error;

static etw_status make(etwi_registry_values *out, const etw_autologger_options *options)
{
    etw_session_options complete;
    char log_file[ETWI_LOG_FILE_SIZE];
    memset(out, 0, sizeof *out);
    memset(&error, 0, sizeof error);
    out->bytes.allocator = etwi_allocator_or_default(NULL);
    const etw_status status =
        etwi_session_options_complete(&complete, log_file, options->session, &lenient, &error);
    return status == ETW_OK ? etwi_autologger_session(out, options, &complete, &error) : status;
}

static const etwi_registry_value *find(const etwi_registry_values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i].name, name) == 0)
            return &values->items[i];
    return NULL;
}

static bool has(const etwi_registry_values *values, const char *name, uint32_t type,
                const void *bytes, size_t size)
{
    const etwi_registry_value *const value = find(values, name);
    return CHECK(value != NULL) && CHECK_EQ(value->type, type) && CHECK_EQ(value->size, size) &&
           CHECK(memcmp(values->bytes.data + value->offset, bytes, size) == 0);
}

static void has_u32(const etwi_registry_values *values, const char *name, uint32_t number)
{
    const uint8_t bytes[] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 24)};
    if (!has(values, name, 4, bytes, sizeof bytes))
        printf("    %s\n", name);
}

static void has_text(const etwi_registry_values *values, const char *name, const char *text)
{
    uint8_t bytes[2048] = {0};
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        bytes[2 * i] = (uint8_t)text[i];
    has(values, name, 1, bytes, 2 * length + 2);
}

static void what_is_not_asked_for_is_left_to_windows(void)
{
    etwi_registry_values values;
    const etw_session_options session = {.size = sizeof session, .name = "Boot", .guid = some_guid};
    const etw_autologger_options options = {.size = sizeof options, .session = &session};
    REQUIRE(make(&values, &options) == ETW_OK);
    CHECK_EQ(values.count, 4);
    has_text(&values, "Guid", "{01020304-0005-0006-0708-090A0B0C0DAB}");
    has_u32(&values, "Start", 1);
    has_u32(&values, "LogFileMode", 0x100);
    has_u32(&values, "ClockType", 1);
    etwi_buffer_free(&values.bytes);
}

static void everything_has_its_value(void)
{
    etwi_registry_values values;
    const etw_session_options session = {.size = sizeof session,
                                         .name = "Boot",
                                         .guid = some_guid,
                                         .buffer_size = 128 * 1024,
                                         .minimum_buffers = 300,
                                         .maximum_buffers = 400,
                                         .flush_timer_ms = 2001,
                                         .clock = ETW_CLOCK_SYSTEM_TIME,
                                         .mode = ETW_MODE_CIRCULAR | ETW_MODE_SYSTEM_LOGGER,
                                         .log_file = "logs/boot.etl",
                                         .maximum_file_size = UINT64_C(200) << 20,
                                         .kernel_flags = 0x10003};
    const etw_autologger_options options = {.size = sizeof options,
                                            .session = &session,
                                            .is_off = true,
                                            .file_max = 3,
                                            .no_persistence = true};
    REQUIRE(make(&values, &options) == ETW_OK);
    CHECK_EQ(values.count, 13);
    has_u32(&values, "Start", 0);
    has_u32(&values, "LogFileMode", 0x02000002);
    has_u32(&values, "ClockType", 2);
    has_u32(&values, "BufferSize", 128);
    has_u32(&values, "MinimumBuffers", 300);
    has_u32(&values, "MaximumBuffers", 400);
    has_u32(&values, "FlushTimer", 3);
    /* The path is absolute and has backslashes. */
    const etwi_registry_value *const file = find(&values, "FileName");
    static const char end[] = "\\\0l\0o\0g\0s\0\\\0b\0o\0o\0t\0.\0e\0t\0l\0\0";
    REQUIRE(file != NULL && file->size > sizeof end);
    CHECK_EQ(file->type, 1);
    const char *const path = values.bytes.data + file->offset;
    CHECK(memcmp(path + file->size - sizeof end, end, sizeof end) == 0);
    CHECK(memchr(path, '/', file->size) == NULL);
    has_u32(&values, "MaxFileSize", 200);
    has_u32(&values, "FileMax", 3);
    has_u32(&values, "DisableRealtimePersistence", 1);
    const uint8_t groups[32] = {3, 0, 1};
    has(&values, "EnableKernelFlags", 3, groups, sizeof groups);
    etwi_buffer_free(&values.bytes);
}

static void what_cannot_be_is_refused(void)
{
    etwi_registry_values values;
    etw_session_options session = {.size = sizeof session, .name = "Boot", .guid = some_guid};
    etw_autologger_options options = {.size = sizeof options, .session = &session};
    options.file_max = 17;
    CHECK_EQ(make(&values, &options), ETW_E_LIMIT);
    options.file_max = 2;
    CHECK_EQ(make(&values, &options), ETW_E_INVALID);
    CHECK(strstr(error.message, "file_max") == error.message);
    options.file_max = 0;
    session.kernel_flags = 1;
    CHECK_EQ(make(&values, &options), ETW_E_INVALID);
    CHECK(strstr(error.message, "kernel_flags") == error.message);
    session.kernel_flags = 0;
    session.log_file = "p.etl";
    session.mode = ETW_MODE_PRIVATE_LOGGER;
    CHECK_EQ(make(&values, &options), ETW_E_INVALID);
    CHECK(strstr(error.message, "mode") == error.message);
    CHECK_EQ(etwi_autologger_check_name("a\\b", &error), ETW_E_INVALID);
    CHECK_EQ(etwi_autologger_check_name("", &error), ETW_E_INVALID);
    CHECK_EQ(etwi_autologger_check_name("a/b c", &error), ETW_OK);
}

static void providers_have_their_filters(void)
{
    static const uint16_t ids[] = {1, 2};
    static const uint32_t pids[] = {9};
    const etw_provider_filter filters[] = {
        {.type = ETW_FILTER_TYPE_EVENT_ID, .ids = ids, .id_count = 2},
        {.type = ETW_FILTER_TYPE_PID, .pids = pids, .pid_count = 1},
    };
    const etw_payload_predicate predicate = {{"a", 1}, ETW_PAYLOAD_EQ, {"1", 1}};
    const etw_provider_filter payload = {
        .type = ETW_FILTER_TYPE_PAYLOAD, .predicates = &predicate, .predicate_count = 1};
    etw_enable_parameters parameters = {.size = sizeof parameters,
                                        .provider = some_guid,
                                        .level = 4,
                                        .match_any_keyword = UINT64_C(0x8000000000000001),
                                        .match_all_keyword = 2,
                                        .properties = 0x81,
                                        .filters = filters,
                                        .filter_count = 2};
    etwi_registry_values values = {.bytes.allocator = etwi_allocator_or_default(NULL)};
    REQUIRE(etwi_autologger_provider(&values, &parameters, &error) == ETW_OK);
    CHECK_EQ(values.count, 6);
    has_u32(&values, "Enabled", 1);
    has_u32(&values, "EnableLevel", 4);
    has(&values, "MatchAnyKeyword", 11, "\1\0\0\0\0\0\0\x80", 8);
    has(&values, "MatchAllKeyword", 11, "\2\0\0\0\0\0\0\0", 8);
    has_u32(&values, "EnableProperty", 0x81);
    /* Two descriptors of 16 bytes whose pointers are offsets, then 8 and 4 bytes. */
    has(&values, "FilterData", 3,
        "\x20\0\0\0\0\0\0\0\x08\0\0\0\0\x02\0\x80"
        "\x28\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\x80"
        "\1\0\2\0\1\0\2\0"
        "\x09\0\0\0",
        44);
    etwi_buffer_free(&values.bytes);
    memset(&values, 0, sizeof values);
    values.bytes.allocator = etwi_allocator_or_default(NULL);
    parameters = (etw_enable_parameters){.size = sizeof parameters, .provider = some_guid};
    REQUIRE(etwi_autologger_provider(&values, &parameters, &error) == ETW_OK);
    CHECK_EQ(values.count, 3);
    has_u32(&values, "EnableLevel", 255);
    has(&values, "MatchAnyKeyword", 11, "\0\0\0\0\0\0\0\0", 8);
    etwi_buffer_free(&values.bytes);
    values.count = 0;
    parameters.filters = &payload;
    parameters.filter_count = 1;
    CHECK_EQ(etwi_autologger_provider(&values, &parameters, &error), ETW_E_UNSUPPORTED);
    etwi_buffer_free(&values.bytes);
    values.count = 0;
    const etw_provider_filter twice[] = {filters[0], filters[0]};
    parameters.filters = twice;
    parameters.filter_count = 2;
    CHECK_EQ(etwi_autologger_provider(&values, &parameters, &error), ETW_E_INVALID);
    etwi_buffer_free(&values.bytes);
}

static void the_path_is_that_of_windows(void)
{
    char path[128];
    const char wanted[] = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\WMI\\Autologger\\Boot";
    CHECK_EQ(etw_autologger_path(path, sizeof path, "Boot"), sizeof wanted - 1);
    CHECK_TEXT(path, wanted);
    CHECK_EQ(etw_autologger_path(path, 5, "Boot"), sizeof wanted - 1);
    CHECK_TEXT(path, "HKLM");
}

int main(void)
{
    RUN(what_is_not_asked_for_is_left_to_windows);
    RUN(everything_has_its_value);
    RUN(what_cannot_be_is_refused);
    RUN(providers_have_their_filters);
    RUN(the_path_is_that_of_windows);
    return test_finish();
}
