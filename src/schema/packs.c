#include "schema/packs.h"

#include "base/error.h"
#include "schema/compare.h"
#include "schema/document.h"

#include <stdlib.h>
#include <string.h>

/* In the memory of the store. */
struct etwi_packs_link {
    etwi_packs_link *_Atomic next;
    etwi_pack *pack;
    etwi_pack_origin origin;
    atomic_bool is_replaced; /* The next one has all that is in this one. */
};

etw_status etwi_packs_init(etwi_packs *packs, etwi_arena *arena, const char *cache_folder,
                           etw_error *error)
{
    etw_str copy = {NULL, 0};
    atomic_init(&packs->first, NULL);
    if (cache_folder && !etwi_arena_str(arena, &copy, cache_folder, strlen(cache_folder)))
        return etwi_fail_nomem(error);
    packs->cache_folder = copy.data;
    return ETW_OK;
}

static etwi_packs_link *next_link(const etwi_packs_link *link)
{
    return atomic_load_explicit(&link->next, memory_order_acquire);
}

static etwi_packs_link *first_link(etw_schema_store *store)
{
    return atomic_load_explicit(&etwi_store_packs(store)->first, memory_order_acquire);
}

/* The number of a provider in a pack that has it and has not handed it out yet. */
static uint32_t find_pending(const etwi_packs_link *link, const etw_guid *provider)
{
    const uint32_t index = etwi_pack_find(link->pack, provider);
    if (index == ETWI_PACK_NO_PROVIDER || etwi_pack_is_loaded(link->pack, index) ||
        atomic_load_explicit(&link->is_replaced, memory_order_acquire))
        return ETWI_PACK_NO_PROVIDER;
    return index;
}

/* -------------------------------------------------------------------------------- loading */

/* What all packs have of one provider. */
typedef struct gathering {
    etwi_arena arena; /* Of what is not needed any more when it is in the store. */
    const etwi_schema **items;
    size_t count;
    size_t capacity;
    const etwi_provider **definitions;
    size_t definition_count;
    size_t definition_capacity;
} gathering;

/* Of one key the one that came first is first. */
typedef struct ranked {
    const etwi_schema *schema;
    size_t rank;
} ranked;

static etw_status take_definitions(gathering *g, const etwi_section *section)
{
    void *memory = (void *)g->definitions;
    const etw_status status =
        etwi_grow(&g->arena.allocator, &memory, &g->definition_capacity,
                  g->definition_count + section->definition_count, sizeof *g->definitions);
    g->definitions = memory;
    ETWI_TRY(status);
    for (uint32_t i = 0; i < section->definition_count; i++)
        g->definitions[g->definition_count++] = &section->definitions[i];
    return ETW_OK;
}

static etw_status take_section(gathering *g, const etwi_section *section)
{
    void *memory = (void *)g->items;
    const etw_status status = etwi_grow(&g->arena.allocator, &memory, &g->capacity,
                                        g->count + section->count, sizeof *g->items);
    g->items = memory;
    ETWI_TRY(status);
    for (uint32_t i = 0; i < section->count; i++)
        g->items[g->count++] = &section->schemas[i];
    return take_definitions(g, section);
}

static etw_status add_link(etw_schema_store *store, etwi_packs_link *_Atomic *place,
                           etwi_pack *pack, const etwi_pack_origin *origin)
{
    etwi_arena *arena = etwi_store_arena(store);
    etwi_packs_link *link = etwi_arena_alloc_zeroed(arena, sizeof *link);
    etw_str name;
    if (!link || !etwi_arena_str(arena, &name, origin->name, strlen(origin->name))) {
        etwi_pack_close(&pack);
        return ETW_E_NOMEM;
    }
    link->pack = pack;
    link->origin = *origin;
    link->origin.name = name.data;
    atomic_init(&link->is_replaced, false);
    atomic_init(&link->next, atomic_load_explicit(place, memory_order_relaxed));
    atomic_store_explicit(place, link, memory_order_release);
    return ETW_OK;
}

/* A damaged cache is made anew of its sources. What is wrong with other packs is told, and the
 * provider is as unknown as if it were in none. */
static etw_status handle_damage(etw_schema_store *store, etwi_packs_link *link, etw_error *error)
{
    etwi_pack *fresh;
    etw_error why;
    etw_status status = ETW_E_UNSUPPORTED;
    if (link->origin.renew)
        status = link->origin.renew(link->origin.user, &fresh, &why);
    if (status == ETW_OK) {
        ETWI_TRY(add_link(store, &link->next, fresh, &link->origin));
        atomic_store_explicit(&link->is_replaced, true, memory_order_release);
    } else if (status != ETW_E_NOMEM) {
        etwi_document_fail(error, link->origin.name, error);
        etwi_store_reject(store, error);
        status = ETW_OK;
    }
    return status;
}

static etw_status gather(etw_schema_store *store, gathering *g, const etw_guid *provider)
{
    for (etwi_packs_link *link = first_link(store); link; link = next_link(link)) {
        const uint32_t index = find_pending(link, provider);
        if (index == ETWI_PACK_NO_PROVIDER)
            continue;
        etw_error error;
        etwi_section section = {.arena = etwi_store_arena(store), .scratch = &g->arena};
        etw_status status = etwi_pack_load(link->pack, index, &section, &error);
        if (status == ETW_OK)
            status = take_section(g, &section);
        else if (status != ETW_E_NOMEM)
            status = handle_damage(store, link, &error);
        ETWI_TRY(status);
    }
    return ETW_OK;
}

static int compare_ranked(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    const int order = etwi_schema_compare_keys(&left->schema->pub, &right->schema->pub);
    return order ? order : (left->rank > right->rank) - (left->rank < right->rank);
}

/* Brings those of one key together. */
static etw_status sort(gathering *g)
{
    ranked *list = etwi_arena_alloc(&g->arena, g->count * sizeof *list);
    if (!list)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < g->count; i++)
        list[i] = (ranked){g->items[i], i};
    qsort(list, g->count, sizeof *list, compare_ranked);
    for (size_t i = 0; i < g->count; i++)
        g->items[i] = list[i].schema;
    return ETW_OK;
}

static etw_status put(etw_schema_store *store, const gathering *g)
{
    for (size_t i = 0; i < g->count;) {
        size_t end = i + 1;
        while (end < g->count &&
               etwi_schema_compare_keys(&g->items[i]->pub, &g->items[end]->pub) == 0)
            end++;
        ETWI_TRY(etwi_store_put_all(store, &g->items[i], end - i));
        i = end;
    }
    /* At last: nothing tells afterwards whether some are there already. */
    return etwi_store_put_providers(store, g->definitions, g->definition_count);
}

/* Only now may other threads believe that what they do not find is not there. */
static void set_loaded(etw_schema_store *store, const etw_guid *provider)
{
    for (etwi_packs_link *link = first_link(store); link; link = next_link(link)) {
        const uint32_t index = find_pending(link, provider);
        if (index != ETWI_PACK_NO_PROVIDER)
            etwi_pack_set_loaded(link->pack, index);
    }
}

static bool is_pending(etw_schema_store *store, const etw_guid *provider)
{
    for (etwi_packs_link *link = first_link(store); link; link = next_link(link))
        if (find_pending(link, provider) != ETWI_PACK_NO_PROVIDER)
            return true;
    return false;
}

etw_status etwi_packs_load_locked(etw_schema_store *store, const etw_guid *provider)
{
    if (!is_pending(store, provider))
        return ETW_OK;
    gathering g = {.arena.allocator = etwi_store_arena(store)->allocator};
    etw_status status = gather(store, &g, provider);
    if (status == ETW_OK)
        status = sort(&g);
    if (status == ETW_OK)
        status = put(store, &g);
    if (status == ETW_OK)
        set_loaded(store, provider);
    etwi_free(&g.arena.allocator, (void *)g.items, g.capacity * sizeof *g.items);
    etwi_free(&g.arena.allocator, (void *)g.definitions,
              g.definition_capacity * sizeof *g.definitions);
    etwi_arena_free(&g.arena);
    return status;
}

etw_status etwi_packs_load(etw_schema_store *store, const etw_guid *provider)
{
    if (!is_pending(store, provider))
        return ETW_OK;
    etwi_store_lock(store);
    const etw_status status = etwi_packs_load_locked(store, provider);
    etwi_store_unlock(store);
    return status;
}

static etw_status load_pack(etw_schema_store *store, const etwi_pack *pack)
{
    for (uint32_t i = 0; i < etwi_pack_provider_count(pack); i++) {
        const etw_guid provider = etwi_pack_provider(pack, i);
        ETWI_TRY(etwi_packs_load_locked(store, &provider));
    }
    return ETW_OK;
}

etw_status etwi_packs_load_all(etw_schema_store *store)
{
    etw_status status = ETW_OK;
    etwi_store_lock(store);
    for (etwi_packs_link *link = first_link(store); link && status == ETW_OK;
         link = next_link(link))
        status = load_pack(store, link->pack);
    etwi_store_unlock(store);
    return status;
}

/* --------------------------------------------------------------------------------- adding */

/* What the store knows already of a provider would keep the pack from being asked. */
static etw_status load_known(void *user, const etw_schema *schema, const etw_trace_info *trace)
{
    (void)trace;
    return etwi_packs_load_locked(user, &schema->provider);
}

static void count(etw_schema_store *store, const etwi_pack_summary *summary, bool is_cache)
{
    etw_schema_store_stats *stats = etwi_store_stats(store);
    for (unsigned i = 0; i < ETW_SCHEMA_SOURCE_COUNT; i++)
        stats->schemas[i] += summary->schemas[i];
    if (!is_cache || !summary->rejected.count)
        return;
    etwi_store_reject(store, &summary->rejected.first);
    stats->rejected += summary->rejected.count - 1;
}

etw_status etwi_packs_add(etw_schema_store *store, etwi_pack *pack, const etwi_pack_origin *origin)
{
    etwi_store_lock(store);
    etwi_packs_link *_Atomic *place = &etwi_store_packs(store)->first;
    for (etwi_packs_link *link = first_link(store); link; link = next_link(link))
        place = &link->next;
    etw_status status = add_link(store, place, pack, origin);
    if (status == ETW_OK) {
        count(store, etwi_pack_get_summary(pack), origin->renew != NULL);
        status = etwi_store_each(store, load_known, store);
    }
    etwi_store_unlock(store);
    return status;
}

void etwi_packs_close(etwi_packs *packs)
{
    etwi_packs_link *link = atomic_load_explicit(&packs->first, memory_order_relaxed);
    for (; link; link = next_link(link))
        etwi_pack_close(&link->pack);
}
