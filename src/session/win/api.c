#include "session/win/api.h"

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>

/* Where documentation does not tell with which. */
#define LATER "a later version"

#define ROW(function, since)                           \
    {                                                  \
#function, since, offsetof(etwi_api, function) \
    }

const etwi_api_row etwi_api_rows[] = {
    ROW(StartTraceW, NULL),
    ROW(ControlTraceW, NULL),
    ROW(QueryAllTracesW, NULL),
    ROW(EnableTraceEx2, NULL),
    ROW(TraceSetInformation, NULL),
    ROW(TraceQueryInformation, "Windows 8"),
    ROW(EnumerateTraceGuidsEx, NULL),
    ROW(EventAccessQuery, NULL),
    ROW(EventAccessControl, NULL),
    ROW(EventAccessRemove, NULL),
    ROW(OpenTraceW, NULL),
    ROW(ProcessTrace, NULL),
    ROW(CloseTrace, NULL),
    ROW(EventRegister, NULL),
    ROW(EventUnregister, NULL),
    ROW(EventSetInformation, "Windows 8"),
    ROW(EventEnabled, NULL),
    ROW(EventProviderEnabled, NULL),
    ROW(EventWriteTransfer, NULL),
    ROW(EventWriteEx, NULL),
    ROW(EventWriteString, NULL),
    ROW(EventActivityIdControl, NULL),
    ROW(TdhGetEventInformation, NULL),
    ROW(TdhGetEventMapInformation, NULL),
    ROW(TdhGetManifestEventInformation, "Windows 8.1"),
    ROW(TdhEnumerateProviders, NULL),
    ROW(TdhEnumerateManifestProviderEvents, "Windows 8.1"),
    ROW(TdhEnumerateProviderFieldInformation, NULL),
    ROW(TdhQueryProviderFieldInformation, NULL),
    ROW(TdhLoadManifest, NULL),
    ROW(TdhUnloadManifest, NULL),
    ROW(TdhLoadManifestFromBinary, LATER),
    ROW(TdhLoadManifestFromMemory, LATER),
    ROW(TdhUnloadManifestFromMemory, LATER),
    ROW(TdhCreatePayloadFilter, "Windows 8.1"),
    ROW(TdhDeletePayloadFilter, "Windows 8.1"),
    ROW(TdhAggregatePayloadFilters, "Windows 8.1"),
    ROW(TdhCleanupPayloadEventFilterDescriptor, "Windows 8.1"),
    ROW(RtlGetVersion, NULL),
    ROW(GetLastError, NULL),
};
const size_t etwi_api_row_count = sizeof etwi_api_rows / sizeof etwi_api_rows[0];

/* What was loaded is loaded once, whoever comes first; `put` stands before it. */
enum {
    NOT_LOADED,
    LOADING,
    LOADED
};

static etwi_api loaded;
static atomic_int load_state;
static const etwi_api *_Atomic put;

const etwi_api *etwi_api_get(void)
{
    const etwi_api *const other = atomic_load_explicit(&put, memory_order_acquire);
    if (other)
        return other;
    int state = atomic_load_explicit(&load_state, memory_order_acquire);
    while (state != LOADED) {
        if (state == NOT_LOADED && atomic_compare_exchange_strong(&load_state, &state, LOADING)) {
            etwi_api_load(&loaded);
            atomic_store_explicit(&load_state, LOADED, memory_order_release);
            break;
        }
        state = atomic_load_explicit(&load_state, memory_order_acquire);
    }
    return &loaded;
}

void etwi_api_use(const etwi_api *table)
{
    atomic_store_explicit(&put, table, memory_order_release);
}

etw_status etwi_api_missing(const char *function, etw_error *error)
{
    for (size_t i = 0; i < etwi_api_row_count; i++)
        if (strcmp(etwi_api_rows[i].name, function) == 0 && etwi_api_rows[i].since)
            return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                             "this Windows has no %s, which came with %s", function,
                             etwi_api_rows[i].since);
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                     "no DLL has %s; every Windows from 7 on has it, unless ETW_API_DLLS names "
                     "other DLLs",
                     function);
}

uint32_t etwi_api_build(void)
{
    const etwi_api *const api = etwi_api_get();
    etwi_abi_os_version version = {.size = sizeof version};
    return api->RtlGetVersion && api->RtlGetVersion(&version) == 0 ? version.build : 0;
}
