/* Times and durations as people write them in filters. */
#include "consumer/filter_compile.h"

#include <etw/time.h>

/* Text that is being read. */
typedef struct reading {
    const char *at, *end;
} reading;

static bool take(reading *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

static bool take_digits(reading *text, unsigned min, unsigned max, uint64_t *out)
{
    unsigned count = 0;
    *out = 0;
    for (; count < max && text->at < text->end && *text->at >= '0' && *text->at <= '9'; count++)
        *out = *out * 10 + (unsigned)(*text->at++ - '0');
    return count >= min;
}

/* Up to seven digits after the point as 100 ns; more are cut off. */
static uint64_t take_fraction(reading *text)
{
    uint64_t ticks = 0, unit = ETW_TICKS_PER_SECOND / 10;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++, unit /= 10)
        ticks += unit * (unsigned)(*text->at - '0');
    return ticks;
}

static uint64_t days_before_year(uint64_t year)
{
    const uint64_t before = year - 1;
    return before * 365 + before / 4 - before / 100 + before / 400;
}

static bool take_date(reading *text, uint64_t *ticks)
{
    static const uint8_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t year, month, day;
    if (!take_digits(text, 4, 4, &year) || !take(text, '-') || !take_digits(text, 2, 2, &month) ||
        !take(text, '-') || !take_digits(text, 2, 2, &day))
        return false;
    const unsigned leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1601 || month < 1 || month > 12 || day < 1 ||
        day > LENGTHS[month - 1] + (month == 2 ? leap : 0))
        return false;
    uint64_t days = days_before_year(year) - days_before_year(1601) + day - 1;
    for (unsigned i = 0; i + 1 < month; i++)
        days += LENGTHS[i] + (i == 1 ? leap : 0);
    *ticks = days * 86400 * ETW_TICKS_PER_SECOND;
    return true;
}

/* HH:MM[:SS[.fraction]] */
static bool take_clock(reading *text, uint64_t *ticks)
{
    uint64_t hour, minute, second = 0, fraction = 0;
    if (!take_digits(text, 2, 2, &hour) || !take(text, ':') || !take_digits(text, 2, 2, &minute))
        return false;
    if (take(text, ':')) {
        if (!take_digits(text, 2, 2, &second))
            return false;
        if (take(text, '.'))
            fraction = take_fraction(text);
    }
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *ticks += (hour * 3600 + minute * 60 + second) * ETW_TICKS_PER_SECOND + fraction;
    return true;
}

/* Nothing or Z for UTC, or +HH:MM, which is subtracted. */
static bool take_zone(reading *text, uint64_t *ticks)
{
    if (text->at == text->end || take(text, 'Z') || take(text, 'z'))
        return true;
    const bool east = take(text, '+');
    uint64_t hour, minute;
    if ((!east && !take(text, '-')) || !take_digits(text, 2, 2, &hour) || !take(text, ':') ||
        !take_digits(text, 2, 2, &minute) || hour > 23 || minute > 59)
        return false;
    const uint64_t offset = (hour * 60 + minute) * 60 * ETW_TICKS_PER_SECOND;
    if (east && offset > *ticks)
        return false;
    *ticks = east ? *ticks - offset : *ticks + offset;
    return true;
}

bool etwi_time_parse(etw_str text, uint64_t *out)
{
    reading in = {text.data, text.data + text.size};
    if (!take_date(&in, out))
        return false;
    if (in.at == in.end)
        return true;
    if (!take(&in, 'T') && !take(&in, 't') && !take(&in, ' '))
        return false;
    return take_clock(&in, out) && take_zone(&in, out) && in.at == in.end;
}

bool etwi_duration_parse(etw_str text, int64_t *out)
{
    /* Nanoseconds a unit. */
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } UNITS[] = {{"ns", 1},          {"us", 1000},         {"ms", 1000000},      {"s", 1000000000},
                 {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
    reading in = {text.data, text.data + text.size};
    const bool negative = take(&in, '-');
    if (!negative)
        take(&in, '+');
    uint64_t whole, fraction = 0;
    if (!take_digits(&in, 1, 15, &whole))
        return false;
    if (take(&in, '.'))
        fraction = take_fraction(&in);
    const etw_str unit_name = {in.at, (size_t)(in.end - in.at)};
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (!etwi_same_word(unit_name, UNITS[i].name))
            continue;
        const uint64_t unit = UNITS[i].nanoseconds;
        /* Room is left for the fraction. */
        if (whole >= (uint64_t)INT64_MAX / unit)
            return false;
        const uint64_t part = unit >= ETW_TICKS_PER_SECOND
                                  ? fraction * (unit / ETW_TICKS_PER_SECOND)
                                  : fraction * unit / ETW_TICKS_PER_SECOND;
        const int64_t ticks = (int64_t)((whole * unit + part) / 100);
        *out = negative ? -ticks : ticks;
        return true;
    }
    return false;
}
