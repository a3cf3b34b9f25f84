/* EventWriteTransfer() and its kin. */
#include "provider.h"

enum {
    SIZE_MAX_64K = 65535,
    TYPE_NONE = 0,
    TYPE_EVENT_METADATA = 1,
    TYPE_PROVIDER_METADATA = 2,
    TYPE_TIMESTAMP_OVERRIDE = 3
};

/* The data of an event, sorted into what is payload and what describes it. */
typedef struct event_parts {
    etw_event_data data[ETW_EVENT_DATA_MAX];
    size_t count;
    size_t size;
    etw_bytes description;
} event_parts;

static uint32_t sort_out(event_parts *out, const double_provider *provider,
                         const etwi_abi_data *data, uint32_t count)
{
    out->count = out->size = 0;
    out->description.data = NULL;
    out->description.size = 0;
    if (count > ETW_EVENT_DATA_MAX || (count && !data))
        return ERROR_INVALID_PARAMETER;
    for (uint32_t i = 0; i < count; i++) {
        const etw_bytes bytes = {(const uint8_t *)(uintptr_t)data[i].ptr, data[i].size};
        const unsigned type = provider->uses_types ? data[i].type : TYPE_NONE;
        if (bytes.size && !bytes.data)
            return ERROR_INVALID_PARAMETER;
        out->size += bytes.size;
        if (type == TYPE_EVENT_METADATA)
            out->description = bytes;
        else if (type == TYPE_NONE)
            out->data[out->count++] = bytes;
        else if (type > TYPE_TIMESTAMP_OVERRIDE)
            return ERROR_INVALID_PARAMETER;
    }
    return out->size > SIZE_MAX_64K ? ERROR_ARITHMETIC_OVERFLOW : ERROR_SUCCESS;
}

static uint32_t write_error(etw_status status)
{
    switch (status) {
    case ETW_E_LIMIT:
        return ERROR_MORE_DATA;
    case ETW_E_FULL:
        return ERROR_NOT_ENOUGH_MEMORY;
    default:
        return double_error_of(status);
    }
}

/* What the calls that write have in common. */
typedef struct write_call {
    uint64_t registration;
    const etwi_abi_descriptor *descriptor;
    const etw_guid *activity, *related;
    const etwi_abi_data *data;
    uint32_t count;
} write_call;

static uint32_t write_event(const write_call *what)
{
    event_parts parts;
    etw_described_event event;
    const double_provider *provider = double_provider_find(what->registration);
    if (!provider)
        return ERROR_INVALID_HANDLE;
    if (!what->descriptor)
        return ERROR_INVALID_PARAMETER;
    const uint32_t error = sort_out(&parts, provider, what->data, what->count);
    if (error)
        return error;
    event.descriptor.id = what->descriptor->id;
    event.descriptor.version = what->descriptor->version;
    event.descriptor.channel = what->descriptor->channel;
    event.descriptor.level = what->descriptor->level;
    event.descriptor.opcode = what->descriptor->opcode;
    event.descriptor.task = what->descriptor->task;
    event.descriptor.keyword = what->descriptor->keyword;
    event.description = parts.description;
    const etw_guid *activity = what->activity ? what->activity : double_activity();
    return write_error(etw_provider_write_described(provider->provider, &event, activity,
                                                    what->related, parts.data, parts.count));
}

static void keep(double_call *call, const write_call *what)
{
    if (!call)
        return;
    double_keep(call, "descriptor", what->descriptor, sizeof *what->descriptor);
    double_keep(call, "activity", what->activity, sizeof *what->activity);
    double_keep(call, "related", what->related, sizeof *what->related);
    if (what->count > ETW_EVENT_DATA_MAX)
        return;
    double_keep(call, "data", what->data, what->count * sizeof *what->data);
    for (uint32_t i = 0; i < what->count && what->data; i++)
        double_keep(call, "datum", (const void *)(uintptr_t)what->data[i].ptr, what->data[i].size);
}

DOUBLE_EXPORT(uint32_t)
EventWriteTransfer(uint64_t registration, const etwi_abi_descriptor *descriptor,
                   const etw_guid *activity, const etw_guid *related, uint32_t count,
                   etwi_abi_data *data);

DOUBLE_EXPORT(uint32_t)
EventWriteTransfer(uint64_t registration, const etwi_abi_descriptor *descriptor,
                   const etw_guid *activity, const etw_guid *related, uint32_t count,
                   etwi_abi_data *data)
{
    const uint64_t arguments[] = {
        registration, (uintptr_t)descriptor, (uintptr_t)activity, (uintptr_t)related,
        count,        (uintptr_t)data};
    const write_call what = {registration, descriptor, activity, related, data, count};
    double_call *call = double_begin("EventWriteTransfer", arguments, 6);
    uint32_t error;
    keep(call, &what);
    if (!double_is_scripted("EventWriteTransfer", &error))
        error = write_event(&what);
    return double_end(call, error);
}

DOUBLE_EXPORT(uint32_t)
EventWriteEx(uint64_t registration, const etwi_abi_descriptor *descriptor, uint64_t filter,
             uint32_t flags, const etw_guid *activity, const etw_guid *related, uint32_t count,
             etwi_abi_data *data);

DOUBLE_EXPORT(uint32_t)
EventWriteEx(uint64_t registration, const etwi_abi_descriptor *descriptor, uint64_t filter,
             uint32_t flags, const etw_guid *activity, const etw_guid *related, uint32_t count,
             etwi_abi_data *data)
{
    const uint64_t arguments[] = {registration, (uintptr_t)descriptor, filter,
                                  flags,        (uintptr_t)activity,   (uintptr_t)related,
                                  count,        (uintptr_t)data};
    const write_call what = {registration, descriptor, activity, related, data, count};
    double_call *call = double_begin("EventWriteEx", arguments, 8);
    uint32_t error;
    keep(call, &what);
    if (!double_is_scripted("EventWriteEx", &error))
        error = write_event(&what);
    return double_end(call, error);
}

static uint32_t write_string(uint64_t registration, uint8_t level, uint64_t keyword,
                             const etwi_abi_char *text)
{
    static char narrow[3 * SIZE_MAX_64K];
    static SRWLOCK lock = SRWLOCK_INIT;
    const double_provider *provider = double_provider_find(registration);
    size_t units = 0;
    if (!provider)
        return ERROR_INVALID_HANDLE;
    if (!text)
        return ERROR_INVALID_PARAMETER;
    while (text[units])
        units++;
    if (2 * units >= SIZE_MAX_64K)
        return ERROR_ARITHMETIC_OVERFLOW;
    AcquireSRWLockExclusive(&lock);
    uint32_t error = ERROR_INVALID_PARAMETER;
    if (double_narrow(narrow, sizeof narrow, text)) {
        const etw_str string = {narrow, strlen(narrow)};
        error = write_error(etw_provider_write_string(provider->provider, level, keyword, string));
    }
    ReleaseSRWLockExclusive(&lock);
    return error;
}

DOUBLE_EXPORT(uint32_t)
EventWriteString(uint64_t registration, uint8_t level, uint64_t keyword, const etwi_abi_char *text);

DOUBLE_EXPORT(uint32_t)
EventWriteString(uint64_t registration, uint8_t level, uint64_t keyword, const etwi_abi_char *text)
{
    const uint64_t arguments[] = {registration, level, keyword, (uintptr_t)text};
    double_call *call = double_begin("EventWriteString", arguments, 4);
    uint32_t error;
    double_keep_text(call, "text", text);
    if (!double_is_scripted("EventWriteString", &error))
        error = write_string(registration, level, keyword, text);
    return double_end(call, error);
}
