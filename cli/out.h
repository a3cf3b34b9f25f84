/* Where data goes: stdout or a file, in large writes. */
#ifndef ETW_CLI_OUT_H
#define ETW_CLI_OUT_H

#include "text.h"

typedef struct cli_out {
    const char *name; /* For messages. */
    char *buffer;
    size_t size;
    int descriptor;
    bool owns_descriptor;
    bool is_terminal;
    bool closed; /* The reader has gone: no failure, but nobody wants more. */
    bool failed; /* Something could not be written; it has been said. */
} cli_out;

/* Opens `path`, stdout if it is NULL or "-". False if that failed; it has been said. */
bool cli_out_open(cli_out *out, const char *path);

/* Writes data. False if there is no point in going on: `closed` or `failed` tells which. */
bool cli_out_write(cli_out *out, const char *data, size_t size);

/* Writes what is still held back, for readers who wait for it. False as above. */
bool cli_out_flush(cli_out *out);

/* Whether the reader of a pipe has gone, which writing would tell only when there is something to
 * write; then `closed` is set. */
bool cli_out_is_closed(cli_out *out);

/* Writes the rest and closes. The exit code: success also if the reader has gone. */
int cli_out_close(cli_out *out);

/* Writes a whole text to stdout. The exit code: `code`, unless that failed or memory was out, which
 * is said. */
int cli_out_text(const cli_text *text, int code);

#endif
