/* Sessions of Windows itself. */
#include "session/win/codes.h"
#include "session/win/wide.h"
#include "session/win/win_session.h"

#include <stdio.h>
#include <string.h>

static const uint32_t private_modes = ETW_MODE_PRIVATE_LOGGER | ETW_MODE_PRIVATE_IN_PROCESS;

/* ---- objects ---- */

static etw_status create(etwi_win_session **out, const char *name, const etw_allocator *allocator,
                         etw_error *error)
{
    const etw_allocator ours = etwi_allocator_or_default(allocator);
    const etw_str text = {name, strlen(name)};
    etwi_win_session *const session = etwi_alloc_zeroed(&ours, sizeof *session);
    *out = session;
    if (!session)
        return etwi_fail_nomem(error);
    session->allocator = ours;
    snprintf(session->shown, sizeof session->shown, "%s", name);
    etwi_wide(session->name, ETWI_WIN_NAME_ROOM, text); /* The front has checked that it fits. */
    return ETW_OK;
}

static void close_session(void *session)
{
    etwi_win_session *const closing = session;
    const etw_allocator allocator = closing->allocator;
    etwi_free(&allocator, closing, sizeof *closing);
}

/* ---- ControlTrace ---- */

etw_status etwi_win_control(const etwi_win_session *session, etwi_win_block *block, uint32_t code,
                            const char *what, etw_error *error)
{
    const etwi_api *const api = etwi_api_get();
    if (!api->ControlTraceW)
        return etwi_api_missing("ControlTraceW", error);
    const uint32_t result =
        session->is_private ? api->ControlTraceW(session->handle, NULL, &block->properties, code)
                            : api->ControlTraceW(0, session->name, &block->properties, code);
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, result, "%s the session \"%s\"", what,
                              session->shown);
}

static etw_status ask(const etwi_win_session *session, etwi_win_block *block, etw_error *error)
{
    etwi_win_block_ask(block);
    return etwi_win_control(session, block, ETWI_ABI_CONTROL_QUERY, "querying", error);
}

/* ---- starting ---- */

static etw_status remember_flush_file(etwi_win_session *session, const etw_session_options *options,
                                      etw_error *error)
{
    if (!options->log_file || !(options->mode & ETW_MODE_BUFFERING))
        return ETW_OK;
    return etwi_win_log_path(session->flush_file, options->log_file, error);
}

static etw_status start_trace(etwi_win_session *session, const etw_session_options *options,
                              etw_error *error)
{
    const etwi_api *const api = etwi_api_get();
    const uint32_t build = etwi_api_build();
    etwi_win_block block;
    if (!api->StartTraceW)
        return etwi_api_missing("StartTraceW", error);
    ETWI_TRY(etwi_win_check_kernel(options, build, error));
    ETWI_TRY(etwi_win_block_start(&block, options, build, error));
    ETWI_TRY(remember_flush_file(session, options, error));
    const uint32_t code = api->StartTraceW(&session->handle, session->name, &block.properties);
    ETWI_TRY(etwi_win_fail_code(error, ETWI_WIN_STARTING, code, "starting the session \"%s\"",
                                session->shown));
    session->guid = block.properties.wnode.guid;
    session->is_private = options->mode & private_modes;
    return ETW_OK;
}

static etw_status start(void **out, const etw_session_options *options, etw_error *error)
{
    etwi_win_session *session;
    ETWI_TRY(create(&session, options->name, options->allocator, error));
    const etw_status status = start_trace(session, options, error);
    *out = session;
    if (status != ETW_OK) {
        close_session(session);
        *out = NULL;
    }
    return status;
}

static etw_status attach(void **out, const char *name, const etw_allocator *allocator,
                         etw_error *error)
{
    etwi_win_session *session;
    etwi_win_block block;
    *out = NULL;
    ETWI_TRY(create(&session, name, allocator, error));
    const etw_status status = ask(session, &block, error);
    if (status != ETW_OK) {
        close_session(session);
        return status;
    }
    session->handle = block.properties.wnode.historical_context;
    session->guid = block.properties.wnode.guid;
    *out = session;
    return ETW_OK;
}

/* ---- a session that runs ---- */

static etw_status stop(void *session, etw_session_info *info, etw_error *error)
{
    etwi_win_block block;
    etwi_win_block_ask(&block);
    ETWI_TRY(etwi_win_control(session, &block, ETWI_ABI_CONTROL_STOP, "stopping", error));
    if (info)
        etwi_win_block_info(&block, info);
    return ETW_OK;
}

static etw_status query(void *session, etw_session_info *info, etw_error *error)
{
    etwi_win_block block;
    ETWI_TRY(ask(session, &block, error));
    etwi_win_block_info(&block, info);
    return ETW_OK;
}

static etw_status update(void *session, const etw_session_update_options *options, etw_error *error)
{
    etwi_win_block now, next;
    ETWI_TRY(ask(session, &now, error));
    ETWI_TRY(etwi_win_block_update(&next, &now, options, etwi_api_build(), error));
    return etwi_win_control(session, &next, ETWI_ABI_CONTROL_UPDATE, "updating", error);
}

static etw_status flush(void *session, etw_error *error)
{
    const etwi_win_session *const flushed = session;
    etwi_win_block block;
    etwi_win_block_flush(&block, flushed->flush_file);
    return etwi_win_control(flushed, &block, ETWI_ABI_CONTROL_FLUSH, "flushing", error);
}

/* ---- all of it ---- */

static etw_status prune(etwi_prune_callback on_pruned, void *user, etw_error *error)
{
    (void)on_pruned;
    (void)user;
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                     "Windows does not tell which sessions nobody uses; stop them by name");
}

const etwi_session_backend etwi_windows_backend = {
    .id = ETW_BACKEND_WINDOWS,
    .modes = ETW_MODE_SEQUENTIAL | ETW_MODE_CIRCULAR | ETW_MODE_APPEND | ETW_MODE_NEW_FILE |
             ETW_MODE_PREALLOCATE | ETW_MODE_NONSTOPPABLE | ETW_MODE_SECURE | ETW_MODE_REAL_TIME |
             ETW_MODE_BUFFERING | ETW_MODE_PRIVATE_LOGGER | ETW_MODE_KBYTES |
             ETW_MODE_PRIVATE_IN_PROCESS | ETW_MODE_PAGED_MEMORY | ETW_MODE_SYSTEM_LOGGER |
             ETW_MODE_COMPRESSED | ETW_MODE_INDEPENDENT_SESSION |
             ETW_MODE_NO_PER_PROCESSOR_BUFFERING,
    .has_kernel = true,
    .start = start,
    .attach = attach,
    .close = close_session,
    .stop = stop,
    .update = update,
    .flush = flush,
    .query = query,
    .enable = etwi_win_enable,
    .disable = etwi_win_disable,
    .capture_state = etwi_win_capture_state,
    .list = etwi_win_list,
    .prune = prune,
    .providers = etwi_win_providers,
    .enabled = etwi_win_enabled,
    .kernel_way = etwi_win_kernel_way,
    .set_information = etwi_win_set_information,
    .query_information = etwi_win_query_information,
};

const etwi_session_backend *etwi_system_backend(void)
{
    /* Wine has nothing of it that works, and its programs use the portable engine. */
    return etwi_api_get()->StartTraceW ? &etwi_windows_backend : NULL;
}
