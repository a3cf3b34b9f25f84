#include "schema/system.h"

#include "schema/system.inc"

const etwi_provider *etwi_system_providers(size_t *count)
{
    *count = sizeof system_providers / sizeof system_providers[0];
    return system_providers;
}
