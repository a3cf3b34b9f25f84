/* The consumer: sources of every kind, several traces at a time, errors, progress. */
#include "test.h"

#include "feed.h"
#include "scratch.h"
#include "trace_run.h"

#include <stdlib.h>

static char folder[SCRATCH_PATH_SIZE];
static char path[SCRATCH_PATH_SIZE + 32];
static etw_error error;

static const char *path_of(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *write_file(const char *name, etw_bytes bytes)
{
    FILE *file = fopen(path_of(name), "wb");
    CHECK(file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size);
    if (file)
        fclose(file);
    return path;
}

static etw_consumer *create(const etw_consumer_options *options)
{
    etw_consumer *consumer;
    if (etw_consumer_create(&consumer, options, &error) != ETW_OK)
        etlb_fail("%s", error.message);
    return consumer;
}

/* `count` events from id `first` on, at every `step` ticks. */
static etlb_trace *make_trace(const etlb_options *options, uint16_t first, uint16_t count, int step)
{
    etlb_trace *trace = etlb_create(options);
    for (uint16_t i = 0; i < count; i++)
        trace_add_event(trace, i % options->processor_count, options->start_raw + 1 + i * step,
                        (uint16_t)(first + i));
    return trace;
}

/* Reads all events; `ids` receives those of EVENT headers. Returns their number. */
static size_t read_ids(etw_consumer *consumer, uint16_t *ids, size_t room)
{
    const etw_batch *batch;
    size_t count = 0;
    uint64_t last = 0;
    etw_status status;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
        CHECK(batch->count > 0);
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            CHECK(event->timestamp >= last);
            last = event->timestamp;
            if (event->header_kind == ETW_HEADER_EVENT64 && count < room)
                ids[count++] = event->id;
        }
    }
    CHECK_EQ(status, ETW_END);
    CHECK(batch == NULL);
    return count;
}

static void delivers_nothing_without_sources(void)
{
    etw_consumer *consumer = create(NULL);
    const etw_batch *batch;
    CHECK_EQ(etw_consumer_trace_count(consumer), 0);
    CHECK(etw_consumer_trace_info(consumer, 0) == NULL);
    CHECK(etw_consumer_trace_stats(consumer, 0) == NULL);
    CHECK_EQ(etw_consumer_error(consumer)->status, ETW_OK);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    CHECK_EQ(etw_consumer_next_batch(consumer, &batch), ETW_END);
    etw_consumer_destroy(&consumer);
    CHECK(consumer == NULL);
    etw_consumer_destroy(&consumer);
}

static void describes_a_trace(void)
{
    for (unsigned pointer_size = 4; pointer_size <= 8; pointer_size += 4) {
        etlb_options options = etlb_default_options();
        options.pointer_size = pointer_size;
        options.events_lost = 7;
        options.buffers_lost = 8;
        options.maximum_file_size = 9;
        options.session_name = "S\xC3\xB6ssion";
        etlb_trace *trace = make_trace(&options, 1, 3, 1);
        const etw_bytes file = etlb_finish(trace);
        etw_consumer *consumer = trace_open(file);
        const etw_trace_info *info = etw_consumer_trace_info(consumer, 0);
        REQUIRE(info);
        CHECK_STR(info->path, "memory");
        CHECK_STR(info->session_name, "S\xC3\xB6ssion");
        CHECK_STR(info->log_file_name, "C:\\traces\\etlb.etl");
        CHECK_EQ(info->clock.type, ETW_CLOCK_QPC);
        CHECK_EQ(info->clock.frequency, options.frequency);
        CHECK_EQ(info->clock.start_raw, options.start_raw);
        CHECK_EQ(info->clock.start_time, options.start_time);
        CHECK_EQ(info->start_time, options.start_time);
        CHECK_EQ(info->end_time, options.end_time);
        CHECK_EQ(info->boot_time, options.boot_time);
        CHECK_EQ(info->performance_frequency, options.frequency);
        CHECK_EQ(info->file_size, file.size);
        CHECK_EQ(info->buffer_size, options.buffer_size);
        CHECK_EQ(info->processor_count, 1);
        CHECK_EQ(info->os_build, 22631);
        CHECK_EQ(info->timer_resolution, 156250);
        CHECK_EQ(info->maximum_file_size, 9);
        CHECK_EQ(info->log_file_mode, ETW_MODE_SEQUENTIAL);
        CHECK_EQ(info->buffers_written, 2);
        CHECK_EQ(info->start_buffers, 1);
        CHECK_EQ(info->events_lost, 7);
        CHECK_EQ(info->buffers_lost, 8);
        CHECK_EQ(info->cpu_mhz, 2995);
        CHECK_EQ(info->utc_bias_minutes, 480);
        CHECK_EQ(info->os_major, 10);
        CHECK_EQ(info->os_minor, 0);
        CHECK_EQ(info->layout_major, 1);
        CHECK_EQ(info->layout_minor, 5);
        CHECK_EQ(info->pointer_size, pointer_size);
        etw_consumer_destroy(&consumer);
        etlb_destroy(trace);
    }
}

static void knows_every_clock(void)
{
    static const struct {
        etw_clock_type stored, want;
        uint64_t frequency, want_frequency;
    } CASES[] = {
        {ETW_CLOCK_QPC, ETW_CLOCK_QPC, 14318180, 14318180},
        {ETW_CLOCK_SYSTEM_TIME, ETW_CLOCK_SYSTEM_TIME, 14318180, 10000000},
        {ETW_CLOCK_CPU_CYCLES, ETW_CLOCK_CPU_CYCLES, 14318180, 2995000000},
        {ETW_CLOCK_UNKNOWN, ETW_CLOCK_QPC, 3117777, 3117777},
        {ETW_CLOCK_UNKNOWN, ETW_CLOCK_SYSTEM_TIME, 0, 10000000},
        {(etw_clock_type)9, ETW_CLOCK_QPC, 3117777, 3117777},
        {ETW_CLOCK_QPC, ETW_CLOCK_QPC, 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        etlb_options options = etlb_default_options();
        options.clock_type = CASES[i].stored;
        options.frequency = CASES[i].frequency;
        options.start_raw = 134120880000000000;
        etlb_trace *trace = make_trace(&options, 1, 3, 1000);
        etw_consumer *consumer = trace_open(etlb_finish(trace));
        const etw_clock *clock = &etw_consumer_trace_info(consumer, 0)->clock;
        CHECK_EQ(clock->type, CASES[i].want);
        CHECK_EQ(clock->frequency, CASES[i].want_frequency);
        const etw_batch *batch;
        REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
        REQUIRE(batch->count == 4);
        CHECK_EQ(batch->events[0].timestamp, options.start_time);
        CHECK_EQ(batch->events[3].timestamp, etw_clock_filetime(clock, options.start_raw + 2001));
        etw_consumer_destroy(&consumer);
        etlb_destroy(trace);
    }
}

static void refuses_what_is_no_trace(void)
{
    etlb_options options = etlb_default_options();
    etlb_trace *trace = make_trace(&options, 1, 3, 1);
    const etw_bytes file = etlb_finish(trace);
    etw_consumer *consumer = create(NULL);
    const etw_bytes none = {NULL, 0};
    CHECK_EQ(etw_consumer_add_memory(consumer, "x", none), ETW_E_NOT_TRACE);
    CHECK_TEXT(etw_consumer_error(consumer)->message, "the file is empty");
    for (size_t size = 1; size < 0x68 + 0x118; size++) {
        const etw_bytes cut = {file.data, size};
        const etw_status status = etw_consumer_add_memory(consumer, "x", cut);
        REQUIRE(status == (size < 0x68 ? ETW_E_NOT_TRACE : ETW_E_TRUNCATED));
        REQUIRE(etw_consumer_error(consumer)->status == status);
    }
    static const uint8_t OFFSETS[] = {0x4A, 0x4B, 0x4E, 0x4F, 0x4D};
    for (size_t i = 0; i < sizeof OFFSETS; i++) {
        etlb_writer damaged = {0};
        etlb_append(&damaged, file);
        damaged.data[OFFSETS[i]] ^= i == 4 ? 0x01 : 0x50;
        CHECK_EQ(etw_consumer_add_memory(consumer, "x", etlb_written(&damaged)), ETW_E_NOT_TRACE);
        etlb_writer_free(&damaged);
    }
    CHECK_EQ(etw_consumer_trace_count(consumer), 0);
    /* It stays usable. */
    uint16_t ids[8];
    CHECK_EQ(etw_consumer_add_memory(consumer, "x", file), ETW_OK);
    CHECK_EQ(read_ids(consumer, ids, 8), 3);
    CHECK_EQ(etw_consumer_add_memory(consumer, "x", file), ETW_E_INVALID);
    CHECK_TEXT(etw_consumer_error(consumer)->message,
               "traces must be added before the first batch");
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

static void refuses_files_that_cannot_be_read(void)
{
    etw_consumer *consumer = create(NULL);
    CHECK_EQ(etw_consumer_add_file(consumer, path_of("missing.etl")), ETW_E_NOT_FOUND);
    const etw_error *last = etw_consumer_error(consumer);
    CHECK(strstr(last->message, "No such file") != NULL);
    CHECK(last->os_code != 0);
    CHECK_EQ(last->offset, ETW_NO_OFFSET);
    CHECK_EQ(etw_consumer_add_file(consumer, folder), ETW_E_INVALID);
    CHECK(strstr(last->message, "is a directory") != NULL);
    const etw_bytes none = {NULL, 0};
    CHECK_EQ(etw_consumer_add_file(consumer, write_file("empty.etl", none)), ETW_E_NOT_TRACE);
    CHECK_EQ(etw_consumer_add_file(consumer, scratch_null_device), ETW_E_NOT_TRACE);
    etw_consumer_destroy(&consumer);
}

static void reads_files_like_memory(void)
{
    /* Larger than the window through which files are read. */
    etlb_options options = etlb_default_options();
    options.processor_count = 3;
    etlb_trace *trace = make_trace(&options, 0, 30000, 3);
    const etw_bytes bytes = etlb_finish(trace);
    REQUIRE(bytes.size > 2u << 20);
    const char *name = write_file("large.etl", bytes);
    const etw_consumer_options little = {.size = sizeof little, .memory_max = 1 << 20};
    etw_consumer *consumer = create(&little);
    CHECK_EQ(etw_consumer_add_file(consumer, name), ETW_OK);
    CHECK_STR(etw_consumer_trace_info(consumer, 0)->path, name);
    static uint16_t ids[30000];
    CHECK_EQ(read_ids(consumer, ids, 30000), 30000);
    for (size_t i = 0; i < 30000; i++)
        REQUIRE(ids[i] == i);
    CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->corrupt_bytes, 0);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

/* Standard input is a pipe, and another one has a name. */
static void reads_pipes(void)
{
    etlb_options options = etlb_default_options();
    etlb_trace *trace = make_trace(&options, 0, 3000, 1);
    const etw_bytes bytes = etlb_finish(trace);
    char name[SCRATCH_PATH_SIZE];
    feed *input = feed_input(bytes), *named = feed_named_pipe(name, sizeof name, folder, bytes);
    REQUIRE(input && named);
    etw_consumer *consumer = create(NULL);
    CHECK_EQ(etw_consumer_add_file(consumer, "-"), ETW_OK);
    CHECK_EQ(etw_consumer_add_file(consumer, name), ETW_OK);
    CHECK(feed_end(input));
    CHECK(feed_end(named));
    static uint16_t ids[6000];
    CHECK_EQ(read_ids(consumer, ids, 6000), 6000);
    for (size_t i = 0; i < 6000; i++)
        REQUIRE(ids[i] == i / 2);
    CHECK_STR(etw_consumer_trace_info(consumer, 0)->path, "-");
    CHECK_EQ(etw_consumer_trace_info(consumer, 1)->file_size, bytes.size);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

static void reads_a_file_as_standard_input(void)
{
    etlb_options options = etlb_default_options();
    etlb_trace *trace = make_trace(&options, 0, 5, 1);
    feed *input = feed_input_file(write_file("input.etl", etlb_finish(trace)));
    REQUIRE(input != NULL);
    etw_consumer *consumer = create(NULL);
    CHECK_EQ(etw_consumer_add_file(consumer, "-"), ETW_OK);
    CHECK(feed_end(input));
    uint16_t ids[8];
    CHECK_EQ(read_ids(consumer, ids, 8), 5);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

enum {
    TRACES = 4,
    EACH = 3000,
};

static void merges_traces_by_time(void)
{
    etlb_trace *traces[TRACES];
    etw_consumer *consumer = create(NULL);
    for (uint16_t i = 0; i < TRACES; i++) {
        etlb_options options = etlb_default_options();
        options.processor_count = 1 + i;
        options.buffer_size = 4096;
        /* Clocks of different machines; the events of all are at the same times. */
        options.clock_type = i % 2 ? ETW_CLOCK_CPU_CYCLES : ETW_CLOCK_QPC;
        options.boot_time += i;
        options.cpu_mhz = 10;
        options.start_raw += 1000 * i;
        traces[i] = make_trace(&options, (uint16_t)(i * EACH), EACH, 7);
        CHECK_EQ(etw_consumer_add_memory(consumer, "x", etlb_finish(traces[i])), ETW_OK);
    }
    static uint16_t ids[TRACES * EACH];
    CHECK_EQ(etw_consumer_trace_count(consumer), TRACES);
    REQUIRE(read_ids(consumer, ids, TRACES * EACH) == TRACES * EACH);
    /* Of equals the trace that was added first comes first. */
    for (size_t i = 0; i < TRACES * EACH; i++)
        REQUIRE(ids[i] == i % TRACES * EACH + i / TRACES);
    etw_consumer_destroy(&consumer);
    for (size_t i = 0; i < TRACES; i++)
        etlb_destroy(traces[i]);
}

static void puts_traces_after_each_other_in_file_order(void)
{
    etlb_trace *traces[2];
    const etw_consumer_options by_file = {.size = sizeof by_file, .order = ETW_ORDER_FILE};
    etw_consumer *consumer = create(&by_file);
    for (uint16_t i = 0; i < 2; i++) {
        etlb_options options = etlb_default_options();
        traces[i] = make_trace(&options, (uint16_t)(i * EACH), EACH, 0);
        REQUIRE(etw_consumer_add_memory(consumer, "x", etlb_finish(traces[i])) == ETW_OK);
    }
    const etw_batch *batch;
    size_t count = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            if (batch->events[i].header_kind == ETW_HEADER_EVENT64)
                REQUIRE(batch->events[i].id == count++);
    CHECK_EQ(count, 2 * EACH);
    etw_consumer_destroy(&consumer);
    etlb_destroy(traces[0]);
    etlb_destroy(traces[1]);
}

/* Two traces of one boot: their start times were rounded by several ticks each, so only the raw
 * stamps say what came first. */
static void shares_the_clock_of_one_machine(void)
{
    etlb_options options = etlb_default_options();
    etlb_trace *first = etlb_create(&options);
    etlb_options later = options;
    later.start_raw += 100;
    later.start_time += 100 - 37;
    etlb_trace *second = etlb_create(&later);
    for (uint16_t i = 0; i < 20; i++)
        trace_add_event(i % 2 ? second : first, 0, later.start_raw + 5 + i, i);
    etw_consumer *consumer = create(NULL);
    CHECK_EQ(etw_consumer_add_memory(consumer, "a", etlb_finish(first)), ETW_OK);
    CHECK_EQ(etw_consumer_add_memory(consumer, "b", etlb_finish(second)), ETW_OK);
    uint16_t ids[20];
    CHECK_EQ(read_ids(consumer, ids, 20), 20);
    for (uint16_t i = 0; i < 20; i++)
        CHECK_EQ(ids[i], i);
    CHECK_EQ(etw_consumer_trace_info(consumer, 1)->clock.start_time, options.start_time);
    CHECK_EQ(etw_consumer_trace_info(consumer, 1)->start_time, later.start_time);
    etw_consumer_destroy(&consumer);
    etlb_destroy(first);
    etlb_destroy(second);
}

typedef struct progress {
    uint64_t calls, last, total;
    bool monotone;
} progress;

static void on_progress(void *user, uint64_t done, uint64_t total)
{
    progress *seen = user;
    seen->monotone &= done >= seen->last && done <= total;
    seen->calls++;
    seen->last = done;
    seen->total = total;
}

/* All buffers have events of all times, and are needed in the order of the file or in the opposite
 * one: however many are open, going on costs no more than a little for each. */
static void merges_thousands_of_buffers(void)
{
    enum {
        BUFFERS = 5000,
        TURNS = 5
    };
    static uint16_t ids[BUFFERS * TURNS];
    for (int backwards = 0; backwards <= 1; backwards++) {
        etlb_options options = etlb_default_options();
        options.buffer_size = 1024;
        etlb_trace *trace = etlb_create(&options);
        for (uint16_t i = 0; i < BUFFERS; i++) {
            const uint16_t place = (uint16_t)(backwards ? BUFFERS - 1 - i : i);
            for (int64_t turn = 0; turn < TURNS; turn++)
                trace_add_event(trace, 0, options.start_raw + 1 + place / 2 + BUFFERS * turn,
                                place);
            etlb_flush(trace, 0);
        }
        etw_consumer *consumer = trace_open(etlb_finish(trace));
        REQUIRE(read_ids(consumer, ids, BUFFERS * TURNS) == BUFFERS * TURNS);
        for (size_t i = 0; i < BUFFERS * TURNS; i++)
            REQUIRE(ids[i] == (backwards ? i % BUFFERS ^ 1 : i % BUFFERS));
        CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->late_events, 0);
        etw_consumer_destroy(&consumer);
        etlb_destroy(trace);
    }
}

/* Buffers of 20 processors, two of each with events of all times and little else, which do not fit
 * into 1 MiB, so that they are given up and read again. */
static etlb_trace *make_wide_trace(void)
{
    static const uint8_t filler[60000];
    etlb_options options = etlb_default_options();
    options.processor_count = 20;
    etlb_trace *trace = etlb_create(&options);
    for (unsigned cpu = 0; cpu < options.processor_count; cpu++)
        for (int64_t turn = 0; turn < 4; turn++) {
            const int64_t time = options.start_raw + 1 + cpu + 20 * turn;
            const etlb_event event = {.cpu = cpu, .timestamp = time, .id = 2};
            trace_add_event(trace, cpu, time, 1);
            if (turn % 2 == 0)
                continue;
            etlb_event_event(trace, &event, (etw_bytes){filler, sizeof filler});
            etlb_flush(trace, cpu);
        }
    return trace;
}

/* What was there when the buffers were found is gone when they are read: that costs these events
 * only. */
static void goes_on_when_a_file_changes(void)
{
    enum {
        BUFFER = 64 * 1024,
        GONE = 7, /* The last buffers of the file; each has three events. */
    };
    static const uint8_t zeros[BUFFER - 72];
    etlb_trace *trace = make_wide_trace();
    const etw_bytes bytes = etlb_finish(trace);
    const etw_consumer_options options = {.size = sizeof options, .memory_max = 1 << 20};
    etw_consumer *consumer = create(&options);
    const etw_batch *batch;
    write_file("changing.etl", bytes);
    REQUIRE(etw_consumer_add_file(consumer, path_of("changing.etl")) == ETW_OK);
    size_t count = 0;
    while (count < 30) { /* Then some of the buffers that change wait to be gone on with. */
        REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
        count += batch->count;
    }
    FILE *file = fopen(path_of("changing.etl"), "r+b");
    REQUIRE(file);
    for (long i = 1; i <= GONE; i++) {
        CHECK_EQ(fseek(file, (long)bytes.size - i * BUFFER + 72, SEEK_SET), 0);
        CHECK_EQ(fwrite(zeros, 1, sizeof zeros, file), sizeof zeros);
    }
    fclose(file);
    etw_status status;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK)
        count += batch->count;
    CHECK_EQ(status, ETW_END);
    CHECK(count < 1 + 20 * 6 && count >= 1 + 20 * 6 - 3 * GONE);
    CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->events, 1 + 20 * 6);
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

static void reports_progress(void)
{
    /* The last buffer of the file is cut: there is less to be done than it says. */
    for (size_t missing = 0; missing < 5000; missing += 4999) {
        progress seen = {0, 0, 0, true};
        const etw_consumer_options options = {
            .size = sizeof options, .on_progress = on_progress, .user = &seen};
        etw_consumer *consumer = create(&options);
        etlb_trace *traces[2];
        uint64_t size = 0;
        for (int i = 0; i < 2; i++) {
            const etlb_options trace_options = etlb_default_options();
            traces[i] = make_trace(&trace_options, 0, 5000, 1);
            etlb_set_tail(traces[i], 0, missing);
            const etw_bytes bytes = etlb_finish(traces[i]);
            size += bytes.size;
            CHECK_EQ(etw_consumer_add_memory(consumer, "x", bytes), ETW_OK);
        }
        static uint16_t ids[10000];
        CHECK(read_ids(consumer, ids, 10000) > 0);
        CHECK(seen.calls > 10);
        CHECK(seen.monotone);
        CHECK_EQ(seen.total, 2 * size);
        CHECK_EQ(seen.last, seen.total);
        etw_consumer_destroy(&consumer);
        etlb_destroy(traces[0]);
        etlb_destroy(traces[1]);
    }
}

static void uses_the_store_it_is_given(void)
{
    etw_schema_store *store;
    REQUIRE(etw_schema_store_create(&store, NULL, NULL) == ETW_OK);
    const etw_consumer_options options = {.size = sizeof options, .schemas = store};
    etw_consumer *consumer = create(&options);
    CHECK(etw_consumer_schemas(consumer) == store);
    etw_consumer_destroy(&consumer);
    CHECK_EQ(etw_schema_store_get_stats(store).rejected, 0);
    etw_schema_store_destroy(&store);
    CHECK(store == NULL);
    consumer = create(NULL);
    CHECK(etw_consumer_schemas(consumer) != NULL);
    etw_consumer_destroy(&consumer);
}

int main(void)
{
    scratch_create(folder, "etw-consumer");
    RUN(delivers_nothing_without_sources);
    RUN(describes_a_trace);
    RUN(knows_every_clock);
    RUN(refuses_what_is_no_trace);
    RUN(refuses_files_that_cannot_be_read);
    RUN(reads_files_like_memory);
    RUN(reads_pipes);
    RUN(reads_a_file_as_standard_input);
    RUN(merges_traces_by_time);
    RUN(puts_traces_after_each_other_in_file_order);
    RUN(shares_the_clock_of_one_machine);
    RUN(merges_thousands_of_buffers);
    RUN(goes_on_when_a_file_changes);
    RUN(reports_progress);
    RUN(uses_the_store_it_is_given);
    static const char *const NAMES[] = {"empty.etl", "large.etl", "input.etl", "changing.etl"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        scratch_remove(path_of(NAMES[i]));
    return scratch_remove(folder) ? test_finish() : 1;
}
