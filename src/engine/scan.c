#include "engine/scan.h"

#include <stdlib.h>

static int compare_sequences(const void *a, const void *b)
{
    const uint64_t x = etwi_descriptor_sequence(((const etwi_scanned *)a)->descriptor);
    const uint64_t y = etwi_descriptor_sequence(((const etwi_scanned *)b)->descriptor);
    return x < y ? -1 : x > y;
}

etw_status etwi_scan_run(etwi_scan *scan, etwi_attachment *attachment, bool with_active)
{
    const etwi_mapping *mapping = attachment->mapping;
    const etwi_geometry *geometry = &mapping->geometry;
    scan->count = 0;
    if (etwi_grow(&attachment->allocator, (void **)&scan->found, &scan->capacity,
                  geometry->buffer_count, sizeof *scan->found) != ETW_OK)
        return ETW_E_NOMEM;
    /* A slot fills one buffer after the other. Of buffers that were claimed before this moment all
     * earlier ones of their slots are seen below in the state that they had then, or a later one;
     * later ones are left out, since an earlier one may have been passed already. */
    const uint64_t limit =
        atomic_load_explicit(&mapping->header->sequence, memory_order_acquire) & ETWI_SEQUENCE_MASK;
    for (uint32_t i = geometry->first_buffer; i < geometry->buffer_count; i++) {
        uint64_t descriptor = atomic_load(&mapping->descriptors[i]);
        if (etwi_descriptor_state(descriptor) == ETWI_BUFFER_FREE ||
            etwi_descriptor_sequence(descriptor) >= limit)
            continue;
        const etwi_claimed claimed = etwi_attachment_claim(attachment, i, &descriptor);
        if (claimed == ETWI_OURS_FULL || (claimed == ETWI_OURS_ACTIVE && with_active))
            scan->found[scan->count++] = (etwi_scanned){descriptor, i, claimed == ETWI_OURS_ACTIVE};
    }
    if (scan->count > 1)
        qsort(scan->found, scan->count, sizeof *scan->found, compare_sequences);
    return ETW_OK;
}

void etwi_scan_free(etwi_scan *scan, const etw_allocator *allocator)
{
    etwi_free(allocator, scan->found, scan->capacity * sizeof *scan->found);
    *scan = (etwi_scan){NULL, 0, 0};
}
