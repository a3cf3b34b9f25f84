/*
 * Raw time stamps to FILETIME, for the millions of them in a trace: the divisions of
 * etw_clock_filetime() are done once for a clock, as a reciprocal, and the results are the same.
 */
#ifndef ETWI_ETL_TICK_SCALE_H
#define ETWI_ETL_TICK_SCALE_H

#include "base/bits.h"

#include <etw/time.h>

typedef struct etwi_tick_scale {
    uint64_t start_raw; /* The raw time stamp of `start_time`. */
    uint64_t start_time;
    uint64_t whole; /* FILETIME units a tick, and … */
    uint64_t part;  /* … the rest of the division by … */
    uint64_t frequency;
    uint64_t reciprocal;   /* part * 2^64 / frequency, rounded down. */
    uint64_t distance_max; /* Ticks from the start within which all this is exact. */
    const etw_clock *clock;
} etwi_tick_scale;

/* `clock` is borrowed. */
etwi_tick_scale etwi_tick_scale_of(const etw_clock *clock);

static inline uint64_t etwi_tick_scale_filetime(const etwi_tick_scale *scale, int64_t raw)
{
    const uint64_t distance = (uint64_t)raw - scale->start_raw;
    /* Times before the start are far ones here, and take the long way. */
    if (distance > scale->distance_max)
        return etw_clock_filetime(scale->clock, raw);
    const uint64_t time = scale->start_time + distance * scale->whole;
    /* The clock of nearly all traces since Windows 10 counts in units of FILETIME. */
    if (!scale->part)
        return time;
    /* The reciprocal is rounded down, so the estimate is right or one too small. */
    const uint64_t estimate = etwi_multiply_high(distance, scale->reciprocal);
    const uint64_t rest = distance * scale->part - estimate * scale->frequency;
    return time + estimate + (rest >= scale->frequency);
}

#endif
