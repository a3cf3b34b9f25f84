/* For systems that start no sessions when they boot. */
#include "base/error.h"

#include <etw/autologger.h>

static etw_status fail(etw_error *error)
{
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET, "only Windows has autologgers");
}

etw_status etw_autologger_create(const etw_autologger_options *options, etw_error *error)
{
    (void)options;
    return fail(error);
}

etw_status etw_autologger_find(const char *name, etw_error *error)
{
    (void)name;
    return fail(error);
}

etw_status etw_autologger_enable(const char *name, const etw_enable_parameters *parameters,
                                 etw_error *error)
{
    (void)name;
    (void)parameters;
    return fail(error);
}

etw_status etw_autologger_disable(const char *name, const etw_guid *provider, etw_error *error)
{
    (void)name;
    (void)provider;
    return fail(error);
}

etw_status etw_autologger_delete(const char *name, etw_error *error)
{
    (void)name;
    return fail(error);
}
