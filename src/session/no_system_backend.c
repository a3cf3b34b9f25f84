/* For systems that have no sessions of their own. */
#include "session/backend.h"

const etwi_session_backend *etwi_system_backend(void)
{
    return NULL;
}
