/* For systems that know nothing of events. */
#include "schema/native.h"

const etwi_native_source *etwi_native_system(void)
{
    return NULL;
}
