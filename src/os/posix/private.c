/* For byte locks that belong to the open file. */
#define _GNU_SOURCE 1

#include "os/private.h"

#include "base/error.h"
#include "os/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What an errno of opening, writing and the like means to the caller. */
static etw_status status_of(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return ETW_E_NOT_FOUND;
    case EEXIST:
        return ETW_E_EXISTS;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EROFS:
        return ETW_E_ACCESS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
        return ETW_E_LIMIT;
    default:
        return ETW_E_IO;
    }
}

/* Nobody else's, and for nobody else. */
static etw_status check_private(const struct stat *info, const char *path, etw_error *error)
{
    if (info->st_uid != geteuid())
        return etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s belongs to user %lu", path,
                         (unsigned long)info->st_uid);
    if (info->st_mode & 077)
        return etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s is open to others (mode %03o)",
                         path, (unsigned)info->st_mode & 0777);
    return ETW_OK;
}

etw_status etwi_private_folder(const char *path, etw_error *error)
{
    struct stat info;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return etwi_fail_os(error, errno == ENOENT ? ETW_E_NOT_FOUND : status_of(errno), errno,
                            "making the folder %s failed", path);
    if (lstat(path, &info) != 0)
        return etwi_fail_os(error, status_of(errno), errno, "%s cannot be looked at", path);
    if (!S_ISDIR(info.st_mode))
        return etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s is not a folder", path);
    return check_private(&info, path, error);
}

etw_status etwi_private_open(etwi_file *out, const char *path, unsigned how, etw_error *error)
{
    int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK; // A pipe that was put there must not block.
    flags |= how & (ETWI_OPEN_WRITE | ETWI_OPEN_NEW) ? O_RDWR : O_RDONLY;
    if (how & ETWI_OPEN_NEW)
        flags |= O_CREAT | O_EXCL;
    else if (how & ETWI_OPEN_CREATE)
        flags |= O_CREAT;
    const int fd = open(path, flags, 0600);
    if (fd < 0)
        return etwi_fail_os(error, status_of(errno), errno, "opening %s failed", path);
    struct stat info;
    etw_status status = ETW_OK;
    if (fstat(fd, &info) != 0)
        status = etwi_fail_os(error, ETW_E_IO, errno, "opening %s failed", path);
    else if (!S_ISREG(info.st_mode))
        status = etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s is not a file", path);
    else
        status = check_private(&info, path, error);
    if (status != ETW_OK) {
        close(fd);
        return status;
    }
    out->handle = fd;
    out->size = (uint64_t)info.st_size;
    return ETW_OK;
}

bool etwi_file_identity(const etwi_file *file, uint8_t out[16])
{
    struct stat info;
    if (fstat((int)file->handle, &info) != 0)
        return false;
    const uint64_t numbers[2] = {(uint64_t)info.st_dev, (uint64_t)info.st_ino};
    memcpy(out, numbers, sizeof numbers);
    return true;
}

bool etwi_file_is_still(intptr_t handle, const uint8_t identity[16])
{
    const etwi_file file = {.handle = handle};
    uint8_t now[16];
    return handle >= 0 && etwi_file_identity(&file, now) && memcmp(now, identity, sizeof now) == 0;
}

etwi_lock_result etwi_lock_share(intptr_t handle, uint64_t offset)
{
    struct flock lock = {
        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
    if (fcntl((int)handle, F_OFD_SETLK, &lock) == 0)
        return ETWI_LOCK_TAKEN;
    return errno == EAGAIN || errno == EACCES ? ETWI_LOCK_BUSY : ETWI_LOCK_FAILED;
}

void etwi_sleep_ms(uint32_t duration_ms)
{
    const struct timespec duration = {duration_ms / 1000, (long)(duration_ms % 1000) * 1000000};
    nanosleep(&duration, NULL);
}

/* The kernel has no waiting with an end, so this asks now and then, soon at first. */
bool etwi_lock_wait_for(intptr_t handle, uint64_t offset, uint32_t timeout_ms)
{
    const uint64_t deadline = etwi_now_ms() + timeout_ms;
    for (uint32_t pause_ms = 1;; pause_ms = pause_ms < 20 ? pause_ms + 1 : 20) {
        const etwi_lock_result result = etwi_lock_try(handle, offset);
        if (result != ETWI_LOCK_BUSY)
            return result == ETWI_LOCK_TAKEN;
        if (etwi_now_ms() >= deadline)
            return false;
        etwi_sleep_ms(pause_ms);
    }
}

bool etwi_file_remove(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT;
}

bool etwi_file_rename(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

bool etwi_folder_remove(const char *path)
{
    return rmdir(path) == 0 || errno == ENOENT;
}

etw_status etwi_runtime_place(char *out, size_t size, etw_error *error)
{
    const char *runtime = etwi_trusted_variable("XDG_RUNTIME_DIR");
    etwi_path_info info;
    int length;
    if (runtime && runtime[0] == '/')
        length = snprintf(out, size, "%s/etw", runtime);
    else if (etwi_path_look("/dev/shm", &info) && info.is_folder)
        length = snprintf(out, size, "/dev/shm/etw-%lu", (unsigned long)geteuid());
    else
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "no place for sessions, neither XDG_RUNTIME_DIR nor /dev/shm");
    if (length < 0 || (size_t)length >= size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the path in XDG_RUNTIME_DIR is longer than %zu bytes", size - 1);
    return ETW_OK;
}
