/* TdhEnumerateProviders() and the fields of providers. */
#include "double.h"

#include "base/buffer.h"

#include <stdlib.h>

enum {
    SOURCE_XML = 0,
    SOURCE_WBEM = 1,
    OPCODE_SHIFT = 16
};

/* EVENT_FIELD_TYPE, in its order. */
static const etw_named_kind kinds[] = {ETW_NAMED_KEYWORD, ETW_NAMED_LEVEL, ETW_NAMED_CHANNEL,
                                       ETW_NAMED_TASK, ETW_NAMED_OPCODE};

/* Elements of one size stand in front, texts behind them. */
typedef struct table {
    etwi_buffer elements, texts;
} table;

static void begin(table *out, const void *head, size_t size)
{
    memset(out, 0, sizeof *out);
    out->elements.allocator = out->texts.allocator = etwi_allocator_or_default(NULL);
    etwi_buffer_append(&out->elements, head, size);
}

/* Appends a text and returns where it is among the texts, plus one. */
static uint32_t add_text(table *out, etw_str text)
{
    const uint32_t place = (uint32_t)out->texts.size + 1;
    wchar_t *wide = malloc((text.size + 1) * sizeof *wide);
    if (!wide) {
        out->texts.failed = true;
        return 0;
    }
    const int units =
        text.size ? MultiByteToWideChar(CP_UTF8, 0, text.data, (int)text.size, wide, (int)text.size)
                  : 0;
    wide[units] = 0;
    etwi_buffer_append(&out->texts, wide, ((size_t)units + 1) * sizeof *wide);
    free(wide);
    return place;
}

/* Both parts as one, in memory of malloc(); NULL if memory is out. */
static uint8_t *finish(table *out, uint32_t *size)
{
    uint8_t *made = NULL;
    *size = (uint32_t)(out->elements.size + out->texts.size);
    if (!out->elements.failed && !out->texts.failed)
        made = malloc((size_t)*size + 1);
    if (made) {
        memcpy(made, out->elements.data, out->elements.size);
        if (out->texts.size)
            memcpy(made + out->elements.size, out->texts.data, out->texts.size);
    }
    etwi_buffer_free(&out->elements);
    etwi_buffer_free(&out->texts);
    return made;
}

static uint32_t resolve(uint32_t place, const table *out)
{
    return place ? place - 1 + (uint32_t)out->elements.size : 0;
}

/* ---- providers ------------------------------------------------------------------------------- */

static uint32_t source_of(const etw_provider_info *provider)
{
    const uint32_t of_wbem = 1u << ETW_SCHEMA_KERNEL | 1u << ETW_SCHEMA_TMF;
    return provider->sources && !(provider->sources & ~of_wbem) ? SOURCE_WBEM : SOURCE_XML;
}

static bool is_provider(const etw_provider_info *provider)
{
    return provider->name.size && etw_guid_is_null(&provider->owner);
}

static uint8_t *list_providers(const etw_provider_list *list, uint32_t *size)
{
    table out;
    uint32_t head[2] = {0, 0};
    const size_t head_size = offsetof(etwi_abi_provider_enumeration, trace_provider_info_array);
    begin(&out, head, head_size);
    for (size_t i = 0; i < etw_provider_list_count(list); i++) {
        const etw_provider_info *provider = etw_provider_list_at(list, i);
        if (!is_provider(provider))
            continue;
        const etwi_abi_provider_info info = {provider->guid, source_of(provider),
                                             add_text(&out, provider->name)};
        etwi_buffer_append(&out.elements, &info, sizeof info);
        head[0]++;
    }
    if (out.elements.failed)
        return finish(&out, size);
    memcpy(out.elements.data, head, head_size);
    for (uint32_t i = 0; i < head[0]; i++) {
        char *at = out.elements.data + head_size + i * sizeof(etwi_abi_provider_info);
        etwi_abi_provider_info info;
        memcpy(&info, at, sizeof info);
        info.provider_name_offset = resolve(info.provider_name_offset, &out);
        memcpy(at, &info, sizeof info);
    }
    return finish(&out, size);
}

static uint32_t enumerate(etwi_abi_provider_enumeration *providers, uint32_t *size)
{
    etw_provider_list *list;
    etw_schema_store *schemas = double_schemas();
    uint32_t made_size = 0;
    if (!size)
        return ERROR_INVALID_PARAMETER;
    if (!schemas || etw_failed(etw_provider_list_create(&list, schemas, NULL, NULL)))
        return ERROR_OUTOFMEMORY;
    uint8_t *made = list_providers(list, &made_size);
    etw_provider_list_destroy(&list);
    return double_give(made, made_size, providers, size);
}

DOUBLE_EXPORT(uint32_t)
TdhEnumerateProviders(etwi_abi_provider_enumeration *providers, uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhEnumerateProviders(etwi_abi_provider_enumeration *providers, uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)providers, (uintptr_t)size};
    double_call *call = double_begin("TdhEnumerateProviders", arguments, 2);
    uint32_t error;
    if (!double_is_scripted("TdhEnumerateProviders", &error))
        error = enumerate(providers, size);
    return double_end(call, error);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* All names of a kind, or of one value only. */
static uint8_t *list_fields(const etw_named_values *values, uint32_t type, const uint64_t *only,
                            uint32_t *size)
{
    table out;
    uint32_t head[2] = {0, type};
    const size_t head_size = offsetof(etwi_abi_field_infos, field_info_array);
    begin(&out, head, head_size);
    for (uint32_t i = 0; i < values->count; i++) {
        const etw_named_value *value = &values->items[i];
        uint64_t number = value->value;
        if (kinds[type] == ETW_NAMED_OPCODE)
            number = number << OPCODE_SHIFT | value->task;
        const bool is_hit =
            !only || (kinds[type] == ETW_NAMED_KEYWORD ? (number & *only) != 0 : number == *only);
        if (!is_hit)
            continue;
        etwi_abi_field_info info = {add_text(&out, value->name), 0, number};
        if (value->message.size)
            info.description_offset = add_text(&out, value->message);
        etwi_buffer_append(&out.elements, &info, sizeof info);
        head[0]++;
    }
    if (out.elements.failed)
        return finish(&out, size);
    memcpy(out.elements.data, head, head_size);
    for (uint32_t i = 0; i < head[0]; i++) {
        char *at = out.elements.data + head_size + i * sizeof(etwi_abi_field_info);
        etwi_abi_field_info info;
        memcpy(&info, at, sizeof info);
        info.name_offset = resolve(info.name_offset, &out);
        info.description_offset = resolve(info.description_offset, &out);
        memcpy(at, &info, sizeof info);
    }
    return finish(&out, size);
}

static uint32_t fields(const etw_guid *provider, uint32_t type, const uint64_t *only, void *out,
                       uint32_t *size)
{
    const etw_provider_list_options options = {.size = sizeof options, .without_builtin = true};
    etw_provider_list *list;
    etw_schema_store *schemas = double_schemas();
    uint32_t made_size = 0;
    if (!provider || !size)
        return ERROR_INVALID_PARAMETER;
    if (type >= sizeof kinds / sizeof kinds[0])
        return ERROR_NOT_SUPPORTED;
    if (!schemas || etw_failed(etw_provider_list_create(&list, schemas, &options, NULL)))
        return ERROR_OUTOFMEMORY;
    const etw_provider_info *found = etw_provider_list_find_guid(list, provider);
    uint32_t error = ERROR_NOT_FOUND;
    if (found && found->named[kinds[type]].count) {
        uint8_t *made = list_fields(&found->named[kinds[type]], type, only, &made_size);
        const bool is_empty = made && *(const uint32_t *)(const void *)made == 0;
        if (is_empty)
            free(made);
        else
            error = double_give(made, made_size, out, size);
    }
    etw_provider_list_destroy(&list);
    return error;
}

DOUBLE_EXPORT(uint32_t)
TdhEnumerateProviderFieldInformation(etw_guid *provider, uint32_t type, etwi_abi_field_infos *out,
                                     uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhEnumerateProviderFieldInformation(etw_guid *provider, uint32_t type, etwi_abi_field_infos *out,
                                     uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)provider, type, (uintptr_t)out, (uintptr_t)size};
    double_call *call = double_begin("TdhEnumerateProviderFieldInformation", arguments, 4);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    if (!double_is_scripted("TdhEnumerateProviderFieldInformation", &error))
        error = fields(provider, type, NULL, out, size);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
TdhQueryProviderFieldInformation(etw_guid *provider, uint64_t value, uint32_t type,
                                 etwi_abi_field_infos *out, uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhQueryProviderFieldInformation(etw_guid *provider, uint64_t value, uint32_t type,
                                 etwi_abi_field_infos *out, uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)provider, value, type, (uintptr_t)out,
                                  (uintptr_t)size};
    double_call *call = double_begin("TdhQueryProviderFieldInformation", arguments, 5);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    if (!double_is_scripted("TdhQueryProviderFieldInformation", &error))
        error = fields(provider, type, &value, out, size);
    return double_end(call, error);
}
