#include "base/error.h"
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

bool etwi_folder_is(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A link is what it leads to, unless that is a folder. */
static etw_status take_entry(int folder, const char *name, etwi_folder_taker take, void *user)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return ETW_OK; // It has gone since.
    if (S_ISDIR(info.st_mode))
        return take(user, name, true);
    if (S_ISLNK(info.st_mode) && fstatat(folder, name, &info, 0) != 0)
        return ETW_OK;
    return S_ISREG(info.st_mode) ? take(user, name, false) : ETW_OK;
}

etw_status etwi_folder_list(const char *path, etwi_folder_taker take, void *user, etw_error *error)
{
    DIR *folder = opendir(path);
    if (!folder)
        return etwi_fail_os(error, errno == ENOENT ? ETW_E_NOT_FOUND : ETW_E_IO, errno, "%s", "");
    etw_status status = ETW_OK;
    while (!etw_failed(status)) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            if (errno)
                status = etwi_fail_os(error, ETW_E_IO, errno, "listing the folder failed");
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = take_entry(dirfd(folder), entry->d_name, take, user);
    }
    closedir(folder);
    return status;
}
