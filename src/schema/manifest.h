/* Instrumentation manifests in XML: those that EventSources write into a trace, and .man files. */
#ifndef ETWI_SCHEMA_MANIFEST_H
#define ETWI_SCHEMA_MANIFEST_H

#include "schema/provider.h"

/*
 * Reads a manifest and hands out what it says about each provider, and the schema of every event
 * in it; `source` of each is ETW_SCHEMA_MANIFEST. All memory they point to is in the arena.
 *
 * What is wrong with a single event or template leaves that one out; `problem` (which may be NULL)
 * receives the first such fault and the status is still ETW_OK.
 *
 * Fails with ETW_E_CORRUPT (not well-formed; the offset is that of the byte in the XML),
 * ETW_E_LIMIT (too large or nested too deep) or ETW_E_NOMEM.
 */
etw_status etwi_manifest_parse(etw_bytes xml, etwi_arena *arena, const etwi_taker *taker,
                               etw_error *problem, etw_error *error);

#endif
