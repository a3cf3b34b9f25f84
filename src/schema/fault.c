#include "schema/fault.h"

#include <stdarg.h>
#include <stdio.h>

etw_status etwi_fault(etwi_place place, const char *format, ...)
{
    if (!place.problem || place.problem->status != ETW_OK)
        return ETW_E_CORRUPT;
    char text[sizeof place.problem->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    // Names may hold anything, messages have one line.
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ')
            *c = '?';
    }
    if (!place.line)
        return etwi_fail(place.problem, ETW_E_CORRUPT, place.offset, "%s", text);
    return etwi_fail(place.problem, ETW_E_CORRUPT, place.offset, "%.200s in line %u", text,
                     place.line);
}
