/* Ending sessions. */
#include "engine/control.h"

#include "base/error.h"
#include "engine/log_file.h"
#include "engine/slot.h"

enum {
    STOP_PATIENCE_MS = 30000, /* For somebody else who stops the same session. */
};

/* No event comes in any more, and what came in is full buffers. Returns whether somebody may still
 * store into the memory. */
static bool close_slots(etwi_mapping *mapping)
{
    etwi_mapping_set_state(mapping, ETWI_SESSION_STOPPING);
    const uint32_t left_out = etwi_slots_close(mapping, ETWI_WRITER_PATIENCE_MS);
    etwi_mapping_set_state(mapping, ETWI_SESSION_STOPPED);
    return left_out > 0;
}

static etw_status complete_pool(const etwi_mapping *mapping, bool is_shared, etw_error *error)
{
    char path[ETWI_CTL_PATH_SIZE];
    if (!etwi_geometry_is_direct(&mapping->geometry))
        return ETW_OK;
    etwi_mapping_log_file(mapping, path);
    return etwi_log_pool_complete(mapping, path, is_shared, error);
}

/* With the session's lock of controllers. The session ends also if its file cannot be completed. */
static etw_status end_locked(etwi_registry *registry, etwi_session_id id, etwi_mapping *mapping,
                             etw_session_info *info, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    if (!etwi_registry_has(registry, id))
        return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET, "the session has ended");
    etwi_registry_path(registry, id.logger_id, NULL, folder);
    etwi_mapping_set_state(mapping, ETWI_SESSION_STOPPING);
    etwi_registry_announce(registry);
    const bool is_shared = close_slots(mapping);
    etw_status status = etwi_keeper_finish(folder, mapping, error);
    if (info)
        etwi_control_describe_shared(mapping, folder, 1, info);
    const etw_status completed = complete_pool(mapping, is_shared, status == ETW_OK ? error : NULL);
    if (status == ETW_OK)
        status = completed;
    const etw_status locked = etwi_registry_lock(registry, status == ETW_OK ? error : NULL);
    if (locked != ETW_OK)
        return status != ETW_OK ? status : locked;
    etwi_registry_remove(registry, id);
    etwi_session_folder_remove(folder);
    etwi_registry_unlock(registry);
    etwi_registry_announce(registry);
    return status;
}

etw_status etwi_control_end(etwi_registry *registry, etwi_session_id id, etwi_mapping *mapping,
                            etw_session_info *info, etw_error *error)
{
    const intptr_t ctl = mapping->ctl_handle;
    if (!etwi_lock_wait_for(ctl, ETWI_LOCK_CONTROL, STOP_PATIENCE_MS))
        return etwi_fail(error, ETW_E_TIMEOUT, ETW_NO_OFFSET,
                         "the session is locked by another process, which may be stopped");
    const etw_status status = end_locked(registry, id, mapping, info, error);
    etwi_lock_release(ctl, ETWI_LOCK_CONTROL);
    return status;
}

etw_status etwi_control_end_private(etwi_engine_session *session, etw_session_info *info,
                                    etw_error *error)
{
    etwi_mapping *mapping = etwi_control_memory(session);
    etwi_enable_table enables = {.count = 0};
    etwi_mapping_set_state(mapping, ETWI_SESSION_STOPPING);
    if (info && etwi_private_enables(session->own, &enables, NULL, NULL) == ETW_OK) {
        info->provider_count = (uint32_t)enables.count;
        etwi_enable_table_free(&enables);
    }
    etwi_private_remove(session->own);
    const bool is_shared = close_slots(mapping);
    etw_status status = etwi_keeper_join(&session->keeper, error);
    const etw_status completed = complete_pool(mapping, is_shared, status == ETW_OK ? error : NULL);
    if (info)
        etwi_control_describe(mapping, 1, info);
    return status != ETW_OK ? status : completed;
}
