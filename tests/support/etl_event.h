/*
 * The headers that events of a trace can have. Each function writes one kind, in the width that the
 * event asks for, and appends the event to the open buffer of its processor.
 *
 * One structure serves all kinds: members that a kind does not have are ignored.
 */
#ifndef ETL_EVENT_H
#define ETL_EVENT_H

#include "etl_builder.h"

#include <etw/event.h>

/* An extended item of an EVENT_HEADER: EVENT_HEADER_EXT_TYPE_… in evntcons.h and its data. */
typedef struct etlb_item {
    uint16_t type;
    etw_bytes data;
} etlb_item;

typedef struct etlb_event {
    /* All kinds */
    unsigned cpu;
    unsigned pointer_size; /* Of the writer; 0: that of the trace. */
    int64_t timestamp;     /* Raw, in the clock of the trace. */
    uint32_t process_id;
    uint32_t thread_id;
    uint32_t kernel_time;
    uint32_t user_time;
    uint16_t version;

    /* SYSTEM, COMPACT, PERFINFO: the kernel logger. Group and type make the hook id. */
    uint8_t group;
    uint8_t type;
    /* PERFINFO: 8-byte words between header and payload. */
    bool has_pebs_index;
    uint64_t pebs_index;
    const uint64_t *counters; /* At most 7. */
    unsigned counter_count;

    /* FULL, INSTANCE: classic providers. EVENT: all others. */
    etw_guid provider; /* Or class. MESSAGE: the message GUID. */
    uint8_t opcode;
    uint8_t level;
    /* INSTANCE */
    uint32_t instance_id;
    uint32_t parent_instance_id;
    etw_guid parent_guid;
    /* EVENT */
    uint16_t flags; /* EXTENDED_INFO is set by itself. */
    uint16_t property;
    uint16_t id;
    uint16_t task;
    uint8_t channel;
    uint64_t keyword;
    etw_guid activity_id;
    const etlb_item *items;
    size_t item_count;

    /* MESSAGE: WPP. The options (TRACE_MESSAGE_… in evntrace.h) say what else is written. */
    uint16_t message_number;
    uint16_t options;
    uint32_t sequence_number;
    uint32_t component_id;

    /* ULONG32 */
    uint32_t marker;
} etlb_event;

/* TRACE_MESSAGE_… */
enum {
    ETLB_MESSAGE_SEQUENCE = 0x01,
    ETLB_MESSAGE_GUID = 0x02,
    ETLB_MESSAGE_COMPONENT_ID = 0x04, /* Takes the place of the GUID. */
    ETLB_MESSAGE_TIMESTAMP = 0x08,
    ETLB_MESSAGE_PERFORMANCE_TIMESTAMP = 0x10,
    ETLB_MESSAGE_SYSTEM_INFO = 0x20, /* Thread and process. */
    ETLB_MESSAGE_POINTER32 = 0x40,
    ETLB_MESSAGE_POINTER64 = 0x80,
};

void etlb_event_system(etlb_trace *trace, const etlb_event *event, etw_bytes payload);
void etlb_event_compact(etlb_trace *trace, const etlb_event *event, etw_bytes payload);
void etlb_event_perfinfo(etlb_trace *trace, const etlb_event *event, etw_bytes payload);
void etlb_event_full(etlb_trace *trace, const etlb_event *event, etw_bytes payload);
void etlb_event_instance(etlb_trace *trace, const etlb_event *event, etw_bytes payload);
void etlb_event_event(etlb_trace *trace, const etlb_event *event, etw_bytes payload);
void etlb_event_message(etlb_trace *trace, const etlb_event *event, etw_bytes payload);

/* A FULL header and nothing else: an event that says no more than that it happened. */
void etlb_event_guid_only(etlb_trace *trace, const etlb_event *event);

/* The size, a number and the time: the header that starts with 0xB0. */
void etlb_event_ulong32(etlb_trace *trace, const etlb_event *event, etw_bytes payload);

/* Kinds of which no more is known than their number and where their size is; kind is
 * ETW_HEADER_TIMED, ETW_HEADER_ERROR or ETW_HEADER_WNODE. */
void etlb_event_opaque(etlb_trace *trace, const etlb_event *event, etw_header_kind kind,
                       etw_bytes payload);

#endif
