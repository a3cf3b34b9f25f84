/**
 * @file
 * What the header of an .etl trace says, and the options and counters of reading one.
 */
#ifndef ETW_ETL_H
#define ETW_ETL_H

#include <etw/alloc.h>
#include <etw/status.h>
#include <etw/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of etw_trace_info.log_file_mode (EVENT_TRACE_…_MODE in evntrace.h). */
enum {
    ETW_MODE_SEQUENTIAL = 0x00000001,
    ETW_MODE_CIRCULAR = 0x00000002,
    ETW_MODE_APPEND = 0x00000004,
    ETW_MODE_NEW_FILE = 0x00000008, /**< A new file at each maximum size; "%d" in its name. */
    ETW_MODE_PREALLOCATE = 0x00000020,
    ETW_MODE_NONSTOPPABLE = 0x00000040,
    ETW_MODE_SECURE = 0x00000080,
    ETW_MODE_REAL_TIME = 0x00000100,
    ETW_MODE_BUFFERING = 0x00000400, /**< A ring in memory, written out by a flush. */
    ETW_MODE_PRIVATE_LOGGER = 0x00000800,
    ETW_MODE_KBYTES = 0x00002000, /**< maximum_file_size counts KB instead of MB. */
    ETW_MODE_PRIVATE_IN_PROCESS = 0x00020000,
    ETW_MODE_PAGED_MEMORY = 0x01000000,
    ETW_MODE_SYSTEM_LOGGER = 0x02000000,
    ETW_MODE_COMPRESSED = 0x04000000,
    ETW_MODE_INDEPENDENT_SESSION = 0x08000000,
    ETW_MODE_NO_PER_PROCESSOR_BUFFERING = 0x10000000,
};

/**
 * The header of a trace (TRACE_LOGFILE_HEADER) and what reading added to it.
 *
 * Lifetime: as long as the object it was borrowed from.
 */
typedef struct etw_trace_info {
    etw_str path;          /**< As given by the caller; "-" for standard input. */
    etw_str session_name;  /**< UTF-8. */
    etw_str log_file_name; /**< Where the writer put the file, UTF-8. */
    etw_clock clock;
    uint64_t start_time; /**< FILETIME. */
    uint64_t end_time;   /**< FILETIME; 0 if the trace was never closed. */
    uint64_t boot_time;  /**< FILETIME, for information only. */
    uint64_t performance_frequency;
    uint64_t file_size;   /**< Bytes. */
    uint32_t buffer_size; /**< Bytes. */
    uint32_t processor_count;
    uint32_t os_build;
    uint32_t timer_resolution; /**< 100 ns units of kernel and user times. */
    uint32_t maximum_file_size;
    uint32_t log_file_mode;   /**< ETW_MODE_… and other documented bits. */
    uint32_t buffers_written; /**< By the writer's account. */
    uint32_t start_buffers;
    uint32_t events_lost;  /**< By the writer's account. */
    uint32_t buffers_lost; /**< By the writer's account. */
    uint32_t cpu_mhz;
    int32_t utc_bias_minutes; /**< UTC = local time + bias. */
    uint8_t os_major, os_minor;
    uint8_t layout_major, layout_minor; /**< Version of the file layout. */
    uint8_t pointer_size;               /**< Of the tracing system: 4 or 8. */
} etw_trace_info;

/**
 * What reading a trace met, beyond its events. Bytes between the records that were not delivered
 * as events are counted here, under the reason; buffer headers, padding and what lies behind the
 * end that a buffer states are not.
 */
typedef struct etw_trace_stats {
    uint64_t buffers;            /**< Buffers found in the file. */
    uint64_t compressed_buffers; /**< Of these, compressed. */
    uint64_t events;             /**< Events found in the file. */
    uint64_t payload_bytes;      /**< Bytes of event records, headers included. */
    uint64_t events_lost_flags;  /**< Buffers marked "events were lost before this one". */
    uint64_t buffers_lost_flags; /**< Buffers marked "buffers were lost before this one". */
    uint64_t corrupt_bytes;      /**< Bytes skipped because they are no valid buffer or event. */
    uint64_t corrupt_regions;    /**< Places where that happened. */
    uint64_t truncated_bytes;    /**< Bytes the last buffer lacks at the end of the file. */
    uint64_t unused_bytes;       /**< Never written: preallocated space, and filler in buffers. */
    uint64_t late_events;        /**< Delivered out of order: see etw_consumer_options. */
    etw_error first_damage;      /**< The first such place; status ETW_OK if there is none. */
    uint64_t header_kinds[20];   /**< Events by etw_header_kind. */
} etw_trace_stats;

#ifdef __cplusplus
}
#endif

#endif
