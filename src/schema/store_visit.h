/* All schemas of a store in order, and as a pack. */
#ifndef ETWI_SCHEMA_STORE_VISIT_H
#define ETWI_SCHEMA_STORE_VISIT_H

#include "schema/pack_write.h"

/*
 * Appends a pack of all schemas but those built in and those of TraceLogging to `out`; what
 * travelled in traces becomes ETW_SCHEMA_EXPORTED. `count` receives how many there are. The schemas
 * by source of the summary are counted, the rest of it is written as it is.
 */
etw_status etwi_store_pack(etw_schema_store *store, const etwi_pack_summary *summary,
                           etwi_buffer *out, size_t *count, etw_error *error);

#endif
