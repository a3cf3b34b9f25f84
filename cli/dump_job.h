/*
 * Formatting and writing batches of events. Each thread formats into memory of its own, and what it
 * has formatted is written by one thread at a time. The functions are those of an etw_work, whose
 * user is the job; what has one thread calls them itself.
 */
#ifndef ETW_CLI_DUMP_JOB_H
#define ETW_CLI_DUMP_JOB_H

#include "dump.h"
#include "out.h"

#include <stdatomic.h>

typedef struct dump_job {
    const dump_style *style;
    const dump_format *format;
    const cli_filter *filter;
    etw_consumer *consumer;
    cli_out *out;
    uint64_t left;      /* Events to write still; only one thread counts. UINT64_MAX: all. */
    atomic_bool failed; /* Memory or the output; it has been said. */
    bool has_tail;      /* Only the last events are written, by dump_job_end(). */
    dump_tail tail;
    etw_json_stats *counts; /* Gets what the threads counted. */
} dump_job;

/* Writes what comes before all events, also where there are none. */
bool dump_job_begin(dump_job *job);

/* A dump_state, or NULL, having said why. */
void *dump_job_begin_thread(void *job);
void dump_job_end_thread(void *job, void *state);

/* Formats the events that pass the filter; stops behind the last one wanted. */
etw_flow dump_job_format(void *job, void *state, const etw_batch *batch);

/* Writes what a thread has formatted, or keeps it as long as it may be the last. */
etw_flow dump_job_commit(void *job, void *state);

/* Writes the last events, if they are what is wanted, and frees them. */
void dump_job_end(dump_job *job);

#endif
