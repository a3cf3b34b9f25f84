/* MAP_ANONYMOUS is in no standard yet, but everywhere. */
#define _DEFAULT_SOURCE 1

#include "guard.h"

#include "etl_writer.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

guard guard_create(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guard area;
    area.capacity = (size / page + 1) * page;
    area.mapped = area.capacity + page;
    void *base =
        mmap(NULL, area.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        etlb_fail("no memory for %zu guarded bytes", size);
    area.base = base;
    if (mprotect(area.base + area.capacity, page, PROT_NONE) != 0)
        etlb_fail("no guard page");
    return area;
}

void guard_destroy(guard *area)
{
    munmap(area->base, area->mapped);
    area->base = NULL;
}

etw_bytes guard_copy(guard *area, etw_bytes bytes)
{
    if (bytes.size > area->capacity)
        etlb_fail("%zu bytes do not fit into %zu guarded ones", bytes.size, area->capacity);
    uint8_t *at = area->base + area->capacity - bytes.size;
    if (bytes.size)
        memcpy(at, bytes.data, bytes.size);
    const etw_bytes copy = {at, bytes.size};
    return copy;
}
