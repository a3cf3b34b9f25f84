/*
 * The way of a usual event through a slot, for those who write very many: compiled into them, since
 * the calls would take as long as what is done. Everything that is not usual is in slot.c.
 */
#ifndef ETWI_ENGINE_SLOT_WRITE_H
#define ETWI_ENGINE_SLOT_WRITE_H

#include "base/compiler.h"
#include "engine/pool.h"
#include "engine/slot.h"
#include "engine/step.h"

enum {
    /* So far behind the end of a record the next ones will be: their cache lines are asked for
     * now, and there when they are needed. */
    ETWI_SLOT_AHEAD = 256,
};

/* Owner 0 becomes ours. */
static ETWI_INLINE bool etwi_slot_take(etwi_ctl_slot *slot, uint64_t owner)
{
    uint64_t nobody = 0;
    return !atomic_load_explicit(&slot->owner, memory_order_relaxed) &&
           atomic_compare_exchange_strong_explicit(&slot->owner, &nobody, owner,
                                                   memory_order_acquire, memory_order_relaxed);
}

/* All that was done is seen by the next owner, and done before this thread asks who sleeps. Only
 * what is ours is given back: a slot that was closed under a stopped process stays closed. */
static ETWI_INLINE bool etwi_slot_give_back(etwi_ctl_slot *slot, uint64_t owner)
{
    const bool was_ours = atomic_compare_exchange_strong(&slot->owner, &owner, 0);
    etwi_step_at(ETWI_STEP_OWNER_FREED);
    return was_ours;
}

/* For counters that only the owner of their slot stores. */
static ETWI_INLINE void etwi_slot_add(etwi_word64 *counter, uint64_t count)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + count,
                          memory_order_release);
}

/* The end of what the slot's buffer has, if a record fits behind it; 0 if not, or if what is in
 * shared memory makes no sense. */
static ETWI_INLINE uint32_t etwi_slot_room_in(const etwi_mapping *mapping, uint32_t current,
                                              uint32_t size)
{
    if (current - 1 >= mapping->geometry.buffer_count)
        return 0;
    uint8_t *buffer = etwi_mapping_buffer(mapping, current - 1);
    const uint32_t end = atomic_load_explicit(etwi_pool_current(buffer), memory_order_relaxed);
    const uint32_t buffer_size = mapping->geometry.buffer_size;
    return end >= BUFFER_HEADER_SIZE && end <= buffer_size && size <= buffer_size - end &&
                   end % RECORD_ALIGNMENT == 0
               ? end
               : 0;
}

/* Room for `size` bytes, rounded up already, where the first slot of the processor is busy (`slot`
 * is NULL), or is the caller's but has no room. */
etw_status etwi_slot_reserve_elsewhere(etwi_mapping *mapping, etwi_ctl_slot *slot, uint64_t owner,
                                       uint32_t cpu, uint32_t size, etwi_room *out);

/* etwi_slot_reserve() for a thread that knows its id and where it runs. */
static ETWI_INLINE etw_status etwi_slot_reserve_quickly(etwi_mapping *mapping, uint32_t thread_id,
                                                        uint32_t cpu, uint32_t size, etwi_room *out)
{
    const etwi_geometry *geometry = &mapping->geometry;
    const uint64_t owner = (uint64_t)mapping->client << 32 | thread_id;
    /* What is too large stays so when it is rounded up; it does not wrap. */
    const uint32_t rounded = size > ETWI_EVENT_SIZE_MAX ? UINT32_MAX
                                                        : (size + RECORD_ALIGNMENT - 1) &
                                                              ~(uint32_t)(RECORD_ALIGNMENT - 1);
    if (cpu >= geometry->cpu_count)
        cpu %= geometry->cpu_count;
    etwi_ctl_slot *slot = &mapping->slots[cpu * geometry->slots_per_cpu];
    if (mapping->client && etwi_slot_take(slot, owner)) {
        etwi_step_at(ETWI_STEP_OWNER_TAKEN);
        const uint32_t current = atomic_load_explicit(&slot->current, memory_order_relaxed);
        const uint32_t end = etwi_slot_room_in(mapping, current, rounded);
        if (end) {
            out->slot = slot;
            out->owner = owner;
            out->buffer = etwi_mapping_buffer(mapping, current - 1);
            out->at = out->buffer + end;
            out->offset = end;
            out->size = rounded;
            ETWI_PREFETCH_WRITE(out->at + rounded + ETWI_SLOT_AHEAD);
            return ETW_OK;
        }
    } else {
        slot = NULL;
    }
    etwi_room room; /* Apart, so that `out` may be in registers. */
    const etw_status status =
        etwi_slot_reserve_elsewhere(mapping, slot, owner, cpu, rounded, &room);
    if (status == ETW_OK)
        *out = room;
    return status;
}

/* For a slot that was closed while the record was written. `end` is where that ends. */
void etwi_slot_commit_late(etwi_ctl_slot *slot, uint8_t *buffer, uint32_t end, uint32_t size);

/* etwi_slot_commit(). */
static ETWI_INLINE void etwi_slot_commit_quickly(etwi_mapping *mapping, const etwi_room *room)
{
    etwi_ctl_slot *slot = room->slot;
    const uint32_t end = room->offset + room->size;
    atomic_store_explicit(etwi_pool_current(room->buffer), end, memory_order_release);
    etwi_step_at(ETWI_STEP_RECORD_COMMITTED);
    etwi_slot_add(&slot->written, 1);
    etwi_slot_add(&slot->bytes, room->size);
    etwi_step_at(ETWI_STEP_RECORD_COUNTED);
    if (!etwi_slot_give_back(slot, room->owner))
        etwi_slot_commit_late(slot, room->buffer, end, room->size);
    if (atomic_load(&mapping->header->asleep) & ETWI_ASLEEP_FOR_EVENT_ALL)
        etwi_pool_wake(mapping, ETWI_ASLEEP_FOR_EVENT_ALL);
}

#endif
