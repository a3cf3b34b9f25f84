/*
 * A hash table of entries that begin with their key, a structure of a fixed size without padding.
 * Entries stay in the order in which they were added; finding one that is there allocates nothing.
 */
#ifndef ETW_CLI_TABLE_H
#define ETW_CLI_TABLE_H

#include <etw/base.h>

typedef struct cli_table {
    size_t entry_size, key_size;
    char *entries;
    size_t count, capacity;
    uint32_t *slots;   /* Index of an entry plus one, or 0. */
    size_t slot_count; /* A power of two, or 0. */
} cli_table;

/* The entry of that key; a new one is zeroed behind its key. NULL if memory ran out. */
void *cli_table_get(cli_table *table, const void *key);

/* The entry that was added as number `index`. */
static inline void *cli_table_at(const cli_table *table, size_t index)
{
    return table->entries + index * table->entry_size;
}

void cli_table_free(cli_table *table);

#endif
