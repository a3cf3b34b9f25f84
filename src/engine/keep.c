#include "engine/keep.h"

#include "base/error.h"
#include "engine/log_file.h"
#include "engine/slot.h"
#include "os/os.h"

#include <string.h>

enum {
    DEFAULT_FLUSH_MS = 1000,
};

etw_status etwi_keep_begin(etwi_keeping *out, etwi_mapping *mapping, bool goes_on, etw_error *error)
{
    memset(out, 0, sizeof *out);
    out->allocator = etwi_allocator_or_default(NULL);
    out->mapping = mapping;
    out->changes = atomic_load(&mapping->header->changes);
    etwi_log_count_dead(mapping);
    etwi_mapping_log_file(mapping, out->path);
    out->buffer = etwi_alloc(&out->allocator, mapping->geometry.buffer_size);
    if (!out->buffer)
        return etwi_fail_nomem(error);
    etw_status status = etwi_log_open(&out->file, mapping, goes_on, &out->allocator, error);
    if (status == ETW_OK)
        status = etwi_drain_attach(&out->drain, mapping, &out->allocator, error);
    if (status != ETW_OK)
        (void)etwi_keep_end(out, NULL);
    return status;
}

/* Losses go into the header with the next totals. What was taken away from here is counted as lost
 * by a consumer in real time, but it is the file that lacks it. */
static void note_losses(etwi_keeping *keeping)
{
    etwi_ctl_header *header = keeping->mapping->header;
    const uint64_t dropped = etwi_drain_lost(keeping->drain);
    if (dropped != keeping->dropped) {
        atomic_fetch_add(&header->log_buffers_lost, dropped - keeping->dropped);
        atomic_fetch_sub(&header->real_time_buffers_lost, dropped - keeping->dropped);
        keeping->dropped = dropped;
    }
    etwi_log_note_losses(keeping->mapping, keeping->file);
}

/* A controller may have named another file. One that cannot be opened is left alone: the session
 * goes on in the file it has. */
static void follow_changes(etwi_keeping *keeping)
{
    char path[ETWI_CTL_PATH_SIZE];
    const uint32_t changes = atomic_load(&keeping->mapping->header->changes);
    if (changes == keeping->changes)
        return;
    keeping->changes = changes;
    etwi_mapping_log_file(keeping->mapping, path);
    if (!path[0] || strcmp(path, keeping->path) == 0)
        return;
    note_losses(keeping);
    if (etwi_etl_file_switch(keeping->file, path, NULL) == ETW_OK)
        memcpy(keeping->path, path, sizeof path);
}

static uint32_t flush_interval(const etwi_keeping *keeping)
{
    const uint32_t interval = atomic_load(&keeping->mapping->header->flush_timer_ms);
    return interval ? interval : DEFAULT_FLUSH_MS;
}

etw_status etwi_keep_run(etwi_keeping *keeping, etw_error *error)
{
    etwi_mapping *mapping = keeping->mapping;
    uint64_t next_flush = etwi_now_ms() + flush_interval(keeping);
    for (;;) {
        // Asked before copying: what is full when a session has stopped is all there will be.
        const bool has_stopped = etwi_mapping_state(mapping) == ETWI_SESSION_STOPPED;
        ETWI_TRY(etwi_log_copy(keeping->drain, mapping, keeping->file, keeping->buffer, error));
        if (has_stopped)
            return ETW_OK;
        follow_changes(keeping);
        const uint64_t now = etwi_now_ms();
        if (now >= next_flush) {
            etwi_slots_flush(mapping, 0);
            etwi_drain_look_after_others(keeping->drain);
            note_losses(keeping);
            next_flush = now + flush_interval(keeping);
            continue;
        }
        etwi_drain_wait(keeping->drain, (uint32_t)(next_flush - now));
    }
}

etw_status etwi_keep_end(etwi_keeping *keeping, etw_error *error)
{
    etw_status status = ETW_OK;
    if (keeping->file) {
        if (keeping->drain)
            note_losses(keeping);
        status = etwi_etl_file_close(&keeping->file, etwi_clock_filetime(), error);
    }
    if (keeping->drain)
        etwi_drain_detach(&keeping->drain);
    etwi_free(&keeping->allocator, keeping->buffer, keeping->mapping->geometry.buffer_size);
    keeping->buffer = NULL;
    return status;
}
