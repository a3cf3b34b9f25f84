/* The options of sessions: defaults, limits, modes, paths. Each failure names its option. */
#include "session/options.h"
#include "session_fake.h"
#include "test.h"

#include "os/os.h"

static etw_session_options complete;
static char log_file[ETWI_LOG_FILE_SIZE];
static etw_error error;

static etw_status try_on(const etw_session_options *given, const etwi_session_backend *backend)
{
    etw_session_options options = *given;
    options.size = sizeof options;
    if (!options.name)
        options.name = "tried";
    memset(&error, 0, sizeof error);
    memset(log_file, 0, sizeof log_file);
    return etwi_session_options_complete(&complete, log_file, &options, backend, &error);
}

static etw_status try(const etw_session_options given)
{
    return try_on(&given, &fake_backend);
}

/* Expects a failure whose message starts with the option. */
static void refuse(const etw_session_options given, etw_status status, const char *message)
{
    CHECK_EQ(try(given), status);
    if (!CHECK(strncmp(error.message, message, strlen(message)) == 0))
        printf("    message: %s\n", error.message);
}

static void there_are_defaults(void)
{
    REQUIRE(try((etw_session_options){.size = 0}) == ETW_OK);
    const uint32_t least = 2 * etwi_processor_count();
    CHECK_EQ(complete.buffer_size, 65536);
    CHECK_EQ(complete.minimum_buffers, least);
    CHECK_EQ(complete.maximum_buffers, least + 22);
    CHECK_EQ(complete.flush_timer_ms, 1000);
    CHECK_EQ(complete.clock, ETW_CLOCK_QPC);
    CHECK_EQ(complete.mode, ETW_MODE_REAL_TIME);
    CHECK(complete.log_file == NULL);
    REQUIRE(try((etw_session_options){.log_file = "/tmp/x.etl"}) == ETW_OK);
    CHECK_EQ(complete.mode, ETW_MODE_SEQUENTIAL);
    CHECK_TEXT(complete.log_file, "/tmp/x.etl");
    REQUIRE(try((etw_session_options){.log_file = "/tmp/x.etl", .mode = ETW_MODE_REAL_TIME}) ==
            ETW_OK);
    CHECK_EQ(complete.mode, ETW_MODE_SEQUENTIAL | ETW_MODE_REAL_TIME);
    REQUIRE(try((etw_session_options){.mode = ETW_MODE_BUFFERING}) == ETW_OK);
    CHECK_EQ(complete.mode, ETW_MODE_BUFFERING);
    REQUIRE(try((etw_session_options){.mode = ETW_MODE_NO_PER_PROCESSOR_BUFFERING}) == ETW_OK);
    CHECK_EQ(complete.minimum_buffers, 2);
    REQUIRE(try((etw_session_options){.mode = ETW_MODE_PRIVATE_IN_PROCESS,
                                      .log_file = "/tmp/x.etl"}) == ETW_OK);
    CHECK_EQ(complete.mode,
             ETW_MODE_PRIVATE_IN_PROCESS | ETW_MODE_PRIVATE_LOGGER | ETW_MODE_SEQUENTIAL);
}

static void names_have_limits(void)
{
    static char name[4096];
    refuse((etw_session_options){.name = ""}, ETW_E_INVALID, "name: a session needs one");
    memset(name, 'x', 1023);
    CHECK_EQ(try((etw_session_options){.name = name}), ETW_OK);
    name[1023] = 'x';
    refuse((etw_session_options){.name = name}, ETW_E_LIMIT, "name: 1024 UTF-16 units");
    /* Two units each. */
    memset(name, 0, sizeof name);
    for (unsigned i = 0; i < 512; i++)
        memcpy(name + 4 * i, "\xF0\x9F\x98\x80", 4);
    refuse((etw_session_options){.name = name}, ETW_E_LIMIT, "name: 1024 UTF-16 units");
    refuse((etw_session_options){.name = "a\xC3"}, ETW_E_INVALID, "name: it is no UTF-8");
}

static void buffers_have_limits(void)
{
    static const uint32_t bad_sizes[] = {1024, 4095, 5000, 16 * 1024 * 1024 + 1024, UINT32_MAX};
    for (unsigned i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++)
        refuse((etw_session_options){.buffer_size = bad_sizes[i]}, ETW_E_INVALID, "buffer_size: ");
    CHECK_EQ(try((etw_session_options){.buffer_size = 4096}), ETW_OK);
    CHECK_EQ(try((etw_session_options){.buffer_size = 5 * 1024}), ETW_OK);
    CHECK_EQ(try((etw_session_options){.buffer_size = 16 * 1024 * 1024}), ETW_OK);
    refuse((etw_session_options){.minimum_buffers = 9, .maximum_buffers = 8}, ETW_E_INVALID,
           "maximum_buffers: 8 are less than the minimum, 9");
    refuse((etw_session_options){.minimum_buffers = 1u << 21}, ETW_E_LIMIT, "minimum_buffers");
    /* Few are raised to what the processors need. */
    CHECK_EQ(try((etw_session_options){.minimum_buffers = 1, .maximum_buffers = 1}), ETW_OK);
    CHECK_EQ(complete.minimum_buffers, 2 * etwi_processor_count());
    CHECK_EQ(complete.maximum_buffers, 2 * etwi_processor_count());
    CHECK_EQ(try((etw_session_options){.minimum_buffers = 5000}), ETW_OK);
    CHECK_EQ(complete.maximum_buffers, 5022);
}

static void choices_are_checked(void)
{
    refuse((etw_session_options){.clock = (etw_clock_type)4}, ETW_E_INVALID, "clock: ");
    refuse((etw_session_options){.existing = (etw_existing)3}, ETW_E_INVALID, "existing: ");
    refuse((etw_session_options){.mode = ETW_MODE_SYSTEM_LOGGER}, ETW_E_UNSUPPORTED,
           "mode: these sessions do not know the bits 0x2000000");
    refuse((etw_session_options){.kernel_flags = 1}, ETW_E_UNSUPPORTED, "kernel_flags: ");
    etwi_session_backend kernel = fake_backend;
    kernel.has_kernel = true;
    const etw_session_options flags = {.kernel_flags = 1};
    CHECK_EQ(try_on(&flags, &kernel), ETW_OK);
    const etw_session_options nameless = {.size = sizeof nameless};
    CHECK_EQ(etwi_session_options_complete(&complete, log_file, &nameless, &kernel, &error),
             ETW_E_INVALID);
    const etw_session_options sizeless = {.name = "x"};
    CHECK_EQ(etwi_session_options_complete(&complete, log_file, &sizeless, &kernel, &error),
             ETW_E_INVALID);
}

/* The portable engine says what it does not know; and what it says is what the portable backend
 * offers. */
static void the_portable_backend_has_its_modes(void)
{
    static const uint32_t not_there[] = {ETW_MODE_SECURE, ETW_MODE_NONSTOPPABLE,
                                         ETW_MODE_SYSTEM_LOGGER};
    for (unsigned i = 0; i < 3; i++) {
        const etw_session_options options = {.mode = not_there[i]};
        CHECK_EQ(try_on(&options, &etwi_portable_backend), ETW_E_UNSUPPORTED);
    }
    const etw_session_options paged = {.mode = ETW_MODE_PAGED_MEMORY};
    CHECK_EQ(try_on(&paged, &etwi_portable_backend), ETW_OK);
}

static void modes_exclude_one_another(void)
{
    static const uint32_t together[][2] = {
        {ETW_MODE_CIRCULAR, ETW_MODE_SEQUENTIAL},      {ETW_MODE_CIRCULAR, ETW_MODE_NEW_FILE},
        {ETW_MODE_CIRCULAR, ETW_MODE_APPEND},          {ETW_MODE_CIRCULAR, ETW_MODE_COMPRESSED},
        {ETW_MODE_APPEND, ETW_MODE_NEW_FILE},          {ETW_MODE_APPEND, ETW_MODE_REAL_TIME},
        {ETW_MODE_APPEND, ETW_MODE_PRIVATE_LOGGER},    {ETW_MODE_BUFFERING, ETW_MODE_REAL_TIME},
        {ETW_MODE_BUFFERING, ETW_MODE_CIRCULAR},       {ETW_MODE_BUFFERING, ETW_MODE_SEQUENTIAL},
        {ETW_MODE_PRIVATE_LOGGER, ETW_MODE_REAL_TIME},
    };
    for (unsigned i = 0; i < sizeof together / sizeof together[0]; i++)
        refuse((etw_session_options){.mode = together[i][0] | together[i][1],
                                     .log_file = "/tmp/x-%d.etl",
                                     .maximum_file_size = 1 << 20},
               ETW_E_INVALID, "mode: ");
    CHECK_EQ(try((etw_session_options){.mode = ETW_MODE_SEQUENTIAL | ETW_MODE_NEW_FILE,
                                       .log_file = "/tmp/x-%d.etl",
                                       .maximum_file_size = 1 << 20}),
             ETW_OK);
}

static void files_have_to_make_sense(void)
{
    refuse((etw_session_options){.mode = ETW_MODE_SEQUENTIAL}, ETW_E_INVALID,
           "mode: 0x1 is about a file, and log_file names none");
    refuse((etw_session_options){.mode = ETW_MODE_PRIVATE_LOGGER}, ETW_E_INVALID, "log_file: ");
    refuse((etw_session_options){.log_file = ""}, ETW_E_INVALID, "log_file: ");
    refuse((etw_session_options){.maximum_file_size = 1}, ETW_E_INVALID, "maximum_file_size: ");
    refuse((etw_session_options){.log_file = "/x", .mode = ETW_MODE_CIRCULAR}, ETW_E_INVALID,
           "maximum_file_size: ");
    refuse((etw_session_options){.log_file = "/x",
                                 .mode = ETW_MODE_KBYTES,
                                 .maximum_file_size = 100 * 1024},
           ETW_E_LIMIT, "maximum_file_size: 102400 bytes have no room");
    static const char *const paths[] = {"/tmp/x.etl", "/tmp/%d-%d.etl", "/tmp/%s-%d.etl",
                                        "/tmp/%d%.etl"};
    for (unsigned i = 0; i < 4; i++)
        refuse((etw_session_options){.log_file = paths[i],
                                     .mode = ETW_MODE_NEW_FILE,
                                     .maximum_file_size = 1 << 20},
               ETW_E_INVALID, "log_file: new files need one \"%d\"");
}

static void sizes_are_rounded_up(void)
{
    REQUIRE(try((etw_session_options){.log_file = "/x", .maximum_file_size = (1 << 20) + 1}) ==
            ETW_OK);
    CHECK_EQ(complete.maximum_file_size, 2 << 20);
    REQUIRE(try((etw_session_options){.log_file = "/x",
                                      .mode = ETW_MODE_KBYTES,
                                      .maximum_file_size = (1 << 20) + 1}) == ETW_OK);
    CHECK_EQ(complete.maximum_file_size, (1 << 20) + 1024);
    refuse((etw_session_options){.log_file = "/x", .maximum_file_size = UINT64_MAX}, ETW_E_LIMIT,
           "maximum_file_size: ");
}

static void paths_become_absolute(void)
{
    char folder[ETWI_LOG_FILE_SIZE];
    REQUIRE(etwi_folder_current(folder, sizeof folder));
    REQUIRE(try((etw_session_options){.log_file = "a/b.etl"}) == ETW_OK);
    CHECK(complete.log_file == log_file);
    CHECK(strncmp(log_file, folder, strlen(folder)) == 0);
    CHECK_TEXT(log_file + strlen(folder), "/a/b.etl");
    static char path[2048];
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    refuse((etw_session_options){.log_file = path}, ETW_E_LIMIT, "log_file: ");
    path[1023] = '\0';
    CHECK_EQ(try((etw_session_options){.log_file = path}), ETW_OK);
}

int main(void)
{
    RUN(there_are_defaults);
    RUN(names_have_limits);
    RUN(buffers_have_limits);
    RUN(choices_are_checked);
    RUN(the_portable_backend_has_its_modes);
    RUN(modes_exclude_one_another);
    RUN(files_have_to_make_sense);
    RUN(sizes_are_rounded_up);
    RUN(paths_become_absolute);
    return test_finish();
}
