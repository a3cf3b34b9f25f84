/*
 * One look at a session: copying what is new out of its buffers.
 *
 * Copies are made before anything is believed of them, and count only if the buffer was still the
 * same afterwards. What they hold is checked by whoever reads the records.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "engine/live_internal.h"
#include "engine/pool.h"
#include "etl/record_peek.h"
#include "os/os.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Bytes of a look, unless one buffer has more: what is left comes next. */
    ROUND_SIZE = 256 << 10,
    /* Looks at a slot that is being written to; a write takes less, unless its thread waits. */
    OWNER_LOOKS = 60,
    /* A writer that is stopped in the middle of an event is waited for so long. */
    STALL_MS = 200,
};

/* ---- time ------------------------------------------------------------------------------------
 */

/* True if a write that may have begun before now is over: what comes after it in this slot is
 * younger than now. */
static bool has_moved_on(const etwi_ctl_slot *slot, uint64_t owner, uint64_t written)
{
    for (unsigned i = 0; i < OWNER_LOOKS; i++) {
        const uint64_t now = atomic_load(&slot->owner);
        if (!now || now != owner || now == ETWI_OWNER_CLOSED ||
            atomic_load_explicit(&slot->written, memory_order_acquire) != written)
            return true;
        etwi_spin();
    }
    return false;
}

/* Notes the slots whose writers are in the middle of an event. Done before buffers are looked at:
 * the events of all others up to `now` are in them by then. */
static void note_writers(etwi_live *live, uint64_t now_ms)
{
    live->is_held_back = false;
    for (uint32_t i = 0; i < live->mapping.geometry.slot_count; i++) {
        const etwi_ctl_slot *slot = &live->mapping.slots[i];
        etwi_live_slot *known = &live->slots[i];
        const uint64_t owner = atomic_load(&slot->owner);
        known->is_passed_by = false;
        if (!owner)
            continue;
        const uint64_t written = atomic_load_explicit(&slot->written, memory_order_acquire);
        if (has_moved_on(slot, owner, written)) {
            known->owner = 0;
            continue;
        }
        if (known->owner != owner || known->written != written) {
            known->owner = owner;
            known->written = written;
            known->since_ms = now_ms;
        }
        known->is_passed_by = now_ms - known->since_ms < STALL_MS;
        live->is_held_back |= known->is_passed_by;
    }
}

/* The time of the last record in a copy, if it is later than `time`. */
static int64_t latest_of(const uint8_t *records, uint32_t size, int64_t time)
{
    etwi_record_peek peek;
    for (uint32_t at = 0; at < size;) {
        if (!etwi_record_peek_any(&peek, records + at, size - at))
            break;
        if (peek.has_time && peek.raw_time > time)
            time = peek.raw_time;
        const uint64_t next =
            at + (((uint64_t)peek.size + RECORD_ALIGNMENT - 1) & ~(uint64_t)(RECORD_ALIGNMENT - 1));
        at = next < size && peek.size ? (uint32_t)next : size;
    }
    return time;
}

/* Says up to when all slots are complete, now that chunks are there. */
static void conclude(etwi_live *live, int64_t now)
{
    int64_t complete = now;
    for (size_t i = 0; i < live->chunk_count; i++) {
        const etwi_live_chunk *chunk = &live->chunks[i];
        etwi_live_slot *slot = &live->slots[chunk->stream];
        if (slot->is_passed_by)
            slot->bound = latest_of(chunk->records, chunk->size, slot->bound);
    }
    for (uint32_t i = 0; i < live->mapping.geometry.slot_count; i++) {
        etwi_live_slot *slot = &live->slots[i];
        if (!slot->is_passed_by)
            slot->bound = now;
        if (slot->bound < complete)
            complete = slot->bound;
    }
    if (complete > live->complete_until)
        live->complete_until = complete;
}

/* ---- copying ---------------------------------------------------------------------------------
 */

/* Where what is new in a buffer begins. */
static uint32_t start_of(const etwi_live *live, const etwi_scanned *found)
{
    const etwi_live_slot *slot = &live->slots[etwi_descriptor_slot(found->descriptor)];
    return slot->sequence == etwi_descriptor_sequence(found->descriptor) ? slot->taken
                                                                         : BUFFER_HEADER_SIZE;
}

static etw_status make_room(etwi_live *live, size_t size)
{
    ETWI_TRY(etwi_grow(&live->allocator, (void **)&live->chunks, &live->chunk_capacity,
                       live->chunk_count + 1, sizeof *live->chunks));
    return etwi_grow(&live->allocator, (void **)&live->bytes, &live->byte_capacity,
                     live->byte_count + size + ETWI_SLACK, 1);
}

/* Adds a chunk that was copied to the end of the bytes; its place is filled in at the end, since
 * the bytes may still move. */
static void add_chunk(etwi_live *live, const etwi_scanned *found, uint32_t size, uint16_t flags)
{
    enum {
        FLAGS_LOST = BUFFER_FLAG_EVENTS_LOST | BUFFER_FLAG_BUFFER_LOST
    };
    const uint32_t slot = etwi_descriptor_slot(found->descriptor);
    memset(live->bytes + live->byte_count + size, 0, ETWI_SLACK);
    live->chunks[live->chunk_count++] = (etwi_live_chunk){
        .size = size,
        .stream = (uint16_t)slot,
        .processor = (uint16_t)(slot / live->mapping.geometry.slots_per_cpu),
        .buffer_flags = (uint16_t)((flags & FLAGS_LOST) | BUFFER_FLAG_PROCESSOR_INDEX),
    };
    live->byte_count += size + ETWI_SLACK;
}

/* True if the buffer is still the one that was found, so that what was copied is sound. */
static bool confirm(etwi_live *live, const etwi_scanned *found)
{
    if (!found->is_active)
        return etwi_attachment_done(&live->attachment, found->index, found->descriptor);
    /* As a change that changes nothing it comes after the copying, on all processors. */
    const uint64_t now = atomic_fetch_or(&live->mapping.descriptors[found->index], 0);
    return etwi_descriptor_sequence(now) == etwi_descriptor_sequence(found->descriptor) &&
           etwi_descriptor_state(now) != ETWI_BUFFER_FREE;
}

/* Takes what is new in one buffer. */
static etw_status take_buffer(etwi_live *live, const etwi_scanned *found)
{
    const uint32_t start = start_of(live, found);
    /* An active buffer may have been sealed since it was found. */
    const uint64_t descriptor = atomic_load(&live->mapping.descriptors[found->index]);
    const uint32_t end = etwi_pool_end(&live->mapping, found->index, descriptor);
    const uint8_t *buffer = etwi_mapping_buffer(&live->mapping, found->index);
    etwi_live_slot *slot = &live->slots[etwi_descriptor_slot(found->descriptor)];
    const uint32_t size = end > start ? end - start : 0;
    if (!found->is_active && end == BUFFER_HEADER_SIZE)
        live->buffers_broken++;
    if (!size && found->is_active)
        return ETW_OK;
    ETWI_TRY(make_room(live, size));
    memcpy(live->bytes + live->byte_count, buffer + start, size);
    /* Losses come before the first record only. */
    const uint16_t flags = start == BUFFER_HEADER_SIZE ? etwi_load_u16(buffer + BUFFER_FLAG) : 0;
    if (!confirm(live, found))
        return ETW_OK;
    if (size)
        add_chunk(live, found, size, flags);
    slot->sequence = etwi_descriptor_sequence(found->descriptor);
    slot->taken = start + size;
    return ETW_OK;
}

static int compare_streams(const void *a, const void *b)
{
    const etwi_live_chunk *x = a, *y = b;
    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return x->records < y->records ? -1 : x->records > y->records;
}

static void place_chunks(etwi_live *live)
{
    size_t at = 0;
    for (size_t i = 0; i < live->chunk_count; i++) {
        live->chunks[i].records = live->bytes + at;
        at += live->chunks[i].size + ETWI_SLACK;
    }
    if (live->chunk_count > 1)
        qsort(live->chunks, live->chunk_count, sizeof *live->chunks, compare_streams);
}

etw_status etwi_live_gather(etwi_live *live)
{
    live->chunk_count = live->byte_count = 0;
    etwi_attachment_refresh(&live->attachment);
    const int64_t now = etwi_mapping_now(&live->mapping);
    note_writers(live, etwi_now_ms());
    ETWI_TRY(etwi_scan_run(&live->scan, &live->attachment, true));
    etw_status status = ETW_OK;
    bool is_full = false;
    for (size_t i = 0; i < live->scan.count; i++) {
        const etwi_scanned *found = &live->scan.found[i];
        if (!is_full)
            status = take_buffer(live, found);
        if (is_full || etw_failed(status))
            live->slots[etwi_descriptor_slot(found->descriptor)].is_passed_by = true;
        is_full = is_full || etw_failed(status) || live->byte_count >= ROUND_SIZE;
    }
    place_chunks(live);
    conclude(live, now);
    return live->chunk_count ? ETW_OK : status;
}

etwi_live_news etwi_live_look(etwi_live *live)
{
    etwi_live_news news = ETWI_LIVE_NOTHING;
    if (etw_failed(etwi_scan_run(&live->scan, &live->attachment, true)))
        return ETWI_LIVE_MUCH;
    for (size_t i = 0; i < live->scan.count; i++) {
        const etwi_scanned *found = &live->scan.found[i];
        if (!found->is_active)
            return ETWI_LIVE_MUCH;
        if (etwi_pool_end(&live->mapping, found->index, found->descriptor) > start_of(live, found))
            news = ETWI_LIVE_SOME;
    }
    return news;
}
