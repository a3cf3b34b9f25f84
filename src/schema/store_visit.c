#include "schema/store_visit.h"

#include "base/error.h"
#include "guid/order.h"
#include "schema/compare.h"
#include "schema/packs.h"
#include "schema/schema_text.h"

#include <stdlib.h>
#include <string.h>

/* A schema, and where it stood among those of its key. */
typedef struct place {
    const etw_schema *schema;
    const etw_trace_info *trace;
    size_t rank;
} place;

typedef struct listing {
    etw_allocator allocator;
    place *items;
    size_t count;
    size_t capacity;
} listing;

static etw_status take(void *user, const etw_schema *schema, const etw_trace_info *trace)
{
    listing *list = user;
    void *memory = list->items;
    const etw_status status =
        etwi_grow(&list->allocator, &memory, &list->capacity, list->count + 1, sizeof *list->items);
    list->items = memory;
    ETWI_TRY(status);
    list->items[list->count] = (place){schema, trace, list->count};
    list->count++;
    return ETW_OK;
}

static int compare_places(const void *a, const void *b)
{
    const place *left = a, *right = b;
    const int order = etwi_schema_compare_keys(left->schema, right->schema);
    return order ? order : (left->rank > right->rank) - (left->rank < right->rank);
}

/* Everything, in order. */
static etw_status list_all(etw_schema_store *store, listing *list)
{
    *list = (listing){.allocator = etwi_store_arena(store)->allocator};
    ETWI_TRY(etwi_packs_load_all(store));
    etwi_store_lock(store);
    const etw_status status = etwi_store_each(store, take, list);
    etwi_store_unlock(store);
    if (status == ETW_OK && list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_places);
    return status;
}

static void free_listing(listing *list)
{
    etwi_free(&list->allocator, list->items, list->capacity * sizeof *list->items);
}

etw_status etw_schema_store_visit(etw_schema_store *store, etw_schema_visitor visit, void *user)
{
    listing list;
    etw_status status = list_all(store, &list);
    for (size_t i = 0; i < list.count && status == ETW_OK; i++)
        status = visit(user, list.items[i].schema);
    free_listing(&list);
    return status;
}

/* ---------------------------------------------------------------------------------- packs */

/* What a trace said of itself, or the system, is said by the pack from now on. */
static bool is_of_trace(unsigned source)
{
    return source == ETW_SCHEMA_MANIFEST || source == ETW_SCHEMA_EVENT_INFO ||
           source == ETW_SCHEMA_TDH;
}

/* The file is then the trace. */
static const etw_schema *export(const place *from, etwi_arena *arena)
{
    if (!is_of_trace(from->schema->source))
        return from->schema;
    etw_schema *copy = etwi_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *from->schema;
    copy->source = ETW_SCHEMA_EXPORTED;
    if (from->trace && !etwi_schema_text_utf8(arena, &copy->file, from->trace->path))
        return NULL;
    return copy;
}

/* What a pack need not hold. */
static bool comes_by_itself(unsigned source)
{
    return source == ETW_SCHEMA_KERNEL || source == ETW_SCHEMA_BUILTIN ||
           source == ETW_SCHEMA_TRACELOGGING;
}

static void reject(etw_schema_store *store)
{
    etw_error error;
    etwi_fail(&error, ETW_E_LIMIT, ETW_NO_OFFSET, "structs share too many members for a pack");
    etwi_store_lock(store);
    etwi_store_reject(store, &error);
    etwi_store_unlock(store);
}

/* All that is to be written. */
typedef struct choice {
    etwi_arena arena;
    const etw_schema **schemas;
    size_t count;
    const etwi_provider **definitions;
    size_t definition_count;
} choice;

static etw_status choose_schemas(etw_schema_store *store, const listing *list, choice *out)
{
    out->schemas = etwi_arena_alloc(&out->arena, list->count * sizeof *out->schemas);
    if (!out->schemas)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < list->count; i++) {
        if (comes_by_itself(list->items[i].schema->source))
            continue;
        if (!etwi_pack_can_hold(list->items[i].schema)) {
            reject(store);
            continue;
        }
        out->schemas[out->count] = export(&list->items[i], &out->arena);
        if (!out->schemas[out->count++])
            return ETW_E_NOMEM;
    }
    return ETW_OK;
}

/* A definition, and where it stood among all. */
typedef struct definition_place {
    etwi_provider provider;
    size_t rank;
} definition_place;

static int compare_definitions(const void *a, const void *b)
{
    const definition_place *left = a, *right = b;
    const int order = etwi_guid_compare(&left->provider.guid, &right->provider.guid);
    return order ? order : (left->rank > right->rank) - (left->rank < right->rank);
}

/* The store is locked. */
static etw_status choose_definitions(const etw_schema_store *store, choice *out)
{
    size_t count = 0, kept = 0;
    for (const etwi_provider_node *n = etwi_store_providers(store); n; n = n->next)
        count++;
    definition_place *list = etwi_arena_alloc(&out->arena, count * sizeof *list);
    out->definitions = etwi_arena_alloc(&out->arena, count * sizeof *out->definitions);
    if (!list || !out->definitions)
        return ETW_E_NOMEM;
    for (const etwi_provider_node *n = etwi_store_providers(store); n; n = n->next) {
        if (comes_by_itself(n->provider.source))
            continue;
        list[kept] = (definition_place){n->provider, kept};
        if (is_of_trace(n->provider.source))
            list[kept].provider.source = ETW_SCHEMA_EXPORTED;
        kept++;
    }
    if (kept)
        qsort(list, kept, sizeof *list, compare_definitions);
    for (size_t i = 0; i < kept; i++)
        out->definitions[i] = &list[i].provider;
    out->definition_count = kept;
    return ETW_OK;
}

static etw_status choose(etw_schema_store *store, choice *out)
{
    listing list;
    etw_status status = list_all(store, &list);
    if (status == ETW_OK)
        status = choose_schemas(store, &list, out);
    free_listing(&list);
    ETWI_TRY(status);
    etwi_store_lock(store);
    status = choose_definitions(store, out);
    etwi_store_unlock(store);
    return status;
}

etw_status etwi_store_pack(etw_schema_store *store, const etwi_pack_summary *summary,
                           etwi_buffer *out, size_t *count, etw_error *error)
{
    choice chosen = {.arena.allocator = etwi_store_arena(store)->allocator};
    etw_status status = choose(store, &chosen);
    if (status == ETW_E_NOMEM)
        etwi_fail_nomem(error);
    const etwi_pack_content content = {.schemas = chosen.schemas,
                                       .count = chosen.count,
                                       .definitions = chosen.definitions,
                                       .definition_count = chosen.definition_count,
                                       .summary = summary};
    if (status == ETW_OK)
        status = etwi_pack_write(out, &content, error);
    *count = chosen.count;
    etwi_arena_free(&chosen.arena);
    return status;
}

etw_status etw_schema_store_save(etw_schema_store *store, const char *path, etw_error *error)
{
    etwi_buffer image = {.allocator = etwi_store_arena(store)->allocator};
    const etwi_pack_summary summary = {0}; // What is wrong was told to whoever added it.
    size_t count = 0;
    etw_status status = etwi_store_pack(store, &summary, &image, &count, error);
    if (status == ETW_OK && !count)
        status = etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET, "there are no schemas to write");
    if (status == ETW_OK)
        status = etwi_file_replace(path, image.data, image.size, error);
    etwi_buffer_free(&image);
    return status;
}
