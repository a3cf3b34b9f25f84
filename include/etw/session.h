/**
 * @file
 * Sessions: starting and stopping traces, and saying which providers write into them.
 *
 *     etw_session_options options = {.size = sizeof options, .name = "demo"};
 *     etw_session_start(&session, &options, &error);
 *     etw_provider_spec_parse(&spec, "Contoso-App:4", NULL, &error);
 *     etw_session_enable(session, etw_provider_spec_parameters(spec), NULL);
 *     ... consume the session "demo" in this process or another ...
 *     etw_session_stop(session, NULL);
 *     etw_session_close(&session);
 *
 * On Windows, sessions are those of the operating system. Elsewhere they are those of the portable
 * engine, in shared memory, among the processes of one user. docs/sessions.md tells which kind of
 * session does what.
 */
#ifndef ETW_SESSION_H
#define ETW_SESSION_H

#include <etw/etl.h>
#include <etw/provider.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A session, seen by one who controls it. Sessions themselves outlive their controllers, but for
 * private ones.
 *
 * Threads: one thread at a time. Different objects are independent, also for one session.
 */
typedef struct etw_session etw_session;

/** Limits that the documentation of StartTrace and EnableTraceEx2 names, valid everywhere. */
enum {
    ETW_SESSIONS_MAX = 64,         /**< Sessions at a time. */
    ETW_SESSION_NAME_MAX = 1023,   /**< UTF-16 units of a name, without its terminating zero. */
    ETW_PROVIDER_SESSIONS_MAX = 8, /**< Sessions that enable one provider. */
};

/** Whose sessions are meant. */
typedef enum etw_backend {
    ETW_BACKEND_DEFAULT = 0, /**< Windows' own there, the portable engine elsewhere. */
    ETW_BACKEND_WINDOWS,
    ETW_BACKEND_PORTABLE,
} etw_backend;

/** What to do if there is a session of that name. */
typedef enum etw_existing {
    ETW_EXISTING_FAIL = 0, /**< ETW_E_EXISTS. */
    ETW_EXISTING_RESTART,  /**< Stop it, then start anew; tried once. */
    ETW_EXISTING_ADOPT,    /**< Control that one, as it is. */
} etw_existing;

/** Zero is the default of every member but `size` and `name`. */
typedef struct etw_session_options {
    size_t size; /**< sizeof(etw_session_options). */
    const etw_allocator *allocator;
    etw_backend backend;
    const char *name; /**< UTF-8, compared without regard to case. Copied, as all strings here. */
    etw_guid guid;    /**< Zero: one is made up. */
    etw_existing existing;
    uint32_t buffer_size;     /**< Bytes, 4 KiB to 16 MiB, a multiple of 1 KiB. Default: 64 KiB. */
    uint32_t minimum_buffers; /**< Default, and at least: two for each processor. */
    uint32_t maximum_buffers; /**< Default: 22 more than the minimum. At most 1,048,576. */
    uint32_t
        flush_timer_ms;   /**< A buffer with events is handed on after so long. Default: 1000;
                               Windows counts in whole seconds before Windows 8.1 (rounded up). */
    etw_clock_type clock; /**< Default: ETW_CLOCK_QPC. */
    uint32_t mode;        /**< ETW_MODE_… bits. Default: ETW_MODE_REAL_TIME without a log file,
                               ETW_MODE_SEQUENTIAL with one. Both together write a file and
                               serve consumers. */
    const char *log_file; /**< Path of the .etl, at most 1,023 bytes; NULL for none. */
    uint64_t maximum_file_size; /**< Bytes; rounded up to what the mode counts in. 0: no limit. */
    uint32_t kernel_flags; /**< EVENT_TRACE_PROPERTIES.EnableFlags, of the kernel's sessions. */
} etw_session_options;

/** What a session is and has done. */
typedef struct etw_session_info {
    size_t size;                             /**< sizeof(etw_session_info), set by the caller. */
    char name[3 * ETW_SESSION_NAME_MAX + 1]; /**< UTF-8. */
    char log_file[1024];                     /**< UTF-8; empty if there is none. */
    etw_guid guid;
    uint32_t logger_id;
    etw_backend backend;
    uint32_t buffer_size; /**< Bytes. */
    uint32_t minimum_buffers, maximum_buffers;
    uint32_t flush_timer_ms;
    etw_clock_type clock;
    uint32_t mode;
    uint32_t kernel_flags;
    uint64_t maximum_file_size; /**< Bytes; 0 if there is no limit. */
    uint64_t start_time;        /**< FILETIME; 0 if it cannot be told. */
    uint32_t buffers;           /**< NumberOfBuffers: that exist now. */
    uint32_t free_buffers;
    uint64_t events;      /**< Written by providers; 0 where the system does not count them. */
    uint64_t events_lost; /**< That found no room. */
    uint64_t buffers_written;
    uint64_t log_buffers_lost;       /**< That could not be written to the file. */
    uint64_t real_time_buffers_lost; /**< That no consumer took in time. */
    uint32_t provider_count;         /**< Enabled now; 0 where the system does not tell. */
    uint32_t consumer_count;         /**< Attached now; 0 where the system does not tell. */
    bool is_orphan; /**< No process controls, consumes, fills or writes it any more. */
} etw_session_info;

/**
 * Starts a session.
 *
 * @param out   NULL on failure; otherwise to be closed by etw_session_close().
 * @param error NULL if only the status matters; the message begins with the option it is about.
 * @return ETW_OK; ETW_E_EXISTS; ETW_E_ACCESS; ETW_E_LIMIT if there are too many sessions or too
 *         little memory or disk; ETW_E_INVALID; ETW_E_UNSUPPORTED for what the backend cannot do.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_start(etw_session **out,
                                                    const etw_session_options *options,
                                                    etw_error *error);

/**
 * Gets control over a session that exists, of the default backend.
 *
 * @param name  Compared without regard to case.
 * @param error NULL if only the status matters.
 * @return ETW_OK; ETW_E_NOT_FOUND if there is none; ETW_E_ACCESS; ETW_E_LIMIT if too many
 *         processes use it; ETW_E_UNSUPPORTED if another version of the library has started it.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_attach(etw_session **out, const char *name,
                                                     etw_error *error);

/** Lets go of a session and sets `*session` to NULL. It goes on, but for private ones, which stop;
 * in the child of a fork they are the parent's, and are left alone. NULL is fine. */
ETW_API void etw_session_close(etw_session **session);

/**
 * Stops a session: providers are disabled, buffers flushed, the file is complete when this returns.
 *
 * @param info NULL, or gets the last counters.
 * @return ETW_OK; ETW_E_NOT_FOUND if it was stopped already.
 */
ETW_API etw_status etw_session_stop(etw_session *session, etw_session_info *info);

/**
 * Starts a stopped session again, or stops and starts a running one, with its options and with the
 * providers that were enabled through this object. A session that somebody else has started is
 * started again with the options that it has; what he enabled is not enabled again.
 *
 * @return As etw_session_start(), and as etw_session_enable() if a provider cannot be enabled: then
 *         the session is stopped, and etw_session_error() names the provider.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_restart(etw_session *session);

/** What etw_session_update() changes. Zero leaves as it is. */
typedef struct etw_session_update_options {
    size_t size; /**< sizeof(etw_session_update_options). */
    uint32_t maximum_buffers;
    uint32_t flush_timer_ms;
    const char *log_file;  /**< Go on in this file. Sessions whose buffers are their file cannot. */
    bool set_kernel_flags; /**< `kernel_flags` is meant, even if zero. */
    uint32_t kernel_flags;
} etw_session_update_options;

/**
 * Changes a running session. What it is changed to holds after a restart too.
 *
 * @return ETW_OK; ETW_E_NOT_FOUND if the session was stopped; ETW_E_LIMIT for more buffers than the
 *         session was started with memory for; ETW_E_INVALID; ETW_E_UNSUPPORTED.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_update(etw_session *session,
                                                     const etw_session_update_options *options);

/** Hands on all events written so far. In buffering mode: writes them to the log file.
 *
 * @return ETW_OK; ETW_E_NOT_FOUND if the session was stopped; as writing a file fails. */
ETW_API etw_status etw_session_flush(etw_session *session);

/** Fills in `info`. ETW_E_NOT_FOUND if the session was stopped. */
ETW_API etw_status etw_session_query(etw_session *session, etw_session_info *info);

/**
 * Who filters events of a provider: bits by the index of the filter in etw_enable_parameters. What
 * is in neither has no effect with this provider, as Windows documents for kernel providers.
 */
typedef struct etw_enable_report {
    size_t size;          /**< sizeof(etw_enable_report), set by the caller. */
    uint32_t at_provider; /**< Applied before events are written. */
    uint32_t at_consumer; /**< For the consumer: etw_provider_post_filter() makes the filter. */
} etw_enable_report;

/**
 * Enables a provider, or changes how it is enabled: level, keywords, properties and filters all
 * are replaced. Providers that do not run yet are enabled when they start.
 *
 * @param report NULL if it does not matter.
 * @return ETW_OK; ETW_E_LIMIT for the ninth session of a provider or for filters that exceed a
 * limit; ETW_E_TIMEOUT if not all running providers have seen it within `timeout_ms`.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_enable(etw_session *session,
                                                     const etw_enable_parameters *parameters,
                                                     etw_enable_report *report);

/** Disables a provider; ETW_E_NOT_FOUND if it was not enabled. */
ETW_API etw_status etw_session_disable(etw_session *session, const etw_guid *provider);

/**
 * Asks a provider to log its state (rundown).
 *
 * @param provider   NULL for all that are enabled.
 * @param timeout_ms Time to wait for running providers to have been called; 0 does not wait.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_capture_state(etw_session *session,
                                                            const etw_guid *provider,
                                                            uint32_t timeout_ms);

/** The name of the session. Lifetime: that of the object. */
ETW_API const char *etw_session_name(const etw_session *session);

/** The last failure with this object; its status is ETW_OK if there was none. */
ETW_API const etw_error *etw_session_error(const etw_session *session);

/** Sessions of this user, or of this machine, by logger id. Immutable; any number of threads may
 * look at it. */
typedef struct etw_session_list etw_session_list;

/** Takes a look; what changes later is not in the list. Private sessions are in none.
 *
 * @param error NULL if only the status matters. */
ETW_API ETW_MUST_CHECK etw_status etw_session_list_create(etw_session_list **out,
                                                          etw_backend backend, etw_error *error);

/** Destroys a list and sets `*list` to NULL. NULL is fine. */
ETW_API void etw_session_list_destroy(etw_session_list **list);
ETW_API size_t etw_session_list_count(const etw_session_list *list);

/** The session at an index, or NULL if it is out of range. Lifetime: that of the list. */
ETW_API const etw_session_info *etw_session_list_at(const etw_session_list *list, size_t index);

/**
 * Stops sessions that no process controls, consumes, fills or writes any more, and completes the
 * files of those whose processes all died.
 *
 * @param on_pruned Called for each with its last counters, in the thread that calls; may be NULL.
 * @param error     NULL if only the status matters.
 * @return ETW_OK, also if there was nothing to do; a failure to look for sessions.
 */
ETW_API etw_status etw_session_prune(etw_backend backend,
                                     void (*on_pruned)(void *user, const etw_session_info *info),
                                     void *user, etw_error *error);

#ifdef __cplusplus
}
#endif

#endif
