/* ControlTraceW() and its shorthands, QueryAllTracesW(). */
#include "double.h"

#include <stdio.h>

typedef enum control_code {
    CONTROL_QUERY = 0,
    CONTROL_STOP = 1,
    CONTROL_UPDATE = 2,
    CONTROL_FLUSH = 3,
    CONTROL_INCREMENT_FILE = 4,
    CONTROL_CONVERT_TO_REALTIME = 5
} control_code;

/* ---- one session ----------------------------------------------------------------------------- */

static uint32_t update(double_session *session, const etwi_abi_properties *properties)
{
    char log_file[DOUBLE_PATH_SIZE];
    etw_session_update_options options = {.size = sizeof options};
    const etwi_abi_char *path =
        double_properties_text(properties, properties->log_file_name_offset);
    if (path && *path) {
        if (!double_narrow(log_file, sizeof log_file, path))
            return ERROR_INVALID_PARAMETER;
        if (_stricmp(log_file, session->log_file) != 0) {
            if (double_session_of_file(log_file))
                return ERROR_BAD_PATHNAME;
            options.log_file = log_file;
        }
    }
    options.maximum_buffers = properties->maximum_buffers;
    options.flush_timer_ms = double_flush_timer_of(properties);
    etw_status status = etw_session_update(session->session, &options);
    if (status == ETW_E_LIMIT) { // The engine's memory does not grow; Windows' does.
        options.maximum_buffers = 0;
        session->maximum_buffers = properties->maximum_buffers;
        status = etw_session_update(session->session, &options);
    }
    if (etw_failed(status))
        return double_error_of(status);
    if (options.log_file)
        snprintf(session->log_file, sizeof session->log_file, "%s", log_file);
    session->kernel_flags = properties->enable_flags;
    return ERROR_SUCCESS;
}

static uint32_t stop(double_session *session, etwi_abi_properties *properties)
{
    etw_session_info info = {.size = sizeof info};
    const etw_status status = etw_session_stop(session->session, &info);
    if (etw_failed(status))
        return double_error_of(status);
    const uint32_t error = double_properties_fill(properties, session, &info);
    double_session_remove(session);
    return error;
}

static uint32_t control_found(double_session *session, etwi_abi_properties *properties,
                              uint32_t code)
{
    etw_session_info info = {.size = sizeof info};
    uint32_t error = ERROR_SUCCESS;
    if (code == CONTROL_STOP)
        return stop(session, properties);
    if (code == CONTROL_UPDATE)
        error = update(session, properties);
    else if (code == CONTROL_FLUSH)
        error = double_error_of(etw_session_flush(session->session));
    else if (code == CONTROL_INCREMENT_FILE && !(session->mode & ETW_MODE_NEW_FILE))
        error = ERROR_INVALID_PARAMETER;
    else if (code == CONTROL_CONVERT_TO_REALTIME)
        error = ERROR_NOT_SUPPORTED;
    if (error)
        return error;
    const etw_status status = etw_session_query(session->session, &info);
    return etw_failed(status) ? double_error_of(status)
                              : double_properties_fill(properties, session, &info);
}

static uint32_t control(uint64_t handle, const etwi_abi_char *name, etwi_abi_properties *properties,
                        uint32_t code)
{
    if ((!handle && !name) || code > CONTROL_CONVERT_TO_REALTIME)
        return ERROR_INVALID_PARAMETER;
    const uint32_t error = double_properties_check(
        properties, code == CONTROL_QUERY ? DOUBLE_FOR_QUERY : DOUBLE_FOR_CONTROL);
    if (error)
        return error;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    double_session *session = double_session_find(handle, name);
    return session ? control_found(session, properties, code) : DOUBLE_E_WMI_INSTANCE_NOT_FOUND;
}

/* What a call of that name comes to. */
static uint32_t control_as(const char *function, const uint64_t *arguments, uint32_t count,
                           uint32_t code)
{
    double_call *call = double_begin(function, arguments, count);
    const etwi_abi_char *name = (const etwi_abi_char *)(uintptr_t)arguments[1];
    etwi_abi_properties *properties = (etwi_abi_properties *)(uintptr_t)arguments[2];
    uint32_t error;
    double_keep_text(call, "name", name);
    if (properties)
        double_keep(call, "properties", properties, properties->wnode.buffer_size);
    if (!double_is_scripted(function, &error)) {
        double_lock();
        error = control(arguments[0], name, properties, code);
        double_unlock();
    }
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
ControlTraceW(uint64_t handle, const etwi_abi_char *name, etwi_abi_properties *properties,
              uint32_t code);

DOUBLE_EXPORT(uint32_t)
ControlTraceW(uint64_t handle, const etwi_abi_char *name, etwi_abi_properties *properties,
              uint32_t code)
{
    const uint64_t arguments[] = {handle, (uintptr_t)name, (uintptr_t)properties, code};
    return control_as("ControlTraceW", arguments, 4, code);
}

#define SHORTHAND(function, code)                                                          \
    DOUBLE_EXPORT(uint32_t)                                                                \
    function(uint64_t handle, const etwi_abi_char *name, etwi_abi_properties *properties); \
    DOUBLE_EXPORT(uint32_t)                                                                \
    function(uint64_t handle, const etwi_abi_char *name, etwi_abi_properties *properties)  \
    {                                                                                      \
        const uint64_t arguments[] = {handle, (uintptr_t)name, (uintptr_t)properties};     \
        return control_as(#function, arguments, 3, code);                                  \
    }

SHORTHAND(StopTraceW, CONTROL_STOP)
SHORTHAND(QueryTraceW, CONTROL_QUERY)
SHORTHAND(UpdateTraceW, CONTROL_UPDATE)
SHORTHAND(FlushTraceW, CONTROL_FLUSH)

/* ---- all sessions ---------------------------------------------------------------------------- */

typedef struct listing {
    etwi_abi_properties **properties;
    uint32_t room, count;
    uint32_t error;
} listing;

static etw_status list_one(void *user, const etw_session_info *info)
{
    listing *list = user;
    etwi_abi_char name[ETW_SESSION_NAME_MAX + 1];
    const uint32_t index = list->count++;
    if (index >= list->room || list->error)
        return ETW_OK;
    if (!double_wide(name, sizeof name / sizeof *name, info->name))
        return ETW_OK;
    etwi_abi_properties *properties = list->properties[index];
    list->error = double_properties_check(properties, DOUBLE_FOR_QUERY);
    const double_session *session = double_session_find(0, name);
    if (list->error || !session)
        return ETW_OK;
    const uint32_t error = double_properties_fill(properties, session, info);
    if (error != ERROR_MORE_DATA) // A name that does not fit is cut off.
        list->error = error;
    return ETW_OK;
}

static uint32_t query_all(etwi_abi_properties **properties, uint32_t room, uint32_t *count)
{
    listing list = {properties, room, 0, ERROR_SUCCESS};
    if (!properties || !count || room == 0 || room > ETW_SESSIONS_MAX)
        return ERROR_INVALID_PARAMETER;
    *count = 0;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    const etw_status status = etwi_portable_backend.list(list_one, &list, NULL);
    *count = list.count;
    if (etw_failed(status))
        return double_error_of(status);
    if (list.error)
        return list.error;
    return list.count > room ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

DOUBLE_EXPORT(uint32_t)
QueryAllTracesW(etwi_abi_properties **properties, uint32_t room, uint32_t *count);

DOUBLE_EXPORT(uint32_t)
QueryAllTracesW(etwi_abi_properties **properties, uint32_t room, uint32_t *count)
{
    const uint64_t arguments[] = {(uintptr_t)properties, room, (uintptr_t)count};
    double_call *call = double_begin("QueryAllTracesW", arguments, 3);
    uint32_t error;
    if (!double_is_scripted("QueryAllTracesW", &error)) {
        double_lock();
        error = query_all(properties, room, count);
        double_unlock();
    }
    return double_end(call, error);
}
