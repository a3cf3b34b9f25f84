/* EventAccessQuery(), EventAccessControl(), EventAccessRemove(): rights, as texts of SDDL. */
#include "double.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GUIDS_MAX = 64,
    SDDL_SIZE = 2048,
    OPERATION_SET_DACL = 0,
    OPERATION_SET_SACL = 1,
    OPERATION_ADD_DACL = 2,
    OPERATION_ADD_SACL = 3
};

/* What holds where nobody said another thing: administrators and the system may do all. */
static const char default_rights[] = "(A;;0x1fff;;;BA)(A;;0x1fff;;;SY)";

typedef struct rights_of {
    etw_guid guid;
    bool is_used;
    char dacl[SDDL_SIZE];
} rights_of;

static SRWLOCK lock = SRWLOCK_INIT;
static rights_of all[GUIDS_MAX];

static rights_of *find(const etw_guid *guid)
{
    for (size_t i = 0; i < GUIDS_MAX; i++)
        if (all[i].is_used && etw_guid_equal(&all[i].guid, guid))
            return &all[i];
    return NULL;
}

static rights_of *find_or_add(const etw_guid *guid)
{
    rights_of *found = find(guid);
    for (size_t i = 0; i < GUIDS_MAX && !found; i++) {
        if (all[i].is_used)
            continue;
        found = &all[i];
        found->is_used = true;
        found->guid = *guid;
        snprintf(found->dacl, sizeof found->dacl, "%s", default_rights);
    }
    return found;
}

static uint32_t query(const etw_guid *guid, void *descriptor, uint32_t *size)
{
    char text[SDDL_SIZE + 8];
    PSECURITY_DESCRIPTOR made;
    ULONG made_size = 0;
    if (!guid || !size || (*size && !descriptor))
        return ERROR_INVALID_PARAMETER;
    const rights_of *rights = find(guid);
    snprintf(text, sizeof text, "D:%s", rights ? rights->dacl : default_rights);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &made,
                                                              &made_size))
        return GetLastError();
    const uint32_t room = *size;
    *size = made_size;
    if (room >= made_size)
        memcpy(descriptor, made, made_size);
    LocalFree(made);
    return room < made_size ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

static uint32_t control(const etw_guid *guid, uint32_t operation, void *sid, uint32_t rights,
                        uint8_t allow)
{
    char *text = NULL;
    if (!guid || operation > OPERATION_ADD_SACL || !sid)
        return ERROR_INVALID_PARAMETER;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    rights_of *entry = find_or_add(guid);
    if (!entry || !ConvertSidToStringSidA(sid, &text))
        return ERROR_INVALID_PARAMETER;
    if (operation == OPERATION_SET_DACL)
        entry->dacl[0] = 0;
    if (operation == OPERATION_SET_DACL || operation == OPERATION_ADD_DACL) {
        const size_t used = strlen(entry->dacl);
        snprintf(entry->dacl + used, sizeof entry->dacl - used, "(%c;;0x%lx;;;%s)",
                 allow ? 'A' : 'D', (unsigned long)rights, text);
    }
    LocalFree(text);
    return ERROR_SUCCESS;
}

static uint32_t forget(const etw_guid *guid)
{
    if (!guid)
        return ERROR_INVALID_PARAMETER;
    if (!double_option_value(DOUBLE_IS_ELEVATED))
        return ERROR_ACCESS_DENIED;
    rights_of *entry = find(guid);
    if (!entry)
        return ERROR_FILE_NOT_FOUND;
    entry->is_used = false;
    return ERROR_SUCCESS;
}

void double_access_reset(void)
{
    AcquireSRWLockExclusive(&lock);
    memset(all, 0, sizeof all);
    ReleaseSRWLockExclusive(&lock);
}

DOUBLE_EXPORT(uint32_t) EventAccessQuery(etw_guid *guid, void *descriptor, uint32_t *size);

DOUBLE_EXPORT(uint32_t) EventAccessQuery(etw_guid *guid, void *descriptor, uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)guid, (uintptr_t)descriptor, (uintptr_t)size};
    double_call *call = double_begin("EventAccessQuery", arguments, 3);
    uint32_t error;
    double_keep(call, "guid", guid, sizeof *guid);
    if (!double_is_scripted("EventAccessQuery", &error)) {
        AcquireSRWLockExclusive(&lock);
        error = query(guid, descriptor, size);
        ReleaseSRWLockExclusive(&lock);
    }
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
EventAccessControl(etw_guid *guid, uint32_t operation, void *sid, uint32_t rights, uint8_t allow);

DOUBLE_EXPORT(uint32_t)
EventAccessControl(etw_guid *guid, uint32_t operation, void *sid, uint32_t rights, uint8_t allow)
{
    const uint64_t arguments[] = {(uintptr_t)guid, operation, (uintptr_t)sid, rights, allow};
    double_call *call = double_begin("EventAccessControl", arguments, 5);
    uint32_t error;
    double_keep(call, "guid", guid, sizeof *guid);
    if (sid && IsValidSid(sid))
        double_keep(call, "sid", sid, GetLengthSid(sid));
    if (!double_is_scripted("EventAccessControl", &error)) {
        AcquireSRWLockExclusive(&lock);
        error = control(guid, operation, sid, rights, allow);
        ReleaseSRWLockExclusive(&lock);
    }
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t) EventAccessRemove(etw_guid *guid);

DOUBLE_EXPORT(uint32_t) EventAccessRemove(etw_guid *guid)
{
    const uint64_t arguments[] = {(uintptr_t)guid};
    double_call *call = double_begin("EventAccessRemove", arguments, 1);
    uint32_t error;
    double_keep(call, "guid", guid, sizeof *guid);
    if (!double_is_scripted("EventAccessRemove", &error)) {
        AcquireSRWLockExclusive(&lock);
        error = forget(guid);
        ReleaseSRWLockExclusive(&lock);
    }
    return double_end(call, error);
}
