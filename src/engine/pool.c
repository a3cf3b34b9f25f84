#include "engine/pool.h"

#include "engine/step.h"
#include "os/os.h"

#include <string.h>

#if defined(ETWI_TESTING)
void (*etwi_step_hook)(etwi_step step);
#endif

enum {
    /* Races with other claimers that are lost before giving up. */
    CLAIM_TRIES = 64,
    /* Space that is allocated ahead in a file: enough to make the calls rare, and little enough to
     * be there soon, and to be spent when the session ends at once. */
    GROW_SIZE = 512 << 10,
    /* Memory of a buffer that is made ready before it is written to. */
    PREPARED_MAX = 256 << 10,
    FILLER = 0xFF, /* Of what is left of a buffer, as Windows has it. */
};

static void put_u16(uint8_t *at, uint32_t value)
{
    const uint16_t number = (uint16_t)value;
    memcpy(at, &number, sizeof number);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void put_u64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

uint32_t etwi_pool_end(const etwi_mapping *mapping, uint32_t index, uint64_t descriptor)
{
    uint8_t *buffer = etwi_mapping_buffer(mapping, index);
    if ((atomic_load_explicit(etwi_pool_sequence(buffer), memory_order_acquire) &
         ETWI_SEQUENCE_MASK) != etwi_descriptor_sequence(descriptor))
        return BUFFER_HEADER_SIZE;
    /* Once it is sealed, what was stored to CurrentOffset later does not count. */
    const bool is_active = etwi_descriptor_state(descriptor) == ETWI_BUFFER_ACTIVE;
    const uint32_t end =
        atomic_load(is_active ? etwi_pool_current(buffer) : etwi_pool_sealed(buffer));
    const bool is_sound = end >= BUFFER_HEADER_SIZE && end <= mapping->geometry.buffer_size &&
                          end % RECORD_ALIGNMENT == 0;
    return is_sound ? end : BUFFER_HEADER_SIZE;
}

void etwi_pool_wake(etwi_mapping *mapping, uint32_t asleep_bits)
{
    etwi_ctl_header *header = mapping->header;
    const uint32_t before = atomic_fetch_and(&header->asleep, ~asleep_bits);
    etwi_step_at(ETWI_STEP_ASLEEP_SEEN);
    if (!(before & asleep_bits))
        return;
    atomic_fetch_add(&header->data, 1);
    etwi_word_wake(&header->data, !mapping->is_private);
}

/* ---- claiming --------------------------------------------------------------------------------
 */

/* Starts the life of a buffer that is the slot's by its descriptor. */
static void begin_buffer(etwi_mapping *mapping, uint32_t slot, uint32_t index, uint64_t sequence)
{
    etwi_ctl_slot *own = &mapping->slots[slot];
    const etwi_geometry *geometry = &mapping->geometry;
    uint8_t *buffer = etwi_mapping_buffer(mapping, index);
    etwi_step_at(ETWI_STEP_BUFFER_CLAIMED);
    atomic_store_explicit(etwi_pool_current(buffer), BUFFER_HEADER_SIZE, memory_order_release);
    etwi_step_at(ETWI_STEP_HEADER_EMPTIED);
    uint32_t flags = BUFFER_FLAG_PROCESSOR_INDEX;
    const uint64_t lost = atomic_load_explicit(&mapping->header->events_lost, memory_order_relaxed);
    if (atomic_exchange_explicit(&own->has_lost, 0, memory_order_relaxed) ||
        lost != atomic_load_explicit(&own->lost_seen, memory_order_relaxed))
        flags |= BUFFER_FLAG_EVENTS_LOST;
    atomic_store_explicit(&own->lost_seen, lost, memory_order_relaxed);
    atomic_store_explicit(etwi_pool_sealed(buffer), 0, memory_order_release);
    put_u32(buffer + BUFFER_SIZE, geometry->buffer_size);
    put_u32(buffer + BUFFER_SAVED_OFFSET, 0);
    put_u32(buffer + BUFFER_REFERENCE_COUNT, 0);
    put_u64(buffer + BUFFER_TIME, 0);
    put_u64(buffer + BUFFER_CLOCK, (uint64_t)geometry->clock_type | geometry->clock_frequency << 3);
    put_u16(buffer + BUFFER_PROCESSOR, slot / geometry->slots_per_cpu);
    put_u16(buffer + BUFFER_LOGGER_ID, geometry->logger_id);
    put_u32(buffer + BUFFER_STATE, BUFFER_STATE_OPEN);
    put_u16(buffer + BUFFER_FLAG, flags);
    put_u16(buffer + BUFFER_TYPE, 0);
    memset(buffer + BUFFER_REFERENCE_TIME, 0, BUFFER_HEADER_SIZE - BUFFER_REFERENCE_TIME);
    atomic_store_explicit(etwi_pool_sequence(buffer), sequence, memory_order_release);
    etwi_step_at(ETWI_STEP_HEADER_NUMBERED);
    atomic_store_explicit(&own->current, index + 1, memory_order_release);
    etwi_step_at(ETWI_STEP_CURRENT_SET);
}

/* Makes a buffer the slot's if its descriptor is still what was seen. */
static bool claim(etwi_mapping *mapping, uint32_t slot, uint32_t index, uint64_t seen)
{
    /* A number that is not used after all does no harm: they only have to ascend. */
    const uint64_t sequence =
        atomic_fetch_add_explicit(&mapping->header->sequence, 1, memory_order_acq_rel) &
        ETWI_SEQUENCE_MASK;
    etwi_step_at(ETWI_STEP_SEQUENCE_TAKEN);
    if (!atomic_compare_exchange_strong(&mapping->descriptors[index], &seen,
                                        etwi_descriptor(ETWI_BUFFER_ACTIVE, 0, slot, sequence)))
        return false;
    begin_buffer(mapping, slot, index, sequence);
    return true;
}

/* A free buffer of a ring; looks on where the last one was found. */
static bool claim_free(etwi_mapping *mapping, uint32_t slot, uint32_t *index)
{
    etwi_ctl_header *header = mapping->header;
    etwi_ctl_slot *own = &mapping->slots[slot];
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    const uint64_t freed = atomic_load_explicit(&header->freed, memory_order_acquire);
    if (atomic_load_explicit(&own->full_at, memory_order_relaxed) == freed + 1 || !limit)
        return false;
    uint32_t at = atomic_load_explicit(&header->next, memory_order_relaxed) % limit;
    for (uint32_t i = 0; i < limit; i++, at = at + 1 < limit ? at + 1 : 0) {
        const uint64_t seen = atomic_load_explicit(&mapping->descriptors[at], memory_order_relaxed);
        if (etwi_descriptor_state(seen) == ETWI_BUFFER_FREE && claim(mapping, slot, at, seen)) {
            atomic_store_explicit(&header->next, at + 1, memory_order_relaxed);
            etwi_step_at(ETWI_STEP_NEXT_MOVED);
            *index = at;
            return true;
        }
    }
    atomic_store_explicit(&own->full_at, freed + 1, memory_order_relaxed);
    return false;
}

/* The full buffer that was claimed longest ago; events in it are given up for newer ones. */
static bool claim_oldest(etwi_mapping *mapping, uint32_t slot, uint32_t *index)
{
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    for (unsigned tries = 0; tries < CLAIM_TRIES; tries++) {
        uint64_t oldest = 0;
        for (uint32_t i = 0; i < limit; i++) {
            const uint64_t seen =
                atomic_load_explicit(&mapping->descriptors[i], memory_order_acquire);
            const etwi_buffer_state state = etwi_descriptor_state(seen);
            if (state == ETWI_BUFFER_FREE && claim(mapping, slot, i, seen)) {
                *index = i;
                return true;
            }
            if (state == ETWI_BUFFER_FULL &&
                (!oldest || etwi_descriptor_sequence(seen) < etwi_descriptor_sequence(oldest))) {
                oldest = seen;
                *index = i;
            }
        }
        if (!oldest)
            return false;
        if (claim(mapping, slot, *index, oldest))
            return true;
    }
    return false;
}

/* True if a buffer of a direct pool has its space in the file; makes some if it can. */
static bool is_backed(etwi_mapping *mapping, uint32_t index)
{
    if (index < atomic_load_explicit(&mapping->backed, memory_order_relaxed))
        return true;
    const uint64_t size = mapping->geometry.buffer_size;
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    uint32_t backed = atomic_load(&mapping->header->backed);
    const uint64_t in_file = etwi_shared_size(mapping->pool_handle) / size;
    if (backed > in_file)
        backed = (uint32_t)in_file;
    if (index >= backed) {
        const uint64_t first = backed;
        const uint64_t ahead = index + (GROW_SIZE / size ? GROW_SIZE / size : 1);
        backed = ahead < limit ? (uint32_t)ahead : limit;
        if (etwi_shared_grow(mapping->pool_handle, first * size, backed * size)) {
            /* The disk may still have room for this one. */
            backed = index + 1;
            if (etwi_shared_grow(mapping->pool_handle, first * size, backed * size))
                return false;
        }
        uint32_t known = atomic_load(&mapping->header->backed);
        while (known < backed &&
               !atomic_compare_exchange_weak(&mapping->header->backed, &known, backed))
            ;
    }
    atomic_store_explicit(&mapping->backed, backed, memory_order_relaxed);
    return true;
}

/* Lets the next claimer of a direct pool go on, whoever has the buffer of number `next`. */
static void move_next(etwi_mapping *mapping, uint32_t next)
{
    atomic_compare_exchange_strong(&mapping->header->next, &next, next + 1);
    etwi_step_at(ETWI_STEP_NEXT_MOVED);
}

/*
 * The next buffer of a file. The descriptor decides who has it, and `next` moves only afterwards,
 * so that no buffer is left out. Whoever finds the buffer taken moves `next` on.
 */
static bool claim_in_file(etwi_mapping *mapping, uint32_t slot, uint32_t *index)
{
    const bool is_circular = mapping->geometry.pool_kind == ETWI_POOL_DIRECT_CIRCULAR;
    const uint32_t first = mapping->geometry.first_buffer;
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    const uint32_t size = mapping->geometry.buffer_size;
    const uint32_t prepared = size < PREPARED_MAX ? size : PREPARED_MAX;
    /* In a ring the buffers of all slots may be in the way. */
    const uint32_t tries = CLAIM_TRIES + mapping->geometry.slot_count;
    for (uint32_t i = 0; i < tries; i++) {
        const uint32_t next = atomic_load(&mapping->header->next);
        if (first >= limit || next < first || (!is_circular && next >= limit))
            return false;
        const uint32_t at = first + (next - first) % (limit - first);
        if (!is_backed(mapping, at))
            return false;
        const uint64_t seen = atomic_load(&mapping->descriptors[at]);
        const etwi_buffer_state state = etwi_descriptor_state(seen);
        /* Only if `next` is still the same was this not a buffer of the round that comes. */
        if (atomic_load(&mapping->header->next) != next)
            continue;
        if ((state == ETWI_BUFFER_FREE || (is_circular && state == ETWI_BUFFER_FULL)) &&
            claim(mapping, slot, at, seen)) {
            move_next(mapping, next);
            etwi_shared_prepare(etwi_mapping_buffer(mapping, at), prepared);
            *index = at;
            return true;
        }
        move_next(mapping, next);
    }
    return false;
}

bool etwi_pool_claim(etwi_mapping *mapping, uint32_t slot, uint32_t *index)
{
    switch (mapping->geometry.pool_kind) {
    case ETWI_POOL_RING:
        return claim_free(mapping, slot, index);
    case ETWI_POOL_RECYCLING:
        return claim_oldest(mapping, slot, index);
    default:
        return claim_in_file(mapping, slot, index);
    }
}

/* ---- retiring --------------------------------------------------------------------------------
 */

/* Finishes the header of a buffer, with records up to `end`. */
static void seal_header(etwi_mapping *mapping, uint32_t index, uint32_t end)
{
    uint8_t *buffer = etwi_mapping_buffer(mapping, index);
    put_u64(buffer + BUFFER_TIME, (uint64_t)etwi_mapping_now(mapping));
    put_u32(buffer + BUFFER_SAVED_OFFSET, end);
    put_u32(buffer + BUFFER_STATE, BUFFER_STATE_SEALED);
    atomic_store_explicit(etwi_pool_sealed(buffer), end, memory_order_release);
    if (etwi_geometry_is_direct(&mapping->geometry))
        memset(buffer + end, FILLER, mapping->geometry.buffer_size - end);
    etwi_step_at(ETWI_STEP_HEADER_SEALED);
}

/* Counts a buffer as free again, for writers that found none. */
static void count_freed(etwi_mapping *mapping)
{
    atomic_fetch_add_explicit(&mapping->header->freed, 1, memory_order_release);
    etwi_step_at(ETWI_STEP_BUFFER_FREED);
}

/* Makes an active buffer full, or free if there is nothing in it; its header is sealed. In a file
 * there is no going back: empty buffers stay where they are. */
static void hand_on(etwi_mapping *mapping, uint32_t index, uint64_t descriptor, uint32_t end)
{
    etwi_ctl_header *header = mapping->header;
    const uint64_t sequence = etwi_descriptor_sequence(descriptor);
    const uint32_t slot = etwi_descriptor_slot(descriptor);
    const bool is_kept = end > BUFFER_HEADER_SIZE || etwi_geometry_is_direct(&mapping->geometry);
    /* In a pool that writers recycle nothing is kept for anybody. */
    const uint32_t consumers =
        mapping->geometry.pool_kind == ETWI_POOL_RING ? atomic_load(&header->consumers) : 0;
    const uint64_t full = etwi_descriptor(ETWI_BUFFER_FULL, consumers, slot, sequence);
    const uint64_t wanted = is_kept ? full : etwi_descriptor(ETWI_BUFFER_FREE, 0, slot, sequence);
    if (!atomic_compare_exchange_strong(&mapping->descriptors[index], &descriptor, wanted))
        return;
    etwi_step_at(ETWI_STEP_BUFFER_FULL);
    if (!is_kept) {
        count_freed(mapping);
        return;
    }
    atomic_fetch_add_explicit(&header->buffers_written, 1, memory_order_relaxed);
    /* Where nobody reads it any more, CurrentOffset is as Windows leaves it: a last reservation was
     * too much. */
    if (etwi_geometry_is_direct(&mapping->geometry))
        atomic_store_explicit(etwi_pool_current(etwi_mapping_buffer(mapping, index)),
                              mapping->geometry.buffer_size + end, memory_order_release);
    if (atomic_load(&header->asleep) & ETWI_ASLEEP_ALL)
        etwi_pool_wake(mapping, ETWI_ASLEEP_ALL);
}

/* The active buffer that a slot has; false if it has none, or one that is not its own. */
static bool current_of(const etwi_mapping *mapping, uint32_t slot, uint32_t *index,
                       uint64_t *descriptor)
{
    const uint32_t current =
        atomic_load_explicit(&mapping->slots[slot].current, memory_order_acquire);
    if (current < 1 || current > mapping->geometry.buffer_count)
        return false;
    *index = current - 1;
    *descriptor = atomic_load(&mapping->descriptors[*index]);
    return etwi_descriptor_state(*descriptor) == ETWI_BUFFER_ACTIVE &&
           etwi_descriptor_slot(*descriptor) == slot;
}

void etwi_pool_retire(etwi_mapping *mapping, uint32_t slot)
{
    uint32_t index, end = 0;
    uint64_t descriptor;
    const bool has_buffer = current_of(mapping, slot, &index, &descriptor);
    if (has_buffer) {
        end = etwi_pool_end(mapping, index, descriptor);
        seal_header(mapping, index, end);
    }
    atomic_store_explicit(&mapping->slots[slot].current, 0, memory_order_release);
    etwi_step_at(ETWI_STEP_CURRENT_CLEARED);
    if (has_buffer)
        hand_on(mapping, index, descriptor, end);
}

/* The owner may be storing behind the end, and may go on to do so: that is left alone. If it has
 * just committed it may have been first to say where the records end. */
static void seal_under_owner(etwi_mapping *mapping, uint32_t index, uint64_t descriptor)
{
    uint8_t *buffer = etwi_mapping_buffer(mapping, index);
    const uint64_t sequence = etwi_descriptor_sequence(descriptor);
    const uint64_t sealed = etwi_descriptor(ETWI_BUFFER_FULL, 0, 0, sequence);
    uint32_t unsealed = 0;
    if ((atomic_load(etwi_pool_sequence(buffer)) & ETWI_SEQUENCE_MASK) != sequence)
        return; /* It was claimed just now, and is not even empty. */
    atomic_compare_exchange_strong(etwi_pool_sealed(buffer), &unsealed,
                                   etwi_pool_end(mapping, index, descriptor));
    put_u32(buffer + BUFFER_STATE, BUFFER_STATE_SEALED);
    hand_on(mapping, index, descriptor, etwi_pool_end(mapping, index, sealed));
}

void etwi_pool_seal_from_outside(etwi_mapping *mapping, uint32_t slot)
{
    /* The owner may be amid changing buffers, so that the slot has none. */
    for (uint32_t i = mapping->geometry.first_buffer; i < mapping->geometry.buffer_count; i++) {
        const uint64_t seen = atomic_load(&mapping->descriptors[i]);
        if (etwi_descriptor_state(seen) == ETWI_BUFFER_ACTIVE && etwi_descriptor_slot(seen) == slot)
            seal_under_owner(mapping, i, seen);
    }
}

/* A buffer whose owner died between claiming and making it current, or after it was retired. */
static void resolve_orphan(etwi_mapping *mapping, uint32_t slot, uint32_t index,
                           uint64_t descriptor)
{
    const uint64_t sequence = etwi_descriptor_sequence(descriptor);
    uint8_t *buffer = etwi_mapping_buffer(mapping, index);
    const uint32_t end = etwi_pool_end(mapping, index, descriptor);
    if ((atomic_load(etwi_pool_sequence(buffer)) & ETWI_SEQUENCE_MASK) != sequence)
        begin_buffer(mapping, slot, index, sequence);
    seal_header(mapping, index, end);
    atomic_store(&mapping->slots[slot].current, 0);
    hand_on(mapping, index, descriptor, end);
    etwi_step_at(ETWI_STEP_ORPHAN_RESOLVED);
}

void etwi_pool_resolve(etwi_mapping *mapping, uint32_t slot)
{
    uint32_t index = 0;
    uint64_t descriptor;
    const bool has_buffer = current_of(mapping, slot, &index, &descriptor);
    if (has_buffer) {
        /* It may be sealed already, and yet is written on. */
        uint8_t *buffer = etwi_mapping_buffer(mapping, index);
        atomic_store_explicit(etwi_pool_sealed(buffer), 0, memory_order_release);
        put_u32(buffer + BUFFER_STATE, BUFFER_STATE_OPEN);
    } else {
        atomic_store(&mapping->slots[slot].current, 0);
    }
    for (uint32_t i = mapping->geometry.first_buffer; i < mapping->geometry.buffer_count; i++) {
        const uint64_t seen = atomic_load(&mapping->descriptors[i]);
        if (etwi_descriptor_state(seen) == ETWI_BUFFER_ACTIVE &&
            etwi_descriptor_slot(seen) == slot && !(has_buffer && i == index))
            resolve_orphan(mapping, slot, i, seen);
    }
}

/* ---- reading ---------------------------------------------------------------------------------
 */

bool etwi_pool_done(etwi_mapping *mapping, uint32_t index, uint64_t descriptor, uint32_t consumer)
{
    const uint32_t slot = etwi_descriptor_slot(descriptor);
    const uint64_t sequence = etwi_descriptor_sequence(descriptor);
    const uint32_t left = etwi_descriptor_consumers(descriptor) & ~(1u << consumer);
    const bool is_free = !(left & atomic_load(&mapping->header->consumers));
    const uint64_t wanted = is_free ? etwi_descriptor(ETWI_BUFFER_FREE, 0, slot, sequence)
                                    : etwi_descriptor(ETWI_BUFFER_FULL, left, slot, sequence);
    if (!atomic_compare_exchange_strong(&mapping->descriptors[index], &descriptor, wanted))
        return false;
    etwi_step_at(ETWI_STEP_BUFFER_READ);
    if (is_free)
        count_freed(mapping);
    return true;
}
