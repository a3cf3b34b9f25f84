/**
 * @file
 * What is known about providers: their events, and the keywords, levels, tasks, opcodes and
 * channels that they name.
 */
#ifndef ETW_PROVIDER_INFO_H
#define ETW_PROVIDER_INFO_H

#include <etw/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What providers give names to. */
typedef enum etw_named_kind {
    ETW_NAMED_KEYWORD,
    ETW_NAMED_LEVEL,
    ETW_NAMED_TASK,
    ETW_NAMED_OPCODE,
    ETW_NAMED_CHANNEL,
    ETW_NAMED_KIND_COUNT
} etw_named_kind;

/** One number and its name. */
typedef struct etw_named_value {
    uint64_t value;      /**< Of keywords the mask. */
    etw_str name;        /**< Without a prefix such as "win:". */
    etw_str message;     /**< Text for people, or empty. */
    etw_guid class_guid; /**< Of tasks: the class of their classic events; zero if there is none. */
    uint16_t task;       /**< Of opcodes: the task that they belong to; 0 if they go with any. */
} etw_named_value;

/** All names of one kind, sorted by task and value. */
typedef struct etw_named_values {
    const etw_named_value *items;
    uint32_t count;
} etw_named_values;

/**
 * A provider, a class of classic events, or the GUID of WPP messages: whatever events come under.
 * The library allocates all of them, so later versions may add members at the end.
 *
 * Where several sources describe it, the names for a number are those of the source that wins, as
 * for events, and of the events themselves where no source lists them.
 */
typedef struct etw_provider_info {
    etw_guid guid;
    etw_guid owner;   /**< Of classes: the provider; zero if it is not known, or this is none. */
    etw_str name;     /**< Empty if it is not known. */
    etw_str message;  /**< The name for people, or empty. */
    uint32_t sources; /**< 1 << etw_schema_source for each source that describes it. */
    bool is_system;   /**< A system trace provider, which is there to be enabled. Its events come
                           under the GUIDs of the kernel's classes. */
    bool is_known;    /**< In the table of well-known names. */
    etw_named_values named[ETW_NAMED_KIND_COUNT];
    const etw_map *const *maps; /**< Value maps that have a name, sorted by it. */
    uint32_t map_count;
    uint32_t event_count;
    /**
     * The events by id (type of classic ones) and version, then by name. Where several sources
     * describe an event, only the source that wins is here; it may have several layouts for it.
     */
    const etw_schema *const *events;
} etw_provider_info;

/**
 * All providers that a store knows of at a time, sorted by name; those without one come last.
 *
 * Lifetime: what a list points to belongs to the list and to its store, so the list must be
 * destroyed before the store. Threads: may be read by any number of threads.
 */
typedef struct etw_provider_list etw_provider_list;

/** Zero is the default of every member but `size`. */
typedef struct etw_provider_list_options {
    size_t size;          /**< sizeof(etw_provider_list_options). */
    bool without_builtin; /**< Only what files and traces brought into the store: no kernel classes,
                               no system trace providers, no well-known names, and not what the
                               operating system knows. */
} etw_provider_list_options;

/**
 * Lists what a store knows of now; what is added to it later is not in the list.
 *
 * Threads: any, also while others use the store; those who add to it wait meanwhile.
 *
 * @param options NULL for the defaults.
 * @param error   NULL if only the status matters.
 * @return ETW_OK, ETW_E_INVALID, or ETW_E_NOMEM.
 */
ETW_API ETW_MUST_CHECK etw_status etw_provider_list_create(etw_provider_list **out,
                                                           etw_schema_store *store,
                                                           const etw_provider_list_options *options,
                                                           etw_error *error);

/** Destroys a list and sets `*list` to NULL. NULL is fine. */
ETW_API void etw_provider_list_destroy(etw_provider_list **list);

ETW_API size_t etw_provider_list_count(const etw_provider_list *list);

/** The provider at an index, which must be less than the count. */
ETW_API const etw_provider_info *etw_provider_list_at(const etw_provider_list *list, size_t index);

/** The provider of that GUID, or NULL. */
ETW_API const etw_provider_info *etw_provider_list_find_guid(const etw_provider_list *list,
                                                             const etw_guid *guid);

/**
 * The next provider of that name, or of that well-known name, in any case; several may share one.
 *
 * @param position Starts at 0; where to look on.
 * @return NULL if there are no more.
 */
ETW_API const etw_provider_info *etw_provider_list_find_name(const etw_provider_list *list,
                                                             etw_str name, size_t *position);

#ifdef __cplusplus
}
#endif

#endif
