#include "guard.h"

#include "etl_writer.h"
#include "guard_pages.h"

#include <string.h>

guard guard_create(size_t size)
{
    const size_t page = guard_page_size();
    guard area;
    area.capacity = (size / page + 1) * page;
    area.mapped = area.capacity + page;
    area.base = guard_pages_map(area.capacity, area.mapped);
    if (!area.base)
        etlb_fail("no memory for %zu guarded bytes", size);
    return area;
}

void guard_destroy(guard *area)
{
    guard_pages_unmap(area->base, area->mapped);
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
