/*
 * bench_json [TRACE.etl [ROUNDS]]: the JSON writer over the events of a trace, the sample trace of
 * the tests by default. Beside it, in turns: copying as many bytes from memory to memory; the same
 * events written item by item, without programs; and RapidJSON, if it was found, writing the same
 * lines from documents that are ready.
 *
 * Times are processor time, so that other work on the machine counts less; what counts are the
 * medians of the ratios.
 */
#include "bench_rapidjson.h"
#include "sample_trace.h"
#include "sink/json_writer.h"

#include <etw/etw.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS_DEFAULT = 7,
    ROUNDS_MIN = 5,
    ROUNDS_MAX = 99,
    EVENTS_MAX = 60000,
    FLUSH_SIZE = 64 * 1024,
    COPY_SIZE = 128 * 1024 * 1024,
    PASS_MS = 40, /* How long a measurement takes at least. */
};

/* The events of a trace, in memory of their own. */
typedef struct event_list {
    etw_event *events;
    const etw_schema **schemas;
    size_t count;
    etw_consumer *consumer;
} event_list;

typedef struct bench {
    event_list list;
    etw_json *json;
    char *text; /* All lines. */
    size_t text_size;
    rapidjson_lines *lines;
    char *from, *to; /* COPY_SIZE bytes each. */
} bench;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *checked(void *memory)
{
    if (!memory) {
        fputs("bench_json: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench_json: %s\n", what);
        exit(1);
    }
}

/* ------------------------------------------------------------------------------- input */

static etw_consumer *open_trace(const char *path)
{
    static etlb_writer sample;
    etw_consumer *consumer;
    require(etw_consumer_create(&consumer, NULL, NULL) == ETW_OK, "no consumer");
    if (path) {
        require(etw_consumer_add_file(consumer, path) == ETW_OK, "the trace cannot be read");
    } else {
        sample_trace_build(&sample, SAMPLE_PLAIN);
        require(etw_consumer_add_memory(consumer, "sample", etlb_written(&sample)) == ETW_OK,
                "the sample trace cannot be read");
    }
    return consumer;
}

static void keep(event_list *list, const etw_event *event)
{
    if (list->count % 4096 == 0) {
        const size_t capacity = list->count + 4096;
        list->events = checked(realloc(list->events, capacity * sizeof *list->events));
        list->schemas = checked(realloc(list->schemas, capacity * sizeof *list->schemas));
    }
    uint8_t *record = checked(malloc(event->record_size + 1u));
    memcpy(record, event->record, event->record_size);
    etw_event *copy = &list->events[list->count];
    *copy = *event;
    copy->record = record;
    copy->payload = record + (event->payload - event->record);
    list->schemas[list->count++] = etw_consumer_schema(list->consumer, event);
}

static event_list load(const char *path)
{
    event_list list = {NULL, NULL, 0, open_trace(path)};
    const etw_batch *batch;
    while (etw_consumer_next_batch(list.consumer, &batch) == ETW_OK)
        for (size_t i = 0; i < batch->count; i++)
            keep(&list, &batch->events[i]);
    require(list.count != 0, "the trace has no events");
    return list;
}

/* Every n-th event, so that the documents of all of them fit into memory; and their records one
 * behind the other, as they are in the buffers of a trace. */
static void thin_out(event_list *list)
{
    const size_t step = (list->count + EVENTS_MAX - 1) / EVENTS_MAX;
    size_t kept = 0, size = 0;
    for (size_t i = 0; i < list->count; i += step)
        size += list->events[i].record_size;
    uint8_t *at = checked(malloc(size + 1));
    for (size_t i = 0; i < list->count; i++) {
        etw_event *event = &list->events[i];
        uint8_t *const record = (uint8_t *)(uintptr_t)event->record;
        if (i % step == 0) {
            event->payload = at + (event->payload - record);
            event->record = memcpy(at, record, event->record_size);
            at += event->record_size;
            list->events[kept] = *event;
            list->schemas[kept++] = list->schemas[i];
        }
        free(record);
    }
    list->count = kept;
}

/* Writes all lines once, and leaves out the events whose line RapidJSON cannot read: it refuses
 * lone surrogates. */
static void make_lines(bench *b)
{
    size_t kept = 0;
    b->lines = rapidjson_create();
    b->text = NULL;
    b->text_size = 0;
    size_t capacity = 0;
    for (size_t i = 0; i < b->list.count; i++) {
        require(etw_json_append(b->json, &b->list.events[i], b->list.schemas[i]) == ETW_OK,
                "out of memory");
        const etw_str line = etw_json_text(b->json);
        if (!b->lines || rapidjson_add(b->lines, line.data, line.size)) {
            b->list.events[kept] = b->list.events[i];
            b->list.schemas[kept++] = b->list.schemas[i];
            if (capacity - b->text_size < line.size) {
                capacity = 2 * capacity + line.size;
                b->text = checked(realloc(b->text, capacity));
            }
            memcpy(b->text + b->text_size, line.data, line.size);
            b->text_size += line.size;
        }
        etw_json_clear(b->json);
    }
    b->list.count = kept;
    for (size_t at = 0; at < COPY_SIZE; at += b->text_size) {
        const size_t left = COPY_SIZE - at;
        memcpy(b->from + at, b->text, left < b->text_size ? left : b->text_size);
    }
}

/* --------------------------------------------------------------------------- measurements */

/* Each returns the bytes it wrote. */
static size_t run_copy(bench *b)
{
    memcpy(b->to, b->from, COPY_SIZE);
    return COPY_SIZE;
}

static size_t run_writer(bench *b,
                         etw_status (*append)(etw_json *, const etw_event *, const etw_schema *))
{
    size_t written = 0;
    for (size_t i = 0; i < b->list.count; i++) {
        require(append(b->json, &b->list.events[i], b->list.schemas[i]) == ETW_OK, "out of memory");
        const etw_str text = etw_json_text(b->json);
        if (text.size >= FLUSH_SIZE) {
            written += text.size;
            etw_json_clear(b->json);
        }
    }
    written += etw_json_text(b->json).size;
    etw_json_clear(b->json);
    return written;
}

static size_t run_ours(bench *b)
{
    return run_writer(b, etw_json_append);
}

static size_t run_plain(bench *b)
{
    return run_writer(b, etwi_json_append_plain);
}

static size_t run_rapidjson(bench *b)
{
    return rapidjson_write(b->lines, FLUSH_SIZE);
}

enum {
    COPY,
    OURS,
    PLAIN,
    RAPIDJSON,
    VARIANT_COUNT
};

/* Bytes per second. */
static double measure(bench *b, int variant)
{
    static size_t (*const VARIANTS[])(bench *) = {run_copy, run_ours, run_plain, run_rapidjson};
    const double start = cpu_seconds();
    double bytes = 0, seconds;
    do {
        bytes += (double)VARIANTS[variant](b);
        seconds = cpu_seconds() - start;
    } while (seconds * 1e3 < PASS_MS);
    return bytes / seconds;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static void report(bench *b, int rounds, const char *profile)
{
    double speed[VARIANT_COUNT][ROUNDS_MAX], of_copy[ROUNDS_MAX], of_plain[ROUNDS_MAX],
        of_rapidjson[ROUNDS_MAX];
    const int count = b->lines ? VARIANT_COUNT : RAPIDJSON;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++)
            speed[i][round] = measure(b, i);
        of_copy[round] = speed[OURS][round] / speed[COPY][round];
        of_plain[round] = speed[OURS][round] / speed[PLAIN][round];
        of_rapidjson[round] = b->lines ? speed[OURS][round] / speed[RAPIDJSON][round] : 0;
    }
    const double line = (double)b->text_size / (double)b->list.count;
    const double ours = median(speed[OURS], rounds);
    printf("%-8s %zu events, %.0f bytes each: %.1f ns/event, %.2f GB/s\n", profile, b->list.count,
           line, line / ours * 1e9, ours / 1e9);
    printf("         memory to memory %.2f GB/s: %.3f of it\n", median(speed[COPY], rounds) / 1e9,
           median(of_copy, rounds));
    const double plain = median(speed[PLAIN], rounds);
    printf("         item by item     %.1f ns/event: %.2f times as fast\n", line / plain * 1e9,
           median(of_plain, rounds));
    if (!b->lines)
        return;
    const double rapidjson = median(speed[RAPIDJSON], rounds);
    printf("         RapidJSON        %.1f ns/event, %.2f GB/s: %.2f times as fast\n",
           line / rapidjson * 1e9, rapidjson / 1e9, median(of_rapidjson, rounds));
}

int main(int argc, char **argv)
{
    const int wanted = argc > 2 ? (int)strtol(argv[2], NULL, 10) : ROUNDS_DEFAULT;
    const int rounds = wanted < ROUNDS_MIN ? ROUNDS_MIN : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    static const char *const PROFILES[] = {"full", "compact"};
    bench b = {.from = checked(malloc(COPY_SIZE)), .to = checked(malloc(COPY_SIZE))};
    b.list = load(argc > 1 ? argv[1] : NULL);
    thin_out(&b.list);
    for (unsigned i = 0; i < 2; i++) {
        const etw_json_options options = {.size = sizeof options, .profile = (etw_json_profile)i};
        require(etw_json_create(&b.json, &options, NULL) == ETW_OK, "out of memory");
        make_lines(&b);
        report(&b, rounds, PROFILES[i]);
        rapidjson_destroy(b.lines);
        etw_json_destroy(&b.json);
        free(b.text);
    }
    return 0;
}
