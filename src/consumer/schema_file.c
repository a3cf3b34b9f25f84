/*
 * Files with schemas. What a file is shows in its content, not in its name.
 */
#include "consumer/schema_file.h"

#include "base/error.h"
#include "base/memory.h"
#include "schema/document.h"
#include "schema/packs.h"
#include "schema/pe.h"

#include <stdio.h>
#include <string.h>

enum {
    HEAD_SIZE = 64 * 1024, /* What a file is shows here. */
};

#define FILE_SIZE_MAX ((uint64_t)1 << 30)

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
const char *etwi_satellite_path(etwi_arena *arena, const char *path, unsigned index)
{
    static const char *const FOLDERS[ETWI_SATELLITES] = {"en-US/", ""};
    const char *folder = FOLDERS[index];
    const char *slash = strrchr(path, '/');
    const size_t folder_size = slash ? (size_t)(slash + 1 - path) : 0;
    const size_t size = strlen(path) + strlen(folder) + sizeof ".mui";
    char *text = etwi_arena_alloc(arena, size);
    if (text)
        snprintf(text, size, "%.*s%s%s.mui", (int)folder_size, path, folder, path + folder_size);
    return text;
}

/* Empty if there is none: then the texts are missing, as they are where nobody collected them. */
static etw_bytes read_satellite(const char *path, const etw_allocator *allocator)
{
    etwi_arena arena = {.allocator = *allocator};
    etw_bytes bytes = {NULL, 0};
    for (unsigned i = 0; i < ETWI_SATELLITES && !bytes.data; i++) {
        const char *name = etwi_satellite_path(&arena, path, i);
        etwi_file file;
        if (!name || etw_failed(etwi_file_open(&file, name, NULL)))
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

/* ---- Packs ---- */

static bool is_pack(const etwi_file *file)
{
    uint8_t magic[ETWI_PACK_MAGIC_SIZE];
    size_t got;
    return etwi_file_read_at(file, 0, magic, sizeof magic, &got, NULL) == ETW_OK &&
           etwi_pack_probe((etw_bytes){magic, got});
}

bool etwi_schema_file_is_pack(const char *path)
{
    etwi_file file;
    if (etw_failed(etwi_file_open(&file, path, NULL)))
        return false;
    const bool found = is_pack(&file);
    etwi_file_close(&file);
    return found;
}

/* Takes the file. */
static etw_status add_pack(etw_schema_store *store, const char *path, etwi_file *file,
                           etw_error *error)
{
    etwi_pack *pack;
    etw_error why;
    const etwi_pack_origin origin = {path, NULL, NULL};
    if (etw_failed(etwi_pack_open(&pack, file, allocator_of(store), &why)))
        return etwi_document_fail(error, path, &why);
    return etwi_packs_add(store, pack, &origin) == ETW_OK ? ETW_OK : etwi_fail_nomem(error);
}

/* ---- All kinds ---- */

etw_status etwi_schema_file_add(etw_schema_store *store, const char *path,
                                etwi_schema_naming naming, etw_error *error)
{
    etwi_file file;
    etw_error why;
    if (etw_failed(etwi_file_open(&file, path, &why)))
        return etwi_document_fail(error, path, &why);
    if (is_pack(&file))
        return add_pack(store, path, &file, error);
    bool is_document = true;
    etw_status status = ETW_OK;
    if (naming == ETWI_SCHEMA_FOUND)
        status = probe_file(&file, allocator_of(store), &is_document, &why);
    if (etw_failed(status))
        etwi_document_fail(error, path, &why);
    else if (is_document)
        status = add_open_file(store, path, &file, error);
    etwi_file_close(&file);
    return naming == ETWI_SCHEMA_FOUND && status == ETW_E_UNSUPPORTED ? ETW_OK : status;
}

etw_status etw_schema_store_add_file(etw_schema_store *store, const char *path, etw_error *error)
{
    return etwi_schema_file_add(store, path, ETWI_SCHEMA_NAMED, error);
}
