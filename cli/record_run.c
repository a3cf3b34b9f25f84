#include "record_run.h"

#include "interrupt.h"
#include "os.h"
#include "say.h"
#include "text.h"

#include <etw/time.h>

#include <stdio.h>
#include <time.h>

enum {
    STEP_MS = 100, /* Between looks at what has been written. */
    TICKS_PER_MS = ETW_TICKS_PER_SECOND / 1000,
    PATH_SIZE = 4096
};

/* The files of a rotation: those that may be there, of which the first ones go. */
typedef struct rotation {
    const char *pattern; /* With a %d; NULL if there is one file only. */
    uint64_t kept;       /* 0: all. */
    int64_t start;       /* Older files are those of others. */
    unsigned first, last;
} rotation;

/* Where FILE has no %d, files are numbered before its suffix. */
static bool make_pattern(const char *path, cli_text *out)
{
    const char *suffix = strrchr(path, '.'), *folder = strrchr(path, '/');
    if (!suffix || (folder && suffix < folder))
        suffix = path + strlen(path);
    if (strstr(path, "%d"))
        suffix = path;
    else
        cli_text_printf(out, "%.*s-%%d", (int)(suffix - path), path);
    cli_text_add_z(out, suffix);
    cli_text_add_char(out, '\0');
    return !out->failed;
}

/* The name of file `number`; false if it is too long. */
static bool file_name(const rotation *files, unsigned number, char out[PATH_SIZE])
{
    const char *at = strstr(files->pattern, "%d");
    const int size = snprintf(out, PATH_SIZE, "%.*s%u%s", (int)(at - files->pattern),
                              files->pattern, number, at + 2);
    return size > 0 && size < PATH_SIZE;
}

/* Removes files that are more than those to keep. */
static void rotate(rotation *files)
{
    char name[PATH_SIZE];
    cli_file_info info;
    while (file_name(files, files->last + 1, name) && cli_os_look(name, &info) &&
           info.changed >= files->start)
        files->last++;
    for (; files->kept && files->last - files->first >= files->kept; files->first++)
        if (file_name(files, files->first, name))
            cli_os_remove(name);
}

/* Whether the file has no more room: its session goes on, and loses what comes. */
static bool is_full(const record_options *options, const cli_live *live)
{
    return options->maximum_size && !options->circular && live->info.events_lost;
}

/* Waits until the recording is to end. */
static void wait_for_end(const record_options *options, cli_live *live, rotation *files)
{
    const int64_t length_ms = (int64_t)(options->duration / TICKS_PER_MS);
    while (!cli_interrupted()) {
        int64_t step_ms = STEP_MS;
        if (options->duration) {
            const int64_t left_ms = live->start_ms + length_ms - cli_os_now_ms();
            if (left_ms <= 0)
                return;
            step_ms = left_ms < STEP_MS ? left_ms : STEP_MS;
        }
        cli_os_sleep_ms(step_ms);
        if (files->pattern)
            rotate(files);
        if (!cli_live_query(live) || live->info.events >= options->count || is_full(options, live))
            return;
    }
}

static void fill_options(const record_options *options, etw_session_options *session)
{
    session->name = options->session;
    session->log_file = options->path;
    session->maximum_file_size = options->maximum_size;
    session->mode = ETW_MODE_SEQUENTIAL;
    if (options->circular)
        session->mode = ETW_MODE_CIRCULAR;
    if (options->append)
        session->mode = ETW_MODE_SEQUENTIAL | ETW_MODE_APPEND;
    if (options->rotate) {
        session->mode = ETW_MODE_NEW_FILE;
        session->maximum_file_size = options->rotate_size;
    }
    if (options->compress)
        session->mode |= ETW_MODE_COMPRESSED;
    session->mode |= cli_setup_size_mode(session->maximum_file_size);
}

static int record(const record_options *options, cli_live *live, rotation *files)
{
    cli_interrupt_catch();
    if (!cli_live_start(live, &cli_record))
        return CLI_EXIT_FAILED;
    bool good = cli_specs_enable(&live->specs, live->session, false);
    if (good)
        wait_for_end(options, live, files);
    good = cli_live_stop(live) && good;
    if (files->pattern)
        rotate(files);
    if (!good)
        return CLI_EXIT_FAILED;
    if (!options->common.quiet && live->was_stopped) {
        cli_say("etw: %s: somebody else has stopped the session; 'etw info' tells what it has\n",
                options->path);
    } else if (!options->common.quiet) {
        cli_live_say(live, options->path, live->info.events);
        if (is_full(options, live))
            cli_say("etw: %s: it has --max-size\n", options->path);
    }
    return options->common.strict && cli_live_lost(live) ? CLI_EXIT_STRICT : CLI_EXIT_OK;
}

int cli_record_run(const record_options *options, const cli_args *args)
{
    cli_live live = {.options = {.size = sizeof live.options}};
    rotation files = {.kept = options->rotate_count, .start = (int64_t)time(NULL), .first = 1};
    cli_text pattern = {0};
    int code = CLI_EXIT_USAGE;
    fill_options(options, &live.options);
    if (options->rotate && make_pattern(options->path, &pattern))
        live.options.log_file = files.pattern = pattern.data;
    if (pattern.failed) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        code = CLI_EXIT_FAILED;
    } else if (cli_setup_apply(&options->setup, &cli_record, &live.options) &&
               cli_specs_read(&live.specs, &cli_record, args, &options->common)) {
        code = record(options, &live, &files);
    }
    cli_live_close(&live);
    cli_text_free(&pattern);
    return code;
}
