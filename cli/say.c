#include "say.h"

#include "cmd.h"
#include "os.h"
#include "progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cli_say(const char *text, ...)
{
    cli_progress_clear();
    va_list arguments;
    va_start(arguments, text);
    vfprintf(stderr, text, arguments);
    va_end(arguments);
}

const char *cli_error_place(const etw_error *error, char out[CLI_PLACE_TEXT_SIZE])
{
    out[0] = 0;
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, error->offset);
    if (error->offset != ETW_NO_OFFSET && !strstr(error->message, digits))
        snprintf(out, CLI_PLACE_TEXT_SIZE, " (at byte %s)", digits);
    return out;
}

void cli_say_error(const char *name, const etw_error *error)
{
    const char *what = error->message[0] ? error->message : etw_status_text(error->status);
    // Some messages begin with the name already.
    const bool named = strncmp(what, name, strlen(name)) == 0;
    char place[CLI_PLACE_TEXT_SIZE];
    cli_say("etw: %s%s%s%s\n", named ? "" : name, named ? "" : ": ", what,
            cli_error_place(error, place));
}

int cli_stdout_failed(void)
{
    if (cli_os_reader_has_gone())
        return CLI_EXIT_OK;
    cli_say("etw: cannot write to standard output: %s\n", cli_os_failure());
    return CLI_EXIT_FAILED;
}
