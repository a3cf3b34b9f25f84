#include "consumer/filter_text.h"

#include "base/bytes.h"
#include "base/case.h"
#include "base/text.h"
#include "consumer/filter_regex.h"
#include "decode/codepage.h"

/* Where bytes go that belong to no character. */
#define BAD_BYTE_BASE 0xDC00u

static etwi_chars chars_of(const void *data, size_t size, etwi_encoding encoding)
{
    static const uint8_t NOTHING[1] = {0};
    const uint8_t *at = data ? (const uint8_t *)data : NOTHING;
    etwi_chars chars;
    chars.at = at;
    chars.end = at + size;
    chars.high = NULL;
    chars.encoding = encoding;
    chars.digit = 0;
    chars.piece_count = 0;
    return chars;
}

etwi_chars etwi_chars_utf8(etw_str text)
{
    return chars_of(text.data, text.size, ETWI_ENCODING_UTF8);
}

etwi_chars etwi_chars_utf16(etw_bytes text)
{
    return chars_of(text.data, text.size & ~(size_t)1, ETWI_ENCODING_UTF16);
}

etwi_chars etwi_chars_ansi(etw_bytes text, unsigned code_page)
{
    const uint16_t *high = etwi_code_page_high_half(code_page);
    etwi_chars chars =
        chars_of(text.data, text.size, high ? ETWI_ENCODING_ANSI : ETWI_ENCODING_UTF8);
    chars.high = high;
    return chars;
}

etwi_chars etwi_chars_binary(etw_bytes data)
{
    return chars_of(data.data, data.size, ETWI_ENCODING_BINARY);
}

void etwi_chars_append(etwi_chars *chars, etw_str text)
{
    if (text.size)
        chars->pieces[chars->piece_count++] = text;
}

static uint32_t next_digit(etwi_chars *chars)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    switch (chars->digit) {
    case 0:
        chars->digit = 1;
        return '0';
    case 1:
        chars->digit = 2;
        return 'x';
    case 2:
        if (chars->at == chars->end)
            return ETWI_CHARS_END;
        chars->digit = 3;
        return (uint8_t)DIGITS[*chars->at >> 4];
    default:
        chars->digit = 2;
        return (uint8_t)DIGITS[*chars->at++ & 15];
    }
}

static uint32_t next_utf8(etwi_chars *chars)
{
    if (chars->at == chars->end) {
        if (!chars->piece_count)
            return ETWI_CHARS_END;
        chars->at = (const uint8_t *)chars->pieces[0].data;
        chars->end = chars->at + chars->pieces[0].size;
        chars->piece_count--;
        chars->pieces[0] = chars->pieces[1];
    }
    if (*chars->at < 0x80)
        return *chars->at++;
    const uint32_t code_point = etwi_utf8_next(&chars->at, chars->end);
    return code_point & ETWI_BAD_UTF8 ? BAD_BYTE_BASE + (code_point & 0xFF) : code_point;
}

uint32_t etwi_chars_next(etwi_chars *chars)
{
    uint8_t byte;
    switch (chars->encoding) {
    case ETWI_ENCODING_UTF16:
        return chars->at == chars->end ? ETWI_CHARS_END : etwi_utf16_next(&chars->at, chars->end);
    case ETWI_ENCODING_ANSI:
        if (chars->at == chars->end)
            return ETWI_CHARS_END;
        byte = *chars->at++;
        return byte < 0x80 ? byte : chars->high[byte - 0x80];
    case ETWI_ENCODING_BINARY:
        return next_digit(chars);
    default:
        return next_utf8(chars);
    }
}

/* --------------------------------------------------------------------------------- patterns */

static uint32_t next_folded(etwi_chars *chars, bool ignore_case)
{
    const uint32_t c = etwi_chars_next(chars);
    return ignore_case && c != ETWI_CHARS_END ? etwi_upper_case(c) : c;
}

int etwi_pattern_compare(const etwi_pattern *pattern, etwi_chars text)
{
    for (uint32_t i = 0;; i++) {
        const uint32_t c = next_folded(&text, pattern->ignore_case);
        if (c == ETWI_CHARS_END)
            return i < pattern->size ? -1 : 0;
        if (i == pattern->size)
            return 1;
        if (c != pattern->characters[i])
            return c < pattern->characters[i] ? -1 : 1;
    }
}

static bool starts(const etwi_pattern *pattern, etwi_chars text)
{
    for (uint32_t i = 0; i < pattern->size; i++)
        if (next_folded(&text, pattern->ignore_case) != pattern->characters[i])
            return false;
    return true;
}

void etwi_pattern_borders(const uint32_t *characters, uint32_t size, uint32_t *borders)
{
    uint32_t border = 0;
    for (uint32_t i = 0; i < size; i++) {
        while (i && border && characters[border] != characters[i])
            border = borders[border - 1];
        if (i && characters[border] == characters[i])
            border++;
        borders[i] = border;
    }
}

/* Anywhere in the text, or at its end. */
static bool contains(const etwi_pattern *pattern, etwi_chars text, bool at_end)
{
    uint32_t matched = 0;
    for (;;) {
        if (matched == pattern->size && !at_end)
            return true;
        const uint32_t c = next_folded(&text, pattern->ignore_case);
        if (c == ETWI_CHARS_END)
            return matched == pattern->size;
        if (!pattern->size)
            continue;
        if (matched == pattern->size)
            matched = pattern->borders[matched - 1];
        while (matched && pattern->characters[matched] != c)
            matched = pattern->borders[matched - 1];
        if (pattern->characters[matched] == c)
            matched++;
    }
}

/* After a mismatch only the last star is tried again, so the work is at most the product of both
 * lengths. */
static bool glob(const etwi_pattern *pattern, etwi_chars text)
{
    uint32_t at = 0, star = UINT32_MAX;
    etwi_chars again = text;
    for (;;) {
        while (at < pattern->size && pattern->characters[at] == '*') {
            star = ++at;
            again = text;
            if (at == pattern->size)
                return true;
        }
        const uint32_t c = next_folded(&text, pattern->ignore_case);
        if (c == ETWI_CHARS_END)
            return at == pattern->size;
        if (at < pattern->size &&
            (pattern->characters[at] == '?' || pattern->characters[at] == c)) {
            at++;
            continue;
        }
        if (star == UINT32_MAX)
            return false;
        etwi_chars_next(&again);
        text = again;
        at = star;
    }
}

bool etwi_pattern_matches(const etwi_pattern *pattern, etwi_chars text)
{
    switch (pattern->kind) {
    case ETWI_PATTERN_EQUAL:
        return etwi_pattern_compare(pattern, text) == 0;
    case ETWI_PATTERN_CONTAINS:
        return contains(pattern, text, false);
    case ETWI_PATTERN_STARTS:
        return starts(pattern, text);
    case ETWI_PATTERN_ENDS:
        return contains(pattern, text, true);
    case ETWI_PATTERN_GLOB:
        return glob(pattern, text);
    case ETWI_PATTERN_REGEX:
        return etwi_regex_search(pattern->regex, text);
    }
    return false;
}
