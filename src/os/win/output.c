#include "os/output.h"

#include "base/error.h"
#include "os/win/win.h"

#include <stdlib.h>

static etw_status check_kind(HANDLE file, uint64_t *size, etw_error *error)
{
    BY_HANDLE_FILE_INFORMATION info;
    if (GetFileType(file) != FILE_TYPE_DISK)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "is no file that can be rewritten");
    if (!GetFileInformationByHandle(file, &info))
        return etwi_win_fail(error, ETW_E_IO, GetLastError(), "");
    *size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    return ETW_OK;
}

static HANDLE open_path(const char *path, etwi_output_mode mode)
{
    etwi_win_only_me me;
    wchar_t *wide = etwi_win_path(path);
    HANDLE file = INVALID_HANDLE_VALUE;
    if (wide && etwi_win_allow_only_me(&me))
        file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &me.attributes,
                           mode == ETWI_OUTPUT_EXISTING ? OPEN_EXISTING : OPEN_ALWAYS,
                           FILE_ATTRIBUTE_NORMAL, NULL);
    const DWORD code = GetLastError();
    free(wide);
    SetLastError(code);
    return file;
}

static bool is_folder(const char *path)
{
    etwi_path_info info;
    return etwi_path_look(path, &info) && info.is_folder;
}

etw_status etwi_output_open(etwi_file *out, const char *path, etwi_output_mode mode,
                            etw_error *error)
{
    const HANDLE file = open_path(path, mode);
    if (file == INVALID_HANDLE_VALUE) {
        const DWORD code = GetLastError();
        const bool is_kind = code == ERROR_ACCESS_DENIED && is_folder(path);
        return is_kind ? etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "is a directory")
                       : etwi_win_fail(error, etwi_win_status_of(code), code, "");
    }
    out->handle = (intptr_t)file;
    etw_status status = check_kind(file, &out->size, error);
    /* Emptied only once it is known to be a file. */
    if (status == ETW_OK && mode == ETWI_OUTPUT_NEW && out->size)
        status = etwi_output_set_size(out, 0, error);
    if (status != ETW_OK)
        CloseHandle(file);
    return status;
}

etw_status etwi_output_write_at(const etwi_file *file, uint64_t offset, const void *data,
                                size_t size, etw_error *error)
{
    const uint8_t *at = data;
    while (size) {
        /* Of a file that is not overlapped, only the place where to write. */
        OVERLAPPED place = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
        DWORD count = 0;
        const DWORD piece = size < ETWI_WIN_PIECE ? (DWORD)size : ETWI_WIN_PIECE;
        const bool good = WriteFile((HANDLE)file->handle, at, piece, &count, &place);
        if (!good || !count) {
            const DWORD code = good ? ERROR_DISK_FULL : GetLastError();
            return etwi_win_fail(error, etwi_win_status_of(code), code, "writing failed");
        }
        at += count;
        offset += count;
        size -= count;
    }
    return ETW_OK;
}

etw_status etwi_output_set_size(etwi_file *file, uint64_t size, etw_error *error)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)size};
    if (!SetFileInformationByHandle((HANDLE)file->handle, FileEndOfFileInfo, &end, sizeof end))
        return etwi_win_fail(error, etwi_win_status_of(GetLastError()), GetLastError(),
                             "changing the size failed");
    file->size = size;
    return ETW_OK;
}

etw_status etwi_output_close(etwi_file *file, etw_error *error)
{
    const bool good = CloseHandle((HANDLE)file->handle);
    file->handle = -1;
    return good ? ETW_OK : etwi_win_fail(error, ETW_E_IO, GetLastError(), "closing failed");
}
