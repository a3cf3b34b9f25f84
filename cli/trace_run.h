/* Printing the events of a session while they come. */
#ifndef ETW_CLI_TRACE_RUN_H
#define ETW_CLI_TRACE_RUN_H

#include "dump_job.h"

typedef struct trace_run {
    int64_t end_ms; /* When to end, as cli_os_now_ms() has it; INT64_MAX: never. */
    bool failed;    /* It has been said. */
} trace_run;

/*
 * Reads the session that the job's consumer has, until it is stopped, or until an interrupt, the
 * time, the number of events, or that the reader of the output has gone ends it. What was written
 * before an interrupt or the end of the time is read still.
 */
void cli_trace_events(trace_run *trace, dump_job *job);

#endif
