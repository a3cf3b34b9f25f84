#include "consumer/schema_cache.h"

#include "base/checksum.h"
#include "base/error.h"
#include "consumer/schema_walk.h"
#include "schema/store_visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_SIZE = 40, /* Of the file in the folder of caches. */
};

#define SECOND_NS INT64_C(1000000000)

/* One cache, in the memory of the store that uses it. */
typedef struct cache {
    etw_allocator allocator;
    const char *path;   /* Of the sources. */
    const char *folder; /* Of the caches. */
    const char *file;
} cache;

/* -------------------------------------------------------------------------------- naming */

/* Where a relative path leads depends on the current folder. Paths that lead to the same place may
 * have caches of their own: messages name files as they were given. */
static bool name_cache(char name[NAME_SIZE], const char *path, const etw_allocator *allocator)
{
    char folder[4096] = "";
    if (!etwi_path_is_absolute(path) && !etwi_folder_current(folder, sizeof folder))
        return false;
    etwi_buffer text = {.allocator = *allocator};
    etwi_buffer_append(&text, folder, strlen(folder) + 1);
    etwi_buffer_append(&text, path, strlen(path));
    const bool good = !text.failed;
    if (good)
        snprintf(name, NAME_SIZE, "schemas-%016" PRIx64 ".pack",
                 etwi_checksum(text.data, text.size));
    etwi_buffer_free(&text);
    return good;
}

/* NULL if there can be no cache. */
static cache *make_cache(etw_schema_store *store, const char *path)
{
    char name[NAME_SIZE];
    etwi_arena *arena = etwi_store_arena(store);
    const char *folder = etwi_store_packs(store)->cache_folder;
    const size_t size = strlen(folder) + NAME_SIZE + 1;
    if (!name_cache(name, path, &arena->allocator))
        return NULL;
    etw_str copy;
    etwi_store_lock(store);
    cache *c = etwi_arena_alloc(arena, sizeof *c);
    char *file = etwi_arena_alloc(arena, size);
    const bool good = c && file && etwi_arena_str(arena, &copy, path, strlen(path));
    etwi_store_unlock(store);
    if (!good)
        return NULL;
    snprintf(file, size, "%s/%s", folder, name);
    *c = (cache){arena->allocator, copy.data, folder, file};
    return c;
}

/* ------------------------------------------------------------------------------- the stamp */

static void stamp_file(etwi_buffer *text, const char *path, const etwi_path_info *info)
{
    etwi_buffer_append(text, path, strlen(path) + 1);
    etwi_buffer_append(text, &info->size, sizeof info->size);
    etwi_buffer_append(text, &info->modified_ns, sizeof info->modified_ns);
}

/* The texts of an executable file that was named can be in a file that was not. */
static bool stamp_satellites(etwi_buffer *text, etwi_schema_walk *walk)
{
    for (unsigned i = 0; i < ETWI_SATELLITES; i++) {
        etwi_path_info info;
        const char *path = etwi_satellite_path(&walk->arena, walk->files[0].path, i);
        if (!path)
            return false;
        if (etwi_path_look(path, &info))
            stamp_file(text, path, &info);
    }
    return true;
}

/* Stands for the files and the state they are in, and for what reads them; never 0 but if memory is
 * out. */
static uint64_t stamp_of(etwi_schema_walk *walk)
{
    const char *version = etw_version();
    etwi_buffer text = {.allocator = walk->arena.allocator};
    etwi_buffer_append(&text, version, strlen(version) + 1);
    bool good = true;
    for (size_t i = 0; i < walk->file_count; i++)
        stamp_file(&text, walk->files[i].path, &walk->files[i].info);
    if (walk->naming == ETWI_SCHEMA_NAMED)
        good = stamp_satellites(&text, walk);
    const uint64_t stamp = good && !text.failed ? etwi_checksum(text.data, text.size) | 1 : 0;
    etwi_buffer_free(&text);
    return stamp;
}

/* A file that was written just now may be written once more without looking any different: dates
 * are as fine as the clock ticks, or, where they are whole seconds, as those. */
static bool is_settled(const etwi_schema_walk *walk)
{
    const int64_t now = etwi_now_ns();
    for (size_t i = 0; i < walk->file_count; i++) {
        const int64_t modified = walk->files[i].info.modified_ns;
        const int64_t least = modified % SECOND_NS ? SECOND_NS / 10 : 2 * SECOND_NS;
        if (modified > now - least)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------- making and using */

/* Whoever writes last wins; all that is lost then is work. */
static void write(const cache *c, const etwi_buffer *image)
{
    if (etw_failed(etwi_file_replace(c->file, image->data, image->size, NULL)) &&
        etwi_folder_make(c->folder))
        etwi_file_replace(c->file, image->data, image->size, NULL);
}

/* Compiles the files of a walk by way of a store of their own. */
static etw_status compile(const cache *c, const etwi_schema_walk *walk, etwi_pack_summary *summary,
                          etwi_buffer *image)
{
    const etw_schema_store_options options = {.size = sizeof options, .allocator = &c->allocator};
    etw_schema_store *store;
    size_t count;
    ETWI_TRY(etw_schema_store_create(&store, &options, NULL));
    etw_status status = etwi_schema_walk_add(walk, store, &summary->failures);
    const etw_schema_store_stats stats = etw_schema_store_get_stats(store);
    summary->rejected = (etwi_pack_problem){stats.rejected, stats.first_rejected};
    if (status == ETW_OK)
        status = etwi_store_pack(store, summary, image, &count, NULL);
    etw_schema_store_destroy(&store);
    return status;
}

static etw_status make_pack(const cache *c, etwi_schema_walk *walk, uint64_t stamp, etwi_pack **out)
{
    etwi_buffer image = {.allocator = c->allocator};
    etwi_pack_summary summary = {.stamp = stamp};
    etw_status status = compile(c, walk, &summary, &image);
    if (status == ETW_OK && is_settled(walk))
        write(c, &image);
    if (status == ETW_OK) {
        const etw_bytes bytes = {(const uint8_t *)image.data, image.size};
        status = etwi_pack_open_memory(out, bytes, &c->allocator, NULL);
    }
    etwi_buffer_free(&image);
    return status;
}

/* The cache if it can be used. */
static bool open_cache(const cache *c, uint64_t stamp, etwi_pack **out)
{
    etwi_file file;
    if (etw_failed(etwi_file_open(&file, c->file, NULL)) ||
        etw_failed(etwi_pack_open(out, &file, &c->allocator, NULL)))
        return false;
    if (etwi_pack_get_summary(*out)->stamp == stamp)
        return true;
    etwi_pack_close(out);
    return false;
}

/* An etwi_pack_renewal. */
static etw_status renew(void *user, etwi_pack **out, etw_error *error)
{
    const cache *c = user;
    etwi_schema_walk walk;
    etw_status status = etwi_schema_walk_begin(&walk, c->path, &c->allocator);
    const uint64_t stamp = status == ETW_OK ? stamp_of(&walk) : 0;
    if (status == ETW_OK)
        status = stamp ? make_pack(c, &walk, stamp, out) : ETW_E_NOMEM;
    etwi_schema_walk_end(&walk);
    return status == ETW_E_NOMEM ? etwi_fail_nomem(error) : status;
}

static etw_status add(etw_schema_store *store, etwi_schema_walk *walk, cache *c,
                      etwi_pack_problem *problem)
{
    etwi_pack *pack;
    const uint64_t stamp = stamp_of(walk);
    if (!stamp)
        return ETW_E_NOMEM;
    if (!open_cache(c, stamp, &pack)) {
        const etw_status status = make_pack(c, walk, stamp, &pack);
        if (status == ETW_E_LIMIT)
            return etwi_schema_walk_add(walk, store, problem);
        ETWI_TRY(status);
    }
    const etwi_pack_problem *failures = &etwi_pack_get_summary(pack)->failures;
    etwi_problem_note(problem, &failures->first, failures->count);
    const etwi_pack_origin origin = {c->file, renew, c};
    return etwi_packs_add(store, pack, &origin);
}

etw_status etwi_schema_cache_add(etw_schema_store *store, const char *path,
                                 etwi_pack_problem *problem)
{
    cache *c = make_cache(store, path);
    etwi_schema_walk walk;
    etw_status status = etwi_schema_walk_begin(&walk, path, &etwi_store_arena(store)->allocator);
    if (status == ETW_OK)
        status = c ? add(store, &walk, c, problem) : etwi_schema_walk_add(&walk, store, problem);
    etwi_schema_walk_end(&walk);
    return status;
}
