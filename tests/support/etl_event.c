#include "etl_event.h"

#include "base/bytes.h"

enum {
    /* Byte 3 of every event: a header, and of which family. */
    FAMILY_EVENT_TRACE = 0xC0,
    FAMILY_MESSAGE = 0x90,
    FAMILY_ULONG32 = 0xB0,

    /* Byte 2: the kind, for 32 and for 64 bits. */
    TYPE_SYSTEM32 = 1,
    TYPE_SYSTEM64 = 2,
    TYPE_COMPACT32 = 3,
    TYPE_COMPACT64 = 4,
    TYPE_FULL32 = 10,
    TYPE_INSTANCE32 = 11,
    TYPE_TIMED = 12,
    TYPE_ERROR = 13,
    TYPE_WNODE = 14,
    TYPE_MESSAGE = 15,
    TYPE_PERFINFO32 = 16,
    TYPE_PERFINFO64 = 17,
    TYPE_EVENT32 = 18,
    TYPE_EVENT64 = 19,
    TYPE_FULL64 = 20,
    TYPE_INSTANCE64 = 21,

    /* Where the size is, in headers that start with a version and in those that start with it. */
    SIZE_BEHIND_VERSION = 4,
    SIZE_FIRST = 0,

    VERSION_HAS_PEBS_INDEX = 0x8000,
    VERSION_COUNTER_SHIFT = 8,
    COUNTER_MAX = 7,
};

/* The number of the kind that fits the width of the event. */
static uint8_t type_of(const etlb_trace *trace, const etlb_event *event, uint8_t type32,
                       uint8_t type64)
{
    const unsigned size =
        event->pointer_size ? event->pointer_size : etlb_options_of(trace)->pointer_size;
    return size == 8 ? type64 : type32;
}

/* Adds the payload, fills in the size and appends the event to its buffer. */
static void finish(etlb_trace *trace, const etlb_event *event, etlb_writer *record,
                   size_t size_offset, etw_bytes payload)
{
    etlb_append(record, payload);
    if (record->size > UINT16_MAX)
        etlb_fail("an event of %zu bytes", record->size);
    etlb_patch_u16(record, size_offset, (uint16_t)record->size);
    etlb_append_record(trace, event->cpu, event->timestamp, etlb_written(record));
    etlb_writer_free(record);
}

/* The eight bytes that SYSTEM, COMPACT and PERFINFO headers start with. */
static void put_kernel_start(etlb_writer *out, const etlb_event *event, uint8_t type,
                             uint16_t version)
{
    etlb_u16(out, version);
    etlb_u8(out, type);
    etlb_u8(out, FAMILY_EVENT_TRACE);
    etlb_u16(out, 0); /* Size */
    etlb_u8(out, event->type);
    etlb_u8(out, event->group);
}

/* SYSTEM_TRACE_HEADER: 0x20 bytes. */
void etlb_event_system(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    etlb_writer out = {0};
    put_kernel_start(&out, event, type_of(trace, event, TYPE_SYSTEM32, TYPE_SYSTEM64),
                     event->version);
    etlb_u32(&out, event->thread_id);
    etlb_u32(&out, event->process_id);
    etlb_u64(&out, (uint64_t)event->timestamp);
    etlb_u32(&out, event->kernel_time);
    etlb_u32(&out, event->user_time);
    finish(trace, event, &out, SIZE_BEHIND_VERSION, payload);
}

/* The same without processor times: 0x18 bytes. */
void etlb_event_compact(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    etlb_writer out = {0};
    put_kernel_start(&out, event, type_of(trace, event, TYPE_COMPACT32, TYPE_COMPACT64),
                     event->version);
    etlb_u32(&out, event->thread_id);
    etlb_u32(&out, event->process_id);
    etlb_u64(&out, (uint64_t)event->timestamp);
    finish(trace, event, &out, SIZE_BEHIND_VERSION, payload);
}

/*
 * PERFINFO_TRACE_HEADER: 0x10 bytes, without thread and process. The high byte of the version says
 * what stands between it and the payload.
 */
void etlb_event_perfinfo(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    if (event->counter_count > COUNTER_MAX)
        etlb_fail("%u counters", event->counter_count);
    const unsigned version = event->version |
                             (event->has_pebs_index ? (unsigned)VERSION_HAS_PEBS_INDEX : 0) |
                             event->counter_count << VERSION_COUNTER_SHIFT;
    etlb_writer out = {0};
    put_kernel_start(&out, event, type_of(trace, event, TYPE_PERFINFO32, TYPE_PERFINFO64),
                     (uint16_t)version);
    etlb_u64(&out, (uint64_t)event->timestamp);
    if (event->has_pebs_index)
        etlb_u64(&out, event->pebs_index);
    for (unsigned i = 0; i < event->counter_count; i++)
        etlb_u64(&out, event->counters[i]);
    finish(trace, event, &out, SIZE_BEHIND_VERSION, payload);
}

/* EVENT_TRACE_HEADER: 0x30 bytes. INSTANCE headers start with it. */
static void put_full(etlb_writer *out, const etlb_event *event, uint8_t type)
{
    etlb_u16(out, 0); /* Size */
    etlb_u8(out, type);
    etlb_u8(out, FAMILY_EVENT_TRACE);
    etlb_u8(out, event->opcode); /* Class.Type */
    etlb_u8(out, event->level);
    etlb_u16(out, event->version);
    etlb_u32(out, event->thread_id);
    etlb_u32(out, event->process_id);
    etlb_u64(out, (uint64_t)event->timestamp);
    etlb_guid(out, &event->provider);
    etlb_u32(out, event->kernel_time);
    etlb_u32(out, event->user_time);
}

void etlb_event_full(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    etlb_writer out = {0};
    put_full(&out, event, type_of(trace, event, TYPE_FULL32, TYPE_FULL64));
    finish(trace, event, &out, SIZE_FIRST, payload);
}

void etlb_event_guid_only(etlb_trace *trace, const etlb_event *event)
{
    const etw_bytes nothing = {NULL, 0};
    etlb_event_full(trace, event, nothing);
}

/* EVENT_INSTANCE_GUID_HEADER: 0x48 bytes. */
void etlb_event_instance(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    etlb_writer out = {0};
    put_full(&out, event, type_of(trace, event, TYPE_INSTANCE32, TYPE_INSTANCE64));
    etlb_u32(&out, event->instance_id);
    etlb_u32(&out, event->parent_instance_id);
    etlb_guid(&out, &event->parent_guid);
    finish(trace, event, &out, SIZE_FIRST, payload);
}

/* One extended item: 8 bytes, the data, and padding to a multiple of 8. */
static void put_item(etlb_writer *out, const etlb_item *item, bool is_last)
{
    const size_t size = (8 + item->data.size + 7) / 8 * 8;
    if (size > UINT16_MAX)
        etlb_fail("an extended item of %zu bytes", item->data.size);
    etlb_u16(out, (uint16_t)size);
    etlb_u16(out, item->type);
    etlb_u16(out, is_last ? 0 : 1); /* Linkage: another item follows. */
    etlb_u16(out, (uint16_t)item->data.size);
    etlb_append(out, item->data);
    etlb_fill(out, ETLB_PADDING, size - 8 - item->data.size);
}

/* EVENT_HEADER: 0x50 bytes, then the extended items. */
void etlb_event_event(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    const unsigned flags =
        event->flags | (event->item_count ? (unsigned)ETW_EVENT_EXTENDED_INFO : 0);
    etlb_writer out = {0};
    etlb_u16(&out, 0); /* Size */
    etlb_u8(&out, type_of(trace, event, TYPE_EVENT32, TYPE_EVENT64));
    etlb_u8(&out, FAMILY_EVENT_TRACE);
    etlb_u16(&out, (uint16_t)flags);
    etlb_u16(&out, event->property); /* EventProperty */
    etlb_u32(&out, event->thread_id);
    etlb_u32(&out, event->process_id);
    etlb_u64(&out, (uint64_t)event->timestamp);
    etlb_guid(&out, &event->provider);
    etlb_u16(&out, event->id); /* EVENT_DESCRIPTOR from here … */
    etlb_u8(&out, (uint8_t)event->version);
    etlb_u8(&out, event->channel);
    etlb_u8(&out, event->level);
    etlb_u8(&out, event->opcode);
    etlb_u16(&out, event->task);
    etlb_u64(&out, event->keyword);     /* … to here. */
    etlb_u32(&out, event->kernel_time); /* With PRIVATE_SESSION both are one number. */
    etlb_u32(&out, event->user_time);
    etlb_guid(&out, &event->activity_id);
    for (size_t i = 0; i < event->item_count; i++)
        put_item(&out, &event->items[i], i + 1 == event->item_count);
    finish(trace, event, &out, SIZE_FIRST, payload);
}

/* MESSAGE_TRACE_HEADER: 8 bytes, then in this order what the options say. */
void etlb_event_message(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    etlb_writer out = {0};
    etlb_u16(&out, 0); /* Size */
    etlb_u8(&out, TYPE_MESSAGE);
    etlb_u8(&out, FAMILY_MESSAGE);
    etlb_u16(&out, event->message_number);
    etlb_u16(&out, event->options);
    if (event->options & ETLB_MESSAGE_SEQUENCE)
        etlb_u32(&out, event->sequence_number);
    if (event->options & ETLB_MESSAGE_COMPONENT_ID)
        etlb_u32(&out, event->component_id);
    else if (event->options & ETLB_MESSAGE_GUID)
        etlb_guid(&out, &event->provider);
    if (event->options & ETLB_MESSAGE_TIMESTAMP)
        etlb_u64(&out, (uint64_t)event->timestamp);
    if (event->options & ETLB_MESSAGE_SYSTEM_INFO) {
        etlb_u32(&out, event->thread_id);
        etlb_u32(&out, event->process_id);
    }
    finish(trace, event, &out, SIZE_FIRST, payload);
}

void etlb_event_ulong32(etlb_trace *trace, const etlb_event *event, etw_bytes payload)
{
    etlb_writer out = {0};
    etlb_u16(&out, 0); /* Size */
    etlb_u8(&out, 0);
    etlb_u8(&out, FAMILY_ULONG32);
    etlb_u32(&out, event->marker);
    etlb_u64(&out, (uint64_t)event->timestamp);
    finish(trace, event, &out, SIZE_FIRST, payload);
}

void etlb_event_opaque(etlb_trace *trace, const etlb_event *event, etw_header_kind kind,
                       etw_bytes payload)
{
    const uint8_t type = kind == ETW_HEADER_TIMED   ? TYPE_TIMED
                         : kind == ETW_HEADER_ERROR ? TYPE_ERROR
                                                    : TYPE_WNODE;
    etlb_writer out = {0};
    etlb_u16(&out, 0); /* Size */
    etlb_u8(&out, type);
    etlb_u8(&out, FAMILY_EVENT_TRACE);
    finish(trace, event, &out, SIZE_FIRST, payload);
}
