#include "os/win/win.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    /* Paths of folders end here, so that a file of 8.3 fits in below MAX_PATH. */
    SHORT_PATH_MAX = 247,
    MESSAGE_SIZE = 256,
    PREFIX_SIZE = 8 /* Characters that \\?\UNC\ adds at the most. */
};

/* FILETIME of 1970-01-01. */
#define UNIX_EPOCH INT64_C(116444736000000000)

wchar_t *etwi_win_wide(const char *text)
{
    const int size = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    if (size <= 0)
        return NULL;
    wchar_t *wide = malloc((size_t)size * sizeof *wide);
    if (!wide) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size);
    return wide;
}

bool etwi_win_narrow(const wchar_t *text, char *out, size_t size)
{
    const int room = size > INT_MAX ? INT_MAX : (int)size;
    if (room && WideCharToMultiByte(CP_UTF8, 0, text, -1, out, room, NULL, NULL) > 0)
        return true;
    if (room)
        out[0] = '\0';
    return false;
}

/* Takes over `wide`. The system follows no "..", no "/" and no relative path behind the prefix, so
 * the path is made absolute by the system before. */
static wchar_t *lengthen(wchar_t *wide, DWORD full_size)
{
    wchar_t *out = malloc((full_size + PREFIX_SIZE) * sizeof *out);
    wchar_t *full = malloc(full_size * sizeof *full);
    const DWORD length = full ? GetFullPathNameW(wide, full_size, full, NULL) : 0;
    if (!out || length == 0 || length >= full_size) {
        free(out);
        out = NULL;
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    } else if (wcsncmp(full, L"\\\\?\\", 4) == 0 || wcsncmp(full, L"\\\\.\\", 4) == 0) {
        memcpy(out, full, (length + 1) * sizeof *out);
    } else {
        const bool is_share = wcsncmp(full, L"\\\\", 2) == 0;
        const wchar_t *prefix = is_share ? L"\\\\?\\UNC" : L"\\\\?\\";
        const size_t prefix_length = wcslen(prefix), skipped = is_share ? 1 : 0;
        memcpy(out, prefix, prefix_length * sizeof *out);
        memcpy(out + prefix_length, full + skipped, (length - skipped + 1) * sizeof *out);
    }
    free(full);
    free(wide);
    return out;
}

wchar_t *etwi_win_path(const char *path)
{
    wchar_t *wide = etwi_win_wide(path);
    const DWORD full_size = wide ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
    return full_size > SHORT_PATH_MAX ? lengthen(wide, full_size) : wide;
}

/* What also happens elsewhere is said in the same words as there; 0 for the rest. */
static int common_code(DWORD code)
{
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_NETPATH:
    case ERROR_NO_UNICODE_TRANSLATION:
        return ENOENT;
    case ERROR_ACCESS_DENIED:
        return EACCES;
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS:
        return EEXIST;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return ENOSPC;
    case ERROR_FILENAME_EXCED_RANGE:
        return ENAMETOOLONG;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return ENOMEM;
    default:
        return 0;
    }
}

etw_status etwi_win_status_of(DWORD code)
{
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_NETPATH:
    case ERROR_NO_UNICODE_TRANSLATION:
        return ETW_E_NOT_FOUND;
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS:
        return ETW_E_EXISTS;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_WRITE_PROTECT:
        return ETW_E_ACCESS;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_FILE_TOO_LARGE:
        return ETW_E_FULL;
    case ERROR_TOO_MANY_OPEN_FILES:
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
        return ETW_E_LIMIT;
    default:
        return ETW_E_IO;
    }
}

/* The system ends its messages with a full stop and a line feed. */
static void trim(char *text)
{
    size_t size = strlen(text);
    while (size && strchr(". \r\n", text[size - 1]))
        size--;
    text[size] = '\0';
}

etw_status etwi_win_fail(etw_error *error, etw_status status, DWORD code, const char *what)
{
    wchar_t wide[MESSAGE_SIZE];
    char text[3 * MESSAGE_SIZE];
    const int common = common_code(code);
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    if (common) {
        etwi_fail_os(error, status, common, "%s", what);
    } else if (FormatMessageW(flags, NULL, code, 0, wide, MESSAGE_SIZE, NULL) &&
               etwi_win_narrow(wide, text, sizeof text)) {
        trim(text);
        etwi_fail(error, status, ETW_NO_OFFSET, "%s%s%s", what, *what ? ": " : "", text);
    } else {
        etwi_fail(error, status, ETW_NO_OFFSET, "%s%serror %lu of the system", what,
                  *what ? ": " : "", (unsigned long)code);
    }
    if (error)
        error->os_code = (int)code;
    return status;
}

int64_t etwi_win_unix_ns(FILETIME time)
{
    const uint64_t units = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return ((int64_t)units - UNIX_EPOCH) * 100;
}
