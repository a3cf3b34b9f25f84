/* "Did you mean": the names nearest to a mistyped one. */
#ifndef ETW_CLI_SUGGEST_H
#define ETW_CLI_SUGGEST_H

#include <etw/base.h>

enum {
    CLI_SUGGEST_MAX = 3,
    CLI_SUGGEST_NAME_MAX = 96, /* Longer names are neither guessed nor offered. */
    CLI_SUGGEST_TEXT_SIZE = 400
};

typedef struct cli_suggest {
    etw_str wanted;
    char names[CLI_SUGGEST_MAX][CLI_SUGGEST_NAME_MAX + 1]; /* The nearest first. */
    unsigned ranks[CLI_SUGGEST_MAX];
    size_t count;
} cli_suggest;

/* `wanted` must outlive `suggest`. */
void cli_suggest_begin(cli_suggest *suggest, etw_str wanted);

/* Offers a name, which is copied; the same one may be offered again. */
void cli_suggest_add(cli_suggest *suggest, etw_str name);

/* The same for a text that ends with a zero. */
void cli_suggest_add_z(cli_suggest *suggest, const char *name);

/* Whether the nearest name is one mistake away: a letter or two neighbours, case apart. */
bool cli_suggest_is_one_mistake(const cli_suggest *suggest);

/* "; did you mean 'a' or 'b'?" with `prefix` before each name; "" if nothing is near. */
const char *cli_suggest_text(const cli_suggest *suggest, const char *prefix,
                             char out[CLI_SUGGEST_TEXT_SIZE]);

#endif
