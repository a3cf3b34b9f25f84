/* MAP_ANONYMOUS is in no standard yet, but everywhere. */
#define _DEFAULT_SOURCE 1

#include "guard_pages.h"

#include <sys/mman.h>
#include <unistd.h>

size_t guard_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *guard_pages_map(size_t size, size_t mapped)
{
    uint8_t *base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    return mprotect(base + size, mapped - size, PROT_NONE) == 0 ? base : NULL;
}

void guard_pages_unmap(void *base, size_t mapped)
{
    munmap(base, mapped);
}
