/*
 * Finding the buffers of a trace. The finder believes nothing: a buffer counts if its header makes
 * sense; after one that does not, the next header that does is searched for, and what lies between
 * is counted.
 */
#ifndef ETWI_ETL_FINDER_H
#define ETWI_ETL_FINDER_H

#include "etl/buffer.h"
#include "etl/input.h"

typedef struct etwi_finder {
    etwi_input *input;
    const etw_trace_info *info;
    etw_trace_stats *stats;
    etwi_buffer_rules rules;
    uint64_t offset;           /* Where the next buffer should start. */
    etwi_buffer_header header; /* Of the buffer there, if `has_header`. */
    bool has_header;
    uint64_t search_from; /* 0, or where to go on, because nothing follows at the offset. */
} etwi_finder;

/* A buffer that was found. */
typedef struct etwi_found {
    etwi_buffer_header header;
    uint64_t offset;
    /* Another buffer, unused space or the end of the file comes right behind it. If not, the size
     * in the header is doubtful, and the caller has to say with etwi_finder_doubt() what is so. */
    bool continues;
} etwi_found;

etw_status etwi_finder_begin(etwi_finder *finder, etw_error *error);

/* The next buffer, in file order; ETW_END after the last. */
etw_status etwi_finder_next(etwi_finder *finder, etwi_found *out, etw_error *error);

/* After a buffer that does not continue: where its bytes end, as far as its records tell. If
 * `end` is 0, it was no buffer at all. */
void etwi_finder_doubt(etwi_finder *finder, const etwi_found *found, uint32_t end);

/* Counts bytes that were skipped. Not for several threads. */
void etwi_note_damage(etw_trace_stats *stats, uint64_t offset, uint64_t size, const char *what);

/* Whether bytes were never written: all zero, or all ones. */
bool etwi_is_filler(const uint8_t *data, size_t size);

#endif
