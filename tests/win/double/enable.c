/* EnableTraceEx2(). */
#include "double.h"

enum {
    CODE_DISABLE = 0,
    CODE_ENABLE = 1,
    CODE_CAPTURE_STATE = 2,
    VERSION_1 = 1,
    VERSION_2 = 2
};

static const char *const filter_names[ETWI_ABI_FILTERS_MAX] = {
    "filter 0", "filter 1", "filter 2", "filter 3",  "filter 4",  "filter 5", "filter 6",
    "filter 7", "filter 8", "filter 9", "filter 10", "filter 11", "filter 12"};

/* Version 1 has one filter, or none. */
static size_t filter_count(const etwi_abi_enable_parameters *parameters)
{
    if (!parameters)
        return 0;
    if (parameters->version == VERSION_1)
        return parameters->enable_filter_desc ? 1 : 0;
    return parameters->filter_desc_count;
}

static void keep_parameters(double_call *call, const etwi_abi_enable_parameters *parameters)
{
    if (!call || !parameters)
        return;
    const etwi_abi_filter *filters = parameters->enable_filter_desc;
    const size_t count = filter_count(parameters);
    double_keep(call, "parameters", parameters,
                parameters->version == VERSION_1
                    ? offsetof(etwi_abi_enable_parameters, filter_desc_count)
                    : sizeof *parameters);
    if (count > ETWI_ABI_FILTERS_MAX)
        return;
    double_keep(call, "filters", filters, count * sizeof *filters);
    for (size_t i = 0; i < count; i++)
        double_keep(call, filter_names[i], (const void *)(uintptr_t)filters[i].ptr,
                    filters[i].size);
}

static uint32_t check_parameters(const etwi_abi_enable_parameters *parameters)
{
    if (!parameters)
        return ERROR_SUCCESS;
    if (parameters->version != VERSION_1 && parameters->version != VERSION_2)
        return ERROR_INVALID_PARAMETER;
    if (filter_count(parameters) > ETWI_ABI_FILTERS_MAX)
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

/* Remembers it for EnumerateTraceGuidsEx(). */
static void note(double_session *session, const etw_enable_parameters *parameters)
{
    uint32_t index = 0;
    while (index < session->enabled_count &&
           !etw_guid_equal(&session->enabled[index].provider, &parameters->provider))
        index++;
    if (index == DOUBLE_ENABLED_MAX)
        return;
    if (index == session->enabled_count)
        session->enabled_count++;
    const etwi_abi_enable_info info = {.is_enabled = 1,
                                       .level = parameters->level,
                                       .logger_id = (uint16_t)session->logger_id,
                                       .enable_property = parameters->properties,
                                       .match_any_keyword = parameters->match_any_keyword,
                                       .match_all_keyword = parameters->match_all_keyword};
    session->enabled[index].provider = parameters->provider;
    session->enabled[index].info = info;
}

static uint32_t enable(double_session *session, etw_enable_parameters *parameters,
                       const etwi_abi_enable_parameters *more)
{
    double_filters filters;
    uint32_t error =
        double_filters_read(&filters, more ? more->enable_filter_desc : NULL, filter_count(more));
    parameters->properties = more ? more->enable_property : 0;
    parameters->filters = filters.list;
    parameters->filter_count = filters.count;
    if (!error) {
        const etw_status status = etw_session_enable(session->session, parameters, NULL);
        error = double_error_of(status);
        if (!error || error == ERROR_TIMEOUT)
            note(session, parameters);
    }
    double_filters_free(&filters);
    return error;
}

static uint32_t disable(double_session *session, const etw_guid *provider)
{
    const etw_status status = etw_session_disable(session->session, provider);
    // Nothing is said about providers that were not enabled.
    return status == ETW_E_NOT_FOUND ? ERROR_SUCCESS : double_error_of(status);
}

static uint32_t capture(double_session *session, const etw_enable_parameters *parameters)
{
    return double_error_of(
        etw_session_capture_state(session->session, &parameters->provider, parameters->timeout_ms));
}

static uint32_t run(uint64_t handle, uint32_t code, etw_enable_parameters *parameters,
                    const etwi_abi_enable_parameters *more)
{
    if (!handle || code > CODE_CAPTURE_STATE || check_parameters(more))
        return ERROR_INVALID_PARAMETER;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    double_session *session = double_session_find(handle, NULL);
    if (!session)
        return DOUBLE_E_WMI_INSTANCE_NOT_FOUND;
    if (session->is_kernel)
        return ERROR_INVALID_PARAMETER;
    if (code == CODE_DISABLE)
        return disable(session, &parameters->provider);
    if (code == CODE_CAPTURE_STATE)
        return capture(session, parameters);
    return enable(session, parameters, more);
}

DOUBLE_EXPORT(uint32_t)
EnableTraceEx2(uint64_t session, const etw_guid *provider, uint32_t code, uint8_t level,
               uint64_t match_any_keyword, uint64_t match_all_keyword, uint32_t timeout_ms,
               etwi_abi_enable_parameters *parameters);

DOUBLE_EXPORT(uint32_t)
EnableTraceEx2(uint64_t session, const etw_guid *provider, uint32_t code, uint8_t level,
               uint64_t match_any_keyword, uint64_t match_all_keyword, uint32_t timeout_ms,
               etwi_abi_enable_parameters *parameters)
{
    const uint64_t arguments[] = {session,    (uintptr_t)provider,  code,
                                  level,      match_any_keyword,    match_all_keyword,
                                  timeout_ms, (uintptr_t)parameters};
    double_call *call = double_begin("EnableTraceEx2", arguments, 8);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    keep_parameters(call, parameters);
    if (!double_is_scripted("EnableTraceEx2", &error)) {
        etw_enable_parameters wanted = {.size = sizeof wanted};
        error = provider ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
        if (!error) {
            wanted.provider = *provider;
            wanted.level = level;
            wanted.match_any_keyword = match_any_keyword;
            wanted.match_all_keyword = match_all_keyword;
            wanted.timeout_ms = timeout_ms;
            double_lock();
            error = run(session, code, &wanted, parameters);
            double_unlock();
        }
    }
    return double_end(call, error);
}
