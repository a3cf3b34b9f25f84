/* The options of a session: checked, and complete. */
#ifndef ETWI_SESSION_OPTIONS_H
#define ETWI_SESSION_OPTIONS_H

#include "session/backend.h"

/* Bytes of etw_session_info.log_file, with its zero: no path can be longer. */
enum {
    ETWI_LOG_FILE_SIZE = sizeof((etw_session_info *)0)->log_file,
};

/* Modes in which a session ends with the process. */
#define ETWI_MODE_PRIVATE (ETW_MODE_PRIVATE_LOGGER | ETW_MODE_PRIVATE_IN_PROCESS)

/*
 * Takes the caller's options over, with the defaults filled in. Texts are borrowed from them, but
 * for the log file: its path is absolute, since others have to find it, and stands in `log_file`.
 *
 * ETW_E_INVALID, ETW_E_LIMIT and ETW_E_UNSUPPORTED name the option.
 */
etw_status etwi_session_options_complete(etw_session_options *out,
                                         char log_file[ETWI_LOG_FILE_SIZE],
                                         const etw_session_options *options,
                                         const etwi_session_backend *backend, etw_error *error);

/* ETW_E_INVALID or ETW_E_LIMIT if no session can have that name. */
etw_status etwi_session_name_check(const char *name, etw_error *error);

/* Checks what is to change in a session with these options; `log_file` as above. */
etw_status etwi_session_update_complete(etw_session_update_options *changes,
                                        char log_file[ETWI_LOG_FILE_SIZE],
                                        const etw_session_options *options,
                                        const etwi_session_backend *backend, etw_error *error);

#endif
