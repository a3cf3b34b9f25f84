/**
 * @file
 * Who may do what with a provider or session of Windows, and privileges of this process.
 *
 * Rights belong to a GUID: that of a provider, or of a session, and Windows keeps them in the
 * registry until they are removed. Members of Administrators may change them. Elsewhere than on
 * Windows all of it is ETW_E_UNSUPPORTED.
 */
#ifndef ETW_ACCESS_H
#define ETW_ACCESS_H

#include <etw/guid.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Rights (WMIGUID_… and TRACELOG_… in wmistr.h and evntcons.h). */
enum {
    ETW_ACCESS_QUERY = 0x0001,
    ETW_ACCESS_SET = 0x0002,
    ETW_ACCESS_NOTIFICATION = 0x0004,
    ETW_ACCESS_READ_DESCRIPTION = 0x0008,
    ETW_ACCESS_EXECUTE = 0x0010,
    ETW_ACCESS_CREATE_REALTIME = 0x0020, /**< Start or update a real-time session. */
    ETW_ACCESS_CREATE_ONDISK = 0x0040,   /**< Start or update a session with a file. */
    ETW_ACCESS_GUID_ENABLE = 0x0080,     /**< Enable the provider. */
    ETW_ACCESS_KERNEL_LOGGER = 0x0100,
    ETW_ACCESS_LOG_EVENT = 0x0200,      /**< Write events into a secure session. */
    ETW_ACCESS_REALTIME = 0x0400,       /**< Consume a real-time session. */
    ETW_ACCESS_REGISTER_GUIDS = 0x0800, /**< Register the provider. */
    ETW_ACCESS_JOIN_GROUP = 0x1000,     /**< Make the provider a member of a group. */
    ETW_ACCESS_ALL = 0x121FFF,          /**< These, and to read and to wait. */
};

/**
 * Writes the rights of a GUID as a security descriptor string (SDDL), for example
 * `D:(A;;0x1fff;;;BA)`.
 *
 * @param out    Gets the text with its terminating zero if it fits in `size` bytes.
 * @param length NULL, or gets the length without that zero, whether it fits or not.
 * @return ETW_OK; ETW_E_FULL; ETW_E_ACCESS; ETW_E_NOT_FOUND if no rights are kept for it.
 */
ETW_API ETW_MUST_CHECK etw_status etw_access_query(const etw_guid *guid, char *out, size_t size,
                                                   size_t *length, etw_error *error);

/**
 * Replaces the rights of a GUID by those of a security descriptor string. Its discretionary list is
 * what counts, which may allow and deny.
 *
 * @return ETW_OK; ETW_E_INVALID for what is no such string or has an empty list; ETW_E_ACCESS.
 */
ETW_API ETW_MUST_CHECK etw_status etw_access_set(const etw_guid *guid, const char *sddl,
                                                 etw_error *error);

/**
 * Allows or denies somebody something, beside what is there.
 *
 * @param sid    As text: `S-1-5-32-559`, or the two letters of SDDL. NULL for this user.
 * @param rights ETW_ACCESS_… bits; 0 for ETW_ACCESS_ALL.
 */
ETW_API ETW_MUST_CHECK etw_status etw_access_add(const etw_guid *guid, const char *sid,
                                                 uint32_t rights, bool allow, etw_error *error);

/** Forgets the rights that are kept for a GUID: those of all GUIDs without any hold again. */
ETW_API ETW_MUST_CHECK etw_status etw_access_remove(const etw_guid *guid, etw_error *error);

/**
 * Turns on a privilege that this process has, such as `SeSystemProfilePrivilege`, which the
 * kernel's flag Profile takes.
 *
 * @return ETW_OK; ETW_E_ACCESS if the process does not have it; ETW_E_INVALID for no privilege.
 */
ETW_API ETW_MUST_CHECK etw_status etw_privilege_enable(const char *name, etw_error *error);

#ifdef __cplusplus
}
#endif

#endif
