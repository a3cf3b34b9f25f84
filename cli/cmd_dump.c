/* `etw dump`: the events of traces, in time order, in the format asked for. */
#include "dump_run.h"

#include "losses.h"

static const cli_opt options_table[] = {
    DUMP_FORMAT_ROWS(dump_options),
    CLI_FILTER_ROWS(dump_options),
    {"tail", 0, CLI_OPT_NUMBER, offsetof(dump_options, tail), "N", "only the last N events", NULL},
    {"begin", 0, CLI_OPT_TIME, offsetof(dump_options, begin), "TIME",
     "leave out events before TIME", NULL},
    {"end", 0, CLI_OPT_TIME, offsetof(dump_options, end), "TIME",
     "leave out events at TIME and later", NULL},
    {"duration", 0, CLI_OPT_DURATION, offsetof(dump_options, duration), "DURATION",
     "leave out events DURATION after --begin (or the start) and later", NULL},
    {"unordered", 0, CLI_OPT_FLAG, offsetof(dump_options, unordered), NULL,
     "take events as they are stored, file after file, instead of sorting them by time", NULL},
    DUMP_VALUE_ROWS(dump_options),
    {0},
};

static const cli_example examples[] = {
    {"All events of a trace as JSON, one object a line", "etw dump trace.etl"},
    {"Quarter of a second of three traces, merged, for people",
     "etw dump -o text --begin 1.5s --duration 250ms a.etl b.etl c.etl"},
    {"Processes that were started, and what by",
     "etw dump -f 'event == Process/Start and ImageFileName ~ *.exe' trace.etl"},
    {"A table of two properties", "etw dump -o csv --fields time,pid,FileName,IoSize trace.etl"},
    {"Count events by provider",
     "etw dump trace.etl | jq -r .System.Provider.Name | sort | uniq -c"},
    {0},
};

static const char details[] =
    "FILE is an .etl trace, - for standard input, a folder (its .etl files), or a quoted pattern. "
    "Several traces are merged in time order. A trace that cannot be read is reported, and the "
    "others are still printed.\n\n"
    "TIME is RFC 3339 (2026-11-22T18:04:05.5Z; UTC unless it says otherwise), a FILETIME number, "
    "or a duration after the start of the earliest trace (1.5s, 250ms, 2m).\n\n" CLI_FILTER_DETAILS
    "\n\n"
    "The columns of csv are time, provider, id, version, opcode, level, pid, tid, cpu, task, "
    "opcode_name, event, class, guid, level_name, channel, keyword, activity, related, size, kind, "
    "source, file, session; data for all properties as name=value; and the names of properties, of "
    "members of structs with dots (Customer.Country). data.id is the property id where id alone is "
    "the event's.\n\n"
    "What was lost, damaged or not decoded is summed up on standard error at the end.";

static bool check_options(const dump_options *options, const cli_input *input)
{
    if (options->style.count != UINT64_MAX && options->tail != UINT64_MAX) {
        cli_say("etw dump: --count and --tail exclude each other\n");
        return false;
    }
    if (options->end.is_set && options->duration) {
        cli_say("etw dump: --end and --duration exclude each other\n");
        return false;
    }
    for (size_t i = 0; options->style.output_path && i < input->paths.count; i++) {
        if (!cli_paths_same_file(options->style.output_path, input->paths.items[i]))
            continue;
        cli_say("etw dump: --output-file %s is one of the traces to read\n",
                options->style.output_path);
        return false;
    }
    return true;
}

static int dump_input(const dump_options *options, const cli_filter *filter, cli_input *input)
{
    // Counting to N is for one thread: the others would work for nothing.
    cli_common common = options->common;
    if (options->style.count != UINT64_MAX)
        common.threads = 1;
    if (!cli_input_open(input, &common, options->unordered ? ETW_ORDER_FILE : ETW_ORDER_TIME, 0,
                        input->paths.count))
        return CLI_EXIT_FAILED;
    cli_out out;
    if (!cli_out_open(&out, options->style.output_path)) {
        cli_out_close(&out);
        return CLI_EXIT_FAILED;
    }
    etw_json_stats counts = {0};
    const bool good = dump_run(options, filter, input, &out, &counts);
    // A reader that has gone, like head, is no failure.
    const bool failed = input->failed || (!good && !out.closed);
    if (cli_out_close(&out) != CLI_EXIT_OK)
        return CLI_EXIT_FAILED;
    if (out.closed)
        return CLI_EXIT_OK;
    if (!options->common.quiet) {
        dump_style_say_unknown(&options->style, &cli_dump, filter,
                               etw_consumer_schemas(input->consumer), &counts);
        cli_losses_say(input->consumer, &counts);
    }
    return cli_losses_exit_code(input->consumer, &counts, options->common.strict, failed);
}

static int run_dump(int argc, char **argv)
{
    dump_options options = {.style = {.count = UINT64_MAX}, .tail = UINT64_MAX};
    cli_args args;
    cli_input input = {0};
    int code = cli_opt_parse(&cli_dump, argc, argv, &options, &args);
    cli_filter filter = {0};
    if (code == CLI_GO_ON)
        code = cli_input_expand(&input, &cli_dump, &args, &options.common) &&
                       dump_style_check(&options.style, &cli_dump) &&
                       check_options(&options, &input) &&
                       cli_filter_open(&filter, &cli_dump, &options.filter,
                                       (unsigned)options.style.code_page)
                   ? dump_input(&options, &filter, &input)
                   : CLI_EXIT_USAGE;
    cli_filter_close(&filter);
    cli_input_close(&input);
    cli_opt_free(&cli_dump, &options, &args);
    return code;
}

const cli_command cli_dump = {
    .name = "dump",
    .summary = "print events as JSON, text or CSV",
    .usage = "[OPTION]... FILE...",
    .details = details,
    .options = options_table,
    .examples = examples,
    .run = run_dump,
};
