/* From error codes of Windows to statuses, and to messages that say what to do. */
#ifndef ETWI_SESSION_WIN_FAILURE_H
#define ETWI_SESSION_WIN_FAILURE_H

#include "base/error.h"

/* What failed: some codes mean different things. */
typedef enum etwi_win_action {
    ETWI_WIN_CONTROLLING,
    ETWI_WIN_STARTING,
    ETWI_WIN_ENABLING,
} etwi_win_action;

/* ETW_E_IO for codes that nobody expects; ETW_OK for 0. */
etw_status etwi_win_status(uint32_t code);

/*
 * Fills in `error` (which may be NULL) with the status that belongs to the code, the code itself,
 * and a message: what the format says, then what the code means. ETW_OK for 0.
 */
etw_status etwi_win_fail_code(etw_error *error, etwi_win_action action, uint32_t code,
                              const char *format, ...) ETWI_PRINTF(4, 5);

#endif
