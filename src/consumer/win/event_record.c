/*
 * An EVENT_RECORD is an EVENT_HEADER with its extended data and payload elsewhere; a record of
 * header type EVENT has them behind the header. Classic events and messages of WPP were written
 * with other headers, but Windows hands them on with an EVENT_HEADER whose flags say what they are.
 */
#include "consumer/win/event_record.h"

#include "base/bytes.h"
#include "etl/layout.h"

#include <etw/event.h>

#include <stddef.h>
#include <string.h>

_Static_assert(ETWI_IS_LITTLE_ENDIAN, "headers are copied as they are");
_Static_assert(sizeof(etwi_abi_event_header) == EVENT_HEADER_SIZE &&
                   offsetof(etwi_abi_event_header, activity_id) == EVENT_ACTIVITY_ID,
               "a record begins with the header of the event");

static uint32_t item_size(uint32_t data_size)
{
    return EXTENDED_HEADER_SIZE +
           ((data_size + RECORD_ALIGNMENT - 1) & ~(uint32_t)(RECORD_ALIGNMENT - 1));
}

static uint32_t padded(uint32_t size)
{
    return (size + RECORD_ALIGNMENT - 1) & ~(uint32_t)(RECORD_ALIGNMENT - 1);
}

uint32_t etwi_event_record_size(const etwi_abi_record *event)
{
    uint32_t size = EVENT_HEADER_SIZE + event->user_data_length;
    for (uint32_t i = 0; i < event->extended_data_count; i++) {
        size += item_size(event->extended_data[i].data_size);
        if (size > UINT16_MAX)
            return 0;
    }
    return size > UINT16_MAX ? 0 : size;
}

static void store_u16(uint8_t *at, uint32_t value)
{
    const uint16_t stored = (uint16_t)value;
    memcpy(at, &stored, sizeof stored);
}

static uint8_t *write_item(uint8_t *at, const etwi_abi_extended_item *item, bool is_last)
{
    const uint32_t size = item_size(item->data_size);
    if (size > EXTENDED_HEADER_SIZE)
        memset(at + size - RECORD_ALIGNMENT, 0, RECORD_ALIGNMENT);
    store_u16(at + EXTENDED_SIZE, size);
    store_u16(at + EXTENDED_TYPE, item->ext_type);
    store_u16(at + EXTENDED_LINKAGE, !is_last);
    store_u16(at + EXTENDED_DATA_SIZE, item->data_size);
    if (item->data_size)
        memcpy(at + EXTENDED_HEADER_SIZE, (const void *)(uintptr_t)item->data_ptr, item->data_size);
    return at + size;
}

void etwi_event_record_write(uint8_t *out, const etwi_abi_record *event, uint32_t size)
{
    const uint32_t count = event->extended_data_count;
    uint32_t flags = event->event_header.flags & ~(uint32_t)ETW_EVENT_EXTENDED_INFO;
    const bool is_32 = flags & ETW_EVENT_32_BIT;
    // What the payload does not cover of the last eight bytes is the padding.
    memset(out + padded(size) - RECORD_ALIGNMENT, 0, RECORD_ALIGNMENT);
    memcpy(out, &event->event_header, EVENT_HEADER_SIZE);
    if (count)
        flags |= ETW_EVENT_EXTENDED_INFO;
    store_u16(out, size);
    out[RECORD_TYPE] = is_32 ? HEADER_TYPE_EVENT32 : HEADER_TYPE_EVENT64;
    out[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    store_u16(out + EVENT_FLAGS, flags);
    uint8_t *at = out + EVENT_HEADER_SIZE;
    for (uint32_t i = 0; i < count; i++)
        at = write_item(at, &event->extended_data[i], i + 1 == count);
    if (event->user_data_length)
        memcpy(at, event->user_data, event->user_data_length);
}

uint16_t etwi_event_record_processor(const etwi_abi_record *event)
{
    const uint16_t index = event->buffer_context.processor_index;
    // Before there were many processors this was a byte, and behind it one that means nothing.
    return event->event_header.flags & ETW_EVENT_PROCESSOR_INDEX ? index : index & 0xFF;
}
