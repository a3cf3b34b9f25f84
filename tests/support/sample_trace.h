/*
 * The sample trace: ten seconds of a small shop on a machine with four processors.
 *
 * It is shipped for users to try the tools on, and has a bit of everything: kernel events of
 * processes, threads, images, disk, network and profiling with stacks; a TraceLogging provider; an
 * EventSource with its manifest; a manifest provider with the metadata that merging adds. Every
 * run makes the same bytes.
 */
#ifndef SAMPLE_TRACE_H
#define SAMPLE_TRACE_H

#include "etl_writer.h"

typedef enum sample_kind {
    SAMPLE_PLAIN,      /* As a session writes it. */
    SAMPLE_COMPRESSED, /* With XPRESS, as a merging tool does: the one that is shipped. */
    SAMPLE_X86,        /* Of a 32-bit system. */
    SAMPLE_CIRCULAR,   /* A circular trace that lost its first seconds. */
    SAMPLE_UNCLOSED,   /* The machine stopped: no end, wrong counters, a buffer cut in two. */
    SAMPLE_KIND_COUNT
} sample_kind;

/* "plain", "compressed", …; NULL if there is no such kind. */
const char *sample_kind_name(sample_kind kind);

/* Appends the trace to `out`. */
void sample_trace_build(etlb_writer *out, sample_kind kind);

#endif
