#include "os/os.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SPOOL_BLOCK = 256 * 1024
};

static etw_status write_all(int fd, const char *data, size_t size, etw_error *error)
{
    while (size) {
        const ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return etwi_fail_os(error, ETW_E_IO, errno, "writing a temporary copy failed");
        data += written;
        size -= (size_t)written;
    }
    return ETW_OK;
}

static etw_status copy_all(int to, int from, etw_error *error)
{
    char *block = malloc(SPOOL_BLOCK);
    if (!block)
        return etwi_fail_nomem(error);
    etw_status status = ETW_OK;
    for (;;) {
        const ssize_t got = read(from, block, SPOOL_BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = etwi_fail_os(error, ETW_E_IO, errno, "reading failed");
        if (got > 0)
            status = write_all(to, block, (size_t)got, error);
        if (got <= 0 || status != ETW_OK)
            break;
    }
    free(block);
    return status;
}

static int open_unnamed_temporary(void)
{
    const char *folder = getenv("TMPDIR");
    char name[4096];
    snprintf(name, sizeof name, "%s/etw-XXXXXX", folder && *folder ? folder : "/tmp");
    const int fd = mkstemp(name);
    if (fd >= 0)
        unlink(name);
    return fd;
}

/* Replaces `*fd` by a file with all that can be read from it. */
static etw_status spool(int *fd, etw_error *error)
{
    const int copy = open_unnamed_temporary();
    if (copy < 0)
        return etwi_fail_os(error, ETW_E_IO, errno, "creating a temporary copy failed");
    const etw_status status = copy_all(copy, *fd, error);
    if (status != ETW_OK) {
        close(copy);
        return status;
    }
    close(*fd);
    *fd = copy;
    return ETW_OK;
}

etw_status etwi_file_open(etwi_file *out, const char *path, etw_error *error)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return etwi_fail_os(error, errno == ENOENT ? ETW_E_NOT_FOUND : ETW_E_IO, errno, "%s", "");
    struct stat info;
    etw_status status = ETW_OK;
    if (fstat(fd, &info) != 0)
        status = etwi_fail_os(error, ETW_E_IO, errno, "%s", "");
    else if (S_ISDIR(info.st_mode))
        status = etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "is a directory");
    else if (!S_ISREG(info.st_mode))
        status = spool(&fd, error);
    if (status == ETW_OK && fstat(fd, &info) != 0)
        status = etwi_fail_os(error, ETW_E_IO, errno, "%s", "");
    if (status != ETW_OK) {
        close(fd);
        return status;
    }
    out->handle = fd;
    out->size = (uint64_t)info.st_size;
    return ETW_OK;
}

void etwi_file_close(etwi_file *file)
{
    close((int)file->handle);
    file->handle = -1;
}

etw_status etwi_file_read_at(const etwi_file *file, uint64_t offset, void *out, size_t size,
                             size_t *got, etw_error *error)
{
    uint8_t *at = out;
    *got = 0;
    while (size) {
        const ssize_t count = pread((int)file->handle, at, size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return etwi_fail_os(error, ETW_E_IO, errno, "reading failed");
        if (count == 0)
            break;
        at += count;
        offset += (uint64_t)count;
        size -= (size_t)count;
        *got += (size_t)count;
    }
    return ETW_OK;
}
