/* For systems that take no events of their own. */
#include "engine/system_writer.h"

const etwi_system_writer *etwi_system_writer_get(void)
{
    return NULL;
}
