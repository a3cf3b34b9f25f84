/* Symbol files (PDB) of programs with WPP: what their trace messages say. */
#ifndef ETWI_SCHEMA_PDB_H
#define ETWI_SCHEMA_PDB_H

#include "schema/manifest.h"

/* Whether bytes begin as symbol files do. */
bool etwi_pdb_probe(etw_bytes bytes);

/*
 * Hands out the schema of every trace message that is annotated in a symbol file, as
 * etwi_tmf_parse() does for TMF files; what is wrong has no offset.
 *
 * Fails with ETW_E_UNSUPPORTED if there are no annotations, as in files with public symbols only,
 * or if the file is of an older kind; with ETW_E_CORRUPT, ETW_E_LIMIT or ETW_E_NOMEM.
 */
etw_status etwi_pdb_parse(etw_bytes file, etwi_arena *arena, etwi_schema_taker take, void *user,
                          etw_error *problem, etw_error *error);

#endif
