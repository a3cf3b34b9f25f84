/*
 * Traces of any length whose events are an ordinary mix, the same in every run, for what can only
 * be seen on many events: what each one costs, and what memory reading takes.
 */
#ifndef LONG_TRACE_H
#define LONG_TRACE_H

#include "etl_compress.h"

#include <stdio.h>

typedef struct long_trace_options {
    uint64_t size; /* Bytes of all buffers before they are compressed, about. */
    unsigned cpu_count;
    uint32_t buffer_size;
    etlb_compression compression;
    /* Bytes after which the same events come again, with later times; 0: never. */
    uint64_t period;
    /* The last processor writes few events, over the whole time, into one buffer: the last one. */
    bool has_quiet_cpu;
} long_trace_options;

/* Writes a trace piece by piece, so that it takes little memory; returns the number of events. */
uint64_t long_trace_write(FILE *out, const long_trace_options *options);

#endif
