/*
 * Traces of any size for measurements, made by our own builder from a recipe: a unit of some
 * megabytes is written field by field, and then repeated with later times.
 */
#ifndef MIXED_TRACE_H
#define MIXED_TRACE_H

#include <etw/base.h>
#include <stdio.h>

typedef enum mixed_kind {
    MIXED_PLAIN,    /* 8 processors, as a session writes it and a tool merges it. */
    MIXED_PACKED,   /* The same, compressed with XPRESS. */
    MIXED_WORST_8,  /* Every event comes from the next of 8 processors. */
    MIXED_WORST_64, /* … of 64. */
    MIXED_QUIET,    /* 64 processors; one has so little to do that its buffer spans the trace. */
    MIXED_KIND_COUNT
} mixed_kind;

/* "plain", "packed", "worst8", …; NULL if there is no such kind. */
const char *mixed_kind_name(mixed_kind kind);

typedef struct mixed_trace mixed_trace;

/* `size` is what the trace has at least before compression, in bytes. */
mixed_trace *mixed_trace_create(mixed_kind kind, size_t size);
void mixed_trace_destroy(mixed_trace *trace);

/* The next part of the file, empty at its end. Valid until the next call. */
etw_bytes mixed_trace_next(mixed_trace *trace);

/* All of it, malloc'ed. */
etw_bytes mixed_trace_in_memory(mixed_kind kind, size_t size);

#endif
