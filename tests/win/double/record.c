/* Events of the library as EVENT_RECORDs, and back. */
#include "double.h"

#include "etl/layout.h"

#include <stdlib.h>

void double_record_fill(double_record *out, const etw_event *event, bool is_raw)
{
    etwi_abi_record *record = &out->record;
    etwi_abi_event_header *header = &record->event_header;
    header->size = event->record_size;
    header->header_type = 0;
    header->flags = event->flags;
    header->event_property = event->property;
    header->thread_id = event->thread_id;
    header->process_id = event->process_id;
    header->time_stamp = is_raw ? event->raw_timestamp : (int64_t)event->timestamp;
    header->provider_id = event->provider;
    header->event_descriptor.id = event->id;
    header->event_descriptor.version = event->version;
    header->event_descriptor.channel = event->channel;
    header->event_descriptor.level = event->level;
    header->event_descriptor.opcode = event->opcode;
    header->event_descriptor.task = event->task;
    header->event_descriptor.keyword = event->keyword;
    header->processor_time = event->cpu_time;
    header->activity_id = event->activity_id;
    record->buffer_context.processor_index = event->processor;
    record->buffer_context.logger_id = event->logger_id;
    record->user_data_length = event->payload_size;
    record->user_data = (void *)(uintptr_t)event->payload;
    record->extended_data = out->items;
    record->extended_data_count = 0;
    uint32_t position = 0;
    etw_extended extended;
    while (record->extended_data_count < DOUBLE_ITEMS_MAX &&
           etw_event_next_extended(event, &position, &extended)) {
        etwi_abi_extended_item *item = &out->items[record->extended_data_count++];
        item->reserved1 = 0;
        item->ext_type = extended.type;
        item->linkage = 0;
        item->data_size = (uint16_t)extended.data.size;
        item->data_ptr = (uintptr_t)extended.data.data;
    }
}

/* ---- the way back ---------------------------------------------------------------------------- */

static size_t item_size(const etwi_abi_extended_item *item)
{
    return (EXTENDED_HEADER_SIZE + (size_t)item->data_size + 7) & ~(size_t)7;
}

static void put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static uint8_t *put_items(uint8_t *at, const etwi_abi_record *record)
{
    for (unsigned i = 0; i < record->extended_data_count; i++) {
        const etwi_abi_extended_item *item = &record->extended_data[i];
        put_u16(at + EXTENDED_SIZE, item_size(item));
        put_u16(at + EXTENDED_TYPE, item->ext_type);
        put_u16(at + EXTENDED_LINKAGE, i + 1u < record->extended_data_count);
        put_u16(at + EXTENDED_DATA_SIZE, item->data_size);
        memcpy(at + EXTENDED_HEADER_SIZE, (const void *)(uintptr_t)item->data_ptr, item->data_size);
        at += item_size(item);
    }
    return at;
}

static void fill_event(etw_event *event, const etwi_abi_record *record)
{
    static const etw_trace_info no_trace;
    const etwi_abi_event_header *header = &record->event_header;
    const bool is_32 = header->flags & ETW_EVENT_32_BIT;
    event->header_kind = is_32 ? ETW_HEADER_EVENT32 : ETW_HEADER_EVENT64;
    event->pointer_size = is_32 ? 4 : 8;
    event->flags = header->flags;
    event->property = header->event_property;
    event->thread_id = header->thread_id;
    event->process_id = header->process_id;
    event->raw_timestamp = header->time_stamp;
    event->provider = header->provider_id;
    event->id = header->event_descriptor.id;
    event->version = header->event_descriptor.version;
    event->channel = header->event_descriptor.channel;
    event->level = header->event_descriptor.level;
    event->opcode = header->event_descriptor.opcode;
    event->task = header->event_descriptor.task;
    event->keyword = header->event_descriptor.keyword;
    event->activity_id = header->activity_id;
    event->trace = &no_trace;
}

etw_event *double_event_of(const etwi_abi_record *record)
{
    size_t size = EVENT_HEADER_SIZE + (size_t)record->user_data_length;
    for (unsigned i = 0; i < record->extended_data_count; i++)
        size += item_size(&record->extended_data[i]);
    etw_event *event = calloc(1, sizeof *event + size);
    if (!event)
        return NULL;
    uint8_t *bytes = (uint8_t *)(event + 1);
    uint8_t *payload = put_items(bytes + EVENT_HEADER_SIZE, record);
    if (record->user_data_length)
        memcpy(payload, record->user_data, record->user_data_length);
    fill_event(event, record);
    event->record = bytes;
    event->record_size = (uint16_t)size;
    event->payload = payload;
    event->payload_size = record->user_data_length;
    return event;
}
