/**
 * @file
 * An event: its header by value, its payload as borrowed bytes.
 *
 * Header fields carry the names and numbers of EVENT_HEADER and EVENT_DESCRIPTOR in Microsoft's
 * documentation (evntcons.h, evntprov.h), whatever kind of header the trace stores.
 */
#ifndef ETW_EVENT_H
#define ETW_EVENT_H

#include <etw/etl.h>
#include <etw/guid.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The header kinds that a trace stores; the digits are the width of a pointer. */
#define ETW_HEADER_KIND_MAP(X) \
    X(UNKNOWN)                 \
    X(SYSTEM32)                \
    X(SYSTEM64)                \
    X(COMPACT32)               \
    X(COMPACT64)               \
    X(PERFINFO32)              \
    X(PERFINFO64)              \
    X(FULL32)                  \
    X(FULL64)                  \
    X(INSTANCE32)              \
    X(INSTANCE64)              \
    X(EVENT32)                 \
    X(EVENT64)                 \
    X(MESSAGE)                 \
    X(TIMED)                   \
    X(ERROR)                   \
    X(WNODE)                   \
    X(ULONG32)

typedef enum etw_header_kind {
#define X(name) ETW_HEADER_##name,
    ETW_HEADER_KIND_MAP(X)
#undef X
    ETW_HEADER_KIND_COUNT
} etw_header_kind;

/** The name of a header kind, for example "EVENT64"; never NULL. */
ETW_API const char *etw_header_kind_name(etw_header_kind kind);

/** Bits of etw_event.flags (EVENT_HEADER.Flags). */
enum {
    ETW_EVENT_EXTENDED_INFO = 0x0001,
    ETW_EVENT_PRIVATE_SESSION = 0x0002, /**< `cpu_time` is one number, the processor time. */
    ETW_EVENT_STRING_ONLY = 0x0004,     /**< The payload is one terminated UTF-16 string. */
    ETW_EVENT_TRACE_MESSAGE = 0x0008,   /**< Written by WPP. */
    ETW_EVENT_NO_CPU_TIME = 0x0010,
    ETW_EVENT_32_BIT = 0x0020,
    ETW_EVENT_64_BIT = 0x0040,
    ETW_EVENT_DECODE_GUID = 0x0080,
    ETW_EVENT_CLASSIC = 0x0100, /**< `opcode` is the event type of class `provider`. */
    ETW_EVENT_PROCESSOR_INDEX = 0x0200,
};

/** process_id and thread_id of events whose header kind has none. */
#define ETW_NO_ID UINT32_MAX

/** processor of events whose session does not record it. */
#define ETW_NO_PROCESSOR UINT16_MAX

/**
 * One event. It begins with the fields of EVENT_HEADER, in their order.
 *
 * Lifetime: a view. What it points to is valid as long as the batch that holds it.
 */
typedef struct etw_event {
    uint16_t record_size; /**< Bytes, header included. */
    uint8_t header_kind;  /**< An etw_header_kind. */
    uint8_t is_damaged;   /**< The chain of extended data is broken; `payload` starts there. */
    uint16_t flags;       /**< ETW_EVENT_… bits. */
    uint16_t property;    /**< EVENT_HEADER.EventProperty. */
    uint32_t thread_id;
    uint32_t process_id;
    int64_t raw_timestamp; /**< In the clock of the trace. */
    etw_guid provider;     /**< Provider; class GUID of classic events; message GUID of WPP. */
    uint16_t id;           /**< Event id; message number of WPP; 0 for classic events. */
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode; /**< Event type of classic events. */
    uint16_t task;
    uint64_t keyword;
    uint64_t cpu_time;    /**< User time << 32 | kernel time; see etw_event_kernel_time(). */
    etw_guid activity_id; /**< All zero if the event has none. */

    uint64_t timestamp; /**< FILETIME, UTC. */
    const uint8_t *payload;
    const uint8_t *record;       /**< The record as stored, header included. */
    const etw_trace_info *trace; /**< The trace the event comes from. */
    uint16_t payload_size;
    uint16_t processor;
    uint16_t logger_id;
    uint8_t pointer_size; /**< 4 or 8: of the writer of this event. */
} etw_event;

/** Processor time spent in kernel mode, in units of the trace's timer resolution; 0 if unknown. */
static inline uint32_t etw_event_kernel_time(const etw_event *event)
{
    const uint16_t none = ETW_EVENT_PRIVATE_SESSION | ETW_EVENT_NO_CPU_TIME;
    return (event->flags & none) ? 0 : (uint32_t)event->cpu_time;
}

/** Processor time spent in user mode, in units of the trace's timer resolution; 0 if unknown. */
static inline uint32_t etw_event_user_time(const etw_event *event)
{
    const uint16_t none = ETW_EVENT_PRIVATE_SESSION | ETW_EVENT_NO_CPU_TIME;
    return (event->flags & none) ? 0 : (uint32_t)(event->cpu_time >> 32);
}

/** Kinds of extended data (EVENT_HEADER_EXT_TYPE_…). */
typedef enum etw_extended_type {
    ETW_EXTENDED_RELATED_ACTIVITY_ID = 1, /**< GUID. */
    ETW_EXTENDED_SID = 2,                 /**< Binary SID. */
    ETW_EXTENDED_TERMINAL_SESSION_ID = 3, /**< u32. */
    ETW_EXTENDED_INSTANCE_INFO = 4,       /**< u32 id, u32 parent id, parent GUID. */
    ETW_EXTENDED_STACK_TRACE32 = 5,       /**< u64 match id, then u32 addresses, innermost first. */
    ETW_EXTENDED_STACK_TRACE64 = 6,       /**< u64 match id, then u64 addresses, innermost first. */
    ETW_EXTENDED_PEBS_INDEX = 7,          /**< u64. */
    ETW_EXTENDED_PMC_COUNTERS = 8,        /**< u64 each. */
    ETW_EXTENDED_PSM_KEY = 9,             /**< Package state manager key, opaque. */
    ETW_EXTENDED_EVENT_KEY = 10,          /**< u64. */
    ETW_EXTENDED_EVENT_SCHEMA_TL = 11,    /**< TraceLogging metadata of the event. */
    ETW_EXTENDED_PROVIDER_TRAITS = 12,    /**< TraceLogging metadata of the provider. */
    ETW_EXTENDED_PROCESS_START_KEY = 13,  /**< u64. */
    ETW_EXTENDED_CONTROL_GUID = 14,       /**< GUID. */
    ETW_EXTENDED_QPC_DELTA = 15,          /**< i64. */
    ETW_EXTENDED_CONTAINER_ID = 16,       /**< GUID. */
    ETW_EXTENDED_STACK_KEY32 = 17,        /**< u64 match id, u32 key, u32 padding. */
    ETW_EXTENDED_STACK_KEY64 = 18,        /**< u64 match id, u64 key. */
} etw_extended_type;

/** One item of extended data, a view into the event. */
typedef struct etw_extended {
    uint16_t type; /**< An etw_extended_type, or a number that Windows added since. */
    etw_bytes data;
} etw_extended;

/**
 * Walks the extended data of an event. Items that classic headers keep elsewhere (instance ids,
 * performance counters) are presented in the same way.
 *
 * @param position Starts at 0; only this function changes it.
 * @return False when there are no more items.
 */
ETW_API bool etw_event_next_extended(const etw_event *event, uint32_t *position, etw_extended *out);

/** Finds the first item of a type; false if the event has none. */
ETW_API bool etw_event_find_extended(const etw_event *event, etw_extended_type type,
                                     etw_bytes *out);

#ifdef __cplusplus
}
#endif

#endif
