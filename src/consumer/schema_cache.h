/* Sources of schemas compiled into packs, in a folder of the user, so that they are read once. */
#ifndef ETWI_CONSUMER_SCHEMA_CACHE_H
#define ETWI_CONSUMER_SCHEMA_CACHE_H

#include "schema/packs.h"

/*
 * Adds what a path stands for to a store that has a folder for caches: out of the cache if that was
 * made of these files in this state, else out of the files, and for the next time. What fails is
 * added to `problem`, also out of the cache. That there can be no cache is no failure.
 *
 * ETW_OK or ETW_E_NOMEM.
 */
etw_status etwi_schema_cache_add(etw_schema_store *store, const char *path,
                                 etwi_pack_problem *problem);

#endif
