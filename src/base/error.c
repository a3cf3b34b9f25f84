#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(etw_error *error, etw_status status, int os_code, uint64_t offset,
                 const char *format, va_list arguments)
{
    error->status = status;
    error->os_code = os_code;
    error->offset = offset;
    vsnprintf(error->message, sizeof error->message, format, arguments);
}

etw_status etwi_fail(etw_error *error, etw_status status, uint64_t offset, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        fill(error, status, 0, offset, format, arguments);
        va_end(arguments);
    }
    return status;
}

etw_status etwi_fail_os(etw_error *error, etw_status status, int os_code, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        fill(error, status, os_code, ETW_NO_OFFSET, format, arguments);
        va_end(arguments);
        const size_t length = strlen(error->message);
        snprintf(error->message + length, sizeof error->message - length, "%s%s",
                 length ? ": " : "", strerror(os_code));
    }
    return status;
}

etw_status etwi_fail_nomem(etw_error *error)
{
    return etwi_fail(error, ETW_E_NOMEM, ETW_NO_OFFSET, "out of memory");
}

const char *etw_status_text(etw_status status)
{
    switch (status) {
#define X(name, number, text) \
    case ETW_##name:          \
        return text;
        ETW_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

const char *etw_status_name(etw_status status)
{
    switch (status) {
#define X(name, number, text) \
    case ETW_##name:          \
        return #name;
        ETW_STATUS_MAP(X)
#undef X
    }
    return "UNKNOWN";
}
