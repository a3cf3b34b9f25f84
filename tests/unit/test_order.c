/* Events in time order, against an independent sort: every event carries a number, and what the
 * consumer delivers must be the stable sort of what was written. */
#include "test.h"

#include "base/bytes.h"
#include "etl/layout.h"
#include "scratch.h"
#include "trace_run.h"

#include <stdlib.h>

enum {
    EVENTS_MAX = 20000,
};

typedef struct written_event {
    int64_t time;
    size_t place; /* In the file. */
    uint32_t number;
} written_event;

static written_event expected[EVENTS_MAX];
static size_t expected_count;

/* Reads the events off the file itself, buffer by buffer; only sound and plain ones. */
static void expect_events_of(etw_bytes file)
{
    expected_count = 0;
    for (size_t at = 0; at < file.size;) {
        const uint8_t *buffer = file.data + at;
        const size_t end = etwi_load_u32(buffer + BUFFER_OFFSET);
        for (size_t i = BUFFER_HEADER_SIZE; i < end && expected_count < EVENTS_MAX;) {
            const uint8_t *record = buffer + i;
            const bool is_header = record[RECORD_TYPE] == HEADER_TYPE_SYSTEM64;
            const size_t size = etwi_load_u16(record + (is_header ? SYSTEM_SIZE : 0));
            written_event *event = &expected[expected_count++];
            event->time = (int64_t)etwi_load_u64(record + 16);
            event->place = at + i;
            event->number = is_header ? UINT32_MAX : etwi_load_u32(record + EVENT_HEADER_SIZE);
            i += (size + 7) / 8 * 8;
        }
        at += etwi_load_u32(buffer + BUFFER_SIZE);
    }
}

static int compare(const void *a, const void *b)
{
    const written_event *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void add(etlb_trace *trace, unsigned cpu, int64_t time, uint32_t number)
{
    uint8_t payload[64] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16)};
    const etlb_event event = {.cpu = cpu, .timestamp = time, .id = 1};
    const etw_bytes bytes = {payload, 4 + number % 60};
    etlb_event_event(trace, &event, bytes);
}

static uint32_t number_of(const etw_event *event)
{
    return event->header_kind == ETW_HEADER_SYSTEM64 ? UINT32_MAX : etwi_load_u32(event->payload);
}

static const etw_consumer_options BY_FILE = {.size = sizeof BY_FILE, .order = ETW_ORDER_FILE};
static const etw_consumer_options BY_TIME = {.size = sizeof BY_TIME};
static const etw_consumer_options BY_TIME_AT_ONCE = {.size = sizeof BY_TIME_AT_ONCE,
                                                     .without_schemas = true};

/* Reads the trace and compares; while a batch is valid all of its events are looked at twice. */
static bool delivers_expected(etw_bytes file, const etw_consumer_options *options, uint64_t *late)
{
    etw_consumer *consumer;
    const etw_batch *batch;
    if (etw_consumer_create(&consumer, options, NULL) != ETW_OK ||
        etw_consumer_add_memory(consumer, "trace", file) != ETW_OK)
        return false;
    size_t at = 0;
    bool good = true;
    etw_status status;
    while ((status = etw_consumer_next_batch(consumer, &batch)) == ETW_OK) {
        good &= batch->count > 0;
        for (size_t i = 0; i < batch->count && good; i++, at++)
            good = at < expected_count && number_of(&batch->events[i]) == expected[at].number &&
                   batch->events[i].raw_timestamp == expected[at].time;
        for (size_t i = 0; i < batch->count && good; i++)
            good = number_of(&batch->events[i]) == expected[at - batch->count + i].number;
    }
    good &= status == ETW_END && at == expected_count;
    good &= etw_consumer_next_batch(consumer, &batch) == ETW_END;
    *late = etw_consumer_trace_stats(consumer, 0)->late_events;
    etw_consumer_destroy(&consumer);
    return good;
}

/* What a random trace may contain. */
enum {
    TIES = 1,
    CLOCK_STEPS = 2, /* The clock is set back, so that a buffer is not sorted. */
    WRAPPED = 4,
    TWO_RUNS = 8,
    MIXED_PROCESSORS = 16, /* Buffers that are shared by all processors. */
};

static etlb_trace *random_trace(uint32_t seed, unsigned features)
{
    uint32_t state = seed * 2654435761u + 12345;
    etlb_options options = etlb_default_options();
    options.buffer_size = 1024 << trace_random(&state) % 4;
    options.processor_count = 1 + trace_random(&state) % 7;
    if (features & MIXED_PROCESSORS)
        options.log_file_mode |= ETW_MODE_NO_PER_PROCESSOR_BUFFERING;
    etlb_trace *trace = etlb_create(&options);
    const uint32_t count = 200 + trace_random(&state) % 1500;
    int64_t now = options.start_raw;
    for (uint32_t i = 0; i < count; i++) {
        now += trace_random(&state) % (features & TIES ? 3 : 50);
        if (features & CLOCK_STEPS && trace_random(&state) % 300 == 0)
            now -= trace_random(&state) % 2000;
        const unsigned cpu = trace_random(&state) % options.processor_count;
        add(trace, cpu, now, i);
        if (trace_random(&state) % 200 == 0)
            etlb_flush(trace, trace_random(&state) % options.processor_count);
        if (features & TWO_RUNS && i == count / 2) {
            etlb_begin_run(trace, 18);
            now -= trace_random(&state) % 5000;
        }
    }
    etlb_flush_all(trace);
    if (features & WRAPPED)
        etlb_wrap(trace, trace_random(&state) % etlb_buffer_count(trace));
    return trace;
}

static void sorts_any_trace(void)
{
    for (unsigned features = 0; features < 32; features++) {
        for (uint32_t seed = 1; seed <= 12; seed++) {
            etlb_trace *trace = random_trace(seed + 100 * features, features);
            const etw_bytes file = etlb_finish(trace);
            expect_events_of(file);
            uint64_t late = 1, late_in_file = 1, late_at_once = 1;
            const bool in_file_order = delivers_expected(file, &BY_FILE, &late_in_file);
            qsort(expected, expected_count, sizeof expected[0], compare);
            const bool in_time_order = delivers_expected(file, &BY_TIME, &late);
            /* Without a first pass every event of a buffer has to be behind its first one. */
            const bool at_once =
                features & CLOCK_STEPS ||
                (delivers_expected(file, &BY_TIME_AT_ONCE, &late_at_once) && !late_at_once);
            etlb_destroy(trace);
            if (!CHECK(in_file_order && in_time_order && at_once && !late && !late_in_file)) {
                printf("    seed %u, features %u\n", (unsigned)seed, features);
                return;
            }
        }
    }
}

/* The counters of a trace after all of it was read. */
static etw_trace_stats stats_of(etw_bytes file, bool without_schemas, uint32_t threads)
{
    const trace_run_options options = {.without_schemas = without_schemas, .threads = threads};
    const trace_run run = trace_run_all(file, &options);
    CHECK_EQ(run.status, ETW_END);
    CHECK_EQ(run.events, run.stats.events);
    CHECK_EQ(run.out_of_order > 0, run.stats.late_events > 0);
    CHECK(run.out_of_order <= run.stats.late_events);
    return run.stats;
}

/* A buffer is opened for the sake of its first event; those before that have to come too, and what
 * is too late for its place is counted. */
static void counts_what_comes_late_without_a_first_pass(void)
{
    uint64_t late = 0;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        etlb_trace *trace = random_trace(9000 + seed, CLOCK_STEPS);
        const etw_bytes file = etlb_finish(trace);
        const etw_trace_stats exact = stats_of(file, false, 1);
        CHECK_EQ(exact.late_events, 0);
        for (uint32_t threads = 1; threads <= 4; threads *= 2) {
            const etw_trace_stats stats = stats_of(file, true, threads);
            CHECK_EQ(stats.events, exact.events);
            CHECK_EQ(stats.payload_bytes, exact.payload_bytes);
            CHECK(memcmp(stats.header_kinds, exact.header_kinds, sizeof stats.header_kinds) == 0);
            late += stats.late_events;
        }
        etlb_destroy(trace);
    }
    CHECK(late > 0);
}

/* What a first pass would have counted is counted when a buffer is read, but only once. */
static void counts_damage_without_a_first_pass(void)
{
    etlb_trace *trace = random_trace(5, 0);
    const etw_bytes file = etlb_finish(trace);
    uint8_t *bytes = (uint8_t *)(uintptr_t)file.data;
    uint8_t *record = bytes + etwi_load_u32(bytes + BUFFER_SIZE) + BUFFER_HEADER_SIZE;
    record += (etwi_load_u16(record) + 7) / 8 * 8;
    memset(record, 0x55, 8); /* The second one of the second buffer. */
    const etw_trace_stats exact = stats_of(file, false, 1), stats = stats_of(file, true, 1);
    CHECK(exact.corrupt_regions > 0);
    CHECK_EQ(stats.corrupt_regions, exact.corrupt_regions);
    CHECK_EQ(stats.corrupt_bytes, exact.corrupt_bytes);
    CHECK_EQ(stats.unused_bytes, exact.unused_bytes);
    CHECK_EQ(stats.events, exact.events);
    CHECK_EQ(stats.first_damage.offset, exact.first_damage.offset);
    etlb_destroy(trace);
}

/* How many of the expected events are in a span, and the number of the first of them. */
static size_t count_in_range(const etw_clock *clock, uint64_t begin, uint64_t end, uint32_t *first)
{
    size_t count = 0;
    for (size_t i = 0; i < expected_count; i++) {
        const uint64_t time = etw_clock_filetime(clock, expected[i].time);
        if (time < begin || (end && time >= end))
            continue;
        if (!count++)
            *first = expected[i].number;
    }
    return count;
}

static bool delivers_range(etw_bytes file, etw_order order, uint32_t *state)
{
    const etw_consumer_options options = {
        .size = sizeof options, .order = order, .without_schemas = trace_random(state) % 2};
    etw_consumer *consumer;
    const etw_batch *batch;
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK ||
        etw_consumer_add_memory(consumer, "trace", file) != ETW_OK)
        return false;
    const etw_clock *clock = &etw_consumer_trace_info(consumer, 0)->clock;
    const int64_t some = expected[trace_random(state) % expected_count].time;
    const int64_t other = expected[trace_random(state) % expected_count].time;
    const uint64_t begin = etw_clock_filetime(clock, some < other ? some : other);
    const uint64_t end =
        trace_random(state) % 4 ? etw_clock_filetime(clock, some < other ? other : some) : 0;
    bool good = etw_consumer_set_time_range(consumer, begin, end) == ETW_OK;
    uint32_t first = 0;
    const size_t count = count_in_range(clock, begin, end, &first);
    size_t got = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        good &= batch->count > 0 && (got || number_of(&batch->events[0]) == first);
        for (size_t i = 0; i < batch->count; i++)
            good &=
                batch->events[i].timestamp >= begin && (!end || batch->events[i].timestamp < end);
        got += batch->count;
    }
    /* Too late now. */
    good &= etw_consumer_set_time_range(consumer, 0, 0) == ETW_E_INVALID;
    good &= etw_consumer_trace_stats(consumer, 0)->events == expected_count;
    etw_consumer_destroy(&consumer);
    return good && CHECK_EQ(got, count);
}

static void delivers_spans_of_time(void)
{
    for (unsigned features = 0; features < 32; features++) {
        uint32_t state = features + 1;
        etlb_trace *trace = random_trace(3000 + features, features);
        const etw_bytes file = etlb_finish(trace);
        expect_events_of(file);
        bool good = true;
        for (int i = 0; i < 20; i++)
            good &= delivers_range(file, ETW_ORDER_FILE, &state);
        qsort(expected, expected_count, sizeof expected[0], compare);
        for (int i = 0; i < 20; i++)
            good &= delivers_range(file, ETW_ORDER_TIME, &state);
        etlb_destroy(trace);
        if (!CHECK(good))
            return;
    }
}

/* From the time of the last events on there are enough of them, and no buffer more than needed. */
static void finds_the_last_events(void)
{
    etlb_trace *trace = random_trace(77, TIES);
    const etw_bytes file = etlb_finish(trace);
    expect_events_of(file);
    uint64_t before = UINT64_MAX;
    for (uint64_t count = 1; count <= expected_count + 1; count += 7) {
        etw_consumer *consumer = trace_open(file);
        const etw_clock *clock = &etw_consumer_trace_info(consumer, 0)->clock;
        uint64_t time;
        uint32_t first;
        CHECK_EQ(etw_consumer_tail_time(consumer, count, &time), ETW_OK);
        CHECK((time == 0) == (count > expected_count));
        CHECK(count_in_range(clock, time, 0, &first) >= count || !time);
        CHECK(time <= before);
        before = time;
        etw_consumer_destroy(&consumer);
    }
    etlb_destroy(trace);
}

/* More events of one time than a stretch of the merge has room for, of several processors. */
static void orders_many_events_of_one_time(void)
{
    etlb_options options = etlb_default_options();
    options.processor_count = 3;
    etlb_trace *trace = etlb_create(&options);
    for (uint32_t i = 0; i < 5000; i++)
        add(trace, i % 3, options.start_raw + 1 + (i > 4000), i);
    const etw_bytes file = etlb_finish(trace);
    expect_events_of(file);
    qsort(expected, expected_count, sizeof expected[0], compare);
    uint64_t late = 1;
    CHECK(delivers_expected(file, &BY_TIME, &late) && !late);
    CHECK(delivers_expected(file, &BY_TIME_AT_ONCE, &late) && !late);
    etlb_destroy(trace);
}

/* A clock that is set as far ahead, and as far back, as numbers go. */
static void orders_times_that_are_far_apart(void)
{
    static const int64_t TIMES[] = {INT64_MAX, INT64_MIN, 0,  -1, INT64_MAX - 1, INT64_MIN + 1,
                                    1,         INT64_MAX, 77, 0,  INT64_MIN};
    etlb_options options = etlb_default_options();
    options.processor_count = 2;
    etlb_trace *trace = etlb_create(&options);
    for (uint32_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++)
        add(trace, i % 2, TIMES[i], i);
    const etw_bytes file = etlb_finish(trace);
    expect_events_of(file);
    qsort(expected, expected_count, sizeof expected[0], compare);
    uint64_t late = 1;
    CHECK(delivers_expected(file, &BY_TIME, &late) && !late);
    etlb_destroy(trace);
}

/* With clocks of several machines, traces are merged by FILETIMEs; where these are the same, the
 * clock of a trace that counts finer still decides. */
static void keeps_the_order_of_fine_clocks(void)
{
    enum {
        EVENTS = 300
    };
    etlb_options options = etlb_default_options();
    options.clock_type = ETW_CLOCK_CPU_CYCLES;
    options.cpu_mhz = 3000;
    options.processor_count = 2;
    etlb_trace *fine = etlb_create(&options);
    for (uint16_t i = 0; i < EVENTS;
         i++) /* Of each 100 ns 3 of one processor and 3 of the other. */
        trace_add_event(fine, i % 2, options.start_raw + 1000 + 50 * (int64_t)i, i);
    etlb_options coarse_options = etlb_default_options();
    coarse_options.boot_time++;
    etlb_trace *coarse = etlb_create(&coarse_options);
    trace_add_event(coarse, 0, coarse_options.start_raw + 12, EVENTS);
    etw_consumer *consumer = trace_open(etlb_finish(fine));
    REQUIRE(etw_consumer_add_memory(consumer, "coarse", etlb_finish(coarse)) == ETW_OK);
    const etw_batch *batch;
    uint16_t next = 0;
    uint64_t last = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            CHECK(event->timestamp >= last);
            last = event->timestamp;
            if (event->header_kind == ETW_HEADER_EVENT64 && event->id != EVENTS)
                CHECK_EQ(event->id, next++);
        }
    CHECK_EQ(next, EVENTS);
    etw_consumer_destroy(&consumer);
    etlb_destroy(fine);
    etlb_destroy(coarse);
}

/* Many runs whose buffers are all needed at one time: `count` streams of `length` buffers each. In
 * buffers that are not sorted times go back from event to event. */
static etlb_trace *interleaved_trace(unsigned count, unsigned length, unsigned events,
                                     bool is_sorted)
{
    etlb_options options = etlb_default_options();
    options.buffer_size = 0x10000;
    etlb_trace *trace = etlb_create(&options);
    uint32_t number = 0;
    for (unsigned stream = 0; stream < count; stream++) {
        for (unsigned buffer = 0; buffer < length; buffer++) {
            /* Few events in large buffers, so that memory is what is short. */
            for (unsigned i = 0; i < events; i++) {
                const unsigned turn = events * buffer + (is_sorted ? i : events - 1 - i);
                add(trace, 0, options.start_raw + 1 + stream + (int64_t)count * turn, number++);
            }
            uint8_t filler[60000];
            memset(filler, 0, sizeof filler);
            const etw_bytes bytes = {filler, sizeof filler};
            const etlb_event event = {.timestamp = options.start_raw + 1 + stream +
                                                   (int64_t)count * (events * buffer + events - 1)};
            etlb_event_event(trace, &event, bytes);
            etlb_flush(trace, 0);
        }
    }
    return trace;
}

/* What came of reading a file. */
typedef struct reading {
    uint64_t count;
    uint64_t late;
    uint64_t order; /* A hash of all numbers in the order in which they came. */
} reading;

/* What is in memory need not be read again, so only files ask for more than there is. */
static reading read_from_file(etw_bytes bytes, uint64_t memory_max, uint32_t threads)
{
    char folder[SCRATCH_PATH_SIZE], name[SCRATCH_PATH_SIZE + 16];
    scratch_create(folder, "etw-order");
    snprintf(name, sizeof name, "%s/order.etl", folder);
    FILE *file = fopen(name, "wb");
    const bool written = file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    const etw_consumer_options options = {
        .size = sizeof options, .memory_max = memory_max, .threads = threads};
    etw_consumer *consumer = NULL;
    const etw_batch *batch;
    reading r = {0, 0, 0};
    uint64_t last = 0;
    CHECK(written && fclose(file) == 0 && etw_consumer_create(&consumer, &options, NULL) == ETW_OK);
    CHECK_EQ(etw_consumer_add_file(consumer, name), ETW_OK);
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++) {
            r.late += batch->events[i].timestamp < last;
            r.order = r.order * 31 + number_of(&batch->events[i]);
            last = batch->events[i].timestamp;
        }
        r.count += batch->count;
    }
    CHECK(r.late <= etw_consumer_trace_stats(consumer, 0)->late_events);
    CHECK_EQ(r.late > 0, etw_consumer_trace_stats(consumer, 0)->late_events > 0);
    CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->events, r.count);
    etw_consumer_destroy(&consumer);
    CHECK(scratch_remove(name) && scratch_remove(folder));
    return r;
}

/* The buffers that are needed at a time do not fit into 1 MiB, so some are given up in their middle
 * and read again, and each goes on where it was. */
static void keeps_order_with_little_memory(void)
{
    enum {
        STREAMS = 14,
        LENGTH = 2
    };
    for (int is_sorted = 0; is_sorted <= 1; is_sorted++) {
        etlb_trace *trace = interleaved_trace(STREAMS, LENGTH, 8, is_sorted);
        const etw_bytes file = etlb_finish(trace);
        const reading little = read_from_file(file, 1 << 20, 1);
        const reading enough = read_from_file(file, 64 << 20, 1);
        CHECK_EQ(little.count, 1 + STREAMS * LENGTH * 9);
        CHECK_EQ(little.late, 0);
        CHECK_EQ(little.order, enough.order);
        etlb_destroy(trace);
    }
}

/* Buffers that are given up wait for their turn, which does not come in the order in which they
 * were given up. */
static void keeps_order_of_many_that_wait(void)
{
    etlb_trace *trace = interleaved_trace(40, 1, 2, true);
    const etw_bytes file = etlb_finish(trace);
    const reading little = read_from_file(file, 1 << 20, 1);
    const reading enough = read_from_file(file, 64 << 20, 1);
    CHECK_EQ(little.late, 0);
    CHECK_EQ(little.order, enough.order);
    etlb_destroy(trace);
}

static void gives_up_order_rather_than_read_forever(void)
{
    enum {
        STREAMS = 100
    };
    etlb_trace *trace = interleaved_trace(STREAMS, 1, 8, true);
    const etw_bytes file = etlb_finish(trace);
    const reading little = read_from_file(file, 1 << 20, 1);
    CHECK_EQ(little.count, 1 + STREAMS * 9);
    CHECK(little.late > 0);
    const reading enough = read_from_file(file, 64 << 20, 1);
    CHECK_EQ(enough.count, 1 + STREAMS * 9);
    CHECK_EQ(enough.late, 0);
    etlb_destroy(trace);
}

/* What is read ahead takes memory too, but decides nothing: also where order is given up. */
static void threads_change_nothing_where_memory_is_short(void)
{
    static const unsigned streams[] = {10, 14, 18, 40, 100};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        etlb_trace *trace = interleaved_trace(streams[i], 2, 8, true);
        const etw_bytes file = etlb_finish(trace);
        const reading one = read_from_file(file, 1 << 20, 1);
        for (uint32_t threads = 2; threads <= 8; threads *= 2) {
            const reading more = read_from_file(file, 1 << 20, threads);
            CHECK_EQ(more.late, one.late);
            if (!CHECK(more.order == one.order))
                printf("    %u streams, %u threads\n", streams[i], (unsigned)threads);
        }
        etlb_destroy(trace);
    }
}

/* Messages without a time stamp go with the event before them. */
static void keeps_untimed_events_in_their_place(void)
{
    etlb_options options = etlb_default_options();
    options.processor_count = 2;
    etlb_trace *trace = etlb_create(&options);
    const etw_bytes none = {NULL, 0};
    const int64_t start = options.start_raw;
    trace_add_event(trace, 0, start + 10, 1);
    for (uint16_t i = 2; i < 5; i++)
        etlb_event_message(trace, &(etlb_event){.message_number = i}, none);
    trace_add_event(trace, 0, start + 30, 6);
    trace_add_event(trace, 1, start + 10, 5);
    trace_add_event(trace, 1, start + 30, 7);
    trace_add_event(trace, 1, start + 20, 0); /* Not sorted. */
    etlb_event_message(trace, &(etlb_event){.cpu = 1, .message_number = 0}, none);
    etw_consumer *consumer = trace_open(etlb_finish(trace));
    const etw_batch *batch;
    REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK);
    static const uint16_t IDS[] = {0, 1, 2, 3, 4, 5, 0, 0, 6, 7};
    static const uint8_t TIMES[] = {0, 10, 10, 10, 10, 10, 20, 20, 30, 30};
    REQUIRE(batch->count == sizeof TIMES);
    for (size_t i = 0; i < sizeof TIMES; i++) {
        CHECK_EQ(batch->events[i].id, IDS[i]);
        CHECK_EQ(batch->events[i].raw_timestamp - start, TIMES[i]);
    }
    etw_consumer_destroy(&consumer);
    etlb_destroy(trace);
}

/* When such a buffer begins only its other records can tell. */
static void orders_buffers_that_begin_untimed(void)
{
    etlb_options options = etlb_default_options();
    options.processor_count = 2;
    etlb_trace *trace = etlb_create(&options);
    const etw_bytes none = {NULL, 0};
    trace_add_event(trace, 0, options.start_raw + 10, 1);
    trace_add_event(trace, 0, options.start_raw + 30, 3);
    etlb_event_message(trace, &(etlb_event){.cpu = 1, .message_number = 9}, none);
    trace_add_event(trace, 1, options.start_raw + 20, 2);
    const etw_bytes file = etlb_finish(trace);
    for (int without_schemas = 0; without_schemas <= 1; without_schemas++) {
        const etw_consumer_options by_time = {.size = sizeof by_time,
                                              .without_schemas = without_schemas != 0};
        etw_consumer *consumer;
        const etw_batch *batch;
        REQUIRE(etw_consumer_create(&consumer, &by_time, NULL) == ETW_OK);
        REQUIRE(etw_consumer_add_memory(consumer, "untimed", file) == ETW_OK);
        REQUIRE(etw_consumer_next_batch(consumer, &batch) == ETW_OK && batch->count == 5);
        CHECK_EQ(batch->events[1].id, 9); /* Behind the header, at the start of the trace. */
        for (uint16_t i = 1; i <= 3; i++)
            CHECK_EQ(batch->events[1 + i].id, i);
        CHECK_EQ(etw_consumer_trace_stats(consumer, 0)->late_events, 0);
        etw_consumer_destroy(&consumer);
    }
    etlb_destroy(trace);
}

static void orders_an_empty_trace(void)
{
    etlb_options options = etlb_default_options();
    etlb_trace *trace = etlb_create(&options);
    const etw_bytes file = etlb_finish(trace);
    expect_events_of(file);
    CHECK_EQ(expected_count, 1);
    uint64_t late;
    CHECK(delivers_expected(file, &BY_TIME, &late));
    CHECK(delivers_expected(file, &BY_FILE, &late));
    CHECK(delivers_expected(file, &BY_TIME_AT_ONCE, &late));
    etlb_destroy(trace);
}

int main(void)
{
    RUN(sorts_any_trace);
    RUN(counts_what_comes_late_without_a_first_pass);
    RUN(counts_damage_without_a_first_pass);
    RUN(delivers_spans_of_time);
    RUN(finds_the_last_events);
    RUN(keeps_order_with_little_memory);
    RUN(keeps_order_of_many_that_wait);
    RUN(gives_up_order_rather_than_read_forever);
    RUN(threads_change_nothing_where_memory_is_short);
    RUN(keeps_untimed_events_in_their_place);
    RUN(orders_buffers_that_begin_untimed);
    RUN(orders_many_events_of_one_time);
    RUN(orders_times_that_are_far_apart);
    RUN(keeps_the_order_of_fine_clocks);
    RUN(orders_an_empty_trace);
    return test_finish();
}
