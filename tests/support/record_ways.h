/*
 * The ways to go through the records of a buffer, which have to find the same: one by one, and
 * those that have loops for the usual kinds.
 */
#ifndef RECORD_WAYS_H
#define RECORD_WAYS_H

#include "etl/record.h"
#include "etl/survey.h"

#include <string.h>

enum {
    RECORD_WAYS_ROOM = 7 /* Records at a time, so that runs are cut. */
};

/* What going from one record to the next finds. */
typedef struct record_course {
    const etwi_record_context *context;
    etw_bytes bytes;
    size_t at;
    int64_t time;
    int64_t first, last;
    bool is_unsorted;
    uint64_t count;
    etw_trace_stats stats;
} record_course;

/* The next event, as `event`; false if there is none. */
static inline bool record_course_next(record_course *c, etw_event *event)
{
    etwi_record_peek peek;
    if (c->at >= c->bytes.size ||
        !etwi_record_peek_at(&peek, c->bytes.data + c->at, c->bytes.size - c->at))
        return false;
    etwi_record_parse(event, c->bytes.data + c->at, &peek, c->time, c->context);
    c->time = event->raw_timestamp;
    c->is_unsorted |= c->time < c->last;
    c->first = c->time < c->first ? c->time : c->first;
    c->last = c->time > c->last ? c->time : c->last;
    c->count++;
    c->stats.header_kinds[peek.kind]++;
    c->stats.payload_bytes += peek.size;
    c->at += etwi_record_stride(peek.size);
    return true;
}

/* Makes events of marked records, in the opposite order, and puts them back into theirs. */
static inline void record_ways_spread(etw_event *out, const etwi_record_mark *marks, uint32_t count,
                                      const record_course *c)
{
    etw_event backwards[RECORD_WAYS_ROOM];
    uint8_t places[RECORD_WAYS_ROOM];
    etw_bytes soon = c->bytes;
    for (uint32_t i = 0; i < count; i++)
        places[i] = (uint8_t)(count - 1 - i);
    const etwi_record_piece piece = {c->bytes.data, marks, count};
    etwi_record_spread(backwards, places, &piece, c->context, &soon);
    for (uint32_t i = 0; i < count; i++)
        out[i] = backwards[places[i]];
}

/* Reads a few records, and marks them and makes events of them; false if these are not the ones
 * that come next. `*got` is how many there were. */
static inline bool record_ways_step(record_course *c, etwi_record_walk *reading,
                                    etwi_survey *marking, etw_trace_stats *stats, size_t *got)
{
    etw_event event, read[RECORD_WAYS_ROOM], spread[RECORD_WAYS_ROOM];
    etwi_record_mark marks[RECORD_WAYS_ROOM];
    etwi_record_context counting = *c->context;
    counting.stats = stats;
    *got = etwi_record_read(read, RECORD_WAYS_ROOM, reading, &counting);
    if (etwi_survey_mark(marking, marks, RECORD_WAYS_ROOM) != *got)
        return false;
    record_ways_spread(spread, marks, (uint32_t)*got, c);
    for (size_t i = 0; i < *got; i++)
        if (!record_course_next(c, &event) || memcmp(&event, &read[i], sizeof event) != 0 ||
            memcmp(&event, &spread[i], sizeof event) != 0 || marks[i].time != event.raw_timestamp ||
            c->bytes.data + marks[i].at != event.record)
            return false;
    return *got == RECORD_WAYS_ROOM || !record_course_next(c, &event);
}

static inline bool record_ways_survey_agrees(const record_course *c, const etwi_survey *survey)
{
    return memcmp(&c->stats, survey->stats, sizeof c->stats) == 0 &&
           survey->at == (c->at < c->bytes.size ? c->at : c->bytes.size) &&
           survey->count == c->count && survey->first == c->first && survey->last == c->last &&
           survey->is_unsorted == c->is_unsorted && survey->time == c->time;
}

/* Compares all ways with going from one record to the next. `time` is that of records which come
 * before any time. */
static inline bool record_ways_agree(etw_bytes bytes, int64_t time,
                                     const etwi_record_context *context)
{
    record_course c = {
        .context = context, .bytes = bytes, .time = time, .first = INT64_MAX, .last = INT64_MIN};
    etw_trace_stats read_stats, mark_stats, survey_stats;
    memset(&read_stats, 0, sizeof read_stats);
    memset(&mark_stats, 0, sizeof mark_stats);
    memset(&survey_stats, 0, sizeof survey_stats);
    memset(&c.stats, 0, sizeof c.stats);
    etwi_record_walk reading = {bytes.data, 0, (uint32_t)bytes.size, time, false};
    etwi_survey marking = etwi_survey_of(bytes.data, (uint32_t)bytes.size, time, &mark_stats);
    marking.at = 0;
    size_t got;
    do {
        if (!record_ways_step(&c, &reading, &marking, &read_stats, &got))
            return false;
    } while (got == RECORD_WAYS_ROOM);

    etwi_survey survey = etwi_survey_of(bytes.data, (uint32_t)bytes.size, time, &survey_stats);
    survey.at = 0;
    etwi_survey_next(&survey, NULL);
    const size_t end = c.at < bytes.size ? c.at : bytes.size;
    return memcmp(&c.stats, &read_stats, sizeof read_stats) == 0 && reading.at == end &&
           reading.is_broken == (end < bytes.size) && record_ways_survey_agrees(&c, &survey) &&
           record_ways_survey_agrees(&c, &marking);
}

#endif
