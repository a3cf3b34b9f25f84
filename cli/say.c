#include "say.h"

#include "cmd.h"
#include "progress.h"

#include <errno.h>
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

void cli_say_error(const char *name, const etw_error *error)
{
    const char *what = error->message[0] ? error->message : etw_status_text(error->status);
    // Some messages begin with the name already.
    const bool named = strncmp(what, name, strlen(name)) == 0;
    char place[40] = "";
    if (error->offset != ETW_NO_OFFSET)
        snprintf(place, sizeof place, " (at byte %" PRIu64 ")", error->offset);
    cli_say("etw: %s%s%s%s\n", named ? "" : name, named ? "" : ": ", what, place);
}

int cli_stdout_failed(void)
{
    if (errno == EPIPE)
        return CLI_EXIT_OK;
    cli_say("etw: cannot write to standard output: %s\n", strerror(errno));
    return CLI_EXIT_FAILED;
}
