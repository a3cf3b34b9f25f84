/* Sessions of Windows' kernel, whichever way its version has. */
#include "base/case.h"
#include "base/error.h"
#include "base/options.h"
#include "session/backend.h"
#include "session/kernel_provider.h"

#include <etw/kernel_session.h>

#include <inttypes.h>
#include <string.h>

static const char kernel_logger[] = "NT Kernel Logger";

/* ---- starting ---- */

static bool is_kernel_logger(const char *name)
{
    const etw_str wanted = {kernel_logger, sizeof kernel_logger - 1};
    return name && etwi_same_letters(wanted, (etw_str){name, strlen(name)});
}

static etw_status enable_all(etw_session *session, const etwi_kernel_provider *providers,
                             size_t count, etw_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const etw_enable_parameters parameters = {.size = sizeof parameters,
                                                  .provider = providers[i].guid,
                                                  .match_any_keyword = providers[i].keywords};
        const etw_status status = etw_session_enable(session, &parameters, NULL);
        if (status != ETW_OK) {
            if (error)
                *error = *etw_session_error(session);
            return status;
        }
    }
    return ETW_OK;
}

static etw_status start_with_providers(const etwi_session_backend *backend, etw_session **out,
                                       etw_session_options *options, etw_error *error)
{
    etwi_kernel_provider providers[ETWI_KERNEL_PROVIDERS_MAX];
    uint32_t unknown;
    const size_t count = etwi_kernel_providers(providers, options->kernel_flags, &unknown);
    if (unknown)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "kernel_flags: no system trace provider has the events of 0x%" PRIx32,
                         unknown);
    options->kernel_flags = 0;
    etw_session *session;
    ETWI_TRY(etwi_session_start_on(backend, &session, options, error));
    const etw_status status = enable_all(session, providers, count, error);
    if (status == ETW_OK) {
        *out = session;
        return ETW_OK;
    }
    /* A session that lacks a provider looks as if all were well. */
    etw_session_stop(session, NULL);
    etw_session_close(&session);
    return status;
}

etw_status etwi_kernel_session_start_on(const etwi_session_backend *backend, etw_session **out,
                                        const etw_session_options *options, etw_error *error)
{
    etw_session_options ours;
    *out = NULL;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    etwi_kernel_way way = backend->kernel_way ? backend->kernel_way() : ETWI_KERNEL_NONE;
    if (way == ETWI_KERNEL_NONE)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "kernel_flags: only Windows has events of its kernel");
    if (!ours.kernel_flags)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "kernel_flags: a session of the kernel needs some");
    if (is_kernel_logger(ours.name))
        way = ETWI_KERNEL_LOGGER;
    if (way == ETWI_KERNEL_LOGGER) {
        ours.name = kernel_logger;
        ours.guid = (etw_guid){0};
        ours.mode &= ~(uint32_t)ETW_MODE_SYSTEM_LOGGER;
    } else {
        ours.mode |= ETW_MODE_SYSTEM_LOGGER;
    }
    return way == ETWI_KERNEL_PROVIDERS ? start_with_providers(backend, out, &ours, error)
                                        : etwi_session_start_on(backend, out, &ours, error);
}

etw_status etw_kernel_session_start(etw_session **out, const etw_session_options *options,
                                    etw_error *error)
{
    etw_session_options ours;
    const etwi_session_backend *backend;
    *out = NULL;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    ETWI_TRY(etwi_session_backend_find(&backend, ours.backend, error));
    return etwi_kernel_session_start_on(backend, out, options, error);
}

/* ---- rundown ---- */

static etw_status set_flags(etw_session *session, uint32_t flags)
{
    const etw_session_update_options changes = {
        .size = sizeof changes, .set_kernel_flags = true, .kernel_flags = flags};
    return etw_session_update(session, &changes);
}

etw_status etw_kernel_session_rundown(etw_session *session)
{
    etw_session_info info = {.size = sizeof info};
    ETWI_TRY(etw_session_query(session, &info));
    if (!info.kernel_flags)
        return etw_session_capture_state(session, NULL, 0);
    const etw_status cleared = set_flags(session, 0);
    const etw_status set = set_flags(session, info.kernel_flags); /* Also if clearing failed. */
    return cleared == ETW_OK ? set : cleared;
}

/* ---- stacks and groups ---- */

/* CLASSIC_EVENT_ID. */
typedef struct classic_event_id {
    etw_guid class_guid;
    uint8_t type;
    uint8_t reserved[7];
} classic_event_id;

etw_status etw_kernel_session_set_stacks(etw_session *session, const etw_kernel_event *events,
                                         size_t count)
{
    classic_event_id ids[ETW_KERNEL_STACKS_MAX];
    if (count > ETW_KERNEL_STACKS_MAX)
        return etwi_session_fail(session, ETW_E_LIMIT, "stacks: more than 256 kinds of events");
    memset(ids, 0, sizeof ids);
    for (size_t i = 0; i < count; i++) {
        ids[i].class_guid = events[i].class_guid;
        ids[i].type = events[i].type;
    }
    return etw_session_set_information(session, ETW_INFORMATION_STACKS, ids, count * sizeof ids[0]);
}

etw_status etw_kernel_session_set_groups(etw_session *session,
                                         const uint32_t masks[ETW_KERNEL_GROUPS_SIZE])
{
    return etw_session_set_information(session, ETW_INFORMATION_GROUPS, masks,
                                       ETW_KERNEL_GROUPS_SIZE * sizeof masks[0]);
}

etw_status etw_kernel_session_groups(etw_session *session, uint32_t masks[ETW_KERNEL_GROUPS_SIZE])
{
    memset(masks, 0, ETW_KERNEL_GROUPS_SIZE * sizeof masks[0]);
    return etw_session_query_information(session, ETW_INFORMATION_GROUPS, masks,
                                         ETW_KERNEL_GROUPS_SIZE * sizeof masks[0], NULL);
}
