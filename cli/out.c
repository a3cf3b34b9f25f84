// For F_SETPIPE_SZ.
#define _GNU_SOURCE

#include "out.h"

#include "cmd.h"
#include "progress.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OUT_BUFFER_SIZE = 1 << 17,
    PIPE_SIZE = 1 << 20
};

/* A pipe that holds more wakes its reader less often; Linux lets everybody have that much. */
static void widen_pipe(int descriptor)
{
#ifdef F_SETPIPE_SZ
    struct stat status;
    if (fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode))
        (void)fcntl(descriptor, F_SETPIPE_SZ, PIPE_SIZE);
#else
    (void)descriptor;
#endif
}

static bool fail(cli_out *out, const char *verb)
{
    cli_say("etw: cannot %s %s: %s\n", verb, out->name, strerror(errno));
    out->failed = true;
    return false;
}

bool cli_out_open(cli_out *out, const char *path)
{
    const bool is_stdout = !path || strcmp(path, "-") == 0;
    *out = (cli_out){.name = is_stdout ? "standard output" : path, .descriptor = STDOUT_FILENO};
    out->buffer = malloc(OUT_BUFFER_SIZE);
    if (!out->buffer)
        return fail(out, "write");
    if (!is_stdout) {
        out->descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        out->owns_descriptor = out->descriptor >= 0;
        if (!out->owns_descriptor)
            return fail(out, "create");
    }
    widen_pipe(out->descriptor);
    out->is_terminal = isatty(out->descriptor);
    return true;
}

static bool write_all(cli_out *out, const char *data, size_t size)
{
    if (out->is_terminal)
        cli_progress_clear();
    while (size > 0) {
        const ssize_t written = write(out->descriptor, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EPIPE) {
            out->closed = true;
            return false;
        }
        if (written < 0)
            return fail(out, "write");
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static bool flush(cli_out *out)
{
    const size_t size = out->size;
    out->size = 0;
    return size == 0 || write_all(out, out->buffer, size);
}

bool cli_out_write(cli_out *out, const char *data, size_t size)
{
    if (out->closed || out->failed)
        return false;
    if (size == 0)
        return true;
    if (size > OUT_BUFFER_SIZE - out->size && !flush(out))
        return false;
    // What is large already need not be copied.
    if (size >= OUT_BUFFER_SIZE / 2)
        return flush(out) && write_all(out, data, size);
    memcpy(out->buffer + out->size, data, size);
    out->size += size;
    return true;
}

int cli_out_close(cli_out *out)
{
    if (out->buffer && !out->closed && !out->failed)
        flush(out);
    if (out->owns_descriptor && close(out->descriptor) != 0 && !out->failed)
        fail(out, "write");
    free(out->buffer);
    out->buffer = NULL;
    return out->failed ? CLI_EXIT_FAILED : CLI_EXIT_OK;
}
