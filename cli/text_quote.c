/*
 * Quotes and escapes. Nearly all values need none, so what matters is to find that out fast: a
 * table says which bytes may be special, and only where there is one it is looked at closely.
 */
#include "text.h"

/* What a byte may be. */
enum {
    CONTROL = 1, /* A control character, or the first byte of one in UTF-8. */
    BLANK = 2,
    QUOTE = 4,
    NESTED = 8, /* What takes lists apart. */
    CSV = 16    /* What RFC 4180 wants in quotes. */
};

// clang-format off
static const uint8_t classes[256] = {
    CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL,
    CONTROL, CONTROL, CONTROL | CSV, CONTROL, CONTROL, CONTROL | CSV, CONTROL, CONTROL,
    CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL,
    CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL,
    [' '] = BLANK, ['"'] = QUOTE | CSV, [','] = NESTED | CSV, ['['] = NESTED, [']'] = NESTED,
    ['{'] = NESTED, ['}'] = NESTED, [0x7F] = CONTROL, [0xC2] = CONTROL,
};
// clang-format on

/* Where the first byte of a class is, or `end`. */
static const char *find(const char *at, const char *end, unsigned wanted)
{
    while (at < end && !(classes[(uint8_t)*at] & wanted))
        at++;
    return at;
}

/* The length of the control character at `at`, also of C1 ones in UTF-8; 0 if it is none. */
static size_t control_size(const char *at, const char *end)
{
    const uint8_t first = (uint8_t)*at;
    if (first == 0xC2)
        return at + 1 < end && (uint8_t)at[1] < 0xA0 ? 2 : 0;
    return classes[first] & CONTROL ? 1 : 0;
}

static bool has_control(const char *at, const char *end)
{
    for (at = find(at, end, CONTROL); at < end; at = find(at + 1, end, CONTROL))
        if (control_size(at, end))
            return true;
    return false;
}

/* One control character, as JSON would escape it. */
static char *write_control(char *out, const char *at, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint8_t code = (uint8_t)at[size - 1];
    *out++ = '\\';
    if (code == '\n' || code == '\r' || code == '\t') {
        *out++ = (char)(code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
        return out;
    }
    *out++ = 'u';
    *out++ = '0';
    *out++ = '0';
    *out++ = digits[code >> 4];
    *out++ = digits[code & 15];
    return out;
}

/* Escapes what begins at `start`, in quotes or without. */
static void escape_from(cli_text *text, size_t start, bool quotes)
{
    const size_t size = text->size - start;
    // The escaped text is written behind the plain one and moved over it.
    char *out = cli_text_reserve(text, 6 * size + 2);
    if (!out)
        return;
    char *to = out;
    const char *at = text->data + start, *end = text->data + text->size;
    if (quotes)
        *to++ = '"';
    while (at < end) {
        const size_t control = control_size(at, end);
        if (control) {
            to = write_control(to, at, control);
            at += control;
            continue;
        }
        if (quotes && (*at == '"' || *at == '\\'))
            *to++ = '\\';
        *to++ = *at++;
    }
    if (quotes)
        *to++ = '"';
    memmove(text->data + start, out, (size_t)(to - out));
    text->size = start + (size_t)(to - out);
}

/* Whether a text that is not empty has to stand in quotes. */
static bool needs_quotes(const char *at, const char *end, bool nested)
{
    const unsigned plain = nested ? BLANK | QUOTE | NESTED : BLANK | QUOTE;
    const char *special = find(at, end, plain | CONTROL);
    // A byte of the class CONTROL need not be the begin of one.
    return special < end && (find(special, end, plain) < end || has_control(special, end));
}

void cli_text_quote_from(cli_text *text, size_t start, bool nested)
{
    if (text->failed)
        return;
    if (text->size == start || needs_quotes(text->data + start, text->data + text->size, nested))
        escape_from(text, start, true);
}

void cli_text_clean_from(cli_text *text, size_t start)
{
    if (!text->failed && text->size > start &&
        has_control(text->data + start, text->data + text->size))
        escape_from(text, start, false);
}

bool cli_text_is_clean(etw_str text)
{
    return text.size == 0 || !has_control(text.data, text.data + text.size);
}

/* Whether any of sixteen bytes is special in CSV: simple enough for compilers to do at once. */
static bool any_csv(const char *at)
{
    uint8_t any = 0;
    for (unsigned i = 0; i < 16; i++)
        any |= (uint8_t)((at[i] == '"') | (at[i] == ',') | (at[i] == '\n') | (at[i] == '\r'));
    return any;
}

static bool needs_csv_quotes(const char *at, const char *end)
{
    while (end - at >= 16 && !any_csv(at))
        at += 16;
    return find(at, end, CSV) < end;
}

static size_t count_quotes(const char *at, const char *end)
{
    size_t count = 0;
    while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        count++;
        at++;
    }
    return count;
}

void cli_text_csv_quote_from(cli_text *text, size_t start)
{
    if (text->failed || text->size == start ||
        !needs_csv_quotes(text->data + start, text->data + text->size))
        return;
    size_t left = text->size - start;
    size_t quotes = count_quotes(text->data + start, text->data + text->size);
    if (!cli_text_reserve(text, quotes + 2))
        return;
    // From the back to the front, so that no second buffer is needed.
    char *const begin = text->data + start;
    char *to = begin + left + quotes + 2;
    text->size += quotes + 2;
    *--to = '"';
    while (quotes > 0) {
        const char c = begin[--left];
        *--to = c;
        if (c != '"')
            continue;
        *--to = '"';
        quotes--;
    }
    memmove(begin + 1, begin, left);
    *begin = '"';
}
