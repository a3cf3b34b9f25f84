/* The first record of a trace, which describes it. */
#ifndef ETWI_ETL_TRACE_HEADER_H
#define ETWI_ETL_TRACE_HEADER_H

#include "base/memory.h"

#include <etw/etl.h>

/* Bytes at the start of a trace that etwi_trace_header_parse() may want to see. */
enum {
    ETWI_TRACE_HEADER_MAX = 0x48 + 64 * 1024
};

/*
 * Reads the header of a trace from the first bytes of the file; names go to the arena.
 *
 * ETW_E_NOT_TRACE if these bytes start no trace, ETW_E_TRUNCATED if the header is cut off.
 */
etw_status etwi_trace_header_parse(etw_trace_info *out, etw_bytes start, etwi_arena *arena,
                                   etw_error *error);

#endif
