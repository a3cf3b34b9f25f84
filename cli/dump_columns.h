/* The columns of a table of events. */
#ifndef ETW_CLI_DUMP_COLUMNS_H
#define ETW_CLI_DUMP_COLUMNS_H

#include "dump_kinds.h"
#include "opt.h"
#include "text.h"

#include <etw/property.h>

enum {
    DUMP_PATH_MAX = ETW_STRUCT_DEPTH_MAX + 1
};

/* What the columns of the header are made from. */
typedef struct dump_row {
    const etw_event *event;
    const etw_schema *schema; /* NULL if none is known. */
    cli_clock *clock;
} dump_row;

/* One column: a field of the header, all data, or a property. */
typedef struct dump_column {
    etw_str name;                                     /* As it was given. */
    void (*add)(cli_text *text, const dump_row *row); /* Of fields of the header. */
    bool is_text;                                     /* What add() adds may need quotes. */
    bool is_of_kind;                 /* All events of a kind have the same; see dump_kinds.h. */
    bool is_data;                    /* All properties as name=value. */
    etw_str property;                /* Its name, or names with dots. */
    etw_str path[DUMP_PATH_MAX + 1]; /* The single names; behind the last one an empty one. */
    size_t path_count;
    size_t start, size; /* The value of a property, in dump.values. */
    dump_kinds *kinds;  /* Of the first of columns in a row that are of the kind. */
    size_t run;         /* How many those are. */
} dump_column;

/* How many columns --fields asks for, or those there are without. */
size_t dump_column_count(const cli_list *fields);

/* Makes column `index`. False, having said so, for a name that is a mistake. */
bool dump_column_make(dump_column *out, const cli_list *fields, size_t index);

#endif
