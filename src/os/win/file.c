#include "base/error.h"
#include "os/win/win.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    SPOOL_BLOCK = 256 * 1024,
    READ_MAX = 1 << 30, /* Bytes that one call is asked for. */
    NAMES_TRIED = 100   /* For a temporary file, until one is free. */
};

/* The pipe of a writer that has gone ends with an error. */
static bool is_end(DWORD code)
{
    return code == ERROR_BROKEN_PIPE || code == ERROR_HANDLE_EOF;
}

static etw_status copy_all(HANDLE to, HANDLE from, etw_error *error)
{
    char *block = malloc(SPOOL_BLOCK);
    if (!block)
        return etwi_fail_nomem(error);
    etw_status status = ETW_OK;
    for (;;) {
        DWORD got = 0, written = 0;
        if (!ReadFile(from, block, SPOOL_BLOCK, &got, NULL)) {
            if (!is_end(GetLastError()))
                status = etwi_win_fail(error, ETW_E_IO, GetLastError(), "reading failed");
            break;
        }
        if (!got)
            break;
        if (!WriteFile(to, block, got, &written, NULL) || written != got) {
            status =
                etwi_win_fail(error, ETW_E_IO, GetLastError(), "writing a temporary copy failed");
            break;
        }
    }
    free(block);
    return status;
}

/* Goes away when it is closed, or with the process. */
static HANDLE open_unnamed_temporary(void)
{
    wchar_t folder[MAX_PATH + 1], name[MAX_PATH + 64];
    const DWORD size = GetTempPathW(MAX_PATH + 1, folder);
    HANDLE file = INVALID_HANDLE_VALUE;
    if (!size || size > MAX_PATH)
        return file;
    for (unsigned i = 0; i < NAMES_TRIED && file == INVALID_HANDLE_VALUE; i++) {
        swprintf(name, MAX_PATH + 64, L"%lsetw-%lu-%lx-%u.tmp", folder,
                 (unsigned long)GetCurrentProcessId(), (unsigned long)GetTickCount(), i);
        file = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_NEW,
                           FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
        if (file == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS)
            break;
    }
    return file;
}

/* Replaces `*file` by one with all that can be read from it. */
static etw_status spool(HANDLE *file, etw_error *error)
{
    HANDLE copy = open_unnamed_temporary();
    if (copy == INVALID_HANDLE_VALUE)
        return etwi_win_fail(error, ETW_E_IO, GetLastError(), "creating a temporary copy failed");
    const etw_status status = copy_all(copy, *file, error);
    if (status != ETW_OK) {
        CloseHandle(copy);
        return status;
    }
    CloseHandle(*file);
    *file = copy;
    return ETW_OK;
}

static HANDLE open_standard_input(void)
{
    HANDLE copy = INVALID_HANDLE_VALUE;
    const HANDLE process = GetCurrentProcess();
    if (!DuplicateHandle(process, GetStdHandle(STD_INPUT_HANDLE), process, &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return INVALID_HANDLE_VALUE;
    return copy;
}

/* Others may write, rename and delete it meanwhile, as everywhere but on Windows. */
static HANDLE open_path(const char *path)
{
    wchar_t *wide = etwi_win_path(path);
    if (!wide)
        return INVALID_HANDLE_VALUE;
    /* Folders can be opened with this flag only; they are told apart afterwards. */
    const HANDLE file =
        CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    const DWORD code = GetLastError();
    free(wide);
    SetLastError(code);
    return file;
}

static etw_status make_readable(HANDLE *file, uint64_t *size, etw_error *error)
{
    BY_HANDLE_FILE_INFORMATION info;
    LARGE_INTEGER length;
    if (GetFileType(*file) != FILE_TYPE_DISK)
        ETWI_TRY(spool(file, error));
    else if (GetFileInformationByHandle(*file, &info) &&
             info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "is a directory");
    if (!GetFileSizeEx(*file, &length))
        return etwi_win_fail(error, ETW_E_IO, GetLastError(), "");
    *size = (uint64_t)length.QuadPart;
    return ETW_OK;
}

etw_status etwi_file_open(etwi_file *out, const char *path, etw_error *error)
{
    HANDLE file = strcmp(path, "-") == 0 ? open_standard_input() : open_path(path);
    if (file == INVALID_HANDLE_VALUE) {
        const DWORD code = GetLastError();
        const bool is_missing = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
        return etwi_win_fail(error, is_missing ? ETW_E_NOT_FOUND : ETW_E_IO, code, "");
    }
    const etw_status status = make_readable(&file, &out->size, error);
    if (status != ETW_OK) {
        CloseHandle(file);
        return status;
    }
    out->handle = (intptr_t)file;
    return ETW_OK;
}

void etwi_file_close(etwi_file *file)
{
    CloseHandle((HANDLE)file->handle);
    file->handle = -1;
}

etw_status etwi_file_read_at(const etwi_file *file, uint64_t offset, void *out, size_t size,
                             size_t *got, etw_error *error)
{
    uint8_t *at = out;
    *got = 0;
    while (size) {
        /* Of a file that is not overlapped, only the place where to read. */
        OVERLAPPED place = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
        DWORD count = 0;
        if (!ReadFile((HANDLE)file->handle, at, size < READ_MAX ? (DWORD)size : READ_MAX, &count,
                      &place)) {
            if (is_end(GetLastError()))
                break;
            return etwi_win_fail(error, ETW_E_IO, GetLastError(), "reading failed");
        }
        if (count == 0)
            break;
        at += count;
        offset += count;
        size -= count;
        *got += count;
    }
    return ETW_OK;
}
