/*
 * Events in order of time.
 *
 * The buffers of one processor come in time order as a rule, and then they are one run: a stream
 * that only has to be merged with those of the other processors. Where times go back (a wrapped
 * circular file, a clock that was set, an appended session) a new run starts, so the merge is a
 * stable sort in every case. Positions are kept for all runs, buffers in memory only for those
 * whose time has come; if these are more than the memory limit allows, the one whose turn is
 * furthest away is given up and read again later. A trace that is made to be read again and again
 * without end loses its order instead, and the events that come too late are counted.
 */
#ifndef ETWI_ETL_ORDER_H
#define ETWI_ETL_ORDER_H

#include "etl/block.h"
#include "etl/record.h"

typedef struct etwi_stream etwi_stream;

typedef struct etwi_order {
    etw_allocator allocator;
    etwi_index *index;
    const etwi_input *input;
    const etw_trace_info *info;
    etwi_block_pool pool;
    uint64_t memory_max;
    etwi_stream *streams;
    size_t stream_count, stream_capacity;
    uint32_t *heap; /* Streams by (time, place in the file), least first. */
    size_t heap_count;
    uint32_t *loaded; /* Streams with a buffer in memory, in no order. */
    size_t loaded_count;
    bool by_time;
    uint64_t load_budget; /* Bytes that may still be read before order is given up. */
    int64_t latest;       /* Time of the last event delivered. */
    uint64_t late_events; /* Events that came after later ones. */
    etw_event *events;    /* The batch. */
    uint64_t batch;
} etwi_order;

/* Prepares an order over an index that is complete. Zero `out` before but for what it borrows. */
etw_status etwi_order_begin(etwi_order *order, etw_order kind, etw_error *error);

/* The next batch of events; ETW_END after the last. */
etw_status etwi_order_next(etwi_order *order, etw_batch *out, etw_error *error);

void etwi_order_free(etwi_order *order);

#endif
