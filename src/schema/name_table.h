/* A hash table from names, each within a scope, to numbers. */
#ifndef ETWI_SCHEMA_NAME_TABLE_H
#define ETWI_SCHEMA_NAME_TABLE_H

#include "base/memory.h"

#define ETWI_NO_VALUE UINT32_MAX

typedef struct etwi_name {
    uint64_t hash;
    etw_str text; /* Borrowed: must live as long as the table. */
    uint32_t scope;
    uint32_t value; /* ETWI_NO_VALUE until the caller sets it. */
    bool used;
} etwi_name;

/* Zero-initialise but for `allocator`. */
typedef struct etwi_name_table {
    etw_allocator allocator;
    etwi_name *slots;
    size_t capacity; /* A power of two, or 0. */
    size_t count;
} etwi_name_table;

/* The slot of a name, which is added if it is new; NULL if memory is out. Valid until the next
 * call. */
etwi_name *etwi_name_put(etwi_name_table *table, uint32_t scope, etw_str text);

/* The value of a name, or ETWI_NO_VALUE. */
uint32_t etwi_name_find(const etwi_name_table *table, uint32_t scope, etw_str text);

/* Frees the memory of the table; it is empty again. */
void etwi_name_table_free(etwi_name_table *table);

#endif
