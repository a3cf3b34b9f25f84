/*
 * Checks that a trace which this library wrote is what docs/etl-format.md says that Windows writes:
 * every field of every buffer header, the whole first record, the chain of records, the totals.
 *
 * It stands on nothing of the library but loads, so that reader and writer are not excused by one
 * another.
 */
#ifndef ETL_CHECK_H
#define ETL_CHECK_H

#include <etw/etl.h>

/* What the test knows. Zero: nothing special. */
typedef struct etl_check_options {
    bool quiet;               /* Problems are counted only. */
    bool unclosed;            /* No totals: no end time, one buffer. */
    bool appended;            /* Of several sessions: logger ids and sequence numbers differ. */
    bool any_order;           /* Times in a buffer may go back: the clock was set. */
    const char *session_name; /* NULL: any. */
    uint32_t mode;            /* 0: any. */
    uint32_t buffer_size;     /* 0: any. */
} etl_check_options;

typedef struct etl_check_result {
    unsigned problems; /* The first ones were printed. */
    uint64_t buffers;  /* With the first one. */
    uint64_t records;  /* Without the first one; of buffers that are not compressed. */
    uint64_t compressed_buffers;
    uint64_t events_lost, buffers_lost; /* By the totals. */
} etl_check_result;

/* `options` may be NULL. */
etl_check_result etl_check(etw_bytes file, const etl_check_options *options);

/* The same for a file on disk, which is printed as a problem if it cannot be read. */
etl_check_result etl_check_file(const char *path, const etl_check_options *options);

#endif
