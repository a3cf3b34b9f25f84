/* What was enabled through a session's object, so that it can be enabled again. */
#ifndef ETWI_SESSION_ENABLED_H
#define ETWI_SESSION_ENABLED_H

#include "base/memory.h"

#include <etw/provider.h>

/* One provider: a copy of its parameters, with all that they point to. */
typedef struct etwi_enabled {
    etwi_arena arena; /* Of what `parameters` points to. */
    etw_enable_parameters parameters;
} etwi_enabled;

/* Zero-initialise. In the order in which providers were first enabled. */
typedef struct etwi_enabled_list {
    etwi_enabled *items;
    size_t count, capacity;
} etwi_enabled_list;

/*
 * Makes room for one more provider and copies its parameters, without adding it yet: what is
 * enabled can then be remembered without failing.
 */
etw_status etwi_enabled_prepare(etwi_enabled_list *list, etwi_enabled *out,
                                const etw_enable_parameters *parameters,
                                const etw_allocator *allocator);

/* Adds what was prepared, in the place of what was there about the same provider. */
void etwi_enabled_add(etwi_enabled_list *list, const etwi_enabled *prepared);

/* Forgets what was prepared. */
void etwi_enabled_discard(etwi_enabled *prepared);

/* Nothing happens if the provider is not there. */
void etwi_enabled_remove(etwi_enabled_list *list, const etw_guid *provider);

void etwi_enabled_free(etwi_enabled_list *list, const etw_allocator *allocator);

#endif
