/* Small things that tests of whole traces share: open one in memory, read it all, compare. */
#ifndef ETW_TEST_TRACE_RUN_H
#define ETW_TEST_TRACE_RUN_H

#include "etl_metadata.h"

#include <etw/etw.h>

/* Counts of a whole run. */
typedef struct trace_run {
    etw_status status; /* Of the step that ended it; ETW_END if all went well. */
    uint64_t events;
    uint64_t out_of_order; /* Events earlier than the one before. */
    uint64_t bad_json;     /* Lines that are no JSON; only looked for if `check_json` was asked. */
    uint64_t json_bytes;
    uint64_t schemas; /* Events that had one. */
    etw_trace_stats stats;
    etw_json_stats json;
} trace_run;

typedef struct trace_run_options {
    const etw_allocator *allocator;
    etw_order order;
    uint64_t memory_max;
    uint32_t buffer_size_max;
    uint32_t threads; /* That might work, which also decides on how buffers are handed out. */
    bool without_schemas;
    bool check_json;
} trace_run_options;

/* Reads a trace to its end: consumer, store, JSON writer. `options` may be NULL. */
trace_run trace_run_all(etw_bytes trace, const trace_run_options *options);

/* A consumer over one trace in memory with the default options; ends the program on failure. */
etw_consumer *trace_open(etw_bytes trace);

/* An EVENT_HEADER event with id and payload, at a time behind the start of the trace. */
void trace_add_event(etlb_trace *trace, unsigned cpu, int64_t raw, uint16_t id);

/* A sequence of pseudo-random numbers; the state must not be zero. */
uint32_t trace_random(uint32_t *state);

#endif
