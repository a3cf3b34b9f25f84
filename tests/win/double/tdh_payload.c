/*
 * Payload filters. What Windows makes of predicates is its secret; here it is
 *
 *     "PAYL", count of filters (u32), and of each: size (u32), id of the event, version (u16 each),
 *     whether one predicate is enough (u32), count (u32), and of each predicate: operator (u32),
 * field and value, each a size in bytes (u32) and UTF-8.
 *
 * One filter, before it is aggregated, is what stands behind the count.
 */
#include "double.h"

#include "base/buffer.h"
#include "base/bytes.h"

#include <stdlib.h>

enum {
    MAGIC = 0x4C594150,
    ONE_HEAD_SIZE = 16,
    SIZE_MAX_AGGREGATED = 4096
};

static void append_u32(etwi_buffer *out, uint32_t value)
{
    etwi_buffer_append(out, &value, sizeof value);
}

static bool append_text(etwi_buffer *out, const etwi_abi_char *text)
{
    char narrow[SIZE_MAX_AGGREGATED];
    if (!text || !double_narrow(narrow, sizeof narrow, text) || !narrow[0])
        return false;
    append_u32(out, (uint32_t)strlen(narrow));
    etwi_buffer_append(out, narrow, strlen(narrow));
    return true;
}

static bool is_operator(uint32_t op)
{
    return op <= ETW_PAYLOAD_MODULO || op == ETW_PAYLOAD_CONTAINS ||
           op == ETW_PAYLOAD_DOES_NOT_CONTAIN || op == ETW_PAYLOAD_IS || op == ETW_PAYLOAD_IS_NOT;
}

static const etw_schema *find_event(const etw_provider_info *provider,
                                    const etwi_abi_descriptor *descriptor)
{
    for (uint32_t i = 0; provider && i < provider->event_count; i++)
        if (provider->events[i]->id == descriptor->id &&
            provider->events[i]->version == descriptor->version)
            return provider->events[i];
    return NULL;
}

/* The fields have to be those of the event, in a manifest that is known. */
static uint32_t check_fields(const etw_guid *provider, const etwi_abi_descriptor *descriptor,
                             const etwi_abi_payload_predicate *predicates, uint32_t count)
{
    char name[DOUBLE_PATH_SIZE];
    const etw_provider_list_options options = {.size = sizeof options, .without_builtin = true};
    etw_provider_list *list;
    etw_schema_store *schemas = double_schemas();
    if (!schemas || etw_failed(etw_provider_list_create(&list, schemas, &options, NULL)))
        return ERROR_OUTOFMEMORY;
    const etw_schema *schema = find_event(etw_provider_list_find_guid(list, provider), descriptor);
    uint32_t error = schema ? ERROR_SUCCESS : ERROR_NOT_FOUND;
    for (uint32_t i = 0; i < count && !error; i++) {
        if (!is_operator(predicates[i].compare_op) || !predicates[i].field_name ||
            !predicates[i].value || !double_narrow(name, sizeof name, predicates[i].field_name)) {
            error = ERROR_INVALID_PARAMETER;
            break;
        }
        const etw_str text = {name, strlen(name)};
        if (etw_schema_find_property(schema, text) < 0)
            error = ERROR_NOT_FOUND;
    }
    etw_provider_list_destroy(&list);
    return error;
}

/* A filter in memory of malloc(), which begins with its size. */
static uint8_t *encode(const etwi_abi_descriptor *descriptor, uint8_t match_any,
                       const etwi_abi_payload_predicate *predicates, uint32_t count)
{
    etwi_buffer out = {.allocator = etwi_allocator_or_default(NULL)};
    bool is_good = true;
    uint8_t *made = NULL;
    append_u32(&out, 0);
    append_u32(&out, descriptor->id | (uint32_t)descriptor->version << 16);
    append_u32(&out, match_any != 0);
    append_u32(&out, count);
    for (uint32_t i = 0; i < count && is_good; i++) {
        append_u32(&out, predicates[i].compare_op);
        is_good =
            append_text(&out, predicates[i].field_name) && append_text(&out, predicates[i].value);
    }
    if (is_good && !out.failed) {
        const uint32_t size = (uint32_t)out.size;
        memcpy(out.data, &size, sizeof size);
        made = malloc(out.size);
        if (made)
            memcpy(made, out.data, out.size);
    }
    etwi_buffer_free(&out);
    return made;
}

/* ---- reading, for EnableTraceEx2() ----------------------------------------------------------- */

static bool read_text(double_filters *filters, etwi_cursor *c, etw_str *out)
{
    const uint32_t size = etwi_u32(c);
    const uint8_t *data = etwi_take(c, size);
    return data && etwi_arena_str(&filters->arena, out, (const char *)data, size);
}

bool double_payload_read(double_filters *filters, etw_provider_filter *out, etw_bytes data)
{
    etwi_cursor c = etwi_cursor_of(data.data, data.size);
    if (etwi_u32(&c) != MAGIC || etwi_u32(&c) != 1) // The library's filters are about one event.
        return false;
    etwi_u32(&c);
    const uint32_t event = etwi_u32(&c);
    out->any_predicate = etwi_u32(&c) != 0;
    const uint32_t count = etwi_u32(&c);
    uint16_t *id = etwi_arena_alloc(&filters->arena, sizeof *id);
    etw_payload_predicate *list =
        etwi_arena_alloc_zeroed(&filters->arena, ETW_FILTER_PREDICATES_MAX * sizeof *list);
    if (!id || !list || count > ETW_FILTER_PREDICATES_MAX)
        return false;
    *id = (uint16_t)event;
    for (uint32_t i = 0; i < count; i++) {
        list[i].op = (etw_payload_operator)etwi_u32(&c);
        if (!read_text(filters, &c, &list[i].field) || !read_text(filters, &c, &list[i].value))
            return false;
    }
    out->ids = id;
    out->id_count = 1;
    out->predicates = list;
    out->predicate_count = count;
    return !c.failed;
}

/* ---- what is exported ------------------------------------------------------------------------ */

typedef struct payload_request {
    const etw_guid *provider;
    const etwi_abi_descriptor *descriptor;
    uint8_t match_any;
    uint32_t count;
    const etwi_abi_payload_predicate *predicates;
} payload_request;

static uint32_t create(const payload_request *request, void **filter)
{
    if (!request->provider || !request->descriptor || !request->predicates || !filter ||
        !request->count || request->count > ETW_FILTER_PREDICATES_MAX)
        return ERROR_INVALID_PARAMETER;
    *filter = NULL;
    const uint32_t error =
        check_fields(request->provider, request->descriptor, request->predicates, request->count);
    if (error)
        return error;
    *filter = encode(request->descriptor, request->match_any, request->predicates, request->count);
    return *filter ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

DOUBLE_EXPORT(uint32_t)
TdhCreatePayloadFilter(const etw_guid *provider, const etwi_abi_descriptor *descriptor,
                       uint8_t match_any, uint32_t count, etwi_abi_payload_predicate *predicates,
                       void **filter);

DOUBLE_EXPORT(uint32_t)
TdhCreatePayloadFilter(const etw_guid *provider, const etwi_abi_descriptor *descriptor,
                       uint8_t match_any, uint32_t count, etwi_abi_payload_predicate *predicates,
                       void **filter)
{
    const uint64_t arguments[] = {(uintptr_t)provider,   (uintptr_t)descriptor, match_any, count,
                                  (uintptr_t)predicates, (uintptr_t)filter};
    const payload_request request = {provider, descriptor, match_any, count, predicates};
    double_call *call = double_begin("TdhCreatePayloadFilter", arguments, 6);
    uint32_t error;
    double_keep(call, "provider", provider, sizeof *provider);
    double_keep(call, "descriptor", descriptor, sizeof *descriptor);
    double_keep(call, "predicates", predicates, count * sizeof *predicates);
    for (uint32_t i = 0; call && predicates && i < count; i++) {
        double_keep_text(call, "field", predicates[i].field_name);
        double_keep_text(call, "value", predicates[i].value);
    }
    if (!double_is_scripted("TdhCreatePayloadFilter", &error))
        error = create(&request, filter);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t) TdhDeletePayloadFilter(void **filter);

DOUBLE_EXPORT(uint32_t) TdhDeletePayloadFilter(void **filter)
{
    const uint64_t arguments[] = {(uintptr_t)filter};
    double_call *call = double_begin("TdhDeletePayloadFilter", arguments, 1);
    uint32_t error;
    if (!double_is_scripted("TdhDeletePayloadFilter", &error)) {
        error = filter ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
        if (filter) {
            free(*filter);
            *filter = NULL;
        }
    }
    return double_end(call, error);
}

static uint32_t aggregate(uint32_t count, void **filters, etwi_abi_filter *out)
{
    etwi_buffer bytes = {.allocator = etwi_allocator_or_default(NULL)};
    if (!count || !filters || !out)
        return ERROR_INVALID_PARAMETER;
    append_u32(&bytes, MAGIC);
    append_u32(&bytes, count);
    for (uint32_t i = 0; i < count && filters[i]; i++) {
        uint32_t size;
        memcpy(&size, filters[i], sizeof size);
        etwi_buffer_append(&bytes, filters[i], size);
    }
    uint8_t *made = bytes.failed || bytes.size > SIZE_MAX_AGGREGATED ? NULL : malloc(bytes.size);
    if (made) {
        memcpy(made, bytes.data, bytes.size);
        out->ptr = (uintptr_t)made;
        out->size = (uint32_t)bytes.size;
        out->type = ETWI_ABI_FILTER_PAYLOAD;
    }
    etwi_buffer_free(&bytes);
    return made ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

DOUBLE_EXPORT(uint32_t)
TdhAggregatePayloadFilters(uint32_t count, void **filters, uint8_t *match_all_flags,
                           etwi_abi_filter *out);

DOUBLE_EXPORT(uint32_t)
TdhAggregatePayloadFilters(uint32_t count, void **filters, uint8_t *match_all_flags,
                           etwi_abi_filter *out)
{
    const uint64_t arguments[] = {count, (uintptr_t)filters, (uintptr_t)match_all_flags,
                                  (uintptr_t)out};
    double_call *call = double_begin("TdhAggregatePayloadFilters", arguments, 4);
    uint32_t error;
    double_keep(call, "flags", match_all_flags, count);
    if (!double_is_scripted("TdhAggregatePayloadFilters", &error))
        error = aggregate(count, filters, out);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t) TdhCleanupPayloadEventFilterDescriptor(etwi_abi_filter *filter);

DOUBLE_EXPORT(uint32_t) TdhCleanupPayloadEventFilterDescriptor(etwi_abi_filter *filter)
{
    const uint64_t arguments[] = {(uintptr_t)filter};
    double_call *call = double_begin("TdhCleanupPayloadEventFilterDescriptor", arguments, 1);
    uint32_t error;
    double_keep(call, "filter", filter, sizeof *filter);
    if (!double_is_scripted("TdhCleanupPayloadEventFilterDescriptor", &error)) {
        error = filter ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
        if (filter) {
            free((void *)(uintptr_t)filter->ptr);
            memset(filter, 0, sizeof *filter);
        }
    }
    return double_end(call, error);
}
