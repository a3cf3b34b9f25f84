/*
 * The table of a store: entries by what events carry, and in each the definitions that there are.
 * Readers take no lock: they load tables and chains with acquire order, and what they can reach is
 * neither freed nor changed before the store is destroyed. Writers take turns.
 */
#ifndef ETWI_SCHEMA_SCHEMA_TABLE_H
#define ETWI_SCHEMA_SCHEMA_TABLE_H

#include "base/hash.h"
#include "schema/store.h"

#include <stdatomic.h>
#include <string.h>

/* What tells events apart that have to be described by different schemas. */
typedef struct etwi_key {
    etw_guid provider;
    uint16_t id; /* Event id, or event type of classic events. */
    uint8_t version;
    bool is_classic;
    bool is_message;    /* Of WPP: `id` is the number below the GUID of the message. */
    etw_bytes metadata; /* Of TraceLogging, instead of id and version … */
    etw_bytes traits;   /* … and what the provider says of itself, its name among it. */
} etwi_key;

/* One definition for a key; definitions of the same key form a chain. */
typedef struct etwi_candidate {
    etwi_schema schema;
    struct etwi_candidate *_Atomic next;
    const etw_trace_info *_Atomic trace; /* The scope; see etwi_scope. */
    _Atomic uint32_t process_id;
} etwi_candidate;

/* What lookups touch comes first, and the beginning of the plan with it: one cache line, where
 * etwi_entry_create() puts it at the begin of one. */
typedef struct etwi_entry {
    etw_guid provider; /* Of the key. */
    uint64_t number;   /* See etwi_number_of(); TraceLogging has none. */
    /* The only definition, if nothing has to be chosen. */
    const etw_schema *_Atomic only;
    etwi_candidate first;
    etwi_key key;
    bool is_rejected; /* The description makes no sense; there is no candidate. */
} etwi_entry;

/* The hash is beside the pointer, so that a lookup touches one entry only, the right one. */
typedef struct etwi_slot {
    etwi_entry *_Atomic entry;
    uint64_t hash; /* Written before `entry`. */
} etwi_slot;

typedef struct etwi_table {
    struct etwi_table *older; /* Kept for readers that still use it. */
    size_t mask;
    size_t count;
    etwi_slot slots[];
} etwi_table;

#define ETWI_NO_NUMBER UINT64_MAX

/* What tells the events of a provider apart, those of TraceLogging aside. */
static inline uint64_t etwi_number_of(unsigned id, unsigned version, bool is_message,
                                      bool is_classic)
{
    return (uint64_t)id << 16 | version << 8 | (uint64_t)is_message << 1 | is_classic;
}

static inline uint64_t etwi_number_hash(const etw_guid *provider, uint64_t number)
{
    uint64_t words[2];
    memcpy(words, provider, sizeof words);
    return etwi_hash_mix(words[0] ^ number << 32, words[1]);
}

static inline uint64_t etwi_key_number(const etwi_key *k)
{
    return k->metadata.data ? ETWI_NO_NUMBER
                            : etwi_number_of(k->id, k->version, k->is_message, k->is_classic);
}

static inline uint64_t etwi_key_hash(const etwi_key *k)
{
    uint64_t words[2];
    memcpy(words, &k->provider, sizeof words);
    if (k->metadata.data)
        return etwi_hash_bytes(words[0] ^ words[1], k->metadata.data, k->metadata.size);
    return etwi_number_hash(&k->provider, etwi_key_number(k));
}

static inline bool etwi_same_bytes(etw_bytes a, etw_bytes b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool etwi_key_equal(const etwi_key *a, const etwi_key *b)
{
    return etw_guid_equal(&a->provider, &b->provider) && a->id == b->id &&
           a->version == b->version && a->is_classic == b->is_classic &&
           a->is_message == b->is_message && etwi_same_bytes(a->metadata, b->metadata) &&
           etwi_same_bytes(a->traits, b->traits);
}

/* The entry of a key, or NULL. */
static inline etwi_entry *etwi_table_find(const etwi_table *table, const etwi_key *k, uint64_t hash)
{
    for (size_t i = (size_t)hash & table->mask;; i = (i + 1) & table->mask) {
        etwi_entry *e = atomic_load_explicit(&table->slots[i].entry, memory_order_acquire);
        if (!e || (table->slots[i].hash == hash && etwi_key_equal(&e->key, k)))
            return e;
    }
}

/* The same for a number of etwi_number_of(). */
static inline etwi_entry *etwi_table_find_number(const etwi_table *table, const etw_guid *provider,
                                                 uint64_t number)
{
    const uint64_t hash = etwi_number_hash(provider, number);
    for (size_t i = (size_t)hash & table->mask;; i = (i + 1) & table->mask) {
        etwi_entry *e = atomic_load_explicit(&table->slots[i].entry, memory_order_acquire);
        if (!e || (table->slots[i].hash == hash && e->number == number &&
                   etw_guid_equal(&e->provider, provider)))
            return e;
    }
}

/* An empty table, or NULL. */
etwi_table *etwi_table_create(const etw_allocator *allocator);

/* Frees a table and those that it replaced. NULL is fine. */
void etwi_table_destroy(etwi_table *table, const etw_allocator *allocator);

/* Room for one more entry; may put a larger table in the place of the one there is. */
etw_status etwi_table_make_room(etwi_table *_Atomic *table, const etw_allocator *allocator);

/* A blank entry for a key. NULL if memory is out. */
etwi_entry *etwi_entry_create(etwi_arena *arena, const etwi_key *k);

/* Shows an entry to readers; there is room, and no entry with its key. */
void etwi_table_insert(etwi_table *table, etwi_entry *e, uint64_t hash);

void etwi_candidate_init(etwi_candidate *c, const etw_schema *schema, const etwi_plan *plan,
                         etwi_scope scope);

/* Looks for an equal definition; if there is one, it serves both scopes from now on. */
bool etwi_entry_widen(etwi_entry *e, const etw_schema *schema, etwi_scope scope);

/* Adds a definition behind those there are. */
void etwi_entry_append(etwi_entry *e, etwi_candidate *added);

/* The nearest definition; among equals the first that fits the payload. */
const etw_schema *etwi_entry_choose(etwi_entry *e, const etw_event *event);

#endif
