/*
 * Text of any encoding as JSON strings.
 *
 * Sixteen characters at a time are copied as if all were plain; what is not plain ends the copy and
 * is written by itself. Runs of characters that take two or three bytes of UTF-8 have loops of
 * their own, as those who write in other scripts pay for every detour a character.
 */
#include "sink/json_text.h"

#include "base/scan.h"

static char *put_unit_escape(char *out, uint32_t unit)
{
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = "0123456789ABCDEF"[unit >> shift & 15];
    return out;
}

/* The short escapes of JSON; 0 where there is none. */
static char short_escape(uint32_t code_point)
{
    switch (code_point) {
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    case '"':
    case '\\':
        return (char)code_point;
    default:
        return 0;
    }
}

static char *put_ascii(char *out, uint32_t code_point)
{
    if (etwi_is_plain(code_point)) {
        *out++ = (char)code_point;
        return out;
    }
    const char letter = short_escape(code_point);
    if (!letter)
        return put_unit_escape(out, code_point);
    *out++ = '\\';
    *out++ = letter;
    return out;
}

static char *put_code_point(char *out, uint32_t code_point)
{
    if (code_point < 0x80)
        return put_ascii(out, code_point);
    if ((code_point & ~0x7FFu) == 0xD800)
        return put_unit_escape(out, code_point);
    return etwi_text_utf8(out, code_point);
}

/* Copies fewer than 32 bytes without a loop; both ends overlap in the middle. */
static void copy_short(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size >= 16) {
        memcpy(to, from, 16);
        memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else if (size >= 2) {
        memcpy(to, from, 2);
        to[size - 1] = from[size - 1];
    } else if (size) {
        *to = *from;
    }
}

/* A mask that ends a step after `count` characters, or after all it has looked at. */
static unsigned mask_from(size_t count)
{
    return 1u << (count < ETWI_SCAN_COUNT ? count : ETWI_SCAN_COUNT);
}

/* -------------------------------------------------------------------------------- UTF-16 */

static bool is_two_byte(unsigned unit)
{
    return unit - 0x80 < 0x800 - 0x80;
}

/* Units from 0x80 to 0x7FF: two bytes each, eight units at a time where they come together. */
static char *put_two_byte_run(char *out, const uint8_t **at, const uint8_t *end)
{
    const uint8_t *from = *at;
#if defined(ETWI_HAS_SSE2)
    while (end - from >= 16) {
        const __m128i units = etwi_load_vector(from);
        /* Signed comparisons: units from 0x8000 on are below 0x80. */
        const __m128i below = _mm_cmplt_epi16(units, _mm_set1_epi16(0x80));
        const __m128i above = _mm_cmpgt_epi16(units, _mm_set1_epi16(0x7FF));
        const __m128i tails = _mm_slli_epi16(_mm_and_si128(units, _mm_set1_epi16(0x3F)), 8);
        const __m128i pairs = _mm_or_si128(_mm_srli_epi16(units, 6), tails);
        _mm_storeu_si128((__m128i *)(void *)out,
                         _mm_or_si128(pairs, _mm_set1_epi16((short)0x80C0)));
        const unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(below, above));
        const unsigned size = etwi_lowest_bit(mask | 1u << 16);
        out += size;
        from += size;
        if (mask) {
            *at = from;
            return out;
        }
    }
#endif
    for (; from < end; from += 2) {
        const unsigned unit = etwi_load_u16(from);
        if (!is_two_byte(unit))
            break;
        *out++ = (char)(0xC0 | unit >> 6);
        *out++ = (char)(0x80 | (unit & 0x3F));
    }
    *at = from;
    return out;
}

/* Units from 0x800 on that are no surrogates: three bytes each. */
static char *put_three_byte_run(char *out, const uint8_t **at, const uint8_t *end)
{
    const uint8_t *from = *at;
    for (; from < end; from += 2) {
        const unsigned unit = etwi_load_u16(from);
        if (unit < 0x800 || (unit & 0xF800) == 0xD800)
            break;
        out[0] = (char)(0xE0 | unit >> 12);
        out[1] = (char)(0x80 | (unit >> 6 & 0x3F));
        out[2] = (char)(0x80 | (unit & 0x3F));
        out += 3;
    }
    *at = from;
    return out;
}

/* Words of two-byte characters, with one plain character at a time between them. */
static char *put_two_byte_words(char *out, const uint8_t **at, const uint8_t *end)
{
    for (;;) {
        out = put_two_byte_run(out, at, end);
        if (end - *at < 4 || !etwi_is_plain(etwi_load_u16(*at)) ||
            !is_two_byte(etwi_load_u16(*at + 2)))
            return out;
        *out++ = (char)**at;
        *at += 2;
    }
}

/* What stopped a run of plain characters, and what is like it behind. */
static char *put_special_units(char *out, const uint8_t **at, const uint8_t *end)
{
    const unsigned unit = etwi_load_u16(*at);
    if (unit < 0x80) {
        *at += 2;
        return put_ascii(out, unit);
    }
    if (unit < 0x800)
        return put_two_byte_words(out, at, end);
    if ((unit & 0xF800) != 0xD800)
        return put_three_byte_run(out, at, end);
    return put_code_point(out, etwi_utf16_next(at, end));
}

/*
 * Writes quotes and backslashes of a step that was copied to `out`, without looking for them again:
 * each moves what follows it by one. Stops before anything else that is not plain. Reads one step
 * behind the step.
 */
static char *put_escapes(char *out, const uint8_t **at, unsigned mask, size_t left)
{
    const uint8_t *from = *at;
    unsigned count = left < ETWI_SCAN_COUNT ? (unsigned)left : ETWI_SCAN_COUNT;
    for (mask &= (1u << count) - 1; mask; mask &= mask - 1) {
        const unsigned index = etwi_lowest_bit(mask);
        const unsigned unit = etwi_load_u16(from + 2 * index);
        if (unit != '"' && unit != '\\') {
            count = index;
            break;
        }
        out[index] = '\\';
        out++;
        etwi_scan_utf16(out + index, from + 2 * index);
    }
    *at = from + 2 * (size_t)count;
    return out + count;
}

char *etwi_json_put_utf16(char *out, etw_bytes text, const uint8_t *limit)
{
    const uint8_t *at = text.data, *end = text.data + (text.size & ~(size_t)1);
    uint8_t edge[2 * ETWI_SCAN_COUNT] = {0};
    while (at < end) {
        const uint8_t *from = at;
        const size_t left = (size_t)(end - at) / 2;
        if (limit - at < (ptrdiff_t)sizeof edge) {
            copy_short(edge, at, 2 * left);
            from = edge;
        }
        const unsigned mask = etwi_scan_utf16(out, from);
        if (!mask && left >= ETWI_SCAN_COUNT) {
            /* Advancing by a constant lets the next step start before the mask is known. */
            out += ETWI_SCAN_COUNT;
            at += 2 * ETWI_SCAN_COUNT;
            continue;
        }
        if (limit - at >= 2 * (ptrdiff_t)sizeof edge) {
            out = put_escapes(out, &at, mask, left);
        } else {
            const unsigned count = etwi_lowest_bit(mask | mask_from(left));
            out += count;
            at += 2 * (size_t)count;
        }
        if (at < end && !etwi_is_plain(etwi_load_u16(at)))
            out = put_special_units(out, &at, end);
    }
    return out;
}

/* --------------------------------------------------------------------- 8-bit encodings */

/* Plain bytes up to what is not plain, or to the end. */
static char *put_plain_bytes(char *out, const uint8_t **at, const uint8_t *end,
                             const uint8_t *limit)
{
    uint8_t edge[ETWI_SCAN_COUNT] = {0};
    for (;;) {
        const uint8_t *from = *at;
        const size_t left = (size_t)(end - from);
        if (limit - from < (ptrdiff_t)sizeof edge) {
            copy_short(edge, from, left);
            from = edge;
        }
        const unsigned mask = etwi_scan_bytes(out, from);
        if (mask || left < ETWI_SCAN_COUNT) {
            const unsigned count = etwi_lowest_bit(mask | mask_from(left));
            *at += count;
            return out + count;
        }
        out += ETWI_SCAN_COUNT;
        *at += ETWI_SCAN_COUNT;
    }
}

char *etwi_json_put_utf8(char *out, etw_bytes text, const uint8_t *limit)
{
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end) {
        out = put_plain_bytes(out, &at, end, limit);
        while (at < end && !etwi_is_plain(*at)) {
            const uint32_t code_point = etwi_utf8_next(&at, end);
            const bool bad = (code_point & ETWI_BAD_UTF8) != 0;
            out = put_code_point(out, bad ? 0xDC00 + (code_point & 0xFF) : code_point);
        }
    }
    return out;
}

char *etwi_json_put_ansi(char *out, etw_bytes text, const uint8_t *limit, const uint16_t *high)
{
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end) {
        out = put_plain_bytes(out, &at, end, limit);
        for (; at < end && !etwi_is_plain(*at); at++)
            out = put_code_point(out, *at < 0x80 ? *at : high[*at - 0x80]);
    }
    return out;
}

/* -------------------------------------------------------------------------------- buffers */

/* Room for any text of `count` units or bytes, or NULL. */
static char *reserve_text(etwi_buffer *out, size_t count)
{
    return etwi_buffer_reserve(out, count * ETWI_JSON_CHARACTER_MAX + ETWI_JSON_SLACK);
}

void etwi_json_utf16(etwi_buffer *out, etw_bytes text)
{
    char *to = text.size ? reserve_text(out, text.size / 2) : NULL;
    if (to)
        out->size = (size_t)(etwi_json_put_utf16(to, text, text.data + text.size) - out->data);
}

void etwi_json_utf8(etwi_buffer *out, etw_bytes text)
{
    char *to = text.size ? reserve_text(out, text.size) : NULL;
    if (to)
        out->size = (size_t)(etwi_json_put_utf8(to, text, text.data + text.size) - out->data);
}

void etwi_json_ansi(etwi_buffer *out, etw_bytes text, const uint16_t *high)
{
    char *to = text.size ? reserve_text(out, text.size) : NULL;
    if (to)
        out->size = (size_t)(etwi_json_put_ansi(to, text, text.data + text.size, high) - out->data);
}

void etwi_json_hex(etwi_buffer *out, etw_bytes data)
{
    char *to = etwi_buffer_reserve(out, 2 + 2 * data.size);
    if (!to)
        return;
    *to++ = '0';
    *to++ = 'x';
    out->size = (size_t)(etwi_text_hex_bytes(to, data.data, data.size) - out->data);
}

void etwi_json_string(etwi_buffer *out, etw_str text)
{
    const etw_bytes bytes = {(const uint8_t *)text.data, text.size};
    etwi_buffer_append_char(out, '"');
    etwi_json_utf8(out, bytes);
    etwi_buffer_append_char(out, '"');
}
