/* What the files of this folder share: windows.h, texts and paths in UTF-16, the system's messages,
 * and rights. */
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

/* Gives an open file, which may be deleted, another name, also one of a file that others have open.
 * False if that failed. */
bool etwi_win_rename(HANDLE file, const wchar_t *to);

/* The ending of files that are gone but could not be removed, since somebody has them mapped. */
#define ETWI_WIN_GONE L".gone"

/* What a failure to open, make or write something means to the caller. */
etw_status etwi_win_status_of(DWORD code);

/* Reads at most, writes and allocates in pieces of so many bytes. */
enum {
    ETWI_WIN_PIECE = 1 << 30
};

/* The user that this process acts for. */
typedef union etwi_win_user {
    TOKEN_USER user;
    uint8_t room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
} etwi_win_user;

/* False if the system cannot say. */
bool etwi_win_user_look(etwi_win_user *out);

/* Everything for this user, and for what is made in a folder later, and nothing for anybody else.
 * Pointers lead into it: it stays where it is. */
typedef struct etwi_win_only_me {
    SECURITY_ATTRIBUTES attributes; /* For what makes files and folders. */
    SECURITY_DESCRIPTOR descriptor;
    etwi_win_user token;
    union {
        ACL acl;
        uint8_t room[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE];
    } list;
} etwi_win_only_me;

/* False if the system cannot say who this user is. */
bool etwi_win_allow_only_me(etwi_win_only_me *out);

/* Nanoseconds since 1970. */
int64_t etwi_win_unix_ns(FILETIME time);

#endif
