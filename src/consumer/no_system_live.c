/* For systems that have no sessions of their own. */
#include "consumer/live_source.h"

const etwi_live_backend *etwi_live_system(void)
{
    return NULL;
}
