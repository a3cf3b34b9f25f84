/**
 * @file
 * What events mean: properties, value maps, schemas, and the store that finds them.
 */
#ifndef ETW_SCHEMA_H
#define ETW_SCHEMA_H

#include <etw/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Types of values as stored (_TDH_IN_TYPE in tdh.h). */
typedef enum etw_in_type {
    ETW_IN_NULL = 0,
    ETW_IN_UNICODE_STRING = 1,
    ETW_IN_ANSI_STRING = 2,
    ETW_IN_INT8 = 3,
    ETW_IN_UINT8 = 4,
    ETW_IN_INT16 = 5,
    ETW_IN_UINT16 = 6,
    ETW_IN_INT32 = 7,
    ETW_IN_UINT32 = 8,
    ETW_IN_INT64 = 9,
    ETW_IN_UINT64 = 10,
    ETW_IN_FLOAT = 11,
    ETW_IN_DOUBLE = 12,
    ETW_IN_BOOLEAN = 13, /**< Four bytes. */
    ETW_IN_BINARY = 14,
    ETW_IN_GUID = 15,
    ETW_IN_POINTER = 16,
    ETW_IN_FILETIME = 17,
    ETW_IN_SYSTEMTIME = 18,
    ETW_IN_SID = 19,
    ETW_IN_HEX_INT32 = 20,
    ETW_IN_HEX_INT64 = 21,
    ETW_IN_MANIFEST_COUNTED_STRING = 22,
    ETW_IN_MANIFEST_COUNTED_ANSI_STRING = 23,
    ETW_IN_RESERVED24 = 24,
    ETW_IN_MANIFEST_COUNTED_BINARY = 25,
    ETW_IN_COUNTED_STRING = 300,
    ETW_IN_COUNTED_ANSI_STRING = 301,
    ETW_IN_REVERSED_COUNTED_STRING = 302,
    ETW_IN_REVERSED_COUNTED_ANSI_STRING = 303,
    ETW_IN_NON_NULL_TERMINATED_STRING = 304,
    ETW_IN_NON_NULL_TERMINATED_ANSI_STRING = 305,
    ETW_IN_UNICODE_CHAR = 306,
    ETW_IN_ANSI_CHAR = 307,
    ETW_IN_SIZE_T = 308,
    ETW_IN_HEX_DUMP = 309,
    ETW_IN_WBEM_SID = 310,
} etw_in_type;

/** How values want to be shown (_TDH_OUT_TYPE in tdh.h). */
typedef enum etw_out_type {
    ETW_OUT_NULL = 0, /**< The default of the in-type. */
    ETW_OUT_STRING = 1,
    ETW_OUT_DATETIME = 2,
    ETW_OUT_BYTE = 3,
    ETW_OUT_UNSIGNED_BYTE = 4,
    ETW_OUT_SHORT = 5,
    ETW_OUT_UNSIGNED_SHORT = 6,
    ETW_OUT_INT = 7,
    ETW_OUT_UNSIGNED_INT = 8,
    ETW_OUT_LONG = 9,
    ETW_OUT_UNSIGNED_LONG = 10,
    ETW_OUT_FLOAT = 11,
    ETW_OUT_DOUBLE = 12,
    ETW_OUT_BOOLEAN = 13,
    ETW_OUT_GUID = 14,
    ETW_OUT_HEX_BINARY = 15,
    ETW_OUT_HEX_INT8 = 16,
    ETW_OUT_HEX_INT16 = 17,
    ETW_OUT_HEX_INT32 = 18,
    ETW_OUT_HEX_INT64 = 19,
    ETW_OUT_PID = 20,
    ETW_OUT_TID = 21,
    ETW_OUT_PORT = 22,
    ETW_OUT_IPV4 = 23,
    ETW_OUT_IPV6 = 24,
    ETW_OUT_SOCKET_ADDRESS = 25,
    ETW_OUT_CIM_DATETIME = 26,
    ETW_OUT_ETW_TIME = 27, /**< A raw time stamp of the trace. */
    ETW_OUT_XML = 28,
    ETW_OUT_ERROR_CODE = 29,
    ETW_OUT_WIN32_ERROR = 30,
    ETW_OUT_NTSTATUS = 31,
    ETW_OUT_HRESULT = 32,
    ETW_OUT_CULTURE_INSENSITIVE_DATETIME = 33,
    ETW_OUT_JSON = 34,
    ETW_OUT_UTF8 = 35,
    ETW_OUT_PKCS7 = 36,
    ETW_OUT_CODE_POINTER = 37,
    ETW_OUT_DATETIME_UTC = 38,
    ETW_OUT_REDUCED_STRING = 300,
    ETW_OUT_NO_PRINT = 301,
} etw_out_type;

/** The name of an in-type as manifests spell it ("win:UInt32"), or NULL. */
ETW_API const char *etw_in_type_name(unsigned in_type);

/** The name of an out-type as manifests spell it ("win:HexInt32"), or NULL. */
ETW_API const char *etw_out_type_name(unsigned out_type);

/** The out-type of values of an in-type where nobody says another; ETW_OUT_NULL if there is none.
 */
ETW_API unsigned etw_in_type_out_type(unsigned in_type);

/** One value of a map. */
typedef struct etw_map_entry {
    uint64_t value;
    etw_str text;
} etw_map_entry;

/** Names for numbers: each value has a name, or each bit has one. */
typedef struct etw_map {
    etw_str name;
    const etw_map_entry *entries; /**< Sorted by value. */
    uint32_t entry_count;
    bool is_bitmap;
} etw_map;

/** Bits of etw_property.flags. The first ones have the values of PROPERTY_FLAGS in tdh.h. */
enum {
    ETW_PROPERTY_STRUCT = 0x0001,
    ETW_PROPERTY_LENGTH_INDEX = 0x0002, /**< `length` is the index of the property holding it. */
    ETW_PROPERTY_COUNT_INDEX = 0x0004,  /**< `count` is the index of the property holding it. */
    ETW_PROPERTY_FIXED_LENGTH = 0x0010,
    ETW_PROPERTY_FIXED_COUNT = 0x0020,  /**< An array, even if `count` is 1. */
    ETW_PROPERTY_INLINE_COUNT = 0x0100, /**< An array; a u16 before it counts the elements. */
    ETW_PROPERTY_COUNT_TO_END = 0x0200, /**< An array of as many elements as the payload holds. */
    ETW_PROPERTY_OPTIONAL = 0x0400,     /**< Absent if the payload ends before it. */
    ETW_PROPERTY_TO_END = 0x0800,       /**< One value that takes the rest of the payload. */
};

/** One declared property. Members of structs follow all top-level properties. */
typedef struct etw_property {
    etw_str name;
    const etw_map *map; /**< NULL if the property has none. */
    uint32_t tags;
    uint16_t in_type;  /**< An etw_in_type; ETW_IN_NULL for structs. */
    uint16_t out_type; /**< An etw_out_type. */
    uint16_t flags;    /**< ETW_PROPERTY_… bits. */
    uint16_t count;    /**< Elements, or an index; 1 for plain values. */
    uint16_t length;   /**< UTF-16 units of Unicode strings, else bytes; or an index; 0 if none. */
    uint16_t first_member; /**< Of structs: index of the first member. */
    uint16_t member_count;
} etw_property;

/** Where a schema comes from. */
#define ETW_SCHEMA_SOURCE_MAP(X)                                                               \
    X(NONE, "none")                                                                            \
    X(BUILTIN, "builtin")           /* Shapes that ETW itself defines, such as string-only. */ \
    X(KERNEL, "kernel")             /* The classes of the NT kernel logger. */                 \
    X(TRACELOGGING, "tracelogging") /* Metadata in the event. */                               \
    X(MANIFEST, "manifest")         /* An EventSource manifest in the trace. */                \
    X(EVENT_INFO, "eventinfo")      /* TRACE_EVENT_INFO that a merging tool wrote. */          \
    X(MANIFEST_FILE, "man")         /* A manifest given by the caller. */                      \
    X(PE, "pe")                     /* A compiled manifest in an executable file. */           \
    X(TMF, "tmf")                   /* WPP: trace message formats in TMF or PDB files. */      \
    X(EXPORTED, "export")           /* What travelled in another trace, in a pack. */          \
    X(TDH, "tdh")                   /* What this Windows knows itself. */

typedef enum etw_schema_source {
#define X(name, text) ETW_SCHEMA_##name,
    ETW_SCHEMA_SOURCE_MAP(X)
#undef X
    ETW_SCHEMA_SOURCE_COUNT
} etw_schema_source;

/** "kernel", "tracelogging", …; never NULL. */
ETW_API const char *etw_schema_source_name(etw_schema_source source);

/** A keyword bit and its name. */
typedef struct etw_keyword {
    uint64_t mask;
    etw_str name;
} etw_keyword;

/**
 * A schema: immutable once the store has handed it out. The library allocates all schemas, so
 * later versions may add members at the end.
 *
 * Lifetime: that of its store. Threads: may be read by any number of threads.
 */
typedef struct etw_schema {
    etw_guid provider;     /**< Provider, or class GUID of classic events. */
    etw_guid owner;        /**< Of classic events: the provider of the class; zero if unknown. */
    uint64_t keyword;      /**< As declared; 0 if the source does not say. */
    etw_str provider_name; /**< Names are empty where the source has none. */
    etw_str event_name;
    etw_str task_name;
    etw_str opcode_name;
    etw_str level_name;
    etw_str channel_name;
    etw_str class_name;          /**< Of classic events: the class that describes the layout. */
    etw_str message;             /**< With %1 … insertions, or empty. */
    const etw_keyword *keywords; /**< Names for bits of the event's keyword. */
    const etw_property *properties;
    uint32_t keyword_count;
    uint16_t property_count; /**< With struct members. */
    uint16_t top_level_count;
    uint16_t id;
    uint16_t task;
    uint8_t version; /**< Of the layout: lower than the event's if `inferred` says so. */
    uint8_t opcode;
    uint8_t level;
    uint8_t channel;
    uint8_t source; /**< An etw_schema_source. */
    bool is_classic;
    bool is_user_data; /**< The template is UserData rather than EventData. */
    bool inferred;     /**< The layout is declared for another version or type of the event. */
    etw_str file;      /**< The path of the file it comes from; empty if it is from none. */
} etw_schema;

/** The index of the top-level property of that name, or -1. Exact, case matters. */
ETW_API int etw_schema_find_property(const etw_schema *schema, etw_str name);

/**
 * All schemas known to an application.
 *
 * Threads: lookups may run in any number of threads, also while another one adds schemas.
 */
typedef struct etw_schema_store etw_schema_store;

/** Zero is the default of every member but `size`. */
typedef struct etw_schema_store_options {
    size_t size; /**< sizeof(etw_schema_store_options). */
    const etw_allocator *allocator;
    /**
     * A folder where etw_schema_store_add_path() may keep what it has read, compiled, for the next
     * time; it is made if it is not there. NULL: nothing is kept. Copied.
     */
    const char *cache_folder;
} etw_schema_store_options;

/**
 * Creates a store that knows the kernel classes and TraceLogging; other schemas are added by
 * the consumers that read traces with it, and from files.
 *
 * @param options NULL for the defaults.
 * @param error   NULL if only the status matters.
 */
ETW_API ETW_MUST_CHECK etw_status etw_schema_store_create(etw_schema_store **out,
                                                          const etw_schema_store_options *options,
                                                          etw_error *error);

/** Destroys the store and all its schemas and sets `*store` to NULL. NULL is fine. */
ETW_API void etw_schema_store_destroy(etw_schema_store **store);

/**
 * Finds what describes an event.
 *
 * @param out NULL in `*out` if nothing does.
 * @return ETW_OK, ETW_E_NO_SCHEMA, or ETW_E_NOMEM.
 */
ETW_API etw_status etw_schema_store_find(etw_schema_store *store, const etw_event *event,
                                         const etw_schema **out);

/**
 * Adds what a document describes: an instrumentation manifest (XML), an executable file with a
 * compiled one, trace message formats of WPP (TMF, or in a PDB), or a pack, see
 * etw_schema_store_save(). It serves events of all traces that the traces do not describe
 * themselves, and wins over what is built in. Of several documents that describe an event the first
 * one counts.
 *
 * What is wrong with single events leaves those out; see `rejected` of the counters.
 *
 * @param name  What to call the document in messages.
 * @param bytes Not used any more when the function returns.
 * @param error NULL if only the status matters.
 * @return ETW_OK, ETW_E_UNSUPPORTED if it is nothing that describes events, ETW_E_CORRUPT,
 *         ETW_E_LIMIT, or ETW_E_NOMEM. What was read before the failure stays.
 */
ETW_API etw_status etw_schema_store_add_memory(etw_schema_store *store, const char *name,
                                               etw_bytes bytes, etw_error *error);

/**
 * Adds what a file describes; as etw_schema_store_add_memory(), or why it cannot be read. A pack
 * stays open: the schemas of a provider are read when an event of it is looked up first.
 */
ETW_API etw_status etw_schema_store_add_file(etw_schema_store *store, const char *path,
                                             etw_error *error);

/**
 * Adds what files describe, and those in folders and in the folders of folders.
 *
 * A file that cannot be used does not keep others from being added. In folders, files that
 * describe no events are passed over. With a `cache_folder` in the options of the store, what was
 * read before and looks the same is not read again; failures are told all the same.
 *
 * @param path_list Paths with ':' between (';' on Windows); empty ones are passed over.
 * @param error     The first failure; its message begins with the path of the file.
 * @return ETW_OK, or the status of the first failure.
 */
ETW_API etw_status etw_schema_store_add_path(etw_schema_store *store, const char *path_list,
                                             etw_error *error);

/**
 * Adds what the operating system knows of a provider: its events, and its names for keywords,
 * levels, tasks, opcodes and channels. On Windows that is what its manifest says which is
 * registered there; single events are also found without this call. Other systems know nothing.
 *
 * @param error NULL if only the status matters.
 * @return ETW_OK, ETW_E_NOT_FOUND if the system does not know the provider, ETW_E_UNSUPPORTED, or
 *         ETW_E_NOMEM.
 */
ETW_API etw_status etw_schema_store_add_provider(etw_schema_store *store, const etw_guid *provider,
                                                 etw_error *error);

/**
 * Writes a pack: a file that holds what was added from files, what travelled in traces and what
 * Windows was asked for, and that is added like any other. Neither what is built in is in it nor
 * TraceLogging, which every event brings along. The same schemas make the same bytes.
 *
 * The file is complete or not there: it takes its name when it has been written.
 *
 * @return ETW_OK, ETW_E_NOT_FOUND if there is nothing to write, ETW_E_IO, ETW_E_LIMIT or
 *         ETW_E_NOMEM.
 */
ETW_API etw_status etw_schema_store_save(etw_schema_store *store, const char *path,
                                         etw_error *error);

/** Takes a schema; anything but ETW_OK ends the visit and is passed on. */
typedef etw_status (*etw_schema_visitor)(void *user, const etw_schema *schema);

/**
 * Hands out the schemas of a store: those of files, those found in traces, and of kernel classes
 * and TraceLogging those that were looked up. Packs are read as a whole.
 *
 * They come by provider; events before classic ones before messages of WPP before TraceLogging; by
 * number and version. Several for the same events come in the order in which they were added; of
 * those with the same rank the first counts.
 */
ETW_API etw_status etw_schema_store_visit(etw_schema_store *store, etw_schema_visitor visit,
                                          void *user);

/** Counters of a store. */
typedef struct etw_schema_store_stats {
    uint64_t schemas[16];          /**< Schemas held or in packs, by etw_schema_source. */
    uint64_t rejected;             /**< Malformed descriptions that were not added. */
    uint64_t incomplete_manifests; /**< EventSource manifests with missing chunks. */
    etw_error first_rejected;      /**< Why the first one was not added; status ETW_OK if none. */
} etw_schema_store_stats;

ETW_API etw_schema_store_stats etw_schema_store_get_stats(const etw_schema_store *store);

#ifdef __cplusplus
}
#endif

#endif
