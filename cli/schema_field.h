/* The fields of a schema by their names, and what each of them is in words. */
#ifndef ETW_CLI_SCHEMA_FIELD_H
#define ETW_CLI_SCHEMA_FIELD_H

#include "text.h"

#include <etw/schema.h>

/* A field; members of structs have the names of those before their own: "Outer.Inner". */
typedef struct cli_field {
    const char *path; /* Ends with a zero. */
    unsigned index;   /* Of its property. */
} cli_field;

typedef struct cli_fields {
    const etw_schema *schema;
    cli_field *items; /* By path. */
    size_t count;
    cli_text paths; /* All of them. */
} cli_fields;

/* False if memory ran out. */
bool cli_fields_make(cli_fields *fields, const etw_schema *schema);
void cli_fields_free(cli_fields *fields);

/* "win:UInt32", "win:Binary(size)[4] as win:IPv6 of Colours". */
void cli_field_describe(cli_text *text, const etw_schema *schema, unsigned index);

/* Whether two fields give their values the same names. */
bool cli_field_same_map(const etw_property *a, const etw_property *b);

#endif
