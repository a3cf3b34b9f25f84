/* The values of options: numbers, sizes, durations and times. */
#include "opt.h"

#include <etw/time.h>

#include <string.h>

bool cli_parse_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        const unsigned digit = (unsigned)(*text - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Digits up to something else, at most `max` of them. */
static bool take_digits(const char **text, unsigned min, unsigned max, uint64_t *out)
{
    uint64_t value = 0;
    unsigned count = 0;
    for (; count < max && **text >= '0' && **text <= '9'; count++)
        value = value * 10 + (unsigned)(*(*text)++ - '0');
    *out = value;
    return count >= min;
}

bool cli_parse_size(const char *text, uint64_t *out)
{
    uint64_t value;
    if (!take_digits(&text, 1, 18, &value))
        return false;
    unsigned shift = 0;
    if (*text) {
        static const char units[] = "KMGT";
        const char upper = (char)(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
        const char *unit = strchr(units, upper);
        if (!unit)
            return false;
        shift = 10 * (unsigned)(unit - units + 1);
        text++;
        // "M", "MB" and "MiB" all count in steps of 1024.
        if (strcmp(text, "") != 0 && strcmp(text, "B") != 0 && strcmp(text, "iB") != 0)
            return false;
    }
    if (value > UINT64_MAX >> shift)
        return false;
    *out = value << shift;
    return true;
}

/* Up to seven digits after the point as 100 ns; more are cut off. */
static uint64_t take_fraction(const char **text)
{
    uint64_t ticks = 0, unit = ETW_TICKS_PER_SECOND / 10;
    for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
        ticks += unit * (unsigned)(**text - '0');
    return ticks;
}

bool cli_parse_duration(const char *text, uint64_t *out)
{
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } units[] = {{"ns", 1},          {"us", 1000},         {"ms", 1000000},      {"s", 1000000000},
                 {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
    uint64_t whole, fraction = 0;
    if (!take_digits(&text, 1, 15, &whole))
        return false;
    if (*text == '.') {
        text++;
        fraction = take_fraction(&text);
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text, units[i].name) != 0)
            continue;
        const uint64_t unit = units[i].nanoseconds;
        if (whole > (uint64_t)INT64_MAX / unit)
            return false;
        // `fraction` counts 1e-7 units; even days times 1e7 fit 64 bits when divided in this order.
        const uint64_t part = unit >= ETW_TICKS_PER_SECOND
                                  ? fraction * (unit / ETW_TICKS_PER_SECOND)
                                  : fraction * unit / ETW_TICKS_PER_SECOND;
        *out = (whole * unit + part) / 100;
        return true;
    }
    return false;
}

static uint64_t days_before_year(uint64_t year)
{
    const uint64_t before = year - 1;
    return before * 365 + before / 4 - before / 100 + before / 400;
}

static bool is_leap(uint64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* YYYY-MM-DD to 100 ns since 1601. */
static bool take_date(const char **text, uint64_t *ticks)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t year, month, day;
    if (!take_digits(text, 4, 4, &year) || *(*text)++ != '-' || !take_digits(text, 2, 2, &month) ||
        *(*text)++ != '-' || !take_digits(text, 2, 2, &day))
        return false;
    if (year < 1601 || month < 1 || month > 12)
        return false;
    const unsigned leap = is_leap(year) ? 1 : 0;
    if (day < 1 || day > lengths[month - 1] + (month == 2 ? leap : 0))
        return false;
    uint64_t days = days_before_year(year) - days_before_year(1601) + day - 1;
    for (unsigned i = 0; i + 1 < month; i++)
        days += lengths[i] + (i == 1 ? leap : 0);
    *ticks = days * 86400 * ETW_TICKS_PER_SECOND;
    return true;
}

/* HH:MM[:SS[.fraction]] */
static bool take_clock(const char **text, uint64_t *ticks)
{
    uint64_t hour, minute, second = 0, fraction = 0;
    if (!take_digits(text, 2, 2, &hour) || *(*text)++ != ':' || !take_digits(text, 2, 2, &minute))
        return false;
    if (**text == ':') {
        (*text)++;
        if (!take_digits(text, 2, 2, &second))
            return false;
        if (**text == '.') {
            (*text)++;
            fraction = take_fraction(text);
        }
    }
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *ticks = (hour * 3600 + minute * 60 + second) * ETW_TICKS_PER_SECOND + fraction;
    return true;
}

/* What follows the clock: nothing or Z for UTC, or +HH:MM, which is subtracted. */
static bool take_zone(const char *text, uint64_t *ticks)
{
    if (strcmp(text, "") == 0 || strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    const char sign = *text++;
    uint64_t hour, minute;
    if ((sign != '+' && sign != '-') || !take_digits(&text, 2, 2, &hour) || *text++ != ':' ||
        !take_digits(&text, 2, 2, &minute) || *text || hour > 23 || minute > 59)
        return false;
    const uint64_t offset = (hour * 60 + minute) * 60 * ETW_TICKS_PER_SECOND;
    if (sign == '+' && offset > *ticks)
        return false;
    *ticks = sign == '+' ? *ticks - offset : *ticks + offset;
    return true;
}

static bool parse_calendar(const char *text, uint64_t *out)
{
    uint64_t date, clock = 0;
    if (!take_date(&text, &date))
        return false;
    if (*text) {
        if (*text != 'T' && *text != 't' && *text != ' ')
            return false;
        text++;
        if (!take_clock(&text, &clock))
            return false;
    }
    *out = date + clock;
    return take_zone(text, out);
}

bool cli_parse_time(const char *text, cli_time *out)
{
    cli_time time = {.is_set = true, .is_relative = *text == '+'};
    bool good = false;
    if (!time.is_relative)
        good = cli_parse_number(text, &time.ticks) || parse_calendar(text, &time.ticks);
    if (!good) {
        good = cli_parse_duration(text + time.is_relative, &time.ticks);
        time.is_relative = true;
    }
    if (good)
        *out = time;
    return good;
}
