/* Messages on stderr. stdout is for data only. */
#ifndef ETW_CLI_SAY_H
#define ETW_CLI_SAY_H

#include <etw/status.h>

/* By the rules of C, also where a C library has others: MinGW replaces its functions. */
#if defined(__clang__)
#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#elif defined(__GNUC__)
#define CLI_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define CLI_PRINTF(text, first)
#endif

/* Writes to stderr, after taking the progress bar off the screen. */
void cli_say(const char *text, ...) CLI_PRINTF(1, 2);

/* "etw: NAME: what went wrong (at byte N)". */
void cli_say_error(const char *name, const etw_error *error);

enum {
    CLI_PLACE_TEXT_SIZE = 40
};

/* " (at byte N)", or "" if the failure has no place or its message names it. */
const char *cli_error_place(const etw_error *error, char out[CLI_PLACE_TEXT_SIZE]);

/* Explains why writing to stdout failed, by errno; the exit code for that. */
int cli_stdout_failed(void);

#endif
