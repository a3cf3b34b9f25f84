/* The index of a trace: one entry for each buffer that holds records. */
#ifndef ETWI_ETL_INDEX_H
#define ETWI_ETL_INDEX_H

#include "etl/finder.h"
#include "etl/reader.h"

/* This is what stays in memory of each buffer of a trace of any size. */
typedef struct etwi_index_entry {
    uint64_t offset; /* Of the buffer, in the file. */
    /* The least and the greatest raw time of its records; until these are surveyed, both are that
     * of the first one. */
    int64_t first_time, last_time;
    uint32_t stored_size;   /* Bytes in the file. */
    uint32_t data_end;      /* End of the records, after decompression. */
    uint32_t unpacked_size; /* Of the whole buffer. */
    uint32_t event_count;
    uint16_t processor;
    uint16_t logger_id;
    uint16_t event_flags; /* For its events: ETW_EVENT_PROCESSOR_INDEX or 0. */
    bool is_compressed;
    bool is_surveyed; /* All of its records were looked at, and counted. */
    bool is_empty;    /* It holds no record. */
} etwi_index_entry;

typedef struct etwi_index {
    etw_allocator allocator;
    etwi_index_entry *entries; /* In file order. */
    size_t count;
    size_t capacity;
} etwi_index;

/* Makes the entry of a buffer that was found, all but what its records tell. */
etwi_index_entry etwi_index_entry_of(const etwi_found *found, const etw_trace_info *info,
                                     uint64_t file_size);

/*
 * Walks the file with up to `threads` threads; fills in the index, and the counters of what was
 * found and of what was not.
 */
etw_status etwi_index_build(etwi_index *index, etwi_finder *finder, unsigned threads,
                            const etwi_reader_visitor *visitor, etw_error *error);

void etwi_index_free(etwi_index *index);

/* Counts what is left in a buffer behind its last record: filler or damage. */
void etwi_count_rest(etw_trace_stats *stats, const etwi_index_entry *entry, const uint8_t *data,
                     uint32_t at, uint32_t end);

/* Adds what a thread has counted of records and damage. */
void etwi_add_stats(etw_trace_stats *to, const etw_trace_stats *from);

#endif
