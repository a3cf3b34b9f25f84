/*
 * Documents with schemas in files and folders. A folder is walked with a list of the folders still
 * to be seen; its files are taken in the order of their paths, so the outcome is always the same.
 */
#include "base/error.h"
#include "base/memory.h"
#include "os/os.h"
#include "schema/document.h"
#include "schema/pe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD_SIZE = 64 * 1024, /* What a file is shows here. */
};

#define FILE_SIZE_MAX ((uint64_t)1 << 30)

/* Paths in an arena. */
typedef struct path_list {
    const char **items;
    size_t count;
    size_t capacity;
} path_list;

/* A walk through folders. */
typedef struct walk {
    etwi_arena arena;
    path_list files;
    path_list folders;
    const char *folder; /* Whose names are being listed. */
    etw_error failure;  /* The first one. */
    size_t failure_count;
} walk;

/* ---- Files ---- */

/* Everything is allocated as the store does it. */
static const etw_allocator *allocator_of(etw_schema_store *store)
{
    return &etwi_store_arena(store)->allocator;
}

/* Reads `size` bytes from the beginning of a file. */
static etw_status read_bytes(const etwi_file *file, uint8_t *out, size_t size, etw_error *error)
{
    size_t got;
    ETWI_TRY(etwi_file_read_at(file, 0, out, size, &got, error));
    if (got != size)
        return etwi_fail(error, ETW_E_TRUNCATED, got, "the file has become shorter");
    return ETW_OK;
}

/* False in `*is_document` if the beginning of a file looks like no document. */
static etw_status probe_file(const etwi_file *file, const etw_allocator *allocator,
                             bool *is_document, etw_error *error)
{
    const size_t size = file->size < HEAD_SIZE ? (size_t)file->size : HEAD_SIZE;
    uint8_t *head = etwi_alloc(allocator, size);
    if (!head)
        return etwi_fail_nomem(error);
    const etw_status status = read_bytes(file, head, size, error);
    const etw_bytes bytes = {head, size};
    *is_document = etw_failed(status) || etwi_document_probe(bytes);
    etwi_free(allocator, head, size);
    return status;
}

/* Reads a whole file into memory that the caller frees, `out->size` bytes. */
static etw_status read_all(const etwi_file *file, const etw_allocator *allocator, etw_bytes *out,
                           etw_error *error)
{
    if (file->size > FILE_SIZE_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "larger than 1 GiB");
    uint8_t *data = etwi_alloc(allocator, (size_t)file->size);
    if (!data)
        return etwi_fail_nomem(error);
    const etw_status status = read_bytes(file, data, (size_t)file->size, error);
    if (etw_failed(status)) {
        etwi_free(allocator, data, (size_t)file->size);
        return status;
    }
    out->data = data;
    out->size = (size_t)file->size;
    return ETW_OK;
}

/* ---- Satellites ---- */

/* "a/b.dll" has its texts in "a/en-US/b.dll.mui", or where files are collected in "a/b.dll.mui". */
static bool satellite_path(etwi_arena *arena, const char *path, const char *folder, etw_str *out)
{
    const char *slash = strrchr(path, '/');
    const size_t folder_size = slash ? (size_t)(slash + 1 - path) : 0;
    const size_t size = strlen(path) + strlen(folder) + sizeof ".mui";
    char *text = etwi_arena_alloc(arena, size);
    if (!text)
        return false;
    snprintf(text, size, "%.*s%s%s.mui", (int)folder_size, path, folder, path + folder_size);
    out->data = text;
    out->size = size - 1;
    return true;
}

/* Empty if there is none: then the texts are missing, as they are where nobody collected them. */
static etw_bytes read_satellite(const char *path, const etw_allocator *allocator)
{
    static const char *const FOLDERS[] = {"en-US/", ""};
    etwi_arena arena = {.allocator = *allocator};
    etw_bytes bytes = {NULL, 0};
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0] && !bytes.data; i++) {
        etw_str name;
        etwi_file file;
        if (!satellite_path(&arena, path, FOLDERS[i], &name) ||
            etw_failed(etwi_file_open(&file, name.data, NULL)))
            continue;
        if (etw_failed(read_all(&file, allocator, &bytes, NULL)))
            bytes.data = NULL;
        etwi_file_close(&file);
    }
    etwi_arena_free(&arena);
    return bytes;
}

static etw_status add_open_file(etw_schema_store *store, const char *path, const etwi_file *file,
                                etw_error *error)
{
    const etw_allocator *allocator = allocator_of(store);
    etw_error why;
    etwi_document document = {path, {NULL, 0}, {NULL, 0}};
    if (etw_failed(read_all(file, allocator, &document.bytes, &why)))
        return etwi_document_fail(error, path, &why);
    if (etwi_pe_probe(document.bytes))
        document.satellite = read_satellite(path, allocator);
    const etw_status status = etwi_document_add(store, &document, error);
    etwi_free(allocator, (uint8_t *)document.satellite.data, document.satellite.size);
    etwi_free(allocator, (uint8_t *)document.bytes.data, document.bytes.size);
    return status;
}

/* Files of folders have to look like documents; those that do not are passed over. */
static etw_status add_file(etw_schema_store *store, const char *path, bool is_found,
                           etw_error *error)
{
    etwi_file file;
    etw_error why;
    if (etw_failed(etwi_file_open(&file, path, &why)))
        return etwi_document_fail(error, path, &why);
    bool is_document = true;
    etw_status status =
        is_found ? probe_file(&file, allocator_of(store), &is_document, &why) : ETW_OK;
    if (etw_failed(status))
        etwi_document_fail(error, path, &why);
    else if (is_document)
        status = add_open_file(store, path, &file, error);
    etwi_file_close(&file);
    return is_found && status == ETW_E_UNSUPPORTED ? ETW_OK : status;
}

etw_status etw_schema_store_add_file(etw_schema_store *store, const char *path, etw_error *error)
{
    return add_file(store, path, false, error);
}

/* ---- Folders ---- */

static etw_status append(walk *state, path_list *list, const char *path)
{
    void *memory = (void *)list->items;
    const etw_status grown = etwi_grow(&state->arena.allocator, &memory, &list->capacity,
                                       list->count + 1, sizeof *list->items);
    list->items = memory;
    ETWI_TRY(grown);
    list->items[list->count++] = path;
    return ETW_OK;
}

/* Hidden files and folders are not looked at. */
static etw_status take_name(void *user, const char *name, bool is_folder)
{
    walk *state = user;
    if (name[0] == '.')
        return ETW_OK;
    const size_t folder_size = strlen(state->folder), name_size = strlen(name);
    const bool has_slash = folder_size && state->folder[folder_size - 1] == '/';
    char *path = etwi_arena_alloc(&state->arena, folder_size + name_size + 2);
    if (!path)
        return ETW_E_NOMEM;
    memcpy(path, state->folder, folder_size);
    path[folder_size] = '/';
    memcpy(path + folder_size + !has_slash, name, name_size + 1);
    return append(state, is_folder ? &state->folders : &state->files, path);
}

static void note_failure(walk *state, const etw_error *error)
{
    if (!state->failure_count++)
        state->failure = *error;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Finds the files of a folder and of those in it, and adds them. */
static etw_status add_folder(etw_schema_store *store, walk *state, const char *path)
{
    etw_error why;
    state->files.count = state->folders.count = 0;
    ETWI_TRY(append(state, &state->folders, path));
    for (size_t i = 0; i < state->folders.count; i++) {
        state->folder = state->folders.items[i];
        const etw_status status = etwi_folder_list(state->folder, take_name, state, &why);
        if (status == ETW_E_NOMEM)
            return status;
        if (etw_failed(status)) {
            etwi_document_fail(&why, state->folder, &why);
            note_failure(state, &why);
        }
    }
    if (state->files.count)
        qsort((void *)state->files.items, state->files.count, sizeof *state->files.items,
              compare_paths);
    for (size_t i = 0; i < state->files.count; i++) {
        const etw_status status = add_file(store, state->files.items[i], true, &why);
        if (status == ETW_E_NOMEM)
            return status;
        if (etw_failed(status))
            note_failure(state, &why);
    }
    return ETW_OK;
}

/* ---- Lists of paths ---- */

static etw_status add_one(etw_schema_store *store, walk *state, const char *path)
{
    etw_error why;
    if (etwi_folder_is(path))
        return add_folder(store, state, path);
    const etw_status status = add_file(store, path, false, &why);
    if (status != ETW_E_NOMEM && etw_failed(status))
        note_failure(state, &why);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

static etw_status add_all(etw_schema_store *store, walk *state, const char *list)
{
    for (const char *at = list;;) {
        const char *end = strchr(at, ETWI_PATH_LIST_SEPARATOR);
        const size_t size = end ? (size_t)(end - at) : strlen(at);
        etw_str path;
        if (!etwi_arena_str(&state->arena, &path, at, size))
            return ETW_E_NOMEM;
        if (size)
            ETWI_TRY(add_one(store, state, path.data));
        if (!end)
            return ETW_OK;
        at = end + 1;
    }
}

/* The first failure, and how many there were beside it. */
static etw_status report(const walk *state, etw_error *error)
{
    if (!state->failure_count)
        return ETW_OK;
    const etw_error *first = &state->failure;
    if (state->failure_count == 1)
        etwi_fail(error, first->status, first->offset, "%s", first->message);
    else
        etwi_fail(error, first->status, first->offset, "%.*s (and %zu more)",
                  (int)sizeof first->message - 24, first->message, state->failure_count - 1);
    if (error)
        error->os_code = first->os_code;
    return first->status;
}

etw_status etw_schema_store_add_path(etw_schema_store *store, const char *list, etw_error *error)
{
    walk state = {.arena.allocator = *allocator_of(store)};
    etw_status status = add_all(store, &state, list);
    status = status == ETW_E_NOMEM ? etwi_fail_nomem(error) : report(&state, error);
    const etw_allocator *allocator = &state.arena.allocator;
    etwi_free(allocator, (void *)state.files.items, state.files.capacity * sizeof(char *));
    etwi_free(allocator, (void *)state.folders.items, state.folders.capacity * sizeof(char *));
    etwi_arena_free(&state.arena);
    return status;
}
