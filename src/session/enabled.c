#include "session/enabled.h"

#include "base/error.h"

#include <string.h>

/* ---- copies -----------------------------------------------------------------------------------
 */

static bool copy_bytes(etwi_arena *arena, const void **data, size_t size)
{
    if (!size) {
        *data = NULL;
        return true;
    }
    void *copy = etwi_arena_alloc(arena, size);
    if (copy)
        memcpy(copy, *data, size);
    *data = copy;
    return copy != NULL;
}

static bool copy_text(etwi_arena *arena, etw_str *text)
{
    const etw_str given = *text;
    return etwi_arena_str(arena, text, given.data ? given.data : "", given.size);
}

static bool copy_names(etwi_arena *arena, etw_provider_filter *filter)
{
    const void *names = filter->names;
    if (!copy_bytes(arena, &names, filter->name_count * sizeof *filter->names))
        return false;
    etw_str *copies = (etw_str *)names;
    filter->names = copies;
    for (size_t i = 0; i < filter->name_count; i++)
        if (!copy_text(arena, &copies[i]))
            return false;
    return true;
}

static bool copy_predicates(etwi_arena *arena, etw_provider_filter *filter)
{
    const void *predicates = filter->predicates;
    if (!copy_bytes(arena, &predicates, filter->predicate_count * sizeof *filter->predicates))
        return false;
    etw_payload_predicate *copies = (etw_payload_predicate *)predicates;
    filter->predicates = copies;
    for (size_t i = 0; i < filter->predicate_count; i++)
        if (!copy_text(arena, &copies[i].field) || !copy_text(arena, &copies[i].value))
            return false;
    return true;
}

static bool copy_filter(etwi_arena *arena, etw_provider_filter *filter)
{
    const void *ids = filter->ids, *pids = filter->pids, *data = filter->data.data;
    if (!copy_bytes(arena, &ids, filter->id_count * sizeof *filter->ids) ||
        !copy_bytes(arena, &pids, filter->pid_count * sizeof *filter->pids) ||
        !copy_bytes(arena, &data, filter->data.size))
        return false;
    filter->ids = ids;
    filter->pids = pids;
    filter->data.data = data;
    return copy_names(arena, filter) && copy_predicates(arena, filter);
}

static bool copy_filters(etwi_arena *arena, etw_enable_parameters *parameters)
{
    const void *filters = parameters->filters;
    if (!copy_bytes(arena, &filters, parameters->filter_count * sizeof *parameters->filters))
        return false;
    etw_provider_filter *copies = (etw_provider_filter *)filters;
    parameters->filters = copies;
    for (size_t i = 0; i < parameters->filter_count; i++)
        if (!copy_filter(arena, &copies[i]))
            return false;
    return true;
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static etwi_enabled *find(etwi_enabled_list *list, const etw_guid *provider)
{
    for (size_t i = 0; i < list->count; i++)
        if (memcmp(&list->items[i].parameters.provider, provider, sizeof *provider) == 0)
            return &list->items[i];
    return NULL;
}

etw_status etwi_enabled_prepare(etwi_enabled_list *list, etwi_enabled *out,
                                const etw_enable_parameters *parameters,
                                const etw_allocator *allocator)
{
    void *items = list->items;
    ETWI_TRY(etwi_grow(allocator, &items, &list->capacity, list->count + 1, sizeof *list->items));
    list->items = items;
    *out = (etwi_enabled){.arena = {.allocator = *allocator}, .parameters = *parameters};
    if (copy_filters(&out->arena, &out->parameters))
        return ETW_OK;
    etwi_enabled_discard(out);
    return ETW_E_NOMEM;
}

void etwi_enabled_add(etwi_enabled_list *list, const etwi_enabled *prepared)
{
    etwi_enabled *place = find(list, &prepared->parameters.provider);
    if (place)
        etwi_arena_free(&place->arena);
    else
        place = &list->items[list->count++];
    *place = *prepared;
}

void etwi_enabled_discard(etwi_enabled *prepared)
{
    etwi_arena_free(&prepared->arena);
}

void etwi_enabled_remove(etwi_enabled_list *list, const etw_guid *provider)
{
    etwi_enabled *const place = find(list, provider);
    if (!place)
        return;
    etwi_arena_free(&place->arena);
    const size_t index = (size_t)(place - list->items);
    memmove(place, place + 1, (list->count - index - 1) * sizeof *place);
    list->count--;
}

void etwi_enabled_free(etwi_enabled_list *list, const etw_allocator *allocator)
{
    for (size_t i = 0; i < list->count; i++)
        etwi_arena_free(&list->items[i].arena);
    if (list->items)
        etwi_free(allocator, list->items, list->capacity * sizeof *list->items);
    *list = (etwi_enabled_list){NULL, 0, 0};
}
