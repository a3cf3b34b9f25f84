/* Open addressing with linear probing, at most half full. Nothing is ever removed. */
#include "schema/name_table.h"

#include "base/hash.h"

enum {
    FIRST_CAPACITY = 64,
};

/* The address of the table salts the hash, so that a file cannot bring names that all collide. */
static uint64_t hash_name(const etwi_name_table *table, uint32_t scope, etw_str text)
{
    const uint64_t salt = etwi_hash_mix((uint64_t)(uintptr_t)table, scope);
    return etwi_hash_bytes(salt, text.data, text.size);
}

static bool is_name(const etwi_name *name, uint64_t hash, uint32_t scope, etw_str text)
{
    return name->hash == hash && name->scope == scope && name->text.size == text.size &&
           (!text.size || memcmp(name->text.data, text.data, text.size) == 0);
}

/* The slot that holds the name or would hold it. There always is a free one. */
static etwi_name *probe(const etwi_name_table *table, uint64_t hash, uint32_t scope, etw_str text)
{
    const size_t mask = table->capacity - 1;
    size_t i = (size_t)hash & mask;
    while (table->slots[i].used && !is_name(&table->slots[i], hash, scope, text))
        i = (i + 1) & mask;
    return &table->slots[i];
}

static bool grow(etwi_name_table *table)
{
    etwi_name_table grown = *table;
    grown.capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    if (grown.capacity > SIZE_MAX / sizeof *grown.slots)
        return false;
    grown.slots = etwi_alloc_zeroed(&table->allocator, grown.capacity * sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < table->capacity; i++) {
        const etwi_name *name = &table->slots[i];
        if (name->used)
            *probe(&grown, name->hash, name->scope, name->text) = *name;
    }
    etwi_free(&table->allocator, table->slots, table->capacity * sizeof *table->slots);
    *table = grown;
    return true;
}

etwi_name *etwi_name_put(etwi_name_table *table, uint32_t scope, etw_str text)
{
    if (2 * (table->count + 1) > table->capacity && !grow(table))
        return NULL;
    const uint64_t hash = hash_name(table, scope, text);
    etwi_name *slot = probe(table, hash, scope, text);
    if (!slot->used) {
        const etwi_name name = {hash, text, scope, ETWI_NO_VALUE, true};
        *slot = name;
        table->count++;
    }
    return slot;
}

uint32_t etwi_name_find(const etwi_name_table *table, uint32_t scope, etw_str text)
{
    if (!table->count)
        return ETWI_NO_VALUE;
    const etwi_name *slot = probe(table, hash_name(table, scope, text), scope, text);
    return slot->used ? slot->value : ETWI_NO_VALUE;
}

void etwi_name_table_free(etwi_name_table *table)
{
    etwi_free(&table->allocator, table->slots, table->capacity * sizeof *table->slots);
    table->slots = NULL;
    table->capacity = table->count = 0;
}
