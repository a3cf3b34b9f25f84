#include "etl/survey.h"

#include "etl/record_usual.h"

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

/* How far the records have been gone through, in variables that stay in registers. */
typedef struct course {
    const uint8_t *at, *end;
    int64_t time; /* Of the record before. */
    int64_t first, last;
    uint64_t count, bytes;
    bool goes_back;
} course;

static ETWI_INLINE course pass(course c, int64_t time, uint32_t size)
{
    c.goes_back |= time < c.last;
    c.first = time < c.first ? time : c.first;
    c.last = time > c.last ? time : c.last;
    c.time = time;
    c.count++;
    c.bytes += size;
    c.at += etwi_record_stride(size);
    return c;
}

static ETWI_INLINE bool is_interesting(const etwi_reader_interest *interest, const uint8_t *at,
                                       etw_header_kind kind)
{
    if (!interest)
        return false;
    if (kind == ETW_HEADER_EVENT32 || kind == ETW_HEADER_EVENT64)
        return etwi_load_u16(at + EVENT_ID) == interest->event_id;
    if (kind != ETW_HEADER_FULL32 && kind != ETW_HEADER_FULL64)
        return false;
    const etw_guid provider = etwi_load_guid(at + FULL_GUID);
    return etw_guid_equal(&provider, interest->classic_provider);
}

/* Passes usual records of a kind that the compiler knows, up to an interesting one. */
static ETWI_INLINE course pass_run(course c, const etwi_reader_interest *interest,
                                   etw_trace_stats *stats, etw_header_kind kind)
{
    const uint64_t before = c.count;
    for (uint32_t size; (size = etwi_usual_size(c.at, c.end, kind));) {
        if (is_interesting(interest, c.at, kind))
            break;
        etwi_record_prefetch(c.at, etwi_usual_lines(kind));
        c = pass(c, (int64_t)etwi_load_u64(c.at + ETWI_HEADERS[kind].time), size);
    }
    stats->header_kinds[kind] += c.count - before;
    return c;
}

static ETWI_INLINE course pass_known(course c, const etwi_reader_interest *interest,
                                     etw_trace_stats *stats)
{
    switch (c.end - c.at < 8 ? 0 : etwi_load_u16(c.at + RECORD_TYPE)) {
#define X(name)             \
    case ETWI_USUAL_##name: \
        return pass_run(c, interest, stats, ETW_HEADER_##name);
        ETWI_USUAL_KINDS(X)
#undef X
    default:
        return c;
    }
}

/* Goes on to the next interesting record, and passes it too. */
static bool pass_all(etwi_survey *survey, course *out, const etwi_reader_interest *interest)
{
    course c = *out;
    bool found = false;
    while (c.at < c.end && !found) {
        const uint8_t *const before = c.at;
        c = pass_known(c, interest, survey->stats);
        if (c.at != before)
            continue;
        etwi_record_peek record;
        if (!etwi_record_peek_at(&record, c.at, (size_t)(c.end - c.at)))
            break;
        found = is_interesting(interest, c.at, record.kind);
        if (found) {
            survey->found = record;
            survey->found_at = (uint32_t)(c.at - survey->data);
        }
        survey->stats->header_kinds[record.kind]++;
        c = pass(c, record.has_time ? record.raw_time : c.time, record.size);
    }
    *out = c;
    return found;
}

bool etwi_survey_next(etwi_survey *survey, const etwi_reader_interest *interest)
{
    course c = {survey->data + survey->at,
                survey->data + survey->end,
                survey->time,
                survey->first,
                survey->last,
                0,
                0,
                false};
    const bool found = pass_all(survey, &c, interest);
    survey->at = c.at < c.end ? (uint32_t)(c.at - survey->data) : survey->end;
    survey->time = c.time;
    survey->first = c.first;
    survey->last = c.last;
    survey->count += c.count;
    survey->is_unsorted |= c.goes_back;
    survey->stats->payload_bytes += c.bytes;
    return found;
}
