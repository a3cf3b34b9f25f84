/* Whether two schemas say the same. */
#ifndef ETWI_SCHEMA_COMPARE_H
#define ETWI_SCHEMA_COMPARE_H

#include <etw/schema.h>

/* Compares all that a user of an event can see: layout, names, maps, provenance. */
bool etwi_schema_equal(const etw_schema *a, const etw_schema *b);

/* Whether two maps give the same names to the same values. */
bool etwi_map_equal(const etw_map *a, const etw_map *b);

/*
 * The order in which packs and lists have schemas: by provider; events before classic ones before
 * messages of WPP; by number, by version; TraceLogging events by name. 0 if an event that one of
 * them describes may be described by the other one too.
 */
int etwi_schema_compare_keys(const etw_schema *a, const etw_schema *b);

#endif
