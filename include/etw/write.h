/**
 * @file
 * Writing events: registering a provider, asking whether anybody listens, writing.
 *
 *     etw_provider *provider;
 *     etw_provider_register(&provider, &options, &error);
 *     if (etw_provider_enabled(provider, 4, 0x10))
 *         etw_provider_write(provider, &descriptor, NULL, NULL, data, 2);
 *     etw_provider_unregister(&provider);
 *
 * Events whose fields describe themselves are written by the macros of <etw/tracelogging.h>.
 *
 * On Windows this is EventRegister and EventWriteTransfer, and events go to Windows' sessions;
 * elsewhere they go to the sessions of the portable engine. Private sessions of the process get
 * them everywhere.
 */
#ifndef ETW_WRITE_H
#define ETW_WRITE_H

#include <etw/alloc.h>
#include <etw/guid.h>
#include <etw/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A registered provider.
 *
 * Threads: any number may write, also in signal handlers off Windows. Unregister once nobody does.
 */
typedef struct etw_provider etw_provider;

/** The part of a provider that is asked for every event; see etw_provider_enabled(). */
typedef struct etw_provider_head {
    uint64_t keywords;  /**< Union over the sessions; changes at any time. */
    uint32_t levels;    /**< 1 + the most verbose level wanted; 0 if nobody listens. */
    uint32_t keyword_0; /**< 1 if events without keywords are wanted. */
} etw_provider_head;

/** What an enable callback is told (EnableCallback in evntprov.h). */
typedef enum etw_control_code {
    ETW_CONTROL_DISABLE = 0,
    ETW_CONTROL_ENABLE = 1,
    ETW_CONTROL_CAPTURE_STATE = 2,
} etw_control_code;

/** Lifetime: the call. */
typedef struct etw_control_info {
    etw_control_code code;
    uint8_t level; /**< Over all sessions, as the next two. */
    uint64_t match_any_keyword;
    uint64_t match_all_keyword;
    etw_guid source;       /**< The session that caused the call. */
    etw_bytes filter_data; /**< Of a schematized filter; empty if there is none. */
    uint32_t filter_type;  /**< EVENT_FILTER_TYPE_… of it. */
} etw_control_info;

/** Called by a thread of the library whose signals are all blocked, or by the one that registers
 * the provider; never by two threads at a time. It may write events, but neither register nor
 * unregister providers. */
typedef void (*etw_enable_callback)(void *user, const etw_control_info *info);

/** Zero is the default of every member but `size`. */
typedef struct etw_provider_options {
    size_t size;           /**< sizeof(etw_provider_options). */
    etw_guid guid;         /**< Zero: made of the name, as EventSource and TraceLogging do. */
    const char *name;      /**< UTF-8, at most 1,024 bytes; goes into the traits. NULL for manifest
                                providers without. Copied. */
    const etw_guid *group; /**< Of the group that it is a member of; NULL for none. Copied. */
    etw_enable_callback on_enable; /**< NULL if nobody is to be told. */
    void *user;
} etw_provider_options;

/**
 * Registers a provider. When it returns, sessions that enable it already are in effect, and
 * `on_enable` was called for them.
 *
 * The child of a fork has the providers of its parent and is registered by the first event it
 * writes, which must not be written by a signal handler.
 *
 * @param error NULL if only the status matters.
 * @return ETW_OK; ETW_E_INVALID without name and GUID, or in a callback; ETW_E_LIMIT for a name
 * that is too long, or if the process has 16,384 providers or no more threads; ETW_E_ACCESS if the
 * runtime folder is not this user's alone. Where there can be no runtime folder, only private
 * sessions see the provider.
 */
ETW_API ETW_MUST_CHECK etw_status etw_provider_register(etw_provider **out,
                                                        const etw_provider_options *options,
                                                        etw_error *error);

/** Unregisters a provider and sets `*provider` to NULL. NULL is fine. The last one takes along all
 * that the library has in the process. */
ETW_API void etw_provider_unregister(etw_provider **provider);

/** Whether any session wants events of that level and keyword. Costs a load if none does. */
static inline bool etw_provider_enabled(const etw_provider *provider, uint8_t level,
                                        uint64_t keyword);

/** What an event is (EVENT_DESCRIPTOR). */
typedef struct etw_event_descriptor {
    uint16_t id;
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keyword;
} etw_event_descriptor;

/** Pieces of a payload; written one after the other. */
typedef etw_bytes etw_event_data;

/** Pieces that one event may have (MAX_EVENT_DATA_DESCRIPTORS). What describes a provider and an
 * event counts as two of them on Windows. */
enum {
    ETW_EVENT_DATA_MAX = 128
};

/**
 * Writes an event to every session that wants it. Never blocks, never allocates.
 *
 * @param activity NULL: that of the thread; see etw_activity_id_set().
 * @param related  NULL for none.
 * @param data     NULL without payload; pieces of any size, also none.
 * @param count    At most ETW_EVENT_DATA_MAX.
 * @return ETW_OK, also if nobody wants it; ETW_E_LIMIT if it is larger than 64 KiB or than a
 * buffer, or has too many pieces; ETW_E_FULL if a session had no room. Sessions count what they
 * lose.
 */
ETW_API etw_status etw_provider_write(etw_provider *provider,
                                      const etw_event_descriptor *descriptor,
                                      const etw_guid *activity, const etw_guid *related,
                                      const etw_event_data *data, size_t count);

/** Writes an event whose payload is one text (EventWriteString). `text` is UTF-8. */
ETW_API etw_status etw_provider_write_string(etw_provider *provider, uint8_t level,
                                             uint64_t keyword, etw_str text);

/** An event that describes its own fields. */
typedef struct etw_described_event {
    etw_event_descriptor descriptor;
    etw_bytes description; /**< TraceLogging metadata, as in extended data of type 11. */
} etw_described_event;

/** Writes an event with its description: what <etw/tracelogging.h> and <etw/event_builder.h> do.
 * Otherwise as etw_provider_write(). */
ETW_API etw_status etw_provider_write_described(etw_provider *provider,
                                                const etw_described_event *event,
                                                const etw_guid *activity, const etw_guid *related,
                                                const etw_event_data *data, size_t count);

/** A new activity id, unique on this machine. */
ETW_API etw_guid etw_activity_id_create(void);

/** The activity id of this thread, which its events carry; all zero at first. NULL sets it to that.
 */
ETW_API etw_guid etw_activity_id_get(void);
ETW_API void etw_activity_id_set(const etw_guid *activity);

/* The head is written by other threads at any time. Processors of 32 bits may read half of each of
 * two masks; the library checks every event again, so all this costs is a needless call. */
#if defined(__GNUC__) && UINTPTR_MAX > 0xFFFFFFFFu
#define ETW_HEAD_LOAD(member) __atomic_load_n(&(member), __ATOMIC_RELAXED)
#else
#define ETW_HEAD_LOAD(member) (member)
#endif

static inline bool etw_provider_enabled(const etw_provider *provider, uint8_t level,
                                        uint64_t keyword)
{
    const volatile etw_provider_head *head = (const volatile etw_provider_head *)provider;
    if (!provider || level >= ETW_HEAD_LOAD(head->levels))
        return false;
    return keyword == 0 ? ETW_HEAD_LOAD(head->keyword_0) != 0
                        : (keyword & ETW_HEAD_LOAD(head->keywords)) != 0;
}

#ifdef __cplusplus
}
#endif

#endif
