#include "big_trace.h"

#include "base/bytes.h"
#include "etl/buffer.h"
#include "etl/record.h"

#include <stdlib.h>

enum {
    RECORD_TIME_OFFSET = 0x10, /* In all header kinds but PERFINFO. */
    BUFFER_TIME_OFFSET = 0x10,
    BUFFER_SEQUENCE_OFFSET = 0x18,
};

static const etwi_buffer_rules rules = {1u << 24, 0};

static void store_u64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void add_u64(uint8_t *at, uint64_t value)
{
    store_u64(at, etwi_load_u64(at) + value);
}

/* Moves on to the next record of a buffer that has a time; false at the end. `*at` is where it
 * starts, and `*next` where to go on. */
static bool next_record(const uint8_t *buffer, const etwi_buffer_header *header, uint32_t *at,
                        uint32_t *next, etwi_record_peek *peek)
{
    while (*next < header->data_end &&
           etwi_record_peek_at(peek, buffer + *next, header->data_end - *next)) {
        *at = *next;
        *next += etwi_record_stride(peek->size);
        if (peek->has_time && peek->kind != ETW_HEADER_MESSAGE)
            return true;
    }
    return false;
}

void big_trace_shift(uint8_t *buffers, size_t size, int64_t shift, uint64_t sequence_shift)
{
    etwi_buffer_header header;
    etwi_record_peek peek;
    for (uint8_t *buffer = buffers; buffer < buffers + size; buffer += header.size) {
        if (!etwi_buffer_header_parse(&header, buffer, &rules))
            return;
        add_u64(buffer + BUFFER_TIME_OFFSET, (uint64_t)shift);
        add_u64(buffer + BUFFER_SEQUENCE_OFFSET, sequence_shift);
        for (uint32_t at, next = BUFFER_HEADER_SIZE;
             next_record(buffer, &header, &at, &next, &peek);) {
            const bool is_short =
                peek.kind == ETW_HEADER_PERFINFO32 || peek.kind == ETW_HEADER_PERFINFO64;
            add_u64(buffer + at + (is_short ? PERFINFO_TIME : RECORD_TIME_OFFSET), (uint64_t)shift);
        }
    }
}

/* How much later a repetition has to be: the span of the times of all records. */
static int64_t time_span(const uint8_t *buffers, size_t size)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    etwi_buffer_header header;
    etwi_record_peek peek;
    for (const uint8_t *buffer = buffers; buffer < buffers + size; buffer += header.size) {
        if (!etwi_buffer_header_parse(&header, buffer, &rules))
            break;
        for (uint32_t at, next = BUFFER_HEADER_SIZE;
             next_record(buffer, &header, &at, &next, &peek);) {
            first = peek.raw_time < first ? peek.raw_time : first;
            last = peek.raw_time > last ? peek.raw_time : last;
        }
    }
    return last < first ? 0 : last - first + 1;
}

etw_bytes big_trace_make(etw_bytes small, size_t size)
{
    const etw_bytes none = {NULL, 0};
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
    const int64_t span = time_span(small.data + header.size, body);
    for (size_t i = 0; i < times; i++) {
        uint8_t *copy = data + header.size + i * body;
        memcpy(copy, small.data + header.size, body);
        big_trace_shift(copy, body, (int64_t)i * span, 0);
    }
    const etw_bytes big = {data, header.size + times * body};
    return big;
}
