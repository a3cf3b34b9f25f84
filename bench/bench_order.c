/*
 * bench_order MEGABYTES ROUNDS: what the order of time costs, over the order of the file, for a
 * trace like real ones of 8 processors and for the worst ones of 8 and of 64, in which every event
 * comes from the next processor.
 *
 * The first pass, which finds out which times each buffer spans, ends with the first batch.
 */
#include "harness.h"
#include "mixed_trace.h"

#include <stdlib.h>

typedef struct bench {
    etw_bytes trace;
    etw_schema_store *schemas;
    double first_pass[HARNESS_ROUNDS_MAX + 1];
    int round;
} bench;

static harness_result level_1(bench *b, etw_order order)
{
    etw_consumer *consumer = harness_open(b->trace, b->schemas, order);
    const etw_batch *batch;
    const double start = harness_cpu_seconds();
    harness_result r = {0, b->trace.size, 0};
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        if (r.events == 0 && order == ETW_ORDER_TIME)
            b->first_pass[b->round++] = harness_cpu_seconds() - start;
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += batch->events[i].timestamp ^ batch->events[i].process_id;
    }
    harness_close(consumer);
    return r;
}

static harness_result by_file(void *context)
{
    return level_1(context, ETW_ORDER_FILE);
}

static harness_result by_time(void *context)
{
    return level_1(context, ETW_ORDER_TIME);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *const names[3], mixed_kind kind, harness_size size,
                    etw_schema_store *schemas)
{
    static bench b;
    b.trace = mixed_trace_in_memory(kind, size.bytes);
    b.schemas = schemas;
    b.round = 0;
    const harness_variant variants[] = {{names[0], by_file, &b}, {names[1], by_time, &b}};
    harness_run(variants, 2, size.rounds);
    qsort(b.first_pass, (size_t)b.round, sizeof *b.first_pass, compare);
    harness_value(names[2], b.first_pass[b.round / 2]);
    free((void *)(uintptr_t)b.trace.data);
}

int main(int argc, char **argv)
{
    static const char *const REAL_8[] = {"order.real8.file", "order.real8.time",
                                         "order.real8.pass"};
    static const char *const WORST_8[] = {"order.worst8.file", "order.worst8.time",
                                          "order.worst8.pass"};
    static const char *const WORST_64[] = {"order.worst64.file", "order.worst64.time",
                                           "order.worst64.pass"};
    etw_schema_store *schemas;
    harness_require(argc == 3, "usage: bench_order MEGABYTES ROUNDS");
    const harness_size size = harness_arguments(argv[1], argv[2]);
    harness_require(etw_schema_store_create(&schemas, NULL, NULL) == ETW_OK, "no store");
    measure(REAL_8, MIXED_PLAIN, size, schemas);
    measure(WORST_8, MIXED_WORST_8, size, schemas);
    measure(WORST_64, MIXED_WORST_64, size, schemas);
    etw_schema_store_destroy(&schemas);
    return 0;
}
