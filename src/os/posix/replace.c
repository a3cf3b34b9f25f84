#include "base/error.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NAMES_TRIED = 100 /* For the temporary file, until one is free. */
};

/* Creates a file beside `path`, with the rights that a new file has. Its name is in `name`, which
 * has room for it. */
static int create_beside(const char *path, char *name, size_t size)
{
    for (unsigned i = 0; i < NAMES_TRIED; i++) {
        snprintf(name, size, "%s.%ld-%u.tmp", path, (long)getpid(), i);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static bool write_whole(int fd, const char *data, size_t size)
{
    while (size) {
        const ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

etw_status etwi_file_replace(const char *path, const void *data, size_t size, etw_error *error)
{
    const size_t name_size = strlen(path) + 64;
    char *name = malloc(name_size);
    if (!name)
        return etwi_fail_nomem(error);
    const int fd = create_beside(path, name, name_size);
    bool good = fd >= 0 && write_whole(fd, data, size);
    int os_code = good ? 0 : errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        os_code = errno;
    }
    if (good && rename(name, path) != 0) {
        good = false;
        os_code = errno;
    }
    if (fd >= 0 && !good)
        unlink(name);
    free(name);
    return good ? ETW_OK : etwi_fail_os(error, ETW_E_IO, os_code, "%s", "");
}
