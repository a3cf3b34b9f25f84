/* What is done to files of traces that stand already. */
#ifndef ETWI_ETL_WRITER_COMPLETE_H
#define ETWI_ETL_WRITER_COMPLETE_H

#include "base/memory.h"
#include "etl/writer.h"
#include "os/output.h"

/* Reads the header of a trace from its file; names go to the arena. */
etw_status etwi_etl_read_header(const etwi_file *file, etw_trace_info *out, etwi_arena *arena,
                                etw_error *error);

/* Writes totals to the first buffer of a file. */
etw_status etwi_etl_write_totals(const etwi_file *file, const etwi_etl_totals *totals,
                                 etw_error *error);

/* How far a file is filled with proper buffers, one behind the other. */
typedef struct etwi_etl_extent {
    uint64_t begin;    /* The end of the first buffer. */
    uint64_t size;     /* The end of the last one. */
    uint64_t buffers;  /* With the first one. */
    int64_t last_time; /* The latest raw time of a buffer, or that of the start. */
} etwi_etl_extent;

/* ETW_E_CORRUPT if not even the first buffer is proper. */
etw_status etwi_etl_measure(const etwi_file *file, const etw_trace_info *info, etwi_etl_extent *out,
                            etw_error *error);

/* etwi_etl_complete() of an open file. */
etw_status etwi_etl_complete_file(etwi_file *file, const etwi_etl_totals *totals,
                                  const etw_allocator *allocator, etw_error *error);

/* Fills in `error` with `why` and the path it is about, and returns its status. */
etw_status etwi_etl_name_path(const char *path, const etw_error *why, etw_error *error);

#endif
