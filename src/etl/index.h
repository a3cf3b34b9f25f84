/* The index of a trace: one entry for each buffer that holds records. */
#ifndef ETWI_ETL_INDEX_H
#define ETWI_ETL_INDEX_H

#include "etl/buffer.h"
#include "etl/input.h"
#include "etl/reader.h"

#define ETWI_NO_ENTRY UINT32_MAX

/* 56 bytes for each buffer of the file: this is what stays in memory of a trace of any size. */
typedef struct etwi_index_entry {
    uint64_t offset;    /* Of the buffer, in the file. */
    int64_t first_time; /* The least and the greatest raw time of its records. */
    int64_t last_time;
    uint32_t stored_size;   /* Bytes in the file. */
    uint32_t data_end;      /* End of the records, after decompression. */
    uint32_t unpacked_size; /* Of the whole buffer. */
    uint32_t next;          /* In the same run, or ETWI_NO_ENTRY; see order.c. */
    uint16_t processor;
    uint16_t logger_id;
    uint16_t event_flags; /* For its events: ETW_EVENT_PROCESSOR_INDEX or 0. */
    bool is_compressed;
    bool is_unsorted; /* Times go back inside of this buffer. */
} etwi_index_entry;

typedef struct etwi_index {
    etw_allocator allocator;
    etwi_index_entry *entries; /* In file order. */
    size_t count;
    size_t capacity;
    etwi_compression format;
    etwi_buffer_rules rules;
    uint8_t *scratch; /* For decompressed buffers; grows to the largest. */
    size_t scratch_capacity;
} etwi_index;

/* Walks the file; fills in the index, and the counters of what was found and of what was not. */
etw_status etwi_index_build(etwi_index *index, etwi_input *input, const etw_trace_info *info,
                            etw_trace_stats *stats, const etwi_reader_visitor *visitor,
                            etw_error *error);

void etwi_index_free(etwi_index *index);

#endif
