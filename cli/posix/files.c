#include "os.h"

#include <dirent.h>
#include <glob.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_os_look(const char *path, cli_file_info *out)
{
    struct stat info, link;
    if (stat(path, &info) != 0)
        return false;
    out->is_file = S_ISREG(info.st_mode);
    out->is_folder = S_ISDIR(info.st_mode);
    out->is_link = lstat(path, &link) == 0 && S_ISLNK(link.st_mode);
    out->volume = (uint64_t)info.st_dev;
    out->number = (uint64_t)info.st_ino;
    out->changed = (int64_t)info.st_mtime;
    return true;
}

cli_os_listing cli_os_list(const char *path, cli_os_taker take, void *user)
{
    DIR *folder = opendir(path);
    if (!folder)
        return CLI_OS_UNREADABLE;
    bool good = true;
    for (const struct dirent *entry; good && (entry = readdir(folder));)
        good = take(user, entry->d_name);
    closedir(folder);
    return good ? CLI_OS_LISTED : CLI_OS_STOPPED;
}

cli_os_listing cli_os_match(const char *pattern, cli_os_taker take, void *user)
{
    glob_t found;
    const int failed = glob(pattern, 0, NULL, &found);
    if (failed)
        return failed == GLOB_NOSPACE ? CLI_OS_STOPPED : CLI_OS_NO_MATCH;
    bool good = true;
    for (size_t i = 0; good && i < found.gl_pathc; i++)
        good = take(user, found.gl_pathv[i]);
    globfree(&found);
    return good ? CLI_OS_LISTED : CLI_OS_STOPPED;
}

void cli_os_remove(const char *path)
{
    (void)unlink(path);
}

bool cli_os_ends_with(const char *name, const char *ending)
{
    const size_t size = strlen(name), end = strlen(ending);
    return size >= end && strcasecmp(name + size - end, ending) == 0;
}
