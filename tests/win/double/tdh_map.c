/* TdhGetEventMapInformation(). */
#include "double.h"

#include "base/buffer.h"

#include <stdlib.h>

enum {
    FLAG_VALUE_MAP = 1,
    FLAG_BIT_MAP = 2,
    HEAD_SIZE = 16,
    ENTRY_SIZE = 8
};

static void put_u32(etwi_buffer *out, size_t at, uint32_t value)
{
    memcpy(out->data + at, &value, sizeof value);
}

static bool append_text(etwi_buffer *out, etw_str text, bool with_blank)
{
    wchar_t *wide = malloc((text.size + 2) * sizeof *wide);
    if (!wide)
        return false;
    int units =
        text.size ? MultiByteToWideChar(CP_UTF8, 0, text.data, (int)text.size, wide, (int)text.size)
                  : 0;
    if (with_blank)
        wide[units++] = L' ';
    wide[units++] = 0;
    etwi_buffer_append(out, wide, (size_t)units * sizeof *wide);
    free(wide);
    return !out->failed;
}

static bool fill(etwi_buffer *out, const etw_map *map)
{
    const size_t fixed = HEAD_SIZE + (size_t)map->entry_count * ENTRY_SIZE;
    char *start = etwi_buffer_reserve(out, fixed);
    if (!start)
        return false;
    memset(start, 0, fixed);
    out->size = fixed;
    put_u32(out, 0, (uint32_t)fixed);
    put_u32(out, 4, map->is_bitmap ? FLAG_BIT_MAP : FLAG_VALUE_MAP);
    put_u32(out, 8, map->entry_count);
    if (!append_text(out, map->name, false))
        return false;
    for (uint32_t i = 0; i < map->entry_count; i++) {
        const size_t at = HEAD_SIZE + (size_t)i * ENTRY_SIZE;
        put_u32(out, at, (uint32_t)out->size);
        put_u32(out, at + 4, (uint32_t)map->entries[i].value);
        // Texts of manifests come with a blank behind them.
        if (!append_text(out, map->entries[i].text, true))
            return false;
    }
    return true;
}

uint8_t *double_map_info(const etw_map *map, uint32_t *size)
{
    etwi_buffer out = {.allocator = etwi_allocator_or_default(NULL)};
    uint8_t *result = fill(&out, map) ? malloc(out.size) : NULL;
    if (result) {
        memcpy(result, out.data, out.size);
        *size = (uint32_t)out.size;
    }
    etwi_buffer_free(&out);
    return result;
}

static const etw_map *find_map(const etw_schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->property_count; i++) {
        const etw_map *map = schema->properties[i].map;
        if (map && map->name.size == strlen(name) &&
            memcmp(map->name.data, name, map->name.size) == 0)
            return map;
    }
    return NULL;
}

static uint32_t get_map(etwi_abi_record *record, const etwi_abi_char *name, void *map,
                        uint32_t *size)
{
    char narrow[DOUBLE_PATH_SIZE];
    const etw_schema *schema = NULL;
    uint32_t made_size = 0;
    if (!record || !name || !size || !double_narrow(narrow, sizeof narrow, name))
        return ERROR_INVALID_PARAMETER;
    etw_schema_store *schemas = double_schemas();
    etw_event *event = double_event_of(record);
    if (!schemas || !event) {
        free(event);
        return ERROR_OUTOFMEMORY;
    }
    const etw_status status = etw_schema_store_find(schemas, event, &schema);
    const etw_map *found = status == ETW_OK && schema ? find_map(schema, narrow) : NULL;
    free(event);
    if (!found)
        return ERROR_NOT_FOUND;
    uint8_t *made = double_map_info(found, &made_size);
    return double_give(made, made_size, map, size);
}

DOUBLE_EXPORT(uint32_t)
TdhGetEventMapInformation(etwi_abi_record *record, etwi_abi_char *name, void *map, uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhGetEventMapInformation(etwi_abi_record *record, etwi_abi_char *name, void *map, uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)record, (uintptr_t)name, (uintptr_t)map,
                                  (uintptr_t)size};
    double_call *call = double_begin("TdhGetEventMapInformation", arguments, 4);
    uint32_t error;
    double_keep_text(call, "name", name);
    if (!double_is_scripted("TdhGetEventMapInformation", &error))
        error = get_map(record, name, map, size);
    return double_end(call, error);
}
