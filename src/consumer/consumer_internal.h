/* What a consumer is made of. */
#ifndef ETWI_CONSUMER_INTERNAL_H
#define ETWI_CONSUMER_INTERNAL_H

#include "etl/feed.h"
#include "schema/harvest.h"

#include <stdatomic.h>

/* See etw_consumer_stats. */
typedef struct etwi_consumer_counters {
    atomic_uint_fast64_t events, filtered, schemas_found, schemas_missing, batches;
} etwi_consumer_counters;

struct etw_consumer {
    etw_allocator allocator;
    etw_consumer_options options;
    etw_schema_store *schemas;
    bool owns_schemas;
    bool scanned;      /* The first pass was done, or is not needed. */
    etw_status failed; /* A failure that ended the consumer. */
    etwi_reader **readers;
    size_t reader_count, reader_capacity;
    etwi_time_range range;
    etwi_feed *feed; /* NULL: nothing was delivered yet. */
    etwi_unit unit;  /* Of etw_consumer_next_batch(). */
    bool has_unit;
    etw_batch batch;
    bool has_rest; /* `batch` is what a run that was stopped did not deliver. */
    etwi_consumer_counters counters;
    uint64_t scanned_bytes; /* Bytes of the traces that the first pass has finished. */
    uint64_t total;         /* Bytes of all traces. */
    etwi_harvest *harvest;
    atomic_bool stop;
    etw_error error;
};

/* Does the first pass and starts the feed, if that was not done yet. */
etw_status etwi_consumer_prepare(etw_consumer *consumer);

/* Reports how far the delivery of events has come. */
void etwi_consumer_report(etw_consumer *consumer);

/* Keeps the end of a batch, to be delivered as the next one. */
void etwi_consumer_keep(etw_consumer *consumer, const etw_event *events, size_t count);

/* Counts a batch that was delivered. From any thread. */
void etwi_consumer_count(etw_consumer *consumer, const etw_batch *batch);

#endif
