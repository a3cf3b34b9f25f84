#include "etl/survey.h"

#include "etl/record_peek.h"

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

/* Header types as bits. */
#define TYPE_BIT(type) (UINT32_C(1) << (type))

enum {
    HAS_EVENT_ID = TYPE_BIT(HEADER_TYPE_EVENT32) | TYPE_BIT(HEADER_TYPE_EVENT64),
    HAS_CLASS = TYPE_BIT(HEADER_TYPE_FULL32) | TYPE_BIT(HEADER_TYPE_FULL64),
};

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

bool etwi_survey_next(etwi_survey *survey, const etwi_reader_interest *interest)
{
    /* In variables of our own, which the compiler can keep in registers. */
    const uint8_t *at = survey->data + survey->at, *const end = survey->data + survey->end;
    etw_trace_stats *const stats = survey->stats;
    int64_t time = survey->time;
    int64_t previous = survey->count ? time : INT64_MIN;
    int64_t first = survey->first, last = survey->last;
    uint64_t count = 0, bytes = 0;
    bool found = false, goes_back = false;
    while (at < end && !found) {
        const size_t left = (size_t)(end - at);
        etwi_record_peek record;
        etwi_record_prefetch(at, 3);
        if (!etwi_record_peek_any(&record, at, left))
            break;
        time = record.has_time ? record.raw_time : time;
        goes_back |= time < previous;
        previous = time;
        first = time < first ? time : first;
        last = time > last ? time : last;
        count++;
        bytes += record.size;
        stats->header_kinds[record.kind]++;
        found = interest && is_interesting(interest, at);
        if (found) {
            survey->found = record;
            survey->found_at = (uint32_t)(at - survey->data);
        }
        const size_t stride = etwi_record_stride(record.size);
        at += stride < left ? stride : left;
    }
    survey->at = (uint32_t)(at - survey->data);
    survey->time = time;
    survey->first = first;
    survey->last = last;
    survey->count += count;
    survey->is_unsorted |= goes_back;
    stats->payload_bytes += bytes;
    return found;
}
