/* `etw info`: what the header of a trace says, and what reading it adds. */
#include "info.h"

#include "input.h"
#include "out.h"

typedef struct info_options {
    cli_common common; /* Must be first. */
    bool json;
} info_options;

static const cli_opt options_table[] = {
    {"json", 0, CLI_OPT_FLAG, offsetof(info_options, json), NULL,
     "one JSON object a trace and line", NULL},
    {0},
};

static const cli_example examples[] = {
    {"About a trace", "etw info trace.etl"},
    {"The traces of a folder that lost events",
     "etw info --json traces/ | jq -r 'select(.lost.events > 0).path'"},
    {0},
};

static const char details[] =
    "Tells when, where and how a trace was made, how many events it holds, which schemas it "
    "carries "
    "and what is lost or damaged. The whole trace is read, but its payloads are not decoded.\n\n"
    "FILE is an .etl trace, - for standard input, a folder (its .etl files), or a quoted pattern.";

/* Reads the only trace of the input to its end. */
static void read_trace(cli_input *input, info_facts *info)
{
    const etw_batch *batch;
    while (cli_input_next(input, &batch)) {
        for (size_t i = 0; i < batch->count; i++) {
            const etw_event *event = &batch->events[i];
            const etw_schema *schema = etw_consumer_schema(input->consumer, event);
            info->events_by_source[schema ? schema->source : ETW_SCHEMA_NONE]++;
            if (info->first_time == 0 || event->timestamp < info->first_time)
                info->first_time = event->timestamp;
            if (event->timestamp > info->last_time)
                info->last_time = event->timestamp;
        }
    }
    info->header = etw_consumer_trace_info(input->consumer, 0);
    info->stats = etw_consumer_trace_stats(input->consumer, 0);
    info->losses = cli_losses_of_all(input->consumer);
    info->schemas = etw_schema_store_get_stats(etw_consumer_schemas(input->consumer));
}

/* Every trace has a consumer of its own, so that its schemas are told apart. */
static bool print_trace(const info_options *options, cli_input *input, size_t index, cli_out *out,
                        bool *lossy)
{
    bool good = true;
    if (cli_input_open(input, &options->common, ETW_ORDER_FILE, index, index + 1)) {
        info_facts info = {0};
        cli_text text = {0};
        read_trace(input, &info);
        *lossy = *lossy || cli_losses_any(&info.losses);
        if (options->json)
            info_add_json(&text, &info);
        else
            info_add_text(&text, &info);
        good = !text.failed && cli_out_write(out, text.data, text.size);
        if (text.failed)
            cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        cli_text_free(&text);
    }
    cli_input_end(input);
    return good;
}

static int print_input(const info_options *options, cli_input *input)
{
    cli_out out;
    bool lossy = false;
    bool good = cli_out_open(&out, NULL);
    for (size_t i = 0; good && i < input->paths.count; i++) {
        if (i > 0 && !options->json)
            good = cli_out_write(&out, "\n", 1);
        good = good && print_trace(options, input, i, &out, &lossy);
    }
    const bool failed = !out.closed && (input->failed || !good);
    if (cli_out_close(&out) != CLI_EXIT_OK || failed)
        return CLI_EXIT_FAILED;
    return options->common.strict && lossy ? CLI_EXIT_STRICT : CLI_EXIT_OK;
}

static int run_info(int argc, char **argv)
{
    info_options options = {0};
    cli_args args;
    cli_input input = {0};
    int code = cli_opt_parse(&cli_info, argc, argv, &options, &args);
    if (code == CLI_GO_ON)
        code = cli_input_expand(&input, &cli_info, &args, &options.common)
                   ? print_input(&options, &input)
                   : CLI_EXIT_USAGE;
    cli_input_close(&input);
    cli_opt_free(&cli_info, &options, &args);
    return code;
}

const cli_command cli_info = {
    .name = "info",
    .summary = "tell what a trace is and what it holds",
    .usage = "[OPTION]... FILE...",
    .details = details,
    .options = options_table,
    .examples = examples,
    .run = run_info,
};
