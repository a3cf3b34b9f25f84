#include "os/private.h"

#include "base/error.h"
#include "os/program.h"
#include "os/win/win.h"

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    DISPOSITION_INFO_EX = 21,      /* FileDispositionInfoEx, which older headers do not have. */
    DISPOSITION_DELETE = 1,        /* FILE_DISPOSITION_FLAG_DELETE */
    DISPOSITION_LIKE_POSIX = 2,    /* FILE_DISPOSITION_FLAG_POSIX_SEMANTICS */
    DISPOSITION_IF_READ_ONLY = 16, /* FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE */
    MESSAGE_SIZE = 200,
    NAMES_TRIED = 100,   /* For what cannot be removed yet, until one is free. */
    RENAMES_TRIED = 200, /* A millisecond apart. */
    NAME_ROOM = 64,      /* Characters that such a name has more. */
    SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
};

/* ---- rights ---------------------------------------------------------------------------------- */

/* This user, and who can look into everything anyway. */
static bool is_trusted(PSID sid)
{
    static const WELL_KNOWN_SID_TYPE trusted[] = {WinLocalSystemSid, WinBuiltinAdministratorsSid,
                                                  WinCreatorOwnerSid, WinCreatorOwnerRightsSid};
    etwi_win_user me;
    if (etwi_win_user_look(&me) && EqualSid(sid, me.user.User.Sid))
        return true;
    for (size_t i = 0; i < sizeof trusted / sizeof *trusted; i++)
        if (IsWellKnownSid(sid, trusted[i]))
            return true;
    return false;
}

/* A list that is not there lets everybody in. */
static bool lets_others_in(PACL list)
{
    if (!list)
        return true;
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *entry;
        if (!GetAce(list, i, &entry))
            return true;
        const ACE_HEADER *header = entry;
        if (header->AceType == ACCESS_DENIED_ACE_TYPE)
            continue;
        if (header->AceType != ACCESS_ALLOWED_ACE_TYPE ||
            !is_trusted(&((ACCESS_ALLOWED_ACE *)entry)->SidStart))
            return true;
    }
    return false;
}

/* Nobody else's, and for nobody else. */
static etw_status check_private(HANDLE file, const char *path, etw_error *error)
{
    PSID owner = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    const DWORD code = GetSecurityInfo(file, SE_FILE_OBJECT,
                                       OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                       &owner, NULL, &list, NULL, &descriptor);
    if (code != ERROR_SUCCESS)
        return etwi_win_fail(error, ETW_E_ACCESS, code, "whose it is cannot be told");
    etw_status status = ETW_OK;
    if (!owner || !is_trusted(owner))
        status = etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s belongs to another user", path);
    else if (lets_others_in(list))
        status = etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s is open to others", path);
    LocalFree(descriptor);
    return status;
}

/* What the private things here are opened by: links are not followed. */
static HANDLE open_at(const wchar_t *path, DWORD access, SECURITY_ATTRIBUTES *attributes,
                      DWORD disposition)
{
    return CreateFileW(path, access, SHARE_ALL, attributes, disposition,
                       FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

static etw_status fail(etw_error *error, DWORD code, const char *what, const char *path)
{
    char text[MESSAGE_SIZE];
    const etw_status status = etwi_win_status_of(code);
    snprintf(text, sizeof text, "%s %.150s failed", what, path);
    return etwi_win_fail(error, status == ETW_E_FULL ? ETW_E_LIMIT : status, code, text);
}

static etw_status check(HANDLE file, bool is_folder, const char *path, etw_error *error)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    const DWORD kinds = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &info) ||
        (info.dwFileAttributes & kinds) != (is_folder ? FILE_ATTRIBUTE_DIRECTORY : 0u))
        return etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET, "%s is not a %s", path,
                         is_folder ? "folder" : "file");
    return check_private(file, path, error);
}

/* ---- making and opening ---------------------------------------------------------------------- */

static etw_status make_folder(const wchar_t *wide, const char *path, etw_error *error)
{
    etwi_win_only_me me;
    if (!etwi_win_allow_only_me(&me))
        return fail(error, GetLastError(), "making the folder", path);
    if (!CreateDirectoryW(wide, &me.attributes) && GetLastError() != ERROR_ALREADY_EXISTS)
        return fail(error, GetLastError(), "making the folder", path);
    const HANDLE folder = open_at(wide, READ_CONTROL | FILE_READ_ATTRIBUTES, NULL, OPEN_EXISTING);
    if (folder == INVALID_HANDLE_VALUE)
        return fail(error, GetLastError(), "looking at", path);
    const etw_status status = check(folder, true, path, error);
    CloseHandle(folder);
    return status;
}

etw_status etwi_private_folder(const char *path, etw_error *error)
{
    wchar_t *wide = etwi_win_path(path);
    if (!wide)
        return fail(error, GetLastError(), "making the folder", path);
    const etw_status status = make_folder(wide, path, error);
    free(wide);
    return status;
}

static HANDLE open_file(const char *path, unsigned how)
{
    const bool writes = how & (ETWI_OPEN_WRITE | ETWI_OPEN_NEW);
    const DWORD disposition = how & ETWI_OPEN_NEW      ? CREATE_NEW
                              : how & ETWI_OPEN_CREATE ? OPEN_ALWAYS
                                                       : OPEN_EXISTING;
    etwi_win_only_me me;
    HANDLE file = INVALID_HANDLE_VALUE;
    wchar_t *wide = etwi_win_path(path);
    if (wide && etwi_win_allow_only_me(&me))
        file = open_at(wide, writes ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ, &me.attributes,
                       disposition);
    const DWORD code = GetLastError();
    free(wide);
    SetLastError(code);
    return file;
}

etw_status etwi_private_open(etwi_file *out, const char *path, unsigned how, etw_error *error)
{
    const HANDLE file = open_file(path, how);
    if (file == INVALID_HANDLE_VALUE)
        return fail(error, GetLastError(), "opening", path);
    const etw_status status = check(file, false, path, error);
    if (status != ETW_OK) {
        CloseHandle(file);
        return status;
    }
    out->handle = (intptr_t)file;
    out->size = etwi_shared_size(out->handle);
    return ETW_OK;
}

bool etwi_file_identity(const etwi_file *file, uint8_t out[16])
{
    BY_HANDLE_FILE_INFORMATION info;
    if (!GetFileInformationByHandle((HANDLE)file->handle, &info))
        return false;
    const uint32_t numbers[4] = {1, info.dwVolumeSerialNumber, info.nFileIndexHigh,
                                 info.nFileIndexLow};
    memcpy(out, numbers, sizeof numbers);
    return true;
}

/* Programs here do not close what they did not open. */
bool etwi_file_is_still(intptr_t handle, const uint8_t identity[16])
{
    (void)identity;
    return handle >= 0;
}

void etwi_sleep_ms(uint32_t duration_ms)
{
    Sleep(duration_ms);
}

etw_status etwi_runtime_place(char *out, size_t size, etw_error *error)
{
    const char *folder = etwi_trusted_variable("LOCALAPPDATA");
    if (!folder || !etwi_path_is_absolute(folder))
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "no place for sessions, LOCALAPPDATA is not set");
    const int length = snprintf(out, size, "%s/etw-run", folder);
    if (length < 0 || (size_t)length >= size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the path in LOCALAPPDATA is longer than %zu bytes", size - 1);
    return ETW_OK;
}

/* ---- copying, renaming, removing ------------------------------------------------------------- */

static bool rename_once(const wchar_t *from, const wchar_t *to)
{
    const HANDLE file = open_at(from, DELETE, NULL, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    const bool done = etwi_win_rename(file, to);
    CloseHandle(file);
    return done || MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING);
}

/* Before Windows 10 of 2017, and in Wine, a file that is being read cannot be replaced: nobody
 * reads for long. */
static bool rename_file(const wchar_t *from, const wchar_t *to)
{
    bool done = rename_once(from, to);
    for (unsigned i = 0; !done && i < RENAMES_TRIED; i++) {
        const DWORD code = GetLastError();
        if (code != ERROR_ACCESS_DENIED && code != ERROR_SHARING_VIOLATION)
            break;
        Sleep(1);
        done = rename_once(from, to);
    }
    return done;
}

bool etwi_file_rename(const char *from, const char *to)
{
    wchar_t *wide_from = etwi_win_path(from), *wide_to = etwi_win_path(to);
    const bool done = wide_from && wide_to && rename_file(wide_from, wide_to);
    free(wide_from);
    free(wide_to);
    return done;
}

/* Takes the name away at once, also while others have the file open; Windows 10 can. */
static bool unlink_file(const wchar_t *path)
{
    DWORD flags = DISPOSITION_DELETE | DISPOSITION_LIKE_POSIX | DISPOSITION_IF_READ_ONLY;
    const HANDLE file = open_at(path, DELETE, NULL, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    const bool done = SetFileInformationByHandle(
        file, (FILE_INFO_BY_HANDLE_CLASS)DISPOSITION_INFO_EX, &flags, sizeof flags);
    CloseHandle(file);
    return done && GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES;
}

static const wchar_t *last_separator(const wchar_t *path)
{
    const wchar_t *at = path + wcslen(path);
    while (at > path && *at != L'/' && *at != L'\\')
        at--;
    return at;
}

/* What somebody has mapped cannot be removed, but it can have another name, beside its folder,
 * which can then be removed. The last one who has it mapped removes it; see etwi_shared_close(). */
static bool set_aside(const wchar_t *path)
{
    const size_t size = wcslen(path) + NAME_ROOM;
    const wchar_t *slash = last_separator(path);
    wchar_t *name = malloc(size * sizeof *name);
    bool done = false;
    for (unsigned i = 0; name && i < NAMES_TRIED && !done; i++) {
        swprintf(name, size, L"%.*ls.%ls.%lu-%u%ls", (int)(slash - path), path, slash + 1,
                 (unsigned long)GetCurrentProcessId(), i, ETWI_WIN_GONE);
        done = MoveFileExW(path, name, 0);
    }
    if (done)
        DeleteFileW(name);
    free(name);
    return done;
}

static bool is_missing(DWORD code)
{
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

bool etwi_file_remove(const char *path)
{
    wchar_t *wide = etwi_win_path(path);
    if (!wide)
        return false;
    bool done = unlink_file(wide);
    if (!done && GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES)
        done = is_missing(GetLastError());
    if (!done)
        done = set_aside(wide);
    free(wide);
    return done;
}

/* Removes what was set aside from a folder, and stayed since all who had it mapped were ended. */
static void remove_gone(const wchar_t *folder)
{
    WIN32_FIND_DATAW found;
    const size_t size = wcslen(folder) + MAX_PATH + 2;
    const size_t parent = (size_t)(last_separator(folder) + 1 - folder);
    wchar_t *path = malloc(size * sizeof *path);
    if (!path)
        return;
    swprintf(path, size, L"%ls.*%ls", folder, ETWI_WIN_GONE);
    const HANDLE search = FindFirstFileW(path, &found);
    for (bool more = search != INVALID_HANDLE_VALUE; more; more = FindNextFileW(search, &found)) {
        swprintf(path, size, L"%.*ls%ls", (int)parent, folder, found.cFileName);
        DeleteFileW(path);
    }
    if (search != INVALID_HANDLE_VALUE)
        FindClose(search);
    free(path);
}

bool etwi_folder_remove(const char *path)
{
    wchar_t *wide = etwi_win_path(path);
    if (!wide)
        return false;
    const bool done = RemoveDirectoryW(wide) || is_missing(GetLastError());
    remove_gone(wide);
    free(wide);
    return done;
}
