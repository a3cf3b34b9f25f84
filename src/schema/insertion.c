#include "schema/insertion.h"

#include <string.h>

enum {
    NUMBER_LIMIT = 1000, /* Of widths and precisions. */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number at `*at`, which moves on; large ones become NUMBER_LIMIT. */
static unsigned read_number(etw_str text, size_t *at)
{
    unsigned number = 0;
    while (*at < text.size && is_digit(text.data[*at])) {
        number = number * 10 + (unsigned)(text.data[(*at)++] - '0');
        if (number > NUMBER_LIMIT)
            number = NUMBER_LIMIT;
    }
    return number;
}

static bool skip(etw_str text, size_t *at, const char *word)
{
    const size_t size = strlen(word);
    if (text.size - *at < size || memcmp(text.data + *at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

static bool read_flag(char c, etwi_insertion *out)
{
    switch (c) {
    case '-':
        return out->is_left = true;
    case '0':
        return out->is_zero_padded = true;
    case '+':
        return out->has_sign = true;
    case ' ':
        return out->has_space = true;
    case '#':
        return out->is_alternate = true;
    default:
        return false;
    }
}

/* The format behind its first exclamation mark, to the second. */
static bool read_format(etw_str text, size_t *position, etwi_insertion *out)
{
    /* What the size says is known from the type of the value. */
    static const char *const SIZES[] = {"I64", "I32", "hh", "ll", "I", "l",
                                        "h",   "w",   "j",  "z",  "t", "L"};
    size_t at = *position;
    while (at < text.size && read_flag(text.data[at], out))
        at++;
    out->takes_width = skip(text, &at, "*");
    if (!out->takes_width)
        out->width = read_number(text, &at);
    if (skip(text, &at, ".")) {
        out->takes_precision = skip(text, &at, "*");
        if (!out->takes_precision)
            out->precision = (int)read_number(text, &at);
    }
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++)
        if (skip(text, &at, SIZES[i]))
            break;
    if (text.size - at < 2 || text.data[at + 1] != '!' ||
        !memchr("diouxXpsScCeEfgG", text.data[at], 16))
        return false;
    out->conversion = text.data[at];
    *position = at + 2;
    return true;
}

bool etwi_insertion_parse(etw_str text, unsigned digits_max, etwi_insertion *out)
{
    const etwi_insertion plain = {.precision = -1, .conversion = 's'};
    size_t at = 1;
    *out = plain;
    if (text.size < 2 || text.data[0] != '%' || text.data[1] == '0')
        return false;
    while (at <= digits_max && at < text.size && is_digit(text.data[at]))
        out->number = out->number * 10 + (unsigned)(text.data[at++] - '0');
    if (at == 1)
        return false;
    const unsigned number = out->number;
    if (skip(text, &at, "!") && !read_format(text, &at, out)) {
        *out = plain;
        at--;
    }
    out->number = number;
    out->size = at;
    return true;
}
