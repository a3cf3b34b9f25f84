#include "win/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A link is a name that stands for another; files that are kept elsewhere are none. */
static bool is_link(const wchar_t *path)
{
    WIN32_FIND_DATAW found;
    const HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return false;
    FindClose(search);
    return found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT &&
           IsReparseTagNameSurrogate(found.dwReserved0);
}

/* Of 100 ns since 1601 the seconds since 1970. */
static int64_t seconds_of(const FILETIME *time)
{
    const int64_t ticks = (int64_t)((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime);
    return ticks / 10000000 - INT64_C(11644473600);
}

static bool look(const wchar_t *path, cli_file_info *out)
{
    BY_HANDLE_FILE_INFORMATION info;
    const HANDLE file = CreateFileW(path, FILE_READ_ATTRIBUTES,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    *out = (cli_file_info){0};
    // Of what is no file, like NUL, there is nothing more to be told.
    if (GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &info)) {
        out->is_folder = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        out->is_file = !out->is_folder;
        out->volume = info.dwVolumeSerialNumber;
        out->number = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
        out->is_link = is_link(path);
        out->changed = seconds_of(&info.ftLastWriteTime);
    }
    CloseHandle(file);
    return true;
}

bool cli_os_look(const char *path, cli_file_info *out)
{
    wchar_t *wide = cli_win_path(path);
    const bool found = wide && look(wide, out);
    free(wide);
    return found;
}

/* Hands out the names that a pattern of the system finds; only the last part of a path can be one.
 * `folder_size` bytes of the pattern go before each name. */
static cli_os_listing find(const char *pattern, size_t folder_size, cli_os_taker take, void *user)
{
    WIN32_FIND_DATAW found;
    wchar_t *wide = cli_win_path(pattern);
    const HANDLE search = wide ? FindFirstFileW(wide, &found) : INVALID_HANDLE_VALUE;
    const DWORD code = GetLastError();
    free(wide);
    if (search == INVALID_HANDLE_VALUE) {
        cli_win_set_failure(code);
        return code == ERROR_FILE_NOT_FOUND ? CLI_OS_NO_MATCH : CLI_OS_UNREADABLE;
    }
    bool good = true;
    do {
        char *name = cli_win_narrow(found.cFileName);
        const size_t size = folder_size + (name ? strlen(name) : 0) + 1;
        char *path = name ? malloc(size) : NULL;
        if (path)
            snprintf(path, size, "%.*s%s", (int)folder_size, pattern, name);
        good = path && take(user, path);
        free(path);
        free(name);
    } while (good && FindNextFileW(search, &found));
    FindClose(search);
    return good ? CLI_OS_LISTED : CLI_OS_STOPPED;
}

cli_os_listing cli_os_list(const char *path, cli_os_taker take, void *user)
{
    const size_t size = strlen(path) + 3;
    char *pattern = malloc(size);
    if (!pattern)
        return CLI_OS_STOPPED;
    snprintf(pattern, size, "%s/*", path);
    const cli_os_listing listing = find(pattern, 0, take, user);
    free(pattern);
    return listing == CLI_OS_NO_MATCH ? CLI_OS_LISTED : listing;
}

/* What a pattern has matched so far. */
typedef struct matches {
    char **items;
    size_t count, capacity;
} matches;

/* Like a shell, which leaves out hidden names unless the pattern says otherwise. */
static bool keep(void *user, const char *path)
{
    matches *found = user;
    const char *name = path + strlen(path);
    while (name > path && !strchr("/\\:", name[-1]))
        name--;
    if (name[0] == '.')
        return true;
    if (found->count == found->capacity) {
        const size_t capacity = found->capacity ? 2 * found->capacity : 16;
        char **items = realloc(found->items, capacity * sizeof *items);
        if (!items)
            return false;
        found->items = items;
        found->capacity = capacity;
    }
    found->items[found->count] = _strdup(path);
    return found->items[found->count++] != NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* FindFirstFile() knows no order. */
cli_os_listing cli_os_match(const char *pattern, cli_os_taker take, void *user)
{
    matches found = {0};
    size_t folder_size = strlen(pattern);
    while (folder_size && !strchr("/\\:", pattern[folder_size - 1]))
        folder_size--;
    cli_os_listing listing = find(pattern, folder_size, keep, &found);
    if (listing == CLI_OS_LISTED && !found.count)
        listing = CLI_OS_NO_MATCH;
    if (listing == CLI_OS_LISTED)
        qsort(found.items, found.count, sizeof *found.items, compare);
    for (size_t i = 0; listing == CLI_OS_LISTED && i < found.count; i++)
        if (!take(user, found.items[i]))
            listing = CLI_OS_STOPPED;
    for (size_t i = 0; i < found.count; i++)
        free(found.items[i]);
    free(found.items);
    return listing;
}

void cli_os_remove(const char *path)
{
    wchar_t *wide = cli_win_path(path);
    if (wide)
        DeleteFileW(wide);
    free(wide);
}

bool cli_os_ends_with(const char *name, const char *ending)
{
    const size_t size = strlen(name), end = strlen(ending);
    return size >= end && _stricmp(name + size - end, ending) == 0;
}
