/*
 * Writing into a session. A slot is a place to write with one buffer; each processor has a few. A
 * writer owns a slot for the moment of one write, without waiting: if the slot is busy it takes the
 * next one. What it stores counts from the one store on that commits it, so a writer may die at any
 * point; whoever finds its slot later takes it over.
 *
 * Everything here may be called from any thread and from signal handlers, also from one that
 * interrupted a write. Nothing blocks, nothing spins, nothing allocates.
 */
#ifndef ETWI_ENGINE_SLOT_H
#define ETWI_ENGINE_SLOT_H

#include "engine/mapping.h"

/* Room for one record, in a slot that is the caller's until commit or cancel. */
typedef struct etwi_room {
    uint8_t *at; /* Aligned to 8. */
    uint8_t *buffer;
    etwi_ctl_slot *slot;
    uint64_t owner;
    uint32_t offset; /* Of `at` in the buffer. */
    uint32_t size;   /* As asked for, rounded up to the alignment of records. */
} etwi_room;

/*
 * Gets room for a record of `size` bytes. The caller takes the time of the event after this, so
 * that times ascend in each buffer; it may hold room in several sessions at once and give all of
 * them one time. It fills the room, pads it with zeros, and commits. In between it calls nothing
 * that may block, and handles no failure but by etwi_slot_cancel().
 *
 * A mapping that has not joined as client loses every event.
 *
 * ETW_OK; ETW_E_FULL and ETW_E_LIMIT (the record fits into no buffer) if the event is lost, which
 * is counted already; ETW_STOPPED if the session does not run, where nothing counts.
 */
etw_status etwi_slot_reserve(etwi_mapping *mapping, uint32_t size, etwi_room *out);

/* Makes the record part of the session, and wakes consumers that wait for it. */
void etwi_slot_commit(etwi_mapping *mapping, const etwi_room *room);

/* Gives the room back unused. `is_lost` counts the event as lost. */
void etwi_slot_cancel(const etwi_room *room, bool is_lost);

/* Counts events as lost that never got as far as to ask for room. */
void etwi_slot_lose(etwi_mapping *mapping, uint64_t events);

/*
 * Hands on what was written: buffers with records become full. Slots of dead owners are taken over;
 * those of live ones that stay busy for `patience_ms` are left out.
 *
 * Returns how many slots were left out; what they hold is readable, but not full.
 */
uint32_t etwi_slots_flush(etwi_mapping *mapping, uint32_t patience_ms);

/*
 * Flushes, and closes the slots for ever: writers get ETW_STOPPED. Called by who stops the session,
 * after ETWI_SESSION_STOPPING is stored. The buffers of slots whose live owner did not let go (a
 * stopped process) are made full as they are; what it commits later comes to nothing but stays
 * within its buffer.
 */
uint32_t etwi_slots_close(etwi_mapping *mapping, uint32_t patience_ms);

/* Takes over slots whose owners died, and their buffers. Returns how many there were. */
uint32_t etwi_slots_recover(etwi_mapping *mapping);

/* The same for one client, by index + 1, whose place the caller holds. */
void etwi_slots_recover_client(etwi_mapping *mapping, uint32_t client);

#endif
