#include "paths.h"

#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool append(cli_paths *paths, const char *path)
{
    if (paths->count == paths->capacity) {
        const size_t capacity = paths->capacity ? 2 * paths->capacity : 16;
        char **items = realloc(paths->items, capacity * sizeof *items);
        if (!items)
            return false;
        paths->items = items;
        paths->capacity = capacity;
    }
    char *copy = strdup(path);
    if (copy)
        paths->items[paths->count++] = copy;
    return copy != NULL;
}

void cli_paths_free(cli_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (cli_paths){0};
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_trace_name(const char *name)
{
    const size_t size = strlen(name);
    return size > 4 && strcasecmp(name + size - 4, ".etl") == 0;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Links to folders are not followed: they could lead in circles. */
static bool is_own_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Files of one folder go to `files`, its folders to `folders` (NULL: nowhere). */
static bool list_folder(const char *path, cli_paths *files, cli_paths *folders)
{
    DIR *folder = opendir(path);
    if (!folder) {
        cli_say("etw: %s: cannot list the folder: %s\n", path, strerror(errno));
        files->failed = true;
        return true;
    }
    bool good = true;
    const size_t path_size = strlen(path);
    const char *slash = path_size && path[path_size - 1] == '/' ? "" : "/";
    for (const struct dirent *entry; good && (entry = readdir(folder));) {
        const size_t size = path_size + strlen(entry->d_name) + 2;
        char *child = malloc(size);
        if (!child) {
            good = false;
            break;
        }
        snprintf(child, size, "%s%s%s", path, slash, entry->d_name);
        if (folders && entry->d_name[0] != '.' && is_own_folder(child))
            good = append(folders, child);
        else if (is_trace_name(entry->d_name) && !is_folder(child))
            good = append(files, child);
        free(child);
    }
    closedir(folder);
    return good;
}

static bool expand_folder(cli_paths *paths, const char *path, bool recursive)
{
    const size_t first = paths->count;
    const bool failed_before = paths->failed;
    paths->failed = false;
    cli_paths folders = {0};
    bool good = append(&folders, path);
    for (size_t i = 0; good && i < folders.count; i++)
        good = list_folder(folders.items[i], paths, recursive ? &folders : NULL);
    cli_paths_free(&folders);
    if (good && paths->count == first && !paths->failed && !paths->folders_may_be_empty) {
        cli_say("etw: %s: no .etl files in this folder%s\n", path,
                recursive ? "" : " (-r looks in the folders of the folder too)");
        paths->failed = true;
    }
    paths->failed |= failed_before;
    if (paths->count > first)
        qsort(paths->items + first, paths->count - first, sizeof *paths->items, compare_paths);
    return good;
}

static bool expand_pattern(cli_paths *paths, const char *pattern, bool recursive)
{
    glob_t found;
    const int failed = glob(pattern, 0, NULL, &found);
    if (failed == GLOB_NOSPACE)
        return false;
    if (failed) {
        cli_say("etw: %s: no file of that name, and none matches it as a pattern\n", pattern);
        paths->failed = true;
        return true;
    }
    bool good = true;
    for (size_t i = 0; good && i < found.gl_pathc; i++)
        good = is_folder(found.gl_pathv[i]) ? expand_folder(paths, found.gl_pathv[i], recursive)
                                            : append(paths, found.gl_pathv[i]);
    globfree(&found);
    return good;
}

bool cli_paths_expand(cli_paths *paths, const cli_args *args, bool recursive)
{
    bool good = true;
    for (size_t i = 0; good && i < args->count; i++) {
        const char *path = args->items[i];
        struct stat info;
        const bool exists = strcmp(path, "-") == 0 || stat(path, &info) == 0;
        if (exists && is_folder(path))
            good = expand_folder(paths, path, recursive);
        else if (!exists && strpbrk(path, "*?["))
            good = expand_pattern(paths, path, recursive);
        else
            good = append(paths, path);
    }
    return good;
}

bool cli_paths_same_file(const char *a, const char *b)
{
    struct stat a_info, b_info;
    return stat(a, &a_info) == 0 && stat(b, &b_info) == 0 && a_info.st_dev == b_info.st_dev &&
           a_info.st_ino == b_info.st_ino && S_ISREG(a_info.st_mode);
}
