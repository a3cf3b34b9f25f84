/* `etw sessions`: the sessions of this user, or of this machine. */
#include "cmd.h"
#include "out.h"
#include "sessions_show.h"
#include "setup.h"
#include "specs.h"
#include "suggest.h"

#include <etw/time.h>

typedef struct sessions_options {
    cli_common common; /* Must be first. */
    bool json;
    const char *path;
    uint64_t maximum_size;
    bool circular;
    bool append;
    bool buffering;
    bool real_time;
    cli_list disabled;
    cli_setup setup;
} sessions_options;

static const cli_opt options_table[] = {
    {"json", 0, CLI_OPT_FLAG, offsetof(sessions_options, json), NULL,
     "one JSON object a session and line", NULL},
    {"log-file", 'w', CLI_OPT_TEXT, offsetof(sessions_options, path), "FILE",
     "of start: write this file; of update: go on in this file", NULL},
    {"max-size", 0, CLI_OPT_SIZE, offsetof(sessions_options, maximum_size), "SIZE",
     "of start: end the file at this size", NULL},
    {"circular", 0, CLI_OPT_FLAG, offsetof(sessions_options, circular), NULL,
     "of start: at --max-size go on in place of the oldest events", NULL},
    {"append", 0, CLI_OPT_FLAG, offsetof(sessions_options, append), NULL,
     "of start: add to FILE if it is there", NULL},
    {"buffering", 0, CLI_OPT_FLAG, offsetof(sessions_options, buffering), NULL,
     "of start: keep the last events in memory, and write FILE when flushed", NULL},
    {"real-time", 0, CLI_OPT_FLAG, offsetof(sessions_options, real_time), NULL,
     "of start: serve consumers too, not only FILE", NULL},
    {"disable", 0, CLI_OPT_TEXTS, offsetof(sessions_options, disabled), "PROVIDER",
     "of update: disable this provider; may be repeated", NULL},
    CLI_SETUP_ROWS(sessions_options),
    {0},
};

static const cli_example examples[] = {
    {"What runs", "etw sessions list"},
    {"A session in the background, watched for a while, and stopped",
     "etw sessions start s1 '*Demo' && etw trace --attach s1 --duration 5s; etw sessions stop s1"},
    {"Sessions that lose events",
     "etw sessions list --json | jq -r 'select(.events_lost > 0).name'"},
    {"Tidy up after programs that were killed", "etw sessions prune"},
    {0},
};

static const char details[] =
    "list shows all sessions, query NAME... all about some.\n\n"
    "start NAME [PROVIDER...] starts a session that goes on by itself: in memory for consumers "
    "such as etw trace --attach, or with --log-file into a file.\n\n"
    "update NAME [PROVIDER...] enables providers or changes how they are enabled, disables others, "
    "and changes --max-buffers, --flush-timer and --log-file.\n\n"
    "flush NAME... hands on what was written so far. stop NAME... ends sessions, and completes "
    "their files.\n\n"
    "prune stops sessions that no process controls, consumes, fills or writes any more, and "
    "completes the files of those whose processes all died.\n\n" CLI_SPECS_DETAILS;

static int fail_usage(const char *what)
{
    cli_say("etw sessions: %s (see 'etw sessions --help')\n", what);
    return CLI_EXIT_USAGE;
}

/* ---- Showing ---- */

static void add_info(cli_text *text, const sessions_options *options, const etw_session_info *info)
{
    if (options->json)
        cli_sessions_add_json(text, info);
    else
        cli_sessions_add_report(text, info);
}

static int run_list(const sessions_options *options, const cli_args *args)
{
    (void)args;
    cli_text text = {0};
    etw_session_list *list;
    etw_error error;
    if (etw_failed(etw_session_list_create(&list, ETW_BACKEND_DEFAULT, &error))) {
        cli_say_error("cannot list sessions", &error);
        return CLI_EXIT_FAILED;
    }
    const size_t count = etw_session_list_count(list);
    if (count && !options->json)
        cli_sessions_add_heading(&text);
    for (size_t i = 0; i < count; i++) {
        if (options->json)
            cli_sessions_add_json(&text, etw_session_list_at(list, i));
        else
            cli_sessions_add_row(&text, etw_session_list_at(list, i));
    }
    etw_session_list_destroy(&list);
    if (!count && !options->common.quiet)
        cli_say("etw sessions: there is none\n");
    const int code = cli_out_text(&text, CLI_EXIT_OK);
    cli_text_free(&text);
    return code;
}

/* Does something with each session that is named; the others go on if one fails. */
static int each_session(const sessions_options *options, const cli_args *args,
                        etw_status (*use)(etw_session *session, etw_session_info *info), bool shows)
{
    cli_text text = {0};
    int code = CLI_EXIT_OK;
    for (size_t i = 0; i < args->count; i++) {
        etw_session_info info = {.size = sizeof info};
        etw_session *session = NULL;
        etw_error error;
        etw_status status = etw_session_attach(&session, args->items[i], &error);
        if (!etw_failed(status)) {
            status = use(session, &info);
            error = *etw_session_error(session);
        }
        if (etw_failed(status)) {
            cli_say_error(args->items[i], &error);
            code = CLI_EXIT_FAILED;
        } else if (shows) {
            add_info(&text, options, &info);
        }
        etw_session_close(&session);
    }
    code = cli_out_text(&text, code);
    cli_text_free(&text);
    return code;
}

static int run_query(const sessions_options *options, const cli_args *args)
{
    return each_session(options, args, etw_session_query, true);
}

/* ---- Changing ---- */

static int run_stop(const sessions_options *options, const cli_args *args)
{
    return each_session(options, args, etw_session_stop, options->json);
}

static etw_status flush(etw_session *session, etw_session_info *info)
{
    const etw_status status = etw_session_flush(session);
    return etw_failed(status) ? status : etw_session_query(session, info);
}

static int run_flush(const sessions_options *options, const cli_args *args)
{
    return each_session(options, args, flush, options->json);
}

/* Shows a session if that was asked for. */
static int show(const sessions_options *options, etw_session *session)
{
    cli_text text = {0};
    etw_session_info info = {.size = sizeof info};
    if (!options->json)
        return CLI_EXIT_OK;
    if (etw_failed(etw_session_query(session, &info))) {
        cli_say_error(etw_session_name(session), etw_session_error(session));
        return CLI_EXIT_FAILED;
    }
    cli_sessions_add_json(&text, &info);
    const int code = cli_out_text(&text, CLI_EXIT_OK);
    cli_text_free(&text);
    return code;
}

static uint32_t start_mode(const sessions_options *options)
{
    uint32_t mode = options->real_time || !options->path ? ETW_MODE_REAL_TIME : 0;
    if (options->circular)
        mode |= ETW_MODE_CIRCULAR;
    else if (options->buffering)
        mode |= ETW_MODE_BUFFERING;
    else if (options->path)
        mode |= ETW_MODE_SEQUENTIAL;
    if (options->append)
        mode |= ETW_MODE_APPEND;
    return mode | cli_setup_size_mode(options->maximum_size);
}

static int start(const sessions_options *options, const etw_session_options *session_options,
                 cli_specs *specs)
{
    etw_session *session;
    if (!cli_setup_start(&session, session_options))
        return CLI_EXIT_FAILED;
    int code = CLI_EXIT_FAILED;
    if (cli_specs_enable(specs, session, false))
        code = show(options, session);
    else if (session_options->existing != ETW_EXISTING_ADOPT)
        etw_session_stop(session, NULL);
    etw_session_close(&session);
    return code;
}

static int run_start(const sessions_options *options, const cli_args *args)
{
    const cli_args providers = {args->items + 1, args->count - 1};
    etw_session_options session = {.size = sizeof session,
                                   .name = args->items[0],
                                   .log_file = options->path,
                                   .maximum_file_size = options->maximum_size,
                                   .mode = start_mode(options)};
    cli_specs specs = {0};
    int code = CLI_EXIT_USAGE;
    if (!options->path && (options->circular || options->append || options->maximum_size))
        return fail_usage("--circular, --append and --max-size need --log-file FILE");
    if (options->circular && !options->maximum_size)
        return fail_usage("--circular needs --max-size");
    if (cli_setup_apply(&options->setup, &cli_sessions, &session) &&
        cli_specs_read(&specs, &cli_sessions, &providers, &options->common))
        code = start(options, &session, &specs);
    cli_specs_free(&specs);
    return code;
}

/* Disables the providers of --disable. */
static bool disable(const sessions_options *options, etw_session *session)
{
    for (size_t i = 0; i < options->disabled.count; i++) {
        // An item of such a list is a whole argument, and so ends with a zero.
        const char *name = options->disabled.items[i].data;
        etw_guid provider;
        etw_error error;
        if (etw_failed(etw_provider_resolve(&provider, name, NULL, &error))) {
            cli_say_error(name, &error);
            return false;
        }
        if (etw_failed(etw_session_disable(session, &provider))) {
            cli_say_error(name, etw_session_error(session));
            return false;
        }
    }
    return true;
}

static int update(const sessions_options *options, const char *name, cli_specs *specs,
                  const etw_session_options *changes)
{
    const etw_session_update_options update = {
        .size = sizeof update,
        .maximum_buffers = changes->maximum_buffers,
        .flush_timer_ms = changes->flush_timer_ms,
        .log_file = options->path,
        .set_kernel_flags = options->setup.kernel != NULL,
        .kernel_flags = changes->kernel_flags,
    };
    const bool has_changes = update.maximum_buffers || update.flush_timer_ms || update.log_file ||
                             update.set_kernel_flags;
    etw_session *session;
    etw_error error;
    if (etw_failed(etw_session_attach(&session, name, &error))) {
        cli_say_error(name, &error);
        return CLI_EXIT_FAILED;
    }
    int code = CLI_EXIT_FAILED;
    if (has_changes && etw_failed(etw_session_update(session, &update)))
        cli_say_error(name, etw_session_error(session));
    else if (cli_specs_enable(specs, session, false) && disable(options, session))
        code = show(options, session);
    etw_session_close(&session);
    return code;
}

static int run_update(const sessions_options *options, const cli_args *args)
{
    const cli_args providers = {args->items + 1, args->count - 1};
    etw_session_options changes = {.size = sizeof changes};
    cli_specs specs = {0};
    int code = CLI_EXIT_USAGE;
    if (cli_setup_apply(&options->setup, &cli_sessions, &changes) &&
        cli_specs_read(&specs, &cli_sessions, &providers, &options->common))
        code = update(options, args->items[0], &specs, &changes);
    cli_specs_free(&specs);
    return code;
}

/* What prune adds to. */
typedef struct pruned {
    cli_text text;
    bool json;
} pruned;

static void add_pruned(void *user, const etw_session_info *info)
{
    pruned *all = user;
    if (all->json) {
        cli_sessions_add_json(&all->text, info);
        return;
    }
    const size_t start = all->text.size;
    cli_text_add_z(&all->text, info->name);
    cli_text_clean_from(&all->text, start);
    cli_text_add_char(&all->text, '\n');
}

static int run_prune(const sessions_options *options, const cli_args *args)
{
    (void)args;
    pruned all = {.json = options->json};
    etw_error error;
    int code = CLI_EXIT_OK;
    if (etw_failed(etw_session_prune(ETW_BACKEND_DEFAULT, add_pruned, &all, &error))) {
        cli_say_error("cannot prune sessions", &error);
        code = CLI_EXIT_FAILED;
    }
    code = cli_out_text(&all.text, code);
    cli_text_free(&all.text);
    return code;
}

/* ---- The verbs ---- */

typedef struct verb {
    const char *name;
    int (*run)(const sessions_options *options, const cli_args *args);
    bool takes_names;
} verb;

static const verb verbs[] = {
    {"list", run_list, false},   {"query", run_query, true},   {"start", run_start, true},
    {"stop", run_stop, true},    {"update", run_update, true}, {"flush", run_flush, true},
    {"prune", run_prune, false},
};

static const char *const verb_names[] = {"list",   "query", "start", "stop",
                                         "update", "flush", "prune", NULL};

static const verb *find_verb(const char *name)
{
    cli_suggest suggest;
    cli_suggest_begin(&suggest, (etw_str){name, strlen(name)});
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
        cli_suggest_add_z(&suggest, verbs[i].name);
    }
    char nearest[CLI_SUGGEST_TEXT_SIZE];
    cli_say("etw sessions: unknown verb '%s'%s (see 'etw sessions --help')\n", name,
            cli_suggest_text(&suggest, "", nearest));
    return NULL;
}

/* Whether the options are those of the verb: what is left without them is nothing. */
static bool check_options(const verb *chosen, const sessions_options *options)
{
    sessions_options rest = *options;
    if (chosen->run == run_start)
        rest = (sessions_options){.disabled = options->disabled};
    if (chosen->run == run_update) {
        rest.path = NULL;
        rest.disabled.count = 0;
        rest.setup.maximum_buffers = rest.setup.flush_timer = 0;
        rest.setup.kernel = NULL;
    }
    if (cli_setup_is_empty(&rest.setup) && !rest.path && !rest.maximum_size && !rest.circular &&
        !rest.append && !rest.buffering && !rest.real_time && !rest.disabled.count)
        return true;
    cli_say("etw sessions: some of these options are not for %s (see 'etw sessions --help')\n",
            chosen->name);
    return false;
}

static int run_verb(const sessions_options *options, const cli_args *args)
{
    if (args->count == 0)
        return fail_usage("name what to do: list, query, start, stop, update, flush or prune");
    const verb *chosen = find_verb(args->items[0]);
    const cli_args rest = {args->items + 1, args->count - 1};
    if (!chosen || !check_options(chosen, options))
        return CLI_EXIT_USAGE;
    if (chosen->takes_names && rest.count == 0)
        return fail_usage("name the session");
    if (!chosen->takes_names && rest.count > 0)
        return fail_usage("list and prune are for all sessions, and take no NAME");
    return chosen->run(options, &rest);
}

static int run_sessions(int argc, char **argv)
{
    sessions_options options = {0};
    cli_args args;
    int code = cli_opt_parse(&cli_sessions, argc, argv, &options, &args);
    if (code == CLI_GO_ON)
        code = run_verb(&options, &args);
    cli_opt_free(&cli_sessions, &options, &args);
    return code;
}

const cli_command cli_sessions = {
    .name = "sessions",
    .summary = "list, start, change and stop sessions",
    .usage = "list|query|start|stop|update|flush|prune [OPTION]... [NAME]... [PROVIDER]...",
    .verbs = verb_names,
    .details = details,
    .options = options_table,
    .examples = examples,
    .takes_no_file = true,
    .common = CLI_COMMON_SCHEMAS,
    .run = run_sessions,
};
