#include "engine/client.h"
#include "engine/slot_write.h"
#include "os/os.h"
#include "os/private.h"

enum {
    /* Writers that find all slots busy look for dead owners at most so often. */
    RECOVERY_PAUSE_MS = 10,
};

static uint64_t own_owner(const etwi_mapping *mapping)
{
    return (uint64_t)mapping->client << 32 | etwi_thread_id();
}

void etwi_slot_lose(etwi_mapping *mapping, uint64_t events)
{
    atomic_fetch_add_explicit(&mapping->header->events_lost, events, memory_order_relaxed);
}

/* ---- recovery --------------------------------------------------------------------------------
 */

/* Takes a slot from an owner that is known to be dead. */
static bool take_over(etwi_mapping *mapping, uint32_t index, uint64_t dead)
{
    etwi_ctl_slot *slot = &mapping->slots[index];
    const uint64_t owner = own_owner(mapping);
    if (!atomic_compare_exchange_strong(&slot->owner, &dead, owner))
        return false;
    etwi_step_at(ETWI_STEP_SLOT_TAKEN_OVER);
    etwi_pool_resolve(mapping, index);
    atomic_fetch_add(&mapping->header->recovered, 1);
    return true;
}

uint32_t etwi_slots_recover(etwi_mapping *mapping)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++) {
        etwi_ctl_slot *slot = &mapping->slots[i];
        const uint64_t owner = atomic_load(&slot->owner);
        if (!owner || owner == ETWI_OWNER_CLOSED || owner == own_owner(mapping) ||
            etwi_client_owner_is_alive(mapping, owner) || !take_over(mapping, i, owner))
            continue;
        etwi_slot_give_back(slot, own_owner(mapping));
        count++;
    }
    return count;
}

void etwi_slots_recover_client(etwi_mapping *mapping, uint32_t client)
{
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++) {
        etwi_ctl_slot *slot = &mapping->slots[i];
        const uint64_t owner = atomic_load(&slot->owner);
        if ((uint32_t)(owner >> 32) == client && owner != ETWI_OWNER_CLOSED &&
            take_over(mapping, i, owner))
            etwi_slot_give_back(slot, own_owner(mapping));
    }
}

/* Looks for the dead, unless someone has just done so. */
static uint32_t recover_sometimes(etwi_mapping *mapping)
{
    const uint64_t now = etwi_now_ms();
    uint64_t before = atomic_load_explicit(&mapping->header->recovered_at, memory_order_relaxed);
    if (now - before < RECOVERY_PAUSE_MS ||
        !atomic_compare_exchange_strong(&mapping->header->recovered_at, &before, now))
        return 0;
    return etwi_slots_recover(mapping);
}

/* ---- writing ---------------------------------------------------------------------------------
 */

/* One of the slots of other processors. */
static etwi_ctl_slot *take_any(etwi_mapping *mapping, uint32_t first, uint64_t owner)
{
    const uint32_t count = mapping->geometry.slot_count;
    uint32_t at = first;
    for (uint32_t i = 0; i < count; i++, at = at + 1 < count ? at + 1 : 0)
        if (etwi_slot_take(&mapping->slots[at], owner))
            return &mapping->slots[at];
    return NULL;
}

/* A slot for this thread, as near to its processor as may be. */
static etwi_ctl_slot *take_slot(etwi_mapping *mapping, uint32_t cpu, uint64_t owner)
{
    const uint32_t first = cpu * mapping->geometry.slots_per_cpu;
    etwi_ctl_slot *slot = take_any(mapping, first, owner);
    if (!slot && etwi_mapping_state(mapping) == ETWI_SESSION_RUNNING && recover_sometimes(mapping))
        slot = take_any(mapping, first, owner);
    return slot;
}

/* Lets go of a slot after losing the event it was taken for. */
static etw_status lose(etwi_ctl_slot *slot, uint64_t owner, etw_status status)
{
    etwi_slot_add(&slot->lost, 1);
    atomic_store_explicit(&slot->has_lost, 1, memory_order_relaxed);
    etwi_slot_give_back(slot, owner);
    return status;
}

/* A new buffer for the slot, since the record does not fit into the one it has. */
static etw_status change_buffer(etwi_mapping *mapping, etwi_ctl_slot *slot, uint64_t owner,
                                uint32_t size)
{
    const uint32_t index = (uint32_t)(slot - mapping->slots);
    uint32_t claimed;
    if (size > mapping->geometry.buffer_size - BUFFER_HEADER_SIZE || size > ETWI_EVENT_SIZE_MAX + 1)
        return lose(slot, owner, ETW_E_LIMIT);
    if (etwi_mapping_state(mapping) != ETWI_SESSION_RUNNING) {
        etwi_slot_give_back(slot, owner);
        return ETW_STOPPED;
    }
    /* Without its lock this process passes for dead, and its handles may be those of other files.
     * Asked for with each buffer only: the call would cost more than the event. */
    if (!etwi_mapping_has_files(mapping))
        return lose(slot, owner, ETW_E_FULL);
    etwi_pool_retire(mapping, index);
    if (!etwi_pool_claim(mapping, index, &claimed))
        return lose(slot, owner, ETW_E_FULL);
    /* Whoever closes the slot takes it first, then looks at its buffer. So either he sees this one,
     * or he is seen here, and is through: nobody would seal the buffer any more. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&slot->owner) != owner)
        return lose(slot, owner, ETW_E_FULL);
    return ETW_OK;
}

etw_status etwi_slot_reserve(etwi_mapping *mapping, uint32_t size, etwi_room *out)
{
    return etwi_slot_reserve_quickly(mapping, etwi_thread_id(), etwi_cpu_current(), size, out);
}

etw_status etwi_slot_reserve_elsewhere(etwi_mapping *mapping, etwi_ctl_slot *slot, uint64_t owner,
                                       uint32_t cpu, uint32_t size, etwi_room *out)
{
    if (!slot) {
        slot = mapping->client ? take_slot(mapping, cpu, owner) : NULL;
        if (!slot) {
            if (etwi_mapping_state(mapping) != ETWI_SESSION_RUNNING)
                return ETW_STOPPED;
            etwi_slot_lose(mapping, 1);
            return ETW_E_FULL;
        }
        etwi_step_at(ETWI_STEP_OWNER_TAKEN);
    }
    uint32_t current = atomic_load_explicit(&slot->current, memory_order_relaxed);
    uint32_t end = etwi_slot_room_in(mapping, current, size);
    if (!end) {
        const etw_status status = change_buffer(mapping, slot, owner, size);
        if (status != ETW_OK)
            return status;
        current = atomic_load_explicit(&slot->current, memory_order_relaxed);
        end = etwi_slot_room_in(mapping, current, size);
        if (!end)
            return lose(slot, owner, ETW_E_FULL);
    }
    out->slot = slot;
    out->owner = owner;
    out->buffer = etwi_mapping_buffer(mapping, current - 1);
    out->at = out->buffer + end;
    out->offset = end;
    out->size = size;
    return ETW_OK;
}

void etwi_slot_commit(etwi_mapping *mapping, const etwi_room *room)
{
    etwi_slot_commit_quickly(mapping, room);
}

/* The record counts only if the buffer is sealed behind it. He who closes may not have come to that
 * yet; whoever is first to say where the records end is right. */
void etwi_slot_commit_late(etwi_ctl_slot *slot, uint8_t *buffer, uint32_t end, uint32_t size)
{
    uint32_t sealed = 0;
    if (atomic_compare_exchange_strong(etwi_pool_sealed(buffer), &sealed, end) || sealed >= end)
        return;
    etwi_slot_add(&slot->written, UINT64_MAX);
    etwi_slot_add(&slot->bytes, 0 - (uint64_t)size);
    etwi_slot_add(&slot->lost, 1);
}

void etwi_slot_cancel(const etwi_room *room, bool is_lost)
{
    if (is_lost)
        lose(room->slot, room->owner, ETW_E_FULL);
    else
        etwi_slot_give_back(room->slot, room->owner);
}

/* ---- from outside ----------------------------------------------------------------------------
 */

/* True if the buffer of a slot has records; what it has may change at any time. */
static bool has_records(const etwi_mapping *mapping, const etwi_ctl_slot *slot)
{
    const uint32_t current = atomic_load(&slot->current);
    return current - 1 < mapping->geometry.buffer_count &&
           atomic_load(etwi_pool_current(etwi_mapping_buffer(mapping, current - 1))) >
               BUFFER_HEADER_SIZE;
}

/* Takes a slot from whoever has it, waiting for the living until `deadline_ms`. */
static bool take_surely(etwi_mapping *mapping, uint32_t index, uint64_t deadline_ms)
{
    enum {
        LOOKS = 200 /* Before sleeping; a write takes less, unless its thread does not run. */
    };
    etwi_ctl_slot *slot = &mapping->slots[index];
    const uint64_t owner = own_owner(mapping);
    for (unsigned i = 0;; i++) {
        if (etwi_slot_take(slot, owner))
            return true;
        if (i < LOOKS) {
            etwi_spin();
            continue;
        }
        const uint64_t other = atomic_load(&slot->owner);
        if (other == ETWI_OWNER_CLOSED || other == owner)
            return false;
        if (other && !etwi_client_owner_is_alive(mapping, other) &&
            take_over(mapping, index, other))
            return true;
        if (etwi_now_ms() >= deadline_ms)
            return false;
        etwi_sleep_ms(1);
    }
}

uint32_t etwi_slots_flush(etwi_mapping *mapping, uint32_t patience_ms)
{
    const uint64_t deadline_ms = etwi_now_ms() + patience_ms;
    const uint64_t owner = own_owner(mapping);
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++) {
        etwi_ctl_slot *slot = &mapping->slots[i];
        if (!has_records(mapping, slot) && !atomic_load(&slot->owner))
            continue;
        if (!take_surely(mapping, i, deadline_ms)) {
            left_out++;
            continue;
        }
        if (has_records(mapping, slot))
            etwi_pool_retire(mapping, i);
        etwi_slot_give_back(slot, owner);
    }
    return left_out;
}

/* Closes the slot of a writer that does not move. It finds that out when it goes on, and does not
 * come back; what it is about to commit counts by where the buffer is sealed. False if it has given
 * the slot back. */
static bool close_under_owner(etwi_mapping *mapping, uint32_t index)
{
    etwi_ctl_slot *slot = &mapping->slots[index];
    uint64_t owner = atomic_load(&slot->owner);
    if (!owner || (owner != ETWI_OWNER_CLOSED &&
                   !atomic_compare_exchange_strong(&slot->owner, &owner, ETWI_OWNER_CLOSED)))
        return false;
    etwi_step_at(ETWI_STEP_SLOT_CLOSED);
    /* Also if somebody else has closed it, who may have died before this. */
    etwi_pool_seal_from_outside(mapping, index);
    return true;
}

/* Closes one slot; false if its writer may still store into buffers. */
static bool close_slot(etwi_mapping *mapping, uint32_t index, uint64_t deadline_ms)
{
    do {
        if (take_surely(mapping, index, deadline_ms)) {
            etwi_pool_retire(mapping, index);
            atomic_store(&mapping->slots[index].owner, ETWI_OWNER_CLOSED);
            return true;
        }
    } while (!close_under_owner(mapping, index));
    return false;
}

uint32_t etwi_slots_close(etwi_mapping *mapping, uint32_t patience_ms)
{
    const uint64_t deadline_ms = etwi_now_ms() + patience_ms;
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++)
        left_out += !close_slot(mapping, i, deadline_ms);
    return left_out;
}
