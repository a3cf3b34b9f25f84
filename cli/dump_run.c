/*
 * Formatting and writing events. Each thread formats batches into memory of its own; the library
 * has the results written one after another, in the order of the events.
 */
#include "dump.h"

#include "say.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct dump_job {
    const dump_options *options;
    const dump_format *format;
    const cli_filter *filter;
    cli_input *input;
    cli_out *out;
    uint64_t left;      /* Events to write still; only one thread counts. */
    atomic_bool failed; /* Memory or the output; it has been said. */
    dump_tail tail;     /* Of --tail. */
    etw_json_stats *counts;
} dump_job;

static void *begin_thread(void *user)
{
    const dump_job *job = user;
    dump_state *dump = calloc(1, sizeof *dump);
    if (!dump)
        return NULL;
    dump->options = job->options;
    const cli_color_when when =
        job->format == &dump_text ? (cli_color_when)job->options->color : CLI_COLOR_NEVER;
    dump->colors = cli_colors_for(when, job->out->is_terminal);
    dump->format = (etw_format){.size = sizeof dump->format,
                                .code_page = (unsigned)job->options->code_page,
                                .raw_values = job->options->raw_values};
    if (job->format->begin(dump))
        return dump;
    job->format->finish(dump);
    free(dump);
    return NULL;
}

static void add_counts(etw_json_stats *to, const etw_json_stats *from)
{
    to->events += from->events;
    to->decoded += from->decoded;
    to->without_schema += from->without_schema;
    to->errors += from->errors;
    to->trailing += from->trailing;
    to->trailing_bytes += from->trailing_bytes;
}

static void end_thread(void *user, void *local)
{
    const dump_job *job = user;
    dump_state *dump = local;
    job->format->finish(dump);
    add_counts(job->counts, &dump->counts);
    free(dump->ends.items);
    free(dump);
}

static bool has_tail(const dump_job *job)
{
    return job->options->tail != UINT64_MAX;
}

/* Formats one event, and remembers where its text ends if that will matter. */
static bool format_event(const dump_job *job, dump_state *dump, const etw_event *event,
                         const etw_schema *schema)
{
    if (!job->format->event(dump, event, schema))
        return false;
    if (!has_tail(job) || dump_ends_add(&dump->ends, job->format->pending(dump).size))
        return true;
    return dump_no_memory();
}

/* Formats the events that pass the filter. */
static etw_flow format_batch(void *user, void *local, const etw_batch *batch)
{
    dump_job *job = user;
    const bool limited = job->options->count != UINT64_MAX;
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        const etw_schema *schema;
        if (limited && job->left == 0)
            return ETW_FLOW_STOP;
        if (!cli_filter_pass(job->filter, job->input->consumer, event, &schema))
            continue;
        if (!format_event(job, local, event, schema)) {
            job->failed = true;
            return ETW_FLOW_STOP;
        }
        if (limited)
            job->left--;
    }
    return ETW_FLOW_NEXT;
}

static bool write_text(dump_job *job, etw_str text)
{
    if (!cli_out_write(job->out, text.data, text.size))
        job->failed = true;
    return !job->failed;
}

/* Writes what a thread has formatted, or keeps it as long as it may be the last. */
static etw_flow commit(void *user, void *local)
{
    dump_job *job = user;
    dump_state *dump = local;
    const etw_str text = job->format->pending(dump);
    if (!has_tail(job))
        write_text(job, text);
    else if (!dump_tail_add(&job->tail, text, &dump->ends))
        job->failed = !dump_no_memory();
    job->format->clear(dump);
    dump->ends.count = 0;
    return job->failed ? ETW_FLOW_STOP : ETW_FLOW_NEXT;
}

/* Writes what comes before all events, also where there are none. */
static bool write_head(dump_job *job)
{
    if (!job->format->head)
        return true;
    dump_state *dump = begin_thread(job);
    const bool good =
        dump && job->format->head(dump) && write_text(job, job->format->pending(dump));
    if (dump)
        end_thread(job, dump);
    return good;
}

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
static etw_status limit_reading(const dump_job *job)
{
    etw_consumer *consumer = job->input->consumer;
    span s = span_of(job->options, job->input);
    if (has_tail(job) && !job->filter->count && !job->options->unordered && s.end == UINT64_MAX) {
        uint64_t begin;
        const etw_status status = etw_consumer_tail_time(consumer, job->options->tail, &begin);
        if (etw_failed(status))
            return status;
        s.begin = begin > s.begin ? begin : s.begin;
    }
    // For the consumer an end of 0 is none, and no span of time is empty by itself.
    if (s.end <= s.begin)
        s.begin = s.end = 1;
    return etw_consumer_set_time_range(consumer, s.begin, s.end);
}

bool dump_run(const dump_options *options, const dump_format *format, const cli_filter *filter,
              cli_input *input, cli_out *out, etw_json_stats *counts)
{
    dump_job job = {.options = options,
                    .format = format,
                    .filter = filter,
                    .input = input,
                    .out = out,
                    .left = options->count,
                    .tail = {.limit = options->tail},
                    .counts = counts};
    const etw_work work = {.size = sizeof work,
                           .user = &job,
                           .on_thread_begin = begin_thread,
                           .on_thread_end = end_thread,
                           .on_batch = format_batch,
                           .on_commit = commit};
    if (!write_head(&job))
        return false;
    etw_status status = limit_reading(&job);
    if (!etw_failed(status))
        status = etw_consumer_process(input->consumer, &work);
    if (etw_failed(status)) {
        cli_say_error("reading stopped", etw_consumer_error(input->consumer));
        input->failed = true;
    }
    if (has_tail(&job) && !job.failed)
        write_text(&job, dump_tail_text(&job.tail));
    dump_tail_free(&job.tail);
    return !job.failed && !etw_failed(status);
}
