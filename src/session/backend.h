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

/* Takes one provider that a process has registered; called once for each process and provider. */
typedef etw_status (*etwi_registered_taker)(void *user, const etw_guid *guid, etw_str name,
                                            uint32_t process_id);

/* Takes one provider that a session enables; called once for each session and provider. */
typedef etw_status (*etwi_enabled_taker)(void *user, const etw_guid *guid, uint32_t logger_id);

/* How a system gives out events of its kernel. */
typedef enum etwi_kernel_way {
    ETWI_KERNEL_NONE = 0,
    ETWI_KERNEL_LOGGER,    /* By flags of the one session "NT Kernel Logger". */
    ETWI_KERNEL_FLAGS,     /* By flags of sessions in system logger mode. */
    ETWI_KERNEL_PROVIDERS, /* By providers that such sessions enable. */
} etwi_kernel_way;

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
    etw_status (*providers)(etwi_registered_taker take, void *user, etw_error *error);
    etw_status (*enabled)(etwi_enabled_taker take, void *user, etw_error *error);
    /* These are NULL where `has_kernel` is false. */
    etwi_kernel_way (*kernel_way)(void);
    etw_status (*set_information)(void *session, uint32_t kind, const void *data, size_t size,
                                  etw_error *error);
    etw_status (*query_information)(void *session, uint32_t kind, void *data, size_t size,
                                    size_t *used, etw_error *error);
} etwi_session_backend;

/* The portable engine. */
extern const etwi_session_backend etwi_portable_backend;

/* What the operating system has of its own; NULL if it has no sessions. Any thread. */
const etwi_session_backend *etwi_system_backend(void);

/* Keeps a failure with the object and returns its status. */
etw_status etwi_session_fail(etw_session *session, etw_status status, const char *message);

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
etw_status etwi_kernel_session_start_on(const etwi_session_backend *backend, etw_session **out,
                                        const etw_session_options *options, etw_error *error);
etw_status etwi_session_list_on(const etwi_session_backend *backend, etw_session_list **out,
                                etw_error *error);

#endif
