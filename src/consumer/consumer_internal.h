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

/* Where a trace is to be found. */
typedef struct etwi_trace_number {
    bool is_live;
    size_t number; /* Of the reader, or of the source among the sessions. */
} etwi_trace_number;

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
    etwi_feed *feed;             /* Of the files; NULL: not needed yet. */
    struct etwi_live_feed *live; /* Of the sessions, and of the files beside them; or NULL. */
    etwi_trace_number *traces;   /* By index, as they were added. */
    size_t trace_count, trace_capacity;
    bool is_prepared; /* Events may be asked for. */
    etwi_unit unit;   /* Of etw_consumer_next_batch(). */
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

/* Makes room for one more trace, before it is added. ETW_E_INVALID if it is too late for that. */
etw_status etwi_consumer_reserve_trace(etw_consumer *consumer);

/* As etwi_feed_…, of files and sessions; supply.c. */
etw_status etwi_supply_claim(etw_consumer *consumer, etwi_unit *unit, uint32_t timeout_ms);
etw_status etwi_supply_batch(etw_consumer *consumer, etwi_unit *unit, etw_batch *out);
void etwi_supply_release(etw_consumer *consumer, etwi_unit *unit);
uint64_t etwi_supply_position(etw_consumer *consumer);

/* Lets a claim that waits, or the next one that would, end with ETW_AGAIN. */
void etwi_supply_interrupt(etw_consumer *consumer);

/* Reports how far the delivery of events has come. */
void etwi_consumer_report(etw_consumer *consumer);

/* Keeps the end of a batch, to be delivered as the next one. */
void etwi_consumer_keep(etw_consumer *consumer, const etw_event *events, size_t count);

/* Counts a batch that was delivered. From any thread. */
void etwi_consumer_count(etw_consumer *consumer, const etw_batch *batch);

#endif
