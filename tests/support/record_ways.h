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

/* Reads and looks at a few records both; false if they are not those that come next. `*got` is how
 * many there were. */
static inline bool record_ways_step(record_course *c, etwi_record_walk *reading,
                                    etwi_record_walk *looking, etw_trace_stats *stats, size_t *got)
{
    etw_event event, read[RECORD_WAYS_ROOM], looked[RECORD_WAYS_ROOM];
    etwi_record_ref refs[RECORD_WAYS_ROOM];
    etwi_record_context counting = *c->context;
    counting.stats = stats;
    *got = etwi_record_read(read, RECORD_WAYS_ROOM, reading, &counting);
    if (etwi_record_look(refs, RECORD_WAYS_ROOM, looking) != *got)
        return false;
    for (size_t i = 0; i < *got; i++)
        refs[i].source = 0;
    etwi_record_parse_all(looked, refs, *got, c->context);
    for (size_t i = 0; i < *got; i++)
        if (!record_course_next(c, &event) || memcmp(&event, &read[i], sizeof event) != 0 ||
            memcmp(&event, &looked[i], sizeof event) != 0)
            return false;
    return *got == RECORD_WAYS_ROOM || !record_course_next(c, &event);
}

/* Compares all ways with going from one record to the next. `time` is that of records which come
 * before any time. */
static inline bool record_ways_agree(etw_bytes bytes, int64_t time,
                                     const etwi_record_context *context)
{
    record_course c = {
        .context = context, .bytes = bytes, .time = time, .first = INT64_MAX, .last = INT64_MIN};
    etw_trace_stats read_stats, survey_stats;
    memset(&read_stats, 0, sizeof read_stats);
    memset(&survey_stats, 0, sizeof survey_stats);
    memset(&c.stats, 0, sizeof c.stats);
    etwi_record_walk reading = {bytes.data, 0, (uint32_t)bytes.size, time, false};
    etwi_record_walk looking = reading;
    size_t got;
    do {
        if (!record_ways_step(&c, &reading, &looking, &read_stats, &got))
            return false;
    } while (got == RECORD_WAYS_ROOM);

    etwi_survey survey = etwi_survey_of(bytes.data, (uint32_t)bytes.size, time, &survey_stats);
    survey.at = 0;
    etwi_survey_next(&survey, NULL);
    const size_t end = c.at < bytes.size ? c.at : bytes.size;
    const bool is_broken = end < bytes.size;
    return memcmp(&c.stats, &read_stats, sizeof read_stats) == 0 &&
           memcmp(&c.stats, &survey_stats, sizeof survey_stats) == 0 && reading.at == end &&
           looking.at == end && survey.at == end && reading.is_broken == is_broken &&
           looking.is_broken == is_broken && survey.count == c.count && survey.first == c.first &&
           survey.last == c.last && survey.is_unsorted == c.is_unsorted && survey.time == c.time;
}

#endif
