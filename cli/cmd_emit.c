/* `etw emit`: writes events from the shell. */
#include "cmd.h"
#include "emit_run.h"
#include "os.h"

#include <etw/time.h>

#include <inttypes.h>
#include <stdio.h>

enum {
    LEVEL_DEFAULT = 5,
    WAIT_DEFAULT_MS = 5000,
    TICKS_PER_MS = ETW_TICKS_PER_SECOND / 1000
};

typedef struct emit_options {
    cli_common common; /* Must be first. */
    const char *name;
    uint64_t level;
    const char *keyword;
    uint64_t mask; /* Of `keyword`. */
    uint64_t count;
    uint64_t rate;
    const char *wait;
    uint64_t wait_ms; /* Of `wait`. */
} emit_options;

static const cli_opt options_table[] = {
    {"name", 'n', CLI_OPT_TEXT, offsetof(emit_options, name), "EVENT", "name of the event", NULL},
    {"level", 0, CLI_OPT_NUMBER, offsetof(emit_options, level), "N",
     "1 critical, 2 error, 3 warning, 4 information, 5 verbose (default: 5)", NULL},
    {"keyword", 0, CLI_OPT_TEXT, offsetof(emit_options, keyword), "MASK",
     "keywords, such as 0x10 (default: 0)", NULL},
    {"count", 'c', CLI_OPT_NUMBER, offsetof(emit_options, count), "N",
     "write each event N times (default: 1)", NULL},
    {"rate", 0, CLI_OPT_NUMBER, offsetof(emit_options, rate), "N",
     "write at most N events a second", NULL},
    {"wait", 0, CLI_OPT_TEXT, offsetof(emit_options, wait), "SECONDS",
     "wait at most so long for a session that enables PROVIDER (default: 5)", NULL},
    {"strict", 0, CLI_OPT_FLAG, offsetof(emit_options, common.strict), NULL,
     "exit with 3 if there was no room for events, or nobody wanted them any more", NULL},
    {0},
};

static const cli_example examples[] = {
    {"An event with two fields, for those who trace '*Demo'",
     "etw emit Demo --name Hello x:u32=7 who=world"},
    {"Load for a test", "etw emit Demo --name Tick --count 100000 --rate 1000 value:f64=0.5"},
    {"Events from another program", "jq -c '{\"@name\": .type, \"user\": .user, \"size:u32\": "
                                    ".size}' log.ndjson | etw emit Log -"},
    {0},
};

static const char details[] =
    "Registers PROVIDER, waits until a session has enabled it, and writes an event that describes "
    "itself. A name stands for the GUID that EventSource and TraceLogging make of it; etw trace "
    "'*NAME' enables it.\n\n"
    "FIELD:TYPE=VALUE is a field. TYPE is i8 i16 i32 i64 u8 u16 u32 u64, x8 x16 x32 x64 (shown in "
    "hexadecimal digits), f32 f64 bool, str (UTF-8) str16 (UTF-16) ansi char json xml, bin "
    "(hexadecimal digits), guid filetime sid ipv4 ipv6 port ptr pid tid win32error ntstatus or "
    "hresult; without one it is str. TYPE[] is an array of numbers, with commas between "
    "them.\n\n"
    "With - in place of fields each line of standard input is a JSON object whose members are the "
    "fields of an event: numbers are i64, u64 or f64, others str and bool; arrays and objects are "
    "arrays and structs; null is left out. A name may give a type, as in \"x:u32\". The members "
    "@name, @level and @keyword take the place of the options.\n\n"
    "Events for which there was no room are counted on standard error. If nobody enables PROVIDER "
    "in time, nothing is written, and the exit code is 1.";

static bool fail_usage(const char *what)
{
    cli_say("etw emit: %s (see 'etw emit --help')\n", what);
    return false;
}

static bool parse_wait(emit_options *options)
{
    uint64_t value;
    options->wait_ms = WAIT_DEFAULT_MS;
    if (!options->wait)
        return true;
    const bool is_number = cli_parse_number(options->wait, &value);
    if (is_number && value < INT32_MAX)
        options->wait_ms = value * 1000;
    else if (!is_number && cli_parse_duration(options->wait, &value))
        options->wait_ms = value / TICKS_PER_MS;
    else
        return fail_usage("--wait needs seconds, or a duration such as 250ms");
    return true;
}

static bool check_options(emit_options *options, const cli_args *args)
{
    if (args->count == 0)
        return fail_usage("name the PROVIDER");
    const bool from_stdin = args->count > 1 && strcmp(args->items[1], "-") == 0;
    if (from_stdin && args->count > 2)
        return fail_usage("with - the fields come from standard input alone");
    if (!from_stdin && !options->name)
        return fail_usage("name the event with --name EVENT");
    if (options->level > UINT8_MAX)
        return fail_usage("--level goes to 255");
    if (options->keyword && !cli_emit_mask(options->keyword, &options->mask))
        return fail_usage("--keyword needs a number such as 0x10");
    return parse_wait(options);
}

/* What holds unless a line says something else. */
static void begin(emit_event *event, const emit_options *options)
{
    event->level = (uint8_t)options->level;
    event->keyword = options->mask;
}

/* The next line, with its line feed; false at the end. */
static bool read_line(cli_text *line)
{
    char piece[4096];
    line->size = 0;
    while (fgets(piece, sizeof piece, stdin)) {
        cli_text_add_z(line, piece);
        if (line->size && line->data[line->size - 1] == '\n')
            break;
    }
    return line->size > 0 && !line->failed;
}

static bool is_blank(const cli_text *line)
{
    for (size_t i = 0; i < line->size; i++)
        if (!strchr(" \t\r\n", line->data[i]))
            return false;
    return true;
}

/* Writes the events of standard input. A line that is wrong is said and left out. */
static bool write_lines(emit_run *run, emit_event *event, const emit_options *options)
{
    cli_text line = {0};
    bool good = true;
    for (uint64_t number = 1; !run->failed && read_line(&line); number++) {
        if (is_blank(&line))
            continue;
        begin(event, options);
        if (cli_emit_json(event, options->name, line.data, line.size)) {
            cli_emit_write(run, event);
            continue;
        }
        cli_say("etw emit: line %" PRIu64 ": %s\n", number, event->problem.message);
        good = false;
    }
    if (ferror(stdin) || line.failed)
        cli_say("etw emit: cannot read standard input: %s\n",
                line.failed ? etw_status_text(ETW_E_NOMEM) : cli_os_failure());
    good = good && !ferror(stdin) && !line.failed && !run->failed;
    cli_text_free(&line);
    return good;
}

static void say_count(uint64_t count, const char *singular, const char *plural)
{
    if (count)
        cli_say("etw emit: %" PRIu64 " %s\n", count, count == 1 ? singular : plural);
}

static int finish(const emit_run *run, const emit_options *options, bool good)
{
    const bool was_unheard = !run->is_enabled && run->unwanted > 0;
    if (was_unheard)
        cli_say("etw emit: no session enabled %s in time; nothing was written\n", run->name);
    else if (!options->common.quiet)
        say_count(run->unwanted, "event that no session wanted any more",
                  "events that no session wanted any more");
    if (!options->common.quiet)
        say_count(run->lost, "event lost: there was no room", "events lost: there was no room");
    if (!good || was_unheard)
        return CLI_EXIT_FAILED;
    return options->common.strict && (run->lost || run->unwanted) ? CLI_EXIT_STRICT : CLI_EXIT_OK;
}

static int emit(const emit_options *options, const cli_args *args, emit_event *event)
{
    emit_run run = {.repetitions = options->count, .rate = options->rate};
    const bool from_stdin = args->count > 1 && strcmp(args->items[1], "-") == 0;
    begin(event, options);
    if (!from_stdin &&
        !cli_emit_arguments(event, options->name, args->items + 1, args->count - 1)) {
        cli_say("etw emit: %s\n", event->problem.message);
        return CLI_EXIT_USAGE;
    }
    bool good = cli_emit_open(&run, args->items[0], options->wait_ms);
    if (good)
        good = from_stdin ? write_lines(&run, event, options) : cli_emit_write(&run, event);
    const int code = finish(&run, options, good);
    cli_emit_close(&run);
    return code;
}

static int run_emit(int argc, char **argv)
{
    emit_options options = {.level = LEVEL_DEFAULT, .count = 1};
    cli_args args;
    emit_event event = {0};
    int code = cli_opt_parse(&cli_emit, argc, argv, &options, &args);
    if (code == CLI_GO_ON && !check_options(&options, &args))
        code = CLI_EXIT_USAGE;
    else if (code == CLI_GO_ON)
        code = cli_emit_event_open(&event) ? emit(&options, &args, &event) : CLI_EXIT_FAILED;
    cli_emit_event_close(&event);
    cli_opt_free(&cli_emit, &options, &args);
    return code;
}

const cli_command cli_emit = {
    .name = "emit",
    .summary = "write events, from arguments or lines of JSON",
    .usage = "[OPTION]... PROVIDER [FIELD:TYPE=VALUE]... | PROVIDER -",
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_no_file = true,
    .common = CLI_COMMON_ALL,
    .run = run_emit,
};
