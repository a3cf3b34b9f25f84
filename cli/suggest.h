/* "Did you mean": the names nearest to a mistyped one. */
#ifndef ETW_CLI_SUGGEST_H
#define ETW_CLI_SUGGEST_H

#include <etw/base.h>

enum {
    CLI_SUGGEST_MAX = 3,
    CLI_SUGGEST_NAME_MAX = 96, /* Longer ones are not looked at. */
    CLI_SUGGEST_TEXT_SIZE = 400
};

typedef struct cli_suggest {
    const char *wanted;
    etw_str names[CLI_SUGGEST_MAX]; /* The nearest first. */
    unsigned ranks[CLI_SUGGEST_MAX];
    size_t count;
} cli_suggest;

void cli_suggest_begin(cli_suggest *suggest, const char *wanted);

/* Offers a name, which must outlive `suggest`. */
void cli_suggest_add(cli_suggest *suggest, const char *name);
void cli_suggest_add_str(cli_suggest *suggest, etw_str name);

/* "; did you mean 'a' or 'b'?" with `prefix` before each name; "" if nothing is near. */
const char *cli_suggest_text(const cli_suggest *suggest, const char *prefix,
                             char out[CLI_SUGGEST_TEXT_SIZE]);

#endif
