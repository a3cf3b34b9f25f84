/* StartTraceW(). */
#include "double.h"

enum {
    SYSTEM_LOGGERS_MAX = 8
};

typedef struct mode_clash {
    uint32_t mode, others;
} mode_clash;

/* "Logging Mode Constants" tells which cannot go together. */
static const mode_clash clashes[] = {
    {ETW_MODE_SEQUENTIAL, ETW_MODE_CIRCULAR},
    {ETW_MODE_APPEND, ETW_MODE_REAL_TIME | ETW_MODE_CIRCULAR | ETW_MODE_BUFFERING |
                          ETW_MODE_PRIVATE_LOGGER | ETW_MODE_NEW_FILE},
    {ETW_MODE_NEW_FILE, ETW_MODE_CIRCULAR | ETW_MODE_PRIVATE_LOGGER},
    {ETW_MODE_BUFFERING,
     ETW_MODE_REAL_TIME | ETW_MODE_CIRCULAR | ETW_MODE_SEQUENTIAL | ETW_MODE_NEW_FILE},
    {ETW_MODE_PRIVATE_LOGGER, ETW_MODE_REAL_TIME},
};

static bool is_good_mode(const etwi_abi_properties *properties)
{
    const uint32_t mode = properties->log_file_mode;
    for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++)
        if ((mode & clashes[i].mode) && (mode & clashes[i].others))
            return false;
    if ((mode & (ETW_MODE_CIRCULAR | ETW_MODE_NEW_FILE | ETW_MODE_PREALLOCATE)) &&
        !properties->maximum_file_size)
        return false;
    return !(mode & ETW_MODE_PRIVATE_IN_PROCESS) || (mode & ETW_MODE_PRIVATE_LOGGER);
}

static bool is_kernel_guid(const etwi_abi_properties *properties)
{
    return memcmp(&properties->wnode.guid, &double_system_trace_guid,
                  sizeof double_system_trace_guid) == 0;
}

/* What the arguments have to be, but for the name and what is there already. */
static uint32_t check_arguments(const uint64_t *handle, const etwi_abi_char *name,
                                const etwi_abi_properties *properties)
{
    if (!handle || !name)
        return ERROR_INVALID_PARAMETER;
    const uint32_t error = double_properties_check(properties, DOUBLE_FOR_START);
    if (error)
        return error;
    if (!properties->logger_name_offset || !is_good_mode(properties))
        return ERROR_INVALID_PARAMETER;
    if (!properties->log_file_mode && !properties->log_file_name_offset)
        return ERROR_BAD_PATHNAME;
    if (!properties->log_file_name_offset &&
        !(properties->log_file_mode & (ETW_MODE_REAL_TIME | ETW_MODE_BUFFERING)))
        return ERROR_BAD_PATHNAME;
    return ERROR_SUCCESS;
}

static uint32_t check_name(char *narrow, const etwi_abi_char *name, etwi_abi_properties *properties)
{
    size_t units = 0;
    while (name[units])
        units++;
    if (units == 0 || units > ETW_SESSION_NAME_MAX ||
        !double_narrow(narrow, DOUBLE_NAME_SIZE, name))
        return ERROR_INVALID_PARAMETER;
    const bool is_kernel = _stricmp(narrow, DOUBLE_KERNEL_LOGGER) == 0;
    if (is_kernel_guid(properties) && !is_kernel)
        return ERROR_INVALID_PARAMETER;
    if (!double_properties_put(properties, properties->logger_name_offset, narrow))
        return ERROR_BAD_LENGTH;
    return ERROR_SUCCESS;
}

static void fill_options(etw_session_options *options, const etwi_abi_properties *properties)
{
    options->size = sizeof *options;
    options->guid = properties->wnode.guid;
    options->buffer_size = properties->buffer_size ? properties->buffer_size * 1024 : 64 * 1024;
    if (options->buffer_size < 4096)
        options->buffer_size = 4096;
    options->minimum_buffers = properties->minimum_buffers;
    options->maximum_buffers = properties->maximum_buffers;
    options->flush_timer_ms = double_flush_timer_of(properties);
    options->clock = properties->wnode.client_context
                         ? (etw_clock_type)properties->wnode.client_context
                         : ETW_CLOCK_QPC;
    options->mode = properties->log_file_mode & etwi_portable_backend.modes;
    options->maximum_file_size = double_file_size_of(properties);
}

static uint32_t start_engine(double_session **out, const char *name, const char *log_file,
                             const etwi_abi_properties *properties)
{
    etw_session_options options;
    etw_session *session;
    memset(&options, 0, sizeof options);
    fill_options(&options, properties);
    options.name = name;
    options.log_file = *log_file ? log_file : NULL;
    const etw_status status =
        etwi_session_start_on(&etwi_portable_backend, &session, &options, NULL);
    if (etw_failed(status))
        return double_error_of(status);
    *out = double_session_add(session);
    if (*out)
        return ERROR_SUCCESS;
    etw_session_stop(session, NULL);
    etw_session_close(&session);
    return ERROR_NO_SYSTEM_RESOURCES;
}

static uint32_t start(uint64_t *handle, const char *name, const char *log_file,
                      etwi_abi_properties *properties)
{
    double_session *session = NULL;
    etw_session_info info = {.size = sizeof info};
    if (*log_file && double_session_of_file(log_file))
        return ERROR_BAD_PATHNAME;
    if ((properties->log_file_mode & ETW_MODE_SYSTEM_LOGGER) &&
        double_session_count(ETW_MODE_SYSTEM_LOGGER) >= SYSTEM_LOGGERS_MAX)
        return ERROR_NO_SYSTEM_RESOURCES;
    const uint32_t error = start_engine(&session, name, log_file, properties);
    if (error)
        return error;
    session->mode |= properties->log_file_mode;
    session->kernel_flags = properties->enable_flags;
    if (session->is_kernel)
        session->guid = double_system_trace_guid;
    etw_session_query(session->session, &info);
    double_properties_fill(properties, session, &info);
    *handle = session->handle;
    return ERROR_SUCCESS;
}

static uint32_t check_and_start(uint64_t *handle, const etwi_abi_char *name,
                                etwi_abi_properties *properties)
{
    char narrow[DOUBLE_NAME_SIZE], log_file[DOUBLE_PATH_SIZE] = "";
    uint32_t error = check_arguments(handle, name, properties);
    if (!error)
        error = check_name(narrow, name, properties);
    if (error)
        return error;
    const etwi_abi_char *path =
        double_properties_text(properties, properties->log_file_name_offset);
    if (path && !double_narrow(log_file, sizeof log_file, path))
        return ERROR_INVALID_PARAMETER;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    // A block that a session was stopped with seems to work, and gives a handle of nothing.
    if (double_handle_is_old(properties->wnode.historical_context)) {
        *handle = 0;
        return ERROR_SUCCESS;
    }
    // The engine knows those of other processes.
    return double_session_find_known(narrow) ? ERROR_ALREADY_EXISTS
                                             : start(handle, narrow, log_file, properties);
}

DOUBLE_EXPORT(uint32_t)
StartTraceW(uint64_t *handle, const etwi_abi_char *name, etwi_abi_properties *properties);

DOUBLE_EXPORT(uint32_t)
StartTraceW(uint64_t *handle, const etwi_abi_char *name, etwi_abi_properties *properties)
{
    const uint64_t arguments[] = {(uintptr_t)handle, (uintptr_t)name, (uintptr_t)properties};
    double_call *call = double_begin("StartTraceW", arguments, 3);
    uint32_t error;
    double_keep_text(call, "name", name);
    if (properties)
        double_keep(call, "properties", properties, properties->wnode.buffer_size);
    if (!double_is_scripted("StartTraceW", &error)) {
        double_lock();
        error = check_and_start(handle, name, properties);
        double_unlock();
    }
    return double_end(call, error);
}
