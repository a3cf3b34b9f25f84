#include "win/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    SHORT_PATH_MAX = 247, /* What paths of folders may have without a prefix. */
    PREFIX_SIZE = 8       /* Characters of the longest prefix. */
};

wchar_t *cli_win_wide(const char *text)
{
    const int size = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = size > 0 ? malloc((size_t)size * sizeof *wide) : NULL;
    if (wide)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size);
    return wide;
}

char *cli_win_narrow(const wchar_t *text)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = size > 0 ? malloc((size_t)size) : NULL;
    if (narrow)
        WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, size, NULL, NULL);
    return narrow;
}

/* The whole path behind the prefix that suits it; what has one already, or names a device, stays.
 */
static wchar_t *with_prefix(const wchar_t *path, DWORD size)
{
    wchar_t *full = malloc(size * sizeof *full);
    wchar_t *out = malloc((size + PREFIX_SIZE) * sizeof *out);
    const DWORD length = full && out ? GetFullPathNameW(path, size, full, NULL) : 0;
    if (length && length < size) {
        const bool is_special =
            wcsncmp(full, L"\\\\?\\", 4) == 0 || wcsncmp(full, L"\\\\.\\", 4) == 0;
        const bool is_share = !is_special && wcsncmp(full, L"\\\\", 2) == 0;
        const wchar_t *prefix = is_special ? L"" : is_share ? L"\\\\?\\UNC" : L"\\\\?\\";
        const size_t prefix_length = wcslen(prefix), skipped = is_share ? 1 : 0;
        memcpy(out, prefix, prefix_length * sizeof *out);
        memcpy(out + prefix_length, full + skipped, (length - skipped + 1) * sizeof *out);
    } else {
        free(out);
        out = NULL;
    }
    free(full);
    return out;
}

wchar_t *cli_win_path(const char *path)
{
    wchar_t *wide = cli_win_wide(path);
    const DWORD size = wide ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
    if (size <= SHORT_PATH_MAX)
        return wide;
    wchar_t *out = with_prefix(wide, size);
    free(wide);
    return out;
}
