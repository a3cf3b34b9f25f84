/* Rights of providers and sessions, and privileges of this process. */
#include "base/error.h"
#include "os/win/win.h"
#include "session/win/api.h"
#include "session/win/codes.h"
#include "session/win/failure.h"

#include <etw/access.h>

#include <sddl.h>
#include <stdlib.h>

enum {
    DESCRIPTOR_SIZE_MAX = 1 << 20,
};

static etw_status fail(etw_error *error, uint32_t code, const char *what, const etw_guid *guid)
{
    char text[ETW_GUID_TEXT_SIZE];
    etw_guid_format(guid, 0, text);
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code, "%s the rights of %s", what, text);
}

/* ---- asking ---- */

/* The descriptor in memory of malloc(). */
static etw_status query(void **out, const etw_guid *guid, etw_error *error)
{
    const etwi_api *const api = etwi_api_get();
    etw_guid asked = *guid;
    uint32_t size = 0;
    if (!api->EventAccessQuery)
        return etwi_api_missing("EventAccessQuery", error);
    uint32_t code = api->EventAccessQuery(&asked, NULL, &size);
    if (code != ETWI_WIN_OK && code != ETWI_WIN_MORE_DATA && code != ETWI_WIN_INSUFFICIENT_BUFFER)
        return fail(error, code, "asking for", guid);
    if (size < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || size > DESCRIPTOR_SIZE_MAX)
        return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET, "no rights are kept for it");
    void *const descriptor = malloc(size);
    if (!descriptor)
        return etwi_fail_nomem(error);
    code = api->EventAccessQuery(&asked, descriptor, &size);
    if (code == ETWI_WIN_OK && IsValidSecurityDescriptor(descriptor)) {
        *out = descriptor;
        return ETW_OK;
    }
    free(descriptor);
    return fail(error, code ? code : ETWI_WIN_INVALID_PARAMETER, "asking for", guid);
}

/* SDDL is ASCII. */
static etw_status give_text(const wchar_t *text, char *out, size_t size, size_t *length,
                            etw_error *error)
{
    const size_t needed = wcslen(text);
    if (length)
        *length = needed;
    if (needed < size && etwi_win_narrow(text, out, size))
        return ETW_OK;
    return etwi_fail(error, ETW_E_FULL, ETW_NO_OFFSET, "the rights take %zu bytes", needed + 1);
}

etw_status etw_access_query(const etw_guid *guid, char *out, size_t size, size_t *length,
                            etw_error *error)
{
    void *descriptor = NULL;
    wchar_t *text = NULL;
    ETWI_TRY(query(&descriptor, guid, error));
    const BOOL made = ConvertSecurityDescriptorToStringSecurityDescriptorW(
        descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL);
    const etw_status status = made ? give_text(text, out, size, length, error)
                                   : fail(error, GetLastError(), "asking for", guid);
    LocalFree(text);
    free(descriptor);
    return status;
}

/* ---- changing ---- */

static etw_status control(const etw_guid *guid, uint32_t operation, PSID sid, uint32_t rights,
                          bool allow, etw_error *error)
{
    const etwi_api *const api = etwi_api_get();
    etw_guid changed = *guid;
    if (!api->EventAccessControl)
        return etwi_api_missing("EventAccessControl", error);
    return fail(error, api->EventAccessControl(&changed, operation, sid, rights, allow), "changing",
                guid);
}

/* The first entry replaces the list, the others are added. */
static etw_status apply_list(const etw_guid *guid, PACL list, etw_error *error)
{
    uint32_t operation = ETWI_ABI_SECURITY_SET_DACL;
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *found;
        if (!GetAce(list, i, &found))
            return fail(error, GetLastError(), "reading", guid);
        const ACCESS_ALLOWED_ACE *const entry = found;
        const BYTE type = entry->Header.AceType;
        if (type != ACCESS_ALLOWED_ACE_TYPE && type != ACCESS_DENIED_ACE_TYPE)
            return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                             "entry %lu neither allows nor denies", (unsigned long)i);
        ETWI_TRY(control(guid, operation, (PSID)&entry->SidStart, entry->Mask,
                         type == ACCESS_ALLOWED_ACE_TYPE, error));
        operation = ETWI_ABI_SECURITY_ADD_DACL;
    }
    return ETW_OK;
}

etw_status etw_access_set(const etw_guid *guid, const char *sddl, etw_error *error)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    BOOL is_present = FALSE, is_default;
    PACL list = NULL;
    wchar_t *const wide = etwi_win_wide(sddl);
    const BOOL is_read = wide && ConvertStringSecurityDescriptorToSecurityDescriptorW(
                                     wide, SDDL_REVISION_1, &descriptor, NULL);
    free(wide);
    if (!is_read)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "this is no security descriptor string: %.150s", sddl);
    etw_status status;
    if (GetSecurityDescriptorDacl(descriptor, &is_present, &list, &is_default) && is_present &&
        list && list->AceCount)
        status = apply_list(guid, list, error);
    else
        status = etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                           "the string has no entries that allow or deny something");
    LocalFree(descriptor);
    return status;
}

/* ---- whose ---- */

/* The SID of this user, in a TOKEN_USER of malloc(); NULL if it cannot be told. */
static TOKEN_USER *this_user(void)
{
    HANDLE token;
    DWORD size = 0;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return NULL;
    GetTokenInformation(token, TokenUser, NULL, 0, &size);
    TOKEN_USER *user = size ? malloc(size) : NULL;
    if (user && !GetTokenInformation(token, TokenUser, user, size, &size)) {
        free(user);
        user = NULL;
    }
    CloseHandle(token);
    return user;
}

static etw_status add_this_user(const etw_guid *guid, uint32_t rights, bool allow, etw_error *error)
{
    TOKEN_USER *const user = this_user();
    if (!user)
        return fail(error, GetLastError(), "finding out the user for", guid);
    const etw_status status =
        control(guid, ETWI_ABI_SECURITY_ADD_DACL, user->User.Sid, rights, allow, error);
    free(user);
    return status;
}

etw_status etw_access_add(const etw_guid *guid, const char *sid, uint32_t rights, bool allow,
                          etw_error *error)
{
    const uint32_t granted = rights ? rights : ETW_ACCESS_ALL;
    PSID read = NULL;
    if (!sid)
        return add_this_user(guid, granted, allow, error);
    wchar_t *const wide = etwi_win_wide(sid);
    const BOOL is_read = wide && ConvertStringSidToSidW(wide, &read);
    free(wide);
    if (!is_read)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "this is no SID: %.150s", sid);
    const etw_status status =
        control(guid, ETWI_ABI_SECURITY_ADD_DACL, read, granted, allow, error);
    LocalFree(read);
    return status;
}

etw_status etw_access_remove(const etw_guid *guid, etw_error *error)
{
    const etwi_api *const api = etwi_api_get();
    etw_guid removed = *guid;
    if (!api->EventAccessRemove)
        return etwi_api_missing("EventAccessRemove", error);
    return fail(error, api->EventAccessRemove(&removed), "removing", guid);
}

/* ---- privileges ---- */

/* Success with this last error means that the process does not have it. */
static DWORD adjust(const LUID *privilege)
{
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Luid = *privilege;
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return GetLastError();
    AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    const DWORD code = GetLastError();
    CloseHandle(token);
    return code;
}

etw_status etw_privilege_enable(const char *name, etw_error *error)
{
    LUID privilege;
    wchar_t *const wide = etwi_win_wide(name);
    const BOOL is_known = wide && LookupPrivilegeValueW(NULL, wide, &privilege);
    free(wide);
    if (!is_known)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "this is no privilege: %.150s", name);
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, adjust(&privilege), "enabling %.100s",
                              name);
}
