/* Controlling a session that runs: all but what it enables. */
#include "engine/control.h"

#include "base/error.h"
#include "engine/client.h"
#include "engine/log_file.h"
#include "engine/slot.h"

#include <string.h>

enum {
    CONTROL_PATIENCE_MS = 10000,
    CATCH_UP_MS = 1000, /* For the keeper, after a flush. */
};

void etwi_control_folder(const etwi_engine_session *session, char out[ETWI_RUNTIME_PATH_MAX])
{
    etwi_registry_path(session->registry, session->id.logger_id, NULL, out);
}

/* The child of a fork has copies of its parent's private sessions, whose files are the parent's. */
static bool is_of_parent(const etwi_engine_session *session)
{
    return session->own &&
           etwi_private_mapping(session->own)->geometry.owner_pid != etwi_process_id();
}

etw_status etwi_control_check(const etwi_engine_session *session, etw_error *error)
{
    if (is_of_parent(session))
        return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                         "a private session is that of the process that started it, not of the "
                         "children of a fork");
    if (!session->has_ended && (session->own || etwi_registry_has(session->registry, session->id)))
        return ETW_OK;
    return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET, "the session has ended");
}

/* ---- attaching ------------------------------------------------------------------------------- */

static etw_status attach(etwi_engine_session *session, const char *name, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    ETWI_TRY(etwi_registry_open(&session->registry, &session->allocator, error));
    // A session that is being started has its name already, but not its memory: its starter has
    // the lock.
    ETWI_TRY(etwi_registry_lock(session->registry, error));
    const bool found = etwi_control_find(session->registry, name, &session->id);
    etw_status status = ETW_OK;
    if (!found)
        status = etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                           "there is no session named \"%.100s\"", name);
    else
        status = etwi_session_open(&session->mapping, session->registry, session->id, error);
    etwi_registry_unlock(session->registry);
    ETWI_TRY(status);
    ETWI_TRY(etwi_client_join(&session->mapping, ETWI_CLIENT_CONTROLLER, error));
    etwi_control_folder(session, folder);
    // A session without its keeper can still be controlled, and be stopped.
    (void)etwi_keeper_ensure(folder, &session->mapping, NULL);
    return ETW_OK;
}

etw_status etwi_engine_attach(etwi_engine_session **out, const char *name,
                              const etw_allocator *allocator, etw_error *error)
{
    const etw_allocator memory = etwi_allocator_or_default(allocator);
    *out = NULL;
    etwi_engine_session *session = etwi_alloc_zeroed(&memory, sizeof *session);
    if (!session)
        return etwi_fail_nomem(error);
    session->allocator = memory;
    const etw_status status = attach(session, name, error);
    if (status == ETW_OK)
        *out = session;
    else
        etwi_engine_close(&session);
    return status;
}

void etwi_engine_close(etwi_engine_session **session)
{
    etwi_engine_session *gone = *session;
    *session = NULL;
    if (!gone)
        return;
    if (gone->own) {
        if (!gone->has_ended && !is_of_parent(gone))
            (void)etwi_control_end_private(gone, NULL, NULL);
        etwi_private_release(gone->own);
    }
    etwi_mapping_close(&gone->mapping);
    etwi_registry_close(&gone->registry);
    const etw_allocator memory = gone->allocator;
    etwi_free(&memory, gone, sizeof *gone);
}

etw_status etwi_engine_stop(etwi_engine_session *session, etw_session_info *info, etw_error *error)
{
    ETWI_TRY(etwi_control_check(session, error));
    const etw_status status = session->own ? etwi_control_end_private(session, info, error)
                                           : etwi_control_end(session->registry, session->id,
                                                              &session->mapping, info, error);
    if (status != ETW_E_TIMEOUT || session->own ||
        !etwi_registry_has(session->registry, session->id))
        session->has_ended = true;
    // Whose session has just ended is nobody's, but no orphan.
    if (info)
        info->is_orphan = false;
    return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t size, const char *from)
{
    const size_t length = strlen(from);
    const size_t kept = length < size ? length : size - 1;
    memcpy(out, from, kept);
    out[kept] = '\0';
}

void etwi_control_describe(const etwi_mapping *mapping, uint32_t mine, etw_session_info *out)
{
    char text[ETWI_CTL_PATH_SIZE];
    const etwi_geometry *geometry = &mapping->geometry;
    const etwi_ctl_header *header = mapping->header;
    etwi_mapping_counts counts;
    etwi_mapping_count(mapping, &counts);
    etwi_mapping_name(mapping, text);
    copy_text(out->name, sizeof out->name, text);
    etwi_mapping_log_file(mapping, text);
    copy_text(out->log_file, sizeof out->log_file, text);
    out->guid = geometry->guid;
    out->logger_id = geometry->logger_id;
    out->backend = ETW_BACKEND_PORTABLE;
    out->buffer_size = geometry->buffer_size;
    out->maximum_buffers = atomic_load(&header->maximum_buffers);
    out->minimum_buffers = geometry->minimum_buffers;
    // A file may have room for fewer than every processor could use.
    if (out->minimum_buffers > out->maximum_buffers)
        out->minimum_buffers = out->maximum_buffers;
    out->flush_timer_ms = atomic_load(&header->flush_timer_ms);
    out->clock = geometry->clock_type;
    out->mode = geometry->mode;
    out->kernel_flags = geometry->kernel_flags;
    out->maximum_file_size = atomic_load(&header->maximum_file_size);
    out->start_time = geometry->clock_start_time;
    out->buffers = counts.buffers;
    out->free_buffers = counts.free_buffers;
    out->events = counts.events;
    out->events_lost = counts.events_lost;
    out->buffers_written = counts.buffers_written;
    out->log_buffers_lost = counts.log_buffers_lost;
    out->real_time_buffers_lost = counts.real_time_buffers_lost;
    out->consumer_count = etwi_client_count(mapping, ETWI_CLIENT_CONSUMER);
    out->is_orphan = etwi_client_count(mapping, ETWI_CLIENT_NONE) <= mine;
}

void etwi_control_describe_shared(const etwi_mapping *mapping, const char *folder, uint32_t mine,
                                  etw_session_info *out)
{
    etwi_enable_table enables = {.count = 0};
    etwi_control_describe(mapping, mine, out);
    out->provider_count = 0;
    if (etwi_enable_table_read(&enables, folder, NULL, NULL) == ETW_OK)
        out->provider_count = (uint32_t)enables.count;
    etwi_enable_table_free(&enables);
}

etw_status etwi_engine_query(etwi_engine_session *session, etw_session_info *info, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    ETWI_TRY(etwi_control_check(session, error));
    if (session->own) {
        etwi_enable_table enables = {.count = 0};
        etwi_control_describe(etwi_control_memory(session), 1, info);
        ETWI_TRY(etwi_private_enables(session->own, &enables, NULL, error));
        info->provider_count = (uint32_t)enables.count;
        info->is_orphan = false;
        etwi_enable_table_free(&enables);
        return ETW_OK;
    }
    etwi_control_folder(session, folder);
    (void)etwi_keeper_ensure(folder, &session->mapping, NULL);
    etwi_control_describe_shared(&session->mapping, folder, 1, info);
    return ETW_OK;
}

/* The lock of the controllers of a shared session. */
static etw_status lock(const etwi_mapping *mapping, etw_error *error)
{
    if (etwi_lock_wait_for(mapping->ctl_handle, ETWI_LOCK_CONTROL, CONTROL_PATIENCE_MS))
        return ETW_OK;
    return etwi_fail(error, ETW_E_TIMEOUT, ETW_NO_OFFSET,
                     "the session is locked by another process, which may be stopped");
}

/* ---- changing -------------------------------------------------------------------------------- */

static etw_status update_file(etwi_engine_session *session, const char *path, etw_error *error)
{
    etwi_mapping *mapping = etwi_control_memory(session);
    char old[ETWI_CTL_PATH_SIZE], taken[ETWI_CTL_PATH_SIZE];
    etwi_mapping_log_file(mapping, old);
    const etwi_log_kind kind = etwi_log_kind_of(mapping->geometry.mode, old[0] != '\0');
    if (kind == ETWI_LOG_DIRECT)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "a session whose buffers are its log file cannot go on in another: start "
                         "it with ETW_MODE_REAL_TIME or ETW_MODE_NEW_FILE too");
    if (kind == ETWI_LOG_NONE && !(mapping->geometry.mode & ETW_MODE_BUFFERING))
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "the session was started without a log file");
    ETWI_TRY(etwi_log_path(taken, path, error));
    if (etwi_control_is_same_file(old, taken))
        return ETW_OK; // It goes on in it as it is.
    if (session->registry)
        ETWI_TRY(
            etwi_control_check_log_file(session->registry, session->id.logger_id, taken, error));
    if (kind == ETWI_LOG_KEPT && !(mapping->geometry.mode & ETW_MODE_NEW_FILE))
        ETWI_TRY(etwi_log_check(taken, error));
    etwi_mapping_set_log_file(mapping, taken);
    return ETW_OK;
}

static etw_status update_locked(etwi_engine_session *session,
                                const etw_session_update_options *options, etw_error *error)
{
    etwi_mapping *mapping = etwi_control_memory(session);
    const etwi_geometry *geometry = &mapping->geometry;
    if (options->set_kernel_flags && options->kernel_flags)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "there are no kernel events off Windows");
    if (options->maximum_buffers > geometry->buffer_count && !etwi_geometry_is_direct(geometry))
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the session was started with memory for %u buffers",
                         (unsigned)geometry->buffer_count);
    if (options->maximum_buffers && options->maximum_buffers < geometry->minimum_buffers)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "the session has %u buffers at least",
                         (unsigned)geometry->minimum_buffers);
    if (options->log_file && options->log_file[0])
        ETWI_TRY(update_file(session, options->log_file, error));
    if (options->maximum_buffers && !etwi_geometry_is_direct(geometry))
        atomic_store(&mapping->header->maximum_buffers, options->maximum_buffers);
    if (options->flush_timer_ms)
        atomic_store(&mapping->header->flush_timer_ms, options->flush_timer_ms);
    etwi_mapping_announce(mapping);
    return ETW_OK;
}

etw_status etwi_engine_update(etwi_engine_session *session,
                              const etw_session_update_options *options, etw_error *error)
{
    ETWI_TRY(etwi_control_check(session, error));
    etwi_mapping *mapping = etwi_control_memory(session);
    if (session->own)
        return update_locked(session, options, error);
    ETWI_TRY(lock(mapping, error));
    const etw_status status = update_locked(session, options, error);
    etwi_lock_release(mapping->ctl_handle, ETWI_LOCK_CONTROL);
    return status;
}

/* One at a time, as there is one file. */
static etw_status snapshot(etwi_engine_session *session, etwi_mapping *mapping, etw_error *error)
{
    if (session->own)
        return etwi_log_snapshot(mapping, &session->allocator, error);
    ETWI_TRY(lock(mapping, error));
    const etw_status status = etwi_log_snapshot(mapping, &session->allocator, error);
    etwi_lock_release(mapping->ctl_handle, ETWI_LOCK_CONTROL);
    return status;
}

etw_status etwi_engine_flush(etwi_engine_session *session, etw_error *error)
{
    char path[ETWI_CTL_PATH_SIZE];
    ETWI_TRY(etwi_control_check(session, error));
    etwi_mapping *mapping = etwi_control_memory(session);
    // What is written is in the file at once, where the file is the pool.
    if (etwi_geometry_is_direct(&mapping->geometry))
        return ETW_OK;
    etwi_slots_flush(mapping, ETWI_WRITER_PATIENCE_MS);
    etwi_mapping_log_file(mapping, path);
    if (etwi_log_kind_of(mapping->geometry.mode, path[0] != '\0') == ETWI_LOG_SNAPSHOT)
        return snapshot(session, mapping, error);
    etwi_keeper_catch_up(mapping, CATCH_UP_MS);
    return ETW_OK;
}
