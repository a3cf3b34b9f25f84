/*
 * Events as they are stored: buffer after buffer, trace after trace. A unit is a buffer, or a
 * few, so threads only have to agree on who takes the next ones.
 */
#ifndef ETWI_ETL_FILE_ORDER_H
#define ETWI_ETL_FILE_ORDER_H

#include "etl/feed.h"

typedef struct etwi_file_order {
    etw_allocator allocator;
    etwi_reader *const *readers;
    size_t reader_count;
    bool scanned;
    etwi_time_range range;
    size_t unit_buffers; /* Buffers of a unit at most. */
    etwi_mutex *mutex;   /* Guards all below, and the counters of the traces. */
    size_t reader;       /* The trace whose turn it is. */
    size_t entry;        /* Its next buffer, if it was scanned. */
    uint64_t next_unit;
    uint64_t bytes_done;
    etw_error failure; /* For who claims the next unit. */
    etwi_block_pool pool;
} etwi_file_order;

etw_status etwi_file_order_begin(etwi_file_order *order, const etwi_feed_options *options,
                                 etw_error *error);
etw_status etwi_file_order_claim(etwi_file_order *order, etwi_unit *unit);
etw_status etwi_file_order_fill(etwi_file_order *order, etwi_unit *unit);
void etwi_file_order_release(etwi_file_order *order, etwi_unit *unit);
uint64_t etwi_file_order_position(etwi_file_order *order);
void etwi_file_order_end(etwi_file_order *order);

#endif
