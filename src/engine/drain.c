#include "engine/drain.h"

#include "base/bytes.h"
#include "base/error.h"
#include "engine/attachment.h"
#include "engine/pool.h"
#include "engine/scan.h"
#include "etl/writer.h"
#include "os/os.h"

#include <string.h>

struct etwi_drain {
    etw_allocator allocator;
    etwi_attachment attachment;
    etwi_scan scan;
    size_t at;        /* In what was found. */
    uint32_t changes; /* Of the session, that etwi_drain_wait() has come back for. */
    etwi_word32 is_woken;
};

etw_status etwi_drain_attach(etwi_drain **out, etwi_mapping *mapping,
                             const etw_allocator *allocator, etw_error *error)
{
    *out = NULL;
    const etw_allocator own = etwi_allocator_or_default(allocator);
    etwi_drain *drain = etwi_alloc_zeroed(&own, sizeof *drain);
    if (!drain)
        return etwi_fail_nomem(error);
    drain->allocator = own;
    drain->changes = atomic_load(&mapping->header->changes);
    const etw_status status = etwi_attach(&drain->attachment, mapping, &own, error);
    if (etw_failed(status)) {
        etwi_free(&own, drain, sizeof *drain);
        return status;
    }
    *out = drain;
    return ETW_OK;
}

void etwi_drain_detach(etwi_drain **drain)
{
    etwi_drain *old = *drain;
    *drain = NULL;
    if (!old)
        return;
    const etw_allocator own = old->allocator;
    etwi_detach(&old->attachment);
    etwi_scan_free(&old->scan, &own);
    etwi_free(&own, old, sizeof *old);
}

/* Writes a header as in a file, from what is known of the buffer; only its flags and the time are
 * taken from it. */
static void make_sound(const etwi_mapping *mapping, uint8_t *copy, uint64_t descriptor,
                       uint32_t used)
{
    enum {
        FLAGS_KEPT = BUFFER_FLAG_EVENTS_LOST | BUFFER_FLAG_BUFFER_LOST
    };
    const etwi_geometry *geometry = &mapping->geometry;
    const etwi_buffer_start start = {
        .size = geometry->buffer_size,
        .sequence = (int64_t)etwi_descriptor_sequence(descriptor),
        .processor = (uint16_t)(etwi_descriptor_slot(descriptor) / geometry->slots_per_cpu),
        .logger_id = (uint16_t)geometry->logger_id,
        .flags = etwi_load_u16(copy + BUFFER_FLAG) & FLAGS_KEPT,
    };
    const etwi_buffer_end end = {
        .size = geometry->buffer_size,
        .used = used,
        .time = (int64_t)etwi_load_u64(copy + BUFFER_TIME),
    };
    etwi_buffer_begin(copy, &start);
    etwi_buffer_seal(copy, &end);
    etwi_buffer_fill_rest(copy, geometry->buffer_size, used);
}

/* The next buffer that was found and is still as it was; looks anew once. NULL if there is none. */
static const etwi_scanned *next_found(etwi_drain *drain, bool *has_looked, etw_status *status)
{
    if (drain->at == drain->scan.count && !*has_looked) {
        *has_looked = true;
        drain->at = 0;
        etwi_attachment_refresh(&drain->attachment);
        *status = etwi_scan_run(&drain->scan, &drain->attachment, false);
        if (etw_failed(*status))
            return NULL;
    }
    return drain->at < drain->scan.count ? &drain->scan.found[drain->at++] : NULL;
}

etw_status etwi_drain_next(etwi_drain *drain, uint8_t *copy, etwi_drained *out, etw_error *error)
{
    etwi_mapping *mapping = drain->attachment.mapping;
    bool has_looked = false;
    etw_status status = ETW_AGAIN;
    for (;;) {
        const etwi_scanned *found = next_found(drain, &has_looked, &status);
        if (!found)
            return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : ETW_AGAIN;
        const uint32_t used = etwi_pool_end(mapping, found->index, found->descriptor);
        memcpy(copy, etwi_mapping_buffer(mapping, found->index), used);
        if (!etwi_attachment_done(&drain->attachment, found->index, found->descriptor))
            continue;
        if (used == BUFFER_HEADER_SIZE)
            return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                             "a full buffer of the session has no records");
        make_sound(mapping, copy, found->descriptor, used);
        out->sequence = etwi_descriptor_sequence(found->descriptor);
        out->slot = etwi_descriptor_slot(found->descriptor);
        out->size = used;
        return ETW_OK;
    }
}

/* True if there is a buffer to be taken. */
static bool has_full(etwi_drain *drain)
{
    drain->at = 0;
    return etw_failed(etwi_scan_run(&drain->scan, &drain->attachment, false)) ||
           drain->scan.count > 0;
}

void etwi_drain_wait(etwi_drain *drain, uint32_t timeout_ms)
{
    etwi_mapping *mapping = drain->attachment.mapping;
    etwi_ctl_header *header = mapping->header;
    const uint32_t bit = ETWI_ASLEEP_FOR_BUFFER(drain->attachment.consumer);
    const uint32_t seen = atomic_load(&header->data);
    atomic_fetch_or(&header->asleep, bit);
    if (!has_full(drain) && !atomic_load(&drain->is_woken) &&
        atomic_load(&header->changes) == drain->changes)
        etwi_word_wait(&header->data, seen, timeout_ms, !mapping->is_private);
    atomic_fetch_and(&header->asleep, ~bit);
    atomic_store(&drain->is_woken, 0);
    drain->changes = atomic_load(&header->changes);
}

void etwi_drain_wake(etwi_drain *drain)
{
    etwi_mapping *mapping = drain->attachment.mapping;
    atomic_store(&drain->is_woken, 1);
    atomic_fetch_add(&mapping->header->data, 1);
    etwi_word_wake(&mapping->header->data, !mapping->is_private);
}

uint64_t etwi_drain_lost(const etwi_drain *drain)
{
    const etwi_attachment *attachment = &drain->attachment;
    return attachment->lost +
           atomic_load(&attachment->mapping->consumers[attachment->consumer].buffers_lost);
}

void etwi_drain_look_after_others(etwi_drain *drain)
{
    etwi_attachment_look_around(&drain->attachment);
}
