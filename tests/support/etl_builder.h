/*
 * Writes .etl traces field by field, in memory. This is the format as we know it, in executable
 * form: what a field means is said where it is written.
 *
 *     etlb_options options = etlb_default_options();
 *     etlb_trace *trace = etlb_create(&options);
 *     etlb_event_perfinfo(trace, &(etlb_event){.cpu = 1, .timestamp = 5, .group = 15, .type = 46},
 *                         payload);
 *     const etw_bytes file = etlb_finish(trace);
 *     …
 *     etlb_destroy(trace);
 *
 * A trace is a sequence of buffers. The first one describes the trace; every other one belongs to
 * a processor and holds events of it. Each processor has one open buffer; when it is full, or is
 * flushed, it goes to the end of the file. So the order of the buffers in the file is the order in
 * which they were closed, and processors are out of order among each other, as in real traces.
 *
 * What readers must not rely on is filled with garbage: unused ends of buffers, padding between
 * events, stale pointers in buffer headers.
 */
#ifndef ETL_BUILDER_H
#define ETL_BUILDER_H

#include "etl_compress.h"
#include "etl_writer.h"

#include <etw/etl.h>

enum {
    ETLB_BUFFER_HEADER_SIZE = 0x48,

    /* As the processor of an event: it goes into the first buffer, behind the header. */
    ETLB_HEADER_BUFFER = 0xFFFF,

    /* WMI_BUFFER_HEADER.BufferFlag. */
    ETLB_FLUSH_MARKER = 0x01,
    ETLB_EVENTS_LOST = 0x02,
    ETLB_BUFFER_LOST = 0x04,
    ETLB_PROCESSOR_INDEX = 0x20,
    ETLB_COMPRESSED = 0x40,

    ETLB_PADDING = 0xCD,          /* Between events. Windows leaves there what was there before. */
    ETLB_UNUSED = 0xFF,           /* Behind the last event of a buffer. */
    ETLB_PROCESSOR_ALIGNMENT = 8, /* The second byte of the byte form; no processor number. */
};

/* What TRACE_LOGFILE_HEADER says. Zero is the default of nothing: use etlb_default_options(). */
typedef struct etlb_options {
    unsigned pointer_size; /* Of the tracing system, and of events that do not say: 4 or 8. */
    uint32_t buffer_size;
    uint32_t processor_count;
    etw_clock_type clock_type;
    uint64_t frequency;  /* Of the performance counter. */
    int64_t start_raw;   /* The clock at `start_time`. */
    uint64_t start_time; /* FILETIME. */
    uint64_t end_time;   /* FILETIME. 0: the trace was never closed, and knows of one buffer. */
    uint64_t boot_time;  /* FILETIME. */
    uint32_t log_file_mode;
    const char *session_name;
    const char *log_file_name;
    int32_t utc_bias_minutes; /* UTC = local time + bias. */
    uint32_t events_lost;
    uint32_t buffers_lost;
    uint32_t timer_resolution; /* 100 ns units. */
    uint32_t maximum_file_size;
    uint32_t cpu_mhz;
    uint32_t os_build;
    uint8_t os_major, os_minor;
    uint8_t layout_major, layout_minor; /* 1.5 since Windows 7; 2.0 with compression. */
    uint16_t logger_id;
} etlb_options;

/* One processor, QPC at 10 MHz, 64 KiB buffers, 64 bits, one minute on 2026-01-05 at noon UTC. */
etlb_options etlb_default_options(void);

/* How buffers are written; may change at any time and holds for buffers closed afterwards. */
typedef struct etlb_settings {
    etlb_compression compression;
    bool byte_processor;  /* The processor as a byte, as before Windows 8; else as an index. */
    bool filetime_stamps; /* Buffers carry a FILETIME, as tools that rewrite traces do it. */
    uint32_t state;       /* WMI_BUFFER_HEADER.State; 3 by default, as everywhere. */
} etlb_settings;

typedef struct etlb_trace etlb_trace;

/* Texts in the options must outlive the trace. */
etlb_trace *etlb_create(const etlb_options *options);
void etlb_destroy(etlb_trace *trace);
etlb_settings *etlb_settings_of(etlb_trace *trace);
const etlb_options *etlb_options_of(const etlb_trace *trace);

/* The FILETIME of a raw time stamp. */
uint64_t etlb_filetime(const etlb_trace *trace, int64_t raw);

/*
 * Appends any bytes as an event to the open buffer of a processor, which is closed first if they do
 * not fit. The functions of etl_event.h end here.
 */
void etlb_append_record(etlb_trace *trace, unsigned cpu, int64_t timestamp, etw_bytes record);

/* Closes the open buffer of a processor and puts it at the end of the file; nothing if it is
 * empty. */
void etlb_flush(etlb_trace *trace, unsigned cpu);
void etlb_flush_all(etlb_trace *trace);

/* Sets flags of the open buffer of a processor, which is opened if need be: events lost, … */
void etlb_mark(etlb_trace *trace, unsigned cpu, unsigned flags);

/* The buffers in the file so far, without the first one. */
size_t etlb_buffer_count(const etlb_trace *trace);

/* Bytes that stand in the file as they are, as if they were a buffer: damage, zeros, … */
void etlb_append_junk(etlb_trace *trace, etw_bytes bytes);

/*
 * What a circular trace looks like that came to its end and went on at its beginning: the buffers
 * from `first` on stand before those before it.
 */
void etlb_wrap(etlb_trace *trace, size_t first);

/* Takes the first buffers behind that of the header out of the file, as if written over. */
void etlb_drop_first(etlb_trace *trace, size_t count);

/* Closes all buffers and starts the second run of a trace in append mode: another session writes,
 * and sequence numbers restart at 1. */
void etlb_begin_run(etlb_trace *trace, uint16_t logger_id);

/*
 * Closes all buffers and returns the file, which lives as long as the trace. Without a call of
 * etlb_set_buffers_written() the header counts the buffers, as Windows does.
 */
etw_bytes etlb_finish(etlb_trace *trace);
void etlb_set_buffers_written(etlb_trace *trace, uint32_t count);

/* How the file ends: with zeros that were allocated in advance, or cut before its end. */
void etlb_set_tail(etlb_trace *trace, size_t preallocated_size, size_t missing_size);

#endif
