#include "engine/log_file.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "etl/writer_complete.h"
#include "os/output.h"
#include "os/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A pool without a limit has a descriptor for each buffer that it might have, and a place in the
 * address space. */
#define UNLIMITED_SIZE (sizeof(void *) > 4 ? UINT64_C(1) << 40 : UINT64_C(1) << 28)

etwi_log_kind etwi_log_kind_of(uint32_t mode, bool has_file)
{
    if (mode & ETW_MODE_BUFFERING)
        return has_file ? ETWI_LOG_SNAPSHOT : ETWI_LOG_NONE;
    if (!has_file)
        return ETWI_LOG_NONE;
    const uint32_t kept = ETW_MODE_REAL_TIME | ETW_MODE_NEW_FILE | ETW_MODE_COMPRESSED;
    return mode & kept || !etwi_shared_can_grow() ? ETWI_LOG_KEPT : ETWI_LOG_DIRECT;
}

etw_status etwi_log_path(char out[ETWI_CTL_PATH_SIZE], const char *path, etw_error *error)
{
    const size_t size = strlen(path) + 1;
    if (!etwi_path_is_absolute(path))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "%.200s is no absolute path", path);
    if (size > ETWI_CTL_PATH_SIZE)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "the path of the log file is too long");
    memcpy(out, path, size);
    return ETW_OK;
}

/* Says which file it could not open. */
static etw_status open_log(etwi_file *out, const char *path, etwi_output_mode mode,
                           etw_error *error)
{
    etw_error why;
    const etw_status status = etwi_output_open(out, path, mode, &why);
    if (status != ETW_OK)
        return etwi_fail(error, status, ETW_NO_OFFSET, "%.120s: %.100s", path, why.message);
    return ETW_OK;
}

etw_status etwi_log_check(const char *path, etw_error *error)
{
    etwi_file file;
    ETWI_TRY(open_log(&file, path, ETWI_OUTPUT_KEEP, error));
    etwi_file_close(&file);
    return ETW_OK;
}

void etwi_log_header(etwi_etl_header *out, const etwi_geometry *geometry, const char *name,
                     const char *path)
{
    etwi_etl_header_of_system(out);
    out->info.session_name = etwi_str_of(name);
    out->info.log_file_name = etwi_str_of(path);
    out->info.clock.type = geometry->clock_type;
    out->info.clock.frequency = geometry->clock_frequency;
    out->info.clock.start_raw = geometry->clock_start_raw;
    out->info.clock.start_time = geometry->clock_start_time;
    out->info.start_time = geometry->clock_start_time;
    out->info.buffer_size = geometry->buffer_size;
    out->info.log_file_mode = geometry->mode;
    out->logger_id = (uint16_t)geometry->logger_id;
    out->process_id = geometry->owner_pid;
    out->thread_id = etwi_thread_id();
}

/* ---- direct ---------------------------------------------------------------------------------- */

/* How many buffers the file may have. */
static etw_status count_buffers(etwi_geometry *geometry, uint64_t maximum_size, etw_error *error)
{
    const uint64_t size = maximum_size ? maximum_size : UNLIMITED_SIZE;
    const uint64_t count = size / geometry->buffer_size;
    if (maximum_size && count <= geometry->first_buffer)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "a file of %" PRIu64 " bytes at most has no room for %" PRIu32
                         " buffers of %" PRIu32 " bytes",
                         maximum_size, geometry->first_buffer + 1, geometry->buffer_size);
    geometry->buffer_count = count < ETWI_BUFFERS_MAX ? (uint32_t)count : ETWI_BUFFERS_MAX;
    return ETW_OK;
}

/*
 * A new file takes the place of what is there, which is left to those who still have it open:
 * cutting off a file that others have mapped would end them.
 */
static etw_status make_new(etwi_file *out, etwi_geometry *geometry, const char *name,
                           const char *path, uint64_t maximum_size, etw_error *error)
{
    etwi_etl_header header;
    etwi_path_info info;
    if (etwi_path_look(path, &info) && !info.is_file)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "%.200s is not a file", path);
    etwi_file_remove(path);
    etwi_log_header(&header, geometry, name, path);
    etwi_etl_header_set_maximum(&header, maximum_size);
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    uint8_t *first = etwi_alloc(&memory, geometry->buffer_size);
    if (!first)
        return etwi_fail_nomem(error);
    etw_status status = etwi_etl_header_build(first, &header, error);
    if (status == ETW_OK)
        status = open_log(out, path, ETWI_OUTPUT_NEW, error);
    if (status == ETW_OK) {
        status = etwi_output_write_at(out, 0, first, geometry->buffer_size, error);
        if (status != ETW_OK)
            etwi_file_close(out);
    }
    etwi_free(&memory, first, geometry->buffer_size);
    geometry->first_buffer = 1;
    return status;
}

/* The writer of files checks that the trace is one to be gone on with, and makes it complete. */
static etw_status go_on(etwi_file *out, etwi_geometry *geometry, const char *name, const char *path,
                        etw_error *error)
{
    etwi_etl_header header;
    etwi_etl_file *file;
    etwi_log_header(&header, geometry, name, path);
    const etwi_etl_file_options options = {.path = path, .header = &header};
    ETWI_TRY(etwi_etl_file_create(&file, &options, error));
    const uint64_t size = etwi_etl_file_size(file);
    ETWI_TRY(etwi_etl_file_close(&file, 0, error));
    if (size / geometry->buffer_size >= ETWI_BUFFERS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "%.200s is too large to go on", path);
    geometry->first_buffer = (uint32_t)(size / geometry->buffer_size);
    return open_log(out, path, ETWI_OUTPUT_EXISTING, error);
}

etw_status etwi_log_pool_create(etwi_file *out, etwi_geometry *geometry, const char *name,
                                const char *path, uint64_t maximum_size, etw_error *error)
{
    ETWI_TRY(geometry->mode & ETW_MODE_APPEND
                 ? go_on(out, geometry, name, path, error)
                 : make_new(out, geometry, name, path, maximum_size, error));
    etw_status status = count_buffers(geometry, maximum_size, error);
    if (status == ETW_OK && geometry->mode & ETW_MODE_PREALLOCATE && maximum_size)
        status = etwi_shared_allocate(
            out->handle, 0, (uint64_t)geometry->buffer_count * geometry->buffer_size, error);
    if (status == ETW_OK)
        return ETW_OK;
    etwi_file_close(out);
    if (!(geometry->mode & ETW_MODE_APPEND))
        etwi_file_remove(path);
    return status == ETW_E_FULL ? ETW_E_LIMIT : status;
}

/* What the session that was appended to lost is lost still. */
static etw_status add_losses_before(const etwi_file *file, etwi_etl_totals *totals,
                                    etw_error *error)
{
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etw_trace_info info;
    const etw_status status = etwi_etl_read_header(file, &info, &arena, error);
    if (status == ETW_OK) {
        totals->events_lost += info.events_lost;
        totals->buffers_lost += info.buffers_lost;
    }
    etwi_arena_free(&arena);
    return status;
}

/* Completing moves buffers and cuts the file, which is not to happen under the hands of somebody:
 * what is completed is a copy, which then takes the place of the file. */
static etw_status complete_copy(const etwi_file *file, const char *path,
                                const etwi_etl_totals *totals, etw_error *error)
{
    char copy[ETWI_CTL_PATH_SIZE + 8];
    uint8_t ours[16], there[16];
    etwi_file other;
    ETWI_TRY(etwi_output_open(&other, path, ETWI_OUTPUT_EXISTING, error));
    const bool is_there = etwi_file_identity(&other, there) && etwi_file_identity(file, ours) &&
                          memcmp(there, ours, sizeof ours) == 0;
    etwi_file_close(&other);
    if (!is_there)
        return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                         "%.180s is another file now; that of the session is not completed", path);
    snprintf(copy, sizeof copy, "%s.tmp", path);
    ETWI_TRY(etwi_file_copy(file, copy, error));
    etw_status status = etwi_etl_complete(copy, totals, error);
    if (status == ETW_OK && !etwi_file_rename(copy, path))
        status = etwi_fail(error, ETW_E_IO, ETW_NO_OFFSET, "replacing %.200s failed", path);
    if (status != ETW_OK)
        etwi_file_remove(copy);
    return status;
}

etw_status etwi_log_pool_complete(const etwi_mapping *mapping, const char *path, bool is_shared,
                                  etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    etwi_file file = {mapping->pool_handle, etwi_shared_size(mapping->pool_handle)};
    etwi_mapping_counts counts;
    etwi_mapping_count(mapping, &counts);
    etwi_etl_totals totals = {.end_time = etwi_clock_filetime(),
                              .events_lost = counts.events_lost,
                              .buffers_lost = counts.log_buffers_lost};
    if (mapping->geometry.mode & ETW_MODE_APPEND)
        ETWI_TRY(add_losses_before(&file, &totals, error));
    if (is_shared)
        return complete_copy(&file, path, &totals, error);
    // By its handle: the file may have another name by now.
    return etwi_etl_complete_file(&file, &totals, &memory, error);
}

/* ---- kept ------------------------------------------------------------------------------------ */

etw_status etwi_log_open(etwi_etl_file **out, const etwi_mapping *mapping, bool goes_on,
                         const etw_allocator *allocator, etw_error *error)
{
    char name[ETWI_CTL_NAME_SIZE], path[ETWI_CTL_PATH_SIZE];
    etwi_etl_header header;
    etwi_mapping_name(mapping, name);
    etwi_mapping_log_file(mapping, path);
    etwi_log_header(&header, &mapping->geometry, name,
                    mapping->geometry.mode & ETW_MODE_NEW_FILE ? "" : path);
    if (goes_on)
        header.info.log_file_mode |= ETW_MODE_APPEND;
    const etwi_etl_file_options options = {
        .allocator = allocator,
        .path = path,
        .header = &header,
        .maximum_size = atomic_load(&mapping->header->maximum_file_size),
    };
    return etwi_etl_file_create(out, &options, error);
}

void etwi_log_count_dead(etwi_mapping *mapping)
{
    const uint32_t lost = atomic_exchange(&mapping->header->in_hand, 0);
    if (lost)
        atomic_fetch_add(&mapping->header->log_buffers_lost, lost);
}

void etwi_log_note_losses(const etwi_mapping *mapping, etwi_etl_file *file)
{
    etwi_mapping_counts counts;
    etwi_mapping_count(mapping, &counts);
    etwi_etl_file_set_losses(file, counts.events_lost, counts.log_buffers_lost);
}

etw_status etwi_log_copy(etwi_drain *drain, etwi_mapping *mapping, etwi_etl_file *file,
                         uint8_t *buffer, etw_error *error)
{
    etw_status status = ETW_OK;
    const bool is_one_of_many = (mapping->geometry.mode & ETW_MODE_NEW_FILE) != 0;
    while (status == ETW_OK) {
        etwi_drained drained;
        // Any buffer may be the one that ends a file, which then is to tell what was lost so far.
        if (is_one_of_many)
            etwi_log_note_losses(mapping, file);
        // Between here and there a buffer is neither in the session nor in the file.
        atomic_store(&mapping->header->in_hand, 1);
        status = etwi_drain_next(drain, buffer, &drained, error);
        if (status == ETW_OK && drained.size > BUFFER_HEADER_SIZE &&
            etwi_etl_file_write(file, buffer, NULL) != ETW_OK)
            atomic_fetch_add(&mapping->header->log_buffers_lost, 1);
        atomic_store(&mapping->header->in_hand, 0);
    }
    return status == ETW_AGAIN ? ETW_OK : status;
}

/* ---- snapshots ------------------------------------------------------------------------------- */

static etw_status copy_all(etwi_mapping *mapping, etwi_etl_file *file, const etw_allocator *memory,
                           etw_error *error)
{
    etwi_drain *drain;
    const uint32_t size = mapping->geometry.buffer_size;
    uint8_t *buffer = etwi_alloc(memory, size);
    if (!buffer)
        return etwi_fail_nomem(error);
    etw_status status = etwi_drain_attach(&drain, mapping, memory, error);
    if (status == ETW_OK) {
        status = etwi_log_copy(drain, mapping, file, buffer, error);
        etwi_drain_detach(&drain);
    }
    etwi_log_note_losses(mapping, file);
    etwi_free(memory, buffer, size);
    return status;
}

etw_status etwi_log_snapshot(etwi_mapping *mapping, const etw_allocator *allocator,
                             etw_error *error)
{
    etwi_etl_file *file;
    etwi_log_count_dead(mapping);
    ETWI_TRY(etwi_log_open(&file, mapping, false, allocator, error));
    const etw_status status = copy_all(mapping, file, allocator, error);
    const etw_status closed =
        etwi_etl_file_close(&file, etwi_clock_filetime(), status == ETW_OK ? error : NULL);
    return status != ETW_OK ? status : closed;
}
