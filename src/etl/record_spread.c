/*
 * Making events of records that were marked, each at its place among those of other buffers. The
 * records of a buffer are made one after the other, because they come in runs of a kind, which
 * those of several buffers in the order of time do not.
 */
#include "etl/record_parse.h"

typedef struct spreading {
    const uint8_t *data;
    const etwi_record_mark *mark, *marks_end;
    const uint8_t *place;
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

/* Goes through usual records of a kind that the compiler knows. What they were when they were
 * marked counts, so whoever changes the caller's memory meanwhile changes values, but nobody reads
 * beyond. */
static ETWI_INLINE spreading spread_run(spreading s, etw_event *events,
                                        const etwi_record_frame *frame, etw_header_kind kind)
{
    do {
        const uint8_t *at = s.data + s.mark->at;
        const etwi_record_peek peek = {s.mark->size, ETWI_HEADERS[kind].size, kind, true,
                                       s.mark->time};
        etwi_record_prefetch(at, etwi_usual_lines(kind));
        etwi_parse_record(&events[*s.place++], at, &peek, frame);
        s.soon = ask_for_some(s.soon);
        s.mark++;
    } while (s.mark < s.marks_end && s.mark->kind == kind && s.mark->is_usual);
    return s;
}

/* A record of any kind. It is there unless somebody has changed it since it was marked. */
static ETWI_NOINLINE void spread_rare(etw_event *out, const uint8_t *at,
                                      const etwi_record_mark *mark,
                                      const etwi_record_context *context)
{
    etwi_record_peek peek;
    if (etwi_record_peek_at(&peek, at, mark->size)) {
        etwi_record_parse(out, at, &peek, mark->time, context);
        return;
    }
    *out = (etw_event){.is_damaged = 1,
                       .raw_timestamp = mark->time,
                       .timestamp = etwi_tick_scale_filetime(context->scale, mark->time),
                       .payload = at,
                       .record = at,
                       .trace = context->trace};
}

void etwi_record_spread(etw_event *events, const uint8_t *places, const etwi_record_piece *piece,
                        const etwi_record_context *context, etw_bytes *soon)
{
    const etwi_tick_scale scale = *context->scale;
    const etwi_record_frame frame = etwi_record_frame_of(context, &scale);
    spreading s = {piece->data, piece->marks, piece->marks + piece->count, places, *soon};
    while (s.mark < s.marks_end) {
        switch (s.mark->is_usual ? s.mark->kind : ETW_HEADER_UNKNOWN) {
#define X(name)                                               \
    case ETW_HEADER_##name:                                   \
        s = spread_run(s, events, &frame, ETW_HEADER_##name); \
        break;
            ETWI_USUAL_KINDS(X)
#undef X
        default:
            spread_rare(&events[*s.place++], s.data + s.mark->at, s.mark, context);
            s.mark++;
        }
    }
    *soon = s.soon;
}
