#include "feed.h"

#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum {
    WRITE_SIZE = 10000
};

struct feed {
    etwi_thread *thread;
    etw_bytes bytes;
    HANDLE out;
    HANDLE in;        /* What standard input is; NULL if it was not replaced. */
    HANDLE old_input; /* What it was. */
    bool is_named;
    bool is_written;
};

static void write_bytes(void *user)
{
    feed *f = user;
    size_t done = 0;
    DWORD count = 1;
    bool good =
        !f->is_named || ConnectNamedPipe(f->out, NULL) || GetLastError() == ERROR_PIPE_CONNECTED;
    while (good && done < f->bytes.size) {
        const size_t left = f->bytes.size - done;
        good = WriteFile(f->out, f->bytes.data + done, left < WRITE_SIZE ? (DWORD)left : WRITE_SIZE,
                         &count, NULL);
        done += good ? count : 0;
    }
    /* Without that the reader would lose what it has not read yet. */
    if (f->is_named)
        FlushFileBuffers(f->out);
    CloseHandle(f->out);
    f->is_written = done == f->bytes.size;
}

static feed *begin(etw_bytes bytes)
{
    feed *f = calloc(1, sizeof *f);
    if (f)
        f->bytes = bytes;
    return f;
}

static void replace_input(feed *f, HANDLE with)
{
    f->in = with;
    f->old_input = GetStdHandle(STD_INPUT_HANDLE);
    SetStdHandle(STD_INPUT_HANDLE, with);
}

feed *feed_input(etw_bytes bytes)
{
    HANDLE in;
    feed *f = begin(bytes);
    if (!f || !CreatePipe(&in, &f->out, NULL, 0)) {
        free(f);
        return NULL;
    }
    replace_input(f, in);
    f->thread = etwi_thread_start(write_bytes, f);
    return f;
}

feed *feed_named_pipe(char *path, size_t path_size, const char *folder, etw_bytes bytes)
{
    feed *f = begin(bytes);
    (void)folder; /* Such pipes have a place of their own. */
    snprintf(path, path_size, "\\\\.\\pipe\\etw-test-%lu", (unsigned long)GetCurrentProcessId());
    if (!f)
        return NULL;
    f->is_named = true;
    f->out = CreateNamedPipeA(path, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_BYTE | PIPE_WAIT, 1, 65536,
                              65536, 0, NULL);
    if (f->out == INVALID_HANDLE_VALUE) {
        free(f);
        return NULL;
    }
    f->thread = etwi_thread_start(write_bytes, f);
    return f;
}

feed *feed_input_file(const char *path)
{
    const HANDLE file =
        CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    feed *f = begin((etw_bytes){NULL, 0});
    if (!f || file == INVALID_HANDLE_VALUE) {
        free(f);
        return NULL;
    }
    f->is_written = true;
    replace_input(f, file);
    return f;
}

bool feed_end(feed *f)
{
    if (f->thread)
        etwi_thread_join(f->thread);
    if (f->in) {
        SetStdHandle(STD_INPUT_HANDLE, f->old_input);
        CloseHandle(f->in);
    }
    const bool good = f->is_written;
    free(f);
    return good;
}
