/* `etw stats`: decodes everything and counts it. */
#include "stats.h"

#include "filter.h"
#include "input.h"
#include "out.h"
#include "unknown.h"

typedef struct stats_options {
    cli_common common; /* Must be first. */
    bool json;
    bool unordered;
    cli_filter_options filter;
} stats_options;

static const cli_opt options_table[] = {
    {"json", 0, CLI_OPT_FLAG, offsetof(stats_options, json), NULL, "one JSON object", NULL},
    CLI_FILTER_ROWS(stats_options),
    {"unordered", 0, CLI_OPT_FLAG, offsetof(stats_options, unordered), NULL,
     "take events as they are stored, as counting always does; for the sake of dump", NULL},
    {0},
};

static const cli_example examples[] = {
    {"What is in a trace", "etw stats trace.etl"},
    {"Check in a script that nothing is lost and everything decodes",
     "etw stats --strict --json trace.etl"},
    {"The ten most frequent events of a folder",
     "etw stats --json traces/ | jq -c '[.providers[].events[]] | sort_by(-.count)[:10][]'"},
    {0},
};

static const char details[] =
    "Reads traces, decodes every event and counts events by provider, class, id, version, opcode "
    "and task, with what could not be decoded and why, losses and damage. Rows are sorted by "
    "count.\n\n"
    "FILE is an .etl trace, - for standard input, a folder (its .etl files), or a quoted pattern. "
    "Several traces are counted together.\n\n" CLI_FILTER_DETAILS
    " Losses and header kinds are always those of whole traces.";

void stats_header_kinds(const etw_consumer *consumer, uint64_t out[ETW_HEADER_KIND_COUNT])
{
    for (unsigned kind = 0; kind < ETW_HEADER_KIND_COUNT; kind++) {
        out[kind] = 0;
        for (size_t i = 0; i < etw_consumer_trace_count(consumer); i++)
            out[kind] += etw_consumer_trace_stats(consumer, i)->header_kinds[kind];
    }
}

uint64_t stats_rate(const tally_counts *tally)
{
    const uint64_t ticks = tally->last_time - tally->first_time;
    if (ticks == 0)
        return 0;
    return (uint64_t)((double)tally->total.count * 10.0 * ETW_TICKS_PER_SECOND / (double)ticks);
}

static bool count_events(tally_counts *tally, const cli_filter *filter, cli_input *input)
{
    const etw_batch *batch;
    while (cli_input_next(input, &batch)) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            const etw_schema *schema;
            if (cli_filter_pass(filter, input->consumer, event, &schema) &&
                !tally_add(tally, event, schema))
                return false;
        }
    }
    return true;
}

static bool make_text(cli_text *text, const stats_options *options, cli_input *input,
                      const tally_counts *tally)
{
    tally_report report;
    if (!tally_report_make(&report, tally))
        return false;
    const stats_facts stats = {
        .consumer = input->consumer,
        .tally = tally,
        .report = &report,
        .losses = cli_losses_of_all(input->consumer),
    };
    if (options->json)
        stats_add_json(text, &stats);
    else
        stats_add_text(text, &stats);
    tally_report_free(&report);
    return !text->failed;
}

static int print_stats(const stats_options *options, const cli_filter *filter, cli_input *input)
{
    if (!cli_input_open(input, &options->common, ETW_ORDER_FILE, 0, input->paths.count))
        return CLI_EXIT_FAILED;
    tally_counts tally;
    cli_text text = {0};
    tally_begin(&tally);
    bool good = count_events(&tally, filter, input) && make_text(&text, options, input, &tally);
    if (!good)
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    cli_out out;
    good = good && cli_out_open(&out, NULL);
    if (good) {
        cli_out_write(&out, text.data, text.size);
        good = cli_out_close(&out) == CLI_EXIT_OK;
    }
    if (good && !options->common.quiet)
        cli_unknown_in_filter(&cli_stats, filter, etw_consumer_schemas(input->consumer));
    const etw_json_stats decoded = {
        .without_schema = tally.without_schema,
        .errors = tally.total.errors,
    };
    cli_text_free(&text);
    tally_end(&tally);
    return cli_losses_exit_code(input->consumer, &decoded, options->common.strict,
                                input->failed || !good);
}

static int run_stats(int argc, char **argv)
{
    stats_options options = {0};
    cli_args args;
    cli_input input = {0};
    int code = cli_opt_parse(&cli_stats, argc, argv, &options, &args);
    cli_filter filter = {0};
    if (code == CLI_GO_ON)
        code = cli_input_expand(&input, &cli_stats, &args, &options.common) &&
                       cli_filter_open(&filter, &cli_stats, &options.filter, 0)
                   ? print_stats(&options, &filter, &input)
                   : CLI_EXIT_USAGE;
    cli_filter_close(&filter);
    cli_input_close(&input);
    cli_opt_free(&cli_stats, &options, &args);
    return code;
}

const cli_command cli_stats = {
    .name = "stats",
    .summary = "count events by provider and event, and what did not decode",
    .usage = "[OPTION]... FILE...",
    .details = details,
    .options = options_table,
    .examples = examples,
    .run = run_stats,
};
