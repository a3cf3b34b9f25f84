/* What an autologger is in the registry: keys and values, made without it. */
#ifndef ETWI_SESSION_AUTOLOGGER_H
#define ETWI_SESSION_AUTOLOGGER_H

#include "base/buffer.h"

#include <etw/autologger.h>

/* Types of values (REG_… in winnt.h). */
enum {
    ETWI_REGISTRY_TEXT = 1, /* UTF-16 with its zero. */
    ETWI_REGISTRY_BINARY = 3,
    ETWI_REGISTRY_U32 = 4,
    ETWI_REGISTRY_U64 = 11
};

typedef struct etwi_registry_value {
    const char *name;
    uint32_t type;
    size_t offset, size; /* Of its bytes in those of all. */
} etwi_registry_value;

enum {
    ETWI_REGISTRY_VALUES_MAX = 16
};

/* Zero-initialise but for the buffer's allocator. */
typedef struct etwi_registry_values {
    etwi_registry_value items[ETWI_REGISTRY_VALUES_MAX];
    size_t count;
    etwi_buffer bytes;
} etwi_registry_values;

/* The key that all autologgers are in, below HKEY_LOCAL_MACHINE. */
extern const char etwi_autologger_root[];

/* A name that can be one key: a good one for a session, and without a backslash. */
etw_status etwi_autologger_check_name(const char *name, etw_error *error);

/*
 * The values of an autologger's key. The session's options are complete; `asked` is what the caller
 * gave, since what is zero there is left to Windows.
 */
etw_status etwi_autologger_session(etwi_registry_values *out, const etw_autologger_options *options,
                                   const etw_session_options *complete, etw_error *error);

/* The values of a provider's key, whose name is the GUID with braces in upper case. */
etw_status etwi_autologger_provider(etwi_registry_values *out,
                                    const etw_enable_parameters *parameters, etw_error *error);

#endif
