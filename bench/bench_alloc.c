/*
 * bench_alloc FILE.etl: how often memory is asked for in the second half of the events of a trace,
 * at each level, in both orders, with one thread and with two.
 */
#include "consume.h"

#include <stdio.h>

typedef struct halves {
    consume_counter counter;
    uint64_t events;      /* Of the whole trace; known from a first run. */
    uint64_t begin_calls; /* When half of them were committed. */
    uint64_t begin_events;
    uint64_t end_calls;
    uint64_t end_events;
} halves;

static void note(void *user, uint64_t events)
{
    halves *h = user;
    h->end_calls = atomic_load(&h->counter.calls);
    h->end_events = events;
    if (events * 2 < h->events) {
        h->begin_calls = h->end_calls;
        h->begin_events = events;
    }
}

static void measure(const char *path, uint64_t events, consume_level level, etw_order order,
                    unsigned threads)
{
    halves h = {.events = events};
    consume_counter_init(&h.counter);
    const consume_job job = {
        .path = path,
        .level = level,
        .threads = threads,
        .order = order,
        .allocator = &h.counter.allocator,
        .on_commit = note,
        .user = &h,
    };
    consume(&job);
    char name[64];
    snprintf(name, sizeof name, "alloc.level%d.%s.%u", (int)level,
             order == ETW_ORDER_FILE ? "file" : "time", threads);
    harness_require(h.end_events > h.begin_events, "the trace has too few events");
    harness_value(name,
                  (double)(h.end_calls - h.begin_calls) / (double)(h.end_events - h.begin_events));
}

int main(int argc, char **argv)
{
    harness_require(argc == 2, "usage: bench_alloc FILE.etl");
    const consume_job first = {
        .path = argv[1], .level = CONSUME_RECORDS, .threads = 1, .order = ETW_ORDER_FILE};
    const uint64_t events = consume(&first).events;
    for (int level = CONSUME_RECORDS; level < CONSUME_LEVEL_COUNT; level++)
        for (unsigned threads = 1; threads <= 2; threads++) {
            measure(argv[1], events, (consume_level)level, ETW_ORDER_FILE, threads);
            measure(argv[1], events, (consume_level)level, ETW_ORDER_TIME, threads);
        }
    return 0;
}
