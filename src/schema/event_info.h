/* TRACE_EVENT_INFO and EVENT_MAP_INFO, as merging tools and TDH lay them out (tdh.h). */
#ifndef ETWI_SCHEMA_EVENT_INFO_H
#define ETWI_SCHEMA_EVENT_INFO_H

#include "base/memory.h"

#include <etw/schema.h>

/* Finds the map that a property names; NULL if there is none. */
typedef const etw_map *(*etwi_map_finder)(void *user, const etw_guid *provider, etw_str name);

/*
 * Reads one TRACE_EVENT_INFO into `out`; strings and properties are copied into the arena.
 *
 * `out->source` is ETW_SCHEMA_EVENT_INFO. ETW_E_CORRUPT with the byte offset in the blob if it
 * makes no sense.
 */
etw_status etwi_event_info_parse(etw_schema *out, etw_bytes blob, etwi_arena *arena,
                                 etwi_map_finder find_map, void *user, etw_error *error);

/* Reads one EVENT_MAP_INFO; names and texts are copied and lose trailing blanks. */
etw_status etwi_event_map_parse(etw_map *out, etw_bytes blob, etwi_arena *arena, etw_error *error);

#endif
