/* Providers that processes have registered or sessions enable: rows of who has what, sorted, and
 * put together by GUID. */
#include "base/case.h"
#include "base/error.h"
#include "base/memory.h"
#include "guid/order.h"
#include "session/backend.h"
#include "session/resolve.h"

#include <stdlib.h>
#include <string.h>

struct etw_registered_list {
    etwi_arena arena;
    etw_registered_provider *items;
    size_t count;
};

/* Providers are those of the system where it has some, as sessions are. */
static const etwi_session_backend *backend(void)
{
    const etwi_session_backend *const system = etwi_system_backend();
    return system ? system : &etwi_portable_backend;
}

/* ---- Looking for one ---- */

typedef struct lookup {
    etw_str name;         /* Or empty … */
    const etw_guid *guid; /* … and the GUID that is looked for. */
    etw_guid found, other;
    bool is_found, is_ambiguous;
} lookup;

static etw_status look(void *user, const etw_guid *guid, etw_str name, uint32_t process_id)
{
    (void)process_id;
    lookup *l = user;
    if (l->guid ? !etw_guid_equal(guid, l->guid) : !etwi_same_letters(name, l->name))
        return ETW_OK;
    if (l->is_found && !etw_guid_equal(&l->found, guid)) {
        l->is_ambiguous = true;
        l->other = *guid;
    } else {
        l->found = *guid;
        l->is_found = true;
    }
    return ETW_OK;
}

bool etwi_registered_find(etw_str name, etw_guid *out, etw_guid *other, bool *ambiguous)
{
    lookup l;
    memset(&l, 0, sizeof l);
    l.name = name;
    if (backend()->providers(look, &l, NULL) != ETW_OK)
        return false;
    *out = l.found;
    *other = l.other;
    *ambiguous = l.is_ambiguous;
    return l.is_found;
}

bool etwi_registered_has(const etw_guid *guid)
{
    lookup l;
    memset(&l, 0, sizeof l);
    l.guid = guid;
    return backend()->providers(look, &l, NULL) == ETW_OK && l.is_found;
}

/* ---- All of them ---- */

typedef struct row {
    etw_guid guid;
    bool is_session;
    uint32_t id; /* Of the process, or of the session. */
    etw_str name;
} row;

typedef struct collector {
    etwi_arena *arena;
    row *rows;
    size_t count, capacity;
} collector;

static etw_status add(collector *c, row added)
{
    void *rows = c->rows;
    ETWI_TRY(etwi_grow(&c->arena->allocator, &rows, &c->capacity, c->count + 1, sizeof *c->rows));
    c->rows = rows;
    c->rows[c->count++] = added;
    return ETW_OK;
}

static etw_status add_registered(void *user, const etw_guid *guid, etw_str name,
                                 uint32_t process_id)
{
    collector *c = user;
    row added = {*guid, false, process_id, {NULL, 0}};
    if (name.size && !etwi_arena_str(c->arena, &added.name, name.data, name.size))
        return ETW_E_NOMEM;
    return add(c, added);
}

static etw_status add_enabled(void *user, const etw_guid *guid, uint32_t logger_id)
{
    return add(user, (row){*guid, true, logger_id, {NULL, 0}});
}

static int compare_rows(const void *a, const void *b)
{
    const row *x = a, *y = b;
    const int order = etwi_guid_compare(&x->guid, &y->guid);
    if (order)
        return order;
    if (x->is_session != y->is_session)
        return x->is_session - y->is_session;
    return (x->id > y->id) - (x->id < y->id);
}

/* Rows of one GUID become one provider; ids that come twice count once. */
static void put_row(etw_registered_provider *provider, uint32_t *ids, const row *r)
{
    uint32_t *count = r->is_session ? &provider->session_count : &provider->process_count;
    const uint32_t **list = r->is_session ? &provider->logger_ids : &provider->process_ids;
    if (!*count)
        *list = ids;
    else if ((*list)[*count - 1] == r->id)
        return;
    ids[0] = r->id;
    ++*count;
    if (!provider->name.size)
        provider->name = r->name;
}

static etw_status build(etw_registered_list *list, const row *rows, size_t count)
{
    uint32_t *ids = etwi_arena_alloc(&list->arena, (count + 1) * sizeof *ids);
    list->items = etwi_arena_alloc_zeroed(&list->arena, (count + 1) * sizeof *list->items);
    if (!ids || !list->items)
        return ETW_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!i || !etw_guid_equal(&rows[i].guid, &rows[i - 1].guid)) {
            list->items[list->count].guid = rows[i].guid;
            list->count++;
        }
        etw_registered_provider *provider = &list->items[list->count - 1];
        const size_t used = (size_t)provider->process_count + provider->session_count;
        put_row(provider, ids, &rows[i]);
        ids += (size_t)provider->process_count + provider->session_count - used;
    }
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].name.size)
            list->items[i].name = etw_guid_known_name(&list->items[i].guid);
    return ETW_OK;
}

static etw_status fill(etw_registered_list *list, collector *c, etw_error *error)
{
    ETWI_TRY(backend()->providers(add_registered, c, error));
    ETWI_TRY(backend()->enabled(add_enabled, c, error));
    if (c->count)
        qsort(c->rows, c->count, sizeof *c->rows, compare_rows);
    return build(list, c->rows, c->count);
}

etw_status etw_registered_list_create(etw_registered_list **out, etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etw_registered_list *list = etwi_alloc_zeroed(&allocator, sizeof *list);
    *out = NULL;
    if (!list)
        return etwi_fail_nomem(error);
    list->arena.allocator = allocator;
    collector c = {.arena = &list->arena};
    const etw_status status = fill(list, &c, error);
    etwi_free(&allocator, c.rows, c.capacity * sizeof *c.rows);
    *out = list;
    if (status == ETW_OK)
        return ETW_OK;
    etw_registered_list_destroy(out);
    return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : status;
}

void etw_registered_list_destroy(etw_registered_list **list)
{
    etw_registered_list *closing = *list;
    if (!closing)
        return;
    const etw_allocator allocator = closing->arena.allocator;
    etwi_arena_free(&closing->arena);
    etwi_free(&allocator, closing, sizeof *closing);
    *list = NULL;
}

size_t etw_registered_list_count(const etw_registered_list *list)
{
    return list->count;
}

const etw_registered_provider *etw_registered_list_at(const etw_registered_list *list, size_t index)
{
    return index < list->count ? &list->items[index] : NULL;
}
