/*
 * What the operating system itself knows of events and providers: on Windows TDH, with the
 * manifests that are registered there and the classes of WMI. Other systems know nothing.
 *
 * The store asks for an event that nothing else describes, once for each kind of event, also if
 * there is no answer, for an answer takes long. Kernel classes that we have in the very version of
 * an event are not asked for: so the events of a trace read alike on every system. What a system
 * knows is for the want of anything better: it yields to what comes in files or traces.
 */
#ifndef ETWI_SCHEMA_NATIVE_H
#define ETWI_SCHEMA_NATIVE_H

#include "schema/provider.h"
#include "schema/schema_table.h"

/* Takes the TRACE_EVENT_INFO of an event; a failure ends the listing and is passed on. */
typedef etw_status (*etwi_native_taker)(void *user, const etw_event *event, etw_bytes info);

/*
 * Blobs, names and texts are made in the arena that is given. ETW_E_NO_SCHEMA and ETW_E_NOT_FOUND
 * say that the system does not know, ETW_E_UNSUPPORTED that it cannot tell.
 */
typedef struct etwi_native_source {
    /* The TRACE_EVENT_INFO of an event. */
    etw_status (*event)(const etw_event *event, etwi_arena *arena, etw_bytes *out);
    /* The EVENT_MAP_INFO of a map that an event's description names. */
    etw_status (*map)(const etw_event *event, etw_str name, etwi_arena *arena, etw_bytes *out);
    /* All providers, by GUID and name. */
    etw_status (*providers)(etwi_arena *arena, etwi_provider_taker take, void *user,
                            etw_error *error);
    /* The events of one. */
    etw_status (*events)(const etw_guid *provider, etwi_arena *arena, etwi_native_taker take,
                         void *user, etw_error *error);
    /* What one gives names to; an empty list if there is nothing. */
    etw_status (*names)(const etw_guid *provider, etw_named_kind kind, etwi_arena *arena,
                        etw_named_values *out);
} etwi_native_source;

/* The system's; NULL if it knows nothing. */
const etwi_native_source *etwi_native_system(void);

/* What a store has of it. */
typedef struct etwi_native {
    const etwi_native_source *source; /* NULL: none. */
    etwi_table *_Atomic asked;        /* Entries of what was asked for, without definitions. */
} etwi_native;

etw_status etwi_native_init(etwi_native *native, const etw_allocator *allocator);
void etwi_native_close(etwi_native *native, const etw_allocator *allocator);

/* Brings what the system knows of an event into the store, which was looked up under `key`.
 * ETW_OK, also if it knows nothing; ETW_E_NOMEM. */
etw_status etwi_native_learn(etw_schema_store *store, const etwi_key *key, const etw_event *event);

/* The system's providers, but for those of which it cannot tell; as etwi_native_source. */
etw_status etwi_native_providers(const etw_schema_store *store, etwi_arena *arena,
                                 etwi_provider_taker take, void *user);

/* Those of a store. */
etwi_native *etwi_store_native(etw_schema_store *store);

#endif
