/* What providers name, put together from all that describes them. */
#ifndef ETWI_SCHEMA_PROVIDER_NAMES_H
#define ETWI_SCHEMA_PROVIDER_NAMES_H

#include "schema/provider.h"

/*
 * Fills in `named` and `maps` of a provider from its definitions, the winning one first, and from
 * its events, which are filled in already. The lists are made in the arena.
 */
etw_status etwi_provider_collect(etw_provider_info *info, const etwi_provider *const *definitions,
                                 size_t count, etwi_arena *arena);

#endif
