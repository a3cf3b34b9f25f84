/* `etw record`: the events of providers into an .etl file. */
#include "cmd.h"

#include "interrupt.h"
#include "record_run.h"
#include "say.h"

#include <string.h>

static const cli_opt options_table[] = {
    {"output-file", 'w', CLI_OPT_TEXT, offsetof(record_options, path), "FILE",
     "the .etl file to write", NULL},
    {"session", 's', CLI_OPT_TEXT, offsetof(record_options, session), "NAME",
     "name of the session to start (default: one that no other command has)", NULL},
    {"duration", 0, CLI_OPT_DURATION, offsetof(record_options, duration), "DURATION",
     "stop after so long", NULL},
    {"count", 'c', CLI_OPT_NUMBER, offsetof(record_options, count), "N",
     "stop after N events, or some more: they are counted ten times a second", NULL},
    {"max-size", 0, CLI_OPT_SIZE, offsetof(record_options, maximum_size), "SIZE",
     "stop when FILE has this size", NULL},
    {"circular", 0, CLI_OPT_FLAG, offsetof(record_options, circular), NULL,
     "at --max-size go on in place of the oldest events", NULL},
    {"rotate", 0, CLI_OPT_TEXT, offsetof(record_options, rotate), "SIZE[,COUNT]",
     "go on in a new file at each SIZE, and keep the last COUNT of them (default: all); they are "
     "numbered where FILE has %d, or before its .etl",
     NULL},
    {"append", 0, CLI_OPT_FLAG, offsetof(record_options, append), NULL,
     "add to FILE if it is there", NULL},
    {"compress", 0, CLI_OPT_FLAG, offsetof(record_options, compress), NULL, "compress buffers",
     NULL},
    CLI_SETUP_ROWS(record_options),
    {0},
};

static const cli_example examples[] = {
    {"Ten seconds of a program's events",
     "etw record '*Demo' -w demo.etl --duration 10s && etw dump demo.etl"},
    {"The last 64 MiB, until Ctrl-C", "etw record '*Demo:5' -w last.etl --circular --max-size 64M"},
    {"Files of 100 MiB, of which ten are kept",
     "etw record '*Contoso.Shop' -w 'shop-%d.etl' --rotate 100M,10"},
    {0},
};

static const char details[] =
    "Starts a session that writes FILE, enables the providers in it, and stops it on Ctrl-C; a "
    "second Ctrl-C kills. What was written until then is in FILE however the command "
    "ends.\n\n" CLI_SPECS_DETAILS "\n\n"
    "What was lost is summed up on standard error at the end.";

static bool fail_usage(const char *what)
{
    cli_say("etw record: %s (see 'etw record --help')\n", what);
    return false;
}

/* SIZE[,COUNT] */
static bool parse_rotation(record_options *options)
{
    char size[32] = "";
    const char *comma = options->rotate ? strchr(options->rotate, ',') : NULL;
    if (!options->rotate)
        return true;
    const size_t length = comma ? (size_t)(comma - options->rotate) : strlen(options->rotate);
    if (length < sizeof size)
        memcpy(size, options->rotate, length);
    if (!cli_parse_size(size, &options->rotate_size) || options->rotate_size == 0)
        return fail_usage("--rotate needs a size such as 64M, or 64M,10 to keep ten files");
    if (comma && (!cli_parse_number(comma + 1, &options->rotate_count) || !options->rotate_count))
        return fail_usage("--rotate keeps at least one file, as in 64M,10");
    return true;
}

static bool check_options(record_options *options, const cli_args *args)
{
    if (!options->path)
        return fail_usage("name the file to write with -w FILE");
    if (!args->count && !options->setup.kernel)
        return fail_usage("name at least one PROVIDER");
    if (options->circular + (options->rotate != NULL) + options->append > 1)
        return fail_usage("--circular, --rotate and --append exclude each other");
    if (options->circular && !options->maximum_size)
        return fail_usage("--circular needs --max-size");
    if (options->rotate && options->maximum_size)
        return fail_usage("--rotate has a size of its own, and excludes --max-size");
    if (options->setup.existing == ETW_EXISTING_ADOPT)
        return fail_usage("a session that is adopted would not write FILE");
    return parse_rotation(options);
}

static int run_record(int argc, char **argv)
{
    record_options options = {.count = UINT64_MAX};
    cli_args args;
    int code = cli_opt_parse(&cli_record, argc, argv, &options, &args);
    if (code == CLI_GO_ON)
        code = check_options(&options, &args) ? cli_record_run(&options, &args) : CLI_EXIT_USAGE;
    cli_opt_free(&cli_record, &options, &args);
    return code;
}

const cli_command cli_record = {
    .name = "record",
    .summary = "write the events of providers into a file",
    .usage = "[OPTION]... PROVIDER... -w FILE",
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_no_file = true,
    .common = CLI_COMMON_EVENTS,
    .run = run_record,
};
