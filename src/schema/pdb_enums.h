/* The enumerations in the types of symbol files, as far as trace messages name them. */
#ifndef ETWI_SCHEMA_PDB_ENUMS_H
#define ETWI_SCHEMA_PDB_ENUMS_H

#include "schema/pdb_symbols.h"

/*
 * Appends `#enumv` blocks for the enumerations that ItemEnum() and ItemFlagsEnum() in the text name
 * and the file has.
 *
 * Damage leaves enumerations out; `problem` receives the first such fault unless it has one. Fails
 * with ETW_E_LIMIT or ETW_E_NOMEM.
 */
etw_status etwi_pdb_read_enums(etwi_msf *msf, etwi_pdb_text *text, etw_error *problem,
                               etw_error *error);

#endif
