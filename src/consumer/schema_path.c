/* Lists of paths to files and folders with schemas. */
#include "base/error.h"
#include "consumer/schema_cache.h"
#include "consumer/schema_walk.h"

#include <string.h>

static const etw_allocator *allocator_of(etw_schema_store *store)
{
    return &etwi_store_arena(store)->allocator;
}

/* Of packs there is no need of a cache; what can be read only once is not read to find out. */
static bool wants_cache(etw_schema_store *store, const char *path)
{
    etwi_path_info info;
    return etwi_store_packs(store)->cache_folder && etwi_path_look(path, &info) &&
           (info.is_folder || (info.is_file && !etwi_schema_file_is_pack(path)));
}

static etw_status add_one(etw_schema_store *store, const char *path, etwi_pack_problem *problem)
{
    if (wants_cache(store, path))
        return etwi_schema_cache_add(store, path, problem);
    etwi_schema_walk walk;
    etw_status status = etwi_schema_walk_begin(&walk, path, allocator_of(store));
    if (status == ETW_OK)
        status = etwi_schema_walk_add(&walk, store, problem);
    etwi_schema_walk_end(&walk);
    return status;
}

static etw_status add_all(etw_schema_store *store, etwi_arena *arena, const char *list,
                          etwi_pack_problem *problem)
{
    for (const char *at = list;;) {
        const char *end = strchr(at, ETWI_PATH_LIST_SEPARATOR);
        const size_t size = end ? (size_t)(end - at) : strlen(at);
        etw_str path;
        if (!etwi_arena_str(arena, &path, at, size))
            return ETW_E_NOMEM;
        if (size)
            ETWI_TRY(add_one(store, path.data, problem));
        if (!end)
            return ETW_OK;
        at = end + 1;
    }
}

/* The first failure, and how many there were beside it. */
static etw_status report(const etwi_pack_problem *problem, etw_error *error)
{
    const etw_error *first = &problem->first;
    if (!problem->count)
        return ETW_OK;
    if (problem->count == 1)
        etwi_fail(error, first->status, first->offset, "%s", first->message);
    else
        etwi_fail(error, first->status, first->offset, "%.*s (and %llu more)",
                  (int)sizeof first->message - 24, first->message,
                  (unsigned long long)(problem->count - 1));
    if (error)
        error->os_code = first->os_code;
    return first->status;
}

etw_status etw_schema_store_add_path(etw_schema_store *store, const char *list, etw_error *error)
{
    etwi_pack_problem problem = {0};
    etwi_arena arena = {.allocator = *allocator_of(store)};
    const etw_status status = add_all(store, &arena, list, &problem);
    etwi_arena_free(&arena);
    return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : report(&problem, error);
}
