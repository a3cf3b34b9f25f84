#include "etw_fake.h"

#include <stdlib.h>
#include <string.h>

fake_state fake;
etwi_api fake_api;

#if !defined(_WIN32)
/* Without Windows there is nothing to load. */
void etwi_api_load(etwi_api *table)
{
    (void)table;
}
#endif

uint32_t fake_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

uint64_t fake_u64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

const fake_call *fake_last(unsigned back)
{
    static const fake_call none = {.function = "none"};
    return back < fake.count ? &fake.calls[fake.count - 1 - back] : &none;
}

static fake_call *begin(const char *function)
{
    if (fake.count == FAKE_CALLS)
        abort();
    fake_call *const call = &fake.calls[fake.count++];
    call->function = function;
    return call;
}

static void keep_name(fake_call *call, const etwi_abi_char *name)
{
    if (!name)
        return;
    call->has_name = true;
    for (size_t i = 0; i + 1 < ETWI_WIN_NAME_ROOM && name[i]; i++)
        call->name[i] = name[i];
}

static void keep_bytes(fake_call *call, const void *data, size_t size)
{
    call->size = size;
    memcpy(call->bytes, data, size < FAKE_BYTES ? size : FAKE_BYTES);
}

/* ---- sessions ---- */

static uint32_t ETWI_ABI_CALL start_trace(uint64_t *session, const etwi_abi_char *name,
                                          etwi_abi_properties *properties)
{
    fake_call *const call = begin("StartTraceW");
    keep_name(call, name);
    keep_bytes(call, properties, properties->wnode.buffer_size);
    /* What Windows leaves in the block misleads whoever uses it again. */
    properties->log_file_mode = 0xDEADBEEF;
    properties->wnode.guid.data1 |= 0x80000000;
    if (fake.start_code) {
        const uint32_t code = fake.start_code;
        if (fake.start_fails && !--fake.start_fails)
            fake.start_code = 0;
        *session = 0;
        return code;
    }
    *session = 0x1D;
    return 0;
}

static uint32_t ETWI_ABI_CALL control_trace(uint64_t session, const etwi_abi_char *name,
                                            etwi_abi_properties *properties, uint32_t code)
{
    fake_call *const call = begin("ControlTraceW");
    call->handle = session;
    call->code = code;
    keep_name(call, name);
    keep_bytes(call, properties, properties->wnode.buffer_size);
    if (fake.control_code)
        return fake.control_code;
    memcpy(properties, &fake.answer, sizeof fake.answer);
    return 0;
}

static uint32_t ETWI_ABI_CALL query_all(etwi_abi_properties **properties, uint32_t room,
                                        uint32_t *count)
{
    fake_call *const call = begin("QueryAllTracesW");
    call->code = room;
    keep_bytes(call, properties[room - 1], properties[room - 1]->wnode.buffer_size);
    *count = fake.sessions;
    if (fake.control_code)
        return fake.control_code;
    for (uint32_t i = 0; i < fake.sessions && i < room; i++) {
        properties[i]->wnode.historical_context = fake.sessions - i;
        properties[i]->buffer_size = 4 + i;
    }
    return fake.sessions > room ? ETWI_WIN_MORE_DATA : 0;
}

static void keep_parameters(fake_call *call, const etwi_abi_enable_parameters *parameters)
{
    if (!parameters)
        return;
    call->has_parameters = true;
    call->parameters = *parameters;
    const uint32_t count = parameters->version == 1 ? parameters->enable_filter_desc != NULL
                                                    : parameters->filter_desc_count;
    for (uint32_t i = 0; i < count && i < FAKE_FILTERS; i++) {
        const etwi_abi_filter *const filter = &parameters->enable_filter_desc[i];
        call->filters[i] = *filter;
        if (filter->size)
            memcpy(call->filter_bytes[i], (const void *)(uintptr_t)filter->ptr,
                   filter->size < 1024 ? filter->size : 1024);
    }
}

static uint32_t ETWI_ABI_CALL enable_trace(uint64_t session, const etw_guid *provider,
                                           uint32_t code, uint8_t level, uint64_t any, uint64_t all,
                                           uint32_t timeout, etwi_abi_enable_parameters *parameters)
{
    fake_call *const call = begin("EnableTraceEx2");
    call->handle = session;
    call->guid = *provider;
    call->code = code;
    call->level = level;
    call->any = any;
    call->all = all;
    call->timeout = timeout;
    keep_parameters(call, parameters);
    return fake.enable_code;
}

static uint32_t ETWI_ABI_CALL set_information(uint64_t session, uint32_t class, void *data,
                                              uint32_t size)
{
    fake_call *const call = begin("TraceSetInformation");
    call->handle = session;
    call->code = class;
    keep_bytes(call, data, size);
    return fake.information_code;
}

static uint32_t ETWI_ABI_CALL query_information(uint64_t session, uint32_t class, void *data,
                                                uint32_t size, uint32_t *used)
{
    fake_call *const call = begin("TraceQueryInformation");
    call->handle = session;
    call->code = class;
    call->size = size;
    *used = sizeof fake.groups;
    if (fake.information_code)
        return fake.information_code;
    if (size < sizeof fake.groups)
        return ETWI_WIN_BAD_LENGTH;
    memcpy(data, fake.groups, sizeof fake.groups);
    return 0;
}

/* ---- who is there ---- */

static uint32_t answer(const void *data, uint32_t size, void *out, uint32_t room, uint32_t *used)
{
    *used = size;
    if (size > room)
        return ETWI_WIN_INSUFFICIENT_BUFFER;
    memcpy(out, data, size);
    return 0;
}

static uint32_t ETWI_ABI_CALL enumerate(uint32_t class, void *in, uint32_t in_size, void *out,
                                        uint32_t out_size, uint32_t *used)
{
    if (fake.information_code)
        return fake.information_code;
    if (class == ETWI_ABI_INFO_GUID_LIST)
        return answer(fake.guids, fake.guid_count * (uint32_t)sizeof fake.guids[0], out, out_size,
                      used);
    if (class != ETWI_ABI_INFO_GUID || in_size != sizeof(etw_guid))
        return ETWI_WIN_INVALID_PARAMETER;
    if (fake.first_answer_is_small) {
        fake.first_answer_is_small = false;
        *used = out_size + 100;
        return ETWI_WIN_INSUFFICIENT_BUFFER;
    }
    for (uint32_t i = 0; i < fake.guid_count; i++)
        if (memcmp(&fake.guids[i], in, sizeof(etw_guid)) == 0 && fake.guid_info_size[i])
            return answer(fake.guid_info[i], fake.guid_info_size[i], out, out_size, used);
    return ETWI_WIN_WMI_GUID_NOT_FOUND;
}

/* ---- payload filters ---- */

static uint32_t ETWI_ABI_CALL manifest_events(etw_guid *provider, etwi_abi_provider_events *events,
                                              uint32_t *size)
{
    (void)provider;
    const uint32_t needed =
        (uint32_t)(offsetof(etwi_abi_provider_events, event_descriptors_array) +
                   fake.event_count * sizeof events->event_descriptors_array[0]);
    if (!fake.event_count)
        return ETWI_WIN_NOT_FOUND;
    if (*size < needed) {
        *size = needed;
        return ETWI_WIN_INSUFFICIENT_BUFFER;
    }
    memset(events, 0, needed);
    events->number_of_events = fake.event_count;
    for (uint32_t i = 0; i < fake.event_count; i++)
        events->event_descriptors_array[i].id = fake.event_ids[i];
    return 0;
}

static uint32_t ETWI_ABI_CALL create_payload(const etw_guid *provider,
                                             const etwi_abi_descriptor *descriptor,
                                             uint8_t match_any, uint32_t count,
                                             etwi_abi_payload_predicate *predicates, void **filter)
{
    fake_call *const call = begin("TdhCreatePayloadFilter");
    call->guid = *provider;
    call->code = descriptor->id;
    call->level = match_any;
    call->size = count;
    keep_name(call, predicates[0].field_name);
    call->any = predicates[0].compare_op;
    for (size_t i = 0; predicates[count - 1].value[i]; i++)
        call->bytes[i] = (uint8_t)predicates[count - 1].value[i];
    if (fake.without_field && descriptor->id >= fake.without_field)
        return ETWI_WIN_NOT_FOUND;
    *filter = malloc(1);
    fake.filters_alive++;
    return 0;
}

static uint32_t ETWI_ABI_CALL delete_payload(void **filter)
{
    free(*filter);
    *filter = NULL;
    fake.filters_alive--;
    return 0;
}

static uint32_t ETWI_ABI_CALL aggregate(uint32_t count, void **filters, uint8_t *match_all,
                                        etwi_abi_filter *out)
{
    fake_call *const call = begin("TdhAggregatePayloadFilters");
    call->size = count;
    (void)filters;
    memcpy(call->bytes, match_all, count);
    if (fake.aggregate_code)
        return fake.aggregate_code;
    uint8_t *const data = malloc(24);
    memset(data, 0x5A, 24);
    *out = (etwi_abi_filter){(uintptr_t)data, 24, ETWI_ABI_FILTER_PAYLOAD};
    fake.filters_alive++;
    return 0;
}

static uint32_t ETWI_ABI_CALL clean_payload(etwi_abi_filter *filter)
{
    free((void *)(uintptr_t)filter->ptr);
    memset(filter, 0, sizeof *filter);
    fake.filters_alive--;
    return 0;
}

static int32_t ETWI_ABI_CALL get_version(etwi_abi_os_version *version)
{
    version->major = 10;
    version->build = fake.build;
    return 0;
}

void fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.build = 19045;
    fake_api = (etwi_api){
        .StartTraceW = start_trace,
        .ControlTraceW = control_trace,
        .QueryAllTracesW = query_all,
        .EnableTraceEx2 = enable_trace,
        .TraceSetInformation = set_information,
        .TraceQueryInformation = query_information,
        .EnumerateTraceGuidsEx = enumerate,
        .TdhEnumerateManifestProviderEvents = manifest_events,
        .TdhCreatePayloadFilter = create_payload,
        .TdhDeletePayloadFilter = delete_payload,
        .TdhAggregatePayloadFilters = aggregate,
        .TdhCleanupPayloadEventFilterDescriptor = clean_payload,
        .RtlGetVersion = get_version,
    };
    etwi_api_use(&fake_api);
}
