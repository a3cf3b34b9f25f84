#include "etl/mark.h"

#include "base/error.h"
#include "etl/survey.h"

#include <stdlib.h>

enum {
    MARKS_AT_A_TIME = 256,
};

static int compare(const void *a, const void *b)
{
    const etwi_record_mark *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Marks the next few records. `*more` is false if these were the last. */
static etw_status mark_some(etwi_block *block, etwi_survey *survey, const etw_allocator *allocator,
                            bool *more)
{
    void *memory = block->marks;
    const etw_status status = etwi_grow(allocator, &memory, &block->mark_capacity,
                                        block->mark_count + MARKS_AT_A_TIME, sizeof *block->marks);
    block->marks = memory;
    if (status != ETW_OK)
        return status;
    const size_t got = etwi_survey_mark(survey, block->marks + block->mark_count, MARKS_AT_A_TIME);
    block->mark_count += got;
    *more = got == MARKS_AT_A_TIME;
    return ETW_OK;
}

etw_status etwi_block_mark(etwi_block *block, const etwi_index_entry *entry, int64_t time,
                           const etw_allocator *allocator, etw_trace_stats *stats)
{
    etwi_survey survey = etwi_survey_of(block->data, block->data_end, time, stats);
    block->mark_count = 0;
    for (bool more = true; more;)
        ETWI_TRY(mark_some(block, &survey, allocator, &more));
    if (survey.at < survey.end)
        etwi_count_rest(stats, entry, survey.data, survey.at, survey.end);
    stats->events += survey.count;
    if (survey.is_unsorted)
        qsort(block->marks, block->mark_count, sizeof *block->marks, compare);
    return ETW_OK;
}
