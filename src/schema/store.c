/* The schema store: adding schemas, and looking them up; see schema_table.h for threads. */
#include "schema/store.h"

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/options.h"
#include "os/os.h"
#include "schema/builtin.h"
#include "schema/kernel.h"
#include "schema/native.h"
#include "schema/packs.h"
#include "schema/schema_table.h"
#include "schema/tracelogging.h"

struct etw_schema_store {
    etw_allocator allocator;
    etwi_arena arena;
    etwi_mutex *mutex;
    etwi_table *_Atomic table;
    etw_schema_store_stats stats;
    etwi_provider_nodes providers;
    etwi_packs packs;
    etwi_native native;
    etwi_schema string_only;
    etwi_schema manifest_data;
};

/* For readers, also those that may add something afterwards. */
static inline const etwi_table *table_of(const etw_schema_store *store)
{
    return atomic_load_explicit(&store->table, memory_order_acquire);
}

/* Whether an event brings its own description. */
static ETWI_NOINLINE bool is_tracelogging(const etw_event *event)
{
    uint32_t position = 0;
    etw_extended item;
    while (etw_event_next_extended(event, &position, &item))
        if (item.type == ETW_EXTENDED_EVENT_SCHEMA_TL)
            return true;
    return false;
}

/* The only definition of what most events are, or NULL: then the long way has to be taken. */
static ETWI_INLINE const etw_schema *find_quickly(etw_schema_store *store, const etw_event *event)
{
    const bool is_classic = event->flags & ETW_EVENT_CLASSIC;
    const uint64_t number =
        etwi_number_of(is_classic ? event->opcode : event->id, event->version, false, is_classic);
    etwi_entry *e = etwi_table_find_number(table_of(store), &event->provider, number);
    return e ? atomic_load_explicit(&e->only, memory_order_acquire) : NULL;
}

/* ------------------------------------------------------------------------------ adding */

static etwi_key key_of(const etw_schema *schema)
{
    const etwi_key k = {.provider = schema->provider,
                        .id = schema->is_classic ? schema->opcode : schema->id,
                        .version = schema->version,
                        .is_classic = schema->is_classic,
                        .is_message = schema->source == ETW_SCHEMA_TMF};
    return k;
}

static etw_status append(etw_schema_store *store, etwi_entry *e, const etw_schema *schema,
                         const etwi_plan *plan, etwi_scope scope)
{
    etwi_candidate *added = etwi_arena_alloc(&store->arena, sizeof *added);
    if (!added)
        return ETW_E_NOMEM;
    etwi_candidate_init(added, schema, plan, scope);
    etwi_entry_append(e, added);
    return ETW_OK;
}

static etw_status add_entry(etw_schema_store *store, const etwi_key *k, uint64_t hash,
                            const etw_schema *schema, const etwi_plan *plan, etwi_scope scope)
{
    etwi_entry *e = etwi_entry_create(&store->arena, k);
    if (!e || etwi_table_make_room(&store->table, &store->allocator) != ETW_OK)
        return ETW_E_NOMEM;
    e->is_rejected = !schema;
    if (schema)
        etwi_candidate_init(&e->first, schema, plan, scope);
    atomic_init(&e->only, schema && !schema->inferred ? &e->first.schema.pub : NULL);
    etwi_table_insert(atomic_load_explicit(&store->table, memory_order_relaxed), e, hash);
    return ETW_OK;
}

static etw_status put(etw_schema_store *store, const etwi_key *k, const etw_schema *schema,
                      etwi_scope scope, etw_error *error)
{
    const uint64_t hash = etwi_key_hash(k);
    etwi_entry *e = etwi_table_find(table_of(store), k, hash);
    if (e && etwi_entry_widen(e, schema, scope))
        return ETW_OK;
    etwi_plan plan;
    etw_status status = etwi_plan_make(&plan, schema, &store->arena, error);
    if (status == ETW_OK)
        status = e ? append(store, e, schema, &plan, scope)
                   : add_entry(store, k, hash, schema, &plan, scope);
    if (status == ETW_OK)
        store->stats.schemas[schema->source]++;
    if (status == ETW_E_CORRUPT)
        etwi_store_reject(store, error);
    return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : status;
}

etw_status etwi_store_put(etw_schema_store *store, const etw_schema *schema, etwi_scope scope,
                          etw_error *error)
{
    etw_error local;
    const etwi_key k = key_of(schema);
    return put(store, &k, schema, scope, error ? error : &local);
}

etw_status etwi_store_put_providers(etw_schema_store *store, const etwi_provider *const *providers,
                                    size_t count)
{
    etwi_provider_node *added = etwi_arena_alloc(&store->arena, count * sizeof *added);
    if (!added)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        added[i] = (etwi_provider_node){NULL, *providers[i]};
        etwi_provider_node **link =
            store->providers.last ? &store->providers.last->next : &store->providers.first;
        *link = store->providers.last = &added[i];
    }
    return ETW_OK;
}

const etwi_provider_node *etwi_store_providers(const etw_schema_store *store)
{
    return store->providers.first;
}

etw_status etwi_store_each(const etw_schema_store *store, etwi_candidate_taker take, void *user)
{
    const etwi_table *t = atomic_load_explicit(&store->table, memory_order_relaxed);
    for (size_t i = 0; i <= t->mask; i++) {
        const etwi_entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed);
        const etwi_candidate *c = e && !e->is_rejected ? &e->first : NULL;
        for (; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
            ETWI_TRY(
                take(user, &c->schema.pub, atomic_load_explicit(&c->trace, memory_order_relaxed)));
    }
    return ETW_OK;
}

void etwi_store_forget_trace(etw_schema_store *store, const etw_trace_info *trace)
{
    static const etw_trace_info gone;
    etwi_store_lock(store);
    etwi_table *t = atomic_load_explicit(&store->table, memory_order_relaxed);
    for (size_t i = 0; i <= t->mask; i++) {
        etwi_entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed);
        etwi_candidate *c = e && !e->is_rejected ? &e->first : NULL;
        for (; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
            if (atomic_load_explicit(&c->trace, memory_order_relaxed) == trace)
                atomic_store_explicit(&c->trace, &gone, memory_order_relaxed);
    }
    etwi_store_unlock(store);
}

void etwi_store_reject(etw_schema_store *store, const etw_error *error)
{
    if (!store->stats.rejected++)
        store->stats.first_rejected = *error;
}

void etwi_store_note_incomplete(etw_schema_store *store)
{
    store->stats.incomplete_manifests++;
}

void etwi_store_lock(etw_schema_store *store)
{
    etwi_mutex_lock(store->mutex);
}

void etwi_store_unlock(etw_schema_store *store)
{
    etwi_mutex_unlock(store->mutex);
}

etwi_arena *etwi_store_arena(etw_schema_store *store)
{
    return &store->arena;
}

etwi_packs *etwi_store_packs(etw_schema_store *store)
{
    return &store->packs;
}

etwi_native *etwi_store_native(etw_schema_store *store)
{
    return &store->native;
}

etw_schema_store_stats *etwi_store_stats(etw_schema_store *store)
{
    return &store->stats;
}

/* ----------------------------------------------------------------------------- looking up */

static etw_status append_missing(etw_schema_store *store, etwi_entry *e,
                                 const etwi_schema *const *schemas, size_t count)
{
    const etwi_scope any = {NULL, ETW_NO_ID};
    for (size_t i = 0; i < count; i++)
        if (!etwi_entry_widen(e, &schemas[i]->pub, any))
            ETWI_TRY(append(store, e, &schemas[i]->pub, &schemas[i]->plan, any));
    return ETW_OK;
}

/* Makes the entry of a key whose definitions are all known at once, and only then shows it to other
 * threads: which one fits is chosen among all. */
static etw_status add_whole_entry(etw_schema_store *store, const etwi_key *k, uint64_t hash,
                                  const etwi_schema *const *schemas, size_t count)
{
    const etwi_scope any = {NULL, ETW_NO_ID};
    etwi_entry *e = etwi_entry_create(&store->arena, k);
    if (!e || etwi_table_make_room(&store->table, &store->allocator) != ETW_OK)
        return ETW_E_NOMEM;
    etwi_candidate_init(&e->first, &schemas[0]->pub, &schemas[0]->plan, any);
    atomic_init(&e->only, schemas[0]->pub.inferred ? NULL : &e->first.schema.pub);
    ETWI_TRY(append_missing(store, e, schemas + 1, count - 1));
    etwi_table_insert(atomic_load_explicit(&store->table, memory_order_relaxed), e, hash);
    return ETW_OK;
}

etw_status etwi_store_put_all(etw_schema_store *store, const etwi_schema *const *schemas,
                              size_t count)
{
    const etwi_key k = key_of(&schemas[0]->pub);
    const uint64_t hash = etwi_key_hash(&k);
    etwi_entry *e = etwi_table_find(table_of(store), &k, hash);
    return e ? append_missing(store, e, schemas, count)
             : add_whole_entry(store, &k, hash, schemas, count);
}

static etw_status put_layouts(etw_schema_store *store, const etwi_key *k, const etw_schema *layouts,
                              unsigned count)
{
    etwi_schema ours[ETWI_KERNEL_LAYOUTS_MAX];
    const etwi_schema *list[ETWI_KERNEL_LAYOUTS_MAX];
    const uint64_t hash = etwi_key_hash(k);
    if (etwi_table_find(table_of(store), k, hash))
        return ETW_OK; /* Another thread was first. */
    for (unsigned i = 0; i < count; i++) {
        ours[i].pub = layouts[i];
        list[i] = &ours[i];
        ETWI_TRY(etwi_plan_make(&ours[i].plan, &layouts[i], &store->arena, NULL));
    }
    store->stats.schemas[ETW_SCHEMA_KERNEL] += count;
    return add_whole_entry(store, k, hash, list, count);
}

/* Takes the layouts of the static tables into the store, so that they get their plans. */
static etw_status add_kernel(etw_schema_store *store, const etwi_key *k)
{
    etw_schema layouts[ETWI_KERNEL_LAYOUTS_MAX];
    const unsigned count = etwi_kernel_find(&k->provider, (uint8_t)k->id, k->version, layouts);
    if (!count)
        return ETW_E_NO_SCHEMA;
    etwi_store_lock(store);
    /* A pack may have been added meanwhile, and what it says comes before what is built in. */
    etw_status status = etwi_packs_load_locked(store, &k->provider);
    if (status == ETW_OK)
        status = put_layouts(store, k, layouts, count);
    etwi_store_unlock(store);
    return status;
}

/* Whether the static tables have a class in the very version. */
static bool is_ours(const etwi_key *k)
{
    etw_schema layouts[ETWI_KERNEL_LAYOUTS_MAX];
    return etwi_kernel_find(&k->provider, (uint8_t)k->id, k->version, layouts) &&
           !layouts[0].inferred;
}

static etw_status find_described(etw_schema_store *store, const etwi_key *k, const etw_event *event,
                                 const etw_schema **out)
{
    const uint64_t hash = etwi_key_hash(k);
    etwi_entry *e = etwi_table_find(table_of(store), k, hash);
    if (!e && etwi_packs_any(&store->packs)) {
        ETWI_TRY(etwi_packs_load(store, &k->provider));
        e = etwi_table_find(table_of(store), k, hash);
    }
    if (!e && k->is_classic && is_ours(k)) {
        ETWI_TRY(add_kernel(store, k));
        e = etwi_table_find(table_of(store), k, hash);
    }
    if (!e && !k->is_message) {
        ETWI_TRY(etwi_native_learn(store, k, event));
        e = etwi_table_find(table_of(store), k, hash);
    }
    if (!e && k->is_classic) {
        ETWI_TRY(add_kernel(store, k));
        e = etwi_table_find(table_of(store), k, hash);
    }
    *out = e ? etwi_entry_choose(e, event) : NULL;
    return *out ? ETW_OK : ETW_E_NO_SCHEMA;
}

static bool keep_bytes(etw_schema_store *store, etw_bytes *bytes)
{
    uint8_t *copy = etwi_arena_alloc(&store->arena, bytes->size);
    if (!copy)
        return false;
    if (bytes->size)
        memcpy(copy, bytes->data, bytes->size);
    bytes->data = copy;
    return true;
}

static etw_status add_tracelogging(etw_schema_store *store, etwi_key *k, const etw_event *event)
{
    if (!keep_bytes(store, &k->metadata) || !keep_bytes(store, &k->traits))
        return ETW_E_NOMEM;
    const etwi_scope any = {NULL, ETW_NO_ID};
    etw_schema schema;
    etw_error error;
    etw_status status =
        etwi_tracelogging_parse(&schema, event, k->metadata, k->traits, &store->arena, &error);
    if (status == ETW_OK)
        status = put(store, k, &schema, any, &error);
    else if (status != ETW_E_NOMEM)
        etwi_store_reject(store, &error);
    if (status == ETW_OK || status == ETW_E_NOMEM)
        return status;
    /* Remembered, so that the next such event costs no more than others. */
    return add_entry(store, k, etwi_key_hash(k), NULL, NULL, any);
}

static etw_status find_tracelogging(etw_schema_store *store, const etw_event *event,
                                    etw_bytes metadata, const etw_schema **out)
{
    etwi_key k = {.provider = event->provider, .metadata = metadata};
    etw_event_find_extended(event, ETW_EXTENDED_PROVIDER_TRAITS, &k.traits);
    const uint64_t hash = etwi_key_hash(&k);
    etwi_entry *e = etwi_table_find(table_of(store), &k, hash);
    if (!e) {
        etwi_store_lock(store);
        /* Another thread may have been first. */
        e = etwi_table_find(table_of(store), &k, hash);
        const etw_status status = e ? ETW_OK : add_tracelogging(store, &k, event);
        etwi_store_unlock(store);
        ETWI_TRY(status);
        e = etwi_table_find(table_of(store), &k, hash);
    }
    if (e->is_rejected)
        return ETW_E_NO_SCHEMA;
    *out = &e->first.schema.pub;
    return ETW_OK;
}

/* Events can name another GUID to decode by, in their provider's traits. */
static etw_guid decode_provider(const etw_event *event)
{
    etw_bytes traits, guid;
    if (event->flags & ETW_EVENT_DECODE_GUID &&
        etw_event_find_extended(event, ETW_EXTENDED_PROVIDER_TRAITS, &traits) &&
        etwi_traits_find(traits, ETWI_TRAIT_DECODE_GUID, &guid) && guid.size >= 16)
        return etwi_load_guid(guid.data);
    return event->provider;
}

/* Whatever is not found at once. */
static ETWI_NOINLINE etw_status find_slowly(etw_schema_store *store, const etw_event *event,
                                            const etw_schema **out)
{
    if (event->flags & ETW_EVENT_TRACE_MESSAGE) {
        const etwi_key k = {.provider = event->provider, .id = event->id, .is_message = true};
        return find_described(store, &k, event, out);
    }
    if (event->flags & ETW_EVENT_STRING_ONLY) {
        *out = &store->string_only.pub;
        return ETW_OK;
    }
    if (event->flags & ETW_EVENT_CLASSIC) {
        const etwi_key k = {.provider = event->provider,
                            .id = event->opcode,
                            .version = event->version,
                            .is_classic = true};
        return find_described(store, &k, event, out);
    }
    etw_bytes metadata;
    if (event->flags & ETW_EVENT_EXTENDED_INFO &&
        etw_event_find_extended(event, ETW_EXTENDED_EVENT_SCHEMA_TL, &metadata) && metadata.size)
        return find_tracelogging(store, event, metadata, out);
    const etwi_key k = {
        .provider = decode_provider(event), .id = event->id, .version = event->version};
    const etw_status status = find_described(store, &k, event, out);
    if (status == ETW_E_NO_SCHEMA && etwi_is_manifest_data(event)) {
        *out = &store->manifest_data.pub;
        return ETW_OK;
    }
    return status;
}

enum {
    /* These events may be described by more than their provider and number. */
    UNUSUAL = ETW_EVENT_TRACE_MESSAGE | ETW_EVENT_STRING_ONLY | ETW_EVENT_DECODE_GUID,
};

etw_status etw_schema_store_find(etw_schema_store *store, const etw_event *event,
                                 const etw_schema **out)
{
    const bool is_usual = !(event->flags & UNUSUAL) &&
                          !(event->flags & ETW_EVENT_EXTENDED_INFO && is_tracelogging(event));
    *out = is_usual ? find_quickly(store, event) : NULL;
    return *out ? ETW_OK : find_slowly(store, event, out);
}

static ETWI_NOINLINE const etw_schema *find_any(etw_schema_store *store, const etw_event *event)
{
    const etw_schema *schema;
    return etw_schema_store_find(store, event, &schema) == ETW_OK ? schema : NULL;
}

static ETWI_NOINLINE const etw_schema *find_rare(etw_schema_store *store, const etw_event *event)
{
    const etw_schema *schema;
    return find_slowly(store, event, &schema) == ETW_OK ? schema : NULL;
}

/* Nothing but the usual case is in here, so no register has to be saved for it. */
const etw_schema *etwi_store_schema(etw_schema_store *store, const etw_event *event)
{
    if (event->flags & (UNUSUAL | ETW_EVENT_EXTENDED_INFO))
        return find_any(store, event);
    const etw_schema *schema = find_quickly(store, event);
    return schema ? schema : find_rare(store, event);
}

/* -------------------------------------------------------------------------- life and counters */

static etw_status make_builtin(etw_schema_store *store, etwi_schema *out, const etw_schema *schema,
                               etw_error *error)
{
    out->pub = *schema;
    return etwi_plan_make(&out->plan, schema, &store->arena, error);
}

etw_status etw_schema_store_create(etw_schema_store **out, const etw_schema_store_options *options,
                                   etw_error *error)
{
    *out = NULL;
    etw_schema_store_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_schema_store *store = etwi_alloc_zeroed(&allocator, sizeof *store);
    if (!store)
        return etwi_fail_nomem(error);
    store->allocator = store->arena.allocator = allocator;
    store->mutex = etwi_mutex_create();
    atomic_init(&store->table, etwi_table_create(&allocator));
    etw_status status =
        store->mutex && atomic_load(&store->table) ? ETW_OK : etwi_fail_nomem(error);
    if (status == ETW_OK)
        status = etwi_native_init(&store->native, &allocator) == ETW_OK ? ETW_OK
                                                                        : etwi_fail_nomem(error);
    if (status == ETW_OK)
        status = etwi_packs_init(&store->packs, &store->arena, ours.cache_folder, error);
    if (status == ETW_OK)
        status = make_builtin(store, &store->string_only, etwi_builtin_string_only(), error);
    if (status == ETW_OK)
        status = make_builtin(store, &store->manifest_data, etwi_builtin_manifest_data(), error);
    if (status != ETW_OK) {
        etw_schema_store_destroy(&store);
        return status;
    }
    *out = store;
    return ETW_OK;
}

void etw_schema_store_destroy(etw_schema_store **store)
{
    etw_schema_store *closing = *store;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    etwi_table_destroy(atomic_load(&closing->table), &allocator);
    etwi_native_close(&closing->native, &allocator);
    etwi_packs_close(&closing->packs);
    etwi_arena_free(&closing->arena);
    etwi_mutex_destroy(closing->mutex);
    etwi_free(&allocator, closing, sizeof *closing);
    *store = NULL;
}

etw_schema_store_stats etw_schema_store_get_stats(const etw_schema_store *store)
{
    etwi_mutex_lock(store->mutex);
    const etw_schema_store_stats stats = store->stats;
    etwi_mutex_unlock(store->mutex);
    return stats;
}
