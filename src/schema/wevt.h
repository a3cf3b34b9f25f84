/* Compiled manifests: the resource WEVT_TEMPLATE of executable files. */
#ifndef ETWI_SCHEMA_WEVT_H
#define ETWI_SCHEMA_WEVT_H

#include "schema/manifest.h"
#include "schema/message_table.h"

/* A resource and its texts. */
typedef struct etwi_wevt_source {
    etw_bytes resource;
    const etwi_message_table *messages; /* NULL if there are none. */
} etwi_wevt_source;

/*
 * Reads a resource and hands out what is in it, as etwi_manifest_parse() does; `source` of each is
 * ETW_SCHEMA_PE.
 *
 * What is wrong with a single event leaves that one out; `problem` (which may be NULL) receives the
 * first such fault and the status is still ETW_OK. Fails with ETW_E_CORRUPT, ETW_E_LIMIT or
 * ETW_E_NOMEM. Offsets of faults are those in the resource.
 */
etw_status etwi_wevt_parse(const etwi_wevt_source *source, etwi_arena *arena,
                           const etwi_taker *taker, etw_error *problem, etw_error *error);

/* An executable file, and the one with its messages if they are in a file of their own. */
typedef struct etwi_wevt_files {
    etw_bytes file;
    etw_bytes satellite; /* Empty if there is none. */
} etwi_wevt_files;

/*
 * Finds the compiled manifest and the messages of an executable file, and reads them.
 * ETW_E_UNSUPPORTED if the file has none.
 */
etw_status etwi_wevt_parse_pe(const etwi_wevt_files *files, etwi_arena *arena,
                              const etwi_taker *taker, etw_error *problem, etw_error *error);

#endif
