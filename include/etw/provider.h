/**
 * @file
 * Providers as sessions see them: what to enable, filters, and who is there.
 *
 * A provider in a string:
 *
 *     (Name|GUID|*Name) [:Level [:EventIDs [:MatchAny [:MatchAll]]]] [:suffix[=value]]…
 *
 * docs/providers.md has the grammar in full, and what each filter does.
 */
#ifndef ETW_PROVIDER_H
#define ETW_PROVIDER_H

#include <etw/filter.h>
#include <etw/guid.h>
#include <etw/provider_info.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of etw_enable_parameters.properties (EVENT_ENABLE_PROPERTY_… in evntcons.h). */
enum {
    ETW_ENABLE_PROPERTY_SID = 0x001,
    ETW_ENABLE_PROPERTY_TS_ID = 0x002,
    ETW_ENABLE_PROPERTY_STACK_TRACE = 0x004,
    ETW_ENABLE_PROPERTY_PSM_KEY = 0x008,
    ETW_ENABLE_PROPERTY_IGNORE_KEYWORD_0 = 0x010,
    ETW_ENABLE_PROPERTY_PROVIDER_GROUP = 0x020,
    ETW_ENABLE_PROPERTY_ENABLE_KEYWORD_0 = 0x040,
    ETW_ENABLE_PROPERTY_PROCESS_START_KEY = 0x080,
    ETW_ENABLE_PROPERTY_EVENT_KEY = 0x100,
    ETW_ENABLE_PROPERTY_EXCLUDE_INPRIVATE = 0x200,
    ETW_ENABLE_PROPERTY_ENABLE_SILOS = 0x400,
    ETW_ENABLE_PROPERTY_SOURCE_CONTAINER_TRACKING = 0x800,
};

/** Kinds of filters (EVENT_FILTER_TYPE_… in evntprov.h). */
#define ETW_FILTER_TYPE_NONE               0u
#define ETW_FILTER_TYPE_SCHEMATIZED        0x80000000u
#define ETW_FILTER_TYPE_SYSTEM_FLAGS       0x80000001u
#define ETW_FILTER_TYPE_TRACEHANDLE        0x80000002u
#define ETW_FILTER_TYPE_PID                0x80000004u
#define ETW_FILTER_TYPE_EXECUTABLE_NAME    0x80000008u
#define ETW_FILTER_TYPE_PACKAGE_ID         0x80000010u
#define ETW_FILTER_TYPE_PACKAGE_APP_ID     0x80000020u
#define ETW_FILTER_TYPE_PAYLOAD            0x80000100u
#define ETW_FILTER_TYPE_EVENT_ID           0x80000200u
#define ETW_FILTER_TYPE_EVENT_NAME         0x80000400u
#define ETW_FILTER_TYPE_STACKWALK          0x80001000u
#define ETW_FILTER_TYPE_STACKWALK_NAME     0x80002000u
#define ETW_FILTER_TYPE_STACKWALK_LEVEL_KW 0x80004000u
#define ETW_FILTER_TYPE_CONTAINER          0x80008000u

/** Limits of filters (MAX_EVENT_FILTER_… in evntprov.h, MAX_PAYLOAD_PREDICATES in tdh.h). Exceeding
 * one is an error. Sizes are those of the bytes that Windows is handed. */
enum {
    ETW_FILTERS_MAX = 8, /**< Filters of one provider, each of another type. */
    ETW_FILTER_EVENT_IDS_MAX = 64,
    ETW_FILTER_PIDS_MAX = 8,
    ETW_FILTER_PREDICATES_MAX = 8,
    ETW_FILTER_DATA_MAX = 1024,    /**< Bytes of one filter … */
    ETW_FILTER_NAMES_MAX = 4096,   /**< … of one with names of events … */
    ETW_FILTER_PAYLOAD_MAX = 4096, /**< … and of a payload filter: its fields and values. */
};

/** Operators of payload predicates (PAYLOAD_OPERATOR in tdh.h). */
typedef enum etw_payload_operator {
    ETW_PAYLOAD_EQ = 0,
    ETW_PAYLOAD_NE = 1,
    ETW_PAYLOAD_LE = 2,
    ETW_PAYLOAD_GT = 3,
    ETW_PAYLOAD_LT = 4,
    ETW_PAYLOAD_GE = 5,
    ETW_PAYLOAD_BETWEEN = 6, /**< Two values with a comma between, both included. */
    ETW_PAYLOAD_NOT_BETWEEN = 7,
    ETW_PAYLOAD_MODULO = 8,    /**< A multiple of the value. */
    ETW_PAYLOAD_CONTAINS = 20, /**< Texts, from here on, without regard to case. */
    ETW_PAYLOAD_DOES_NOT_CONTAIN = 21,
    ETW_PAYLOAD_IS = 30,
    ETW_PAYLOAD_IS_NOT = 31,
} etw_payload_operator;

/** One condition on a property. */
typedef struct etw_payload_predicate {
    etw_str field;
    etw_payload_operator op;
    etw_str value; /**< As text. */
} etw_payload_predicate;

/**
 * One filter. Which members count depends on the type; the others must be zero. All filters of a
 * provider have to let an event pass. Pointers are borrowed.
 *
 * EVENT_ID, EVENT_NAME and STACKWALK… have hits: events whose id or name is in the list and that
 * are within level and keywords (of EVENT_NAME, STACKWALK_NAME and STACKWALK_LEVEL_KW; compared as
 * those of etw_enable_parameters). Hits are written, or get a stack; with `exclude`, all others
 * are. Names of events are compared with case. Stacks take ETW_ENABLE_PROPERTY_STACK_TRACE too.
 *
 * PAYLOAD is about the events whose ids it has, or about all if it has none; other events pass.
 */
typedef struct etw_provider_filter {
    uint32_t type;       /**< ETW_FILTER_TYPE_… */
    bool exclude;        /**< EVENT_ID, EVENT_NAME, STACKWALK…: all but the hits. */
    const uint16_t *ids; /**< EVENT_ID, STACKWALK, PAYLOAD. */
    size_t id_count;
    const uint32_t *pids; /**< PID. */
    size_t pid_count;
    const etw_str *names; /**< UTF-8. EXECUTABLE_NAME, EVENT_NAME, STACKWALK_NAME, PACKAGE_…,
                               CONTAINER (GUIDs). */
    size_t name_count;
    uint8_t level; /**< EVENT_NAME, STACKWALK_NAME, STACKWALK_LEVEL_KW; 0 for all, as 255. */
    uint64_t match_any_keyword, match_all_keyword; /**< As level, and as in
                                                      etw_enable_parameters. */
    const etw_payload_predicate *predicates;       /**< PAYLOAD. */
    size_t predicate_count;
    bool any_predicate; /**< One predicate that holds is enough; otherwise all have to. */
    etw_bytes data;     /**< SCHEMATIZED, SYSTEM_FLAGS, TRACEHANDLE and types not named here: the
                             bytes as they are. */
} etw_provider_filter;

/** How to enable a provider (EnableTraceEx2). Zero is the default of every member but `size` and
 * `provider`. */
typedef struct etw_enable_parameters {
    size_t size; /**< sizeof(etw_enable_parameters). */
    etw_guid provider;
    uint8_t level;              /**< The most verbose level wanted; 0 for all, as 255. */
    uint64_t match_any_keyword; /**< 0 for all, with whatever is in the next member. */
    uint64_t match_all_keyword;
    uint32_t properties; /**< ETW_ENABLE_PROPERTY_… bits. */
    const etw_provider_filter *filters;
    size_t filter_count;
    uint32_t timeout_ms; /**< Wait so long for running providers to see it; 0 does not wait. */
} etw_enable_parameters;

/**
 * Checks filters against the limits, and that they have what their type needs and nothing else.
 * Done by etw_session_enable().
 *
 * @param error The message names the filter by its index, from 0, and its type.
 * @return ETW_OK, ETW_E_LIMIT, ETW_E_INVALID.
 */
ETW_API ETW_MUST_CHECK etw_status etw_provider_filters_check(const etw_provider_filter *filters,
                                                             size_t count, etw_error *error);

/** A provider read from a string: its name and its etw_enable_parameters. */
typedef struct etw_provider_spec etw_provider_spec;

/** Zero is the default of every member but `size`. */
typedef struct etw_provider_spec_options {
    size_t size; /**< sizeof(etw_provider_spec_options). */
    const etw_allocator *allocator;
    const etw_provider_list *known; /**< Names beyond the built-in and the system's. Borrowed. */
} etw_provider_spec_options;

/**
 * Reads a provider string. Level, keywords and properties that it does not mention are 255, all
 * bits set, 0, and ETW_ENABLE_PROPERTY_PROCESS_START_KEY.
 *
 * @param text    UTF-8; not needed afterwards.
 * @param options NULL for the defaults.
 * @param error   NULL if only the status matters; `offset` is the byte in `text` that is wrong.
 * @return ETW_OK; ETW_E_NOT_FOUND for a name that nobody knows; ETW_E_INVALID for what is no
 *         provider string; ETW_E_LIMIT for what exceeds a limit of filters; ETW_E_NOMEM.
 */
ETW_API ETW_MUST_CHECK etw_status etw_provider_spec_parse(etw_provider_spec **out, const char *text,
                                                          const etw_provider_spec_options *options,
                                                          etw_error *error);

/** Destroys a spec and sets `*spec` to NULL. NULL is fine. */
ETW_API void etw_provider_spec_destroy(etw_provider_spec **spec);

/** What to enable, and the provider as the string names it (a GUID for want of a name), without the
 * star. Lifetime of both: that of `spec`. */
ETW_API const etw_enable_parameters *etw_provider_spec_parameters(const etw_provider_spec *spec);
ETW_API const char *etw_provider_spec_name(const etw_provider_spec *spec);

/**
 * The GUID of a provider by name or by GUID in any spelling; `*Name` hashes the name, as
 * EventSource and TraceLogging do. Any GUID will do, but a name has to be known: by `known`, by a
 * process that has registered it, or by the library. Case does not matter.
 *
 * @param known NULL, or further names.
 * @return ETW_OK; ETW_E_NOT_FOUND; ETW_E_INVALID for a GUID with a mistake or a name of several.
 */
ETW_API ETW_MUST_CHECK etw_status etw_provider_resolve(etw_guid *out, const char *name,
                                                       const etw_provider_list *known,
                                                       etw_error *error);

/** True if a name or GUID is that of a provider known here: by `known`, which may be NULL, by a
 * process that has registered it, or by the library. */
ETW_API bool etw_provider_is_known(const char *name, const etw_provider_list *known);

/**
 * Compiles what a session cannot filter itself into a filter for its consumer. Events of other
 * providers pass it, so a consumer of several providers asks one filter after the other. Names of
 * events are compared as the field `event` of filters is: without case, and tasks count too.
 *
 * @param out         NULL if `at_consumer` leaves nothing to the consumer.
 * @param at_consumer From etw_enable_report.
 * @return ETW_OK; ETW_E_UNSUPPORTED for a filter that needs more than an event has: executables,
 *         packages, containers, stacks, blobs, groups of providers; ETW_E_INVALID,
 *         ETW_E_LIMIT, ETW_E_NOMEM.
 */
ETW_API ETW_MUST_CHECK etw_status etw_provider_post_filter(etw_filter **out,
                                                           const etw_enable_parameters *parameters,
                                                           uint32_t at_consumer, etw_error *error);

/** A provider that is there to be enabled. */
typedef struct etw_registered_provider {
    etw_guid guid;
    etw_str name;                /**< Empty if it is not known. */
    uint32_t process_count;      /**< Processes that have it registered now. */
    const uint32_t *process_ids; /**< Ascending. */
    uint32_t session_count;      /**< Sessions that enable it. */
    const uint32_t *logger_ids;  /**< Ascending. */
} etw_registered_provider;

/** Providers that processes have registered or that sessions enable now, sorted by GUID. */
typedef struct etw_registered_list etw_registered_list;

/** Takes a look; what changes later is not in the list.
 *
 * @param error NULL if only the status matters. */
ETW_API ETW_MUST_CHECK etw_status etw_registered_list_create(etw_registered_list **out,
                                                             etw_error *error);

/** Destroys a list and sets `*list` to NULL. NULL is fine. */
ETW_API void etw_registered_list_destroy(etw_registered_list **list);
ETW_API size_t etw_registered_list_count(const etw_registered_list *list);

/** The provider at an index, or NULL if it is out of range. Lifetime: that of the list. */
ETW_API const etw_registered_provider *etw_registered_list_at(const etw_registered_list *list,
                                                              size_t index);

#ifdef __cplusplus
}
#endif

#endif
