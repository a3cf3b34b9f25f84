#include "consumer/win/live_session.h"

#include "base/error.h"
#include "base/memory.h"
#include "session/backend.h"

static etw_status attach(const etwi_session_backend **backend, void **session, const char *name,
                         etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    ETWI_TRY(etwi_session_backend_find(backend, ETW_BACKEND_WINDOWS, error));
    return (*backend)->attach(session, name, &allocator, error);
}

etw_status etwi_live_session_query(const char *name, etw_session_info *out, etw_error *error)
{
    const etwi_session_backend *backend;
    void *session;
    ETWI_TRY(attach(&backend, &session, name, error));
    const etw_status status = backend->query(session, out, error);
    backend->close(session);
    return status;
}

void etwi_live_session_flush(const char *name)
{
    const etwi_session_backend *backend;
    void *session;
    if (attach(&backend, &session, name, NULL) != ETW_OK)
        return;
    backend->flush(session, NULL);
    backend->close(session);
}
