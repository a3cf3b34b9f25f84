/* One trace file through one level in some threads, the way programs do it. */
#ifndef CONSUME_H
#define CONSUME_H

#include "harness.h"

#include <stdatomic.h>

typedef enum consume_level {
    CONSUME_RECORDS = 1,
    CONSUME_SCHEMAS,
    CONSUME_ITEMS,
    CONSUME_JSON, /* Lines of the compact profile. */
    CONSUME_JSON_FULL,
    CONSUME_LEVEL_COUNT
} consume_level;

typedef struct consume_job {
    const char *path;
    consume_level level;
    unsigned threads;
    etw_order order;
    etw_schema_store *schemas;      /* NULL: the schemas that the trace carries. */
    const etw_allocator *allocator; /* NULL: malloc. */
    /* Called while no other thread commits, with the events committed so far; may be NULL. */
    void (*on_commit)(void *user, uint64_t events);
    void *user;
} consume_job;

harness_result consume(const consume_job *job);

/* The same as a variant of harness_run(). */
harness_result consume_run(void *job);

/* An allocator that counts how often memory was asked for. */
typedef struct consume_counter {
    etw_allocator allocator;
    atomic_uint_fast64_t calls;
} consume_counter;

void consume_counter_init(consume_counter *counter);

#endif
