/* The system trace providers of Windows 11: a static table. */
#ifndef ETWI_SCHEMA_SYSTEM_H
#define ETWI_SCHEMA_SYSTEM_H

#include "schema/provider.h"

/* All of them, sorted by name. */
const etwi_provider *etwi_system_providers(size_t *count);

#endif
