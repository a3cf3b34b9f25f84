#include "big_trace.h"

#include "base/bytes.h"
#include "etl/buffer.h"
#include "etl/record.h"

#include <stdlib.h>

enum {
    HEADER_TIME_OFFSET = 0x10, /* In all header kinds but PERFINFO. */
};

static void store_u64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Calls on each record of the buffers from `begin` to `end`; records have `shift` added to their
 * times, and `*first` and `*last` receive the span that was found. */
static void shift_times(uint8_t *begin, const uint8_t *end, int64_t shift, int64_t *first,
                        int64_t *last)
{
    etwi_record_peek peek;
    const etwi_buffer_rules rules = {1u << 24, 0};
    etwi_buffer_header header;
    for (uint8_t *buffer = begin; buffer < end; buffer += header.size) {
        if (!etwi_buffer_header_parse(&header, buffer, &rules))
            return;
        for (uint32_t at = BUFFER_HEADER_SIZE;
             at < header.data_end && etwi_record_peek_at(&peek, buffer + at, header.data_end - at);
             at += etwi_record_stride(peek.size)) {
            const bool short_header =
                peek.kind == ETW_HEADER_PERFINFO32 || peek.kind == ETW_HEADER_PERFINFO64;
            if (!peek.has_time || peek.kind == ETW_HEADER_MESSAGE)
                continue;
            *first = peek.raw_time < *first ? peek.raw_time : *first;
            *last = peek.raw_time > *last ? peek.raw_time : *last;
            store_u64(buffer + at + (short_header ? PERFINFO_TIME : HEADER_TIME_OFFSET),
                      (uint64_t)(peek.raw_time + shift));
        }
    }
}

etw_bytes big_trace_make(etw_bytes small, size_t size)
{
    const etw_bytes none = {NULL, 0};
    const etwi_buffer_rules rules = {1u << 24, 0};
    etwi_buffer_header header;
    if (small.size < BUFFER_HEADER_SIZE || !etwi_buffer_header_parse(&header, small.data, &rules) ||
        header.size >= small.size)
        return none;
    const size_t body = small.size - header.size;
    const size_t times = size / body + 1;
    uint8_t *data = malloc(header.size + times * body);
    if (!data)
        return none;
    memcpy(data, small.data, header.size);
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < times; i++) {
        uint8_t *copy = data + header.size + i * body;
        memcpy(copy, small.data + header.size, body);
        int64_t ignored_first = first, ignored_last = last;
        const int64_t shift = i ? (int64_t)i * (last - first + 1) : 0;
        shift_times(copy, copy + body, shift, i ? &ignored_first : &first,
                    i ? &ignored_last : &last);
    }
    const etw_bytes big = {data, header.size + times * body};
    return big;
}
