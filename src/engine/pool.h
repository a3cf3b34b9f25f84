/*
 * What becomes of the buffers of a pool: their descriptors and their headers. Used by slots, which
 * fill them, and by consumers, which empty them.
 *
 * The order of stores is what makes a death at any point harmless:
 *   - claiming:  descriptor ACTIVE, then the header (empty, then its sequence number), then the
 *                slot's `current`;
 *   - retiring:  the header, then `current` 0, then descriptor FULL.
 * So an ACTIVE buffer that is not its slot's current one was left behind by a dead owner; it has
 * records only if its header has the sequence number of the descriptor.
 */
#ifndef ETWI_ENGINE_POOL_H
#define ETWI_ENGINE_POOL_H

#include "engine/mapping.h"
#include "etl/layout.h"

/* Words in a buffer's header that others look at while it is written. */
static inline etwi_word32 *etwi_pool_current(uint8_t *buffer)
{
    return (etwi_word32 *)(void *)(buffer + BUFFER_CURRENT_OFFSET);
}

static inline etwi_word32 *etwi_pool_sealed(uint8_t *buffer)
{
    return (etwi_word32 *)(void *)(buffer + BUFFER_OFFSET);
}

static inline etwi_word64 *etwi_pool_sequence(uint8_t *buffer)
{
    return (etwi_word64 *)(void *)(buffer + BUFFER_SEQUENCE);
}

/* The end of the records that were committed to a buffer, or that were when it was sealed, if that
 * makes sense and the buffer is that of the descriptor; otherwise BUFFER_HEADER_SIZE. */
uint32_t etwi_pool_end(const etwi_mapping *mapping, uint32_t index, uint64_t descriptor);

/*
 * Gets a buffer for a slot that the caller owns and that has none. The header says if events were
 * lost before. False if there is none to be had.
 */
bool etwi_pool_claim(etwi_mapping *mapping, uint32_t slot, uint32_t *index);

/* Takes the buffer from a slot that the caller owns: it becomes full, or free if it is empty. */
void etwi_pool_retire(etwi_mapping *mapping, uint32_t slot);

/* Makes the buffers that a slot's dead owner left behind full or free. The caller owns the slot. */
void etwi_pool_resolve(etwi_mapping *mapping, uint32_t slot);

/* Makes the buffers of a slot full although its owner, which does not move, has them. The slot is
 * closed, so the owner gets no others; the record that it is amid counts if the owner, committing
 * it, is first to store where the buffer is sealed. */
void etwi_pool_seal_from_outside(etwi_mapping *mapping, uint32_t slot);

/* A consumer has read a full buffer: clears its bit, and frees the buffer if nobody is to read it
 * any more. `descriptor` is what the caller saw; false if it is not so any more. */
bool etwi_pool_done(etwi_mapping *mapping, uint32_t index, uint64_t descriptor, uint32_t consumer);

/* Wakes consumers that wait for full buffers. */
void etwi_pool_wake(etwi_mapping *mapping, uint32_t asleep_bits);

#endif
