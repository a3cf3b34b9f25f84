#include "harness.h"

#include "mixed_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* To be destroyed after the measurement at hand. */
static etw_consumer *closed;

void harness_require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

void *harness_checked(void *memory)
{
    harness_require(memory != NULL, "out of memory");
    return memory;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double harness_cpu_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static double wall_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

harness_size harness_arguments(const char *megabytes, const char *rounds)
{
    const harness_size size = {(size_t)strtoul(megabytes, NULL, 10) << 20,
                               (int)strtol(rounds, NULL, 10)};
    harness_require(size.bytes > 0 && size.rounds > 0 && size.rounds <= HARNESS_ROUNDS_MAX,
                    "no size, or no rounds, or too many");
    return size;
}

/* What the rounds of a variant took. */
typedef struct variant_times {
    double cpu[HARNESS_ROUNDS_MAX];
    double wall[HARNESS_ROUNDS_MAX];
    harness_result result;
} variant_times;

static void run_rounds(variant_times *times, const harness_variant *variants, unsigned count,
                       int rounds)
{
    harness_require(count <= HARNESS_VARIANTS_MAX, "too many variants");
    /* Round -1 warms up: caches, pages, predictors. */
    for (int round = -1; round < rounds; round++)
        for (unsigned i = 0; i < count; i++) {
            const double cpu = harness_cpu_seconds(), wall = wall_seconds();
            times[i].result = variants[i].run(variants[i].context);
            if (round >= 0) {
                times[i].cpu[round] = harness_cpu_seconds() - cpu;
                times[i].wall[round] = wall_seconds() - wall;
            }
            etw_consumer_destroy(&closed);
        }
}

static void print_series(const char *name, const char *suffix, const harness_result *result,
                         const double *seconds, int rounds)
{
    printf("series\t%s%s\t%" PRIu64 "\t%" PRIu64, name, suffix, result->events, result->bytes);
    for (int round = 0; round < rounds; round++)
        printf("\t%.9f", seconds[round]);
    printf("\n");
    fflush(stdout);
}

static variant_times times[HARNESS_VARIANTS_MAX];

void harness_run(const harness_variant *variants, unsigned count, int rounds)
{
    run_rounds(times, variants, count, rounds);
    for (unsigned i = 0; i < count; i++)
        print_series(variants[i].name, "", &times[i].result, times[i].cpu, rounds);
}

void harness_run_wall(const harness_variant *variants, unsigned count, int rounds)
{
    run_rounds(times, variants, count, rounds);
    for (unsigned i = 0; i < count; i++) {
        print_series(variants[i].name, "", &times[i].result, times[i].wall, rounds);
        print_series(variants[i].name, ".cpu", &times[i].result, times[i].cpu, rounds);
    }
}

void harness_value(const char *name, double value)
{
    printf("value\t%s\t%.9g\n", name, value);
    fflush(stdout);
}

etw_schema_store *harness_schemas(void)
{
    etw_schema_store *store;
    etlb_writer text = {0};
    harness_require(etw_schema_store_create(&store, NULL, NULL) == ETW_OK, "no store");
    for (unsigned provider = 0; provider < MIXED_PROVIDERS_KNOWN; provider++) {
        etlb_writer_clear(&text);
        mixed_schema_put_manifest(&text, provider, MIXED_EVENTS_KNOWN);
        harness_require(etw_schema_store_add_memory(store, "recipe", etlb_written(&text), NULL) ==
                            ETW_OK,
                        "a manifest was not understood");
    }
    etlb_writer_free(&text);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    harness_require(stats.schemas[ETW_SCHEMA_MANIFEST_FILE] ==
                        (uint64_t)MIXED_PROVIDERS_KNOWN * MIXED_EVENTS_KNOWN,
                    "not all schemas are known");
    return store;
}

etw_consumer *harness_open(etw_bytes trace, etw_schema_store *schemas, etw_order order)
{
    const etw_consumer_options options = {
        .size = sizeof options, .schemas = schemas, .order = order, .without_schemas = true};
    etw_consumer *consumer;
    harness_require(etw_consumer_create(&consumer, &options, NULL) == ETW_OK, "no consumer");
    harness_require(etw_consumer_add_memory(consumer, "bench", trace) == ETW_OK,
                    "the trace cannot be used");
    return consumer;
}

void harness_close(etw_consumer *consumer)
{
    etw_consumer_destroy(&closed);
    closed = consumer;
}
