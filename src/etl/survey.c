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
    const uint8_t *data, *at, *end;
    int64_t time; /* Of the record before. */
    int64_t first, last;
    uint64_t count, bytes;
    bool goes_back;
    etwi_record_mark *mark, *marks_end; /* If records are marked: room for marks. */
} course;

/* What a survey is after. Constants where it is used, so that nobody pays for what he does not. */
typedef struct errand {
    const etwi_reader_interest *interest; /* Records to stop at; NULL: none. */
    bool marks;                           /* It marks records. */
} errand;

static ETWI_INLINE bool has_room(const course *c, errand task)
{
    return !task.marks || c->mark < c->marks_end;
}

static ETWI_INLINE course pass(course c, errand task, const etwi_record_peek *record, bool is_usual)
{
    const int64_t time = record->raw_time;
    if (task.marks)
        *c.mark++ = (etwi_record_mark){time, (uint32_t)(c.at - c.data), (uint16_t)record->size,
                                       (uint8_t)record->kind, is_usual};
    c.goes_back |= time < c.last;
    c.first = time < c.first ? time : c.first;
    c.last = time > c.last ? time : c.last;
    c.time = time;
    c.count++;
    c.bytes += record->size;
    c.at += etwi_record_stride(record->size);
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
static ETWI_INLINE course pass_run(course c, errand task, etw_trace_stats *stats,
                                   etw_header_kind kind)
{
    const uint64_t before = c.count;
    for (uint32_t size; has_room(&c, task) && (size = etwi_usual_size(c.at, c.end, kind));) {
        if (is_interesting(task.interest, c.at, kind))
            break;
        etwi_record_prefetch(c.at, etwi_usual_lines(kind));
        const int64_t time = (int64_t)etwi_load_u64(c.at + ETWI_HEADERS[kind].time);
        const etwi_record_peek record = {size, ETWI_HEADERS[kind].size, kind, true, time};
        c = pass(c, task, &record, true);
    }
    stats->header_kinds[kind] += c.count - before;
    return c;
}

static ETWI_INLINE course pass_known(course c, errand task, etw_trace_stats *stats)
{
    switch (c.end - c.at < 8 ? 0 : etwi_load_u16(c.at + RECORD_TYPE)) {
#define X(name)             \
    case ETWI_USUAL_##name: \
        return pass_run(c, task, stats, ETW_HEADER_##name);
        ETWI_USUAL_KINDS(X)
#undef X
    default:
        return c;
    }
}

/* Goes on to the next interesting record and passes it too, or to the end of the room. */
static ETWI_INLINE bool pass_all(etwi_survey *survey, course *out, errand task)
{
    course c = *out;
    bool found = false;
    while (c.at < c.end && !found && has_room(&c, task)) {
        const uint8_t *const before = c.at;
        c = pass_known(c, task, survey->stats);
        if (c.at != before)
            continue;
        etwi_record_peek record;
        if (!etwi_record_peek_at(&record, c.at, (size_t)(c.end - c.at)))
            break;
        found = is_interesting(task.interest, c.at, record.kind);
        if (found) {
            survey->found = record;
            survey->found_at = (uint32_t)(c.at - survey->data);
        }
        survey->stats->header_kinds[record.kind]++;
        if (!record.has_time)
            record.raw_time = c.time;
        c = pass(c, task, &record, false);
    }
    *out = c;
    return found;
}

static ETWI_INLINE bool go_on(etwi_survey *survey, errand task, etwi_record_mark *marks,
                              size_t room)
{
    course c = {.data = survey->data,
                .at = survey->data + survey->at,
                .end = survey->data + survey->end,
                .time = survey->time,
                .first = survey->first,
                .last = survey->last,
                .mark = marks,
                .marks_end = marks ? marks + room : NULL};
    const bool found = pass_all(survey, &c, task);
    survey->at = c.at < c.end ? (uint32_t)(c.at - survey->data) : survey->end;
    survey->time = c.time;
    survey->first = c.first;
    survey->last = c.last;
    survey->count += c.count;
    survey->is_unsorted |= c.goes_back;
    survey->stats->payload_bytes += c.bytes;
    return found;
}

bool etwi_survey_next(etwi_survey *survey, const etwi_reader_interest *interest)
{
    const errand task = {interest, false};
    return go_on(survey, task, NULL, 0);
}

size_t etwi_survey_mark(etwi_survey *survey, etwi_record_mark *marks, size_t room)
{
    const errand task = {NULL, true};
    const uint64_t before = survey->count;
    go_on(survey, task, marks, room);
    return (size_t)(survey->count - before);
}
