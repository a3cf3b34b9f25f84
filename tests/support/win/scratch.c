#include "scratch.h"

#include "etl_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

/* FILETIME of 1970-01-01. */
#define UNIX_EPOCH INT64_C(116444736000000000)

const char *const scratch_null_device = "NUL";

/* Tests write files with fopen(), so their paths have to be the same in every encoding; those of
 * accounts with plain names are. */
void scratch_create(char path[SCRATCH_PATH_SIZE], const char *name)
{
    char base[MAX_PATH + 1];
    if (!GetTempPathA(sizeof base, base))
        etlb_fail("there is no folder for temporary files");
    for (char *at = base; *at; at++)
        if (*at == '\\')
            *at = '/';
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, SCRATCH_PATH_SIZE, "%s%s-%lu-%u", base, name,
                 (unsigned long)GetCurrentProcessId(), i);
        if (CreateDirectoryA(path, NULL))
            return;
    }
    etlb_fail("cannot make the folder %s", path);
}

void scratch_make_folder(const char *path)
{
    if (!CreateDirectoryA(path, NULL))
        etlb_fail("cannot make the folder %s", path);
}

bool scratch_link_folder(const char *path, const char *folder)
{
    const DWORD unprivileged = 2; /* SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE */
    return CreateSymbolicLinkA(path, folder, SYMBOLIC_LINK_FLAG_DIRECTORY | unprivileged);
}

/* Beside whoever else has the file open. */
static HANDLE open_shared(const char *path, DWORD access)
{
    return CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

void scratch_date(const char *path, int64_t seconds)
{
    const uint64_t units = (uint64_t)(seconds * 10000000 + UNIX_EPOCH);
    const FILETIME time = {(DWORD)units, (DWORD)(units >> 32)};
    const HANDLE file = open_shared(path, FILE_WRITE_ATTRIBUTES);
    if (file == INVALID_HANDLE_VALUE || !SetFileTime(file, NULL, &time, &time))
        etlb_fail("cannot date %s", path);
    CloseHandle(file);
}

uint64_t scratch_identity(const char *path)
{
    BY_HANDLE_FILE_INFORMATION info;
    const HANDLE file = open_shared(path, FILE_READ_ATTRIBUTES);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    const bool good = GetFileInformationByHandle(file, &info);
    CloseHandle(file);
    return good ? (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow : 0;
}

void scratch_cut(const char *path, uint64_t size)
{
    const LARGE_INTEGER end = {.QuadPart = (LONGLONG)size};
    const HANDLE file = open_shared(path, GENERIC_WRITE);
    if (file == INVALID_HANDLE_VALUE || !SetFilePointerEx(file, end, NULL, FILE_BEGIN) ||
        !SetEndOfFile(file))
        etlb_fail("cannot cut %s", path);
    CloseHandle(file);
}

bool scratch_remove(const char *path)
{
    return DeleteFileA(path) || RemoveDirectoryA(path) ||
           GetFileAttributesA(path) == INVALID_FILE_ATTRIBUTES;
}

/* The C library has variables of its own, and tells the system. */
void scratch_set_variable(const char *name, const char *value)
{
    if (_putenv_s(name, value) != 0)
        etlb_fail("cannot set %s", name);
}

void scratch_sleep_us(unsigned duration_us)
{
    Sleep((duration_us + 999) / 1000);
}
