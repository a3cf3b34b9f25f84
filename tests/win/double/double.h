/*
 * What the files of the double share. The double is a DLL that exports ETW's functions under their
 * names and does in one process what Microsoft documents, over the portable engine.
 *
 *     script.c      calls are remembered, failures are played
 *     sessions.c    handles and sessions
 *     properties.c  EVENT_TRACE_PROPERTIES, in and out
 *     start.c control.c enable.c filters.c information.c guids.c   controllers
 *     trace.c process.c record.c                                   consumers
 *     provider.c write.c activity.c                                providers
 *     access.c                                                     rights
 *     tdh_….c                                                      schemas
 *
 * Each function that is exported remembers the call, plays a failure if one was asked for, and
 * hands on to a static function that has the documented behaviour. contract.tsv lists what is
 * believed and where it is documented.
 */
#ifndef ETW_TESTS_WIN_DOUBLE_H
#define ETW_TESTS_WIN_DOUBLE_H

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include "script.h"

#include "base/memory.h"
#include "engine/engine.h"
#include "session/backend.h"
#include "session/win/api.h"

#include <etw/consumer.h>
#include <etw/provider_info.h>

#define DOUBLE_EXPORT(type) __declspec(dllexport) type ETWI_ABI_CALL

/* Documented codes that mingw-w64's winerror.h has under no name, or under another one. */
enum {
    DOUBLE_E_CTX_CLOSE_PENDING = 7007,
    DOUBLE_E_WMI_GUID_NOT_FOUND = 4200,
    DOUBLE_E_WMI_INSTANCE_NOT_FOUND = 4201,
    DOUBLE_E_EMPTY = 4306
};

enum {
    DOUBLE_NAME_SIZE = 3 * ETW_SESSION_NAME_MAX + 1, /* UTF-8, with the zero. */
    DOUBLE_PATH_SIZE = 1024,
    DOUBLE_ENABLED_MAX = 64 /* Providers of a session about which more is known. */
};

#define DOUBLE_KERNEL_LOGGER "NT Kernel Logger"
extern const etw_guid double_system_trace_guid;

/* ---- script.c ---- */

/* A call begins; NULL if it is not remembered, which all functions here take. */
double_call *double_begin(const char *function, const uint64_t *arguments, uint32_t count);

/* Remembers what an argument points to. `name` must live forever. NULL is no block. */
void double_keep(double_call *call, const char *name, const void *data, size_t size);

/* The same of a text with a zero, which is kept. */
void double_keep_text(double_call *call, const char *name, const etwi_abi_char *text);

/* True if the call has to fail with what `error` gets. */
bool double_is_scripted(const char *function, uint32_t *error);

/* Returns `result`. */
uint32_t double_end(double_call *call, uint32_t result);

uint32_t double_option_value(double_option option);

/* Takes one off a counting option; false if it was 0. */
bool double_option_take(double_option option);

typedef struct double_feed {
    char path[DOUBLE_PATH_SIZE];
    uint32_t repeats;
} double_feed;

/* False if nothing feeds the session. */
bool double_feed_of(const char *session, double_feed *out);

/* ---- sessions.c ---- */

/* A session that this process started or has a handle of. */
typedef struct double_session {
    uint64_t handle; /* 0: this entry is free. */
    etw_session *session;
    char name[DOUBLE_NAME_SIZE];
    char log_file[DOUBLE_PATH_SIZE];
    etw_guid guid;
    uint32_t logger_id;
    uint32_t mode;
    uint32_t kernel_flags;
    uint32_t maximum_buffers; /* Of an update that asked for more than the engine can; 0: none. */
    bool is_kernel;           /* The NT Kernel Logger. */
    struct {
        etw_guid provider;
        etwi_abi_enable_info info;
    } enabled[DOUBLE_ENABLED_MAX];
    uint32_t enabled_count;
    /* What TraceSetInformation() was told. */
    etwi_abi_classic_event_id stacks[256];
    uint32_t stack_count;
    uint32_t group_mask[8];
} double_session;

/* Everything about sessions happens under this lock. */
void double_lock(void);
void double_unlock(void);

/* An entry for a session of the engine, which it then owns; NULL if there are too many. */
double_session *double_session_add(etw_session *session);
void double_session_remove(double_session *session);

/* By handle if it is not 0, else by name, also those of other processes. NULL if there is none. */
double_session *double_session_find(uint64_t handle, const etwi_abi_char *name);

/* By name, of those that this process knows already. */
double_session *double_session_find_known(const char *name);

/* The one whose events go into that file; NULL if none does. */
const double_session *double_session_of_file(const char *log_file);

/* How many have a bit of the mode. */
uint32_t double_session_count(uint32_t mode);

/* Fills in how a session enables a provider, if that is known. */
void double_enabled_find(etwi_abi_enable_info *out, uint32_t logger_id, const etw_guid *provider);

/* True for a handle that was a session's. */
bool double_handle_is_old(uint64_t handle);

void double_sessions_reset(void);

/* The code for a status of the library, where the documentation of the call names no other. */
uint32_t double_error_of(etw_status status);

/* UTF-16 to UTF-8 and back. False if it does not fit or is no text. */
bool double_narrow(char *out, size_t size, const etwi_abi_char *text);
bool double_wide(etwi_abi_char *out, size_t units, const char *text);

/* ---- properties.c ---- */

/* What a call does with the properties. */
typedef enum double_use {
    DOUBLE_FOR_START,
    DOUBLE_FOR_CONTROL,
    DOUBLE_FOR_QUERY
} double_use;

/* Sizes, flags and offsets. */
uint32_t double_properties_check(const etwi_abi_properties *properties, double_use use);

/* The text at one of the offsets; NULL if the offset is 0. */
const etwi_abi_char *double_properties_text(const etwi_abi_properties *properties, uint32_t offset);

/* Puts a text at an offset; false if it does not fit. */
bool double_properties_put(etwi_abi_properties *properties, uint32_t offset, const char *text);

/* Fills in what is known of a session; ERROR_MORE_DATA if a name does not fit. */
uint32_t double_properties_fill(etwi_abi_properties *properties, const double_session *session,
                                const etw_session_info *info);

/* Kilobytes or megabytes of the size of a file. */
uint64_t double_file_size_of(const etwi_abi_properties *properties);

/* Milliseconds. */
uint32_t double_flush_timer_of(const etwi_abi_properties *properties);

/* ---- filters.c ---- */

typedef struct double_filters {
    etw_provider_filter list[ETWI_ABI_FILTERS_MAX];
    size_t count;
    etwi_arena arena;
} double_filters;

/* From descriptors to filters of the library; to be freed also if it fails. */
uint32_t double_filters_read(double_filters *out, const etwi_abi_filter *descriptors, size_t count);
void double_filters_free(double_filters *filters);

/* ---- record.c ---- */

enum {
    DOUBLE_ITEMS_MAX = 64
};

/* An event as the callback sees it, and the memory for what it points to. */
typedef struct double_record {
    etwi_abi_record record;
    etwi_abi_extended_item items[DOUBLE_ITEMS_MAX];
} double_record;

void double_record_fill(double_record *out, const etw_event *event, bool is_raw);

/* The way back, for TDH: the event of a record, in memory of malloc(); NULL if memory is out. */
etw_event *double_event_of(const etwi_abi_record *record);

/* ---- trace.c ---- */

typedef struct double_trace double_trace;

/* Ends all. */
void double_traces_reset(void);

/* ---- provider.c ---- */

void double_providers_reset(void);

/* ---- access.c ---- */

void double_access_reset(void);

/* ---- tdh_schemas.c ---- */

/* The store of TDH; NULL if memory is out. */
etw_schema_store *double_schemas(void);
bool double_schemas_add(const char *path);
void double_schemas_reset(void);

/* ---- tdh_blob.c ---- */

/* A TRACE_EVENT_INFO in memory of malloc(); NULL if memory is out. */
uint8_t *double_event_info(const etw_schema *schema, uint32_t *size);

/* An EVENT_MAP_INFO, the same. */
uint8_t *double_map_info(const etw_map *map, uint32_t *size);

/* What functions of TDH do with such memory: the size is told, and the bytes are given if there is
 * room. Frees `data`. */
uint32_t double_give(uint8_t *data, uint32_t size, void *out, uint32_t *out_size);

/* ---- tdh_payload.c ---- */

/* Predicates of the bytes that TdhAggregatePayloadFilters() makes; false if they are none. */
bool double_payload_read(double_filters *filters, etw_provider_filter *out, etw_bytes data);

#endif
