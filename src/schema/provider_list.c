/*
 * How it works: all that is known about any provider becomes rows (what sources say about it,
 * its schemas, its well-known name), which are sorted so that those of a provider are together,
 * and in the order in which they count. Then each provider is put together from its rows.
 */
#include "base/case.h"
#include "base/error.h"
#include "base/options.h"
#include "base/str.h"
#include "base/text.h"
#include "guid/known.h"
#include "guid/order.h"
#include "schema/compare.h"
#include "schema/kernel.h"
#include "schema/native.h"
#include "schema/packs.h"
#include "schema/provider_names.h"
#include "schema/store.h"
#include "schema/system.h"

#include <stdlib.h>

struct etw_provider_list {
    etwi_arena arena;
    etw_provider_info *infos; /* Sorted by GUID. */
    const etw_provider_info **by_name;
    size_t count;
};

/* Kinds of rows, in the order in which those of a provider are sorted. */
typedef enum row_kind {
    ROW_DEFINITION,
    ROW_SYSTEM,
    ROW_KNOWN,
    ROW_SCHEMA,
} row_kind;

typedef struct row {
    etw_guid guid;
    row_kind kind;
    uint32_t order;                  /* In which they came. */
    const etwi_provider *definition; /* Of the first two kinds. */
    const etw_schema *schema;
} row;

typedef struct builder {
    etw_provider_list *list;
    row *rows;
    size_t count, capacity;
    const etwi_provider **definitions; /* Of the provider that is put together. */
    size_t definition_capacity;
} builder;

/* ---- Rows ---- */

static etw_status add_row(builder *b, row added)
{
    void *memory = b->rows;
    const etw_status status =
        etwi_grow(&b->list->arena.allocator, &memory, &b->capacity, b->count + 1, sizeof *b->rows);
    b->rows = memory;
    ETWI_TRY(status);
    added.order = (uint32_t)b->count;
    b->rows[b->count++] = added;
    return ETW_OK;
}

/* The kernel's layouts come from their table, where none is missing; what is built in beside them
 * describes no provider. */
static etw_status add_stored(void *user, const etw_schema *schema, const etw_trace_info *trace)
{
    (void)trace;
    if (schema->source == ETW_SCHEMA_KERNEL || schema->source == ETW_SCHEMA_BUILTIN)
        return ETW_OK;
    return add_row(user, (row){.guid = schema->provider, .kind = ROW_SCHEMA, .schema = schema});
}

/* Users may decode with what they are given, so it has to have its plan. */
static etw_status add_kernel(builder *b)
{
    const unsigned count = etwi_kernel_count();
    etwi_schema *schemas = etwi_arena_alloc(&b->list->arena, count * sizeof *schemas);
    if (!schemas)
        return ETW_E_NOMEM;
    for (unsigned i = 0; i < count; i++) {
        const etw_schema *pub = &schemas[i].pub;
        schemas[i].pub = etwi_kernel_at(i);
        ETWI_TRY(etwi_plan_make(&schemas[i].plan, pub, &b->list->arena, NULL));
        ETWI_TRY(add_row(b, (row){.guid = pub->provider, .kind = ROW_SCHEMA, .schema = pub}));
    }
    return ETW_OK;
}

static etw_status add_builtin(builder *b)
{
    size_t count;
    etw_guid guid;
    etw_str name;
    const etwi_provider *system = etwi_system_providers(&count);
    for (size_t i = 0; i < count; i++)
        ETWI_TRY(add_row(
            b, (row){.guid = system[i].guid, .kind = ROW_SYSTEM, .definition = &system[i]}));
    for (size_t i = 0; etwi_guid_known_at(i, &guid, &name); i++)
        ETWI_TRY(add_row(b, (row){.guid = guid, .kind = ROW_KNOWN}));
    return add_kernel(b);
}

/* The strings are the list's already. */
static etw_status add_native(void *user, const etwi_provider *provider)
{
    builder *b = user;
    etwi_provider *copy = etwi_arena_alloc(&b->list->arena, sizeof *copy);
    if (!copy)
        return ETW_E_NOMEM;
    *copy = *provider;
    return add_row(b, (row){.guid = copy->guid, .kind = ROW_DEFINITION, .definition = copy});
}

static etw_status add_rows(builder *b, etw_schema_store *store, bool without_builtin)
{
    const etwi_provider_node *node = etwi_store_providers(store);
    for (; node; node = node->next)
        ETWI_TRY(add_row(b, (row){.guid = node->provider.guid,
                                  .kind = ROW_DEFINITION,
                                  .definition = &node->provider}));
    ETWI_TRY(etwi_store_each(store, add_stored, b));
    if (without_builtin)
        return ETW_OK;
    ETWI_TRY(etwi_native_providers(store, &b->list->arena, add_native, b));
    return add_builtin(b);
}

/* ---- Order ---- */

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static bool is_tracelogging(const etw_schema *schema)
{
    return schema->source == ETW_SCHEMA_TRACELOGGING;
}

static int rank_of(uint8_t source)
{
    return etwi_source_rank((etw_schema_source)source);
}

static int compare_rows(const void *a, const void *b)
{
    const row *x = a, *y = b;
    int order = etwi_guid_compare(&x->guid, &y->guid);
    if (!order)
        order = compare_numbers(x->kind, y->kind);
    if (!order && x->kind == ROW_DEFINITION)
        order = rank_of(y->definition->source) - rank_of(x->definition->source);
    if (!order && x->kind == ROW_SCHEMA)
        order = etwi_schema_compare_keys(x->schema, y->schema);
    if (!order && x->kind == ROW_SCHEMA)
        order = rank_of(y->schema->source) - rank_of(x->schema->source);
    return order ? order : compare_numbers(x->order, y->order);
}

/* ---- Providers ---- */

/* Events of files are described by the first of them, others by whichever layout is nearest; so are
 * those that came out of traces by way of a pack. */
static bool is_used(const etw_schema *winner, const etw_schema *schema)
{
    if (is_tracelogging(schema))
        return true;
    return winner->source == schema->source &&
           (rank_of(schema->source) != 1 || schema->source == ETW_SCHEMA_EXPORTED);
}

static etw_status put_events(builder *b, etw_provider_info *info, const row *rows, size_t count)
{
    const etw_schema **events = etwi_arena_alloc(&b->list->arena, count * sizeof *events);
    const etw_schema *winner = NULL;
    if (!events)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const etw_schema *schema = rows[i].schema;
        info->sources |= 1u << schema->source;
        const bool is_new = !winner || etwi_schema_compare_keys(winner, schema) != 0;
        if (is_new)
            winner = schema;
        if (is_new || is_used(winner, schema))
            events[info->event_count++] = schema;
    }
    info->events = events;
    return ETW_OK;
}

static etw_str first_text(const etw_str *texts, size_t count)
{
    const etw_str none = {NULL, 0};
    for (size_t i = 0; i < count; i++)
        if (texts[i].size)
            return texts[i];
    return none;
}

/* Classes have names of their own; their events say what the provider is called. */
static etw_str name_of(const etw_provider_info *info, etw_str defined)
{
    static const etw_schema nothing;
    const etw_schema *event = info->event_count ? info->events[0] : &nothing;
    const etw_str known = etw_guid_known_name(&info->guid);
    const etw_str of_class[] = {defined, known, event->task_name, event->class_name,
                                event->provider_name};
    const etw_str of_provider[] = {defined, event->provider_name, known};
    return event->is_classic ? first_text(of_class, sizeof of_class / sizeof of_class[0])
                             : first_text(of_provider, sizeof of_provider / sizeof of_provider[0]);
}

static etw_status put_definition(builder *b, size_t index, const etwi_provider *definition)
{
    void *memory = b->definitions;
    const etw_status status = etwi_grow(&b->list->arena.allocator, &memory, &b->definition_capacity,
                                        index + 1, sizeof *b->definitions);
    b->definitions = memory;
    ETWI_TRY(status);
    b->definitions[index] = definition;
    return ETW_OK;
}

static etw_status make_info(builder *b, const row *rows, size_t count, etw_provider_info *out)
{
    size_t definition_count = 0, i = 0;
    etw_str name = {NULL, 0};
    *out = (etw_provider_info){.guid = rows[0].guid};
    for (; i < count && rows[i].kind != ROW_SCHEMA; i++) {
        const etwi_provider *definition = rows[i].definition;
        out->is_known |= rows[i].kind == ROW_KNOWN;
        out->is_system |= rows[i].kind == ROW_SYSTEM;
        if (!definition)
            continue;
        if (rows[i].kind == ROW_DEFINITION)
            out->sources |= 1u << definition->source;
        name = name.size ? name : definition->name;
        out->message = out->message.size ? out->message : definition->message;
        ETWI_TRY(put_definition(b, definition_count++, definition));
    }
    ETWI_TRY(put_events(b, out, rows + i, count - i));
    out->name = name_of(out, name);
    if (out->event_count)
        out->owner = out->events[0]->owner;
    return etwi_provider_collect(out, b->definitions, definition_count, &b->list->arena);
}

static size_t same_provider(const builder *b, size_t first)
{
    size_t end = first + 1;
    while (end < b->count && etw_guid_equal(&b->rows[end].guid, &b->rows[first].guid))
        end++;
    return end - first;
}

/* Makes the providers, sorted by GUID as the rows are. */
static etw_status make_infos(builder *b)
{
    etw_provider_list *list = b->list;
    size_t provider_count = 0;
    for (size_t i = 0; i < b->count; i += same_provider(b, i))
        provider_count++;
    list->infos = etwi_arena_alloc(&list->arena, provider_count * sizeof *list->infos);
    if (!list->infos)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < b->count;) {
        const size_t count = same_provider(b, i);
        ETWI_TRY(make_info(b, &b->rows[i], count, &list->infos[list->count]));
        list->count++;
        i += count;
    }
    return ETW_OK;
}

static etw_provider_info *find_guid(const etw_provider_list *list, const etw_guid *guid)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = etwi_guid_compare(&list->infos[middle].guid, guid);
        if (order == 0)
            return &list->infos[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Tasks name the classes of their events, which are not known by anything else. */
static void set_owners(etw_provider_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const etw_provider_info *owner = &list->infos[i];
        const etw_named_values *tasks = &owner->named[ETW_NAMED_TASK];
        for (uint32_t j = 0; j < tasks->count; j++) {
            etw_provider_info *class = find_guid(list, &tasks->items[j].class_guid);
            if (class && class != owner && etw_guid_is_null(&class->owner))
                class->owner = owner->guid;
        }
    }
}

/* ---- Names ---- */

static uint32_t next_letter(const uint8_t **at, const uint8_t *end)
{
    return *at < end ? etwi_upper_case(etwi_utf8_next(at, end)) : 0;
}

/* Without regard to case; an empty name follows all others. */
static int compare_names(etw_str a, etw_str b)
{
    if (!a.size || !b.size)
        return !a.size - !b.size;
    const uint8_t *x = (const uint8_t *)a.data, *y = (const uint8_t *)b.data;
    const uint8_t *const x_end = x + a.size, *const y_end = y + b.size;
    while (x < x_end || y < y_end) {
        const uint32_t left = next_letter(&x, x_end), right = next_letter(&y, y_end);
        if (left != right)
            return compare_numbers(left, right);
    }
    return 0;
}

static int compare_infos(const void *a, const void *b)
{
    const etw_provider_info *const *x = a, *const *y = b;
    const int order = compare_names((*x)->name, (*y)->name);
    return order ? order : etwi_guid_compare(&(*x)->guid, &(*y)->guid);
}

static etw_status sort_by_name(etw_provider_list *list)
{
    list->by_name = etwi_arena_alloc(&list->arena, list->count * sizeof *list->by_name);
    if (!list->by_name)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < list->count; i++)
        list->by_name[i] = &list->infos[i];
    if (list->count)
        qsort(list->by_name, list->count, sizeof *list->by_name, compare_infos);
    return ETW_OK;
}

/* ---- Lists ---- */

static etw_status fill(builder *b, etw_schema_store *store, bool without_builtin)
{
    ETWI_TRY(etwi_packs_load_all(store));
    etwi_store_lock(store);
    const etw_status status = add_rows(b, store, without_builtin);
    etwi_store_unlock(store);
    ETWI_TRY(status);
    if (b->count)
        qsort(b->rows, b->count, sizeof *b->rows, compare_rows);
    ETWI_TRY(make_infos(b));
    set_owners(b->list);
    return sort_by_name(b->list);
}

etw_status etw_provider_list_create(etw_provider_list **out, etw_schema_store *store,
                                    const etw_provider_list_options *options, etw_error *error)
{
    etw_provider_list_options ours;
    *out = NULL;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    const etw_allocator allocator = etwi_store_arena(store)->allocator;
    etw_provider_list *list = etwi_alloc_zeroed(&allocator, sizeof *list);
    if (!list)
        return etwi_fail_nomem(error);
    list->arena.allocator = allocator;
    builder b = {.list = list};
    const etw_status status = fill(&b, store, ours.without_builtin);
    etwi_free(&allocator, b.rows, b.capacity * sizeof *b.rows);
    etwi_free(&allocator, b.definitions, b.definition_capacity * sizeof *b.definitions);
    *out = list;
    if (status == ETW_OK)
        return ETW_OK;
    etw_provider_list_destroy(out);
    return etwi_fail_nomem(error);
}

void etw_provider_list_destroy(etw_provider_list **list)
{
    etw_provider_list *closing = *list;
    if (!closing)
        return;
    const etw_allocator allocator = closing->arena.allocator;
    etwi_arena_free(&closing->arena);
    etwi_free(&allocator, closing, sizeof *closing);
    *list = NULL;
}

size_t etw_provider_list_count(const etw_provider_list *list)
{
    return list->count;
}

const etw_provider_info *etw_provider_list_at(const etw_provider_list *list, size_t index)
{
    return list->by_name[index];
}

const etw_provider_info *etw_provider_list_find_guid(const etw_provider_list *list,
                                                     const etw_guid *guid)
{
    return find_guid(list, guid);
}

const etw_provider_info *etw_provider_list_find_name(const etw_provider_list *list, etw_str name,
                                                     size_t *position)
{
    while (name.size && *position < list->count) {
        const etw_provider_info *info = list->by_name[(*position)++];
        if (compare_names(info->name, name) == 0 ||
            compare_names(etw_guid_known_name(&info->guid), name) == 0)
            return info;
    }
    return NULL;
}
