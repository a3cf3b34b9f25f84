/*
 * What the command asks of the operating system. Each of the folders posix/ and win/ implements it,
 * under the same file names; the build picks one. Paths, arguments and variables are UTF-8.
 */
#ifndef ETW_CLI_OS_H
#define ETW_CLI_OS_H

#include <etw/base.h>

/* ---- main.c: the entry ---- */

/* The command itself, called by the entry with the arguments in UTF-8. Standard output and error
 * take bytes as they are. */
int cli_main(int argc, char **argv);

/* ---- environment.c ---- */

/* A variable of the environment, or NULL; valid until the process ends. */
const char *cli_os_variable(const char *name);

/* The folder in which programs keep what they can make anew, of this user; false if there is none
 * or it does not fit. */
bool cli_os_cache_folder(char *out, size_t size);

/* ---- terminal.c ---- */

/* Whether a descriptor leads to somebody who looks at it. */
bool cli_os_is_terminal(int descriptor);

/* Whether terminals know the sequences that colours are made with. */
bool cli_os_has_colors(void);

/* Milliseconds of a clock that is never set. */
int64_t cli_os_now_ms(void);

/* ---- files.c ---- */

typedef struct cli_file_info {
    bool is_file; /* With bytes that can be read again. */
    bool is_folder;
    bool is_link;            /* The name leads there by a link. */
    uint64_t volume, number; /* The same for all names of a file. */
    int64_t changed;         /* Seconds since 1970. */
} cli_file_info;

/* What a path leads to; links are followed. False if there is nothing. */
bool cli_os_look(const char *path, cli_file_info *out);

/* Takes a name; false ends the listing, for want of memory. */
typedef bool (*cli_os_taker)(void *user, const char *name);

typedef enum cli_os_listing {
    CLI_OS_LISTED,
    CLI_OS_STOPPED, /* By the taker. */
    CLI_OS_UNREADABLE,
    CLI_OS_NO_MATCH
} cli_os_listing;

/* The names in a folder, with "." and "..", in any order. */
cli_os_listing cli_os_list(const char *path, cli_os_taker take, void *user);

/* The paths that match a pattern with "*", "?" and, where the shell has them, sets in brackets;
 * sorted. */
cli_os_listing cli_os_match(const char *pattern, cli_os_taker take, void *user);

/* Removes a file; whether it was there is all the same. */
void cli_os_remove(const char *path);

/* Compares names without regard to the case of ASCII letters. */
bool cli_os_ends_with(const char *name, const char *ending);

/* ---- output.c ---- */

/* A descriptor of a new file, which replaces one of that name; negative if that failed. */
int cli_os_create(const char *path);

/* How many bytes were written, at least one; negative if that failed. */
int64_t cli_os_write(int descriptor, const char *data, size_t size);

bool cli_os_close(int descriptor);

/* Whether it is a pipe whose reader has gone, as far as that can be told without writing. */
bool cli_os_is_unread(int descriptor);

/* A pipe that holds more wakes its reader less often. */
void cli_os_widen_pipe(int descriptor);

/* Why a call of these, or one of stdio, has just failed. */
const char *cli_os_failure(void);

/* Whether that was because the reader of a pipe has gone. */
bool cli_os_reader_has_gone(void);

/* ---- process.c ---- */

uint32_t cli_os_process_id(void);

/* Sleeps; an interrupt may end it early. */
void cli_os_sleep_ms(int64_t duration_ms);

/* From now on the first request to end calls `note`, in a signal handler or another thread, and
 * only the second one ends the process. */
void cli_os_catch_interrupts(void (*note)(void));

#endif
