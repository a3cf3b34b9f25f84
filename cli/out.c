#include "out.h"

#include "cmd.h"
#include "os.h"
#include "progress.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum {
    OUT_BUFFER_SIZE = 1 << 17,
    STDOUT = 1 /* The descriptor. */
};

static bool fail(cli_out *out, const char *verb)
{
    cli_say("etw: cannot %s %s: %s\n", verb, out->name, cli_os_failure());
    out->failed = true;
    return false;
}

bool cli_out_open(cli_out *out, const char *path)
{
    const bool is_stdout = !path || strcmp(path, "-") == 0;
    *out = (cli_out){.name = is_stdout ? "standard output" : path, .descriptor = STDOUT};
    out->buffer = malloc(OUT_BUFFER_SIZE);
    if (!out->buffer)
        return fail(out, "write");
    if (!is_stdout) {
        out->descriptor = cli_os_create(path);
        out->owns_descriptor = out->descriptor >= 0;
        if (!out->owns_descriptor)
            return fail(out, "create");
    }
    cli_os_widen_pipe(out->descriptor);
    out->is_terminal = cli_os_is_terminal(out->descriptor);
    return true;
}

static bool write_all(cli_out *out, const char *data, size_t size)
{
    if (out->is_terminal)
        cli_progress_clear();
    while (size > 0) {
        const int64_t written = cli_os_write(out->descriptor, data, size);
        if (written < 0 && cli_os_reader_has_gone()) {
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

bool cli_out_flush(cli_out *out)
{
    return !out->closed && !out->failed && flush(out);
}

bool cli_out_is_closed(cli_out *out)
{
    if (cli_os_is_unread(out->descriptor))
        out->closed = true;
    return out->closed;
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
    if (out->owns_descriptor && !cli_os_close(out->descriptor) && !out->failed)
        fail(out, "write");
    free(out->buffer);
    out->buffer = NULL;
    return out->failed ? CLI_EXIT_FAILED : CLI_EXIT_OK;
}

int cli_out_text(const cli_text *text, int code)
{
    cli_out out;
    if (text->failed) {
        cli_say("etw: %s\n", etw_status_text(ETW_E_NOMEM));
        return CLI_EXIT_FAILED;
    }
    if (!cli_out_open(&out, NULL))
        return CLI_EXIT_FAILED;
    cli_out_write(&out, text->data, text->size);
    return cli_out_close(&out) == CLI_EXIT_OK ? code : CLI_EXIT_FAILED;
}
