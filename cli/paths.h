/* The operands of a command as paths of traces: files, "-", folders and patterns. */
#ifndef ETW_CLI_PATHS_H
#define ETW_CLI_PATHS_H

#include "opt.h"

typedef struct cli_paths {
    char **items;
    size_t count;
    size_t capacity;
    bool failed;               /* An operand stands for nothing; it has been said. */
    bool folders_may_be_empty; /* One without .etl files is no failure. */
} cli_paths;

/*
 * Appends what each operand stands for: a folder its .etl files, sorted; a pattern that is no
 * path itself the files that match it. False if memory ran out.
 */
bool cli_paths_expand(cli_paths *paths, const cli_args *args, bool recursive);

void cli_paths_free(cli_paths *paths);

/* True if both name the same file. */
bool cli_paths_same_file(const char *a, const char *b);

#endif
