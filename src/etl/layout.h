/*
 * Where things are in an .etl file: offsets and sizes in bytes, all numbers little-endian.
 *
 * A trace is a plain sequence of buffers; a buffer is a header and packed records, each starting at
 * a multiple of eight. Names are those of WMI_BUFFER_HEADER, TRACE_LOGFILE_HEADER and of the trace
 * headers in Microsoft's public headers (evntrace.h, evntcons.h); docs/etl-format.md tells the
 * rest.
 */
#ifndef ETWI_ETL_LAYOUT_H
#define ETWI_ETL_LAYOUT_H

/* WMI_BUFFER_HEADER. */
enum {
    BUFFER_SIZE = 0x00,
    BUFFER_SAVED_OFFSET = 0x04,
    BUFFER_CURRENT_OFFSET = 0x08,
    BUFFER_REFERENCE_COUNT = 0x0C,
    BUFFER_TIME = 0x10, /* When it was sealed. */
    BUFFER_SEQUENCE = 0x18,
    BUFFER_CLOCK = 0x20, /* Or a stale pointer. */
    BUFFER_PROCESSOR = 0x28,
    BUFFER_LOGGER_ID = 0x2A,
    BUFFER_STATE = 0x2C,
    BUFFER_OFFSET = 0x30, /* Of the end of valid bytes. */
    BUFFER_FLAG = 0x34,
    BUFFER_TYPE = 0x36,
    BUFFER_REFERENCE_TIME = 0x38, /* Or stale pointers. */
    BUFFER_HEADER_SIZE = 0x48,

    BUFFER_TYPE_GENERIC = 0,
    BUFFER_TYPE_HEADER = 4,
    BUFFER_TYPE_MAX = 7,
    BUFFER_STATE_FREE = 0,
    BUFFER_STATE_OPEN = 1,   /* "General logging". */
    BUFFER_STATE_SEALED = 3, /* "Flush". */
    BUFFER_STATE_MAX = 6,
};

/* Bits of BUFFER_FLAG. */
enum {
    BUFFER_FLAG_FLUSH_MARKER = 0x01, /* The last buffer of a flush. */
    BUFFER_FLAG_EVENTS_LOST = 0x02,
    BUFFER_FLAG_BUFFER_LOST = 0x04,
    BUFFER_FLAG_PROCESSOR_INDEX = 0x20,
    BUFFER_FLAG_COMPRESSED = 0x40,
    BUFFER_FLAG_KNOWN = 0x7F,
};

/* The markers of a record: flags in the high byte of its first dword, header type below. */
enum {
    RECORD_FLAG_EVENT = 0x80,
    RECORD_FLAG_TYPED = 0x40, /* The header type says what follows. */
    RECORD_FLAG_ULONG32 = 0x20,
    RECORD_FLAG_MESSAGE = 0x10,
    RECORD_TYPE = 2,
    RECORD_FLAGS = 3,
    RECORD_ALIGNMENT = 8,
};

/* Header types (TRACE_HEADER_TYPE_…). */
enum {
    HEADER_TYPE_SYSTEM32 = 1,
    HEADER_TYPE_SYSTEM64 = 2,
    HEADER_TYPE_COMPACT32 = 3,
    HEADER_TYPE_COMPACT64 = 4,
    HEADER_TYPE_FULL32 = 10,
    HEADER_TYPE_INSTANCE32 = 11,
    HEADER_TYPE_TIMED = 12,
    HEADER_TYPE_ERROR = 13,
    HEADER_TYPE_WNODE = 14,
    HEADER_TYPE_MESSAGE = 15,
    HEADER_TYPE_PERFINFO32 = 16,
    HEADER_TYPE_PERFINFO64 = 17,
    HEADER_TYPE_EVENT32 = 18,
    HEADER_TYPE_EVENT64 = 19,
    HEADER_TYPE_FULL64 = 20,
    HEADER_TYPE_INSTANCE64 = 21,
};

/* SYSTEM_TRACE_HEADER; COMPACT ends before the times; PERFINFO has its time stamp at 8. */
enum {
    SYSTEM_VERSION = 0x00,
    SYSTEM_SIZE = 0x04,
    SYSTEM_TYPE = 0x06,
    SYSTEM_GROUP = 0x07,
    SYSTEM_THREAD_ID = 0x08,
    SYSTEM_PROCESS_ID = 0x0C,
    SYSTEM_TIME = 0x10,
    SYSTEM_CPU_TIME = 0x18,
    SYSTEM_HEADER_SIZE = 0x20,
    COMPACT_HEADER_SIZE = 0x18,
    PERFINFO_TIME = 0x08,
    PERFINFO_HEADER_SIZE = 0x10,

    SYSTEM_VERSION_PEBS = 0x8000, /* One u64 follows the header. */
    SYSTEM_VERSION_PMC_SHIFT = 8, /* Then so many u64 counters … */
    SYSTEM_VERSION_PMC_MASK = 7,
};

/* EVENT_TRACE_HEADER ("full"), EVENT_INSTANCE_GUID_HEADER ("instance"). */
enum {
    FULL_OPCODE = 0x04,
    FULL_LEVEL = 0x05,
    FULL_VERSION = 0x06,
    FULL_THREAD_ID = 0x08,
    FULL_PROCESS_ID = 0x0C,
    FULL_TIME = 0x10,
    FULL_GUID = 0x18,
    FULL_CPU_TIME = 0x28,
    FULL_HEADER_SIZE = 0x30,
    INSTANCE_INFO = 0x30, /* u32 id, u32 parent id, parent GUID. */
    INSTANCE_INFO_SIZE = 0x18,
    INSTANCE_HEADER_SIZE = 0x48,
    INSTANCE_HEADER_SIZE_OLD = 0x38, /* Before layout version 1.1. */
};

/* EVENT_HEADER. */
enum {
    EVENT_FLAGS = 0x04,
    EVENT_PROPERTY = 0x06,
    EVENT_THREAD_ID = 0x08,
    EVENT_PROCESS_ID = 0x0C,
    EVENT_TIME = 0x10,
    EVENT_PROVIDER = 0x18,
    EVENT_ID = 0x28,
    EVENT_VERSION = 0x2A,
    EVENT_CHANNEL = 0x2B,
    EVENT_LEVEL = 0x2C,
    EVENT_OPCODE = 0x2D,
    EVENT_TASK = 0x2E,
    EVENT_KEYWORD = 0x30,
    EVENT_CPU_TIME = 0x38,
    EVENT_ACTIVITY_ID = 0x40,
    EVENT_HEADER_SIZE = 0x50,
};

/* One item of extended data behind an EVENT_HEADER. */
enum {
    EXTENDED_SIZE = 0x00,
    EXTENDED_TYPE = 0x02,
    EXTENDED_LINKAGE = 0x04, /* Bit 0: another item follows. */
    EXTENDED_DATA_SIZE = 0x06,
    EXTENDED_HEADER_SIZE = 0x08,
};

/* MESSAGE_TRACE_HEADER; fields that the options name follow in this order. */
enum {
    MESSAGE_NUMBER = 0x04,
    MESSAGE_OPTIONS = 0x06,
    MESSAGE_HEADER_SIZE = 0x08,

    MESSAGE_SEQUENCE = 0x01,    /* u32. */
    MESSAGE_GUID = 0x02,        /* 16 bytes, unless … */
    MESSAGE_COMPONENT = 0x04,   /* … u32 takes their place. */
    MESSAGE_TIMESTAMP = 0x08,   /* i64. */
    MESSAGE_SYSTEM_INFO = 0x20, /* u32 thread id, u32 process id. */
    MESSAGE_POINTER32 = 0x40,
    MESSAGE_POINTER64 = 0x80,
};

/* The header with a number and a time stamp. */
enum {
    ULONG32_VALUE = 0x04,
    ULONG32_TIME = 0x08,
    ULONG32_HEADER_SIZE = 0x08,
    ULONG32_TIME_HEADER_SIZE = 0x10,
};

/* TRACE_LOGFILE_HEADER, the payload of the first record, at 0x68 of the file. */
enum {
    LOGFILE_RECORD = BUFFER_HEADER_SIZE,
    LOGFILE = BUFFER_HEADER_SIZE + SYSTEM_HEADER_SIZE,
    LOGFILE_BUFFER_SIZE = 0x00,
    LOGFILE_END_TIME = 0x10,
    LOGFILE_BUFFERS_WRITTEN = 0x24,
    LOGFILE_EVENTS_LOST = 0x30,
    LOGFILE32_BUFFERS_LOST = 0x10C,
    LOGFILE64_BUFFERS_LOST = 0x114,
    LOGFILE_SIZE32 = 0x110,
    LOGFILE_SIZE64 = 0x118,
    TIME_ZONE_SIZE = 0xAC,
};

#endif
