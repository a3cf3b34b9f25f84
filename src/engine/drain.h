/*
 * Taking full buffers out of a session, for those who attach to it as consumers: real-time
 * consumers (live.h), the keeper that writes them to a file, and flushing of a session in buffering
 * mode. Buffers of a slot come in the order they were written.
 *
 * Whoever drains has joined as client, and calls etwi_drain_… from one thread at a time.
 */
#ifndef ETWI_ENGINE_DRAIN_H
#define ETWI_ENGINE_DRAIN_H

#include "base/memory.h"
#include "engine/mapping.h"

typedef struct etwi_drain etwi_drain;

/* A buffer that was copied out. */
typedef struct etwi_drained {
    uint64_t sequence;
    uint32_t slot;
    uint32_t size; /* Bytes of the copy that count, with the header of BUFFER_HEADER_SIZE. */
} etwi_drained;

/*
 * Attaches: from now on buffers are kept until they were taken here. The first to attach also gets
 * the full buffers from before. ETW_E_LIMIT if there are ETWI_CONSUMERS_MAX already; ETW_E_INVALID
 * for direct pools.
 */
etw_status etwi_drain_attach(etwi_drain **out, etwi_mapping *mapping,
                             const etw_allocator *allocator, etw_error *error);

/* Detaches. What nobody else is to read stays for the next one who attaches. */
void etwi_drain_detach(etwi_drain **drain);

/*
 * Copies the next full buffer to `copy` (buffer_size bytes) as it is to be in a file, and gives it
 * back to the writers. The header is made sound, whatever it was.
 *
 * ETW_OK; ETW_AGAIN if none is full; ETW_E_CORRUPT if the memory makes no sense any more.
 */
etw_status etwi_drain_next(etwi_drain *drain, uint8_t *copy, etwi_drained *out, etw_error *error);

/* Waits until a buffer is full, or `timeout_ms` passed. Comes back at once if the session was
 * announced to have changed (etwi_mapping_announce(), a new state) since it last came back. */
void etwi_drain_wait(etwi_drain *drain, uint32_t timeout_ms);

/* Ends a wait, of this or the next etwi_drain_wait(). From any thread, and signal handlers. */
void etwi_drain_wake(etwi_drain *drain);

/* Buffers that were taken away from this consumer, for it was too slow, since it attached. */
uint64_t etwi_drain_lost(const etwi_drain *drain);

/* Detaches consumers that died, and those that took nothing for long while no buffer is free.
 * Called by who drains, every now and then. */
void etwi_drain_look_after_others(etwi_drain *drain);

#endif
