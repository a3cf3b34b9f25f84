#include "guard_pages.h"

#include <windows.h>

size_t guard_page_size(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

void *guard_pages_map(size_t size, size_t mapped)
{
    void *base = VirtualAlloc(NULL, mapped, MEM_RESERVE, PAGE_NOACCESS);
    return base ? VirtualAlloc(base, size, MEM_COMMIT, PAGE_READWRITE) : NULL;
}

void guard_pages_unmap(void *base, size_t mapped)
{
    (void)mapped;
    VirtualFree(base, 0, MEM_RELEASE);
}
