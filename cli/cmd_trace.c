/* `etw trace`: the events of providers while they are written. */
#include "input.h"
#include "interrupt.h"
#include "live.h"
#include "losses.h"
#include "os.h"
#include "trace_run.h"

#include <etw/time.h>

enum {
    TICKS_PER_MS = ETW_TICKS_PER_SECOND / 1000
};

typedef struct trace_options {
    cli_common common; /* Must be first. */
    dump_style style;
    cli_filter_options filter;
    cli_setup setup;
    const char *session;
    const char *attach;
    uint64_t duration;
} trace_options;

static const cli_opt options_table[] = {
    DUMP_FORMAT_ROWS(trace_options),
    CLI_FILTER_ROW(trace_options, "filter", 'f', CLI_OPT_TEXT, expression, "EXPR", CLI_FILTER_HELP),
    {"duration", 0, CLI_OPT_DURATION, offsetof(trace_options, duration), "DURATION",
     "stop after so long", NULL},
    {"session", 's', CLI_OPT_TEXT, offsetof(trace_options, session), "NAME",
     "name of the session to start (default: one that no other command has)", NULL},
    {"attach", 0, CLI_OPT_TEXT, offsetof(trace_options, attach), "NAME",
     "start none, but print the events of this session, and leave it as it is", NULL},
    CLI_SETUP_ROWS(trace_options),
    DUMP_VALUE_ROWS(trace_options),
    {0},
};

static const cli_example examples[] = {
    {"Everything that a program writes as Demo, which need not run yet", "etw trace '*Demo'"},
    {"Warnings and worse of two providers, for people",
     "etw trace -o text '*Contoso.Shop:3' '*Contoso.Stock:3'"},
    {"Ten events that match", "etw trace '*Demo' -c 10 -f 'event == Request and Status >= 500'"},
    {"Watch a session that something else has started", "etw trace --attach s1 -o text"},
    {0},
};

static const char details[] =
    "Starts a session, enables the providers in it, and prints their events until Ctrl-C, which "
    "stops the session; a second Ctrl-C kills. Events are printed as soon as they are "
    "written.\n\n" CLI_SPECS_DETAILS "\n\n"
    "With --attach no session is started, and there are no PROVIDERs. A session that is adopted or "
    "attached to goes on at the end.\n\n"
    "What was lost or not decoded is summed up on standard error at the end.";

static bool fail_usage(const char *what)
{
    cli_say("etw trace: %s (see 'etw trace --help')\n", what);
    return false;
}

static bool check_options(const trace_options *options, const cli_args *args)
{
    if (!options->attach)
        return args->count || options->setup.kernel ||
               fail_usage("name at least one PROVIDER, or a session with --attach");
    if (args->count)
        return fail_usage("--attach prints what a session has already, and takes no PROVIDER");
    return (!options->session && cli_setup_is_empty(&options->setup)) ||
           fail_usage("--attach starts no session, and takes no options of one");
}

/* Starts the session, or only has the consumer read one. Providers are enabled last, so that
 * nothing of theirs is missed. */
static bool open_session(const trace_options *options, cli_live *live, etw_consumer *consumer)
{
    live->name = options->attach;
    if (!options->attach && !cli_live_start(live, &cli_trace))
        return false;
    live->start_ms = cli_os_now_ms();
    if (etw_failed(etw_consumer_add_session(consumer, live->name, NULL))) {
        cli_say_error(live->name, etw_consumer_error(consumer));
        return false;
    }
    return options->attach || cli_specs_enable(&live->specs, live->session, true);
}

/* Takes the losses while it was read in place of those of the session's whole life. */
static void take_losses(cli_live *live, etw_consumer *consumer)
{
    etw_trace_losses losses = {.size = sizeof losses};
    if (etw_failed(etw_consumer_get_losses(consumer, 0, &losses)))
        return;
    live->info.events_lost = losses.attached_events;
    live->info.real_time_buffers_lost = losses.attached_buffers;
}

static void say_end(const trace_options *options, const cli_filter *filter, const cli_live *live,
                    etw_consumer *consumer, const etw_json_stats *counts)
{
    dump_style_say_unknown(&options->style, &cli_trace, filter, etw_consumer_schemas(consumer),
                           counts);
    cli_losses_say_decoding(consumer, counts);
    if (live->was_stopped)
        cli_say("etw: %s: somebody else has stopped the session\n", live->name);
    cli_live_say(live, live->name, counts->events);
}

/* Everything behind the checks: the session is there in between only. */
static int trace_session(const trace_options *options, cli_filter *filter, cli_live *live,
                         etw_consumer *consumer, cli_out *out)
{
    etw_json_stats counts = {0};
    trace_run run = {INT64_MAX, false};
    dump_job job = {.style = &options->style,
                    .format = dump_format_of(&options->style),
                    .filter = filter,
                    .consumer = consumer,
                    .out = out,
                    .left = options->style.count,
                    .counts = &counts};
    cli_interrupt_catch();
    run.failed = !open_session(options, live, consumer);
    const bool is_open = !run.failed;
    filter->provider_parts = live->specs.parts;
    filter->provider_part_count = live->specs.count;
    if (options->duration)
        run.end_ms = live->start_ms + (int64_t)(options->duration / TICKS_PER_MS);
    if (is_open)
        cli_trace_events(&run, &job);
    const bool is_own = live->session && !live->is_adopted;
    run.failed |= !cli_live_stop(live);
    if (!is_own || live->was_stopped)
        take_losses(live, consumer);
    if (is_open && !options->common.quiet && !out->closed)
        say_end(options, filter, live, consumer, &counts);
    if (!run.failed && out->closed)
        return CLI_EXIT_OK;
    if (!run.failed && options->common.strict && cli_live_lost(live))
        return CLI_EXIT_STRICT;
    return cli_losses_exit_code(consumer, &counts, options->common.strict, run.failed);
}

static int run_checked(const trace_options *options, const cli_args *args, cli_filter *filter)
{
    cli_input input = {0};
    cli_live live = {.options = {.size = sizeof live.options,
                                 .name = options->session,
                                 .mode = ETW_MODE_REAL_TIME}};
    cli_out out;
    int code = CLI_EXIT_FAILED;
    cli_input_open(&input, &options->common, ETW_ORDER_TIME, 0, 0);
    const bool has_input = input.consumer && !input.failed;
    if (has_input && (!cli_setup_apply(&options->setup, &cli_trace, &live.options) ||
                      !cli_specs_parse(&live.specs, &cli_trace, args, input.schemas))) {
        code = CLI_EXIT_USAGE;
    } else if (has_input) {
        if (cli_out_open(&out, options->style.output_path))
            code = trace_session(options, filter, &live, input.consumer, &out);
        if (cli_out_close(&out) != CLI_EXIT_OK)
            code = CLI_EXIT_FAILED;
    }
    cli_live_close(&live);
    cli_input_close(&input);
    return code;
}

static int run_trace(int argc, char **argv)
{
    trace_options options = {.style = {.count = UINT64_MAX}};
    cli_args args;
    cli_filter filter = {0};
    int code = cli_opt_parse(&cli_trace, argc, argv, &options, &args);
    if (code == CLI_GO_ON)
        code = check_options(&options, &args) && dump_style_check(&options.style, &cli_trace) &&
                       cli_filter_open(&filter, &cli_trace, &options.filter,
                                       (unsigned)options.style.code_page)
                   ? run_checked(&options, &args, &filter)
                   : CLI_EXIT_USAGE;
    cli_filter_close(&filter);
    cli_opt_free(&cli_trace, &options, &args);
    return code;
}

const cli_command cli_trace = {
    .name = "trace",
    .summary = "print the events of providers while they are written",
    .usage = "[OPTION]... PROVIDER... | --attach NAME",
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_no_file = true,
    .common = CLI_COMMON_EVENTS,
    .run = run_trace,
};
