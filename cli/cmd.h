/* The commands of `etw`, one row each, and what is shared by their help texts. */
#ifndef ETW_CLI_CMD_H
#define ETW_CLI_CMD_H

#include "opt.h"

/* An example of the man page: what it does, and the line. */
typedef struct cli_example {
    const char *what;
    const char *line;
} cli_example;

struct cli_command {
    const char *name;
    const char *summary; /* One line, lower case, without a full stop; NULL hides the command. */
    const char *usage;   /* What follows the name. */
    const char *const *verbs; /* What the first operand may be, ends with NULL; NULL if files. */
    const char *details;      /* Paragraphs, separated by an empty line; may be NULL. */
    const cli_opt *options;
    const cli_example *examples; /* Ends with an empty row; may be NULL. */
    bool takes_any_file;         /* Its operands are not traces alone. */
    bool takes_no_file;          /* Its operands are names. */
    cli_common_from common;
    int (*run)(int argc, char **argv);
};

extern const cli_command cli_dump, cli_info, cli_stats, cli_providers, cli_describe, cli_schema,
    cli_trace, cli_record, cli_sessions, cli_emit, cli_help, cli_man, cli_complete;

/* All commands, ended by NULL. */
extern const cli_command *const cli_commands[];

/* The command of that name, or NULL. */
const cli_command *cli_command_find(const char *name);

/* Says that a command does not exist, with the nearest ones; the exit code for that. */
int cli_command_unknown(const char *name);

/* --help of a command; NULL is `etw` itself. */
void cli_print_help(const cli_command *command);

/* The first lines of help, for stderr. */
void cli_print_usage(void);

/* What every command's exit code means. */
enum {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FAILED = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_STRICT = 3,
};

/* A number, its meaning; ends with an empty row. */
typedef struct cli_exit_code {
    int code;
    const char *meaning;
} cli_exit_code;

extern const cli_exit_code cli_exit_codes[];

#endif
