#include "session/win/filters.h"

#include "base/error.h"
#include "session/filter_blob.h"
#include "session/win/codes.h"

enum {
    ALIGNMENT = 8, /* Of structures that hold keywords. */
};

/* Whether the events of a provider come from the kernel, whose providers ignore some filters. */
static bool is_of_kernel(const etw_guid *provider)
{
    static const char kernel[] = "Microsoft-Windows-Kernel-";
    static const char system[] = "System";
    static const char trace_provider[] = "Provider";
    const etw_str name = etw_guid_known_name(provider);
    const size_t tail = sizeof trace_provider - 1;
    if (name.size >= sizeof kernel - 1 && memcmp(name.data, kernel, sizeof kernel - 1) == 0)
        return true;
    return name.size > sizeof system - 1 + tail &&
           memcmp(name.data, system, sizeof system - 1) == 0 &&
           memcmp(name.data + name.size - tail, trace_provider, tail) == 0;
}

/* Filters that kernel providers ignore. */
static bool has_no_effect_in_kernel(uint32_t type)
{
    return type == ETW_FILTER_TYPE_PID || type == ETW_FILTER_TYPE_EXECUTABLE_NAME ||
           type == ETW_FILTER_TYPE_PACKAGE_ID || type == ETW_FILTER_TYPE_PACKAGE_APP_ID ||
           type == ETW_FILTER_TYPE_CONTAINER;
}

/* Windows before 8.1 takes a single filter of the first three types. */
static etw_status check_build(const etw_enable_parameters *parameters, uint32_t build,
                              etw_error *error)
{
    if (build >= ETWI_WIN_8_1 || !parameters->filter_count)
        return ETW_OK;
    if (parameters->filter_count > 1)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "filters: this Windows takes one; 8.1 and later take several");
    const etwi_filter_type *const type = etwi_filter_type_of(parameters->filters[0].type);
    if (type->type == ETW_FILTER_TYPE_SCHEMATIZED || type->type == ETW_FILTER_TYPE_SYSTEM_FLAGS ||
        type->type == ETW_FILTER_TYPE_TRACEHANDLE || !type->type)
        return ETW_OK;
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                     "filter 0 (%s): this Windows does not know it; 8.1 and later do", type->name);
}

/* Adds the bytes of a filter; its descriptor holds their offset until all are there. */
static etw_status add(etwi_win_filters *out, const etw_provider_filter *filter, etw_error *error)
{
    while (out->bytes.size % ALIGNMENT)
        etwi_buffer_append_char(&out->bytes, 0);
    const size_t offset = out->bytes.size;
    ETWI_TRY(etwi_filter_blob_append(&out->bytes, filter, error));
    out->descriptors[out->count++] =
        (etwi_abi_filter){offset, (uint32_t)(out->bytes.size - offset), filter->type};
    return ETW_OK;
}

static void add_payload(etwi_win_filters *out, const etwi_api *api, const etw_guid *provider,
                        const etw_provider_filter *filter, uint32_t bit, etw_enable_report *report)
{
    const etwi_win_payload_result result =
        etwi_win_payload_make(&out->payload, api, provider, filter);
    if (result.at_provider) {
        out->descriptors[out->count++] = out->payload;
        report->at_provider |= bit;
    }
    if (result.at_consumer)
        report->at_consumer |= bit;
}

etw_status etwi_win_filters_make(etwi_win_filters *out, const etwi_api *api,
                                 const etw_enable_parameters *parameters, uint32_t build,
                                 etw_enable_report *report, etw_error *error)
{
    const bool of_kernel = is_of_kernel(&parameters->provider);
    report->at_provider = report->at_consumer = 0;
    ETWI_TRY(check_build(parameters, build, error));
    out->bytes.allocator = etwi_allocator_or_default(NULL);
    for (size_t i = 0; i < parameters->filter_count && i < ETWI_ABI_FILTERS_MAX; i++) {
        const etw_provider_filter *const filter = &parameters->filters[i];
        const uint32_t bit = UINT32_C(1) << i;
        if (filter->type == ETW_FILTER_TYPE_PAYLOAD) {
            add_payload(out, api, &parameters->provider, filter, bit, report);
            continue;
        }
        ETWI_TRY(add(out, filter, error));
        if (!of_kernel || !has_no_effect_in_kernel(filter->type))
            report->at_provider |= bit;
    }
    /* The bytes do not move any more. */
    for (uint32_t i = 0; i < out->count; i++)
        if (out->descriptors[i].type != ETW_FILTER_TYPE_PAYLOAD)
            out->descriptors[i].ptr += (uintptr_t)out->bytes.data;
    return ETW_OK;
}

void etwi_win_filters_free(etwi_win_filters *filters, const etwi_api *api)
{
    if (filters->payload.size && api->TdhCleanupPayloadEventFilterDescriptor)
        api->TdhCleanupPayloadEventFilterDescriptor(&filters->payload);
    etwi_buffer_free(&filters->bytes);
}
