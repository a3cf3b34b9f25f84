#include "win/text.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    WRITE_MAX = 1 << 30 /* Bytes that one call is given. */
};

/* The C library has one number for most of what the system can say; these are told apart. */
void cli_win_set_failure(DWORD code)
{
    switch (code) {
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
        errno = EPIPE;
        break;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        errno = ENOSPC;
        break;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
        errno = ENOENT;
        break;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        errno = EACCES;
        break;
    default:
        errno = EIO;
    }
}

int cli_os_create(const char *path)
{
    wchar_t *wide = cli_win_path(path);
    if (!wide) {
        errno = ENOENT;
        return -1;
    }
    const int flags = _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY | _O_NOINHERIT;
    const int descriptor = _wopen(wide, flags, _S_IREAD | _S_IWRITE);
    const int why = errno;
    free(wide);
    errno = why;
    return descriptor;
}

/* _write() would call the end of a pipe an invalid argument. */
int64_t cli_os_write(int descriptor, const char *data, size_t size)
{
    DWORD written = 0;
    if (WriteFile((HANDLE)_get_osfhandle(descriptor), data,
                  size < WRITE_MAX ? (DWORD)size : WRITE_MAX, &written, NULL))
        return written;
    cli_win_set_failure(GetLastError());
    return -1;
}

bool cli_os_close(int descriptor)
{
    return _close(descriptor) == 0;
}

bool cli_os_is_unread(int descriptor)
{
    (void)descriptor; // Only writing tells.
    return false;
}

void cli_os_widen_pipe(int descriptor)
{
    (void)descriptor; // Who makes a pipe says how much it holds.
}

const char *cli_os_failure(void)
{
    return strerror(errno);
}

/* The C library calls it an invalid argument if standard output was written to. */
bool cli_os_reader_has_gone(void)
{
    return errno == EPIPE ||
           (errno == EINVAL && GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE);
}
