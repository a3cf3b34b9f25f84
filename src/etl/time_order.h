/*
 * Events in order of time.
 *
 * The buffers of one processor come in time order as a rule, and then they are one run: a stream
 * that only has to be merged with those of the other processors and traces. Where times go back (a
 * wrapped circular file, a clock that was set, an appended session) a new run starts, so the merge
 * is a stable sort in every case. Positions are kept for all runs, buffers in memory only for those
 * whose time has come; if these are more than the memory limit allows, the one whose turn is
 * furthest away is given up and read again later. A trace that is made to be read again and again
 * without end loses its order instead, and the events that come too late are counted.
 *
 * Merging is done by one thread at a time. Reading and decompressing is not: it is known from the
 * index in which order buffers will be needed, and threads that want a unit first read ahead.
 */
#ifndef ETWI_ETL_TIME_ORDER_H
#define ETWI_ETL_TIME_ORDER_H

#include "etl/feed.h"
#include "etl/tournament.h"

typedef struct etwi_stream etwi_stream;

enum {
    ETWI_AHEAD_MAX = 32,
    ETWI_AHEAD_SHARE = 4, /* Of the memory limit, a quarter is for reading ahead. */
};

/* A buffer of one of the traces. */
typedef struct etwi_need {
    int64_t key; /* When it is needed: the least key of its events. */
    uint32_t reader;
    uint32_t entry;
} etwi_need;

/* A buffer that is being read ahead, or waits to be used. */
typedef struct etwi_ahead {
    uint32_t need;
    bool is_loaded;
    etw_status status;
    etwi_block *block;
} etwi_ahead;

typedef struct etwi_time_order {
    etw_allocator allocator;
    etwi_reader *const *readers;
    size_t reader_count;
    uint32_t *groups; /* Of each reader: the first one with the same clock. */
    bool one_clock;   /* All readers are in one group, and raw times are the keys. */
    etwi_time_range range;

    etwi_mutex *merging; /* Guards the streams, their tournament and the counters of events. */
    etwi_stream *streams;
    size_t stream_count, stream_capacity;
    etwi_tournament tournament; /* Of the streams, for whose event comes next. */
    uint32_t *loaded;           /* Streams with a buffer in memory, in no order. */
    size_t loaded_count;
    /* Bytes of these buffers, and how many there may be. Nothing that depends on the number of
     * threads plays a part, because what is given up and read again may decide on the order. */
    uint64_t loaded_bytes, loaded_max;
    uint64_t load_budget; /* Bytes that may still be read before order is given up. */
    int64_t latest;       /* Key of the last event delivered. */
    uint64_t next_unit;

    etwi_mutex *loading; /* Guards all below, and the pins of blocks. Taken after `merging`. */
    etwi_condition *arrived;
    etwi_block_pool pool;
    etwi_need *needs; /* In the order in which they will be needed. */
    size_t need_count;
    size_t next_need;  /* The first that nobody has read. */
    uint8_t *is_taken; /* By need: read already, or being read. */
    etwi_ahead ahead[ETWI_AHEAD_MAX];
    unsigned ahead_count, ahead_max;
    uint64_t ahead_bytes, ahead_bytes_max;
    uint64_t bytes_done;
} etwi_time_order;

etw_status etwi_time_order_begin(etwi_time_order *order, const etwi_feed_options *options,
                                 etw_error *error);
etw_status etwi_time_order_claim(etwi_time_order *order, etwi_unit *unit);
void etwi_time_order_release(etwi_time_order *order, etwi_unit *unit);
bool etwi_time_order_next_key(etwi_time_order *order, int64_t *out);
uint64_t etwi_time_order_position(etwi_time_order *order);
void etwi_time_order_end(etwi_time_order *order);

/* loader.c: getting buffers into memory. */
etw_status etwi_loader_begin(etwi_time_order *order, const etwi_feed_options *options);
void etwi_loader_end(etwi_time_order *order);

/* Reads buffers that will be needed soon, if there is room for them. */
void etwi_loader_read_ahead(etwi_time_order *order, etwi_unit *unit);

/* The block of a buffer: read ahead, or read now. */
etw_status etwi_loader_get(etwi_time_order *order, uint32_t need, etwi_unit *unit,
                           etwi_block **out);

/* The stream that used a block does not need it any more. */
void etwi_loader_retire(etwi_time_order *order, etwi_block *block);

/* A key for a raw time of a reader: keys of all readers compare. */
int64_t etwi_time_order_key(const etwi_time_order *order, uint32_t reader, int64_t raw);

#endif
