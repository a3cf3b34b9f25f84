/**
 * @file
 * The flags of the NT kernel logger by name: what etw_session_options.kernel_flags consists of.
 *
 * docs/providers.md lists them, beside the system trace providers that stand in for them.
 */
#ifndef ETW_KERNEL_FLAG_H
#define ETW_KERNEL_FLAG_H

#include <etw/guid.h>

#ifdef __cplusplus
extern "C" {
#endif

/** All flags that have a name but Profile, which needs a privilege, and NoSysConfig. */
#define ETW_KERNEL_FLAGS_ALL 0x06B7FFFFu

/** One name. */
typedef struct etw_kernel_flag {
    const char *name;
    const char *alias;   /**< What logman calls it; NULL if it has no name for it. */
    uint32_t flags;      /**< EVENT_TRACE_FLAG_… of evntrace.h. */
    etw_guid class_guid; /**< Of the events. Several flags may share it. */
} etw_kernel_flag;

ETW_API size_t etw_kernel_flag_count(void);

/** The flag at an index, which must be less than the count; in the order of docs/providers.md. */
ETW_API const etw_kernel_flag *etw_kernel_flag_at(size_t index);

/**
 * The flag of that name or alias. Case matters only for `fileio`, which is logman's name for
 * FileIoInit, and `FileIo`.
 *
 * @return NULL if there is none.
 */
ETW_API const etw_kernel_flag *etw_kernel_flag_find(etw_str name);

/**
 * Reads names, aliases, numbers and GUIDs of classes, separated by commas: `process,thread,0x10`.
 * `all` is ETW_KERNEL_FLAGS_ALL.
 *
 * @param error NULL if only the status matters; `offset` is the byte in `text` that is wrong.
 * @return ETW_OK, ETW_E_NOT_FOUND, ETW_E_INVALID.
 */
ETW_API ETW_MUST_CHECK etw_status etw_kernel_flags_parse(uint32_t *out, const char *text,
                                                         etw_error *error);

#ifdef __cplusplus
}
#endif

#endif
