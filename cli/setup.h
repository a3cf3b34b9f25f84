/* What users can say about a session that a command starts. */
#ifndef ETW_CLI_SETUP_H
#define ETW_CLI_SETUP_H

#include "cmd.h"

#include <etw/session.h>

typedef struct cli_setup {
    uint64_t buffer_size; /* 0: the default; so are the next three. */
    uint64_t minimum_buffers, maximum_buffers;
    uint64_t flush_timer; /* 100 ns. */
    unsigned clock;       /* An index of cli_clock_names. */
    unsigned existing;    /* An etw_existing. */
    const char *kernel;   /* Groups of events of Windows' kernel; NULL: none. */
} cli_setup;

extern const char *const cli_clock_names[];
extern const char *const cli_existing_names[];

/* A row of a table for a structure whose `setup` is a cli_setup. */
#define CLI_SETUP_ROW(type, name, kind, member, argument, help, choices)     \
    {                                                                        \
        name, 0, kind, offsetof(type, setup.member), argument, help, choices \
    }

#define CLI_SETUP_ROWS(type)                                                                     \
    CLI_SETUP_ROW(type, "existing", CLI_OPT_CHOICE, existing, "fail|restart|adopt",              \
                  "if there is a session of that name: fail, stop it first, or use it as it is " \
                  "(default: fail)",                                                             \
                  cli_existing_names),                                                           \
        CLI_SETUP_ROW(type, "buffer-size", CLI_OPT_SIZE, buffer_size, "SIZE",                    \
                      "of each buffer, 4K to 16M (default: 64K)", NULL),                         \
        CLI_SETUP_ROW(type, "min-buffers", CLI_OPT_NUMBER, minimum_buffers, "N",                 \
                      "buffers to begin with (default: two for each processor)", NULL),          \
        CLI_SETUP_ROW(type, "max-buffers", CLI_OPT_NUMBER, maximum_buffers, "N",                 \
                      "buffers at most (default: 22 more)", NULL),                               \
        CLI_SETUP_ROW(type, "flush-timer", CLI_OPT_DURATION, flush_timer, "DURATION",            \
                      "hand on a buffer with events after so long (default: 1s)", NULL),         \
        CLI_SETUP_ROW(type, "clock", CLI_OPT_CHOICE, clock, "qpc|system|cycles",                 \
                      "what time is taken from (default: qpc)", cli_clock_names),                \
        CLI_SETUP_ROW(type, "kernel", CLI_OPT_TEXT, kernel, "FLAG,...",                          \
                      "on Windows: events of its kernel, such as process, thread, img, disk, "   \
                      "file, net, registry, profile; docs/providers.md names all",               \
                      NULL)

/* Whether nothing was said. */
bool cli_setup_is_empty(const cli_setup *setup);

/* Fills in the options of a session. False, having said so, if something is out of range. */
bool cli_setup_apply(const cli_setup *setup, const cli_command *command,
                     etw_session_options *options);

/* Bits of the mode for a file of at most so many bytes: without them, sizes count in MB. */
uint32_t cli_setup_size_mode(uint64_t maximum_file_size);

/* Starts a session. False, having said why, if it cannot be. */
bool cli_setup_start(etw_session **out, const etw_session_options *options);

#endif
