#include "base/error.h"
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void describe(const struct stat *from, etwi_path_info *out)
{
    out->is_file = S_ISREG(from->st_mode);
    out->is_folder = S_ISDIR(from->st_mode);
    out->size = (uint64_t)from->st_size;
    out->modified_ns = (int64_t)from->st_mtim.tv_sec * 1000000000 + from->st_mtim.tv_nsec;
}

bool etwi_path_look(const char *path, etwi_path_info *out)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    describe(&info, out);
    return true;
}

int64_t etwi_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *etwi_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool etwi_path_is_absolute(const char *path)
{
    return path[0] == '/';
}

bool etwi_folder_current(char *out, size_t size)
{
    return getcwd(out, size) != NULL;
}

bool etwi_folder_make(const char *path)
{
    char part[4096];
    etwi_path_info info;
    const size_t size = strlen(path);
    if (size >= sizeof part)
        return false;
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i])
            continue;
        part[i] = '\0';
        mkdir(part, 0700); // That it is there already is no failure; the end tells.
        part[i] = path[i];
    }
    return etwi_path_look(path, &info) && info.is_folder;
}

/* A link is what it leads to, unless that is a folder. */
static etw_status take_entry(int folder, const char *name, etwi_folder_taker take, void *user)
{
    struct stat found;
    etwi_path_info info;
    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return ETW_OK; // It has gone since.
    const bool is_link = S_ISLNK(found.st_mode);
    if (is_link && fstatat(folder, name, &found, 0) != 0)
        return ETW_OK;
    describe(&found, &info);
    return info.is_file || (info.is_folder && !is_link) ? take(user, name, &info) : ETW_OK;
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
