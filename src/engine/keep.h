/*
 * Keeping the log file of a session: copying its buffers into the file until it stops. Done by the
 * keeper, a process of its own, or by a thread where there is no keeper; see keeper.h.
 */
#ifndef ETWI_ENGINE_KEEP_H
#define ETWI_ENGINE_KEEP_H

#include "base/memory.h"
#include "engine/drain.h"
#include "etl/writer.h"

/* Zero-initialise. */
typedef struct etwi_keeping {
    etw_allocator allocator;
    etwi_mapping *mapping;
    etwi_drain *drain;
    etwi_etl_file *file;
    uint8_t *buffer;
    uint64_t dropped; /* Buffers that were taken away from here, as last counted. */
    uint32_t changes; /* Of the session, as last looked at. */
    char path[ETWI_CTL_PATH_SIZE];
} etwi_keeping;

/* Opens the file and attaches. The mapping has joined as client, and outlives this. `goes_on` as
 * for etwi_log_open(). Nothing is left to close if this fails. */
etw_status etwi_keep_begin(etwi_keeping *out, etwi_mapping *mapping, bool goes_on,
                           etw_error *error);

/* Keeps until the session is stopped and all is in the file. */
etw_status etwi_keep_run(etwi_keeping *keeping, etw_error *error);

/* Completes the file and detaches. */
etw_status etwi_keep_end(etwi_keeping *keeping, etw_error *error);

#endif
