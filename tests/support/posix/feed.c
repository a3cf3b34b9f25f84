#include "feed.h"

#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct feed {
    etwi_thread *thread;
    etw_bytes bytes;
    const char *path; /* Of the pipe to open; NULL if it is open. */
    int out;
    int old_input; /* Negative if it was not replaced. */
    bool is_written;
};

static void write_bytes(void *user)
{
    feed *f = user;
    if (f->path)
        f->out = open(f->path, O_WRONLY);
    size_t done = 0;
    for (ssize_t count = 1; f->out >= 0 && count > 0 && done < f->bytes.size;) {
        count = write(f->out, f->bytes.data + done, f->bytes.size - done);
        done += count > 0 ? (size_t)count : 0;
    }
    if (f->out >= 0)
        close(f->out);
    f->is_written = done == f->bytes.size;
}

static feed *begin(etw_bytes bytes)
{
    feed *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->bytes = bytes;
    f->out = f->old_input = -1;
    return f;
}

/* Takes over the descriptor. */
static void replace_input(feed *f, int with)
{
    f->old_input = dup(STDIN_FILENO);
    dup2(with, STDIN_FILENO);
    close(with);
}

feed *feed_input(etw_bytes bytes)
{
    int ends[2];
    feed *f = begin(bytes);
    if (!f || pipe(ends) != 0) {
        free(f);
        return NULL;
    }
    f->out = ends[1];
    replace_input(f, ends[0]);
    f->thread = etwi_thread_start(write_bytes, f);
    return f;
}

feed *feed_named_pipe(char *path, size_t path_size, const char *folder, etw_bytes bytes)
{
    feed *f = begin(bytes);
    snprintf(path, path_size, "%s/fifo", folder);
    if (!f || mkfifo(path, 0600) != 0) {
        free(f);
        return NULL;
    }
    f->path = path;
    f->thread = etwi_thread_start(write_bytes, f);
    return f;
}

feed *feed_input_file(const char *path)
{
    const int file = open(path, O_RDONLY);
    feed *f = begin((etw_bytes){NULL, 0});
    if (!f || file < 0) {
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
    if (f->old_input >= 0) {
        dup2(f->old_input, STDIN_FILENO);
        close(f->old_input);
    }
    if (f->path)
        unlink(f->path);
    const bool good = f->is_written;
    free(f);
    return good;
}
