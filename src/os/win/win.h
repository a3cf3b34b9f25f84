/* What the files of this folder share: windows.h, texts and paths in UTF-16, and the system's
 * messages. */
#ifndef ETWI_OS_WIN_H
#define ETWI_OS_WIN_H

#include "os/os.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

/* UTF-8 to UTF-16 in memory of malloc(); NULL with the last error set if the text is not UTF-8 or
 * memory is out. */
wchar_t *etwi_win_wide(const char *text);

/* UTF-16 to UTF-8. False if it does not fit; `out` is terminated always. */
bool etwi_win_narrow(const wchar_t *text, char *out, size_t size);

/* The same as a path for the system's functions: what is longer than MAX_PATH is made absolute and
 * gets the prefix that lifts the limit. */
wchar_t *etwi_win_path(const char *path);

/* Like etwi_fail_os() with the code of the system, as GetLastError() has it. */
etw_status etwi_win_fail(etw_error *error, etw_status status, DWORD code, const char *what);

/* Nanoseconds since 1970. */
int64_t etwi_win_unix_ns(FILETIME time);

#endif
