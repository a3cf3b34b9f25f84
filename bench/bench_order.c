/*
 * bench_order MEGABYTES ROUNDS: what the order of time costs, over the order of the file, for a
 * trace like real ones of 8 processors and for the worst ones of 8 and of 64, in which every event
 * comes from the next processor. Once for consumers that want no schemas, and once for those that
 * take them from the trace, which go through it twice in either order.
 */
#include "harness.h"
#include "mixed_trace.h"

#include <stdlib.h>

typedef struct variant {
    etw_bytes trace;
    etw_order order;
    bool learns;
} variant;

static harness_result level_1(void *context)
{
    const variant *v = context;
    const etw_consumer_options options = {
        .size = sizeof options, .order = v->order, .without_schemas = !v->learns};
    etw_consumer *consumer;
    const etw_batch *batch;
    harness_result r = {0, v->trace.size, 0};
    harness_require(etw_consumer_create(&consumer, &options, NULL) == ETW_OK &&
                        etw_consumer_add_memory(consumer, "trace", v->trace) == ETW_OK,
                    "no consumer");
    while (etw_consumer_next_batch(consumer, &batch) == ETW_OK) {
        r.events += batch->count;
        for (size_t i = 0; i < batch->count; i++)
            r.work += batch->events[i].timestamp ^ batch->events[i].process_id;
    }
    harness_close(consumer);
    return r;
}

static void measure(const char *const names[4], mixed_kind kind, harness_size size)
{
    const etw_bytes trace = mixed_trace_in_memory(kind, size.bytes);
    variant contexts[4];
    harness_variant variants[4];
    for (unsigned i = 0; i < 4; i++) {
        const variant context = {trace, i % 2 ? ETW_ORDER_TIME : ETW_ORDER_FILE, i >= 2};
        const harness_variant timed = {names[i], level_1, &contexts[i]};
        contexts[i] = context;
        variants[i] = timed;
    }
    harness_run(variants, 4, size.rounds);
    free((void *)(uintptr_t)trace.data);
}

int main(int argc, char **argv)
{
    static const char *const REAL_8[] = {"order.real8.file", "order.real8.time",
                                         "order.real8.learning.file", "order.real8.learning.time"};
    static const char *const WORST_8[] = {"order.worst8.file", "order.worst8.time",
                                          "order.worst8.learning.file",
                                          "order.worst8.learning.time"};
    static const char *const WORST_64[] = {"order.worst64.file", "order.worst64.time",
                                           "order.worst64.learning.file",
                                           "order.worst64.learning.time"};
    harness_require(argc == 3, "usage: bench_order MEGABYTES ROUNDS");
    const harness_size size = harness_arguments(argv[1], argv[2]);
    measure(REAL_8, MIXED_PLAIN, size);
    measure(WORST_8, MIXED_WORST_8, size);
    measure(WORST_64, MIXED_WORST_64, size);
    return 0;
}
