#include "base/error.h"
#include "os/win/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_SIZE = 4 * MAX_PATH, /* A name in UTF-8. */
    FOLDER_MAX = 32768        /* Characters of the longest path. */
};

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

const char *etwi_path_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (is_separator(*path) || *path == ':')
            name = path + 1;
    return name;
}

bool etwi_path_is_absolute(const char *path)
{
    return is_separator(path[0]) || (path[0] && path[1] == ':' && is_separator(path[2]));
}

static int64_t join(DWORD high, DWORD low)
{
    return (int64_t)((uint64_t)high << 32 | low);
}

static bool look(const wchar_t *path, etwi_path_info *out)
{
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE file = CreateFileW(path, FILE_READ_ATTRIBUTES,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    *out = (etwi_path_info){0};
    /* Of what is no file, like NUL, there is nothing more to be told. */
    if (GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &info)) {
        out->is_folder = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        out->is_file = !out->is_folder;
        out->size = (uint64_t)join(info.nFileSizeHigh, info.nFileSizeLow);
        out->modified_ns = etwi_win_unix_ns(info.ftLastWriteTime);
    }
    CloseHandle(file);
    return true;
}

bool etwi_path_look(const char *path, etwi_path_info *out)
{
    wchar_t *wide = etwi_win_path(path);
    const bool found = wide && look(wide, out);
    free(wide);
    return found;
}

int64_t etwi_now_ns(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return etwi_win_unix_ns(now);
}

bool etwi_folder_current(char *out, size_t size)
{
    wchar_t *wide = malloc(FOLDER_MAX * sizeof *wide);
    const DWORD length = wide ? GetCurrentDirectoryW(FOLDER_MAX, wide) : 0;
    const bool good = length && length < FOLDER_MAX && etwi_win_narrow(wide, out, size);
    free(wide);
    return good;
}

/* -------------------------------------------------------------------------------- making */

bool etwi_folder_make(const char *path)
{
    etwi_win_only_me me;
    etwi_path_info info;
    const size_t size = strlen(path);
    char *part = malloc(size + 1);
    if (!part || !etwi_win_allow_only_me(&me)) {
        free(part);
        return false;
    }
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (!is_separator(part[i]) && part[i])
            continue;
        part[i] = '\0';
        wchar_t *wide = etwi_win_path(part);
        if (wide)
            CreateDirectoryW(wide, &me.attributes); // That it is there already is no failure.
        free(wide);
        part[i] = path[i];
    }
    free(part);
    return etwi_path_look(path, &info) && info.is_folder;
}

/* -------------------------------------------------------------------------------- listing */

/* What the system says about an entry is about the link where it is one. */
static bool describe(const char *folder, const char *name, const WIN32_FIND_DATAW *found,
                     etwi_path_info *out)
{
    out->is_folder = (found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    out->is_file = !out->is_folder;
    out->size = (uint64_t)join(found->nFileSizeHigh, found->nFileSizeLow);
    out->modified_ns = etwi_win_unix_ns(found->ftLastWriteTime);
    /* Files that are kept elsewhere, in a cloud for example, have such points too, but are no
     * links. */
    if (!(found->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) ||
        !IsReparseTagNameSurrogate(found->dwReserved0))
        return true;
    if (out->is_folder)
        return false;
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    const bool good = path && etwi_path_look(path, out) && out->is_file;
    free(path);
    return good;
}

static etw_status take_entry(const char *folder, const WIN32_FIND_DATAW *found,
                             etwi_folder_taker take, void *user)
{
    char name[NAME_SIZE];
    etwi_path_info info;
    if (!etwi_win_narrow(found->cFileName, name, sizeof name) || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0 || !describe(folder, name, found, &info))
        return ETW_OK;
    return take(user, name, &info);
}

static HANDLE find_first(const char *path, WIN32_FIND_DATAW *found)
{
    const size_t size = strlen(path);
    char *pattern = malloc(size + 3);
    if (!pattern) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    snprintf(pattern, size + 3, "%s%s*", path, size && is_separator(path[size - 1]) ? "" : "/");
    wchar_t *wide = etwi_win_path(pattern);
    HANDLE search = INVALID_HANDLE_VALUE;
    if (wide)
        search = FindFirstFileExW(wide, FindExInfoBasic, found, FindExSearchNameMatch, NULL,
                                  FIND_FIRST_EX_LARGE_FETCH);
    const DWORD code = GetLastError();
    free(wide);
    free(pattern);
    SetLastError(code);
    return search;
}

etw_status etwi_folder_list(const char *path, etwi_folder_taker take, void *user, etw_error *error)
{
    WIN32_FIND_DATAW found;
    HANDLE search = find_first(path, &found);
    DWORD code = GetLastError();
    if (search == INVALID_HANDLE_VALUE && code == ERROR_FILE_NOT_FOUND)
        return ETW_OK; // Only the root of a drive has no entries at all.
    if (search == INVALID_HANDLE_VALUE)
        return etwi_win_fail(error, code == ERROR_PATH_NOT_FOUND ? ETW_E_NOT_FOUND : ETW_E_IO, code,
                             "");
    etw_status status = ETW_OK;
    do {
        status = take_entry(path, &found, take, user);
        code = ERROR_NO_MORE_FILES;
        if (!etw_failed(status) && !FindNextFileW(search, &found))
            code = GetLastError();
        else if (!etw_failed(status))
            code = ERROR_SUCCESS;
    } while (code == ERROR_SUCCESS);
    FindClose(search);
    if (code != ERROR_NO_MORE_FILES)
        status = etwi_win_fail(error, ETW_E_IO, code, "listing the folder failed");
    return status;
}
