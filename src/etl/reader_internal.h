/* What a reader is made of, for the files that go through its buffers. */
#ifndef ETWI_ETL_READER_INTERNAL_H
#define ETWI_ETL_READER_INTERNAL_H

#include "etl/index.h"

struct etwi_reader {
    etw_allocator allocator;
    etwi_arena arena;
    etwi_input input;
    etw_trace_info info;
    etw_trace_stats stats;
    etwi_finder finder;
    etwi_index index;
};

#endif
