#include "paths.h"

#include "os.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    return strlen(name) > 4 && cli_os_ends_with(name, ".etl");
}

static bool is_folder(const char *path)
{
    cli_file_info info;
    return cli_os_look(path, &info) && info.is_folder;
}

/* Where the names of a folder go. */
typedef struct folder_names {
    const char *folder;
    cli_paths *files;
    cli_paths *folders; /* NULL: nowhere. */
} folder_names;

/* Links to folders are not followed: they could lead in circles. */
static bool take_name(void *user, const char *name)
{
    const folder_names *names = user;
    const size_t folder_size = strlen(names->folder), size = folder_size + strlen(name) + 2;
    const char *slash = folder_size && names->folder[folder_size - 1] == '/' ? "" : "/";
    cli_file_info info;
    bool good = true;
    char *child = malloc(size);
    if (!child)
        return false;
    snprintf(child, size, "%s%s%s", names->folder, slash, name);
    const bool leads_to_folder = cli_os_look(child, &info) && info.is_folder;
    if (names->folders && name[0] != '.' && leads_to_folder && !info.is_link)
        good = append(names->folders, child);
    else if (is_trace_name(name) && !leads_to_folder)
        good = append(names->files, child);
    free(child);
    return good;
}

/* Files of one folder go to `files`, its folders to `folders` (NULL: nowhere). */
static bool list_folder(const char *path, cli_paths *files, cli_paths *folders)
{
    folder_names names = {path, files, folders};
    const cli_os_listing listing = cli_os_list(path, take_name, &names);
    if (listing == CLI_OS_UNREADABLE) {
        cli_say("etw: %s: cannot list the folder: %s\n", path, cli_os_failure());
        files->failed = true;
    }
    return listing != CLI_OS_STOPPED;
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

/* What matches a pattern, and where it goes. */
typedef struct matches {
    cli_paths *paths;
    bool recursive;
} matches;

static bool take_match(void *user, const char *path)
{
    const matches *found = user;
    return is_folder(path) ? expand_folder(found->paths, path, found->recursive)
                           : append(found->paths, path);
}

static bool expand_pattern(cli_paths *paths, const char *pattern, bool recursive)
{
    matches found = {paths, recursive};
    const cli_os_listing listing = cli_os_match(pattern, take_match, &found);
    if (listing == CLI_OS_NO_MATCH || listing == CLI_OS_UNREADABLE) {
        cli_say("etw: %s: no file of that name, and none matches it as a pattern\n", pattern);
        paths->failed = true;
    }
    return listing != CLI_OS_STOPPED;
}

bool cli_paths_expand(cli_paths *paths, const cli_args *args, bool recursive)
{
    bool good = true;
    for (size_t i = 0; good && i < args->count; i++) {
        const char *path = args->items[i];
        cli_file_info info = {0};
        const bool exists = strcmp(path, "-") == 0 || cli_os_look(path, &info);
        if (info.is_folder)
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
    cli_file_info a_info, b_info;
    return cli_os_look(a, &a_info) && cli_os_look(b, &b_info) && a_info.is_file &&
           a_info.volume == b_info.volume && a_info.number == b_info.number;
}
