/* Trace message format (TMF) files: what WPP messages say and what their arguments are. */
#ifndef ETWI_SCHEMA_TMF_H
#define ETWI_SCHEMA_TMF_H

#include "schema/manifest.h"

/* Whether bytes may be a TMF file, or the beginning of one. */
bool etwi_tmf_probe(etw_bytes bytes);

/*
 * Reads a TMF file in UTF-8 or UTF-16LE and hands out the schema of every message in it; `source`
 * of each is ETW_SCHEMA_TMF, `provider` the GUID and `id` the number of the message. All memory
 * that the schemas point to is in the arena.
 *
 * What is wrong with a single message leaves that one out; `problem` (which may be NULL) receives
 * the first such fault and the status is still ETW_OK. Its offset is that of the line in the text
 * as UTF-8.
 *
 * Fails with ETW_E_UNSUPPORTED if there is not one message in the file, or with ETW_E_NOMEM.
 */
etw_status etwi_tmf_parse(etw_bytes bytes, etwi_arena *arena, etwi_schema_taker take, void *user,
                          etw_error *problem, etw_error *error);

#endif
