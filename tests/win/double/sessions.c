/* Handles and sessions. */
#include "double.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ID_BITS = 16
};

/* SystemTraceControlGuid. */
const etw_guid double_system_trace_guid = {
    0x9E814AAD, 0x3204, 0x11D2, {0x9A, 0x82, 0x00, 0x60, 0x08, 0xA8, 0x69, 0x39}};

static SRWLOCK lock = SRWLOCK_INIT;
static double_session sessions[ETW_SESSIONS_MAX];
/* Handles are the logger id with a number above it, so that old ones are known. */
static uint64_t serial;

void double_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void double_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

bool double_narrow(char *out, size_t size, const etwi_abi_char *text)
{
    return WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, (const wchar_t *)text, -1, out,
                               (int)size, NULL, NULL) > 0;
}

bool double_wide(etwi_abi_char *out, size_t units, const char *text)
{
    return units > 0 && MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, (wchar_t *)out,
                                            (int)units) > 0;
}

uint32_t double_error_of(etw_status status)
{
    switch (status) {
    case ETW_OK:
        return ERROR_SUCCESS;
    case ETW_E_EXISTS:
        return ERROR_ALREADY_EXISTS;
    case ETW_E_NOT_FOUND:
        return DOUBLE_E_WMI_INSTANCE_NOT_FOUND;
    case ETW_E_ACCESS:
        return ERROR_ACCESS_DENIED;
    case ETW_E_LIMIT:
        return ERROR_NO_SYSTEM_RESOURCES;
    case ETW_E_NOMEM:
        return ERROR_OUTOFMEMORY;
    case ETW_E_TIMEOUT:
        return ERROR_TIMEOUT;
    case ETW_E_UNSUPPORTED:
        return ERROR_NOT_SUPPORTED;
    case ETW_E_IO:
        return ERROR_BAD_PATHNAME;
    default:
        return ERROR_INVALID_PARAMETER;
    }
}

static bool is_same_name(const char *a, const char *b)
{
    etwi_abi_char wide_a[ETW_SESSION_NAME_MAX + 1], wide_b[ETW_SESSION_NAME_MAX + 1];
    return double_wide(wide_a, ETW_SESSION_NAME_MAX + 1, a) &&
           double_wide(wide_b, ETW_SESSION_NAME_MAX + 1, b) &&
           CompareStringOrdinal((const wchar_t *)wide_a, -1, (const wchar_t *)wide_b, -1, TRUE) ==
               CSTR_EQUAL;
}

double_session *double_session_add(etw_session *session)
{
    etw_session_info info = {.size = sizeof info};
    if (etw_failed(etw_session_query(session, &info)))
        return NULL;
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++) {
        double_session *entry = &sessions[i];
        if (entry->handle)
            continue;
        memset(entry, 0, sizeof *entry);
        entry->session = session;
        entry->logger_id = info.logger_id;
        entry->handle = ++serial << ID_BITS | info.logger_id;
        entry->guid = info.guid;
        entry->mode = info.mode;
        snprintf(entry->name, sizeof entry->name, "%s", info.name);
        snprintf(entry->log_file, sizeof entry->log_file, "%s", info.log_file);
        entry->is_kernel = is_same_name(info.name, DOUBLE_KERNEL_LOGGER);
        return entry;
    }
    return NULL;
}

void double_session_remove(double_session *session)
{
    etw_session_close(&session->session);
    memset(session, 0, sizeof *session);
}

/* A session of another process. */
static double_session *find_foreign(const char *name)
{
    etw_session *session;
    if (etw_failed(etwi_session_attach_on(&etwi_portable_backend, &session, name, NULL)))
        return NULL;
    double_session *added = double_session_add(session);
    if (!added)
        etw_session_close(&session);
    return added;
}

/* A session that another process has stopped is none any more. */
static double_session *check_alive(double_session *session)
{
    etw_session_info info = {.size = sizeof info};
    if (!session || !etw_failed(etw_session_query(session->session, &info)))
        return session;
    double_session_remove(session);
    return NULL;
}

double_session *double_session_find_known(const char *name)
{
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++)
        if (sessions[i].handle && is_same_name(sessions[i].name, name) && check_alive(&sessions[i]))
            return &sessions[i];
    return NULL;
}

double_session *double_session_find(uint64_t handle, const etwi_abi_char *name)
{
    char narrow[DOUBLE_NAME_SIZE];
    if (handle) {
        for (size_t i = 0; i < ETW_SESSIONS_MAX; i++)
            if (sessions[i].handle == handle)
                return check_alive(&sessions[i]);
        return NULL;
    }
    if (!name || !double_narrow(narrow, sizeof narrow, name))
        return NULL;
    double_session *known = double_session_find_known(narrow);
    return known ? known : find_foreign(narrow);
}

const double_session *double_session_of_file(const char *log_file)
{
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++)
        if (sessions[i].handle && *log_file && _stricmp(sessions[i].log_file, log_file) == 0)
            return check_alive(&sessions[i]);
    return NULL;
}

uint32_t double_session_count(uint32_t mode)
{
    uint32_t count = 0;
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++)
        count += sessions[i].handle && (sessions[i].mode & mode);
    return count;
}

void double_enabled_find(etwi_abi_enable_info *out, uint32_t logger_id, const etw_guid *provider)
{
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++) {
        const double_session *at = &sessions[i];
        if (!at->handle || at->logger_id != logger_id)
            continue;
        for (uint32_t k = 0; k < at->enabled_count; k++)
            if (etw_guid_equal(&at->enabled[k].provider, provider))
                *out = at->enabled[k].info;
    }
}

bool double_handle_is_old(uint64_t handle)
{
    const uint64_t number = handle >> ID_BITS;
    if (!number || number > serial)
        return false;
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++)
        if (sessions[i].handle == handle)
            return false;
    return true;
}

void double_sessions_reset(void)
{
    double_lock();
    for (size_t i = 0; i < ETW_SESSIONS_MAX; i++) {
        if (!sessions[i].handle)
            continue;
        etw_session_stop(sessions[i].session, NULL);
        double_session_remove(&sessions[i]);
    }
    double_unlock();
}
