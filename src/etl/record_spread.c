/*
 * Making events of records that were marked, each at its place among those of other buffers. The
 * records of a buffer are made one after the other, because they come in runs of a kind, which
 * those of several buffers in the order of time do not.
 */
#include "etl/record_parse.h"

typedef struct spreading {
    const uint8_t *at, *end;
    const uint8_t *place, *place_end;
    etw_bytes soon;
} spreading;

/* What comes soon is asked for bit by bit: memory answers while events are made. */
static ETWI_INLINE etw_bytes ask_for_some(etw_bytes soon)
{
    enum {
        STEP = ETWI_SOON_LINES * ETWI_CACHE_LINE,
    };
    if (soon.size < STEP)
        return soon;
    for (int line = 0; line < ETWI_SOON_LINES; line++)
        ETWI_PREFETCH_FAR(soon.data + line * ETWI_CACHE_LINE);
    return (etw_bytes){soon.data + STEP, soon.size - STEP};
}

/* Goes through usual records of a kind that the compiler knows. */
static ETWI_INLINE spreading spread_run(spreading s, etw_event *events,
                                        const etwi_record_frame *frame, etw_header_kind kind)
{
    for (uint32_t size; s.place < s.place_end && (size = etwi_usual_size(s.at, s.end, kind));) {
        etwi_record_prefetch(s.at, etwi_usual_lines(kind));
        const int64_t time = (int64_t)etwi_load_u64(s.at + ETWI_HEADERS[kind].time);
        const etwi_record_peek peek = {size, ETWI_HEADERS[kind].size, kind, true, time};
        etwi_parse_record(&events[*s.place++], s.at, &peek, frame);
        s.at += etwi_record_stride(size);
        s.soon = ask_for_some(s.soon);
    }
    return s;
}

static ETWI_INLINE spreading spread_known(spreading s, etw_event *events,
                                          const etwi_record_frame *frame)
{
    switch (s.end - s.at < 8 ? 0 : etwi_load_u16(s.at + RECORD_TYPE)) {
#define X(name)             \
    case ETWI_USUAL_##name: \
        return spread_run(s, events, frame, ETW_HEADER_##name);
        ETWI_USUAL_KINDS(X)
#undef X
    default:
        return s;
    }
}

/* A record of any kind. It is there unless somebody has changed the trace since it was marked. */
static ETWI_NOINLINE void spread_rare(etw_event *out, const etwi_record_mark *mark,
                                      const uint8_t *end, const etwi_record_context *context)
{
    etwi_record_peek peek;
    if (etwi_record_peek_at(&peek, mark->at, (size_t)(end - mark->at))) {
        etwi_record_parse(out, mark->at, &peek, mark->time, context);
        return;
    }
    *out = (etw_event){.is_damaged = 1,
                       .raw_timestamp = mark->time,
                       .timestamp = etwi_tick_scale_filetime(context->scale, mark->time),
                       .payload = mark->at,
                       .record = mark->at,
                       .trace = context->trace};
}

static void spread_sequence(etw_event *events, const uint8_t *places,
                            const etwi_record_piece *piece, const etwi_record_context *context,
                            etw_bytes *soon)
{
    const etwi_tick_scale scale = *context->scale;
    const etwi_record_frame frame = etwi_record_frame_of(context, &scale);
    spreading s = {piece->marks->at, piece->end, places, places + piece->count, *soon};
    while (s.place < s.place_end) {
        const uint8_t *const before = s.at;
        s = spread_known(s, events, &frame);
        if (s.at != before)
            continue;
        const etwi_record_mark *mark = &piece->marks[s.place - places];
        spread_rare(&events[*s.place++], mark, piece->end, context);
        s.at = s.place < s.place_end ? mark[1].at : s.end;
    }
    *soon = s.soon;
}

void etwi_record_spread(etw_event *events, const uint8_t *places, const etwi_record_piece *piece,
                        const etwi_record_context *context, etw_bytes *soon)
{
    if (piece->in_sequence) {
        spread_sequence(events, places, piece, context, soon);
        return;
    }
    for (uint32_t i = 0; i < piece->count; i++) {
        const etwi_record_piece one = {piece->marks + i, 1, true, piece->end};
        spread_sequence(events, places + i, &one, context, soon);
    }
}
