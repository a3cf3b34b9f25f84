/*
 * Runs of text: how far UTF-16 goes, and which of sixteen characters a JSON string takes as they
 * are. The scalar forms are for processors without SSE2, and for the tests of the others.
 */
#ifndef ETWI_BASE_SCAN_H
#define ETWI_BASE_SCAN_H

#include "base/text_fast.h"

enum {
    ETWI_SCAN_COUNT = 16, /* Characters looked at in one step. */
};

/* Whether a JSON string takes a character as it is. Code points above ASCII say no. */
static inline bool etwi_is_plain(unsigned code_point)
{
    return code_point >= 0x20 && code_point < 0x80 && code_point != '"' && code_point != '\\';
}

static inline unsigned etwi_scan_utf16_scalar(char *out, const uint8_t *at)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < ETWI_SCAN_COUNT; i++) {
        out[i] = (char)at[2 * i];
        mask |= (unsigned)!etwi_is_plain(etwi_load_u16(at + 2 * i)) << i;
    }
    return mask;
}

static inline unsigned etwi_scan_bytes_scalar(char *out, const uint8_t *at)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < ETWI_SCAN_COUNT; i++) {
        out[i] = (char)at[i];
        mask |= (unsigned)!etwi_is_plain(at[i]) << i;
    }
    return mask;
}

#if defined(ETWI_HAS_SSE2)
static inline __m128i etwi_load_vector(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Bytes from 0x80 on are negative, so one comparison finds them with the control characters. */
static inline unsigned etwi_mask_of_special(__m128i bytes)
{
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash)));
}
#endif

/*
 * Copies the low bytes of 16 UTF-16 units to `out` and returns a mask of those that are not plain;
 * for them what was copied means nothing. Packing saturates: units above 0xFF become 0xFF, and
 * those from 0x8000 on 0, neither of which is plain.
 */
static inline unsigned etwi_scan_utf16(char *out, const uint8_t *at)
{
#if defined(ETWI_HAS_SSE2)
    const __m128i packed = _mm_packus_epi16(etwi_load_vector(at), etwi_load_vector(at + 16));
    _mm_storeu_si128((__m128i *)(void *)out, packed);
    return etwi_mask_of_special(packed);
#else
    return etwi_scan_utf16_scalar(out, at);
#endif
}

/* The same for 16 bytes of an 8-bit encoding. */
static inline unsigned etwi_scan_bytes(char *out, const uint8_t *at)
{
#if defined(ETWI_HAS_SSE2)
    const __m128i bytes = etwi_load_vector(at);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
    return etwi_mask_of_special(bytes);
#else
    return etwi_scan_bytes_scalar(out, at);
#endif
}

/* How many bytes of UTF-16 stand before a zero unit, or before the end. */
static inline size_t etwi_utf16_length(const uint8_t *data, size_t size)
{
    size_t length = 0;
#if defined(ETWI_HAS_SSE2)
    const __m128i zero = _mm_setzero_si128();
    /* Two steps at once, so that whether there is a zero is asked half as often. */
    for (; size - length >= 32; length += 32) {
        const __m128i low = _mm_cmpeq_epi16(etwi_load_vector(data + length), zero);
        const __m128i high = _mm_cmpeq_epi16(etwi_load_vector(data + length + 16), zero);
        const unsigned mask = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));
        if (mask)
            return length + 2 * etwi_lowest_bit(mask);
    }
    /* The last vector may begin with some units that had no zero. */
    const size_t end = size & ~(size_t)1;
    while (end >= 16 && length < end) {
        const size_t from = end - length >= 16 ? length : end - 16;
        const __m128i zeros = _mm_cmpeq_epi16(etwi_load_vector(data + from), zero);
        const unsigned mask = (unsigned)_mm_movemask_epi8(zeros);
        if (mask)
            return from + etwi_lowest_bit(mask);
        length = from + 16;
    }
#endif
    while (length + 2 <= size && (data[length] || data[length + 1]))
        length += 2;
    return length;
}

/* The UTF-16 text up to a terminating zero unit, as bytes without it; the zero is consumed. */
static inline etw_bytes etwi_utf16_z(etwi_cursor *cursor)
{
    const size_t left = etwi_left(cursor);
    etw_bytes text = {cursor->at, etwi_utf16_length(cursor->at, left)};
    if (left - text.size >= 2) {
        cursor->at += text.size + 2;
        return text;
    }
    text.size = 0;
    cursor->failed = true;
    cursor->at = cursor->end;
    return text;
}

#endif
