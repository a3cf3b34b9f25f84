#include "base/number.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* The base, and how many characters say so. */
static unsigned base_of(etw_str text, size_t *prefix_size)
{
    *prefix_size = 0;
    if (text.size < 2 || text.data[0] != '0')
        return 10;
    *prefix_size = 2;
    switch (text.data[1]) {
    case 'x':
    case 'X':
        return 16;
    case 'o':
    case 'O':
        return 8;
    case 'b':
    case 'B':
        return 2;
    default:
        *prefix_size = 1;
        return 8;
    }
}

static etwi_number fail(const char *problem, size_t at)
{
    const etwi_number failed = {0, problem, at};
    return failed;
}

etwi_number etwi_number_parse(etw_str text, uint64_t maximum)
{
    size_t at;
    const unsigned base = base_of(text, &at);
    /* What an underscore may follow: digits, and prefixes, of which one is a digit too. */
    bool after_digit = at > 0, any = at == 1;
    uint64_t value = 0;
    for (; at < text.size; at++) {
        if (text.data[at] == '_') {
            if (!after_digit)
                return fail("an underscore has to follow a digit", at);
            after_digit = false;
            continue;
        }
        const unsigned digit = etwi_digit_of(text.data[at]);
        if (digit >= base)
            return fail("this is no digit", at);
        if (digit > maximum || value > (maximum - digit) / base)
            return fail("the number is too large", 0);
        value = value * base + digit;
        after_digit = any = true;
    }
    if (!any)
        return fail("there is no number", at);
    if (!after_digit)
        return fail("an underscore has to precede a digit", at - 1);
    const etwi_number read = {value, NULL, 0};
    return read;
}

/* How many digits there are from a place on. */
static size_t count_digits(etw_str text, size_t at)
{
    size_t count = 0;
    while (at + count < text.size && text.data[at + count] >= '0' && text.data[at + count] <= '9')
        count++;
    return count;
}

static bool looks_real(etw_str text)
{
    size_t digits = count_digits(text, 0);
    size_t at = digits;
    if (at < text.size && text.data[at] == '.') {
        const size_t behind = count_digits(text, at + 1);
        digits += behind;
        at += 1 + behind;
    }
    if (!digits)
        return false;
    if (at < text.size && (text.data[at] | 0x20) == 'e') {
        at++;
        at += at < text.size && (text.data[at] == '-' || text.data[at] == '+');
        const size_t exponent = count_digits(text, at);
        if (!exponent)
            return false;
        at += exponent;
    }
    return at == text.size;
}

/* strtod() wants the point of the locale. */
bool etwi_real_parse(etw_str text, double *out)
{
    enum {
        TEXT_MAX = 64,
        POINT_MAX = 8,
    };
    char copy[TEXT_MAX + POINT_MAX];
    if (text.size > TEXT_MAX || !looks_real(text))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    char *point = strchr(copy, '.');
    const char *local = localeconv()->decimal_point;
    const size_t local_size = strlen(local);
    if (point && local_size && local_size < POINT_MAX) {
        memmove(point + local_size, point + 1, strlen(point));
        memcpy(point, local, local_size);
    }
    *out = strtod(copy, NULL);
    return true;
}
