/* The symbols of the modules in symbol files: where compilers put what WPP notes in the source. */
#ifndef ETWI_SCHEMA_PDB_SYMBOLS_H
#define ETWI_SCHEMA_PDB_SYMBOLS_H

#include "base/buffer.h"
#include "schema/pdb_msf.h"

/* Text that is not to grow beyond a limit. */
typedef struct etwi_pdb_text {
    etwi_buffer buffer;
    size_t limit;
} etwi_pdb_text;

/* Appends a line, in which line breaks become blanks. ETW_E_LIMIT or ETW_E_NOMEM. */
etw_status etwi_pdb_put_line(etwi_pdb_text *text, etw_str line, etw_str more, etw_error *error);

/*
 * Appends the lines of all "TMF:" annotations, as a TMF file has them: each message knows the
 * function it is in.
 *
 * What is damaged leaves the message out, or the module; `problem` receives the first such fault
 * unless it has one. Fails with ETW_E_CORRUPT if the list of modules cannot be read, with
 * ETW_E_LIMIT, or with ETW_E_NOMEM.
 */
etw_status etwi_pdb_read_annotations(etwi_msf *msf, etwi_pdb_text *text, etw_error *problem,
                                     etw_error *error);

#endif
