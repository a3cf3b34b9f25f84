/*
 * What all measurements share: clocks, rounds in turns, and their output.
 *
 * A measurement is printed as one line of fields with tabs between, which bench.py reads:
 *
 *     series NAME EVENTS BYTES SECONDS…    what one round handled, and how long each round took
 *     value  NAME NUMBER
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <etw/etw.h>

enum {
    HARNESS_ROUNDS_MAX = 99,
    HARNESS_VARIANTS_MAX = 16,
};

/* Ends the program with a message if something does not hold. */
void harness_require(bool good, const char *what);
void *harness_checked(void *memory);

/* Of the process, with all its threads: what others do on the machine does not count. */
double harness_cpu_seconds(void);

/* The arguments of all programs: MEGABYTES ROUNDS. */
typedef struct harness_size {
    size_t bytes;
    int rounds;
} harness_size;

harness_size harness_arguments(const char *megabytes, const char *rounds);

/* What one run of a variant handled. `work` depends on all that was read, so that the compiler
 * leaves nothing out. */
typedef struct harness_result {
    uint64_t events;
    uint64_t bytes;
    uint64_t work;
} harness_result;

typedef struct harness_variant {
    const char *name;
    harness_result (*run)(void *context);
    void *context;
} harness_variant;

/* Runs all variants in turns, a round before those that count, and prints a series of each, of
 * processor time. */
void harness_run(const harness_variant *variants, unsigned count, int rounds);

/* The same of wall time, and of processor time under the name with ".cpu" behind it. */
void harness_run_wall(const harness_variant *variants, unsigned count, int rounds);

void harness_value(const char *name, double value);

/* A store that knows 50,400 events of 800 providers, those of mixed traces among them. */
etw_schema_store *harness_schemas(void);

/* A consumer of a trace in memory that takes its schemas from a store only. */
etw_consumer *harness_open(etw_bytes trace, etw_schema_store *schemas, etw_order order);

/* Destroys it when the clock has stopped: with many schemas known that takes a millisecond. */
void harness_close(etw_consumer *consumer);

#endif
