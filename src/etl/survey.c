#include "etl/survey.h"

etwi_survey etwi_survey_of(const uint8_t *data, uint32_t data_end, int64_t time,
                           etw_trace_stats *stats)
{
    const etwi_survey survey = {.data = data,
                                .at = BUFFER_HEADER_SIZE,
                                .end = data_end,
                                .time = time,
                                .first = INT64_MAX,
                                .last = INT64_MIN,
                                .stats = stats};
    return survey;
}

/* Header types as bits, for what is asked of each record without a branch. */
#define TYPE_BIT(type) (UINT32_C(1) << (type))

static const uint32_t SIZE_AT_4 =
    TYPE_BIT(HEADER_TYPE_SYSTEM32) | TYPE_BIT(HEADER_TYPE_SYSTEM64) |
    TYPE_BIT(HEADER_TYPE_COMPACT32) | TYPE_BIT(HEADER_TYPE_COMPACT64) |
    TYPE_BIT(HEADER_TYPE_PERFINFO32) | TYPE_BIT(HEADER_TYPE_PERFINFO64);
static const uint32_t HAS_EVENT_ID = TYPE_BIT(HEADER_TYPE_EVENT32) | TYPE_BIT(HEADER_TYPE_EVENT64);
static const uint32_t HAS_CLASS = TYPE_BIT(HEADER_TYPE_FULL32) | TYPE_BIT(HEADER_TYPE_FULL64);

/* What a header type comes to, if its records have a time at a fixed place. */
typedef struct common_type {
    uint8_t kind; /* 0: not common. */
    uint8_t header_size;
    uint8_t time;
} common_type;

static const common_type COMMON[32] = {
    [HEADER_TYPE_SYSTEM32] = {ETW_HEADER_SYSTEM32, SYSTEM_HEADER_SIZE, SYSTEM_TIME},
    [HEADER_TYPE_SYSTEM64] = {ETW_HEADER_SYSTEM64, SYSTEM_HEADER_SIZE, SYSTEM_TIME},
    [HEADER_TYPE_PERFINFO32] = {ETW_HEADER_PERFINFO32, PERFINFO_HEADER_SIZE, PERFINFO_TIME},
    [HEADER_TYPE_PERFINFO64] = {ETW_HEADER_PERFINFO64, PERFINFO_HEADER_SIZE, PERFINFO_TIME},
    [HEADER_TYPE_FULL32] = {ETW_HEADER_FULL32, FULL_HEADER_SIZE, FULL_TIME},
    [HEADER_TYPE_FULL64] = {ETW_HEADER_FULL64, FULL_HEADER_SIZE, FULL_TIME},
    [HEADER_TYPE_EVENT32] = {ETW_HEADER_EVENT32, EVENT_HEADER_SIZE, EVENT_TIME},
    [HEADER_TYPE_EVENT64] = {ETW_HEADER_EVENT64, EVENT_HEADER_SIZE, EVENT_TIME},
};

enum {
    MARKER = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED,
    HAS_COUNTERS = SYSTEM_VERSION_PEBS | SYSTEM_VERSION_PMC_MASK << SYSTEM_VERSION_PMC_SHIFT,
};

/* Looks at a record of a common kind. False if it is not one, which is all that is sure then. */
static ETWI_INLINE bool peek_common(etwi_record_peek *out, const uint8_t *at, size_t left)
{
    if (left < 8)
        return false;
    const uint64_t start = etwi_load_u64(at);
    const unsigned type = start >> 16 & 31;
    const common_type *common = &COMMON[type];
    const bool at_4 = SIZE_AT_4 >> type & 1;
    const uint32_t size = (at_4 ? start >> 32 : start) & UINT16_MAX;
    if ((start >> 16 & 0xFFE0) != MARKER << 8 || !common->kind || size < common->header_size ||
        size > left || (at_4 && start & HAS_COUNTERS))
        return false;
    out->size = size;
    out->header_size = common->header_size;
    out->kind = (etw_header_kind)common->kind;
    out->has_time = true;
    out->raw_time = (int64_t)etwi_load_u64(at + common->time);
    return true;
}

static ETWI_INLINE bool is_interesting(const etwi_reader_interest *interest, const uint8_t *at)
{
    const uint32_t type = TYPE_BIT(at[RECORD_TYPE] & 31);
    if (type & HAS_EVENT_ID)
        return etwi_load_u16(at + EVENT_ID) == interest->event_id;
    if (!(type & HAS_CLASS))
        return false;
    const etw_guid provider = etwi_load_guid(at + FULL_GUID);
    return etw_guid_equal(&provider, interest->classic_provider);
}

static ETWI_INLINE void count_record(etwi_survey *s, const etwi_record_peek *peek)
{
    const int64_t time = peek->has_time ? peek->raw_time : s->time;
    s->is_unsorted |= (s->count != 0) & (time < s->time);
    s->first = time < s->first ? time : s->first;
    s->last = time > s->last ? time : s->last;
    s->time = time;
    s->count++;
    s->stats->header_kinds[peek->kind]++;
    s->stats->payload_bytes += peek->size;
}

bool etwi_survey_next(etwi_survey *survey, const etwi_reader_interest *interest)
{
    /* A copy, which the compiler can keep in registers. */
    etwi_survey s = *survey;
    bool found = false;
    while (s.at < s.end && !found) {
        const uint8_t *at = s.data + s.at;
        const uint32_t left = s.end - s.at;
        etwi_record_peek peek;
        etwi_record_prefetch(at);
        if (!peek_common(&peek, at, left) && !etwi_record_peek_at(&peek, at, left))
            break;
        count_record(&s, &peek);
        found = interest && is_interesting(interest, at);
        if (found) {
            s.found = peek;
            s.found_at = s.at;
        }
        const uint32_t stride = etwi_record_stride(peek.size);
        s.at += stride < left ? stride : left;
    }
    *survey = s;
    return found;
}
