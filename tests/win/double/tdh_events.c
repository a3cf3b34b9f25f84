/* What events mean: TdhGetEventInformation(), and the events of manifests. */
#include "double.h"

#include <stdlib.h>

static uint32_t get_event(etwi_abi_record *record, void *info, uint32_t *size)
{
    const etw_schema *schema = NULL;
    uint32_t made_size = 0;
    if (!record || !size)
        return ERROR_INVALID_PARAMETER;
    etw_schema_store *schemas = double_schemas();
    etw_event *event = double_event_of(record);
    if (!schemas || !event) {
        free(event);
        return ERROR_OUTOFMEMORY;
    }
    const etw_status status = etw_schema_store_find(schemas, event, &schema);
    uint8_t *made = status == ETW_OK && schema ? double_event_info(schema, &made_size) : NULL;
    free(event);
    if (status == ETW_E_NO_SCHEMA || (status == ETW_OK && !schema))
        return ERROR_NOT_FOUND;
    return double_give(made, made_size, info, size);
}

DOUBLE_EXPORT(uint32_t)
TdhGetEventInformation(etwi_abi_record *record, uint32_t context_count,
                       etwi_abi_tdh_context *contexts, void *info, uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhGetEventInformation(etwi_abi_record *record, uint32_t context_count,
                       etwi_abi_tdh_context *contexts, void *info, uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)record, context_count, (uintptr_t)contexts,
                                  (uintptr_t)info, (uintptr_t)size};
    double_call *call = double_begin("TdhGetEventInformation", arguments, 5);
    uint32_t error;
    if (record)
        double_keep(call, "header", &record->event_header, sizeof record->event_header);
    double_keep(call, "contexts", contexts, context_count * sizeof *contexts);
    if (!double_is_scripted("TdhGetEventInformation", &error))
        error =
            context_count && !contexts ? ERROR_INVALID_PARAMETER : get_event(record, info, size);
    return double_end(call, error);
}

/* ---- manifests ------------------------------------------------------------------------------- */

static bool is_of_manifest(const etw_schema *schema)
{
    return !schema->is_classic && schema->source != ETW_SCHEMA_TRACELOGGING &&
           schema->source != ETW_SCHEMA_TMF;
}

static etwi_abi_descriptor descriptor_of(const etw_schema *schema)
{
    const etwi_abi_descriptor descriptor = {schema->id,     schema->version, schema->channel,
                                            schema->level,  schema->opcode,  schema->task,
                                            schema->keyword};
    return descriptor;
}

static uint32_t list_events(const etw_provider_info *provider, etwi_abi_provider_events *out,
                            uint32_t *size)
{
    const size_t head = offsetof(etwi_abi_provider_events, event_descriptors_array);
    uint32_t count = 0;
    uint8_t *made = calloc(1, head + provider->event_count * sizeof(etwi_abi_descriptor) + 1);
    for (uint32_t i = 0; made && i < provider->event_count; i++) {
        if (!is_of_manifest(provider->events[i]))
            continue;
        const etwi_abi_descriptor descriptor = descriptor_of(provider->events[i]);
        memcpy(made + head + count++ * sizeof descriptor, &descriptor, sizeof descriptor);
    }
    if (made)
        memcpy(made, &count, sizeof count);
    if (made && !count) {
        free(made);
        return DOUBLE_E_EMPTY;
    }
    return double_give(made, (uint32_t)(head + count * sizeof(etwi_abi_descriptor)), out, size);
}

static uint32_t get_manifest_event(const etw_provider_info *provider,
                                   const etwi_abi_descriptor *descriptor, void *info,
                                   uint32_t *size)
{
    for (uint32_t i = 0; i < provider->event_count; i++) {
        const etw_schema *schema = provider->events[i];
        uint32_t made_size = 0;
        if (!is_of_manifest(schema) || schema->id != descriptor->id ||
            schema->version != descriptor->version)
            continue;
        uint8_t *made = double_event_info(schema, &made_size);
        return double_give(made, made_size, info, size);
    }
    return ERROR_NOT_FOUND;
}

/* Both questions; `descriptor` is NULL for the list. */
static uint32_t ask(const etw_guid *provider, const etwi_abi_descriptor *descriptor, void *out,
                    uint32_t *size)
{
    const etw_provider_list_options options = {.size = sizeof options, .without_builtin = true};
    etw_provider_list *list;
    etw_schema_store *schemas = double_schemas();
    if (!provider || !size)
        return ERROR_INVALID_PARAMETER;
    if (!schemas || etw_failed(etw_provider_list_create(&list, schemas, &options, NULL)))
        return ERROR_OUTOFMEMORY;
    const etw_provider_info *found = etw_provider_list_find_guid(list, provider);
    uint32_t error = ERROR_FILE_NOT_FOUND;
    if (found)
        error = descriptor ? get_manifest_event(found, descriptor, out, size)
                           : list_events(found, out, size);
    etw_provider_list_destroy(&list);
    return error;
}

DOUBLE_EXPORT(uint32_t)
TdhEnumerateManifestProviderEvents(etw_guid *provider, etwi_abi_provider_events *events,
                                   uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhEnumerateManifestProviderEvents(etw_guid *provider, etwi_abi_provider_events *events,
                                   uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)provider, (uintptr_t)events, (uintptr_t)size};
    double_call *call = double_begin("TdhEnumerateManifestProviderEvents", arguments, 3);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    if (!double_is_scripted("TdhEnumerateManifestProviderEvents", &error))
        error = ask(provider, NULL, events, size);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
TdhGetManifestEventInformation(etw_guid *provider, etwi_abi_descriptor *descriptor, void *info,
                               uint32_t *size);

DOUBLE_EXPORT(uint32_t)
TdhGetManifestEventInformation(etw_guid *provider, etwi_abi_descriptor *descriptor, void *info,
                               uint32_t *size)
{
    const uint64_t arguments[] = {(uintptr_t)provider, (uintptr_t)descriptor, (uintptr_t)info,
                                  (uintptr_t)size};
    double_call *call = double_begin("TdhGetManifestEventInformation", arguments, 4);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    double_keep(call, "descriptor", descriptor, sizeof *descriptor);
    if (!double_is_scripted("TdhGetManifestEventInformation", &error))
        error = descriptor ? ask(provider, descriptor, info, size) : ERROR_INVALID_PARAMETER;
    return double_end(call, error);
}
