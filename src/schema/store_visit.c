#include "schema/store_visit.h"

#include "base/error.h"
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

/* What a trace said of itself is said by the pack from now on, and named by the trace. */
static const etw_schema *export(const place *from, etwi_arena *arena)
{
    if (from->schema->source != ETW_SCHEMA_MANIFEST &&
        from->schema->source != ETW_SCHEMA_EVENT_INFO)
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
static bool comes_by_itself(const etw_schema *schema)
{
    return schema->source == ETW_SCHEMA_KERNEL || schema->source == ETW_SCHEMA_BUILTIN ||
           schema->source == ETW_SCHEMA_TRACELOGGING;
}

static void reject(etw_schema_store *store)
{
    etw_error error;
    etwi_fail(&error, ETW_E_LIMIT, ETW_NO_OFFSET, "structs share too many members for a pack");
    etwi_store_lock(store);
    etwi_store_reject(store, &error);
    etwi_store_unlock(store);
}

/* The schemas to be written; `chosen` has room for all. */
static etw_status choose(etw_schema_store *store, const listing *list, const etw_schema **chosen,
                         size_t *count, etwi_arena *arena)
{
    *count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (comes_by_itself(list->items[i].schema))
            continue;
        if (!etwi_pack_can_hold(list->items[i].schema)) {
            reject(store);
            continue;
        }
        chosen[*count] = export(&list->items[i], arena);
        if (!chosen[(*count)++])
            return ETW_E_NOMEM;
    }
    return ETW_OK;
}

etw_status etwi_store_pack(etw_schema_store *store, const etwi_pack_summary *summary,
                           etwi_buffer *out, size_t *count, etw_error *error)
{
    listing list;
    etwi_arena arena = {.allocator = etwi_store_arena(store)->allocator};
    *count = 0;
    etw_status status = list_all(store, &list);
    const etw_schema **chosen = etwi_arena_alloc(&arena, list.count * sizeof *chosen);
    if (status == ETW_OK)
        status = chosen ? choose(store, &list, chosen, count, &arena) : ETW_E_NOMEM;
    if (status == ETW_E_NOMEM)
        etwi_fail_nomem(error);
    const etwi_pack_content content = {chosen, *count, summary};
    if (status == ETW_OK)
        status = etwi_pack_write(out, &content, error);
    etwi_arena_free(&arena);
    free_listing(&list);
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
