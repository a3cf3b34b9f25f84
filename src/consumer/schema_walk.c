/*
 * A folder is walked with a list of the folders still to be seen; its files are taken in the order
 * of their paths, so the outcome is always the same.
 */
#include "consumer/schema_walk.h"

#include "base/error.h"
#include "schema/document.h"

#include <stdlib.h>
#include <string.h>

void etwi_problem_note(etwi_pack_problem *problem, const etw_error *error, uint64_t count)
{
    if (!problem->count)
        problem->first = *error;
    problem->count += count;
}

static etw_status append(etwi_schema_walk *walk, const char *path, const etwi_path_info *info)
{
    const bool is_folder = info->is_folder;
    etwi_schema_found **list = is_folder ? &walk->folders : &walk->files;
    size_t *count = is_folder ? &walk->folder_count : &walk->file_count;
    void *memory = *list;
    const etw_status status = etwi_grow(&walk->arena.allocator, &memory,
                                        is_folder ? &walk->folder_capacity : &walk->file_capacity,
                                        *count + 1, sizeof **list);
    *list = memory;
    ETWI_TRY(status);
    (*list)[(*count)++] = (etwi_schema_found){path, *info};
    return ETW_OK;
}

/* Hidden files and folders are not looked at. */
static etw_status take_name(void *user, const char *name, const etwi_path_info *info)
{
    etwi_schema_walk *walk = user;
    if (name[0] == '.')
        return ETW_OK;
    const size_t folder_size = strlen(walk->folder), name_size = strlen(name);
    const bool has_slash = folder_size && walk->folder[folder_size - 1] == '/';
    char *path = etwi_arena_alloc(&walk->arena, folder_size + name_size + 2);
    if (!path)
        return ETW_E_NOMEM;
    memcpy(path, walk->folder, folder_size);
    path[folder_size] = '/';
    memcpy(path + folder_size + !has_slash, name, name_size + 1);
    return append(walk, path, info);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const etwi_schema_found *)a)->path, ((const etwi_schema_found *)b)->path);
}

static etw_status list_folders(etwi_schema_walk *walk)
{
    for (size_t i = 0; i < walk->folder_count; i++) {
        etw_error why;
        walk->folder = walk->folders[i].path;
        const etw_status status = etwi_folder_list(walk->folder, take_name, walk, &why);
        if (status == ETW_E_NOMEM)
            return status;
        if (etw_failed(status)) {
            etwi_document_fail(&why, walk->folder, &why);
            etwi_problem_note(&walk->failures, &why, 1);
        }
    }
    if (walk->file_count)
        qsort(walk->files, walk->file_count, sizeof *walk->files, compare_paths);
    return ETW_OK;
}

etw_status etwi_schema_walk_begin(etwi_schema_walk *walk, const char *path,
                                  const etw_allocator *allocator)
{
    *walk = (etwi_schema_walk){.arena.allocator = *allocator};
    etwi_path_info info = {0};
    etw_str copy;
    etwi_path_look(path, &info); // If there is nothing, reading it will say so.
    walk->naming = info.is_folder ? ETWI_SCHEMA_FOUND : ETWI_SCHEMA_NAMED;
    if (!etwi_arena_str(&walk->arena, &copy, path, strlen(path)))
        return ETW_E_NOMEM;
    ETWI_TRY(append(walk, copy.data, &info));
    return list_folders(walk);
}

etw_status etwi_schema_walk_add(const etwi_schema_walk *walk, etw_schema_store *store,
                                etwi_pack_problem *problem)
{
    etwi_problem_note(problem, &walk->failures.first, walk->failures.count);
    for (size_t i = 0; i < walk->file_count; i++) {
        etw_error why;
        const etw_status status =
            etwi_schema_file_add(store, walk->files[i].path, walk->naming, &why);
        if (status == ETW_E_NOMEM)
            return status;
        if (etw_failed(status))
            etwi_problem_note(problem, &why, 1);
    }
    return ETW_OK;
}

void etwi_schema_walk_end(etwi_schema_walk *walk)
{
    const etw_allocator *allocator = &walk->arena.allocator;
    etwi_free(allocator, walk->files, walk->file_capacity * sizeof *walk->files);
    etwi_free(allocator, walk->folders, walk->folder_capacity * sizeof *walk->folders);
    etwi_arena_free(&walk->arena);
}
