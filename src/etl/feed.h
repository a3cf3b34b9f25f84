/*
 * The events of one or more traces, in order, handed out in units that several threads may work on
 * at the same time. Units are numbered in the order of their events.
 */
#ifndef ETWI_ETL_FEED_H
#define ETWI_ETL_FEED_H

#include "etl/block.h"
#include "etl/record.h"
#include "etl/time_range.h"

#include <etw/consumer.h>

/* Events of a unit at a time: few enough that they are still in the caches next to the processor
 * when the consumer looks at them, many enough that a lock, and going to each buffer, costs little.
 */
enum {
    ETWI_UNIT_EVENTS = 256
};

/* Buffers of a unit in file order, where several threads work: so that their agreements, and
 * waiting for each other, cost little against the work in between. */
enum {
    ETWI_UNIT_BUFFERS = 3,
    ETWI_UNIT_BYTES = 256 * 1024 /* No further buffer is added behind so many bytes. */
};

typedef struct etwi_feed etwi_feed;

typedef struct etwi_feed_options {
    etw_allocator allocator;
    etwi_reader *const *readers; /* Borrowed, as is the array. */
    size_t reader_count;
    etw_order order;
    bool scanned;        /* The index of each reader is there; time order needs it. */
    unsigned threads;    /* That will ask for units at the same time. */
    uint64_t memory_max; /* Bytes of buffers in memory. */
    etwi_time_range range;
    bool keys_are_times; /* The keys of etwi_feed_next_key() are FILETIMEs. */
} etwi_feed_options;

/*
 * What one thread works on. Zero-initialise with etwi_unit_init(); used for one unit after another.
 */
typedef struct etwi_unit {
    uint64_t number; /* Of the unit that was claimed, from 0 on. */
    etw_event *events;
    size_t count;
    etwi_block **blocks; /* That the events point into. */
    size_t block_count;
    etwi_record_context *contexts; /* For each block what its events take over. */
    /* Time order: for each block which of its records, and behind each other of all these what
     * place they have among the events. */
    etwi_record_piece *pieces;
    uint8_t *places;
    etw_bytes soon; /* Memory that is going to be needed. */
    int64_t limit;  /* Time order: no event with a greater key belongs to it. */
    etwi_scratch scratch;
    etw_error error;
    /* File order: its buffers, the one that is being gone through, and what was met in them. */
    etwi_reader *reader;
    etwi_index_entry entries[ETWI_UNIT_BUFFERS];
    size_t current;
    bool is_loaded;
    etwi_record_walk walk;
    etw_trace_stats stats;
    /* Of sessions: it goes back to their feed. */
    bool is_live;
    etwi_record_ref *refs; /* Where the events are. */
    bool has_manifest;     /* Some may carry a manifest. */
} etwi_unit;

etw_status etwi_unit_init(etwi_unit *unit, const etw_allocator *allocator);
void etwi_unit_free(etwi_unit *unit, const etw_allocator *allocator);

etw_status etwi_feed_create(etwi_feed **out, const etwi_feed_options *options, etw_error *error);
void etwi_feed_destroy(etwi_feed **feed);

/* Gets the next unit, which may be empty. From any thread. ETW_END if there are no more; ETW_AGAIN
 * if there are none within the limit of the unit. */
etw_status etwi_feed_claim(etwi_feed *feed, etwi_unit *unit);

/* The next events of a unit; valid until the next call or the release. ETW_END at its end. */
etw_status etwi_feed_batch(etwi_feed *feed, etwi_unit *unit, etw_batch *out);

/* Gives a unit back. From any thread. */
void etwi_feed_release(etwi_feed *feed, etwi_unit *unit);

/* Time order: the key of the event that comes next. From any thread. False at the end. */
bool etwi_feed_next_key(etwi_feed *feed, int64_t *out);

/* Bytes of the traces that were delivered, for progress. */
uint64_t etwi_feed_position(etwi_feed *feed);

#endif
