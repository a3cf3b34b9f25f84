/*
 * Looking at the records of a buffer, for whom it is too early to make events of them.
 */
#include "etl/record_usual.h"

typedef struct looking {
    const uint8_t *at, *end;
    etwi_record_ref *out, *out_end;
} looking;

/* Looks at usual records of a kind that the compiler knows. */
static ETWI_INLINE looking look_at_run(looking l, etw_header_kind kind)
{
    for (uint32_t size; l.out < l.out_end && (size = etwi_usual_size(l.at, l.end, kind));) {
        etwi_record_prefetch(l.at, etwi_usual_lines(kind));
        const int64_t time = (int64_t)etwi_load_u64(l.at + ETWI_HEADERS[kind].time);
        const etwi_record_peek peek = {size, ETWI_HEADERS[kind].size, kind, true, time};
        *l.out++ = etwi_record_ref_of(l.at, time, &peek, 0);
        l.at += etwi_record_stride(size);
    }
    return l;
}

static ETWI_INLINE looking look_at_known(looking l)
{
    switch (l.end - l.at < 8 ? 0 : etwi_load_u16(l.at + RECORD_TYPE)) {
#define X(name)             \
    case ETWI_USUAL_##name: \
        return look_at_run(l, ETW_HEADER_##name);
        ETWI_USUAL_KINDS(X)
#undef X
    default:
        return l;
    }
}

size_t etwi_record_look(etwi_record_ref *refs, size_t room, etwi_record_walk *walk)
{
    looking l = {walk->data + walk->at, walk->data + walk->end, refs, refs + room};
    etwi_record_peek peek;
    walk->is_broken = false;
    while (l.out < l.out_end && l.at < l.end && !walk->is_broken) {
        const uint8_t *const before = l.at;
        l = look_at_known(l);
        if (l.at != before)
            continue;
        walk->is_broken = !etwi_record_peek_at(&peek, l.at, (size_t)(l.end - l.at));
        if (walk->is_broken)
            break;
        const int64_t time = l.out > refs ? l.out[-1].time : walk->time;
        *l.out++ = etwi_record_ref_of(l.at, peek.has_time ? peek.raw_time : time, &peek, 0);
        l.at += etwi_record_stride(peek.size);
    }
    walk->at = l.at < l.end ? (uint32_t)(l.at - walk->data) : walk->end;
    if (l.out > refs)
        walk->time = l.out[-1].time;
    return (size_t)(l.out - refs);
}
