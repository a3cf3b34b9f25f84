/*
 * Options of the command line. A command declares its options as a table; parsing, --help, the
 * man page and the completion scripts are all made from it.
 */
#ifndef ETW_CLI_OPT_H
#define ETW_CLI_OPT_H

#include <etw/base.h>

typedef enum cli_opt_kind {
    CLI_OPT_FLAG,     /* bool */
    CLI_OPT_TEXT,     /* const char * */
    CLI_OPT_NUMBER,   /* uint64_t */
    CLI_OPT_SIZE,     /* uint64_t, bytes: 64K, 16M, 1G */
    CLI_OPT_DURATION, /* uint64_t, 100 ns: 250ms, 1.5s, 2m */
    CLI_OPT_TIME,     /* cli_time */
    CLI_OPT_CHOICE,   /* unsigned, the index in `choices` */
    CLI_OPT_LIST,     /* cli_list: A,B or repeated */
    CLI_OPT_TEXTS,    /* cli_list: repeated, each taken as it is */
} cli_opt_kind;

/* A point in time as given by the user. */
typedef struct cli_time {
    bool is_set;
    bool is_relative; /* `ticks` count from the start of the trace. */
    uint64_t ticks;   /* 100 ns; FILETIME if absolute. */
} cli_time;

/* Views into argv, in an array of the list's own. */
typedef struct cli_list {
    etw_str *items;
    size_t count;
} cli_list;

/* One row of a table, which ends with a row without a name. */
typedef struct cli_opt {
    const char *name; /* Without the dashes. */
    char letter;      /* 0 if there is none. */
    cli_opt_kind kind;
    size_t offset; /* Of the value in the command's structure of options. */
    const char *argument;
    const char *help;
    const char *const *choices; /* Ends with NULL. */
} cli_opt;

/* What several commands understand; the first member of every structure of options. */
typedef struct cli_common {
    bool help;
    bool quiet;
    bool recursive;
    bool strict;
    cli_list schemas; /* Paths, or lists of them. */
    uint64_t threads; /* 0: one for each processor. */
    uint64_t memory;
} cli_common;

/* Which of these a command has: one of them and all behind it. */
typedef enum cli_common_from {
    CLI_COMMON_FILES = 0,  /* It reads traces. */
    CLI_COMMON_EVENTS = 3, /* It takes events, but not from files. */
    CLI_COMMON_SCHEMAS,    /* It needs names of providers. */
    CLI_COMMON_ALL,
} cli_common_from;

typedef struct cli_command cli_command;

/* What is left of argv: the operands, in an array of their own. */
typedef struct cli_args {
    const char **items;
    size_t count;
} cli_args;

/* Returned by cli_opt_parse() when the command shall run; else it is the exit code. */
enum {
    CLI_GO_ON = -1
};

/*
 * Reads the arguments of a command into `options`, which begins with a cli_common and is zeroed.
 * Prints help or what is wrong. `argv[0]` is the command's name.
 */
int cli_opt_parse(const cli_command *command, int argc, char **argv, void *options, cli_args *args);

/* Frees the lists in `options` and the operands. */
void cli_opt_free(const cli_command *command, void *options, cli_args *args);

/* Finds the row of a long name among the command's and the common options, or NULL. */
const cli_opt *cli_opt_find(const cli_command *command, etw_str name);

/* Calls `use` for every option of a command, its own ones first. */
void cli_opt_each(const cli_command *command, void (*use)(const cli_opt *opt, void *user),
                  void *user);

/* The values of single options; false if the text is none. */
bool cli_parse_number(const char *text, uint64_t *out);
bool cli_parse_size(const char *text, uint64_t *out);
bool cli_parse_duration(const char *text, uint64_t *out);
bool cli_parse_time(const char *text, cli_time *out);

#endif
