/* Record headers and their extended data. Two bytes say what the trace is like. */
#include "etl/record.h"
#include "record_ways.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good)
        abort();
}

static void walk_extended(const etw_event *event)
{
    etw_extended item;
    uint32_t position = 0;
    uint64_t sum = 0;
    size_t count = 0;
    while (etw_event_next_extended(event, &position, &item)) {
        require(item.data.data >= event->record);
        require(item.data.data + item.data.size <= event->payload);
        for (size_t i = 0; i < item.data.size; i++)
            sum += item.data.data[i];
        require(++count <= event->record_size / 8u);
    }
    etw_bytes found;
    if (etw_event_find_extended(event, ETW_EXTENDED_EVENT_SCHEMA_TL, &found))
        require(count > 0);
    for (size_t i = 0; i < event->payload_size; i++)
        sum += event->payload[i];
    require(sum < UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const etw_trace_info trace = {
        .clock = {ETW_CLOCK_QPC, 3117777, 5, 134120880000000000},
        .layout_major = 1,
        .layout_minor = data[0] & 7,
        .pointer_size = data[1] & 1 ? 4 : 8,
    };
    data += 2;
    size -= 2;
    const etwi_tick_scale scale = etwi_tick_scale_of(&trace.clock);
    const etwi_record_context context = {.trace = &trace, .scale = &scale, .processor = 1};
    for (size_t at = 0; at < size;) {
        etwi_record_peek peek;
        if (!etwi_record_peek_at(&peek, data + at, size - at))
            break;
        etw_event event;
        etwi_record_parse(&event, data + at, &peek, 77, &context);
        require(peek.size >= 4 && peek.size <= size - at);
        require(peek.kind > ETW_HEADER_UNKNOWN && peek.kind < ETW_HEADER_KIND_COUNT);
        require(event.record == data + at && event.record_size == peek.size);
        require(event.payload >= event.record);
        require(event.payload + event.payload_size == event.record + event.record_size);
        require(event.pointer_size == 4 || event.pointer_size == 8);
        walk_extended(&event);
        at += etwi_record_stride(peek.size);
    }
    const etw_bytes records = {data, size};
    require(size > UINT32_MAX || record_ways_agree(records, 77, &context));
    return 0;
}
