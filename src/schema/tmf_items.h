/* The types of the arguments in TMF files, and the enumerations that some of them name. */
#ifndef ETWI_SCHEMA_TMF_ITEMS_H
#define ETWI_SCHEMA_TMF_ITEMS_H

#include "schema/name_table.h"
#include "schema/tmf_lines.h"

#include <etw/schema.h>

/* The enumerations of a file: each as a value map and as a bit map of the same entries. */
typedef struct etwi_tmf_enums {
    etwi_arena *arena;      /* What schemas point to. */
    etwi_name_table names;  /* Of the enumerations; values are indexes. */
    const etw_map **maps;   /* Value map and bit map of each. */
    size_t capacity, count; /* Of `maps`. */
} etwi_tmf_enums;

void etwi_tmf_enums_free(etwi_tmf_enums *enums);

/* Reads the enumeration whose first line has been read; `line` is what follows the keyword. */
etw_status etwi_tmf_read_enum(etwi_tmf_enums *enums, etw_str line, etwi_tmf_lines *lines,
                              etw_error *error);

/*
 * Sets types, map and tags of the argument `number` from its type, such as `ItemListByte(a,b)`, and
 * from the format of the message, which decides about sign and base of integers.
 *
 * Of a type that does not exist the in-type has no meaning either, so decoding stops before it.
 * Only ETW_E_NOMEM fails.
 */
etw_status etwi_tmf_item(const etwi_tmf_enums *enums, etw_str type, unsigned number, etw_str format,
                         etw_property *out);

#endif
