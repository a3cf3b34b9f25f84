/*
 * Looking over all buffers of a session for those that a consumer may read now, in the order in
 * which writers claimed them: so those of a slot come in the order of their events.
 */
#ifndef ETWI_ENGINE_SCAN_H
#define ETWI_ENGINE_SCAN_H

#include "engine/attachment.h"

typedef struct etwi_scanned {
    uint64_t descriptor;
    uint32_t index;
    bool is_active;
} etwi_scanned;

/* Zero-initialise; the arrays grow to the size of the pool and stay. */
typedef struct etwi_scan {
    etwi_scanned *found;
    size_t count, capacity;
} etwi_scan;

/* Forgets what was found and looks anew. `with_active`: also for buffers that are being filled. */
etw_status etwi_scan_run(etwi_scan *scan, etwi_attachment *attachment, bool with_active);

void etwi_scan_free(etwi_scan *scan, const etw_allocator *allocator);

#endif
