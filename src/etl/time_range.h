/* Spans of time: which buffers of a trace hold events of them. */
#ifndef ETWI_ETL_TIME_RANGE_H
#define ETWI_ETL_TIME_RANGE_H

#include "etl/index.h"

#include <etw/event.h>

/* FILETIMEs; `begin` belongs to it, `end` does not. */
typedef struct etwi_time_range {
    uint64_t begin;
    uint64_t end; /* UINT64_MAX: none. */
} etwi_time_range;

#define ETWI_ALL_TIME ((etwi_time_range){0, UINT64_MAX})

static inline bool etwi_time_range_is_all(const etwi_time_range *range)
{
    return range->begin == 0 && range->end == UINT64_MAX;
}

static inline bool etwi_time_range_has(const etwi_time_range *range, uint64_t time)
{
    return time >= range->begin && (time < range->end || range->end == UINT64_MAX);
}

/* Whether a buffer may hold events of the range. */
bool etwi_time_range_meets(const etwi_time_range *range, const etwi_reader *reader,
                           const etwi_index_entry *entry);

/* Leaves the events that are in the range, in their order, and returns how many. */
size_t etwi_time_range_keep(const etwi_time_range *range, etw_event *events, size_t count);

/* A time from which on the traces hold at least `count` events, near the latest one; 0 if they
 * hold fewer. */
etw_status etwi_time_of_last(etwi_reader *const *readers, size_t reader_count, uint64_t count,
                             const etw_allocator *allocator, uint64_t *out);

#endif
