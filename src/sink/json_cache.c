#include "sink/json_cache.h"

#include "sink/json_writer.h"

#include "base/bytes.h"

enum {
    SLOT_COUNT = 4096,
    PROGRAMS_MAX = SLOT_COUNT / 2,
    SIZE_LIMIT = 8 * 1024 * 1024,
    /* EVENT_HEADER.Flags that decide on what the constant pieces say. */
    FLAGS_SHOWN = ETW_EVENT_CLASSIC | ETW_EVENT_TRACE_MESSAGE,
};

bool etwi_json_cache_init(etwi_json_cache *cache, const etw_allocator *allocator)
{
    cache->arena.allocator = cache->text.allocator = cache->ops.allocator = *allocator;
    cache->count_max = PROGRAMS_MAX;
    cache->slots = etwi_alloc_zeroed(allocator, SLOT_COUNT * sizeof *cache->slots);
    return cache->slots != NULL;
}

void etwi_json_cache_free(etwi_json_cache *cache)
{
    const etw_allocator allocator = cache->arena.allocator;
    etwi_free(&allocator, cache->slots, SLOT_COUNT * sizeof *cache->slots);
    etwi_arena_free(&cache->arena);
    etwi_buffer_free(&cache->text);
    etwi_buffer_free(&cache->ops);
}

static void reset(etwi_json_cache *cache)
{
    memset(cache->slots, 0, SLOT_COUNT * sizeof *cache->slots);
    etwi_arena_free(&cache->arena);
    cache->count = 0;
    cache->size = 0;
    cache->resets++;
}

static inline etwi_json_key key_of(const etw_event *event, const etw_schema *schema)
{
    etwi_json_key key;
    memcpy(key.provider, &event->provider, sizeof key.provider);
    key.schema = (uint64_t)(uintptr_t)schema;
    key.keyword = event->keyword;
    key.numbers =
        event->id | (uint64_t)event->task << 16 | (uint64_t)(event->flags & FLAGS_SHOWN) << 32;
    key.bytes = event->version | (uint64_t)event->channel << 8 | (uint64_t)event->level << 16 |
                (uint64_t)event->opcode << 24 | (uint64_t)event->header_kind << 32 |
                (uint64_t)event->pointer_size << 40;
    return key;
}

/* Good enough for a table that is half empty; that of base/hash.h is twice as long. */
static inline uint64_t hash_of(const etwi_json_key *key)
{
    const uint64_t a = (key->schema ^ key->keyword) * 0x9E3779B97F4A7C15u;
    const uint64_t b = (key->provider[0] ^ key->numbers) * 0xBF58476D1CE4E5B9u;
    const uint64_t c = (key->provider[1] ^ key->bytes) * 0x94D049BB133111EBu;
    const uint64_t mixed = (a ^ a >> 32) + (b ^ b >> 29) + (c ^ c >> 31);
    return mixed ^ mixed >> 20;
}

static inline bool is_same(const etwi_json_key *a, const etwi_json_key *b)
{
    return !((a->provider[0] ^ b->provider[0]) | (a->provider[1] ^ b->provider[1]) |
             (a->schema ^ b->schema) | (a->keyword ^ b->keyword) | (a->numbers ^ b->numbers) |
             (a->bytes ^ b->bytes));
}

static const etwi_json_program *add(etw_json *json, const etwi_json_key *key, uint64_t hash,
                                    const etw_event *event, const etw_schema *schema)
{
    etwi_json_cache *cache = &json->cache;
    if (cache->count >= cache->count_max || cache->size > SIZE_LIMIT)
        reset(cache);
    const etwi_json_program *program = etwi_json_program_make(json, key, event, schema);
    if (!program)
        return NULL;
    size_t at = hash % SLOT_COUNT;
    while (cache->slots[at].program)
        at = (at + 1) % SLOT_COUNT;
    cache->slots[at].hash = hash;
    cache->slots[at].program = program;
    cache->count++;
    return program;
}

const etwi_json_program *etwi_json_cache_find(etw_json *json, const etw_event *event,
                                              const etw_schema *schema)
{
    const etwi_json_key key = key_of(event, schema);
    const uint64_t hash = hash_of(&key);
    const etwi_json_slot *slots = json->cache.slots;
    for (size_t at = hash % SLOT_COUNT; slots[at].program; at = (at + 1) % SLOT_COUNT)
        if (slots[at].hash == hash && is_same(&slots[at].program->key, &key))
            return slots[at].program;
    return add(json, &key, hash, event, schema);
}
