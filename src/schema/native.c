#include "schema/native.h"

#include "base/error.h"
#include "schema/event_info.h"
#include "schema/liars.h"

enum {
    ASKED_MAX = 1 << 16, /* Kinds of events; who has more of them has a trace that lies. */
};

/* One conversation with the system. The store is locked. */
typedef struct inquiry {
    etw_schema_store *store;
    const etwi_native_source *source;
    const etw_event *event; /* That is being described. */
    const etwi_key *key;    /* NULL: as the description says. */
    etwi_arena scratch;
    bool is_out_of_memory;
    uint32_t added;
} inquiry;

static inquiry inquiry_of(etw_schema_store *store)
{
    const inquiry made = {.store = store,
                          .source = etwi_store_native(store)->source,
                          .scratch = {.allocator = etwi_store_arena(store)->allocator}};
    return made;
}

etw_status etwi_native_init(etwi_native *native, const etw_allocator *allocator)
{
    native->source = etwi_native_system();
    atomic_init(&native->asked, etwi_table_create(allocator));
    return atomic_load(&native->asked) ? ETW_OK : ETW_E_NOMEM;
}

void etwi_native_close(etwi_native *native, const etw_allocator *allocator)
{
    etwi_table_destroy(atomic_load(&native->asked), allocator);
}

/* ---------------------------------------------------------------------------- one event */

/* A map that cannot be read is counted, and its property does without. */
static const etw_map *find_map(void *user, const etw_guid *provider, etw_str name)
{
    inquiry *i = user;
    etwi_arena *arena = etwi_store_arena(i->store);
    etw_bytes blob;
    etw_error error;
    (void)provider;
    etw_status status = i->source->map(i->event, name, &i->scratch, &blob);
    if (status != ETW_OK && status != ETW_E_NOMEM)
        return NULL;
    etw_map *map = status == ETW_OK ? etwi_arena_alloc(arena, sizeof *map) : NULL;
    if (map)
        status = etwi_event_map_parse(map, blob, arena, &error);
    if (!map || status == ETW_E_NOMEM)
        i->is_out_of_memory = true;
    else if (status != ETW_OK)
        etwi_store_reject(i->store, &error);
    return map && status == ETW_OK ? map : NULL;
}

/* What was asked for is what is described, whatever the answer says of itself. */
static void name_by_key(etw_schema *schema, const etwi_key *key)
{
    schema->provider = key->provider;
    schema->version = key->version;
    schema->is_classic = key->is_classic;
    if (key->is_classic)
        schema->opcode = (uint8_t)key->id;
    else
        schema->id = key->id;
}

/* A description that makes no sense is counted and left out. */
static etw_status put_info(inquiry *i, etw_bytes info)
{
    const etwi_scope any = {NULL, ETW_NO_ID};
    etwi_arena *arena = etwi_store_arena(i->store);
    etw_schema schema;
    etw_error error;
    etw_status status = etwi_event_info_parse(&schema, info, arena, find_map, i, &error);
    if (status == ETW_OK && i->is_out_of_memory)
        return ETW_E_NOMEM;
    if (status == ETW_OK)
        status = etwi_correct_liar(&schema, arena);
    if (status == ETW_E_NOMEM)
        return status;
    if (status != ETW_OK) {
        etwi_store_reject(i->store, &error);
        return ETW_OK;
    }
    schema.source = ETW_SCHEMA_TDH;
    if (i->key)
        name_by_key(&schema, i->key);
    i->added++;
    status = etwi_store_put(i->store, &schema, any, &error);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static etw_status note_asked(inquiry *i)
{
    etwi_native *native = etwi_store_native(i->store);
    etwi_arena *arena = etwi_store_arena(i->store);
    etwi_entry *entry = etwi_entry_create(arena, i->key);
    if (!entry || etwi_table_make_room(&native->asked, &arena->allocator) != ETW_OK)
        return ETW_E_NOMEM;
    entry->is_rejected = true;
    etwi_table_insert(atomic_load_explicit(&native->asked, memory_order_relaxed), entry,
                      etwi_key_hash(i->key));
    return ETW_OK;
}

static etw_status ask(inquiry *i)
{
    etw_bytes info;
    const etw_status status = i->source->event(i->event, &i->scratch, &info);
    if (status == ETW_E_NOMEM)
        return status;
    if (status == ETW_OK)
        ETWI_TRY(put_info(i, info));
    return note_asked(i);
}

static bool is_to_be_asked(const etwi_native *native, const etwi_key *key)
{
    const etwi_table *asked = atomic_load_explicit(&native->asked, memory_order_acquire);
    return !etwi_table_find(asked, key, etwi_key_hash(key));
}

etw_status etwi_native_learn(etw_schema_store *store, const etwi_key *key, const etw_event *event)
{
    const etwi_native *native = etwi_store_native(store);
    if (!native->source || !is_to_be_asked(native, key))
        return ETW_OK;
    etw_status status = ETW_OK;
    etwi_store_lock(store);
    /* Another thread may have been first. */
    if (is_to_be_asked(native, key) && atomic_load(&native->asked)->count < ASKED_MAX) {
        inquiry i = inquiry_of(store);
        i.event = event;
        i.key = key;
        status = ask(&i);
        etwi_arena_free(&i.scratch);
    }
    etwi_store_unlock(store);
    return status;
}

/* ---------------------------------------------------------------------------- providers */

etw_status etwi_native_providers(const etw_schema_store *store, etwi_arena *arena,
                                 etwi_provider_taker take, void *user)
{
    const etwi_native_source *source = etwi_store_native((etw_schema_store *)store)->source;
    const etw_status status = source ? source->providers(arena, take, user, NULL) : ETW_OK;
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static etw_status take_info(void *user, const etw_event *event, etw_bytes info)
{
    inquiry *i = user;
    i->event = event;
    return put_info(i, info);
}

/* Names live as long as the store. */
static etw_status put_names(inquiry *i, const etw_guid *guid)
{
    etwi_provider provider = {.guid = *guid, .source = ETW_SCHEMA_TDH};
    const etwi_provider *list = &provider;
    uint32_t count = 0;
    for (int kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++) {
        const etw_status status = i->source->names(
            guid, (etw_named_kind)kind, etwi_store_arena(i->store), &provider.named[kind]);
        if (status == ETW_E_NOMEM)
            return status;
        if (status != ETW_OK)
            provider.named[kind] = (etw_named_values){NULL, 0};
        count += provider.named[kind].count;
    }
    if (!count && !i->added)
        return ETW_E_NOT_FOUND;
    return etwi_store_put_providers(i->store, &list, 1);
}

etw_status etw_schema_store_add_provider(etw_schema_store *store, const etw_guid *provider,
                                         etw_error *error)
{
    inquiry i = inquiry_of(store);
    char text[ETW_GUID_TEXT_SIZE];
    if (!i.source)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "this system knows of no providers; give a file that describes them");
    etwi_store_lock(store);
    etw_status status = i.source->events(provider, &i.scratch, take_info, &i, error);
    const bool is_known = status != ETW_E_UNSUPPORTED;
    if (status == ETW_OK || status == ETW_E_NOT_FOUND)
        status = put_names(&i, provider);
    etwi_store_unlock(store);
    etwi_arena_free(&i.scratch);
    if (status == ETW_E_NOMEM)
        return etwi_fail_nomem(error);
    if (status != ETW_E_NOT_FOUND || !is_known)
        return status;
    etw_guid_format(provider, ETW_GUID_BRACES, text);
    return etwi_fail(error, status, ETW_NO_OFFSET, "the system does not know the provider %s",
                     text);
}
