#include "etl/time_range.h"

#include "etl/reader_internal.h"

#include <stdlib.h>

bool etwi_time_range_meets(const etwi_time_range *range, const etwi_reader *reader,
                           const etwi_index_entry *entry)
{
    const uint64_t first = etwi_tick_scale_filetime(&reader->scale, entry->first_time);
    const uint64_t last = etwi_tick_scale_filetime(&reader->scale, entry->last_time);
    return last >= range->begin && (first < range->end || range->end == UINT64_MAX);
}

size_t etwi_time_range_keep(const etwi_time_range *range, etw_event *events, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!etwi_time_range_has(range, events[i].timestamp))
            continue;
        if (kept != i)
            events[kept] = events[i];
        kept++;
    }
    return kept;
}

typedef struct beginning {
    uint64_t time; /* Of the first event of a buffer. */
    uint64_t count;
} beginning;

static int compare_latest_first(const void *a, const void *b)
{
    const beginning *x = a, *y = b;
    return x->time > y->time ? -1 : x->time < y->time;
}

etw_status etwi_time_of_last(etwi_reader *const *readers, size_t reader_count, uint64_t count,
                             const etw_allocator *allocator, uint64_t *out)
{
    size_t buffers = 0, used = 0;
    for (size_t i = 0; i < reader_count; i++)
        buffers += readers[i]->index.count;
    *out = 0;
    beginning *beginnings = etwi_alloc(allocator, buffers * sizeof *beginnings);
    if (buffers && !beginnings)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < reader_count; i++)
        for (size_t j = 0; j < readers[i]->index.count; j++) {
            const etwi_index_entry *entry = &readers[i]->index.entries[j];
            beginnings[used].time = etwi_tick_scale_filetime(&readers[i]->scale, entry->first_time);
            beginnings[used++].count = entry->event_count;
        }
    if (used)
        qsort(beginnings, used, sizeof *beginnings, compare_latest_first);
    /* No event of a buffer is before its first one, so these buffers hold that many events. */
    uint64_t held = 0;
    for (size_t i = 0; i < used && held < count; i++) {
        held += beginnings[i].count;
        *out = beginnings[i].time;
    }
    if (held < count)
        *out = 0;
    etwi_free(allocator, beginnings, buffers * sizeof *beginnings);
    return ETW_OK;
}
