#include "schema/value_map.h"

#include <string.h>

static bool is_sorted(const etw_map_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (entries[i - 1].value >= entries[i].value)
            return false;
    }
    return true;
}

/* Merges from[start, middle) and from[middle, end); the left one wins ties, which is stable. */
static void merge(etw_map_entry *to, const etw_map_entry *from, size_t start, size_t middle,
                  size_t end)
{
    size_t left = start;
    size_t right = middle;
    for (size_t i = start; i < end; i++) {
        const bool take_left =
            left < middle && (right >= end || from[left].value <= from[right].value);
        to[i] = from[take_left ? left++ : right++];
    }
}

static void merge_runs(etw_map_entry *to, const etw_map_entry *from, size_t count, size_t width)
{
    for (size_t start = 0; start < count; start += 2 * width) {
        const size_t middle = start + width < count ? start + width : count;
        const size_t end = start + 2 * width < count ? start + 2 * width : count;
        merge(to, from, start, middle, end);
    }
}

/* A bottom-up merge sort: stable, never quadratic, and without recursion. */
bool etwi_map_entries_sort(etw_map_entry *entries, uint32_t *count, const etw_allocator *allocator)
{
    const size_t size = *count * sizeof *entries;
    if (is_sorted(entries, *count))
        return true;
    etw_map_entry *spare = etwi_alloc(allocator, size);
    if (!spare)
        return false;
    for (size_t width = 1; width < *count; width *= 2) {
        merge_runs(spare, entries, *count, width);
        memcpy(entries, spare, size);
    }
    etwi_free(allocator, spare, size);

    uint32_t kept = 1;
    for (uint32_t i = 1; i < *count; i++) {
        if (entries[i].value != entries[kept - 1].value)
            entries[kept++] = entries[i];
    }
    *count = kept;
    return true;
}
