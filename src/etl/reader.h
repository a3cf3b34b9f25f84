/* One trace: its header, and a first pass that finds all buffers and their time spans. */
#ifndef ETWI_ETL_READER_H
#define ETWI_ETL_READER_H

#include <etw/event.h>

typedef struct etwi_reader etwi_reader;

/* Opens a trace and reads its header. `path` names it; `memory` is NULL for files. */
etw_status etwi_reader_open(etwi_reader **out, const char *path, const etw_bytes *memory,
                            uint32_t buffer_size_max, const etw_allocator *allocator,
                            etw_error *error);
void etwi_reader_close(etwi_reader **reader);

const etw_trace_info *etwi_reader_info(const etwi_reader *reader);
etw_trace_stats *etwi_reader_stats(etwi_reader *reader);

/* Measures the events of this trace by the clock of another one. */
void etwi_reader_set_clock(etwi_reader *reader, const etw_clock *clock);

/* The events that the first pass shows to its visitor. */
typedef struct etwi_reader_interest {
    const etw_guid *classic_provider;
    uint16_t event_id; /* Of events with an EVENT_HEADER. */
} etwi_reader_interest;

/* Where an event stands in its file: by these two numbers events sort into file order. */
typedef struct etwi_record_place {
    uint64_t buffer; /* Offset of its buffer in the file. */
    uint32_t record; /* Offset of its record in the buffer. */
} etwi_record_place;

/* Called from one thread at a time, but not always the same one, and in no particular order. */
typedef struct etwi_reader_visitor {
    void *user;
    const etwi_reader_interest *interest; /* NULL: no events. */
    etw_status (*on_event)(void *user, const etw_event *event, const etwi_record_place *place);
    void (*on_progress)(void *user, uint64_t bytes); /* Bytes of the file done; may be NULL. */
} etwi_reader_visitor;

/*
 * The first pass. Without a visitor it looks at the first record of each buffer only, unless it is
 * compressed: the time of that tells when the buffer will be needed. All records then are counted
 * when they are read.
 */
etw_status etwi_reader_scan(etwi_reader *reader, unsigned threads,
                            const etwi_reader_visitor *visitor, etw_error *error);

#endif
