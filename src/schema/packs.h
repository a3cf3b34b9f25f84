/*
 * The packs of a store, in the order in which they were given. The schemas of a provider come into
 * the store when an event of it is looked up that nothing describes, out of all packs at once.
 */
#ifndef ETWI_SCHEMA_PACKS_H
#define ETWI_SCHEMA_PACKS_H

#include "schema/pack.h"

#include <stdatomic.h>

typedef struct etwi_packs_link etwi_packs_link;

typedef struct etwi_packs {
    etwi_packs_link *_Atomic first;
    const char *cache_folder; /* Where packs of sources may be kept; NULL: nowhere. */
} etwi_packs;

/* No packs yet. The folder is copied to the arena. */
etw_status etwi_packs_init(etwi_packs *packs, etwi_arena *arena, const char *cache_folder,
                           etw_error *error);

/* A store without packs asks no more than this. */
static inline bool etwi_packs_any(const etwi_packs *packs)
{
    return atomic_load_explicit(&packs->first, memory_order_acquire) != NULL;
}

/* Makes a pack anew whose file turned out to be damaged. */
typedef etw_status (*etwi_pack_renewal)(void *user, etwi_pack **out, etw_error *error);

/* Where a pack comes from. */
typedef struct etwi_pack_origin {
    const char *name; /* For messages; copied. */
    /* Of caches: replaces a damaged one; called while the store is locked. NULL for packs given by
     * the caller. What they hold of problems was told to whoever made them. */
    etwi_pack_renewal renew;
    void *user; /* Lives as long as the store. */
} etwi_pack_origin;

/* Adds a pack behind those there are and takes it, whatever becomes of it. */
etw_status etwi_packs_add(etw_schema_store *store, etwi_pack *pack, const etwi_pack_origin *origin);

/* Brings the schemas of a provider into the store, if packs have any that are not there yet. */
etw_status etwi_packs_load(etw_schema_store *store, const etw_guid *provider);

/* The same while the store is locked. */
etw_status etwi_packs_load_locked(etw_schema_store *store, const etw_guid *provider);

/* Brings all schemas of all packs into the store. */
etw_status etwi_packs_load_all(etw_schema_store *store);

void etwi_packs_close(etwi_packs *packs);

/* The packs of a store. */
etwi_packs *etwi_store_packs(etw_schema_store *store);

#endif
