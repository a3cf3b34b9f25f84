/* All sessions of a backend. */
#include "base/error.h"
#include "base/memory.h"
#include "session/backend.h"

#include <stdlib.h>

struct etw_session_list {
    etw_allocator allocator;
    etw_session_info *items;
    size_t count, capacity;
};

static etw_status take(void *user, const etw_session_info *info)
{
    etw_session_list *list = user;
    void *items = list->items;
    ETWI_TRY(
        etwi_grow(&list->allocator, &items, &list->capacity, list->count + 1, sizeof *list->items));
    list->items = items;
    list->items[list->count++] = *info;
    return ETW_OK;
}

static int by_logger_id(const void *a, const void *b)
{
    const uint32_t one = ((const etw_session_info *)a)->logger_id;
    const uint32_t other = ((const etw_session_info *)b)->logger_id;
    return (one > other) - (one < other);
}

etw_status etwi_session_list_on(const etwi_session_backend *backend, etw_session_list **out,
                                etw_error *error)
{
    *out = NULL;
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etw_session_list *list = etwi_alloc_zeroed(&allocator, sizeof *list);
    if (!list)
        return etwi_fail_nomem(error);
    list->allocator = allocator;
    const etw_status status = backend->list(take, list, error);
    if (status != ETW_OK) {
        etw_session_list_destroy(&list);
        return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : status;
    }
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_logger_id);
    *out = list;
    return ETW_OK;
}

etw_status etw_session_list_create(etw_session_list **out, etw_backend backend, etw_error *error)
{
    *out = NULL;
    const etwi_session_backend *found;
    ETWI_TRY(etwi_session_backend_find(&found, backend, error));
    return etwi_session_list_on(found, out, error);
}

void etw_session_list_destroy(etw_session_list **list)
{
    etw_session_list *destroyed = *list;
    if (!destroyed)
        return;
    *list = NULL;
    const etw_allocator allocator = destroyed->allocator;
    if (destroyed->items)
        etwi_free(&allocator, destroyed->items, destroyed->capacity * sizeof *destroyed->items);
    etwi_free(&allocator, destroyed, sizeof *destroyed);
}

size_t etw_session_list_count(const etw_session_list *list)
{
    return list->count;
}

const etw_session_info *etw_session_list_at(const etw_session_list *list, size_t index)
{
    return index < list->count ? &list->items[index] : NULL;
}

etw_status etw_session_prune(etw_backend backend,
                             void (*on_pruned)(void *user, const etw_session_info *info),
                             void *user, etw_error *error)
{
    const etwi_session_backend *found;
    ETWI_TRY(etwi_session_backend_find(&found, backend, error));
    return found->prune(on_pruned, user, error);
}
