#include "trace_run.h"

#include "interrupt.h"
#include "os.h"
#include "say.h"

#include <etw/time.h>

enum {
    STEP_MS = 250,    /* How long to wait for events before looking at the output. */
    FINISH_MS = 3000, /* How long what was written may take to arrive. */
};

/* Formats a batch and lets its reader see it at once. False if nothing more is wanted. */
static bool take_batch(dump_job *job, dump_state *state, const etw_batch *batch)
{
    const etw_flow flow = dump_job_format(job, state, batch);
    return dump_job_commit(job, state) == ETW_FLOW_NEXT && cli_out_flush(job->out) &&
           flow == ETW_FLOW_NEXT && job->left > 0;
}

/* Lets the events come to their end, also in the handler of a signal. */
static void finish(void *consumer)
{
    etw_consumer_finish(consumer, NULL, FINISH_MS);
}

/* How long to wait for events before something else is to be done; 0: the time is over. */
static uint32_t step_of(const trace_run *trace)
{
    if (trace->end_ms == INT64_MAX)
        return STEP_MS;
    const int64_t left_ms = trace->end_ms - cli_os_now_ms();
    return left_ms < STEP_MS ? (uint32_t)(left_ms > 0 ? left_ms : 0) : STEP_MS;
}

/* Reads to the end, or until nothing more is wanted. */
static void follow(trace_run *trace, dump_job *job, dump_state *state)
{
    while (job->left > 0) {
        const etw_batch *batch;
        uint32_t step_ms = step_of(trace);
        if (step_ms == 0) {
            finish(job->consumer);
            trace->end_ms = INT64_MAX;
            step_ms = STEP_MS;
        }
        const etw_status status = etw_consumer_wait_batch(job->consumer, &batch, step_ms);
        if (status == ETW_OK ? !take_batch(job, state, batch) : status != ETW_AGAIN) {
            trace->failed |= etw_failed(status);
            if (etw_failed(status))
                cli_say_error("reading stopped", etw_consumer_error(job->consumer));
            return;
        }
        if (status == ETW_AGAIN && cli_out_is_closed(job->out))
            return;
    }
}

void cli_trace_events(trace_run *trace, dump_job *job)
{
    dump_state *state = dump_job_begin(job) ? dump_job_begin_thread(job) : NULL;
    if (state && cli_out_flush(job->out)) {
        cli_interrupt_call(finish, job->consumer);
        follow(trace, job, state);
        cli_interrupt_call(NULL, NULL);
    }
    trace->failed |= !state || (job->failed && !job->out->closed);
    if (state)
        dump_job_end_thread(job, state);
}
