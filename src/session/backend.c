#include "session/backend.h"

#include "base/error.h"

etw_status etwi_session_backend_find(const etwi_session_backend **out, etw_backend id,
                                     etw_error *error)
{
    const etwi_session_backend *const system = etwi_system_backend();
    switch (id) {
    case ETW_BACKEND_DEFAULT:
        *out = system ? system : &etwi_portable_backend;
        return ETW_OK;
    case ETW_BACKEND_PORTABLE:
        *out = &etwi_portable_backend;
        return ETW_OK;
    case ETW_BACKEND_WINDOWS:
        *out = system;
        if (system)
            return ETW_OK;
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "there are no sessions of Windows on this system; use the portable ones");
    }
    return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "backend: there is no number %d",
                     (int)id);
}
