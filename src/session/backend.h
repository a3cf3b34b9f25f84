/*
 * Who keeps sessions: the operating system, or the portable engine. The front of sessions
 * (session.c) has checked and completed what it hands on, so that backends only do.
 *
 * Statuses and errors are those that <etw/session.h> promises. A session that a backend handed out
 * is used by one thread at a time.
 */
#ifndef ETWI_SESSION_BACKEND_H
#define ETWI_SESSION_BACKEND_H

#include <etw/session.h>

/* Takes one session; a failure ends the listing and is passed on. */
typedef etw_status (*etwi_session_taker)(void *user, const etw_session_info *info);

typedef void (*etwi_prune_callback)(void *user, const etw_session_info *info);

typedef struct etwi_session_backend {
    etw_backend id;
    uint32_t modes;  /* ETW_MODE_… bits that it can do. */
    bool has_kernel; /* It takes kernel flags. */
    /* Starts a session; `options->existing` is not its business. ETW_E_EXISTS. */
    etw_status (*start)(void **out, const etw_session_options *options, etw_error *error);
    etw_status (*attach)(void **out, const char *name, const etw_allocator *allocator,
                         etw_error *error);
    void (*close)(void *session);
    etw_status (*stop)(void *session, etw_session_info *info, etw_error *error);
    etw_status (*update)(void *session, const etw_session_update_options *options,
                         etw_error *error);
    etw_status (*flush)(void *session, etw_error *error);
    etw_status (*query)(void *session, etw_session_info *info, etw_error *error);
    etw_status (*enable)(void *session, const etw_enable_parameters *parameters,
                         etw_enable_report *report, etw_error *error);
    etw_status (*disable)(void *session, const etw_guid *provider, etw_error *error);
    etw_status (*capture_state)(void *session, const etw_guid *provider, uint32_t timeout_ms,
                                etw_error *error);
    etw_status (*list)(etwi_session_taker take, void *user, etw_error *error);
    etw_status (*prune)(etwi_prune_callback on_pruned, void *user, etw_error *error);
} etwi_session_backend;

/* The portable engine. */
extern const etwi_session_backend etwi_portable_backend;

/* What the operating system has of its own; NULL if it has no sessions. */
const etwi_session_backend *etwi_system_backend(void);

/* ETW_E_UNSUPPORTED for Windows' sessions where there is no Windows. */
etw_status etwi_session_backend_find(const etwi_session_backend **out, etw_backend id,
                                     etw_error *error);

/*
 * The functions of <etw/session.h> that choose a backend, with one that is given: what they do once
 * they have chosen.
 */
etw_status etwi_session_start_on(const etwi_session_backend *backend, etw_session **out,
                                 const etw_session_options *options, etw_error *error);
etw_status etwi_session_attach_on(const etwi_session_backend *backend, etw_session **out,
                                  const char *name, etw_error *error);
etw_status etwi_session_list_on(const etwi_session_backend *backend, etw_session_list **out,
                                etw_error *error);

#endif
