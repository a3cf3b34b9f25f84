/*
 * Providers of this library with Windows: EventRegister, EventSetInformation, EventWriteTransfer.
 *
 * Nobody has run this on Windows yet; tests run it on a table of functions of their own.
 */
#include "base/compiler.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/system_writer.h"
#include "session/win/api.h"
#include "session/win/codes.h"
#include "session/win/failure.h"
#include "session/win/wide.h"

#include <string.h>

enum {
    TEXT_MAX = UINT16_MAX / 2, /* Characters of a string event, with the zero. */
};

typedef struct registration {
    etwi_system_callback callback;
    etw_provider *provider;
    uint64_t handle; /* 0 as long as Windows has given none. */
} registration;

_Static_assert(sizeof(etw_event_descriptor) == sizeof(etwi_abi_descriptor) &&
                   offsetof(etw_event_descriptor, keyword) ==
                       offsetof(etwi_abi_descriptor, keyword),
               "descriptors are passed as they are");

/* -------------------------------------------------------------------------- registering */

static void ETWI_ABI_CALL call_back(const etw_guid *source, uint32_t control_code, uint8_t level,
                                    uint64_t match_any_keyword, uint64_t match_all_keyword,
                                    const etwi_abi_filter *filter, void *context)
{
    const registration *mine = context;
    etw_control_info info;
    memset(&info, 0, sizeof info);
    if (control_code > ETWI_ABI_CODE_CAPTURE_STATE)
        return;
    info.code = (etw_control_code)control_code;
    info.level = level;
    info.match_any_keyword = match_any_keyword;
    info.match_all_keyword = match_all_keyword;
    if (source)
        info.source = *source;
    if (filter && filter->ptr) {
        info.filter_data.data = (const uint8_t *)(uintptr_t)filter->ptr;
        info.filter_data.size = filter->size;
        info.filter_type = filter->type;
    }
    mine->callback(mine->provider, &info);
}

/* Versions of Windows that know no traits take what describes an event as part of its payload, and
 * so does whoever decodes it there. */
static void describe(const etwi_api *api, uint64_t handle, etw_bytes traits)
{
    uint8_t uses_types = 1;
    if (!api->EventSetInformation || !traits.size)
        return;
    api->EventSetInformation(handle, ETWI_ABI_PROVIDER_TRAITS, (void *)(uintptr_t)traits.data,
                             (uint32_t)traits.size);
    api->EventSetInformation(handle, ETWI_ABI_PROVIDER_USES_DATA_TYPES, &uses_types,
                             sizeof uses_types);
}

static etw_status writer_open(void **out, const etw_guid *guid, etw_bytes traits,
                              etwi_system_callback callback, etw_provider *provider,
                              etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    const etwi_api *const api = etwi_api_get();
    registration *made = etwi_alloc_zeroed(&allocator, sizeof *made);
    if (!made)
        return etwi_fail_nomem(error);
    made->callback = callback;
    made->provider = provider;
    *out = made;
    const uint32_t code = api->EventRegister(guid, call_back, made, &made->handle);
    if (code == ETWI_WIN_OK) {
        describe(api, made->handle, traits);
        return ETW_OK;
    }
    *out = NULL;
    etwi_free(&allocator, made, sizeof *made);
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code, "a provider is not registered");
}

static void writer_close(void *closing)
{
    registration *mine = closing;
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_api_get()->EventUnregister(mine->handle);
    etwi_free(&allocator, mine, sizeof *mine);
}

/* ------------------------------------------------------------------------------ writing */

/* By the documentation of EventWrite: too large for the buffers, or for any event, or no buffer
 * was free. */
static etw_status status_of(uint32_t code)
{
    switch (code) {
    case ETWI_WIN_MORE_DATA:
    case ETWI_WIN_ARITHMETIC_OVERFLOW:
        return ETW_E_LIMIT;
    case ETWI_WIN_NOT_ENOUGH_MEMORY:
    case ETWI_WIN_LOG_FILE_FULL:
        return ETW_E_FULL;
    default:
        return etwi_win_status(code);
    }
}

static ETWI_INLINE void put_data(etwi_abi_data *out, etw_bytes bytes, uint8_t type)
{
    out->ptr = (uintptr_t)bytes.data;
    out->size = (uint32_t)bytes.size;
    out->type = type;
    out->reserved1 = 0;
    out->reserved2 = 0;
}

/* What describes the provider and the event comes before the payload. */
static etw_status writer_write(void *writing, const etwi_system_event *event)
{
    const registration *mine = writing;
    etwi_abi_data data[ETW_EVENT_DATA_MAX];
    uint32_t count = 0;
    if (!mine->handle)
        return ETW_OK;
    if (event->count > ETW_EVENT_DATA_MAX - (event->description.size ? 2u : 0u))
        return ETW_E_LIMIT;
    if (event->description.size) {
        if (event->traits.size)
            put_data(&data[count++], event->traits, ETWI_ABI_DATA_PROVIDER_METADATA);
        put_data(&data[count++], event->description, ETWI_ABI_DATA_EVENT_METADATA);
    }
    for (size_t i = 0; i < event->count; i++) {
        if (event->data[i].size > UINT16_MAX)
            return ETW_E_LIMIT;
        put_data(&data[count++], event->data[i], ETWI_ABI_DATA_PAYLOAD);
    }
    return status_of(etwi_api_get()->EventWriteTransfer(
        mine->handle, (const etwi_abi_descriptor *)(const void *)event->descriptor, event->activity,
        event->related, count, count ? data : NULL));
}

static ETWI_NOINLINE etw_status writer_write_string(void *writing, uint8_t level, uint64_t keyword,
                                                    etw_str text)
{
    const registration *mine = writing;
    const etwi_api *const api = etwi_api_get();
    etwi_abi_char wide[TEXT_MAX];
    if (!mine->handle)
        return ETW_OK;
    if (!api->EventWriteString)
        return ETW_E_UNSUPPORTED;
    if (!etwi_wide(wide, TEXT_MAX, text))
        return text.size < TEXT_MAX ? ETW_E_INVALID : ETW_E_LIMIT;
    return status_of(api->EventWriteString(mine->handle, level, keyword, wide));
}

/* --------------------------------------------------------------------------- activities */

static bool control_activity(uint32_t code, etw_guid *activity)
{
    const etwi_api *const api = etwi_api_get();
    return api->EventActivityIdControl && api->EventActivityIdControl(code, activity) == 0;
}

static void writer_set_activity(const etw_guid *activity)
{
    etw_guid id = *activity;
    control_activity(ETWI_ABI_ACTIVITY_SET, &id);
}

static bool writer_get_activity(etw_guid *out)
{
    return control_activity(ETWI_ABI_ACTIVITY_GET, out);
}

static bool writer_create_activity(etw_guid *out)
{
    memset(out, 0, sizeof *out);
    return control_activity(ETWI_ABI_ACTIVITY_CREATE, out) && !etw_guid_is_null(out);
}

const etwi_system_writer *etwi_system_writer_get(void)
{
    static const etwi_system_writer writer = {
        writer_open,         writer_close,        writer_write,          writer_write_string,
        writer_set_activity, writer_get_activity, writer_create_activity};
    const etwi_api *const api = etwi_api_get();
    const bool is_there = api->EventRegister && api->EventUnregister && api->EventWriteTransfer;
    return is_there ? &writer : NULL;
}
