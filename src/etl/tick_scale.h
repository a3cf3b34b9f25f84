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
    uint64_t reciprocal; /* part * 2^64 / frequency, rounded up. */
    uint64_t quick_max;  /* Ticks from the start within which the reciprocal is exact, and … */
    uint64_t exact_max;  /* … within which it is one too large at most. */
    const etw_clock *clock;
} etwi_tick_scale;

/* `clock` is borrowed. */
etwi_tick_scale etwi_tick_scale_of(const etw_clock *clock);

static inline uint64_t etwi_tick_scale_filetime(const etwi_tick_scale *scale, int64_t raw)
{
    const uint64_t distance = (uint64_t)raw - scale->start_raw;
    const uint64_t time = scale->start_time + distance * scale->whole;
    const uint64_t estimate = etwi_multiply_high(distance, scale->reciprocal);
    if (distance <= scale->quick_max)
        return time + estimate;
    /* Times before the start are far ones here, and take the long way. */
    if (distance > scale->exact_max)
        return etw_clock_filetime(scale->clock, raw);
    /* If the estimate is one too large, the rest of the division is negative. */
    const uint64_t rest = distance * scale->part - estimate * scale->frequency;
    return time + estimate - (rest >> 63);
}

#endif
