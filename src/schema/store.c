/*
 * The schema store: a hash table that only grows. Readers take no lock: they load the table and the
 * chains of candidates with acquire order, and nothing they can reach is ever freed or changed
 * before the store is destroyed. Writers take turns.
 */
#include "schema/store.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/options.h"
#include "os/os.h"
#include "schema/builtin.h"
#include "schema/compare.h"
#include "schema/kernel.h"
#include "schema/tracelogging.h"

#include <stdatomic.h>

enum {
    FIRST_TABLE_SIZE = 256
};

typedef struct key {
    etw_guid provider;
    uint16_t id; /* Event id, or event type of classic events. */
    uint8_t version;
    bool is_classic;
    bool is_message;    /* Of WPP: `id` is the number below the GUID of the message. */
    etw_bytes metadata; /* Of TraceLogging, instead of id and version … */
    etw_bytes traits;   /* … and what the provider says of itself, its name among it. */
} key;

/* One definition for a key; definitions of the same key form a chain. */
typedef struct candidate {
    struct candidate *_Atomic next;
    etwi_schema schema;
    const etw_trace_info *_Atomic trace; /* The scope; see etwi_scope. */
    _Atomic uint32_t process_id;
} candidate;

typedef struct entry {
    key key;
    uint64_t number; /* See number_of(); TraceLogging has none. */
    /* The only definition, if nothing has to be chosen; what lookups look at first. */
    const etw_schema *_Atomic only;
    bool is_rejected; /* The description makes no sense; there is no candidate. */
    candidate first;
} entry;

/* The hash is beside the pointer, so that a lookup touches one entry only, the right one. */
typedef struct slot {
    entry *_Atomic entry;
    uint64_t hash; /* Written before `entry`. */
} slot;

typedef struct table {
    struct table *older; /* Kept for readers that still use it. */
    size_t mask;
    size_t count;
    slot slots[];
} table;

struct etw_schema_store {
    etw_allocator allocator;
    etwi_arena arena;
    etwi_mutex *mutex;
    table *_Atomic table;
    etw_schema_store_stats stats;
    etwi_provider_nodes providers;
    etwi_schema string_only;
    etwi_schema manifest_data;
};

/* ------------------------------------------------------------------------------ table */

#define NO_NUMBER UINT64_MAX

/* What tells the events of a provider apart, those of TraceLogging aside. */
static inline uint64_t number_of(unsigned id, unsigned version, bool is_message, bool is_classic)
{
    return (uint64_t)id << 16 | version << 8 | (uint64_t)is_message << 1 | is_classic;
}

static inline uint64_t hash_number(const etw_guid *provider, uint64_t number)
{
    uint64_t words[2];
    memcpy(words, provider, sizeof words);
    return etwi_hash_mix(words[0] ^ number << 32, words[1]);
}

static inline uint64_t number_of_key(const key *k)
{
    return k->metadata.data ? NO_NUMBER
                            : number_of(k->id, k->version, k->is_message, k->is_classic);
}

static inline uint64_t hash_key(const key *k)
{
    uint64_t words[2];
    memcpy(words, &k->provider, sizeof words);
    if (k->metadata.data)
        return etwi_hash_bytes(words[0] ^ words[1], k->metadata.data, k->metadata.size);
    return hash_number(&k->provider, number_of_key(k));
}

static inline bool same_bytes(etw_bytes a, etw_bytes b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool same_key(const key *a, const key *b)
{
    return etw_guid_equal(&a->provider, &b->provider) && a->id == b->id &&
           a->version == b->version && a->is_classic == b->is_classic &&
           a->is_message == b->is_message && same_bytes(a->metadata, b->metadata) &&
           same_bytes(a->traits, b->traits);
}

static inline entry *find_entry(etw_schema_store *store, const key *k, uint64_t hash)
{
    const table *t = atomic_load_explicit(&store->table, memory_order_acquire);
    for (size_t i = (size_t)hash & t->mask;; i = (i + 1) & t->mask) {
        entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_acquire);
        if (!e || (t->slots[i].hash == hash && same_key(&e->key, k)))
            return e;
    }
}

/* Whether an event brings its own description. */
static inline bool is_tracelogging(const etw_event *event)
{
    if (!(event->flags & ETW_EVENT_EXTENDED_INFO))
        return false;
    uint32_t position = 0;
    etw_extended item;
    while (etw_event_next_extended(event, &position, &item))
        if (item.type == ETW_EXTENDED_EVENT_SCHEMA_TL)
            return true;
    return false;
}

/* The only definition of what most events are, or NULL: then the long way has to be taken. */
static inline const etw_schema *find_quickly(etw_schema_store *store, const etw_event *event)
{
    const unsigned unusual =
        ETW_EVENT_TRACE_MESSAGE | ETW_EVENT_STRING_ONLY | ETW_EVENT_DECODE_GUID;
    const bool is_classic = event->flags & ETW_EVENT_CLASSIC;
    if (event->flags & unusual || (!is_classic && is_tracelogging(event)))
        return NULL;
    const uint64_t number =
        number_of(is_classic ? event->opcode : event->id, event->version, false, is_classic);
    const uint64_t hash = hash_number(&event->provider, number);
    const table *t = atomic_load_explicit(&store->table, memory_order_acquire);
    for (size_t i = (size_t)hash & t->mask;; i = (i + 1) & t->mask) {
        entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_acquire);
        if (!e)
            return NULL;
        if (t->slots[i].hash == hash && e->number == number &&
            etw_guid_equal(&e->key.provider, &event->provider))
            return atomic_load_explicit(&e->only, memory_order_acquire);
    }
}

static table *create_table(const etw_allocator *allocator, size_t size)
{
    table *t = etwi_alloc_zeroed(allocator, sizeof *t + size * sizeof t->slots[0]);
    if (t)
        t->mask = size - 1;
    return t;
}

static void insert(table *t, entry *e, uint64_t hash)
{
    size_t i = (size_t)hash & t->mask;
    while (atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed))
        i = (i + 1) & t->mask;
    t->slots[i].hash = hash;
    atomic_store_explicit(&t->slots[i].entry, e, memory_order_release);
    t->count++;
}

/* Room for one more entry: at most half of the slots are used. */
static etw_status make_room(etw_schema_store *store)
{
    table *t = atomic_load_explicit(&store->table, memory_order_relaxed);
    if (t->count < t->mask / 2)
        return ETW_OK;
    table *grown = create_table(&store->allocator, 2 * (t->mask + 1));
    if (!grown)
        return ETW_E_NOMEM;
    for (size_t i = 0; i <= t->mask; i++) {
        entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed);
        if (e)
            insert(grown, e, t->slots[i].hash);
    }
    grown->older = t;
    atomic_store_explicit(&store->table, grown, memory_order_release);
    return ETW_OK;
}

/* ------------------------------------------------------------------------------ adding */

static key key_of(const etw_schema *schema)
{
    const key k = {.provider = schema->provider,
                   .id = schema->is_classic ? schema->opcode : schema->id,
                   .version = schema->version,
                   .is_classic = schema->is_classic,
                   .is_message = schema->source == ETW_SCHEMA_TMF};
    return k;
}

static void fill_candidate(etw_schema_store *store, candidate *c, const etw_schema *schema,
                           const etwi_plan *plan, etwi_scope scope)
{
    c->schema.pub = *schema;
    c->schema.plan = *plan;
    atomic_init(&c->next, NULL);
    atomic_init(&c->trace, scope.trace);
    atomic_init(&c->process_id, scope.process_id);
    store->stats.schemas[schema->source]++;
}

/* Looks for an equal definition in a chain; if there is one, it serves both scopes from now on. */
static bool widen_equal(entry *e, const etw_schema *schema, etwi_scope scope)
{
    for (candidate *c = &e->first; c; c = atomic_load_explicit(&c->next, memory_order_relaxed)) {
        if (!etwi_schema_equal(&c->schema.pub, schema))
            continue;
        if (atomic_load_explicit(&c->trace, memory_order_relaxed) != scope.trace)
            atomic_store_explicit(&c->trace, NULL, memory_order_relaxed);
        if (atomic_load_explicit(&c->process_id, memory_order_relaxed) != scope.process_id)
            atomic_store_explicit(&c->process_id, ETW_NO_ID, memory_order_relaxed);
        return true;
    }
    return false;
}

static etw_status append_candidate(etw_schema_store *store, entry *e, const etw_schema *schema,
                                   const etwi_plan *plan, etwi_scope scope)
{
    candidate *added = etwi_arena_alloc(&store->arena, sizeof *added);
    if (!added)
        return ETW_E_NOMEM;
    fill_candidate(store, added, schema, plan, scope);
    atomic_store_explicit(&e->only, NULL, memory_order_release);
    candidate *last = &e->first;
    for (candidate *c = last; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
        last = c;
    atomic_store_explicit(&last->next, added, memory_order_release);
    return ETW_OK;
}

static etw_status add_entry(etw_schema_store *store, const key *k, uint64_t hash,
                            const etw_schema *schema, const etwi_plan *plan, etwi_scope scope)
{
    entry *e = etwi_arena_alloc_zeroed(&store->arena, sizeof *e);
    if (!e || make_room(store) != ETW_OK)
        return ETW_E_NOMEM;
    e->key = *k;
    e->number = number_of_key(k);
    e->is_rejected = !schema;
    if (schema)
        fill_candidate(store, &e->first, schema, plan, scope);
    atomic_init(&e->only, schema && !schema->inferred ? &e->first.schema.pub : NULL);
    insert(atomic_load_explicit(&store->table, memory_order_relaxed), e, hash);
    return ETW_OK;
}

static etw_status put(etw_schema_store *store, const key *k, const etw_schema *schema,
                      etwi_scope scope, etw_error *error)
{
    const uint64_t hash = hash_key(k);
    entry *e = find_entry(store, k, hash);
    if (e && widen_equal(e, schema, scope))
        return ETW_OK;
    etwi_plan plan;
    etw_status status = etwi_plan_make(&plan, schema, &store->arena, error);
    if (status == ETW_OK)
        status = e ? append_candidate(store, e, schema, &plan, scope)
                   : add_entry(store, k, hash, schema, &plan, scope);
    if (status == ETW_E_CORRUPT)
        etwi_store_reject(store, error);
    return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : status;
}

etw_status etwi_store_put(etw_schema_store *store, const etw_schema *schema, etwi_scope scope,
                          etw_error *error)
{
    etw_error local;
    const key k = key_of(schema);
    return put(store, &k, schema, scope, error ? error : &local);
}

etw_status etwi_store_put_provider(etw_schema_store *store, const etwi_provider *provider)
{
    etwi_provider_node *added = etwi_arena_alloc(&store->arena, sizeof *added);
    if (!added)
        return ETW_E_NOMEM;
    added->next = NULL;
    added->provider = *provider;
    etwi_provider_node **link =
        store->providers.last ? &store->providers.last->next : &store->providers.first;
    *link = store->providers.last = added;
    return ETW_OK;
}

const etwi_provider_node *etwi_store_providers(const etw_schema_store *store)
{
    return store->providers.first;
}

etw_status etwi_store_each(const etw_schema_store *store,
                           etw_status (*use)(void *user, const etwi_schema *schema), void *user)
{
    const table *t = atomic_load_explicit(&store->table, memory_order_relaxed);
    for (size_t i = 0; i <= t->mask; i++) {
        const entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed);
        const candidate *c = e && !e->is_rejected ? &e->first : NULL;
        for (; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
            ETWI_TRY(use(user, &c->schema));
    }
    return ETW_OK;
}

void etwi_store_forget_trace(etw_schema_store *store, const etw_trace_info *trace)
{
    static const etw_trace_info gone;
    etwi_store_lock(store);
    table *t = atomic_load_explicit(&store->table, memory_order_relaxed);
    for (size_t i = 0; i <= t->mask; i++) {
        entry *e = atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed);
        candidate *c = e && !e->is_rejected ? &e->first : NULL;
        for (; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
            if (atomic_load_explicit(&c->trace, memory_order_relaxed) == trace)
                atomic_store_explicit(&c->trace, &gone, memory_order_relaxed);
    }
    etwi_store_unlock(store);
}

/* False if the visitor has seen enough. */
static bool visit_entry(entry *e, bool (*visit)(void *user, const etw_schema *schema), void *user)
{
    candidate *c = e && !e->is_rejected ? &e->first : NULL;
    for (; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
        if (!visit(user, &c->schema.pub))
            return false;
    return true;
}

void etw_schema_store_visit(etw_schema_store *store,
                            bool (*visit)(void *user, const etw_schema *schema), void *user)
{
    etwi_store_lock(store);
    table *t = atomic_load_explicit(&store->table, memory_order_relaxed);
    for (size_t i = 0; i <= t->mask; i++)
        if (!visit_entry(atomic_load_explicit(&t->slots[i].entry, memory_order_relaxed), visit,
                         user))
            break;
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

/* ----------------------------------------------------------------------------- looking up */

int etwi_source_rank(etw_schema_source source)
{
    switch (source) {
    case ETW_SCHEMA_KERNEL:
        return 0;
    case ETW_SCHEMA_MANIFEST_FILE:
    case ETW_SCHEMA_PE:
    case ETW_SCHEMA_TMF:
        return 1;
    default:
        return 2;
    }
}

/* How near a definition is to an event: by its origin, then the event's own trace and process, and
 * those of others last. */
static int nearness(const candidate *c, const etw_event *event)
{
    const etw_trace_info *trace = atomic_load_explicit(&c->trace, memory_order_relaxed);
    const uint32_t process_id = atomic_load_explicit(&c->process_id, memory_order_relaxed);
    int score = 16 * etwi_source_rank((etw_schema_source)c->schema.pub.source);
    score += trace == event->trace ? 8 : trace ? 0 : 4;
    score += process_id == event->process_id ? 2 : process_id == ETW_NO_ID ? 1 : 0;
    return score;
}

static bool fits(const candidate *c, const etw_event *event)
{
    const etwi_plan *plan = &c->schema.plan;
    const uint32_t least = plan->size_min[etwi_width_index(event->pointer_size)];
    if (plan->fixed_size && !c->schema.pub.inferred)
        return event->payload_size == least;
    return event->payload_size >= least;
}

/* The nearest definition; among equals the first that fits the payload. */
static const etw_schema *choose(entry *e, const etw_event *event)
{
    const etw_schema *only = atomic_load_explicit(&e->only, memory_order_acquire);
    if (only)
        return only;
    const candidate *best = NULL;
    int best_score = -1;
    for (candidate *c = &e->first; c; c = atomic_load_explicit(&c->next, memory_order_acquire)) {
        const int score = 2 * nearness(c, event) + fits(c, event);
        if (score > best_score && (fits(c, event) || !c->schema.pub.inferred)) {
            best = c;
            best_score = score;
        }
    }
    return best ? &best->schema.pub : NULL;
}

/* Makes the entry of an event type whose layouts are all known at once, and only then shows it to
 * other threads: which one fits is chosen among all. */
static etw_status put_layouts(etw_schema_store *store, const key *k, const etw_schema *layouts,
                              unsigned count)
{
    const uint64_t hash = hash_key(k);
    if (find_entry(store, k, hash))
        return ETW_OK; /* Another thread was first. */
    const etwi_scope any = {NULL, ETW_NO_ID};
    entry *e = etwi_arena_alloc_zeroed(&store->arena, sizeof *e);
    if (!e || make_room(store) != ETW_OK)
        return ETW_E_NOMEM;
    e->key = *k;
    e->number = number_of_key(k);
    for (unsigned i = 0; i < count; i++) {
        etwi_plan plan;
        ETWI_TRY(etwi_plan_make(&plan, &layouts[i], &store->arena, NULL));
        if (i)
            ETWI_TRY(append_candidate(store, e, &layouts[i], &plan, any));
        else
            fill_candidate(store, &e->first, &layouts[i], &plan, any);
    }
    atomic_init(&e->only, count == 1 && !layouts[0].inferred ? &e->first.schema.pub : NULL);
    insert(atomic_load_explicit(&store->table, memory_order_relaxed), e, hash);
    return ETW_OK;
}

/* Takes the layouts of the static tables into the store, so that they get their plans. */
static etw_status add_kernel(etw_schema_store *store, const key *k)
{
    etw_schema layouts[ETWI_KERNEL_LAYOUTS_MAX];
    const unsigned count = etwi_kernel_find(&k->provider, (uint8_t)k->id, k->version, layouts);
    if (!count)
        return ETW_E_NO_SCHEMA;
    etwi_store_lock(store);
    const etw_status status = put_layouts(store, k, layouts, count);
    etwi_store_unlock(store);
    return status;
}

static etw_status find_described(etw_schema_store *store, const key *k, const etw_event *event,
                                 const etw_schema **out)
{
    const uint64_t hash = hash_key(k);
    entry *e = find_entry(store, k, hash);
    if (!e && k->is_classic) {
        ETWI_TRY(add_kernel(store, k));
        e = find_entry(store, k, hash);
    }
    *out = e ? choose(e, event) : NULL;
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

static etw_status add_tracelogging(etw_schema_store *store, key *k, const etw_event *event)
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
    return add_entry(store, k, hash_key(k), NULL, NULL, any);
}

static etw_status find_tracelogging(etw_schema_store *store, const etw_event *event,
                                    etw_bytes metadata, const etw_schema **out)
{
    key k = {.provider = event->provider, .metadata = metadata};
    etw_event_find_extended(event, ETW_EXTENDED_PROVIDER_TRAITS, &k.traits);
    const uint64_t hash = hash_key(&k);
    entry *e = find_entry(store, &k, hash);
    if (!e) {
        etwi_store_lock(store);
        /* Another thread may have been first. */
        e = find_entry(store, &k, hash);
        const etw_status status = e ? ETW_OK : add_tracelogging(store, &k, event);
        etwi_store_unlock(store);
        ETWI_TRY(status);
        e = find_entry(store, &k, hash);
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

etw_status etw_schema_store_find(etw_schema_store *store, const etw_event *event,
                                 const etw_schema **out)
{
    *out = find_quickly(store, event);
    if (*out)
        return ETW_OK;
    if (event->flags & ETW_EVENT_TRACE_MESSAGE) {
        const key k = {.provider = event->provider, .id = event->id, .is_message = true};
        return find_described(store, &k, event, out);
    }
    if (event->flags & ETW_EVENT_STRING_ONLY) {
        *out = &store->string_only.pub;
        return ETW_OK;
    }
    if (event->flags & ETW_EVENT_CLASSIC) {
        const key k = {.provider = event->provider,
                       .id = event->opcode,
                       .version = event->version,
                       .is_classic = true};
        return find_described(store, &k, event, out);
    }
    etw_bytes metadata;
    if (event->flags & ETW_EVENT_EXTENDED_INFO &&
        etw_event_find_extended(event, ETW_EXTENDED_EVENT_SCHEMA_TL, &metadata) && metadata.size)
        return find_tracelogging(store, event, metadata, out);
    const key k = {.provider = decode_provider(event), .id = event->id, .version = event->version};
    const etw_status status = find_described(store, &k, event, out);
    if (status == ETW_E_NO_SCHEMA && etwi_is_manifest_data(event)) {
        *out = &store->manifest_data.pub;
        return ETW_OK;
    }
    return status;
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
    atomic_init(&store->table, create_table(&allocator, FIRST_TABLE_SIZE));
    etw_status status =
        store->mutex && atomic_load(&store->table) ? ETW_OK : etwi_fail_nomem(error);
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
    for (table *t = atomic_load(&closing->table); t;) {
        table *older = t->older;
        etwi_free(&allocator, t, sizeof *t + (t->mask + 1) * sizeof t->slots[0]);
        t = older;
    }
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

int etw_schema_find_property(const etw_schema *schema, etw_str name)
{
    for (int i = 0; i < schema->top_level_count; i++) {
        const etw_str *candidate_name = &schema->properties[i].name;
        if (candidate_name->size == name.size &&
            (!name.size || memcmp(candidate_name->data, name.data, name.size) == 0))
            return i;
    }
    return -1;
}
