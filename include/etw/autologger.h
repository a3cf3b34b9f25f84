/**
 * @file
 * Autologgers: sessions that Windows starts when it boots, before most services and all users.
 *
 *     etw_session_options session = {.size = sizeof session, .name = "Boot", .guid = guid};
 *     etw_autologger_options options = {.size = sizeof options, .session = &session};
 *     etw_autologger_create(&options, &error);
 *     etw_autologger_enable("Boot", etw_provider_spec_parameters(spec), &error);
 *     ... boot, then consume the session "Boot", or read its file ...
 *
 * An autologger is a key of the registry, in which members of Administrators may write; nothing
 * happens before the next boot. Elsewhere than on Windows all of it is ETW_E_UNSUPPORTED, but for
 * etw_autologger_path().
 */
#ifndef ETW_AUTOLOGGER_H
#define ETW_AUTOLOGGER_H

#include <etw/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Zero is the default of every member but `size` and `session`. */
typedef struct etw_autologger_options {
    size_t size; /**< sizeof(etw_autologger_options). */
    /**
     * The session. What is zero is left to Windows, but the GUID, which is made up, and the mode,
     * whose default is that of etw_session_start(); `backend` and `existing` do not matter.
     * Kernel flags take ETW_MODE_SYSTEM_LOGGER. Times are rounded up to seconds.
     */
    const etw_session_options *session;
    bool is_off;       /**< Do not start it yet (`Start` is 0). */
    uint32_t file_max; /**< Files of so many boots are kept, 1 to 16, with a number in their names.
                            Default: each boot overwrites the file. */
    bool no_persistence; /**< Do not keep for the next boot what nobody consumed. */
} etw_autologger_options;

/**
 * Makes an autologger.
 *
 * @return ETW_OK; ETW_E_EXISTS; ETW_E_ACCESS; ETW_E_INVALID; ETW_E_LIMIT; ETW_E_UNSUPPORTED.
 */
ETW_API ETW_MUST_CHECK etw_status etw_autologger_create(const etw_autologger_options *options,
                                                        etw_error *error);

/** ETW_OK if there is an autologger of that name, ETW_E_NOT_FOUND if there is none. */
ETW_API ETW_MUST_CHECK etw_status etw_autologger_find(const char *name, etw_error *error);

/**
 * Has an autologger enable a provider, with its filters, or changes how. The timeout does not
 * matter.
 *
 * @return ETW_OK; ETW_E_NOT_FOUND if there is no such autologger; ETW_E_ACCESS; ETW_E_UNSUPPORTED
 *         for payload filters, which only a running session can have.
 */
ETW_API ETW_MUST_CHECK etw_status etw_autologger_enable(const char *name,
                                                        const etw_enable_parameters *parameters,
                                                        etw_error *error);

/** Has an autologger not enable a provider any more; ETW_E_NOT_FOUND if it did not. */
ETW_API etw_status etw_autologger_disable(const char *name, const etw_guid *provider,
                                          etw_error *error);

/** Removes an autologger with all that it enables. The session that runs goes on until it is
 * stopped. ETW_E_NOT_FOUND if there is none. */
ETW_API etw_status etw_autologger_delete(const char *name, etw_error *error);

/**
 * Writes where an autologger is: `HKLM\SYSTEM\CurrentControlSet\Control\WMI\Autologger\NAME`.
 *
 * @param out Gets as much as fits, with a terminating zero.
 * @return The length of all of it, without that zero.
 */
ETW_API size_t etw_autologger_path(char *out, size_t size, const char *name);

#ifdef __cplusplus
}
#endif

#endif
