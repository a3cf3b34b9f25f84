#include "etl/mark.h"

#include "base/error.h"
#include "etl/survey.h"

#include <stdlib.h>

enum {
    USUAL_RECORD_MIN = 64, /* Bytes: few buffers have more records than this tells. */
};

static int compare(const void *a, const void *b)
{
    const etwi_record_mark *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Makes room for one more mark at least; at first for as many as there usually are. */
static etw_status make_room(etwi_block *block, const etwi_index_entry *entry,
                            const etw_allocator *allocator)
{
    const size_t usual = entry->unpacked_size / USUAL_RECORD_MIN + 1;
    const size_t needed = block->mark_capacity ? block->mark_count + 1 : usual;
    void *memory = block->marks;
    const etw_status status =
        etwi_grow(allocator, &memory, &block->mark_capacity, needed, sizeof *block->marks);
    block->marks = memory;
    return status;
}

etw_status etwi_block_mark(etwi_block *block, const etwi_index_entry *entry, int64_t time,
                           const etw_allocator *allocator, etw_trace_stats *stats)
{
    etwi_survey survey = etwi_survey_of(block->data, block->data_end, time, stats);
    block->mark_count = 0;
    while (survey.at < survey.end) {
        ETWI_TRY(make_room(block, entry, allocator));
        const size_t room = block->mark_capacity - block->mark_count;
        const size_t got = etwi_survey_mark(&survey, block->marks + block->mark_count, room);
        block->mark_count += got;
        if (got < room)
            break;
    }
    if (survey.at < survey.end)
        etwi_count_rest(stats, entry, survey.data, survey.at, survey.end);
    stats->events += survey.count;
    if (survey.is_unsorted)
        qsort(block->marks, block->mark_count, sizeof *block->marks, compare);
    return ETW_OK;
}
