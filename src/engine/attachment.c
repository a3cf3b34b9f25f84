#include "engine/attachment.h"

#include "base/error.h"
#include "engine/client.h"
#include "engine/pool.h"
#include "engine/slot.h"
#include "engine/step.h"
#include "os/os.h"

#include <string.h>

enum {
    LOOK_PAUSE_MS = 1000,
    /* A consumer that took nothing for so many flush intervals, and at least so long, is dropped if
     * others suffer. */
    LAGGARD_FLUSHES = 3,
    LAGGARD_MS = 3000,
};

static uint32_t bit_of(uint32_t consumer)
{
    return 1u << consumer;
}

static uint32_t attached(const etwi_mapping *mapping)
{
    return atomic_load(&mapping->header->consumers) & 0xFF;
}

/* Takes a consumer's bit from all buffers. Returns how many it had not read. What it was about to
 * read is full again, and what is for nobody any more stays for whoever comes, if nobody is left.
 */
static uint32_t strip(etwi_mapping *mapping, uint32_t consumer)
{
    const etwi_geometry *geometry = &mapping->geometry;
    const bool has_others = (attached(mapping) & ~bit_of(consumer)) != 0;
    uint32_t count = 0;
    for (uint32_t i = geometry->first_buffer; i < geometry->buffer_count; i++) {
        uint64_t seen = atomic_load(&mapping->descriptors[i]);
        const etwi_buffer_state state = etwi_descriptor_state(seen);
        if (!(etwi_descriptor_consumers(seen) & bit_of(consumer)) ||
            (state != ETWI_BUFFER_FULL && state != ETWI_BUFFER_READ))
            continue;
        if (has_others && state == ETWI_BUFFER_FULL) {
            count += etwi_pool_done(mapping, i, seen, consumer);
            continue;
        }
        const uint32_t left = etwi_descriptor_consumers(seen) & ~bit_of(consumer);
        const uint64_t kept = etwi_descriptor(ETWI_BUFFER_FULL, left, etwi_descriptor_slot(seen),
                                              etwi_descriptor_sequence(seen));
        count += atomic_compare_exchange_strong(&mapping->descriptors[i], &seen, kept);
    }
    return count;
}

/* Ends the attachment of another consumer. Returns the buffers that it had not read. */
static uint32_t expel(etwi_mapping *mapping, uint32_t consumer)
{
    atomic_fetch_add(&mapping->consumers[consumer].attachment, 1);
    atomic_fetch_and(&mapping->header->consumers, ~bit_of(consumer));
    return strip(mapping, consumer);
}

/* Takes a place that is free, or whose holder died. */
static bool enter(etwi_mapping *mapping, uint32_t consumer)
{
    etwi_ctl_consumer *entry = &mapping->consumers[consumer];
    uint32_t holder = atomic_load(&entry->client);
    if (holder && etwi_client_is_alive(mapping, holder))
        return false;
    if (!atomic_compare_exchange_strong(&entry->client, &holder, mapping->client))
        return false;
    if (holder || (attached(mapping) & bit_of(consumer)))
        expel(mapping, consumer);
    return true;
}

/* From here on buffers are kept for this consumer. */
static void begin(etwi_attachment *attachment)
{
    etwi_mapping *mapping = attachment->mapping;
    etwi_ctl_consumer *entry = &mapping->consumers[attachment->consumer];
    atomic_store(&entry->seen_ms, etwi_now_ms());
    attachment->generation = atomic_fetch_add(&entry->attachment, 1) + 1;
    atomic_fetch_or(&mapping->header->consumers, bit_of(attachment->consumer));
}

etw_status etwi_attach(etwi_attachment *out, etwi_mapping *mapping, const etw_allocator *allocator,
                       etw_error *error)
{
    memset(out, 0, sizeof *out);
    uint32_t consumer = 0;
    const size_t done_size = mapping->geometry.slot_count * sizeof *out->done;
    if (etwi_geometry_is_direct(&mapping->geometry))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the session writes a file only; start it in real-time mode too");
    uint64_t *done = etwi_alloc_zeroed(allocator, done_size);
    if (!done)
        return etwi_fail_nomem(error);
    while (consumer < ETWI_CONSUMERS_MAX && !enter(mapping, consumer))
        consumer++;
    if (consumer == ETWI_CONSUMERS_MAX) {
        etwi_free(allocator, done, done_size);
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "%d consumers read the session, which is all that it takes",
                         ETWI_CONSUMERS_MAX);
    }
    out->mapping = mapping;
    out->allocator = *allocator;
    out->consumer = consumer;
    out->done = done;
    atomic_store(&mapping->consumers[consumer].buffers_lost, 0);
    begin(out);
    return ETW_OK;
}

void etwi_detach(etwi_attachment *attachment)
{
    etwi_mapping *mapping = attachment->mapping;
    if (!mapping)
        return;
    etwi_ctl_consumer *entry = &mapping->consumers[attachment->consumer];
    atomic_fetch_and(&mapping->header->asleep, ~(ETWI_ASLEEP_FOR_EVENT(attachment->consumer) |
                                                 ETWI_ASLEEP_FOR_BUFFER(attachment->consumer)));
    expel(mapping, attachment->consumer);
    uint32_t own = mapping->client;
    atomic_compare_exchange_strong(&entry->client, &own, 0);
    etwi_free(&attachment->allocator, attachment->done,
              mapping->geometry.slot_count * sizeof *attachment->done);
    memset(attachment, 0, sizeof *attachment);
}

void etwi_attachments_expel_client(etwi_mapping *mapping, uint32_t client)
{
    for (uint32_t i = 0; i < ETWI_CONSUMERS_MAX; i++) {
        uint32_t holder = client;
        if (atomic_load(&mapping->consumers[i].client) != client)
            continue;
        expel(mapping, i);
        atomic_compare_exchange_strong(&mapping->consumers[i].client, &holder, 0);
    }
}

bool etwi_attachment_refresh(etwi_attachment *attachment)
{
    etwi_mapping *mapping = attachment->mapping;
    etwi_ctl_consumer *entry = &mapping->consumers[attachment->consumer];
    atomic_store(&entry->seen_ms, etwi_now_ms());
    if (atomic_load(&entry->attachment) == attachment->generation)
        return true;
    attachment->lost += atomic_exchange(&entry->buffers_lost, 0);
    begin(attachment);
    return false;
}

/* ---- others ----------------------------------------------------------------------------------
 */

static bool has_free_buffer(const etwi_mapping *mapping)
{
    const uint32_t limit = etwi_mapping_buffer_limit(mapping);
    for (uint32_t i = mapping->geometry.first_buffer; i < limit; i++)
        if (etwi_descriptor_state(atomic_load(&mapping->descriptors[i])) == ETWI_BUFFER_FREE)
            return true;
    return false;
}

static bool is_laggard(const etwi_mapping *mapping, const etwi_ctl_consumer *entry, uint64_t now_ms)
{
    const uint64_t flush_ms = atomic_load(&mapping->header->flush_timer_ms);
    const uint64_t patience_ms =
        LAGGARD_FLUSHES * flush_ms > LAGGARD_MS ? LAGGARD_FLUSHES * flush_ms : LAGGARD_MS;
    const uint64_t seen_ms = atomic_load(&entry->seen_ms);
    return now_ms > seen_ms && now_ms - seen_ms > patience_ms;
}

/* Takes from a consumer what it did not read, so that the others get something. */
static void drop(etwi_mapping *mapping, uint32_t consumer)
{
    const uint32_t lost = expel(mapping, consumer);
    atomic_fetch_add(&mapping->header->real_time_buffers_lost, lost);
    atomic_fetch_add(&mapping->consumers[consumer].buffers_lost, lost);
}

void etwi_attachment_look_around(etwi_attachment *attachment)
{
    etwi_mapping *mapping = attachment->mapping;
    const uint64_t now_ms = etwi_now_ms();
    if (now_ms - attachment->looked_ms < LOOK_PAUSE_MS)
        return;
    attachment->looked_ms = now_ms;
    etwi_slots_recover(mapping);
    const bool is_tight = !has_free_buffer(mapping);
    for (uint32_t i = 0; i < ETWI_CONSUMERS_MAX; i++) {
        etwi_ctl_consumer *entry = &mapping->consumers[i];
        uint32_t holder = atomic_load(&entry->client);
        if (i == attachment->consumer || !holder)
            continue;
        if (!etwi_client_is_alive(mapping, holder)) {
            expel(mapping, i);
            atomic_compare_exchange_strong(&entry->client, &holder, 0);
        } else if (is_tight && (attached(mapping) & bit_of(i)) &&
                   is_laggard(mapping, entry, now_ms)) {
            drop(mapping, i);
        }
    }
}

/* ---- buffers ---------------------------------------------------------------------------------
 */

/* Puts another mask or state into a full buffer's descriptor. */
static bool change(etwi_mapping *mapping, uint32_t index, uint64_t *descriptor,
                   etwi_buffer_state state, uint32_t consumers)
{
    const uint64_t wanted = etwi_descriptor(state, consumers, etwi_descriptor_slot(*descriptor),
                                            etwi_descriptor_sequence(*descriptor));
    if (!atomic_compare_exchange_strong(&mapping->descriptors[index], descriptor, wanted))
        return false;
    *descriptor = wanted;
    return true;
}

/* A full buffer that has not our bit: nobody may have it. */
static etwi_claimed claim_left_over(etwi_attachment *attachment, uint32_t index,
                                    uint64_t *descriptor)
{
    etwi_mapping *mapping = attachment->mapping;
    const uint32_t slot = etwi_descriptor_slot(*descriptor);
    if (etwi_descriptor_consumers(*descriptor) & attached(mapping))
        return ETWI_NOT_OURS;
    if (etwi_descriptor_sequence(*descriptor) <= attachment->done[slot]) {
        /* We have read it; those who had not are gone. */
        etwi_pool_done(mapping, index, *descriptor, attachment->consumer);
        return ETWI_NOT_OURS;
    }
    return change(mapping, index, descriptor, ETWI_BUFFER_FULL, bit_of(attachment->consumer))
               ? ETWI_OURS_FULL
               : ETWI_NOT_OURS;
}

etwi_claimed etwi_attachment_claim(etwi_attachment *attachment, uint32_t index,
                                   uint64_t *descriptor)
{
    etwi_mapping *mapping = attachment->mapping;
    const uint32_t own = bit_of(attachment->consumer);
    if (etwi_descriptor_slot(*descriptor) >= mapping->geometry.slot_count)
        return ETWI_NOT_OURS;
    switch (etwi_descriptor_state(*descriptor)) {
    case ETWI_BUFFER_ACTIVE:
        return ETWI_OURS_ACTIVE;
    case ETWI_BUFFER_READ:
        /* Ours from before: reading it failed. */
        return etwi_descriptor_consumers(*descriptor) == own ? ETWI_OURS_FULL : ETWI_NOT_OURS;
    case ETWI_BUFFER_FULL:
        break;
    default:
        return ETWI_NOT_OURS;
    }
    if (mapping->geometry.pool_kind == ETWI_POOL_RECYCLING)
        return change(mapping, index, descriptor, ETWI_BUFFER_READ, own) ? ETWI_OURS_FULL
                                                                         : ETWI_NOT_OURS;
    if (etwi_descriptor_consumers(*descriptor) & own)
        return ETWI_OURS_FULL;
    return claim_left_over(attachment, index, descriptor);
}

bool etwi_attachment_done(etwi_attachment *attachment, uint32_t index, uint64_t descriptor)
{
    const uint32_t slot = etwi_descriptor_slot(descriptor);
    etwi_step_at(ETWI_STEP_BUFFER_COPIED);
    /* Others may have cleared their bits meanwhile: the same buffer is still there. */
    while (!etwi_pool_done(attachment->mapping, index, descriptor, attachment->consumer)) {
        const uint64_t now = atomic_load(&attachment->mapping->descriptors[index]);
        if (etwi_descriptor_sequence(now) != etwi_descriptor_sequence(descriptor) ||
            etwi_descriptor_state(now) != etwi_descriptor_state(descriptor) ||
            !(etwi_descriptor_consumers(now) & bit_of(attachment->consumer)))
            return false;
        descriptor = now;
    }
    attachment->done[slot] = etwi_descriptor_sequence(descriptor);
    return true;
}
