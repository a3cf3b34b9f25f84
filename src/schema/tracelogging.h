/* TraceLogging: events that carry their schema in extended data item 11. */
#ifndef ETWI_SCHEMA_TRACELOGGING_H
#define ETWI_SCHEMA_TRACELOGGING_H

#include "base/memory.h"

#include <etw/schema.h>

/*
 * Reads the metadata of an event into a schema; names and properties are copied into the arena.
 *
 * `event` gives provider, level, opcode, task and keyword. `metadata` is the whole item 11,
 * `traits` the whole item 12 or empty. ETW_E_CORRUPT with the byte offset in `metadata` if it
 * makes no sense.
 */
etw_status etwi_tracelogging_parse(etw_schema *out, const etw_event *event, etw_bytes metadata,
                                   etw_bytes traits, etwi_arena *arena, etw_error *error);

/* Chunks behind the name in a provider's traits. */
enum {
    ETWI_TRAIT_GROUP_GUID = 1,
    ETWI_TRAIT_DECODE_GUID = 2,
};

/* Finds a chunk of a provider's traits (item 12); false if it has none of that type. */
bool etwi_traits_find(etw_bytes traits, unsigned type, etw_bytes *out);

#endif
