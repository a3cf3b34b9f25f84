/*
 * The levels of consuming a trace, each beside the limit of the machine in the same run: summing
 * the bytes of the trace. Rounds are interleaved and medians of processor time are printed, because
 * other work on the machine moves wall times far more than processor times.
 *
 *     bench_levels [TRACE.etl [MEGABYTES [ROUNDS]]]
 *
 * Without a trace the sample trace of the tests is repeated; a given one must not be compressed.
 */
#include "big_trace.h"
#include "sample_trace.h"

#include <etw/etw.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS_MAX = 31,
    MEGABYTES_DEFAULT = 1024,
    ROUNDS_DEFAULT = 5,
};

typedef struct result {
    uint64_t events;
    uint64_t work; /* Something that depends on all that was read, so that nothing is left out. */
} result;

typedef struct bench {
    etw_bytes trace;
    etw_schema_store *schemas;
    etw_json *json;
    uint64_t properties; /* Of all events, as the third level has found them. */
} bench;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static result sum_bytes(bench *b)
{
    uint64_t sums[8] = {0};
    const uint8_t *data = b->trace.data;
    for (size_t at = 0; at + 64 <= b->trace.size; at += 64)
        for (int i = 0; i < 8; i++) {
            uint64_t word;
            memcpy(&word, data + at + 8 * i, sizeof word);
            sums[i] += word;
        }
    result r = {0, 0};
    for (int i = 0; i < 8; i++)
        r.work += sums[i];
    return r;
}

static etw_consumer *open_trace(bench *b, etw_order order)
{
    const etw_consumer_options options = {
        .size = sizeof options, .schemas = b->schemas, .order = order, .without_schemas = true};
    etw_consumer *consumer;
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK ||
        etw_consumer_add_memory(consumer, "bench", b->trace) != ETW_OK)
        exit(1);
    return consumer;
}

static result level_1(bench *b, etw_order order)
{
    etw_consumer *consumer = open_trace(b, order);
    const etw_batch *batch;
    result r = {0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += batch->events[i].timestamp ^ batch->events[i].process_id;
    }
    etw_consumer_destroy(&consumer);
    return r;
}

static result level_1_batch(bench *b)
{
    return level_1(b, ETW_ORDER_FILE);
}

static etw_flow take(void *user, const etw_event *event)
{
    result *r = user;
    r->events++;
    r->work += event->timestamp ^ event->process_id;
    return ETW_FLOW_NEXT;
}

/* Through a queue to this thread; the figure is of both threads together. */
static result level_1_queue(bench *b)
{
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    etw_queue *queue;
    const etw_batch *batch;
    result r = {0, 0};
    if (etw_queue_create(&queue, NULL, NULL) != ETW_OK ||
        etw_queue_start(queue, consumer) != ETW_OK)
        exit(1);
    while (etw_queue_next(queue, &batch, ETW_WAIT_FOREVER) == ETW_OK) {
        for (size_t i = 0; i < batch->count; i++)
            take(&r, &batch->events[i]);
        etw_queue_release(queue, batch);
    }
    etw_queue_destroy(&queue);
    etw_consumer_destroy(&consumer);
    return r;
}

static result level_1_by_time(bench *b)
{
    return level_1(b, ETW_ORDER_TIME);
}

static result level_1_callback(bench *b)
{
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    result r = {0, 0};
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &r, .on_record = take};
    if (etw_consumer_run(consumer, &ops) != ETW_END)
        exit(1);
    etw_consumer_destroy(&consumer);
    return r;
}

static result level_2(bench *b)
{
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    const etw_batch *batch;
    result r = {0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += (uintptr_t)etw_consumer_schema(consumer, &batch->events[i]);
    }
    etw_consumer_destroy(&consumer);
    return r;
}

/* Where all properties are. */
static result level_3_prepared(bench *b)
{
    static etw_span spans[UINT16_MAX];
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    const etw_batch *batch;
    result r = {0, 0};
    b->properties = 0;
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            size_t count = 0;
            etw_event_prepare(event, etw_consumer_schema(consumer, event), spans, UINT16_MAX,
                              &count);
            b->properties += count;
            r.work += count ? spans[count - 1].offset + spans[count - 1].size : 0u;
        }
    }
    etw_consumer_destroy(&consumer);
    return r;
}

static etw_flow take_decoded(void *user, etw_decoded *decoded)
{
    result *r = user;
    size_t count;
    const etw_item *items = etw_decoded_items(decoded, &count);
    r->events++;
    r->work += count ? items[count - 1].offset : 0u;
    return ETW_FLOW_NEXT;
}

static result level_4_decoded(bench *b)
{
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    result r = {0, 0};
    const etw_consumer_ops ops = {.size = sizeof ops, .user = &r, .on_decoded = take_decoded};
    if (etw_consumer_run(consumer, &ops) != ETW_END)
        exit(1);
    etw_consumer_destroy(&consumer);
    return r;
}

/* Item by item with the cursor. */
static result level_3_cursor(bench *b)
{
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    const etw_batch *batch;
    etw_items items;
    etw_item item;
    result r = {0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            etw_items_begin(&items, event, etw_consumer_schema(consumer, event));
            while (etw_items_next(&items, &item))
                r.work += item.offset + item.data.size;
        }
    }
    etw_consumer_destroy(&consumer);
    return r;
}

static result level_4(bench *b)
{
    etw_consumer *consumer = open_trace(b, ETW_ORDER_FILE);
    const etw_batch *batch;
    result r = {0, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            if (etw_json_append(b->json, event, etw_consumer_schema(consumer, event)) != ETW_OK)
                exit(1);
            if (etw_json_text(b->json).size > 64 * 1024) {
                r.work += etw_json_text(b->json).size;
                etw_json_clear(b->json);
            }
        }
    }
    etw_consumer_destroy(&consumer);
    return r;
}

static const struct {
    const char *name;
    result (*run)(bench *b);
} VARIANTS[] = {
    {"sum of the bytes", sum_bytes},          {"level 1, batches", level_1_batch},
    {"level 1, callback", level_1_callback},  {"level 1, queue", level_1_queue},
    {"level 1, time order", level_1_by_time}, {"level 2, schema", level_2},
    {"level 3, prepared", level_3_prepared},  {"level 3, cursor", level_3_cursor},
    {"level 4, decoded", level_4_decoded},    {"level 4, JSON", level_4},
};

enum {
    VARIANT_COUNT = sizeof VARIANTS / sizeof VARIANTS[0]
};

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static etw_bytes read_file(const char *path)
{
    etw_bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return bytes;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc((size_t)size);
    if (data && fread(data, 1, (size_t)size, file) == (size_t)size) {
        bytes.data = data;
        bytes.size = (size_t)size;
    }
    fclose(file);
    return bytes;
}

/* One pass that gathers the schemas of the small trace, so that the levels measure only looking
 * them up. */
static void learn_schemas(bench *b, etw_bytes small)
{
    const etw_consumer_options options = {.size = sizeof options, .schemas = b->schemas};
    etw_consumer *consumer;
    const etw_batch *batch;
    if (etw_consumer_create(&consumer, &options, NULL) != ETW_OK ||
        etw_consumer_add_memory(consumer, "small", small) != ETW_OK)
        exit(1);
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK)
        continue;
    etw_consumer_destroy(&consumer);
}

static void measure(bench *b, int rounds)
{
    double seconds[VARIANT_COUNT][ROUNDS_MAX];
    uint64_t events = 0;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < VARIANT_COUNT; i++) {
            const double start = cpu_seconds();
            const result r = VARIANTS[i].run(b);
            seconds[i][round] = cpu_seconds() - start;
            events = r.events ? r.events : events;
        }
    const double bytes = (double)b->trace.size;
    double limit = 0;
    double schema_seconds = 0;
    printf("%-26s %10s %10s %8s %8s %12s\n", "", "ns/event", "M events/s", "GB/s", "of sum",
           "ns/property");
    for (int i = 0; i < VARIANT_COUNT; i++) {
        qsort(seconds[i], (size_t)rounds, sizeof seconds[i][0], compare_doubles);
        const double median = seconds[i][rounds / 2];
        limit = i ? limit : median;
        printf("%-26s %10.2f %10.1f %8.2f %8.3f", VARIANTS[i].name, 1e9 * median / (double)events,
               1e-6 * (double)events / median, 1e-9 * bytes / median, limit / median);
        /* What the properties cost, on top of finding the schema. */
        if (VARIANTS[i].run == level_2)
            schema_seconds = median;
        if (schema_seconds > 0 && VARIANTS[i].run != level_2)
            printf(" %12.2f", 1e9 * (median - schema_seconds) / (double)b->properties);
        printf("\n");
    }
    printf("%" PRIu64 " events of %.0f bytes and %.1f properties each, median of %d rounds\n",
           events, bytes / (double)events, (double)b->properties / (double)events, rounds);
}

int main(int argc, char **argv)
{
    etlb_writer sample = {0};
    etw_bytes small;
    if (argc > 1) {
        small = read_file(argv[1]);
    } else {
        sample_trace_build(&sample, SAMPLE_PLAIN);
        small = etlb_written(&sample);
    }
    const size_t megabytes = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : MEGABYTES_DEFAULT;
    const int rounds = argc > 3 ? (int)strtoul(argv[3], NULL, 10) : ROUNDS_DEFAULT;
    bench b = {big_trace_make(small, megabytes << 20), NULL, NULL, 0};
    if (!b.trace.size || rounds < 1 || rounds > ROUNDS_MAX ||
        etw_schema_store_create(&b.schemas, NULL, NULL) != ETW_OK ||
        etw_json_create(&b.json, NULL, NULL) != ETW_OK) {
        fprintf(stderr, "bench_levels: the trace cannot be used, or there is no memory\n");
        return 1;
    }
    learn_schemas(&b, small);
    measure(&b, rounds);
    return 0;
}
