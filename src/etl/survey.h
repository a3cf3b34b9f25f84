/*
 * Going through the records of a buffer without making events of them: how many there are, of which
 * kinds and of what time, and where the ones are that somebody waits for.
 */
#ifndef ETWI_ETL_SURVEY_H
#define ETWI_ETL_SURVEY_H

#include "etl/reader.h"
#include "etl/record.h"

typedef struct etwi_survey {
    const uint8_t *data;
    uint32_t at, end;    /* Offsets of the next record, and of the end of all. */
    int64_t time;        /* Raw, of the record before; at first what records without one get. */
    int64_t first, last; /* The least and the greatest raw time. */
    uint64_t count;
    bool is_unsorted; /* A time is less than the one before. */
    etw_trace_stats *stats;
    /* The interesting record that was met. */
    uint32_t found_at;
    etwi_record_peek found;
} etwi_survey;

/* A survey of the records of a buffer; `time` is that of records that come before any time. */
etwi_survey etwi_survey_of(const uint8_t *data, uint32_t data_end, int64_t time,
                           etw_trace_stats *stats);

/* Goes on to the next interesting record. False at the end of all, or of what are records: `at`
 * tells. `interest` may be NULL. */
bool etwi_survey_next(etwi_survey *survey, const etwi_reader_interest *interest);

/* Goes through the next records and marks them, as far as there is room. Returns how many; less
 * than `room` at the end of all, or of what are records. */
size_t etwi_survey_mark(etwi_survey *survey, etwi_record_mark *marks, size_t room);

#endif
