#include "session/win/failure.h"

#include "session/win/codes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct meaning {
    uint32_t code;
    etw_status status;
    const char *text;
} meaning;

/* What codes mean where they mean something of their own, by the documentation of StartTrace … */
static const meaning of_starting[] = {
    {ETWI_WIN_ALREADY_EXISTS, ETW_E_EXISTS,
     "there is one of that name or GUID; stop it, or restart or adopt it "
     "(etw_session_options.existing)"},
    {ETWI_WIN_NO_SYSTEM_RESOURCES, ETW_E_LIMIT,
     "there are too many sessions, or the buffers take too much memory; `etw sessions` lists what "
     "could be stopped"},
    {ETWI_WIN_DISK_FULL, ETW_E_LIMIT,
     "the drive has too little room for the log file: its maximum size, and 200 MB on the drive of "
     "Windows"},
    {ETWI_WIN_INVALID_PARAMETER, ETW_E_INVALID,
     "Windows refuses an option or a combination of modes"},
    {ETWI_WIN_BAD_LENGTH, ETW_E_INVALID, "Windows finds a name too long"},
};

/* … and of EnableTraceEx2. */
static const meaning of_enabling[] = {
    {ETWI_WIN_NO_SYSTEM_RESOURCES, ETW_E_LIMIT,
     "eight sessions enable the provider already; `etw sessions` lists what could be stopped"},
    {ETWI_WIN_INVALID_PARAMETER, ETW_E_INVALID,
     "Windows refuses a parameter or a filter; the NT Kernel Logger takes kernel_flags and no "
     "providers"},
    {ETWI_WIN_ACCESS_DENIED, ETW_E_ACCESS,
     "access denied; take a member of Administrators or Performance Log Users, elevated, or grant "
     "TRACELOG_GUID_ENABLE (etw_access_add)"},
    {ETWI_WIN_NOT_FOUND, ETW_E_NOT_FOUND, "the provider is not enabled, or not known"},
};

static const meaning meanings[] = {
    {ETWI_WIN_FILE_NOT_FOUND, ETW_E_NOT_FOUND, "there is no such file"},
    {ETWI_WIN_PATH_NOT_FOUND, ETW_E_NOT_FOUND, "there is no such folder"},
    {ETWI_WIN_ACCESS_DENIED, ETW_E_ACCESS,
     "access denied; take a member of Administrators or Performance Log Users, elevated; the "
     "kernel's sessions take Administrators"},
    {ETWI_WIN_INVALID_HANDLE, ETW_E_NOT_FOUND, "the session is not there any more"},
    {ETWI_WIN_NOT_ENOUGH_MEMORY, ETW_E_NOMEM, "out of memory"},
    {ETWI_WIN_OUTOFMEMORY, ETW_E_NOMEM, "out of memory"},
    {ETWI_WIN_BAD_LENGTH, ETW_E_INVALID, "Windows finds a size wrong"},
    {ETWI_WIN_SHARING_VIOLATION, ETW_E_ACCESS, "another session or program has the log file open"},
    {ETWI_WIN_NOT_SUPPORTED, ETW_E_UNSUPPORTED, "this Windows cannot do that"},
    {ETWI_WIN_INVALID_PARAMETER, ETW_E_INVALID, "Windows refuses a parameter"},
    {ETWI_WIN_DISK_FULL, ETW_E_LIMIT, "the drive is full"},
    {ETWI_WIN_CALL_NOT_IMPLEMENTED, ETW_E_UNSUPPORTED, "this Windows cannot do that"},
    {ETWI_WIN_INSUFFICIENT_BUFFER, ETW_E_LIMIT, "there is more than was room for"},
    {ETWI_WIN_INVALID_NAME, ETW_E_INVALID, "Windows takes no such path"},
    {ETWI_WIN_BAD_PATHNAME, ETW_E_INVALID,
     "Windows takes no such path, or another session writes that log file"},
    {ETWI_WIN_ALREADY_EXISTS, ETW_E_EXISTS, "exists already"},
    {ETWI_WIN_MORE_DATA, ETW_E_LIMIT, "there is more than was room for"},
    {ETWI_WIN_WAIT_TIMEOUT, ETW_E_TIMEOUT, "it took too long"},
    {ETWI_WIN_NOT_FOUND, ETW_E_NOT_FOUND, "not found"},
    {ETWI_WIN_NOT_ALL_ASSIGNED, ETW_E_ACCESS,
     "this user does not have the privilege; take a member of Administrators, elevated"},
    {ETWI_WIN_PRIVILEGE_NOT_HELD, ETW_E_ACCESS,
     "it takes a privilege: etw_privilege_enable(\"SeSystemProfilePrivilege\") first"},
    {ETWI_WIN_INVALID_SID, ETW_E_INVALID, "this is no SID"},
    {ETWI_WIN_NO_SYSTEM_RESOURCES, ETW_E_LIMIT, "Windows has no resources left for it"},
    {ETWI_WIN_TIMEOUT, ETW_E_TIMEOUT, "it took too long"},
    {ETWI_WIN_WMI_GUID_NOT_FOUND, ETW_E_NOT_FOUND, "there is no such provider"},
    {ETWI_WIN_WMI_INSTANCE_NOT_FOUND, ETW_E_NOT_FOUND, "there is no such session, or no more"},
};

static const meaning *find(const meaning *list, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].code == code)
            return &list[i];
    return NULL;
}

#define FIND(list, code) find(list, sizeof(list) / sizeof(list)[0], code)

static const meaning *meaning_of(etwi_win_action action, uint32_t code)
{
    const meaning *own = NULL;
    if (action == ETWI_WIN_STARTING)
        own = FIND(of_starting, code);
    else if (action == ETWI_WIN_ENABLING)
        own = FIND(of_enabling, code);
    return own ? own : FIND(meanings, code);
}

etw_status etwi_win_status(uint32_t code)
{
    const meaning *const found = FIND(meanings, code);
    if (code == ETWI_WIN_OK)
        return ETW_OK;
    return found ? found->status : ETW_E_IO;
}

etw_status etwi_win_fail_code(etw_error *error, etwi_win_action action, uint32_t code,
                              const char *format, ...)
{
    if (code == ETWI_WIN_OK)
        return ETW_OK;
    const meaning *const found = meaning_of(action, code);
    const etw_status status = found ? found->status : ETW_E_IO;
    if (!error)
        return status;
    char what[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    /* What to do comes at the end, so what it is about gives way. */
    const char *const text = found ? found->text : "Windows failed";
    char number[32];
    snprintf(number, sizeof number, " (error %" PRIu32 ")", code);
    const size_t taken = strlen(text) + strlen(number) + strlen(": ") + 1;
    const int room = (int)(sizeof error->message - taken);
    etwi_fail(error, status, ETW_NO_OFFSET, "%.*s: %s%s", room, what, text, number);
    error->os_code = (int)code;
    return status;
}
