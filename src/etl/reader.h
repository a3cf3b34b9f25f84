/*
 * Reading one trace: a first pass that finds all buffers and their time spans, and then the events
 * in order of time or file.
 */
#ifndef ETWI_ETL_READER_H
#define ETWI_ETL_READER_H

#include <etw/consumer.h>

typedef struct etwi_reader etwi_reader;

typedef struct etwi_reader_options {
    etw_allocator allocator;
    uint32_t buffer_size_max;
    uint64_t memory_max;
} etwi_reader_options;

/* Opens a trace and reads its header. `path` names it; `memory` is NULL for files. */
etw_status etwi_reader_open(etwi_reader **out, const char *path, const etw_bytes *memory,
                            const etwi_reader_options *options, etw_error *error);
void etwi_reader_close(etwi_reader **reader);

const etw_trace_info *etwi_reader_info(const etwi_reader *reader);
const etw_trace_stats *etwi_reader_stats(const etwi_reader *reader);

/* Measures the events of this trace by the clock of another one. */
void etwi_reader_set_clock(etwi_reader *reader, const etw_clock *clock);

/* The events that the first pass shows to its visitor. */
typedef struct etwi_reader_interest {
    const etw_guid *classic_providers;
    size_t classic_provider_count;
    uint16_t event_id; /* Of events with an EVENT_HEADER. */
} etwi_reader_interest;

typedef struct etwi_reader_visitor {
    void *user;
    const etwi_reader_interest *interest; /* NULL: no events. */
    etw_status (*on_event)(void *user, const etw_event *event);
    void (*on_progress)(void *user, uint64_t offset); /* May be NULL. */
} etwi_reader_visitor;

/* The first pass. Must come before etwi_reader_next(). */
etw_status etwi_reader_scan(etwi_reader *reader, const etwi_reader_visitor *visitor,
                            etw_error *error);

/* The next events; they are valid until the next call. ETW_END after the last. */
etw_status etwi_reader_next(etwi_reader *reader, etw_order order, etw_batch *out, etw_error *error);

/* Bytes of the file whose events were delivered, for progress. */
uint64_t etwi_reader_position(const etwi_reader *reader);

#endif
