/* Autologgers in the registry of Windows. */
#include "session/autologger.h"
#include "base/options.h"
#include "os/process.h"
#include "os/win/win.h"
#include "session/options.h"
#include "session/win/failure.h"
#include "session/win/win_session.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KEY_SIZE = 4096 /* Bytes of the path of a key. */
};

/* Opens or makes a key below HKEY_LOCAL_MACHINE; returns the system's code. */
static LSTATUS open_key(HKEY *out, const char *path, bool make)
{
    const REGSAM rights = KEY_READ | KEY_WRITE | KEY_WOW64_64KEY;
    wchar_t *const wide = etwi_win_wide(path);
    if (!wide)
        return (LSTATUS)GetLastError();
    const LSTATUS code =
        make ? RegCreateKeyExW(HKEY_LOCAL_MACHINE, wide, 0, NULL, 0, rights, NULL, out, NULL)
             : RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide, 0, KEY_READ | KEY_WOW64_64KEY, out);
    free(wide);
    return code;
}

static etw_status fail(etw_error *error, LSTATUS code, const char *what, const char *path)
{
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, (uint32_t)code, "%s HKLM\\%.120s", what,
                              path);
}

static void session_path(char out[KEY_SIZE], const char *name)
{
    snprintf(out, KEY_SIZE, "%s\\%s", etwi_autologger_root, name);
}

static void provider_path(char out[KEY_SIZE], const char *name, const etw_guid *provider)
{
    char guid[ETW_GUID_TEXT_SIZE];
    etw_guid_format(provider, ETW_GUID_UPPER | ETW_GUID_BRACES, guid);
    snprintf(out, KEY_SIZE, "%s\\%s\\%s", etwi_autologger_root, name, guid);
}

/* ETW_E_NOT_FOUND if there is no such key. */
static etw_status find_key(const char *path, etw_error *error)
{
    HKEY key;
    const LSTATUS code = open_key(&key, path, false);
    if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
        return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET, "there is no HKLM\\%.180s", path);
    ETWI_TRY(fail(error, code, "opening", path));
    RegCloseKey(key);
    return ETW_OK;
}

static etw_status delete_key(const char *path, etw_error *error)
{
    ETWI_TRY(find_key(path, error));
    wchar_t *const wide = etwi_win_wide(path);
    if (!wide)
        return etwi_fail_nomem(error);
    const LSTATUS code = RegDeleteTreeW(HKEY_LOCAL_MACHINE, wide);
    free(wide);
    return fail(error, code, "removing", path);
}

static LSTATUS write_value(HKEY key, const etwi_registry_values *values, size_t index)
{
    const etwi_registry_value *const value = &values->items[index];
    wchar_t *const name = etwi_win_wide(value->name);
    if (!name)
        return ERROR_NOT_ENOUGH_MEMORY;
    const LSTATUS code =
        RegSetValueExW(key, name, 0, value->type, (const BYTE *)values->bytes.data + value->offset,
                       (DWORD)value->size);
    free(name);
    return code;
}

/* Makes the key what the values say, and nothing else. */
static etw_status write_key(const char *path, const etwi_registry_values *values, etw_error *error)
{
    HKEY key;
    if (find_key(path, NULL) == ETW_OK)
        ETWI_TRY(delete_key(path, error));
    ETWI_TRY(fail(error, open_key(&key, path, true), "making", path));
    LSTATUS code = ERROR_SUCCESS;
    for (size_t i = 0; i < values->count && code == ERROR_SUCCESS; i++)
        code = write_value(key, values, i);
    RegCloseKey(key);
    if (code == ERROR_SUCCESS)
        return ETW_OK;
    /* Half an autologger would be one with other options. */
    delete_key(path, NULL);
    return fail(error, code, "writing", path);
}

/* ---- sessions ---- */

static etw_status make_guid(etw_guid *out, etw_error *error)
{
    if (!etwi_random_bytes(out, sizeof *out))
        return etwi_fail(error, ETW_E_IO, ETW_NO_OFFSET, "guid: the system has no random numbers");
    out->data3 = (uint16_t)((out->data3 & 0x0FFF) | 0x4000);
    out->data4[0] = (uint8_t)((out->data4[0] & 0x3F) | 0x80);
    return ETW_OK;
}

static etw_status complete(etw_session_options *out, char log_file[ETWI_LOG_FILE_SIZE],
                           const etw_autologger_options *options, etw_error *error)
{
    if (!options->session)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "session: an autologger needs one");
    ETWI_TRY(etwi_session_options_complete(out, log_file, options->session, &etwi_windows_backend,
                                           error));
    ETWI_TRY(etwi_autologger_check_name(out->name, error));
    return etw_guid_is_null(&out->guid) ? make_guid(&out->guid, error) : ETW_OK;
}

static etw_status create(const etw_autologger_options *options, etwi_registry_values *values,
                         etw_error *error)
{
    etw_session_options session;
    char log_file[ETWI_LOG_FILE_SIZE], path[KEY_SIZE];
    ETWI_TRY(complete(&session, log_file, options, error));
    ETWI_TRY(etwi_autologger_session(values, options, &session, error));
    session_path(path, session.name);
    etw_error why;
    const etw_status found = find_key(path, &why);
    if (found == ETW_E_NOT_FOUND)
        return write_key(path, values, error);
    if (found == ETW_OK)
        return etwi_fail(error, ETW_E_EXISTS, ETW_NO_OFFSET, "there is an autologger \"%.150s\"",
                         session.name);
    if (error)
        *error = why;
    return found;
}

etw_status etw_autologger_create(const etw_autologger_options *options, etw_error *error)
{
    etw_autologger_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    etwi_registry_values values = {.bytes.allocator = etwi_allocator_or_default(NULL)};
    const etw_status status = create(&ours, &values, error);
    etwi_buffer_free(&values.bytes);
    return status;
}

etw_status etw_autologger_find(const char *name, etw_error *error)
{
    char path[KEY_SIZE];
    ETWI_TRY(etwi_autologger_check_name(name, error));
    session_path(path, name);
    return find_key(path, error);
}

etw_status etw_autologger_delete(const char *name, etw_error *error)
{
    char path[KEY_SIZE];
    ETWI_TRY(etwi_autologger_check_name(name, error));
    session_path(path, name);
    return delete_key(path, error);
}

/* ---- providers ---- */

etw_status etw_autologger_enable(const char *name, const etw_enable_parameters *parameters,
                                 etw_error *error)
{
    etw_enable_parameters ours;
    char path[KEY_SIZE];
    ETWI_TRY(etw_autologger_find(name, error));
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, parameters, error));
    etwi_registry_values values = {.bytes.allocator = etwi_allocator_or_default(NULL)};
    etw_status status = etwi_autologger_provider(&values, &ours, error);
    provider_path(path, name, &ours.provider);
    if (status == ETW_OK)
        status = write_key(path, &values, error);
    etwi_buffer_free(&values.bytes);
    return status;
}

etw_status etw_autologger_disable(const char *name, const etw_guid *provider, etw_error *error)
{
    char path[KEY_SIZE];
    ETWI_TRY(etwi_autologger_check_name(name, error));
    provider_path(path, name, provider);
    return delete_key(path, error);
}
