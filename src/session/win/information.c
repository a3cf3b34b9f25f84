/* What is said to and asked of a session beyond its properties: TraceSetInformation. */
#include "session/win/codes.h"
#include "session/win/win_session.h"

#include <string.h>

/* TraceSetInformation takes no data that is constant. */
etw_status etwi_win_set_information(void *session, uint32_t kind, const void *data, size_t size,
                                    etw_error *error)
{
    const etwi_win_session *const changed = session;
    const etwi_api *const api = etwi_api_get();
    if (!api->TraceSetInformation)
        return etwi_api_missing("TraceSetInformation", error);
    if (size > UINT32_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "information: more than 4 GiB");
    void *const copy = etwi_alloc(&changed->allocator, size ? size : 1);
    if (!copy)
        return etwi_fail_nomem(error);
    if (size)
        memcpy(copy, data, size);
    const uint32_t code = api->TraceSetInformation(changed->handle, kind, copy, (uint32_t)size);
    etwi_free(&changed->allocator, copy, size ? size : 1);
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code,
                              "setting information %u of the session \"%s\"", (unsigned)kind,
                              changed->shown);
}

etw_status etwi_win_query_information(void *session, uint32_t kind, void *data, size_t size,
                                      size_t *used, etw_error *error)
{
    const etwi_win_session *const asked = session;
    const etwi_api *const api = etwi_api_get();
    uint32_t got = 0;
    if (!api->TraceQueryInformation)
        return etwi_api_missing("TraceQueryInformation", error);
    const uint32_t room = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    const uint32_t code = api->TraceQueryInformation(asked->handle, kind, data, room, &got);
    *used = got;
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code,
                              "asking for information %u of the session \"%s\"", (unsigned)kind,
                              asked->shown);
}

etwi_kernel_way etwi_win_kernel_way(void)
{
    const uint32_t build = etwi_api_build();
    if (build >= ETWI_WIN_SERVER_2022)
        return ETWI_KERNEL_PROVIDERS;
    return build >= ETWI_WIN_8 ? ETWI_KERNEL_FLAGS : ETWI_KERNEL_LOGGER;
}
