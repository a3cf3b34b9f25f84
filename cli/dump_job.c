#include "dump_job.h"

#include <stdlib.h>

bool dump_no_memory(void)
{
    cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    return false;
}

void *dump_job_begin_thread(void *user)
{
    const dump_job *job = user;
    dump_state *dump = calloc(1, sizeof *dump);
    if (!dump)
        return NULL;
    dump->style = job->style;
    const cli_color_when when =
        job->format == &dump_text ? (cli_color_when)job->style->color : CLI_COLOR_NEVER;
    dump->colors = cli_colors_for(when, job->out->is_terminal);
    dump->format = (etw_format){.size = sizeof dump->format,
                                .code_page = (unsigned)job->style->code_page,
                                .raw_values = job->style->raw_values};
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

void dump_job_end_thread(void *user, void *local)
{
    const dump_job *job = user;
    dump_state *dump = local;
    job->format->finish(dump);
    add_counts(job->counts, &dump->counts);
    free(dump->ends.items);
    free(dump);
}

/* Formats one event, and remembers where its text ends if that will matter. */
static bool format_event(const dump_job *job, dump_state *dump, const etw_event *event,
                         const etw_schema *schema)
{
    if (!job->format->event(dump, event, schema))
        return false;
    if (!job->has_tail || dump_ends_add(&dump->ends, job->format->pending(dump).size))
        return true;
    return dump_no_memory();
}

etw_flow dump_job_format(void *user, void *local, const etw_batch *batch)
{
    dump_job *job = user;
    const bool limited = job->style->count != UINT64_MAX;
    for (size_t i = 0; i < batch->count; i++) {
        const etw_event *event = &batch->events[i];
        const etw_schema *schema;
        if (limited && job->left == 0)
            return ETW_FLOW_STOP;
        if (!cli_filter_pass(job->filter, job->consumer, event, &schema))
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

etw_flow dump_job_commit(void *user, void *local)
{
    dump_job *job = user;
    dump_state *dump = local;
    const etw_str text = job->format->pending(dump);
    if (!job->has_tail)
        write_text(job, text);
    else if (!dump_tail_add(&job->tail, text, &dump->ends))
        job->failed = !dump_no_memory();
    job->format->clear(dump);
    dump->ends.count = 0;
    return job->failed ? ETW_FLOW_STOP : ETW_FLOW_NEXT;
}

bool dump_job_begin(dump_job *job)
{
    if (!job->format->head)
        return true;
    dump_state *dump = dump_job_begin_thread(job);
    const bool good =
        dump && job->format->head(dump) && write_text(job, job->format->pending(dump));
    if (dump)
        dump_job_end_thread(job, dump);
    return good;
}

void dump_job_end(dump_job *job)
{
    if (job->has_tail && !job->failed)
        write_text(job, dump_tail_text(&job->tail));
    dump_tail_free(&job->tail);
}
