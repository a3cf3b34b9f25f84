/* Memory shared with other processes: files that are mapped. */
#include "base/error.h"
#include "os/win/win.h"

#include <stdlib.h>
#include <wchar.h>

enum {
    PATH_SIZE = 32768, /* Characters of the longest path. */
};

/* A file that is mapped cannot be cut off, and nothing behind its end can be mapped. */
bool etwi_shared_can_grow(void)
{
    return false;
}

/* The view keeps the file mapping alive, and goes by its address alone. */
etw_status etwi_shared_map(void **out, intptr_t handle, uint64_t size, bool is_writable,
                           etw_error *error)
{
    *out = NULL;
    if (!size || size > SIZE_MAX / 2)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "%llu bytes cannot be mapped",
                         (unsigned long long)size);
    const HANDLE mapping = CreateFileMappingW(handle < 0 ? INVALID_HANDLE_VALUE : (HANDLE)handle,
                                              NULL, is_writable ? PAGE_READWRITE : PAGE_READONLY,
                                              (DWORD)(size >> 32), (DWORD)size, NULL);
    if (mapping)
        *out = MapViewOfFile(mapping, is_writable ? FILE_MAP_READ | FILE_MAP_WRITE : FILE_MAP_READ,
                             0, 0, (SIZE_T)size);
    if (!*out) {
        const DWORD code = GetLastError();
        const etw_status status = etwi_win_status_of(code);
        if (mapping)
            CloseHandle(mapping);
        return etwi_win_fail(error, status, code, "mapping memory failed");
    }
    CloseHandle(mapping);
    return ETW_OK;
}

void etwi_shared_unmap(void *memory, uint64_t size)
{
    (void)size;
    if (memory)
        UnmapViewOfFile(memory);
}

uint64_t etwi_shared_size(intptr_t handle)
{
    LARGE_INTEGER size;
    return GetFileSizeEx((HANDLE)handle, &size) && size.QuadPart > 0 ? (uint64_t)size.QuadPart : 0;
}

/* Files that are not said to be sparse have the space of their size. */
etw_status etwi_shared_allocate(intptr_t handle, uint64_t offset, uint64_t size, etw_error *error)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)size};
    if (size <= offset || size <= etwi_shared_size(handle) ||
        SetFileInformationByHandle((HANDLE)handle, FileEndOfFileInfo, &end, sizeof end))
        return ETW_OK;
    const DWORD code = GetLastError();
    return etwi_win_fail(error, etwi_win_status_of(code), code, "making room in a file failed");
}

etw_status etwi_shared_grow(intptr_t handle, uint64_t offset, uint64_t size)
{
    return etwi_shared_allocate(handle, offset, size, NULL);
}

void etwi_shared_prepare(uint8_t *memory, uint64_t size)
{
    (void)memory;
    (void)size;
}

/* The path of a file that was to be removed while it was mapped; NULL if it was not. */
static wchar_t *path_if_gone(HANDLE file)
{
    static const wchar_t ending[] = ETWI_WIN_GONE;
    const size_t ending_size = sizeof ending / sizeof *ending - 1;
    wchar_t *path = malloc(PATH_SIZE * sizeof *path);
    const DWORD length = path ? GetFinalPathNameByHandleW(file, path, PATH_SIZE, 0) : 0;
    if (length > ending_size && length < PATH_SIZE &&
        wcscmp(path + length - ending_size, ending) == 0)
        return path;
    free(path);
    return NULL;
}

/* Who is the last to have a removed file mapped really removes it. */
void etwi_shared_close(intptr_t handle)
{
    const HANDLE file = (HANDLE)handle;
    if (handle < 0)
        return;
    wchar_t *path = path_if_gone(file);
    CloseHandle(file);
    if (path)
        DeleteFileW(path);
    free(path);
}
