/*
 * The structures that ETW's functions take and give, with names of ours. Headers differ in which of
 * them they have, so none is needed here; tests/win proves sizes and offsets. Documentation is on
 * Microsoft Learn under the names that the comments begin with. Members that no version uses, and
 * the union members that nobody here needs, are left out or called reserved.
 *
 * Only for Windows: other systems align 64-bit numbers differently in 32-bit programs.
 */
#ifndef ETWI_SESSION_WIN_ETW_ABI_H
#define ETWI_SESSION_WIN_ETW_ABI_H

#include <etw/guid.h>

/* Characters of Windows. */
typedef uint16_t etwi_abi_char;

/* ------------------------------------------------------------------------------- sessions */

/* WNODE_HEADER. */
typedef struct etwi_abi_wnode {
    uint32_t buffer_size; /* Of the whole block, with what follows. */
    uint32_t provider_id;
    uint64_t historical_context; /* The handle of the session. */
    int64_t time_stamp;
    etw_guid guid;
    uint32_t client_context; /* The clock: 1 QPC, 2 system time, 3 CPU cycles. */
    uint32_t flags;          /* ETWI_ABI_WNODE_… */
} etwi_abi_wnode;

enum {
    ETWI_ABI_WNODE_TRACED_GUID = 0x00020000,
    ETWI_ABI_WNODE_VERSIONED_PROPERTIES = 0x00800000 /* Version 2. */
};

/* EVENT_FILTER_DESCRIPTOR. `ptr` is 64 bits wide everywhere. */
typedef struct etwi_abi_filter {
    uint64_t ptr;
    uint32_t size;
    uint32_t type; /* ETWI_ABI_FILTER_… */
} etwi_abi_filter;

/*
 * EVENT_TRACE_PROPERTIES_V2. Systems that do not know it take EVENT_TRACE_PROPERTIES, its first
 * ETWI_ABI_PROPERTIES_V1_SIZE bytes. The names follow the block, at the offsets that say so.
 */
typedef struct etwi_abi_properties {
    etwi_abi_wnode wnode;
    uint32_t buffer_size; /* Kilobytes. */
    uint32_t minimum_buffers;
    uint32_t maximum_buffers;
    uint32_t maximum_file_size; /* Megabytes, or kilobytes with ETWI_ABI_MODE_USE_KBYTES. */
    uint32_t log_file_mode;
    uint32_t flush_timer; /* Seconds, or milliseconds with ETWI_ABI_MODE_USE_MS_FLUSH_TIMER. */
    uint32_t enable_flags;
    int32_t age_limit; /* Or, in newer versions, after how many buffers to flush. */
    uint32_t number_of_buffers;
    uint32_t free_buffers;
    uint32_t events_lost;
    uint32_t buffers_written;
    uint32_t log_buffers_lost;
    uint32_t real_time_buffers_lost;
    void *logger_thread_id; /* A number as wide as a pointer. */
    uint32_t log_file_name_offset;
    uint32_t logger_name_offset;
    uint32_t v2_control; /* The version, 2, in the lowest byte. */
    uint32_t filter_desc_count;
    etwi_abi_filter *filter_desc;
    uint64_t v2_options;
} etwi_abi_properties;

enum {
    ETWI_ABI_PROPERTIES_V1_SIZE = 120
};

/* ------------------------------------------------------------------------------ providers */

/* ENABLE_TRACE_PARAMETERS, version 2. Version 1 ends before the last member. */
typedef struct etwi_abi_enable_parameters {
    uint32_t version;
    uint32_t enable_property;
    uint32_t control_flags;
    etw_guid source_id;
    etwi_abi_filter *enable_filter_desc;
    uint32_t filter_desc_count;
} etwi_abi_enable_parameters;

enum {
    ETWI_ABI_ENABLE_PARAMETERS_VERSION = 2,
    ETWI_ABI_FILTERS_MAX = 13
};

/* What an etwi_abi_filter is about. */
#define ETWI_ABI_FILTER_NONE               UINT32_C(0x00000000)
#define ETWI_ABI_FILTER_SCHEMATIZED        UINT32_C(0x80000000)
#define ETWI_ABI_FILTER_SYSTEM_FLAGS       UINT32_C(0x80000001)
#define ETWI_ABI_FILTER_TRACE_HANDLE       UINT32_C(0x80000002)
#define ETWI_ABI_FILTER_PID                UINT32_C(0x80000004)
#define ETWI_ABI_FILTER_EXECUTABLE_NAME    UINT32_C(0x80000008)
#define ETWI_ABI_FILTER_PACKAGE_ID         UINT32_C(0x80000010)
#define ETWI_ABI_FILTER_PACKAGE_APP_ID     UINT32_C(0x80000020)
#define ETWI_ABI_FILTER_PAYLOAD            UINT32_C(0x80000100)
#define ETWI_ABI_FILTER_EVENT_ID           UINT32_C(0x80000200)
#define ETWI_ABI_FILTER_EVENT_NAME         UINT32_C(0x80000400)
#define ETWI_ABI_FILTER_STACKWALK          UINT32_C(0x80001000)
#define ETWI_ABI_FILTER_STACKWALK_NAME     UINT32_C(0x80002000)
#define ETWI_ABI_FILTER_STACKWALK_LEVEL_KW UINT32_C(0x80004000)
#define ETWI_ABI_FILTER_CONTAINER          UINT32_C(0x80008000)

/* EVENT_FILTER_HEADER. */
typedef struct etwi_abi_filter_header {
    uint16_t id;
    uint8_t version;
    uint8_t reserved[5];
    uint64_t instance_id;
    uint32_t size;
    uint32_t next_offset;
} etwi_abi_filter_header;

/* EVENT_FILTER_EVENT_ID. */
typedef struct etwi_abi_filter_event_id {
    uint8_t filter_in; /* A BOOLEAN. */
    uint8_t reserved;
    uint16_t count;
    uint16_t events[1]; /* There are `count` of them. */
} etwi_abi_filter_event_id;

/* EVENT_FILTER_EVENT_NAME. */
typedef struct etwi_abi_filter_event_name {
    uint64_t match_any_keyword;
    uint64_t match_all_keyword;
    uint8_t level;
    uint8_t filter_in; /* A BOOLEAN. */
    uint16_t name_count;
    uint8_t names[1]; /* UTF-8, each with its zero. */
} etwi_abi_filter_event_name;

/* EVENT_FILTER_LEVEL_KW. */
typedef struct etwi_abi_filter_level_kw {
    uint64_t match_any_keyword;
    uint64_t match_all_keyword;
    uint8_t level;
    uint8_t filter_in; /* A BOOLEAN. */
} etwi_abi_filter_level_kw;

/* EVENT_DESCRIPTOR. */
typedef struct etwi_abi_descriptor {
    uint16_t id;
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keyword;
} etwi_abi_descriptor;

/* EVENT_DATA_DESCRIPTOR. */
typedef struct etwi_abi_data {
    uint64_t ptr;
    uint32_t size;
    uint8_t type;
    uint8_t reserved1;
    uint16_t reserved2;
} etwi_abi_data;

/* ------------------------------------------------------------------------------ consumers */

/* EVENT_HEADER. */
typedef struct etwi_abi_event_header {
    uint16_t size;
    uint16_t header_type;
    uint16_t flags;
    uint16_t event_property;
    uint32_t thread_id;
    uint32_t process_id;
    int64_t time_stamp;
    etw_guid provider_id;
    etwi_abi_descriptor event_descriptor;
    uint64_t processor_time; /* Kernel and user time, where the session is not a private one. */
    etw_guid activity_id;
} etwi_abi_event_header;

/* ETW_BUFFER_CONTEXT. */
typedef struct etwi_abi_buffer_context {
    uint16_t processor_index; /* In old versions a byte, and a byte for the alignment. */
    uint16_t logger_id;
} etwi_abi_buffer_context;

/* EVENT_HEADER_EXTENDED_DATA_ITEM. */
typedef struct etwi_abi_extended_item {
    uint16_t reserved1;
    uint16_t ext_type;
    uint16_t linkage; /* The lowest bit. */
    uint16_t data_size;
    uint64_t data_ptr;
} etwi_abi_extended_item;

/* EVENT_RECORD. */
typedef struct etwi_abi_record {
    etwi_abi_event_header event_header;
    etwi_abi_buffer_context buffer_context;
    uint16_t extended_data_count;
    uint16_t user_data_length;
    etwi_abi_extended_item *extended_data;
    void *user_data;
    void *user_context;
} etwi_abi_record;

/* EVENT_TRACE_HEADER. */
typedef struct etwi_abi_trace_header {
    uint16_t size;
    uint16_t field_type_flags;
    uint32_t version; /* Type, level and version of the event. */
    uint32_t thread_id;
    uint32_t process_id;
    int64_t time_stamp;
    etw_guid guid;
    uint64_t processor_time;
} etwi_abi_trace_header;

/* EVENT_TRACE. */
typedef struct etwi_abi_trace {
    etwi_abi_trace_header header;
    uint32_t instance_id;
    uint32_t parent_instance_id;
    etw_guid parent_guid;
    void *mof_data;
    uint32_t mof_length;
    etwi_abi_buffer_context buffer_context;
} etwi_abi_trace;

/* SYSTEMTIME. */
typedef struct etwi_abi_system_time {
    uint16_t year, month, day_of_week, day, hour, minute, second, milliseconds;
} etwi_abi_system_time;

/* TIME_ZONE_INFORMATION. */
typedef struct etwi_abi_time_zone {
    int32_t bias; /* Minutes. */
    etwi_abi_char standard_name[32];
    etwi_abi_system_time standard_date;
    int32_t standard_bias;
    etwi_abi_char daylight_name[32];
    etwi_abi_system_time daylight_date;
    int32_t daylight_bias;
} etwi_abi_time_zone;

/* TRACE_LOGFILE_HEADER. */
typedef struct etwi_abi_logfile_header {
    uint32_t buffer_size;
    uint32_t version;
    uint32_t provider_version;
    uint32_t number_of_processors;
    int64_t end_time;
    uint32_t timer_resolution;
    uint32_t maximum_file_size;
    uint32_t log_file_mode;
    uint32_t buffers_written;
    uint32_t start_buffers;
    uint32_t pointer_size;
    uint32_t events_lost;
    uint32_t cpu_speed_in_mhz;
    etwi_abi_char *logger_name;
    etwi_abi_char *log_file_name;
    etwi_abi_time_zone time_zone;
    int64_t boot_time;
    int64_t perf_freq;
    int64_t start_time;
    uint32_t reserved_flags; /* The clock, as in etwi_abi_wnode. */
    uint32_t buffers_lost;
} etwi_abi_logfile_header;

#if defined(_WIN32)
#define ETWI_ABI_CALL __stdcall
#else
#define ETWI_ABI_CALL
#endif

/* EVENT_TRACE_LOGFILEW. */
typedef struct etwi_abi_logfile etwi_abi_logfile;

/* False ends ProcessTrace(). */
typedef uint32_t(ETWI_ABI_CALL *etwi_abi_buffer_callback)(etwi_abi_logfile *logfile);
typedef void(ETWI_ABI_CALL *etwi_abi_record_callback)(etwi_abi_record *record);

struct etwi_abi_logfile {
    etwi_abi_char *log_file_name;
    etwi_abi_char *logger_name;
    int64_t current_time;
    uint32_t buffers_read;
    uint32_t process_trace_mode; /* ETWI_ABI_PROCESS_… */
    etwi_abi_trace current_event;
    etwi_abi_logfile_header logfile_header;
    etwi_abi_buffer_callback buffer_callback;
    uint32_t buffer_size;
    uint32_t filled;
    uint32_t events_lost;
    etwi_abi_record_callback event_record_callback;
    uint32_t is_kernel_trace;
    void *context;
};

#define ETWI_ABI_PROCESS_REAL_TIME     UINT32_C(0x00000100)
#define ETWI_ABI_PROCESS_RAW_TIMESTAMP UINT32_C(0x00001000)
#define ETWI_ABI_PROCESS_EVENT_RECORD  UINT32_C(0x10000000)

/* ------------------------------------------------------------------------------- queries */

/* TRACE_GUID_INFO; instances follow. */
typedef struct etwi_abi_guid_info {
    uint32_t instance_count;
    uint32_t reserved;
} etwi_abi_guid_info;

/* TRACE_PROVIDER_INSTANCE_INFO; what enabled it follows. */
typedef struct etwi_abi_instance_info {
    uint32_t next_offset;
    uint32_t enable_count;
    uint32_t pid;
    uint32_t flags;
} etwi_abi_instance_info;

/* TRACE_ENABLE_INFO. */
typedef struct etwi_abi_enable_info {
    uint32_t is_enabled;
    uint8_t level;
    uint8_t reserved1;
    uint16_t logger_id;
    uint32_t enable_property;
    uint32_t reserved2;
    uint64_t match_any_keyword;
    uint64_t match_all_keyword;
} etwi_abi_enable_info;

/* CLASSIC_EVENT_ID, for stacks. */
typedef struct etwi_abi_classic_event_id {
    etw_guid event_guid;
    uint8_t type;
    uint8_t reserved[7];
} etwi_abi_classic_event_id;

/* TRACE_VERSION_INFO. */
typedef struct etwi_abi_version_info {
    uint32_t etw_trace_processing_version;
    uint32_t reserved;
} etwi_abi_version_info;

/* TRACE_PERIODIC_CAPTURE_STATE_INFO; GUIDs of providers follow. */
typedef struct etwi_abi_capture_state {
    uint32_t capture_state_frequency_in_seconds;
    uint16_t provider_count;
    uint16_t reserved;
} etwi_abi_capture_state;

/* TRACE_PROFILE_INTERVAL. */
typedef struct etwi_abi_profile_interval {
    uint32_t source;
    uint32_t interval; /* 100 ns. */
} etwi_abi_profile_interval;

/* TRACE_STACK_CACHING_INFO. */
typedef struct etwi_abi_stack_caching {
    uint8_t enabled; /* A BOOLEAN. */
    uint8_t reserved[3];
    uint32_t cache_size;
    uint32_t bucket_count;
} etwi_abi_stack_caching;

#endif
