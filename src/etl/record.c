/*
 * Record headers. Their sizes are checked once, in etwi_record_peek_at(): what the other functions
 * read lies in the header that it saw.
 */
#include "etl/record.h"

#include "etl/record_parse.h"
#include "etl/record_peek.h"

static const uint8_t KIND_OF_TYPE[32] = {
    [HEADER_TYPE_SYSTEM32] = ETW_HEADER_SYSTEM32,
    [HEADER_TYPE_SYSTEM64] = ETW_HEADER_SYSTEM64,
    [HEADER_TYPE_COMPACT32] = ETW_HEADER_COMPACT32,
    [HEADER_TYPE_COMPACT64] = ETW_HEADER_COMPACT64,
    [HEADER_TYPE_FULL32] = ETW_HEADER_FULL32,
    [HEADER_TYPE_INSTANCE32] = ETW_HEADER_INSTANCE32,
    [HEADER_TYPE_TIMED] = ETW_HEADER_TIMED,
    [HEADER_TYPE_ERROR] = ETW_HEADER_ERROR,
    [HEADER_TYPE_WNODE] = ETW_HEADER_WNODE,
    [HEADER_TYPE_MESSAGE] = ETW_HEADER_MESSAGE,
    [HEADER_TYPE_PERFINFO32] = ETW_HEADER_PERFINFO32,
    [HEADER_TYPE_PERFINFO64] = ETW_HEADER_PERFINFO64,
    [HEADER_TYPE_EVENT32] = ETW_HEADER_EVENT32,
    [HEADER_TYPE_EVENT64] = ETW_HEADER_EVENT64,
    [HEADER_TYPE_FULL64] = ETW_HEADER_FULL64,
    [HEADER_TYPE_INSTANCE64] = ETW_HEADER_INSTANCE64,
};

const char *etw_header_kind_name(etw_header_kind kind)
{
    static const char *const NAMES[] = {
#define X(name) #name,
        ETW_HEADER_KIND_MAP(X)
#undef X
    };
    return (unsigned)kind < ETW_HEADER_KIND_COUNT ? NAMES[kind] : NAMES[ETW_HEADER_UNKNOWN];
}

static etw_header_kind kind_of(const uint8_t *at)
{
    const unsigned flags = at[RECORD_FLAGS];
    if (!(flags & RECORD_FLAG_EVENT))
        return ETW_HEADER_UNKNOWN;
    if (flags & RECORD_FLAG_TYPED)
        return at[RECORD_TYPE] < sizeof KIND_OF_TYPE
                   ? (etw_header_kind)KIND_OF_TYPE[at[RECORD_TYPE]]
                   : ETW_HEADER_UNKNOWN;
    if (flags & RECORD_FLAG_ULONG32)
        return ETW_HEADER_ULONG32;
    return flags & RECORD_FLAG_MESSAGE ? ETW_HEADER_MESSAGE : ETW_HEADER_UNKNOWN;
}

/* Kernel headers may be followed by a PEBS index and performance counters. */
static ETWI_INLINE uint32_t counters_size(unsigned version)
{
    const unsigned pmc = version >> SYSTEM_VERSION_PMC_SHIFT & SYSTEM_VERSION_PMC_MASK;
    return 8 * ((version & SYSTEM_VERSION_PEBS ? 1 : 0) + pmc);
}

bool etwi_record_peek_at(etwi_record_peek *out, const uint8_t *at, size_t left)
{
    if (left < 8)
        return false;
    const etw_header_kind kind = kind_of(at);
    if (kind == ETW_HEADER_UNKNOWN)
        return false;
    const uint32_t size = etwi_load_u16(at + (etwi_has_size_at_4(kind) ? SYSTEM_SIZE : 0));
    uint32_t header_size = ETWI_HEADERS[kind].size;
    uint32_t time = ETWI_HEADERS[kind].time;
    if (size < header_size || size > left)
        return false;
    if (kind == ETW_HEADER_MESSAGE)
        header_size = etwi_message_header_size(etwi_load_u16(at + MESSAGE_OPTIONS), &time);
    else if (etwi_has_size_at_4(kind))
        header_size += counters_size(etwi_load_u16(at + SYSTEM_VERSION));
    else if (kind == ETW_HEADER_ULONG32 && at[RECORD_FLAGS] & RECORD_FLAG_MESSAGE) {
        header_size = ULONG32_TIME_HEADER_SIZE;
        time = ULONG32_TIME;
    }
    if (size < header_size)
        return false;
    out->size = size;
    out->header_size = header_size;
    out->kind = kind;
    out->has_time = time != 0;
    out->raw_time = time ? (int64_t)etwi_load_u64(at + time) : 0;
    return true;
}

/* The words of a kernel header come in another order, and counters may follow. */
#define KERNEL_TYPE(name, short)                                                                 \
    {                                                                                            \
        ETW_HEADER_##name, short##_HEADER_SIZE, short##_TIME, 8 * SYSTEM_SIZE, ETWI_HAS_COUNTERS \
    }
#define OTHER_TYPE(name, short)                                    \
    {                                                              \
        ETW_HEADER_##name, short##_HEADER_SIZE, short##_TIME, 0, 0 \
    }

const etwi_common_type etwi_common_types[32] = {
    [HEADER_TYPE_SYSTEM32] = KERNEL_TYPE(SYSTEM32, SYSTEM),
    [HEADER_TYPE_SYSTEM64] = KERNEL_TYPE(SYSTEM64, SYSTEM),
    [HEADER_TYPE_PERFINFO32] = KERNEL_TYPE(PERFINFO32, PERFINFO),
    [HEADER_TYPE_PERFINFO64] = KERNEL_TYPE(PERFINFO64, PERFINFO),
    [HEADER_TYPE_FULL32] = OTHER_TYPE(FULL32, FULL),
    [HEADER_TYPE_FULL64] = OTHER_TYPE(FULL64, FULL),
    [HEADER_TYPE_EVENT32] = OTHER_TYPE(EVENT32, EVENT),
    [HEADER_TYPE_EVENT64] = OTHER_TYPE(EVENT64, EVENT),
};

void etwi_record_parse(etw_event *out, const uint8_t *at, const etwi_record_peek *peek,
                       int64_t raw_time, const etwi_record_context *context)
{
    const etwi_record_frame frame = etwi_record_frame_of(context, context->scale);
    etwi_record_peek timed = *peek;
    if (!peek->has_time)
        timed.raw_time = raw_time;
    etwi_parse_record(out, at, &timed, &frame);
}

/* Makes an event of a ref; for the usual kinds the compiler knows which one it is. */
static ETWI_INLINE void parse_ref(etw_event *out, const etwi_record_ref *ref, etw_header_kind kind,
                                  const etwi_record_context *contexts)
{
    const etwi_record_peek peek = {ref->size, ref->header_size, kind, true, ref->time};
    const etwi_record_context *context = &contexts[ref->source];
    const etwi_record_frame frame = etwi_record_frame_of(context, context->scale);
    etwi_parse_record(out, ref->at, &peek, &frame);
}

void etwi_record_parse_all(etw_event *events, const etwi_record_ref *refs, size_t count,
                           const etwi_record_context *contexts)
{
    for (size_t i = 0; i < count; i++) {
        const etwi_record_ref *ref = &refs[i];
        switch (ref->kind) {
#define X(name)                                                  \
    case ETW_HEADER_##name:                                      \
        parse_ref(&events[i], ref, ETW_HEADER_##name, contexts); \
        break;
            ETWI_USUAL_KINDS(X)
#undef X
        default:
            parse_ref(&events[i], ref, (etw_header_kind)ref->kind, contexts);
            break;
        }
    }
}
