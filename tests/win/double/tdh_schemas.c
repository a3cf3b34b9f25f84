/* The schemas that TDH knows: what is built in, and manifests that tests or TdhLoadManifest() give.
 */
#include "double.h"

#include <stdlib.h>

static SRWLOCK lock = SRWLOCK_INIT;
static etw_schema_store *store;

etw_schema_store *double_schemas(void)
{
    AcquireSRWLockExclusive(&lock);
    if (!store && etw_failed(etw_schema_store_create(&store, NULL, NULL)))
        store = NULL;
    ReleaseSRWLockExclusive(&lock);
    return store;
}

bool double_schemas_add(const char *path)
{
    etw_schema_store *schemas = double_schemas();
    return schemas && !etw_failed(etw_schema_store_add_path(schemas, path, NULL));
}

void double_schemas_reset(void)
{
    AcquireSRWLockExclusive(&lock);
    etw_schema_store_destroy(&store);
    ReleaseSRWLockExclusive(&lock);
}

uint32_t double_give(uint8_t *data, uint32_t size, void *out, uint32_t *out_size)
{
    uint32_t error = ERROR_SUCCESS;
    if (!data)
        return ERROR_OUTOFMEMORY;
    const uint32_t room = *out_size;
    *out_size = size;
    if (!out || room < size)
        error = ERROR_INSUFFICIENT_BUFFER;
    else
        memcpy(out, data, size);
    free(data);
    return error;
}

/* ---- manifests ------------------------------------------------------------------------------- */

static uint32_t load_file(const etwi_abi_char *path)
{
    char narrow[DOUBLE_PATH_SIZE];
    if (!path || !double_narrow(narrow, sizeof narrow, path))
        return ERROR_INVALID_PARAMETER;
    if (GetFileAttributesW((const wchar_t *)path) == INVALID_FILE_ATTRIBUTES)
        return ERROR_FILE_NOT_FOUND;
    return double_schemas_add(narrow) ? ERROR_SUCCESS : ERROR_XML_PARSE_ERROR;
}

static uint32_t load_memory(const void *data, uint32_t size)
{
    const etw_bytes bytes = {data, size};
    etw_schema_store *schemas = double_schemas();
    if (!data || !size)
        return ERROR_INVALID_PARAMETER;
    if (!schemas)
        return ERROR_OUTOFMEMORY;
    return etw_failed(etw_schema_store_add_memory(schemas, "memory", bytes, NULL))
               ? ERROR_XML_PARSE_ERROR
               : ERROR_SUCCESS;
}

/* What was added to the store stays: the library never takes back what it told. */
static uint32_t unload_file(const etwi_abi_char *path)
{
    if (!path)
        return ERROR_INVALID_PARAMETER;
    return GetFileAttributesW((const wchar_t *)path) == INVALID_FILE_ATTRIBUTES
               ? ERROR_FILE_NOT_FOUND
               : ERROR_SUCCESS;
}

#define OF_FILE(function, act)                                     \
    DOUBLE_EXPORT(uint32_t) function(etwi_abi_char *path);         \
    DOUBLE_EXPORT(uint32_t) function(etwi_abi_char *path)          \
    {                                                              \
        const uint64_t arguments[] = {(uintptr_t)path};            \
        double_call *call = double_begin(#function, arguments, 1); \
        uint32_t error;                                            \
        double_keep_text(call, "path", path);                      \
        if (!double_is_scripted(#function, &error))                \
            error = act(path);                                     \
        return double_end(call, error);                            \
    }

OF_FILE(TdhLoadManifest, load_file)
OF_FILE(TdhLoadManifestFromBinary, load_file)
OF_FILE(TdhUnloadManifest, unload_file)

DOUBLE_EXPORT(uint32_t) TdhLoadManifestFromMemory(const void *data, uint32_t size);

DOUBLE_EXPORT(uint32_t) TdhLoadManifestFromMemory(const void *data, uint32_t size)
{
    const uint64_t arguments[] = {(uintptr_t)data, size};
    double_call *call = double_begin("TdhLoadManifestFromMemory", arguments, 2);
    uint32_t error;
    double_keep(call, "manifest", data, size);
    if (!double_is_scripted("TdhLoadManifestFromMemory", &error))
        error = load_memory(data, size);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t) TdhUnloadManifestFromMemory(const void *data, uint32_t size);

DOUBLE_EXPORT(uint32_t) TdhUnloadManifestFromMemory(const void *data, uint32_t size)
{
    const uint64_t arguments[] = {(uintptr_t)data, size};
    double_call *call = double_begin("TdhUnloadManifestFromMemory", arguments, 2);
    uint32_t error;
    double_keep(call, "manifest", data, size);
    if (!double_is_scripted("TdhUnloadManifestFromMemory", &error))
        error = data && size ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
    return double_end(call, error);
}
