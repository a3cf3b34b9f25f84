/* Enabling and disabling providers: EnableTraceEx2. */
#include "session/win/codes.h"
#include "session/win/filters.h"
#include "session/win/win_session.h"

#include <string.h>

/* Level 0 means all events to us, and is a level of its own to some providers. */
enum {
    LEVEL_ALL = 255
};

/* `how` has everything but the filters. */
static uint32_t call(const etwi_win_session *session, uint32_t code,
                     const etw_enable_parameters *how, etwi_abi_enable_parameters *parameters)
{
    return etwi_api_get()->EnableTraceEx2(session->handle, &how->provider, code, how->level,
                                          how->match_any_keyword, how->match_all_keyword,
                                          how->timeout_ms, parameters);
}

static etw_status fail(etw_error *error, uint32_t code, const char *what, const etw_guid *provider)
{
    char guid[ETW_GUID_TEXT_SIZE];
    etw_guid_format(provider, 0, guid);
    return etwi_win_fail_code(error, ETWI_WIN_ENABLING, code, "%s %s", what, guid);
}

static etw_status check_function(etw_error *error)
{
    return etwi_api_get()->EnableTraceEx2 ? ETW_OK : etwi_api_missing("EnableTraceEx2", error);
}

/* Windows before 8.1 knows no second version of the parameters. */
static etwi_abi_enable_parameters parameters_of(const etwi_win_session *session,
                                                uint32_t properties, etwi_win_filters *filters,
                                                uint32_t build)
{
    const bool has_count = build >= ETWI_WIN_8_1;
    return (etwi_abi_enable_parameters){
        .version = has_count ? ETWI_ABI_ENABLE_PARAMETERS_VERSION : 1,
        .enable_property = properties,
        .source_id = session->guid,
        .enable_filter_desc = filters->count ? filters->descriptors : NULL,
        .filter_desc_count = has_count ? filters->count : 0,
    };
}

etw_status etwi_win_enable(void *session, const etw_enable_parameters *parameters,
                           etw_enable_report *report, etw_error *error)
{
    const uint32_t build = etwi_api_build();
    const etwi_api *const api = etwi_api_get();
    etw_enable_report ours;
    etw_enable_parameters how = *parameters;
    etwi_win_filters filters;
    ETWI_TRY(check_function(error));
    memset(&filters, 0, sizeof filters);
    etw_status status =
        etwi_win_filters_make(&filters, api, parameters, build, report ? report : &ours, error);
    if (status == ETW_OK) {
        etwi_abi_enable_parameters sent =
            parameters_of(session, parameters->properties, &filters, build);
        how.level = how.level ? how.level : LEVEL_ALL;
        const uint32_t code = call(session, ETWI_ABI_CODE_ENABLE, &how, &sent);
        status = fail(error, code, "enabling", &parameters->provider);
    }
    etwi_win_filters_free(&filters, api);
    return status;
}

etw_status etwi_win_disable(void *session, const etw_guid *provider, etw_error *error)
{
    const etw_enable_parameters how = {.size = sizeof how, .provider = *provider};
    ETWI_TRY(check_function(error));
    return fail(error, call(session, ETWI_ABI_CODE_DISABLE, &how, NULL), "disabling", provider);
}

/* ---- rundown ---- */

static etw_status capture(const etwi_win_session *session, const etw_guid *provider,
                          uint32_t timeout_ms, etw_error *error)
{
    const etw_enable_parameters how = {
        .size = sizeof how, .provider = *provider, .timeout_ms = timeout_ms};
    const uint32_t code = call(session, ETWI_ABI_CODE_CAPTURE_STATE, &how, NULL);
    return fail(error, code, "asking for the state of", provider);
}

/* All that the session enables, whoever enabled it. */
typedef struct capture_all {
    const etwi_win_session *session;
    uint32_t timeout_ms;
    etw_error *error;
} capture_all;

static etw_status capture_enabled(void *user, const etw_guid *guid, uint32_t logger_id)
{
    const capture_all *const all = user;
    if (logger_id != (uint16_t)all->session->handle)
        return ETW_OK;
    return capture(all->session, guid, all->timeout_ms, all->error);
}

etw_status etwi_win_capture_state(void *session, const etw_guid *provider, uint32_t timeout_ms,
                                  etw_error *error)
{
    ETWI_TRY(check_function(error));
    if (provider)
        return capture(session, provider, timeout_ms, error);
    capture_all all = {session, timeout_ms, error};
    return etwi_win_enabled(capture_enabled, &all, error);
}
