/*
 * The functions of Windows' ETW as one table, which is filled when it is first asked for: from
 * sechost, advapi32, tdh and ntdll, or from the DLLs that the environment variable ETW_API_DLLS
 * lists. Tests put a double there. Every call into ETW goes through the table.
 *
 * Functions that a version of Windows does not have are NULL; those that Windows 7 has too are
 * there, unless the DLLs are not ETW's. Names are those of the documentation on Microsoft Learn.
 * ULONG is uint32_t here, TRACEHANDLE and REGHANDLE are uint64_t, BOOLEAN is uint8_t.
 */
#ifndef ETWI_SESSION_WIN_API_H
#define ETWI_SESSION_WIN_API_H

#include "session/win/etw_abi.h"
#include "session/win/tdh_abi.h"

/* RTL_OSVERSIONINFOW. */
typedef struct etwi_abi_os_version {
    uint32_t size; /* Set by the caller. */
    uint32_t major, minor, build;
    uint32_t platform;
    etwi_abi_char service_pack[128];
} etwi_abi_os_version;

/* ENABLECALLBACK. */
typedef void(ETWI_ABI_CALL *etwi_abi_enable_callback)(const etw_guid *source, uint32_t control_code,
                                                      uint8_t level, uint64_t match_any_keyword,
                                                      uint64_t match_all_keyword,
                                                      const etwi_abi_filter *filter, void *context);

/* Where a call that gives a handle gives none. */
#define ETWI_ABI_NO_HANDLE UINT64_MAX

typedef struct etwi_api {
    /* Sessions: error codes are returned. */
    uint32_t(ETWI_ABI_CALL *StartTraceW)(uint64_t *session, const etwi_abi_char *name,
                                         etwi_abi_properties *properties);
    uint32_t(ETWI_ABI_CALL *ControlTraceW)(uint64_t session, const etwi_abi_char *name,
                                           etwi_abi_properties *properties, uint32_t code);
    uint32_t(ETWI_ABI_CALL *QueryAllTracesW)(etwi_abi_properties **properties, uint32_t room,
                                             uint32_t *count);
    uint32_t(ETWI_ABI_CALL *EnableTraceEx2)(uint64_t session, const etw_guid *provider,
                                            uint32_t code, uint8_t level,
                                            uint64_t match_any_keyword, uint64_t match_all_keyword,
                                            uint32_t timeout_ms,
                                            etwi_abi_enable_parameters *parameters);
    uint32_t(ETWI_ABI_CALL *TraceSetInformation)(uint64_t session, uint32_t class, void *data,
                                                 uint32_t size);
    uint32_t(ETWI_ABI_CALL *TraceQueryInformation)(uint64_t session, uint32_t class, void *data,
                                                   uint32_t size, uint32_t *used);
    uint32_t(ETWI_ABI_CALL *EnumerateTraceGuidsEx)(uint32_t class, void *in, uint32_t in_size,
                                                   void *out, uint32_t out_size, uint32_t *used);

    /* Rights: a PSECURITY_DESCRIPTOR, a PSID. */
    uint32_t(ETWI_ABI_CALL *EventAccessQuery)(etw_guid *guid, void *descriptor, uint32_t *size);
    uint32_t(ETWI_ABI_CALL *EventAccessControl)(etw_guid *guid, uint32_t operation, void *sid,
                                                uint32_t rights, uint8_t allow);
    uint32_t(ETWI_ABI_CALL *EventAccessRemove)(etw_guid *guid);

    /* Consumers. OpenTraceW() tells its error by GetLastError(). */
    uint64_t(ETWI_ABI_CALL *OpenTraceW)(etwi_abi_logfile *logfile);
    uint32_t(ETWI_ABI_CALL *ProcessTrace)(uint64_t *traces, uint32_t count, const void *start,
                                          const void *end);
    uint32_t(ETWI_ABI_CALL *CloseTrace)(uint64_t trace);

    /* Providers. */
    uint32_t(ETWI_ABI_CALL *EventRegister)(const etw_guid *provider,
                                           etwi_abi_enable_callback callback, void *context,
                                           uint64_t *registration);
    uint32_t(ETWI_ABI_CALL *EventUnregister)(uint64_t registration);
    uint32_t(ETWI_ABI_CALL *EventSetInformation)(uint64_t registration, uint32_t class, void *data,
                                                 uint32_t size);
    uint8_t(ETWI_ABI_CALL *EventEnabled)(uint64_t registration,
                                         const etwi_abi_descriptor *descriptor);
    uint8_t(ETWI_ABI_CALL *EventProviderEnabled)(uint64_t registration, uint8_t level,
                                                 uint64_t keyword);
    uint32_t(ETWI_ABI_CALL *EventWriteTransfer)(uint64_t registration,
                                                const etwi_abi_descriptor *descriptor,
                                                const etw_guid *activity, const etw_guid *related,
                                                uint32_t count, etwi_abi_data *data);
    uint32_t(ETWI_ABI_CALL *EventWriteEx)(uint64_t registration,
                                          const etwi_abi_descriptor *descriptor, uint64_t filter,
                                          uint32_t flags, const etw_guid *activity,
                                          const etw_guid *related, uint32_t count,
                                          etwi_abi_data *data);
    uint32_t(ETWI_ABI_CALL *EventWriteString)(uint64_t registration, uint8_t level,
                                              uint64_t keyword, const etwi_abi_char *text);
    uint32_t(ETWI_ABI_CALL *EventActivityIdControl)(uint32_t code, etw_guid *activity);

    /* Schemas. What is given as void * is parsed as bytes: TRACE_EVENT_INFO, EVENT_MAP_INFO. */
    uint32_t(ETWI_ABI_CALL *TdhGetEventInformation)(etwi_abi_record *record, uint32_t context_count,
                                                    etwi_abi_tdh_context *contexts, void *info,
                                                    uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhGetEventMapInformation)(etwi_abi_record *record, etwi_abi_char *name,
                                                       void *map, uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhGetManifestEventInformation)(etw_guid *provider,
                                                            etwi_abi_descriptor *descriptor,
                                                            void *info, uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhEnumerateProviders)(etwi_abi_provider_enumeration *providers,
                                                   uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhEnumerateManifestProviderEvents)(etw_guid *provider,
                                                                etwi_abi_provider_events *events,
                                                                uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhEnumerateProviderFieldInformation)(etw_guid *provider,
                                                                  uint32_t field_type,
                                                                  etwi_abi_field_infos *fields,
                                                                  uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhQueryProviderFieldInformation)(etw_guid *provider, uint64_t value,
                                                              uint32_t field_type,
                                                              etwi_abi_field_infos *fields,
                                                              uint32_t *size);
    uint32_t(ETWI_ABI_CALL *TdhLoadManifest)(etwi_abi_char *path);
    uint32_t(ETWI_ABI_CALL *TdhUnloadManifest)(etwi_abi_char *path);
    uint32_t(ETWI_ABI_CALL *TdhLoadManifestFromBinary)(etwi_abi_char *path);
    uint32_t(ETWI_ABI_CALL *TdhLoadManifestFromMemory)(const void *data, uint32_t size);
    uint32_t(ETWI_ABI_CALL *TdhUnloadManifestFromMemory)(const void *data, uint32_t size);

    /* Payload filters. */
    uint32_t(ETWI_ABI_CALL *TdhCreatePayloadFilter)(const etw_guid *provider,
                                                    const etwi_abi_descriptor *descriptor,
                                                    uint8_t match_any, uint32_t count,
                                                    etwi_abi_payload_predicate *predicates,
                                                    void **filter);
    uint32_t(ETWI_ABI_CALL *TdhDeletePayloadFilter)(void **filter);
    uint32_t(ETWI_ABI_CALL *TdhAggregatePayloadFilters)(uint32_t count, void **filters,
                                                        uint8_t *match_all_flags,
                                                        etwi_abi_filter *out);
    uint32_t(ETWI_ABI_CALL *TdhCleanupPayloadEventFilterDescriptor)(etwi_abi_filter *filter);

    /* An NTSTATUS, which is always 0. */
    int32_t(ETWI_ABI_CALL *RtlGetVersion)(etwi_abi_os_version *version);
    uint32_t(ETWI_ABI_CALL *GetLastError)(void);
} etwi_api;

/* The table; never NULL. Any thread. */
const etwi_api *etwi_api_get(void);

/* For tests: puts another table in place; NULL for the system's again. Not while calls run. */
void etwi_api_use(const etwi_api *table);

/*
 * What to return if a function of the table is NULL: ETW_E_UNSUPPORTED, with the function and the
 * version of Windows that it came with.
 */
etw_status etwi_api_missing(const char *function, etw_error *error);

/* The build of Windows, 0 if it cannot be told. */
uint32_t etwi_api_build(void);

/* ---- Between the files that make up the table ---- */

typedef struct etwi_api_row {
    const char *name;
    const char *since; /* A version of Windows; NULL for those that are always there. */
    size_t offset;     /* In etwi_api. */
} etwi_api_row;

extern const etwi_api_row etwi_api_rows[];
extern const size_t etwi_api_row_count;

/* Fills a zeroed table from DLLs. */
void etwi_api_load(etwi_api *table);

#endif
