/* What a reader is made of, for the files that go through its buffers. */
#ifndef ETWI_ETL_READER_INTERNAL_H
#define ETWI_ETL_READER_INTERNAL_H

#include "etl/index.h"
#include "etl/record.h"

struct etwi_reader {
    etw_allocator allocator;
    etwi_arena arena;
    etwi_input input;
    etw_trace_info info;
    etwi_tick_scale scale; /* Of the clock in `info`. */
    etw_trace_stats stats;
    etwi_finder finder;
    etwi_index index;
};

/* For the records of one buffer. */
static inline etwi_record_context etwi_reader_context(const etwi_reader *reader,
                                                      const etwi_index_entry *entry,
                                                      etw_trace_stats *stats)
{
    const etwi_record_context context = {&reader->info,    &reader->scale,   stats,
                                         entry->processor, entry->logger_id, entry->event_flags};
    return context;
}

#endif
