/*
 * Reading the records of a buffer into events.
 */
#include "etl/record_parse.h"

/* How far the records of a buffer have been read. */
typedef struct reading {
    const uint8_t *at, *end;
    etw_event *out, *out_end;
    uint64_t bytes;
    bool is_broken; /* There is no record at `at`. */
} reading;

/* Reads records as long as they are of a kind that the compiler knows, and have the usual header.
 * Kinds come in runs of eight and more as a rule, and what a run takes stays in registers. The
 * checks are those of etwi_usual_size(), written out: with it the compiler keeps more in memory,
 * and level 1 takes a tenth longer. */
static ETWI_INLINE reading read_run(reading r, const etwi_record_frame *frame,
                                    etw_trace_stats *stats, etw_header_kind kind)
{
    while (r.out < r.out_end && r.end - r.at >= 8) {
        const uint64_t start = etwi_load_u64(r.at);
        const uint32_t size = etwi_stated_size(start, kind);
        if (!etwi_is_usual(start, kind))
            break;
        if (size < ETWI_HEADERS[kind].size || size > (size_t)(r.end - r.at)) {
            r.is_broken = true;
            break;
        }
        etwi_record_prefetch(r.at, etwi_usual_lines(kind));
        const int64_t time = (int64_t)etwi_load_u64(r.at + ETWI_HEADERS[kind].time);
        const etwi_record_peek peek = {size, ETWI_HEADERS[kind].size, kind, true, time};
        etwi_parse_record(r.out++, r.at, &peek, frame);
        stats->header_kinds[kind]++;
        r.bytes += size;
        r.at += etwi_record_stride(size);
    }
    return r;
}

static ETWI_INLINE reading read_known(reading r, const etwi_record_frame *frame,
                                      etw_trace_stats *stats)
{
    switch (r.end - r.at < 8 ? 0 : etwi_load_u16(r.at + RECORD_TYPE)) {
#define X(name)             \
    case ETWI_USUAL_##name: \
        return read_run(r, frame, stats, ETW_HEADER_##name);
        ETWI_USUAL_KINDS(X)
#undef X
    default:
        return r;
    }
}

/* Reads a record of any kind, which may have no time: it then takes over that of the one before.
 * Returns its size, or 0 if there is none. */
static ETWI_NOINLINE uint32_t read_rare(etw_event *out, const uint8_t *at, size_t left,
                                        const etwi_record_context *context, int64_t time_before)
{
    etwi_record_peek peek;
    if (!etwi_record_peek_at(&peek, at, left))
        return 0;
    etwi_record_parse(out, at, &peek, time_before, context);
    context->stats->header_kinds[peek.kind]++;
    return peek.size;
}

size_t etwi_record_read(etw_event *events, size_t room, etwi_record_walk *walk,
                        const etwi_record_context *context)
{
    const etwi_tick_scale scale = *context->scale;
    const etwi_record_frame frame = etwi_record_frame_of(context, &scale);
    reading r = {walk->data + walk->at, walk->data + walk->end, events, events + room, 0, false};
    while (r.out < r.out_end && r.at < r.end && !r.is_broken) {
        const uint8_t *const before = r.at;
        r = read_known(r, &frame, context->stats);
        if (r.at != before || r.is_broken)
            continue;
        const int64_t time = r.out > events ? r.out[-1].raw_timestamp : walk->time;
        const uint32_t size = read_rare(r.out, r.at, (size_t)(r.end - r.at), context, time);
        r.is_broken = !size;
        r.out += !r.is_broken;
        r.bytes += size;
        r.at += etwi_record_stride(size);
    }
    context->stats->payload_bytes += r.bytes;
    walk->at = r.at < r.end ? (uint32_t)(r.at - walk->data) : walk->end;
    walk->is_broken = r.is_broken;
    if (r.out > events)
        walk->time = r.out[-1].raw_timestamp;
    return (size_t)(r.out - events);
}
