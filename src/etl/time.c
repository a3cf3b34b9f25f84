/* Trace clocks, FILETIME and the calendar: integers only, exact everywhere. */
#include "base/text.h"

#include <etw/time.h>

/* Days from 1601-01-01 to 0000-03-01, where the arithmetic of the calendar starts its years. */
enum {
    DAYS_BEFORE_1601 = 584694
};

static const uint64_t TICKS_PER_DAY = 86400ull * ETW_TICKS_PER_SECOND;

/* start + ticks, kept inside of what a FILETIME holds. */
static uint64_t add_clamped(uint64_t start, uint64_t ticks, bool negative)
{
    if (negative)
        return ticks > start ? 0 : start - ticks;
    return ticks > UINT64_MAX - start ? UINT64_MAX : start + ticks;
}

/* rest * ETW_TICKS_PER_SECOND / frequency for products beyond 64 bits, bit by bit of the factor;
 * rest < frequency. Real clocks never come here. */
static uint64_t divide_wide(uint64_t rest, uint64_t frequency, bool *inexact)
{
    uint64_t quotient = 0, remainder = 0;
    for (int bit = 23; bit >= 0; bit--) {
        quotient *= 2;
        if (remainder >= frequency - remainder) {
            remainder -= frequency - remainder;
            quotient++;
        } else {
            remainder *= 2;
        }
        if (!(ETW_TICKS_PER_SECOND >> bit & 1))
            continue;
        if (remainder >= frequency - rest) {
            remainder -= frequency - rest;
            quotient++;
        } else {
            remainder += rest;
        }
    }
    *inexact = remainder != 0;
    return quotient;
}

uint64_t etw_clock_filetime(const etw_clock *clock, int64_t raw)
{
    if (clock->type == ETW_CLOCK_SYSTEM_TIME)
        return raw < 0 ? 0 : (uint64_t)raw;
    const bool negative = raw < clock->start_raw;
    const uint64_t distance = negative ? (uint64_t)clock->start_raw - (uint64_t)raw
                                       : (uint64_t)raw - (uint64_t)clock->start_raw;
    const uint64_t frequency = clock->frequency;
    if (frequency == ETW_TICKS_PER_SECOND)
        return add_clamped(clock->start_time, distance, negative);
    if (frequency == 0)
        return clock->start_time;
    const uint64_t seconds = distance / frequency;
    const uint64_t rest = distance % frequency;
    if (seconds > UINT64_MAX / ETW_TICKS_PER_SECOND - 1)
        return add_clamped(clock->start_time, UINT64_MAX, negative);
    uint64_t part;
    bool inexact;
    if (rest <= UINT64_MAX / ETW_TICKS_PER_SECOND) {
        part = rest * ETW_TICKS_PER_SECOND / frequency;
        inexact = rest * ETW_TICKS_PER_SECOND % frequency != 0;
    } else {
        part = divide_wide(rest, frequency, &inexact);
    }
    const uint64_t ticks = seconds * ETW_TICKS_PER_SECOND + part;
    /* Rounding down means rounding away from the start for times before it. */
    return add_clamped(clock->start_time, ticks + (negative && inexact), negative);
}

/* Days to year, month, day: the algorithm over 400-year eras that start on a first of March. */
etw_calendar etw_calendar_from_filetime(uint64_t filetime)
{
    const uint64_t days = filetime / TICKS_PER_DAY + DAYS_BEFORE_1601;
    const uint64_t ticks = filetime % TICKS_PER_DAY;
    const uint64_t era = days / 146097;
    const uint32_t day_of_era = (uint32_t)(days % 146097);
    const uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint32_t month = (5 * day_of_year + 2) / 153;
    const uint32_t seconds = (uint32_t)(ticks / ETW_TICKS_PER_SECOND);
    etw_calendar out;
    out.day = (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1);
    out.month = (uint8_t)(month < 10 ? month + 3 : month - 9);
    out.year = (uint32_t)(era * 400 + year_of_era + (out.month <= 2));
    out.hour = (uint8_t)(seconds / 3600);
    out.minute = (uint8_t)(seconds / 60 % 60);
    out.second = (uint8_t)(seconds % 60);
    out.fraction = (uint32_t)(ticks % ETW_TICKS_PER_SECOND);
    return out;
}

size_t etw_time_format(uint64_t filetime, char out[ETW_TIME_TEXT_SIZE])
{
    const etw_calendar when = etw_calendar_from_filetime(filetime);
    char *at = etwi_text_padded(out, when.year, when.year > 9999 ? 5 : 4);
    *at++ = '-';
    at = etwi_text_padded(at, when.month, 2);
    *at++ = '-';
    at = etwi_text_padded(at, when.day, 2);
    *at++ = 'T';
    at = etwi_text_padded(at, when.hour, 2);
    *at++ = ':';
    at = etwi_text_padded(at, when.minute, 2);
    *at++ = ':';
    at = etwi_text_padded(at, when.second, 2);
    *at++ = '.';
    at = etwi_text_padded(at, when.fraction, 7);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}
