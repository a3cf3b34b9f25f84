// For F_SETPIPE_SZ.
#define _GNU_SOURCE

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIPE_SIZE = 1 << 20 /* Linux lets everybody have that much. */
};

int cli_os_create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

int64_t cli_os_write(int descriptor, const char *data, size_t size)
{
    ssize_t written;
    do
        written = write(descriptor, data, size);
    while (written < 0 && errno == EINTR);
    return written;
}

bool cli_os_close(int descriptor)
{
    return close(descriptor) == 0;
}

bool cli_os_is_unread(int descriptor)
{
    struct pollfd poller = {.fd = descriptor};
    return poll(&poller, 1, 0) == 1 && poller.revents & POLLERR;
}

void cli_os_widen_pipe(int descriptor)
{
#ifdef F_SETPIPE_SZ
    struct stat status;
    if (fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode))
        (void)fcntl(descriptor, F_SETPIPE_SZ, PIPE_SIZE);
#else
    (void)descriptor;
#endif
}

const char *cli_os_failure(void)
{
    return strerror(errno);
}

bool cli_os_reader_has_gone(void)
{
    return errno == EPIPE;
}
