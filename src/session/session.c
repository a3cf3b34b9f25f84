/*
 * The front of sessions: what is the same for every backend. It checks options, remembers what was
 * enabled through an object so that a restart can enable it again, and keeps the error.
 */
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "session/enabled.h"
#include "session/options.h"

#include <etw/kernel_session.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct etw_session {
    etw_allocator allocator;
    const etwi_session_backend *backend;
    void *handle;                /* NULL if it was stopped. */
    etw_session_options options; /* Complete; texts are the copies below. */
    char *name;
    char log_file[ETWI_LOG_FILE_SIZE];
    etwi_enabled_list enabled;
    etw_error error;
};

/* ---- objects ----------------------------------------------------------------------------------
 */

static void destroy(etw_session *session)
{
    const etw_allocator allocator = session->allocator;
    if (session->handle)
        session->backend->close(session->handle);
    etwi_enabled_free(&session->enabled, &allocator);
    if (session->name)
        etwi_free(&allocator, session->name, strlen(session->name) + 1);
    etwi_free(&allocator, session, sizeof *session);
}

static etw_status create(etw_session **out, const etwi_session_backend *backend, const char *name,
                         const etw_allocator *allocator, etw_error *error)
{
    const etw_allocator ours = etwi_allocator_or_default(allocator);
    etw_session *session = etwi_alloc_zeroed(&ours, sizeof *session);
    if (!session)
        return etwi_fail_nomem(error);
    session->allocator = ours;
    session->backend = backend;
    const size_t size = strlen(name) + 1;
    session->name = etwi_alloc(&ours, size);
    if (!session->name) {
        destroy(session);
        return etwi_fail_nomem(error);
    }
    memcpy(session->name, name, size);
    *out = session;
    return ETW_OK;
}

/* Keeps the failure of a call with the object. */
static etw_status keep(etw_session *session, etw_status status, const etw_error *error)
{
    if (!etw_failed(status))
        return status;
    if (error->status == status)
        session->error = *error;
    else
        etwi_fail(&session->error, status, ETW_NO_OFFSET, "%s", etw_status_text(status));
    return status;
}

/* What every call on a session that was stopped comes to. */
static etw_status check_running(etw_session *session)
{
    if (session->handle)
        return ETW_OK;
    return etwi_fail(&session->error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                     "the session \"%.150s\" was stopped", session->name);
}

/* ---- starting ---------------------------------------------------------------------------------
 */

/* The options of a session that somebody else started, for a restart. */
static void take_options(etw_session *session, const etw_session_info *info)
{
    memcpy(session->log_file, info->log_file, sizeof session->log_file);
    session->options = (etw_session_options){
        .size = sizeof session->options,
        .allocator = session->options.allocator,
        .backend = session->backend->id,
        .name = session->name,
        .guid = info->guid,
        .existing = session->options.existing,
        .buffer_size = info->buffer_size,
        .minimum_buffers = info->minimum_buffers,
        .maximum_buffers = info->maximum_buffers,
        .flush_timer_ms = info->flush_timer_ms,
        .clock = info->clock,
        .mode = info->mode,
        .log_file = session->log_file[0] ? session->log_file : NULL,
        .maximum_file_size = info->maximum_file_size,
        .kernel_flags = info->kernel_flags,
    };
}

static etw_status attach(etw_session *session, etw_error *error)
{
    const etwi_session_backend *const backend = session->backend;
    ETWI_TRY(backend->attach(&session->handle, session->name, &session->allocator, error));
    etw_session_info info = {.size = sizeof info};
    const etw_status status = backend->query(session->handle, &info, error);
    if (status != ETW_OK) {
        backend->close(session->handle);
        session->handle = NULL;
        return status;
    }
    take_options(session, &info);
    return ETW_OK;
}

/* Stops whatever session has the name; it is fine if it has gone in the meantime. */
static etw_status stop_existing(etw_session *session, etw_error *error)
{
    const etwi_session_backend *const backend = session->backend;
    void *other;
    etw_status status = backend->attach(&other, session->name, &session->allocator, error);
    if (status == ETW_OK) {
        status = backend->stop(other, NULL, error);
        backend->close(other);
    }
    return status == ETW_E_NOT_FOUND ? ETW_OK : status;
}

/* Starts by the options, which say what to do if there is such a session. */
static etw_status start(etw_session *session, etw_error *error)
{
    const etwi_session_backend *const backend = session->backend;
    etw_status status = backend->start(&session->handle, &session->options, error);
    if (status == ETW_OK)
        return ETW_OK;
    session->handle = NULL;
    if (status != ETW_E_EXISTS || session->options.existing == ETW_EXISTING_FAIL)
        return status;
    if (session->options.existing == ETW_EXISTING_RESTART) {
        ETWI_TRY(stop_existing(session, error));
    } else {
        status = attach(session, error);
        if (status != ETW_E_NOT_FOUND)
            return status;
        /* It ended between the two calls. */
    }
    status = backend->start(&session->handle, &session->options, error);
    if (status != ETW_OK)
        session->handle = NULL;
    return status;
}

etw_status etwi_session_start_on(const etwi_session_backend *backend, etw_session **out,
                                 const etw_session_options *options, etw_error *error)
{
    *out = NULL;
    etw_session_options complete;
    char log_file[ETWI_LOG_FILE_SIZE] = "";
    ETWI_TRY(etwi_session_options_complete(&complete, log_file, options, backend, error));
    etw_session *session = NULL;
    ETWI_TRY(create(&session, backend, complete.name, complete.allocator, error));
    memcpy(session->log_file, log_file, sizeof log_file);
    session->options = complete;
    session->options.name = session->name;
    session->options.log_file = log_file[0] ? session->log_file : NULL;
    session->options.allocator = &session->allocator;
    const etw_status status = start(session, error);
    if (status != ETW_OK) {
        destroy(session);
        return status;
    }
    *out = session;
    return ETW_OK;
}

etw_status etw_session_start(etw_session **out, const etw_session_options *options,
                             etw_error *error)
{
    *out = NULL;
    etw_session_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    const etwi_session_backend *backend;
    ETWI_TRY(etwi_session_backend_find(&backend, ours.backend, error));
    return etwi_session_start_on(backend, out, options, error);
}

etw_status etwi_session_attach_on(const etwi_session_backend *backend, etw_session **out,
                                  const char *name, etw_error *error)
{
    *out = NULL;
    ETWI_TRY(etwi_session_name_check(name, error));
    etw_session *session = NULL;
    ETWI_TRY(create(&session, backend, name, NULL, error));
    session->options.allocator = &session->allocator;
    const etw_status status = attach(session, error);
    if (status != ETW_OK) {
        destroy(session);
        return status;
    }
    *out = session;
    return ETW_OK;
}

etw_status etw_session_attach(etw_session **out, const char *name, etw_error *error)
{
    *out = NULL;
    const etwi_session_backend *backend;
    ETWI_TRY(etwi_session_backend_find(&backend, ETW_BACKEND_DEFAULT, error));
    return etwi_session_attach_on(backend, out, name, error);
}

/* ---- ending -----------------------------------------------------------------------------------
 */

static etw_status stop(etw_session *session, etw_session_info *info, etw_error *error)
{
    const etw_status status = session->backend->stop(session->handle, info, error);
    if (status != ETW_OK && status != ETW_E_NOT_FOUND)
        return status;
    session->backend->close(session->handle);
    session->handle = NULL;
    return status;
}

etw_status etw_session_stop(etw_session *session, etw_session_info *info)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    etw_session_info last = {.size = sizeof last};
    const etw_status status = stop(session, &last, &error);
    if (status == ETW_OK && info)
        return keep(session, etwi_options_give(info, &last, sizeof last), &error);
    return keep(session, status, &error);
}

void etw_session_close(etw_session **session)
{
    etw_session *closing = *session;
    if (!closing)
        return;
    *session = NULL;
    if (closing->handle && (closing->options.mode & ETWI_MODE_PRIVATE))
        stop(closing, NULL, NULL);
    destroy(closing);
}

/* Enables again what was enabled; a failure names the provider. */
static etw_status enable_again(etw_session *session, etw_error *error)
{
    for (size_t i = 0; i < session->enabled.count; i++) {
        const etw_enable_parameters *parameters = &session->enabled.items[i].parameters;
        etw_error why = {.status = ETW_OK};
        const etw_status status = session->backend->enable(session->handle, parameters, NULL, &why);
        if (status == ETW_OK || status == ETW_E_TIMEOUT)
            continue; /* Who has not seen it in time will see it. */
        char guid[ETW_GUID_TEXT_SIZE];
        etw_guid_format(&parameters->provider, 0, guid);
        return etwi_fail(error, status, ETW_NO_OFFSET, "enabling %s again: %.150s", guid,
                         why.status == status ? why.message : etw_status_text(status));
    }
    return ETW_OK;
}

etw_status etw_session_restart(etw_session *session)
{
    etw_error error = {.status = ETW_OK};
    etw_status status = ETW_OK;
    if (session->handle)
        status = stop(session, NULL, &error);
    if (status == ETW_OK || status == ETW_E_NOT_FOUND)
        status = start(session, &error);
    if (status == ETW_OK) {
        status = enable_again(session, &error);
        /* A session that lacks a provider looks as if all were well. */
        if (status != ETW_OK)
            stop(session, NULL, NULL);
    }
    return keep(session, status, &error);
}

/* ---- changing and asking ----------------------------------------------------------------------
 */

etw_status etw_session_update(etw_session *session, const etw_session_update_options *options)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    etw_session_update_options ours;
    char log_file[ETWI_LOG_FILE_SIZE] = "";
    etw_status status = etwi_options_copy(&ours, sizeof ours, options, &error);
    if (status == ETW_OK)
        status = etwi_session_update_complete(&ours, log_file, &session->options, session->backend,
                                              &error);
    if (status == ETW_OK)
        status = session->backend->update(session->handle, &ours, &error);
    if (status != ETW_OK)
        return keep(session, status, &error);
    /* A restart starts with what holds now. */
    if (ours.maximum_buffers)
        session->options.maximum_buffers = ours.maximum_buffers;
    if (ours.flush_timer_ms)
        session->options.flush_timer_ms = ours.flush_timer_ms;
    if (ours.set_kernel_flags)
        session->options.kernel_flags = ours.kernel_flags;
    if (ours.log_file) {
        memcpy(session->log_file, log_file, sizeof log_file);
        session->options.log_file = session->log_file;
    }
    return ETW_OK;
}

etw_status etw_session_flush(etw_session *session)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    return keep(session, session->backend->flush(session->handle, &error), &error);
}

etw_status etw_session_query(etw_session *session, etw_session_info *info)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    etw_session_info now = {.size = sizeof now};
    etw_status status = session->backend->query(session->handle, &now, &error);
    if (status == ETW_OK)
        status = etwi_options_give(info, &now, sizeof now);
    return keep(session, status, &error);
}

const char *etw_session_name(const etw_session *session)
{
    return session->name;
}

const etw_error *etw_session_error(const etw_session *session)
{
    return &session->error;
}

etw_status etwi_session_fail(etw_session *session, etw_status status, const char *message)
{
    return etwi_fail(&session->error, status, ETW_NO_OFFSET, "%s", message);
}

/* ---- information ------------------------------------------------------------------------------
 */

static etw_status fail_no_information(etw_error *error)
{
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                     "information: only sessions of Windows have some");
}

etw_status etw_session_set_information(etw_session *session, uint32_t kind, const void *data,
                                       size_t size)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    const etwi_session_backend *const backend = session->backend;
    return keep(session,
                backend->set_information
                    ? backend->set_information(session->handle, kind, data, size, &error)
                    : fail_no_information(&error),
                &error);
}

etw_status etw_session_query_information(etw_session *session, uint32_t kind, void *data,
                                         size_t size, size_t *used)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    size_t ours = 0;
    const etwi_session_backend *const backend = session->backend;
    const etw_status status =
        backend->query_information
            ? backend->query_information(session->handle, kind, data, size, &ours, &error)
            : fail_no_information(&error);
    if (used)
        *used = ours;
    return keep(session, status, &error);
}

/* ---- providers --------------------------------------------------------------------------------
 */

static etw_status enable(etw_session *session, const etw_enable_parameters *parameters,
                         etw_enable_report *report, etw_error *error)
{
    ETWI_TRY(etw_provider_filters_check(parameters->filters, parameters->filter_count, error));
    etwi_enabled prepared;
    if (etwi_enabled_prepare(&session->enabled, &prepared, parameters, &session->allocator) !=
        ETW_OK)
        return etwi_fail_nomem(error);
    const etw_status status = session->backend->enable(session->handle, parameters, report, error);
    if (status == ETW_OK || status == ETW_E_TIMEOUT)
        etwi_enabled_add(&session->enabled, &prepared);
    else
        etwi_enabled_discard(&prepared);
    return status;
}

etw_status etw_session_enable(etw_session *session, const etw_enable_parameters *parameters,
                              etw_enable_report *report)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    etw_enable_parameters ours;
    etw_enable_report applied = {.size = sizeof applied};
    etw_status status = etwi_options_copy(&ours, sizeof ours, parameters, &error);
    if (status == ETW_OK)
        status = enable(session, &ours, &applied, &error);
    if (report && (status == ETW_OK || status == ETW_E_TIMEOUT)) {
        const etw_status given = etwi_options_give(report, &applied, sizeof applied);
        status = given == ETW_OK ? status : given;
    }
    return keep(session, status, &error);
}

etw_status etw_session_disable(etw_session *session, const etw_guid *provider)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    const etw_status status = session->backend->disable(session->handle, provider, &error);
    if (status == ETW_OK || status == ETW_E_NOT_FOUND)
        etwi_enabled_remove(&session->enabled, provider);
    return keep(session, status, &error);
}

etw_status etw_session_capture_state(etw_session *session, const etw_guid *provider,
                                     uint32_t timeout_ms)
{
    ETWI_TRY(check_running(session));
    etw_error error = {.status = ETW_OK};
    return keep(session,
                session->backend->capture_state(session->handle, provider, timeout_ms, &error),
                &error);
}
