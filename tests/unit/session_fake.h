/*
 * A backend of sessions that only keeps what it is told: for tests of what stands before backends.
 */
#ifndef ETW_SESSION_FAKE_H
#define ETW_SESSION_FAKE_H

#include "session/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAKE_SESSIONS = 4,
    FAKE_FILTERS = 4,
};

/* A session of the fake system. */
typedef struct fake_session {
    bool runs;
    char name[64];
    char log_file[1024];
    etw_session_options options; /* As the backend got them last. */
} fake_session;

typedef struct fake_calls {
    unsigned start, attach, close, stop, update, flush, query, enable, disable, capture, prune;
} fake_calls;

static fake_session fake_sessions[FAKE_SESSIONS];
static fake_calls fake_count;
static unsigned fake_open; /* Handles. */

/* What the next calls come to. */
static etw_status fake_start_status, fake_stop_status, fake_enable_status, fake_query_status;
static unsigned fake_enable_fails_at; /* The number of the call from which on it does. */

/* What enabling was called with last. */
static etw_enable_parameters fake_enabled;
static etw_guid fake_providers[16];

static inline void fake_reset(void)
{
    memset(fake_sessions, 0, sizeof fake_sessions);
    memset(&fake_count, 0, sizeof fake_count);
    memset(&fake_enabled, 0, sizeof fake_enabled);
    fake_open = 0;
    fake_start_status = fake_stop_status = fake_enable_status = fake_query_status = ETW_OK;
    fake_enable_fails_at = 0;
}

static inline etw_status fake_fail(etw_error *error, etw_status status)
{
    if (error) {
        memset(error, 0, sizeof *error);
        error->status = status;
        snprintf(error->message, sizeof error->message, "fake failure %d", (int)status);
    }
    return status;
}

static inline fake_session *fake_find(const char *name)
{
    for (unsigned i = 0; i < FAKE_SESSIONS; i++)
        if (fake_sessions[i].runs && strcmp(fake_sessions[i].name, name) == 0)
            return &fake_sessions[i];
    return NULL;
}

static inline etw_status fake_start(void **out, const etw_session_options *options,
                                    etw_error *error)
{
    fake_count.start++;
    if (fake_start_status != ETW_OK)
        return fake_fail(error, fake_start_status);
    if (fake_find(options->name))
        return fake_fail(error, ETW_E_EXISTS);
    for (unsigned i = 0; i < FAKE_SESSIONS; i++) {
        fake_session *session = &fake_sessions[i];
        if (session->runs)
            continue;
        session->runs = true;
        session->options = *options;
        snprintf(session->name, sizeof session->name, "%s", options->name);
        snprintf(session->log_file, sizeof session->log_file, "%s",
                 options->log_file ? options->log_file : "");
        fake_open++;
        *out = session;
        return ETW_OK;
    }
    return fake_fail(error, ETW_E_LIMIT);
}

static inline etw_status fake_attach(void **out, const char *name, const etw_allocator *allocator,
                                     etw_error *error)
{
    (void)allocator;
    fake_count.attach++;
    *out = fake_find(name);
    if (!*out)
        return fake_fail(error, ETW_E_NOT_FOUND);
    fake_open++;
    return ETW_OK;
}

static inline void fake_close(void *session)
{
    (void)session;
    fake_count.close++;
    fake_open--;
}

static inline void fake_describe(const fake_session *session, etw_session_info *info)
{
    memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    snprintf(info->name, sizeof info->name, "%s", session->name);
    snprintf(info->log_file, sizeof info->log_file, "%s", session->log_file);
    info->buffer_size = session->options.buffer_size;
    info->minimum_buffers = session->options.minimum_buffers;
    info->maximum_buffers = session->options.maximum_buffers;
    info->flush_timer_ms = session->options.flush_timer_ms;
    info->clock = session->options.clock;
    info->mode = session->options.mode;
    info->logger_id = (uint32_t)(FAKE_SESSIONS - (session - fake_sessions));
    info->events = 42;
}

static inline etw_status fake_stop(void *session, etw_session_info *info, etw_error *error)
{
    fake_session *stopped = session;
    fake_count.stop++;
    if (fake_stop_status != ETW_OK)
        return fake_fail(error, fake_stop_status);
    if (!stopped->runs)
        return fake_fail(error, ETW_E_NOT_FOUND);
    stopped->runs = false;
    if (info)
        fake_describe(stopped, info);
    return ETW_OK;
}

static inline etw_status fake_update(void *session, const etw_session_update_options *options,
                                     etw_error *error)
{
    fake_session *updated = session;
    (void)error;
    fake_count.update++;
    if (options->log_file)
        snprintf(updated->log_file, sizeof updated->log_file, "%s", options->log_file);
    return ETW_OK;
}

static inline etw_status fake_flush(void *session, etw_error *error)
{
    (void)session;
    (void)error;
    fake_count.flush++;
    return ETW_OK;
}

static inline etw_status fake_query(void *session, etw_session_info *info, etw_error *error)
{
    fake_count.query++;
    if (fake_query_status != ETW_OK)
        return fake_fail(error, fake_query_status);
    fake_describe(session, info);
    return ETW_OK;
}

static inline etw_status fake_enable(void *session, const etw_enable_parameters *parameters,
                                     etw_enable_report *report, etw_error *error)
{
    (void)session;
    fake_providers[fake_count.enable % 16] = parameters->provider;
    fake_count.enable++;
    if (fake_enable_status != ETW_OK && fake_count.enable >= fake_enable_fails_at)
        return fake_fail(error, fake_enable_status);
    fake_enabled = *parameters;
    if (report)
        report->at_consumer = 2;
    return ETW_OK;
}

static inline etw_status fake_disable(void *session, const etw_guid *provider, etw_error *error)
{
    (void)session;
    (void)provider;
    (void)error;
    fake_count.disable++;
    return ETW_OK;
}

static inline etw_status fake_capture(void *session, const etw_guid *provider, uint32_t timeout_ms,
                                      etw_error *error)
{
    (void)session;
    (void)provider;
    fake_count.capture++;
    return timeout_ms == 7 ? fake_fail(error, ETW_E_TIMEOUT) : ETW_OK;
}

static inline etw_status fake_list(etwi_session_taker take, void *user, etw_error *error)
{
    (void)error;
    for (unsigned i = 0; i < FAKE_SESSIONS; i++) {
        etw_session_info info;
        if (!fake_sessions[i].runs)
            continue;
        fake_describe(&fake_sessions[i], &info);
        const etw_status status = take(user, &info);
        if (status != ETW_OK)
            return status;
    }
    return ETW_OK;
}

static const etwi_session_backend fake_backend = {
    .id = ETW_BACKEND_PORTABLE,
    .modes = ~(uint32_t)(ETW_MODE_SYSTEM_LOGGER | 0x80000000u),
    .start = fake_start,
    .attach = fake_attach,
    .close = fake_close,
    .stop = fake_stop,
    .update = fake_update,
    .flush = fake_flush,
    .query = fake_query,
    .enable = fake_enable,
    .disable = fake_disable,
    .capture_state = fake_capture,
    .list = fake_list,
};

#endif
