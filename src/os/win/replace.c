#include "base/error.h"
#include "os/win/win.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    NAMES_TRIED = 100,     /* For the temporary file, until one is free. */
    WRITE_MAX = 1 << 30,   /* Bytes that one call is given. */
    RENAME_INFO_EX = 22,   /* FileRenameInfoEx, which older headers do not have. */
    RENAME_REPLACE = 1,    /* FILE_RENAME_FLAG_REPLACE_IF_EXISTS */
    RENAME_LIKE_POSIX = 2, /* FILE_RENAME_FLAG_POSIX_SEMANTICS */
    NAME_ROOM = 64         /* Characters that the name of the temporary file has more. */
};

/* FILE_RENAME_INFO as Windows 10 has it. */
typedef struct rename_info {
    DWORD flags;
    HANDLE root;
    DWORD name_size; /* In bytes, without the end. */
    WCHAR name[1];
} rename_info;

/* Creates a file beside `path`. */
static HANDLE create_beside(const wchar_t *path, wchar_t *name, size_t size)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    for (unsigned i = 0; i < NAMES_TRIED && file == INVALID_HANDLE_VALUE; i++) {
        swprintf(name, size, L"%ls.%lu-%u.tmp", path, (unsigned long)GetCurrentProcessId(), i);
        file = CreateFileW(name, GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                           CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS)
            break;
    }
    return file;
}

static bool write_whole(HANDLE file, const char *data, size_t size)
{
    while (size) {
        DWORD written = 0;
        if (!WriteFile(file, data, size < WRITE_MAX ? (DWORD)size : WRITE_MAX, &written, NULL) ||
            !written)
            return false;
        data += written;
        size -= written;
    }
    return true;
}

/* Windows 10 of 2017 and later can. */
bool etwi_win_rename(HANDLE file, const wchar_t *to)
{
    const size_t name_size = wcslen(to) * sizeof *to;
    const size_t size = sizeof(rename_info) + name_size;
    rename_info *info = calloc(1, size);
    if (!info)
        return false;
    info->flags = RENAME_REPLACE | RENAME_LIKE_POSIX;
    info->name_size = (DWORD)name_size;
    memcpy(info->name, to, name_size);
    const bool good = SetFileInformationByHandle(file, (FILE_INFO_BY_HANDLE_CLASS)RENAME_INFO_EX,
                                                 info, (DWORD)size);
    free(info);
    return good;
}

/* Closes the file in any case. */
static bool give_name(bool is_complete, HANDLE file, const wchar_t *from, const wchar_t *to)
{
    const bool done = is_complete && etwi_win_rename(file, to);
    CloseHandle(file);
    return done || (is_complete && MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING));
}

static etw_status replace(const wchar_t *path, const void *data, size_t size, etw_error *error)
{
    const size_t name_size = wcslen(path) + NAME_ROOM;
    wchar_t *name = malloc(name_size * sizeof *name);
    if (!name)
        return etwi_fail_nomem(error);
    const HANDLE file = create_beside(path, name, name_size);
    DWORD code = GetLastError();
    if (file != INVALID_HANDLE_VALUE) {
        code = write_whole(file, data, size) ? ERROR_SUCCESS : GetLastError();
        const bool named = give_name(code == ERROR_SUCCESS, file, name, path);
        if (code == ERROR_SUCCESS && !named)
            code = GetLastError();
        if (!named)
            DeleteFileW(name);
    }
    free(name);
    return code == ERROR_SUCCESS ? ETW_OK : etwi_win_fail(error, ETW_E_IO, code, "");
}

etw_status etwi_file_replace(const char *path, const void *data, size_t size, etw_error *error)
{
    wchar_t *wide = etwi_win_path(path);
    if (!wide)
        return etwi_win_fail(error, ETW_E_IO, GetLastError(), "");
    const etw_status status = replace(wide, data, size, error);
    free(wide);
    return status;
}
