/* The records of a buffer in the order of time. */
#ifndef ETWI_ETL_MARK_H
#define ETWI_ETL_MARK_H

#include "etl/block.h"

/*
 * Marks all records of a block and sorts them by time; of equal times, by their places. Records
 * without a time stamp that come before any other get `time`. What is counted and found damaged
 * goes to `stats`.
 */
etw_status etwi_block_mark(etwi_block *block, const etwi_index_entry *entry, int64_t time,
                           const etw_allocator *allocator, etw_trace_stats *stats);

#endif
