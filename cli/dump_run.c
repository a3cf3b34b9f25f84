/* Reading traces for `etw dump`: which part of them, and in which threads. */
#include "dump_run.h"

#include "dump_job.h"

/* A span of FILETIMEs; `end` is UINT64_MAX if there is none. */
typedef struct span {
    uint64_t begin, end;
} span;

static span span_of(const dump_options *options, const cli_input *input)
{
    static const cli_time START = {.is_relative = true};
    span s = {cli_input_time(input, &options->begin), UINT64_MAX};
    if (options->end.is_set) {
        s.end = cli_input_time(input, &options->end);
    } else if (options->duration) {
        const uint64_t from = options->begin.is_set ? s.begin : cli_input_time(input, &START);
        s.end = options->duration < UINT64_MAX - from ? from + options->duration : UINT64_MAX;
    }
    return s;
}

/*
 * Has the consumer read no more than is asked for. The last events of all are known by the times of
 * buffers alone, so that most of a large trace need not be formatted; which ones pass a filter, or
 * come last in the order of files, is seen at the end only.
 */
static etw_status limit_reading(const dump_job *job, const dump_options *options,
                                const cli_input *input)
{
    span s = span_of(options, input);
    if (job->has_tail && !job->filter->count && !options->unordered && s.end == UINT64_MAX) {
        uint64_t begin;
        const etw_status status = etw_consumer_tail_time(job->consumer, options->tail, &begin);
        if (etw_failed(status))
            return status;
        s.begin = begin > s.begin ? begin : s.begin;
    }
    // For the consumer an end of 0 is none, and no span of time is empty by itself.
    if (s.end <= s.begin)
        s.begin = s.end = 1;
    return etw_consumer_set_time_range(job->consumer, s.begin, s.end);
}

bool dump_run(const dump_options *options, const cli_filter *filter, cli_input *input, cli_out *out,
              etw_json_stats *counts)
{
    dump_job job = {.style = &options->style,
                    .format = dump_format_of(&options->style),
                    .filter = filter,
                    .consumer = input->consumer,
                    .out = out,
                    .left = options->style.count,
                    .has_tail = options->tail != UINT64_MAX,
                    .tail = {.limit = options->tail},
                    .counts = counts};
    const etw_work work = {.size = sizeof work,
                           .user = &job,
                           .on_thread_begin = dump_job_begin_thread,
                           .on_thread_end = dump_job_end_thread,
                           .on_batch = dump_job_format,
                           .on_commit = dump_job_commit};
    if (!dump_job_begin(&job))
        return false;
    etw_status status = limit_reading(&job, options, input);
    if (!etw_failed(status))
        status = etw_consumer_process(input->consumer, &work);
    if (etw_failed(status)) {
        cli_say_error("reading stopped", etw_consumer_error(input->consumer));
        input->failed = true;
    }
    dump_job_end(&job);
    return !job.failed && !etw_failed(status);
}
