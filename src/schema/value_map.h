/* Building etw_map: its entries are sorted, so that a lookup is a binary search. */
#ifndef ETWI_SCHEMA_VALUE_MAP_H
#define ETWI_SCHEMA_VALUE_MAP_H

#include "base/memory.h"

#include <etw/schema.h>

/*
 * Sorts entries by value; of several with one value the first stays. `*count` becomes what is left.
 *
 * `allocator` gives the room that sorting needs for a while. False if memory is out.
 */
bool etwi_map_entries_sort(etw_map_entry *entries, uint32_t *count, const etw_allocator *allocator);

#endif
