/* The writer of traces: every field as Windows has it, all events come back, whatever happens to
 * the file. */
#include "etl_writer_fixture.h"

#include "base/memory.h"
#include "etl/trace_header.h"

/* ---- the first buffer ------------------------------------------------------------------------ */

static void the_header_reads_back(void)
{
    etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    header.info.session_name = text("S\xC3\xA9ssion \xF0\x9F\x98\x80");
    header.info.log_file_name = text("/tmp/a b.etl");
    header.info.maximum_file_size = 17;
    header.info.utc_bias_minutes = -90;
    header.info.cpu_mhz = 3456;
    uint8_t buffer[BUFFER];
    REQUIRE(etwi_etl_header_build(buffer, &header, NULL) == ETW_OK);
    const etwi_etl_totals totals = {134120880000000001, 12, (uint64_t)1 << 40, 3};
    etwi_etl_header_set_totals(buffer, &totals);
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etw_trace_info info = {.path = {NULL, 0}};
    REQUIRE(etwi_trace_header_parse(&info, (etw_bytes){buffer, BUFFER}, &arena, NULL) == ETW_OK);
    CHECK_STR(info.session_name, "S\xC3\xA9ssion \xF0\x9F\x98\x80");
    CHECK_STR(info.log_file_name, "/tmp/a b.etl");
    CHECK_EQ(info.maximum_file_size, 17);
    CHECK_EQ(info.utc_bias_minutes, -90);
    CHECK_EQ(info.cpu_mhz, 3456);
    CHECK_EQ(info.end_time, 134120880000000001);
    CHECK_EQ(info.buffers_written, 12);
    CHECK_EQ(info.events_lost, UINT32_MAX);
    CHECK_EQ(info.buffers_lost, 3);
    CHECK_EQ(info.clock.start_raw, 5000000000);
    CHECK_EQ(info.clock.start_time, 134120880000000000);
    CHECK_EQ(info.clock.frequency, 10000000);
    CHECK_EQ(info.boot_time, header.info.boot_time);
    CHECK_EQ(info.processor_count, 4);
    etwi_arena_free(&arena);
}

static void names_have_to_fit(void)
{
    static char name[BUFFER];
    memset(name, 'x', sizeof name - 1);
    etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    header.info.log_file_name = text(name);
    static uint8_t buffer[BUFFER];
    etw_error error;
    CHECK_EQ(etwi_etl_header_build(buffer, &header, &error), ETW_E_LIMIT);
    CHECK(strstr(error.message, "4096") != NULL);
    /* Every length that fits is written in full and no byte further. */
    for (size_t length = 1500; length < sizeof name; length++) {
        static uint8_t guarded[BUFFER + 64];
        header.info.log_file_name.size = length;
        memset(guarded, 0x77, sizeof guarded);
        const etw_status status = etwi_etl_header_build(guarded, &header, NULL);
        for (size_t i = BUFFER; i < sizeof guarded; i++)
            REQUIRE(guarded[i] == 0x77);
        if (status != ETW_OK) {
            CHECK(length > 1600);
            return;
        }
    }
    CHECK(false); /* No name was too long. */
}

static void the_system_is_described(void)
{
    etwi_etl_header header;
    etwi_etl_header_of_system(&header);
    CHECK(header.info.processor_count >= 1);
    CHECK(header.info.boot_time > 130000000000000000);
    CHECK(header.info.timer_resolution > 0);
    CHECK(header.info.utc_bias_minutes >= -15 * 60 && header.info.utc_bias_minutes <= 15 * 60);
    CHECK(header.time_zone[0] != '\0');
}

/* ---- files ----------------------------------------------------------------------------------- */

static void every_event_reads_back(void)
{
    const char *path = path_of("plain.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_etl_file *file = create(path, &header, 0);
    REQUIRE(file != NULL);
    write_events(file, 0, 1000);
    CHECK_EQ(etwi_etl_file_buffers(file), 1 + (1000 + IN_BUFFER - 1) / IN_BUFFER);
    CHECK_EQ(etwi_etl_file_size(file), etwi_etl_file_buffers(file) * BUFFER);
    CHECK_TEXT(etwi_etl_file_path(file), path);
    etwi_etl_file_set_losses(file, 5, 2);
    CHECK_EQ(etwi_etl_file_close(&file, 134120880000100000, NULL), ETW_OK);
    CHECK(file == NULL);
    const etl_check_result result = check_fields(path, ETW_MODE_SEQUENTIAL);
    CHECK_EQ(result.records, 1000);
    CHECK_EQ(result.events_lost, 5);
    CHECK_EQ(result.buffers_lost, 2);
    check_events(path, 0, 1000);
}

static void a_file_is_valid_before_it_is_closed(void)
{
    const char *path = path_of("unclosed.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_etl_file *file = create(path, &header, 0);
    REQUIRE(file != NULL);
    write_events(file, 0, 100);
    const etl_check_options options = {.unclosed = true};
    CHECK_EQ(etl_check_file(path, &options).problems, 0);
    check_events(path, 0, 100);
    CHECK_EQ(etwi_etl_file_close(&file, 0, NULL), ETW_OK);
    CHECK_EQ(check_fields(path, 0).records, 100);
}

/* By another file: whoever has the old one mapped would not survive its being cut off. */
static void an_old_file_is_replaced(void)
{
    const char *path = path_of("plain.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_file old;
    REQUIRE(etwi_file_open(&old, path, NULL) == ETW_OK);
    etwi_etl_file *file = create(path, &header, 0);
    REQUIRE(file != NULL);
    CHECK(old.size > 0);
    CHECK_EQ(etwi_shared_size(old.handle), old.size);
    etwi_file_close(&old);
    write_events(file, 50, 10);
    CHECK_EQ(etwi_etl_file_close(&file, 0, NULL), ETW_OK);
    CHECK_EQ(check_fields(path, 0).records, 10);
    check_events(path, 50, 10);
}

static void damaged_buffers_are_refused(void)
{
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_etl_file *file = create(path_of("refusing.etl"), &header, 0);
    REQUIRE(file != NULL);
    _Alignas(8) uint8_t buffer[BUFFER];
    static const struct {
        unsigned field;
        uint32_t value;
    } damages[] = {
        {BUFFER_SIZE, BUFFER * 2},
        {BUFFER_SIZE, 8},
        {BUFFER_OFFSET, BUFFER + 8},
        {BUFFER_OFFSET, 8},
        {BUFFER_STATE, BUFFER_STATE_OPEN},
        {BUFFER_FLAG, BUFFER_FLAG_COMPRESSED},
        {BUFFER_FLAG, 0x8000},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        make_buffer(buffer, 1, 0, 3, true);
        etwi_store_u32(buffer + damages[i].field, damages[i].value);
        CHECK_EQ(etwi_etl_file_write(file, buffer, NULL), ETW_E_CORRUPT);
    }
    CHECK_EQ(etwi_etl_file_size(file), BUFFER);
    etwi_etl_file_close(&file, 0, NULL);
}

static void what_is_no_file_is_refused(void)
{
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_etl_file_options options = {.path = folder, .header = &header};
    etwi_etl_file *file;
    etw_error error;
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_INVALID);
    CHECK(strstr(error.message, folder) != NULL);
    options.path = "/dev/null";
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_INVALID);
    CHECK(strstr(error.message, "/dev/null: is no file") != NULL);
    options.path = path_of("missing/x.etl");
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_NOT_FOUND);
    options.path = path_of("small.etl");
    options.maximum_size = BUFFER * 2 - 1;
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_LIMIT);
    CHECK(file == NULL);
}

static void a_sequential_file_becomes_full(void)
{
    const char *path = path_of("full.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_etl_file *file = create(path, &header, BUFFER * 3);
    REQUIRE(file != NULL);
    _Alignas(8) uint8_t buffer[BUFFER];
    for (uint32_t i = 0; i < 4; i++) {
        make_buffer(buffer, 1 + i, i, 1, true);
        CHECK_EQ(etwi_etl_file_write(file, buffer, NULL), i < 2 ? ETW_OK : ETW_E_FULL);
    }
    etwi_etl_file_close(&file, 0, NULL);
    CHECK_EQ(check_fields(path, 0).records, 2);
    check_events(path, 0, 2);
}

static void space_is_taken_and_given_back(void)
{
    const char *path = path_of("allocated.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL | ETW_MODE_PREALLOCATE);
    etwi_etl_file *file = create(path, &header, BUFFER * 100);
    REQUIRE(file != NULL);
    write_events(file, 0, 100);
    etwi_path_info info;
    REQUIRE(etwi_path_look(path, &info));
    CHECK_EQ(info.size, BUFFER * 100);
    check_events(path, 0, 100);
    etwi_etl_file_close(&file, 0, NULL);
    CHECK_EQ(check_fields(path, 0).records, 100);
    check_events(path, 0, 100);
}

static void a_circular_file_keeps_the_newest(void)
{
    const char *path = path_of("circular.etl");
    const etwi_etl_header header = header_of(ETW_MODE_CIRCULAR);
    etwi_etl_file *file = create(path, &header, BUFFER * 5 + 100);
    REQUIRE(file != NULL);
    _Alignas(8) uint8_t buffer[BUFFER];
    for (uint32_t i = 0; i < 11; i++) {
        /* One processor, whose events keep their order. */
        make_buffer(buffer, (int64_t)(1 + i) * 4, i * 10, 10, true);
        REQUIRE(etwi_etl_file_write(file, buffer, NULL) == ETW_OK);
    }
    CHECK_EQ(etwi_etl_file_buffers(file), 5);
    etwi_etl_file_close(&file, 0, NULL);
    CHECK_EQ(check_fields(path, ETW_MODE_CIRCULAR).records, 40);
    check_events(path, 70, 40);
}

static void new_files_follow_one_another(void)
{
    const etwi_etl_header header = header_of(ETW_MODE_NEW_FILE);
    etwi_etl_file *file = create(path_of("run-%d.etl"), &header, BUFFER * 3);
    REQUIRE(file != NULL);
    _Alignas(8) uint8_t buffer[BUFFER];
    for (uint32_t i = 0; i < 5; i++) {
        etwi_etl_file_set_losses(file, i, 0);
        make_buffer(buffer, 1 + i, i, 1, true);
        REQUIRE(etwi_etl_file_write(file, buffer, NULL) == ETW_OK);
    }
    CHECK_TEXT(etwi_etl_file_path(file), path_of("run-3.etl"));
    etwi_etl_file_close(&file, 0, NULL);
    uint64_t lost = 0;
    static const char *const names[] = {"run-1.etl", "run-2.etl", "run-3.etl"};
    for (uint32_t i = 0; i < 3; i++) {
        const etl_check_result result = check_fields(path_of(names[i]), ETW_MODE_NEW_FILE);
        CHECK_EQ(result.records, i < 2 ? 2 : 1);
        lost += result.events_lost;
        check_events(path_of(names[i]), 2 * i, i < 2 ? 2 : 1);
    }
    CHECK_EQ(lost, 4);
}

static void a_session_goes_on_in_another_file(void)
{
    const char *first = path_of("first.etl"), *second = path_of("second.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL);
    etwi_etl_file *file = create(first, &header, 0);
    REQUIRE(file != NULL);
    write_events(file, 0, 10);
    CHECK_EQ(etwi_etl_file_switch(file, path_of("no/such"), NULL), ETW_E_NOT_FOUND);
    write_events(file, 10, 10);
    CHECK_EQ(etwi_etl_file_switch(file, second, NULL), ETW_OK);
    write_events(file, 20, 10);
    etwi_etl_file_close(&file, 0, NULL);
    const etl_check_options options = {.appended = true}; /* Numbers of buffers began anew. */
    CHECK_EQ(etl_check_file(first, &options).problems, 0);
    CHECK_EQ(etl_check_file(second, &options).problems, 0);
    check_events(first, 0, 20);
    check_events(second, 20, 10);
}

/* ---- appending ------------------------------------------------------------------------------- */

static void runs_are_appended(void)
{
    const char *path = path_of("appended.etl");
    etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL | ETW_MODE_APPEND);
    for (uint32_t run = 0; run < 3; run++) {
        etwi_etl_file *file = create(path, &header, 0);
        REQUIRE(file != NULL);
        write_events(file, run * 100, 100);
        etwi_etl_file_set_losses(file, 2, 1);
        CHECK_EQ(etwi_etl_file_close(&file, 0, NULL), ETW_OK);
        /* Each run starts later; the clock of the trace stays the one that it began with. */
        header.info.clock.start_raw += 10000000;
        header.info.clock.start_time += 10000000;
    }
    const etl_check_options options = {.appended = true, .buffer_size = BUFFER};
    const etl_check_result result = etl_check_file(path, &options);
    CHECK_EQ(result.problems, 0);
    CHECK_EQ(result.events_lost, 6);
    CHECK_EQ(result.buffers_lost, 3);
    check_events(path, 0, 300);
}

static void only_what_fits_is_appended_to(void)
{
    const char *path = path_of("appended.etl");
    etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL | ETW_MODE_APPEND);
    const etwi_etl_file_options options = {.path = path, .header = &header};
    etwi_etl_file *file;
    etw_error error;
    header.info.buffer_size = BUFFER * 2;
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_INVALID);
    CHECK(strstr(error.message, "buffers of 4096 bytes, the session of 8192") != NULL);
    header.info.buffer_size = BUFFER;
    header.info.clock.type = ETW_CLOCK_SYSTEM_TIME;
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_INVALID);
    CHECK(strstr(error.message, "another clock") != NULL);
    header.info.clock.type = ETW_CLOCK_QPC;
    header.info.clock.start_raw = 1;
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_INVALID);
    CHECK(strstr(error.message, "started anew") != NULL);
    header.info.log_file_mode |= ETW_MODE_COMPRESSED;
    CHECK_EQ(etwi_etl_file_create(&file, &options, &error), ETW_E_INVALID);
    check_events(path, 0, 300);
}

static void what_is_no_trace_is_not_appended_to(void)
{
    const char *path = path_of("notes.txt");
    write_bytes(path, "dear diary", 10);
    const etwi_etl_header header = header_of(ETW_MODE_APPEND);
    const etwi_etl_file_options options = {.path = path, .header = &header};
    etwi_etl_file *file;
    CHECK_EQ(etwi_etl_file_create(&file, &options, NULL), ETW_E_NOT_TRACE);
    char text_left[16] = "";
    FILE *in = fopen(path, "rb");
    REQUIRE(in != NULL);
    CHECK_EQ(fread(text_left, 1, sizeof text_left - 1, in), 10);
    fclose(in);
    CHECK_TEXT(text_left, "dear diary");
}

static void a_broken_trace_is_repaired_before_it_is_appended_to(void)
{
    const char *path = path_of("broken.etl");
    const etwi_etl_header header = header_of(ETW_MODE_SEQUENTIAL | ETW_MODE_APPEND);
    _Alignas(8) static uint8_t data[BUFFER * 3];
    REQUIRE(etwi_etl_header_build(data, &header, NULL) == ETW_OK);
    make_buffer(data + BUFFER, 1, 0, 10, true);
    make_buffer(data + BUFFER * 2, 2, 10, 10, false);
    write_bytes(path, data, sizeof data - 1000);
    etwi_etl_file *file = create(path, &header, 0);
    REQUIRE(file != NULL);
    write_events(file, 20, 10);
    CHECK_EQ(etwi_etl_file_close(&file, 0, NULL), ETW_OK);
    check_events(path, 0, 30);
}

/* ---- compression ----------------------------------------------------------------------------- */

static void compressed_traces_read_back(void)
{
    const char *path = path_of("compressed.etl");
    const uint32_t mode = ETW_MODE_SEQUENTIAL | ETW_MODE_COMPRESSED;
    etwi_etl_header header = header_of(mode);
    etwi_etl_file *file = create(path, &header, 0);
    REQUIRE(file != NULL);
    write_events(file, 0, 1000);
    CHECK(etwi_etl_file_size(file) < etwi_etl_file_buffers(file) * BUFFER / 2);
    CHECK_EQ(etwi_etl_file_close(&file, 0, NULL), ETW_OK);
    const etl_check_result result = check_fields(path, mode);
    CHECK_EQ(result.compressed_buffers, result.buffers - 1);
    check_events(path, 0, 1000);
    /* And is appended to. */
    header.info.log_file_mode |= ETW_MODE_APPEND;
    file = create(path, &header, 0);
    REQUIRE(file != NULL);
    write_events(file, 1000, 50);
    CHECK_EQ(etwi_etl_file_close(&file, 0, NULL), ETW_OK);
    check_events(path, 0, 1050);
}

int main(void)
{
    open_folder();
    RUN(the_header_reads_back);
    RUN(names_have_to_fit);
    RUN(the_system_is_described);
    RUN(every_event_reads_back);
    RUN(a_file_is_valid_before_it_is_closed);
    RUN(an_old_file_is_replaced);
    RUN(damaged_buffers_are_refused);
    RUN(what_is_no_file_is_refused);
    RUN(a_sequential_file_becomes_full);
    RUN(space_is_taken_and_given_back);
    RUN(a_circular_file_keeps_the_newest);
    RUN(new_files_follow_one_another);
    RUN(a_session_goes_on_in_another_file);
    RUN(runs_are_appended);
    RUN(only_what_fits_is_appended_to);
    RUN(what_is_no_trace_is_not_appended_to);
    RUN(a_broken_trace_is_repaired_before_it_is_appended_to);
    RUN(compressed_traces_read_back);
    return close_folder();
}
