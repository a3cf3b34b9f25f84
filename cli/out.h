/* Where data goes: stdout or a file, in large writes. */
#ifndef ETW_CLI_OUT_H
#define ETW_CLI_OUT_H

#include <etw/base.h>

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

/* Writes the rest and closes. The exit code: success also if the reader has gone. */
int cli_out_close(cli_out *out);

#endif
