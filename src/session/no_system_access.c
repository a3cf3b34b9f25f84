/* For systems whose providers and sessions have no rights of their own. */
#include "base/error.h"

#include <etw/access.h>

static etw_status fail(etw_error *error)
{
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                     "only Windows has rights of providers and sessions, and privileges");
}

etw_status etw_access_query(const etw_guid *guid, char *out, size_t size, size_t *length,
                            etw_error *error)
{
    (void)guid;
    (void)out;
    (void)size;
    (void)length;
    return fail(error);
}

etw_status etw_access_set(const etw_guid *guid, const char *sddl, etw_error *error)
{
    (void)guid;
    (void)sddl;
    return fail(error);
}

etw_status etw_access_add(const etw_guid *guid, const char *sid, uint32_t rights, bool allow,
                          etw_error *error)
{
    (void)guid;
    (void)sid;
    (void)rights;
    (void)allow;
    return fail(error);
}

etw_status etw_access_remove(const etw_guid *guid, etw_error *error)
{
    (void)guid;
    return fail(error);
}

etw_status etw_privilege_enable(const char *name, etw_error *error)
{
    (void)name;
    return fail(error);
}
