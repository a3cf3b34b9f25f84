/*
 * Schemas that travel in a trace as events: manifests of EventSources, in chunks, and the
 * TRACE_EVENT_INFO and EVENT_MAP_INFO that merging tools add. They are gathered while the trace is
 * scanned and become schemas at the end, because any of them may come after what refers to it.
 */
#ifndef ETWI_SCHEMA_HARVEST_H
#define ETWI_SCHEMA_HARVEST_H

#include "schema/store.h"

typedef struct etwi_harvest etwi_harvest;

/* The class whose events carry TRACE_EVENT_INFO (type 32) and EVENT_MAP_INFO (type 33). */
extern const etw_guid etwi_event_info_class;

etw_status etwi_harvest_create(etwi_harvest **out, const etw_allocator *allocator,
                               etw_error *error);
void etwi_harvest_destroy(etwi_harvest **harvest);

/* Where an event stands: traces, buffers and records sort by these numbers. Events may be added in
 * any order; what becomes of them depends on their places only. */
typedef struct etwi_harvest_place {
    uint64_t trace;
    uint64_t buffer;
    uint64_t record;
} etwi_harvest_place;

/* Takes what an event carries; others are ignored. The event may be gone afterwards. */
etw_status etwi_harvest_add(etwi_harvest *harvest, const etw_event *event,
                            const etwi_harvest_place *place);

/*
 * Makes schemas of the manifests that are whole by now and forgets them; what is not whole waits
 * for its rest. So schemas are there before the events that follow their manifest, which is what
 * readers of sessions need. The same document of the same process counts once.
 */
etw_status etwi_harvest_publish_whole(etwi_harvest *harvest, etw_schema_store *store,
                                      etw_error *error);

/* Makes schemas of all that was gathered and adds them to the store. */
etw_status etwi_harvest_publish(etwi_harvest *harvest, etw_schema_store *store, etw_error *error);

#endif
