/*
 * Real-time consumers. A session is looked at when a writer or a controller wakes us, or when the
 * patience of the options ends; while nothing happens nothing runs.
 */
#include "base/error.h"
#include "engine/client.h"
#include "engine/control.h"
#include "engine/live_internal.h"
#include "engine/slot.h"
#include "etl/writer.h"
#include "os/os.h"

#include <string.h>

enum {
    /* While a writer is in the middle of an event, events of others may have to wait for it. */
    HELD_BACK_MS = 1,
    WAITS_MAX = 64, /* Sessions there are at a time. */
};

/* ---- opening ---------------------------------------------------------------------------------
 */

static void fill_info(etwi_live *live)
{
    const etwi_geometry *geometry = &live->mapping.geometry;
    etwi_etl_header header;
    etwi_etl_header_of_system(&header);
    etw_trace_info *info = &live->info;
    *info = header.info;
    etwi_mapping_name(&live->mapping, live->name);
    etwi_mapping_log_file(&live->mapping, live->log_file);
    info->path = (etw_str){"", 0};
    info->session_name = (etw_str){live->name, strlen(live->name)};
    info->log_file_name = (etw_str){live->log_file, strlen(live->log_file)};
    info->clock = (etw_clock){geometry->clock_type, geometry->clock_frequency,
                              geometry->clock_start_raw, geometry->clock_start_time};
    info->start_time = geometry->clock_start_time;
    info->buffer_size = geometry->buffer_size;
    info->processor_count = geometry->cpu_count;
    info->log_file_mode = geometry->mode;
    info->start_buffers = geometry->minimum_buffers;
}

/* Opens what is mapped, but for joining. */
static etw_status begin(etwi_live *live, const etwi_live_options *options, etw_error *error)
{
    etwi_mapping *mapping = &live->mapping;
    if (mapping->geometry.pool_kind != ETWI_POOL_RING ||
        !(mapping->geometry.mode & ETW_MODE_REAL_TIME))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the session has no real-time mode; start it with one");
    ETWI_TRY(etwi_client_join(mapping, ETWI_CLIENT_CONSUMER, error));
    live->slots =
        etwi_alloc_zeroed(&live->allocator, mapping->geometry.slot_count * sizeof *live->slots);
    if (!live->slots)
        return etwi_fail_nomem(error);
    for (uint32_t i = 0; i < mapping->geometry.slot_count; i++)
        live->slots[i].bound = INT64_MIN;
    live->complete_until = INT64_MIN;
    live->latency_ms = options->latency_ms;
    live->lost_before = etwi_mapping_events_lost(mapping);
    ETWI_TRY(etwi_attach(&live->attachment, mapping, &live->allocator, error));
    fill_info(live);
    return ETW_OK;
}

/* Maps the session of a name. */
static etw_status map_by_name(etwi_mapping *out, const char *name, const etw_allocator *allocator,
                              etw_error *error)
{
    etwi_registry *registry;
    etwi_session_id id;
    ETWI_TRY(etwi_registry_open(&registry, allocator, error));
    etw_status status;
    if (etwi_control_find(registry, name, &id))
        status = etwi_session_open(out, registry, id, error);
    else
        status = etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                           "there is no session named \"%.100s\"", name);
    etwi_registry_close(&registry);
    /* One that is just being started is not there yet. */
    return status == ETW_AGAIN ? etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                                           "the session \"%.100s\" is being started", name)
                               : status;
}

etw_status etwi_live_open_mapping(etwi_live **out, etwi_mapping *mapping,
                                  const etwi_live_options *options, etw_error *error)
{
    *out = NULL;
    const etw_allocator allocator = etwi_allocator_or_default(&options->allocator);
    etwi_live *live = etwi_alloc_zeroed(&allocator, sizeof *live);
    if (!live) {
        etwi_mapping_close(mapping);
        return etwi_fail_nomem(error);
    }
    live->allocator = allocator;
    live->mapping = *mapping;
    memset(mapping, 0, sizeof *mapping);
    const etw_status status = begin(live, options, error);
    if (etw_failed(status))
        etwi_live_close(&live);
    else
        *out = live;
    return status;
}

etw_status etwi_live_open(etwi_live **out, const char *name, const etwi_live_options *options,
                          etw_error *error)
{
    etwi_mapping mapping;
    *out = NULL;
    const etw_allocator allocator = etwi_allocator_or_default(&options->allocator);
    ETWI_TRY(map_by_name(&mapping, name, &allocator, error));
    return etwi_live_open_mapping(out, &mapping, options, error);
}

void etwi_live_close(etwi_live **closing)
{
    etwi_live *live = *closing;
    *closing = NULL;
    if (!live)
        return;
    const etw_allocator allocator = live->allocator;
    const uint32_t slot_count = live->mapping.geometry.slot_count;
    etwi_detach(&live->attachment);
    etwi_mapping_close(&live->mapping);
    etwi_scan_free(&live->scan, &allocator);
    etwi_free(&allocator, live->slots, slot_count * sizeof *live->slots);
    etwi_free(&allocator, live->chunks, live->chunk_capacity * sizeof *live->chunks);
    etwi_free(&allocator, live->bytes, live->byte_capacity);
    etwi_free(&allocator, live, sizeof *live);
}

const etw_trace_info *etwi_live_info(const etwi_live *live)
{
    return &live->info;
}

int64_t etwi_live_now(const etwi_live *live)
{
    return etwi_mapping_now(&live->mapping);
}

/* ---- waiting ---------------------------------------------------------------------------------
 */

/* True if there is something for take(); or how long there is not. */
static bool is_ready(etwi_live *live, uint32_t *for_ms)
{
    const uint64_t now_ms = etwi_now_ms();
    *for_ms = live->is_held_back ? HELD_BACK_MS : UINT32_MAX;
    if (atomic_load(&live->is_woken) || etwi_mapping_state(&live->mapping) >= ETWI_SESSION_STOPPED)
        return true;
    switch (etwi_live_look(live)) {
    case ETWI_LIVE_MUCH:
        return true;
    case ETWI_LIVE_SOME:
        break;
    default:
        live->waiting_since_ms = 0;
        return false;
    }
    if (!live->waiting_since_ms)
        live->waiting_since_ms = now_ms;
    const uint64_t due_ms = live->waiting_since_ms + live->latency_ms;
    if (now_ms >= due_ms || atomic_load(&live->is_urgent))
        return true;
    if (due_ms - now_ms < *for_ms)
        *for_ms = (uint32_t)(due_ms - now_ms);
    return false;
}

/* What is to wake a session's consumer: any event, or, while some wait already, full buffers. */
static uint32_t asleep_bit(const etwi_live *live)
{
    return live->waiting_since_ms ? ETWI_ASLEEP_FOR_BUFFER(live->attachment.consumer)
                                  : ETWI_ASLEEP_FOR_EVENT(live->attachment.consumer) |
                                        ETWI_ASLEEP_FOR_BUFFER(live->attachment.consumer);
}

/* Says that we sleep, then looks once more: whoever writes from then on wakes us. */
static bool fall_asleep(etwi_live *live, uint32_t *seen, uint32_t *for_ms)
{
    etwi_ctl_header *header = live->mapping.header;
    *seen = atomic_load(&header->data);
    atomic_fetch_or(&header->asleep, asleep_bit(live));
    return !is_ready(live, for_ms);
}

static void wake_up(etwi_live *live)
{
    atomic_fetch_and(&live->mapping.header->asleep,
                     ~(ETWI_ASLEEP_FOR_EVENT(live->attachment.consumer) |
                       ETWI_ASLEEP_FOR_BUFFER(live->attachment.consumer)));
}

void etwi_live_wait(etwi_live *const *lives, size_t count, uint32_t timeout_ms)
{
    _Atomic uint32_t *words[WAITS_MAX];
    uint32_t seen[WAITS_MAX], for_ms;
    if (!count)
        return;
    if (count > WAITS_MAX)
        count = WAITS_MAX;
    for (size_t i = 0; i < count; i++)
        if (is_ready(lives[i], &for_ms))
            return;
    bool is_quiet = true;
    size_t asleep = 0;
    for (; asleep < count && is_quiet; asleep++) {
        words[asleep] = &lives[asleep]->mapping.header->data;
        is_quiet = fall_asleep(lives[asleep], &seen[asleep], &for_ms);
        if (for_ms < timeout_ms)
            timeout_ms = for_ms;
    }
    if (is_quiet && timeout_ms)
        etwi_words_wait(words, seen, count, timeout_ms, !lives[0]->mapping.is_private);
    for (size_t i = 0; i < asleep; i++)
        wake_up(lives[i]);
}

void etwi_live_wake(etwi_live *live)
{
    atomic_store(&live->is_woken, 1);
    atomic_fetch_add(&live->mapping.header->data, 1);
    etwi_word_wake(&live->mapping.header->data, !live->mapping.is_private);
}

void etwi_live_flush(etwi_live *live)
{
    atomic_store(&live->is_urgent, 1);
    etwi_live_wake(live);
}

/* ---- taking ----------------------------------------------------------------------------------
 */

static void fill_round(const etwi_live *live, etwi_live_round *out)
{
    const etwi_attachment *attachment = &live->attachment;
    const uint64_t lost = etwi_mapping_events_lost(&live->mapping);
    out->chunks = live->chunks;
    out->count = live->chunk_count;
    out->buffers = live->chunk_count;
    out->complete_until = live->complete_until;
    out->events_lost = lost > live->lost_before ? lost - live->lost_before : 0;
    out->buffers_lost =
        attachment->lost + live->buffers_broken +
        atomic_load(&attachment->mapping->consumers[attachment->consumer].buffers_lost);
}

/* Takes what is due, without waiting. */
static etw_status take_now(etwi_live *live, etwi_live_round *out, etw_error *error)
{
    uint32_t for_ms;
    const bool has_ended = etwi_mapping_state(&live->mapping) >= ETWI_SESSION_STOPPED;
    etwi_attachment_look_around(&live->attachment);
    live->chunk_count = 0;
    /* Events that are not due are left, and with them the time that they hold back. */
    if (has_ended || is_ready(live, &for_ms) || !live->waiting_since_ms) {
        if (etw_failed(etwi_live_gather(live)))
            return etwi_fail_nomem(error);
        live->waiting_since_ms = 0;
        atomic_store(&live->is_urgent, 0);
    }
    if (has_ended && !live->chunk_count)
        live->complete_until = INT64_MAX;
    fill_round(live, out);
    if (live->chunk_count)
        return ETW_OK;
    return has_ended ? ETW_END : ETW_AGAIN;
}

etw_status etwi_live_take(etwi_live *live, uint32_t timeout_ms, etwi_live_round *out,
                          etw_error *error)
{
    const uint64_t begin_ms = etwi_now_ms();
    for (;;) {
        const bool was_held_back = live->is_held_back;
        const etw_status status = take_now(live, out, error);
        if (status != ETW_AGAIN || atomic_exchange(&live->is_woken, 0) ||
            (was_held_back && !live->is_held_back))
            return status;
        const uint64_t passed_ms = etwi_now_ms() - begin_ms;
        if (timeout_ms != UINT32_MAX && passed_ms >= timeout_ms)
            return ETW_AGAIN;
        etwi_live_wait(&live, 1,
                       timeout_ms == UINT32_MAX ? UINT32_MAX : timeout_ms - (uint32_t)passed_ms);
    }
}

void etwi_live_release(etwi_live *live)
{
    live->chunk_count = 0;
}
