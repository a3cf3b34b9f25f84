#include "etl/tick_scale.h"

static const uint64_t LIMIT = UINT64_C(1) << 62;

/* numerator * 2^64 / denominator, rounded up, and by how much that times the denominator is more
 * than the numerator times 2^64; numerator < denominator < 2^62. */
static uint64_t divide_shifted(uint64_t numerator, uint64_t denominator, uint64_t *excess)
{
    uint64_t quotient = 0;
    for (int bit = 0; bit < 64; bit++) {
        numerator *= 2;
        quotient *= 2;
        if (numerator >= denominator) {
            numerator -= denominator;
            quotient++;
        }
    }
    *excess = numerator ? denominator - numerator : 0;
    return quotient + (numerator != 0);
}

etwi_tick_scale etwi_tick_scale_of(const etw_clock *clock)
{
    etwi_tick_scale scale = {
        .start_raw = (uint64_t)clock->start_raw,
        .start_time = clock->start_time,
        .whole = 1,
        .frequency = ETW_TICKS_PER_SECOND,
        .clock = clock,
    };
    uint64_t excess = 0;
    if (clock->type == ETW_CLOCK_SYSTEM_TIME) {
        scale.start_raw = scale.start_time = 0;
    } else if (!clock->frequency || clock->frequency >= LIMIT || clock->start_time >= LIMIT) {
        return scale; /* All but the start itself take the long way. */
    } else {
        scale.frequency = clock->frequency;
        scale.whole = ETW_TICKS_PER_SECOND / clock->frequency;
        scale.part = ETW_TICKS_PER_SECOND % clock->frequency;
        scale.reciprocal = divide_shifted(scale.part, scale.frequency, &excess);
    }
    scale.exact_max = LIMIT / (scale.whole + 1) - 1;
    /* The product with a reciprocal that is too large by a little is the quotient and something
     * more, less than a unit of the rest while the distance times the excess is less than 2^64. */
    scale.quick_max = excess ? UINT64_MAX / excess : UINT64_MAX;
    if (scale.quick_max > scale.exact_max)
        scale.quick_max = scale.exact_max;
    return scale;
}
