#include "table.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_key(const char *key, size_t size)
{
    uint64_t hash = size;
    for (; size > 0;) {
        const size_t step = size < 8 ? size : 8;
        uint64_t word = 0;
        memcpy(&word, key, step);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
        key += step;
        size -= step;
    }
    hash *= 0xBF58476D1CE4E5B9u;
    return hash ^ hash >> 32;
}

/* The slot of a key: the one that holds it, or the empty one where it belongs. */
static uint32_t *find_slot(const cli_table *table, const char *key)
{
    const size_t mask = table->slot_count - 1;
    size_t at = (size_t)hash_key(key, table->key_size) & mask;
    // Ends, because at least half of the slots are empty.
    while (table->slots[at] &&
           memcmp(cli_table_at(table, table->slots[at] - 1), key, table->key_size) != 0)
        at = (at + 1) & mask;
    return &table->slots[at];
}

static bool grow_slots(cli_table *table)
{
    const size_t slot_count = table->slot_count ? 2 * table->slot_count : 256;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    for (size_t i = 0; i < table->count; i++)
        *find_slot(table, cli_table_at(table, i)) = (uint32_t)i + 1;
    return true;
}

static bool grow_entries(cli_table *table)
{
    const size_t capacity = table->capacity ? 2 * table->capacity : 128;
    char *entries = realloc(table->entries, capacity * table->entry_size);
    if (!entries)
        return false;
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

void *cli_table_get(cli_table *table, const void *key)
{
    if (2 * (table->count + 1) > table->slot_count && !grow_slots(table))
        return NULL;
    uint32_t *slot = find_slot(table, key);
    if (*slot)
        return cli_table_at(table, *slot - 1);
    if (table->count >= UINT32_MAX - 1 || (table->count == table->capacity && !grow_entries(table)))
        return NULL;
    char *entry = cli_table_at(table, table->count++);
    memcpy(entry, key, table->key_size);
    memset(entry + table->key_size, 0, table->entry_size - table->key_size);
    *slot = (uint32_t)table->count;
    return entry;
}

void cli_table_free(cli_table *table)
{
    free(table->entries);
    free(table->slots);
    *table = (cli_table){0};
}
