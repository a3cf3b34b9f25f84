/* `etw dump`: the events of traces, in time order, in the format asked for. */
#include "dump.h"

#include "input.h"
#include "losses.h"
#include "unknown.h"

static const char *const format_names[] = {"json", "text", "csv", "json-compact", NULL};
static const dump_format *const formats[] = {&dump_json, &dump_text, &dump_csv, &dump_json_compact};
static const char *const color_names[] = {"auto", "always", "never", NULL};

static const cli_opt options_table[] = {
    {"format", 'o', CLI_OPT_CHOICE, offsetof(dump_options, format), "json|text|csv|json-compact",
     "how to write events: JSON objects, lines for people, RFC 4180, or short JSON objects "
     "(default: json)",
     format_names},
    {"fields", 0, CLI_OPT_LIST, offsetof(dump_options, fields), "A,B,...",
     "only these top-level properties; with csv the columns, which may be nested properties too",
     NULL},
    CLI_FILTER_ROWS(dump_options),
    {"count", 'c', CLI_OPT_NUMBER, offsetof(dump_options, count), "N", "stop after N events", NULL},
    {"tail", 0, CLI_OPT_NUMBER, offsetof(dump_options, tail), "N", "only the last N events", NULL},
    {"begin", 0, CLI_OPT_TIME, offsetof(dump_options, begin), "TIME",
     "leave out events before TIME", NULL},
    {"end", 0, CLI_OPT_TIME, offsetof(dump_options, end), "TIME",
     "leave out events at TIME and later", NULL},
    {"duration", 0, CLI_OPT_DURATION, offsetof(dump_options, duration), "DURATION",
     "leave out events DURATION after --begin (or the start) and later", NULL},
    {"unordered", 0, CLI_OPT_FLAG, offsetof(dump_options, unordered), NULL,
     "take events as they are stored, file after file, instead of sorting them by time", NULL},
    {"color", 0, CLI_OPT_CHOICE, offsetof(dump_options, color), "auto|always|never",
     "color text; auto does on terminals, NO_COLOR and CLICOLOR_FORCE permitting (default: auto)",
     color_names},
    {"raw-values", 0, CLI_OPT_FLAG, offsetof(dump_options, raw_values), NULL,
     "numbers instead of the names that value maps give them", NULL},
    {"message", 0, CLI_OPT_FLAG, offsetof(dump_options, message), NULL,
     "what the provider says about the event: a key of json and json-compact, and in text in place "
     "of the properties",
     NULL},
    {"int64-strings", 0, CLI_OPT_FLAG, offsetof(dump_options, int64_strings), NULL,
     "64-bit integers as JSON strings, for readers that only know doubles", NULL},
    {"code-page", 0, CLI_OPT_NUMBER, offsetof(dump_options, code_page), "N",
     "code page of ANSI strings, for example 65001 for UTF-8 (default: 1252)", NULL},
    {"output-file", 'w', CLI_OPT_TEXT, offsetof(dump_options, output_path), "FILE",
     "write to FILE instead of standard output", NULL},
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
    const uint64_t page = options->code_page;
    if (page > UINT32_MAX || !etw_code_page_supported((unsigned)page)) {
        cli_say("etw dump: code page %llu is not supported; use 65001 (UTF-8), 437, 850, 852, 855, "
                "857, 866, 874, 28591 or 1250 to 1258\n",
                (unsigned long long)page);
        return false;
    }
    if (options->count != UINT64_MAX && options->tail != UINT64_MAX) {
        cli_say("etw dump: --count and --tail exclude each other\n");
        return false;
    }
    if (options->end.is_set && options->duration) {
        cli_say("etw dump: --end and --duration exclude each other\n");
        return false;
    }
    for (size_t i = 0; options->output_path && i < input->paths.count; i++) {
        if (!cli_paths_same_file(options->output_path, input->paths.items[i]))
            continue;
        cli_say("etw dump: --output-file %s is one of the traces to read\n", options->output_path);
        return false;
    }
    return true;
}

/* The names of --fields are those of columns only where there are columns. */
static bool check_fields(const dump_options *options)
{
    dump_column column;
    for (size_t i = 0; formats[options->format] == &dump_csv && i < options->fields.count; i++)
        if (!dump_column_make(&column, &options->fields, i))
            return false;
    return true;
}

bool dump_no_memory(void)
{
    cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
    return false;
}

/* Names that no event had are no failure, but most likely mistyped. What ended early, as it was
 * asked to, has not seen all events. */
static void say_unknown(const dump_options *options, const cli_filter *filter, cli_input *input,
                        const etw_json_stats *counts)
{
    const bool is_csv = formats[options->format] == &dump_csv;
    etw_schema_store *store = etw_consumer_schemas(input->consumer);
    if (counts->events >= options->count)
        return;
    cli_unknown_in_filter(&cli_dump, filter, store);
    for (size_t i = 0; counts->events && i < options->fields.count; i++) {
        dump_column column = {.property = options->fields.items[i]};
        if (!is_csv || (dump_column_make(&column, &options->fields, i) && column.path_count))
            cli_unknown_field(&cli_dump, column.property, is_csv, store);
    }
}

static int dump_input(const dump_options *options, const cli_filter *filter, cli_input *input)
{
    // Counting to N is for one thread: the others would work for nothing.
    cli_common common = options->common;
    if (options->count != UINT64_MAX)
        common.threads = 1;
    if (!cli_input_open(input, &common, options->unordered ? ETW_ORDER_FILE : ETW_ORDER_TIME, 0,
                        input->paths.count))
        return CLI_EXIT_FAILED;
    cli_out out;
    if (!cli_out_open(&out, options->output_path)) {
        cli_out_close(&out);
        return CLI_EXIT_FAILED;
    }
    etw_json_stats counts = {0};
    const bool good = dump_run(options, formats[options->format], filter, input, &out, &counts);
    // A reader that has gone, like head, is no failure.
    const bool failed = input->failed || (!good && !out.closed);
    if (cli_out_close(&out) != CLI_EXIT_OK)
        return CLI_EXIT_FAILED;
    if (out.closed)
        return CLI_EXIT_OK;
    if (!options->common.quiet) {
        say_unknown(options, filter, input, &counts);
        cli_losses_say(input->consumer, &counts);
    }
    return cli_losses_exit_code(input->consumer, &counts, options->common.strict, failed);
}

static int run_dump(int argc, char **argv)
{
    dump_options options = {.count = UINT64_MAX, .tail = UINT64_MAX};
    cli_args args;
    cli_input input = {0};
    int code = cli_opt_parse(&cli_dump, argc, argv, &options, &args);
    cli_filter filter = {0};
    if (code == CLI_GO_ON)
        code = cli_input_expand(&input, &cli_dump, &args, &options.common) &&
                       check_options(&options, &input) && check_fields(&options) &&
                       cli_filter_open(&filter, &cli_dump, &options.filter,
                                       (unsigned)options.code_page)
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
