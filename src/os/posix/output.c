#include "os/output.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static etw_status status_of(int os_code)
{
    switch (os_code) {
    case ENOENT:
        return ETW_E_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ETW_E_ACCESS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ETW_E_FULL;
    case EISDIR:
        return ETW_E_INVALID;
    default:
        return ETW_E_IO;
    }
}

static etw_status check_kind(int fd, struct stat *info, etw_error *error)
{
    if (fstat(fd, info) != 0)
        return etwi_fail_os(error, ETW_E_IO, errno, "%s", "");
    if (!S_ISREG(info->st_mode))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "is no file that can be rewritten");
    return ETW_OK;
}

etw_status etwi_output_open(etwi_file *out, const char *path, etwi_output_mode mode,
                            etw_error *error)
{
    /* Emptied only once it is known to be a file. Nobody is waited for if it is a pipe. */
    const int create = mode == ETWI_OUTPUT_EXISTING ? 0 : O_CREAT;
    const int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | create, 0600);
    if (fd < 0)
        return etwi_fail_os(error, status_of(errno), errno, "%s", "");
    struct stat info;
    etw_status status = check_kind(fd, &info, error);
    if (status == ETW_OK && mode == ETWI_OUTPUT_NEW && info.st_size) {
        info.st_size = 0;
        if (ftruncate(fd, 0) != 0)
            status = etwi_fail_os(error, status_of(errno), errno, "%s", "");
    }
    if (status != ETW_OK) {
        close(fd);
        return status;
    }
    out->handle = fd;
    out->size = (uint64_t)info.st_size;
    return ETW_OK;
}

/* Going beyond the limit of the process would send it a signal that ends it. */
static bool is_allowed(uint64_t end)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           end <= limit.rlim_cur;
}

etw_status etwi_output_write_at(const etwi_file *file, uint64_t offset, const void *data,
                                size_t size, etw_error *error)
{
    const uint8_t *at = data;
    if (!is_allowed(offset + size))
        return etwi_fail_os(error, ETW_E_FULL, EFBIG, "writing failed");
    while (size) {
        const ssize_t count = pwrite((int)file->handle, at, size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            const int os_code = count < 0 ? errno : ENOSPC;
            return etwi_fail_os(error, status_of(os_code), os_code, "writing failed");
        }
        at += count;
        offset += (uint64_t)count;
        size -= (size_t)count;
    }
    return ETW_OK;
}

etw_status etwi_output_set_size(etwi_file *file, uint64_t size, etw_error *error)
{
    if (ftruncate((int)file->handle, (off_t)size) != 0)
        return etwi_fail_os(error, status_of(errno), errno, "changing the size failed");
    file->size = size;
    return ETW_OK;
}

etw_status etwi_output_close(etwi_file *file, etw_error *error)
{
    const int failed = close((int)file->handle);
    const int os_code = errno;
    file->handle = -1;
    /* An interrupted close has closed all the same. */
    if (failed && os_code != EINTR)
        return etwi_fail_os(error, status_of(os_code), os_code, "closing failed");
    return ETW_OK;
}
