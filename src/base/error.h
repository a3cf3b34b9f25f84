/* Filling in etw_error, and passing failures on. */
#ifndef ETWI_BASE_ERROR_H
#define ETWI_BASE_ERROR_H

#include "base/compiler.h"

#include <etw/status.h>

/* Returns from the function if `expression` is a failure. */
#define ETWI_TRY(expression)                             \
    do {                                                 \
        const etw_status etwi_try_status = (expression); \
        if (etw_failed(etwi_try_status))                 \
            return etwi_try_status;                      \
    } while (0)

/* Fills in `error` (which may be NULL) and returns `status`. */
etw_status etwi_fail(etw_error *error, etw_status status, uint64_t offset, const char *format, ...)
    ETWI_PRINTF(4, 5);

/* The same with the error code of the operating system, whose text is appended, or all there is if
 * the format is "%s" of nothing. */
etw_status etwi_fail_os(etw_error *error, etw_status status, int os_code, const char *format, ...)
    ETWI_PRINTF(4, 5);

/* For failures that need no words: out of memory. */
etw_status etwi_fail_nomem(etw_error *error);

#endif
