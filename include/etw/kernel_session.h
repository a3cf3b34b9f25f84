/**
 * @file
 * Sessions for the events of Windows' kernel, and what only sessions of Windows can be told.
 *
 *     etw_kernel_flags_parse(&options.kernel_flags, "process,img,net", &error);
 *     etw_kernel_session_start(&session, &options, &error);
 *
 * Elsewhere all of these are ETW_E_UNSUPPORTED.
 */
#ifndef ETW_KERNEL_SESSION_H
#define ETW_KERNEL_SESSION_H

#include <etw/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Starts a session with the events of `options->kernel_flags`, by what the version of Windows has:
 *
 * - from Windows 11 and Server 2022 on, a session in system logger mode that enables the system
 *   trace providers which stand for the flags;
 * - from Windows 8 on, a session in system logger mode with the flags;
 * - before, the session "NT Kernel Logger", of which there is one, whatever name is given.
 *
 * That name is taken as it is meant on every version. The system logger mode need not be set; at
 * most eight sessions have it. Members of Administrators may do it; the flag Profile takes
 * etw_privilege_enable("SeSystemProfilePrivilege") before.
 *
 * @return As etw_session_start(); ETW_E_INVALID without any flag.
 */
ETW_API ETW_MUST_CHECK etw_status etw_kernel_session_start(etw_session **out,
                                                           const etw_session_options *options,
                                                           etw_error *error);

/**
 * Has the kernel log what is there now: processes, threads, images, files. Flags are cleared and
 * set again, for events in between are lost; sessions without flags ask their providers for their
 * state.
 */
ETW_API ETW_MUST_CHECK etw_status etw_kernel_session_rundown(etw_session *session);

/** A kind of event of the kernel: its class, as its GUID, and its type, also called opcode. */
typedef struct etw_kernel_event {
    etw_guid class_guid;
    uint8_t type;
} etw_kernel_event;

enum {
    ETW_KERNEL_STACKS_MAX = 256, /**< Kinds of events with stacks, as Windows documents. */
    ETW_KERNEL_GROUPS_SIZE = 8,  /**< Masks of groups. */
};

/**
 * Has stacks logged with these kinds of events, and with no others. Windows takes them for sessions
 * of the kernel only.
 *
 * @param count 0 takes no more stacks.
 * @return ETW_OK; ETW_E_LIMIT; ETW_E_INVALID for a session that is not the kernel's.
 */
ETW_API ETW_MUST_CHECK etw_status etw_kernel_session_set_stacks(etw_session *session,
                                                                const etw_kernel_event *events,
                                                                size_t count);

/**
 * Sets the masks of groups of kernel events (PERFINFO_GROUPMASK), which know more events than flags
 * do; the first one begins with the flags.
 */
ETW_API ETW_MUST_CHECK etw_status
etw_kernel_session_set_groups(etw_session *session, const uint32_t masks[ETW_KERNEL_GROUPS_SIZE]);

/** The masks as they are now; Windows 8 and later tell. */
ETW_API ETW_MUST_CHECK etw_status etw_kernel_session_groups(etw_session *session,
                                                            uint32_t masks[ETW_KERNEL_GROUPS_SIZE]);

/** Kinds of information (TRACE_QUERY_INFO_CLASS in evntrace.h); others may be given as numbers. */
enum {
    ETW_INFORMATION_STACKS = 3,           /**< CLASSIC_EVENT_ID, any number. */
    ETW_INFORMATION_GROUPS = 4,           /**< PERFINFO_GROUPMASK. */
    ETW_INFORMATION_PROFILE_INTERVAL = 5, /**< TRACE_PROFILE_INTERVAL. */
    ETW_INFORMATION_PROFILE_SOURCES = 7,  /**< PROFILE_SOURCE_INFO, any number. */
    ETW_INFORMATION_VERSION = 11,         /**< TRACE_VERSION_INFO. */
    ETW_INFORMATION_MAX_SESSIONS = 19,    /**< A number of 32 bits. */
};

/**
 * Tells Windows something about a session (TraceSetInformation), in the bytes that it wants.
 *
 * @param data Borrowed; `size` bytes.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_set_information(etw_session *session, uint32_t kind,
                                                              const void *data, size_t size);

/**
 * Asks Windows something about a session (TraceQueryInformation); Windows 8 and later answer.
 *
 * @param used NULL, or gets the bytes that Windows has written or wants.
 * @return ETW_OK; ETW_E_LIMIT if there is more than `size` bytes.
 */
ETW_API ETW_MUST_CHECK etw_status etw_session_query_information(etw_session *session, uint32_t kind,
                                                                void *data, size_t size,
                                                                size_t *used);

#ifdef __cplusplus
}
#endif

#endif
