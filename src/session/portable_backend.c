/* The portable engine, as the front of sessions sees it. */
#include "engine/engine.h"
#include "session/backend.h"

static etw_status start(void **out, const etw_session_options *options, etw_error *error)
{
    etwi_engine_session *session;
    const etw_status status = etwi_engine_start(&session, options, error);
    *out = session;
    return status;
}

static etw_status attach(void **out, const char *name, const etw_allocator *allocator,
                         etw_error *error)
{
    etwi_engine_session *session;
    const etw_status status = etwi_engine_attach(&session, name, allocator, error);
    *out = session;
    return status;
}

static void close_session(void *session)
{
    etwi_engine_session *closing = session;
    etwi_engine_close(&closing);
}

static etw_status stop(void *session, etw_session_info *info, etw_error *error)
{
    return etwi_engine_stop(session, info, error);
}

static etw_status update(void *session, const etw_session_update_options *options, etw_error *error)
{
    return etwi_engine_update(session, options, error);
}

static etw_status flush(void *session, etw_error *error)
{
    return etwi_engine_flush(session, error);
}

static etw_status query(void *session, etw_session_info *info, etw_error *error)
{
    return etwi_engine_query(session, info, error);
}

static etw_status enable(void *session, const etw_enable_parameters *parameters,
                         etw_enable_report *report, etw_error *error)
{
    return etwi_engine_enable(session, parameters, report, error);
}

static etw_status disable(void *session, const etw_guid *provider, etw_error *error)
{
    return etwi_engine_disable(session, provider, error);
}

static etw_status capture_state(void *session, const etw_guid *provider, uint32_t timeout_ms,
                                etw_error *error)
{
    return etwi_engine_capture_state(session, provider, timeout_ms, error);
}

const etwi_session_backend etwi_portable_backend = {
    .id = ETW_BACKEND_PORTABLE,
    /* Its memory can be paged out, and providers fail each for itself, whether asked for or not. */
    .modes = ETW_MODE_SEQUENTIAL | ETW_MODE_CIRCULAR | ETW_MODE_APPEND | ETW_MODE_NEW_FILE |
             ETW_MODE_PREALLOCATE | ETW_MODE_REAL_TIME | ETW_MODE_BUFFERING |
             ETW_MODE_PRIVATE_LOGGER | ETW_MODE_KBYTES | ETW_MODE_PRIVATE_IN_PROCESS |
             ETW_MODE_PAGED_MEMORY | ETW_MODE_COMPRESSED | ETW_MODE_INDEPENDENT_SESSION |
             ETW_MODE_NO_PER_PROCESSOR_BUFFERING,
    .start = start,
    .attach = attach,
    .close = close_session,
    .stop = stop,
    .update = update,
    .flush = flush,
    .query = query,
    .enable = enable,
    .disable = disable,
    .capture_state = capture_state,
    .list = etwi_engine_list,
    .prune = etwi_engine_prune,
    .providers = etwi_engine_providers,
    .enabled = etwi_engine_enabled,
};
