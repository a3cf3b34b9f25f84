/*
 * Runs of text: how far UTF-16 goes, and which of sixteen characters a JSON string takes as they
 * are. The scalar forms are for processors without SSE2, and for the tests of the others.
 */
#ifndef ETWI_BASE_SCAN_H
#define ETWI_BASE_SCAN_H

#include "base/text_fast.h"

enum {
    ETWI_SCAN_COUNT = 16, /* Characters looked at in one step. */
    ETWI_TEXT_STEP = 128, /* Bytes of UTF-16 looked at at once for the end of a text. */
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

static inline size_t etwi_utf16_length_scalar(const uint8_t *data, size_t size)
{
    size_t length = 0;
    while (length + 2 <= size && (data[length] || data[length + 1]))
        length += 2;
    return length;
}

#if defined(ETWI_HAS_SSE2)
/* The place of a vector that may not begin behind `last`. */
static inline size_t etwi_vector_place(size_t place, size_t last)
{
    return place < last ? place : last;
}

/* A bit for each unit of ETWI_TEXT_STEP bytes from `from` on that is zero. */
static inline uint64_t etwi_zero_units(const uint8_t *data, size_t from, size_t last)
{
    const __m128i zero = _mm_setzero_si128();
    uint64_t zeros = 0;
    for (unsigned i = 0; i < ETWI_TEXT_STEP; i += 32) {
        const uint8_t *low = data + etwi_vector_place(from + i, last);
        const uint8_t *high = data + etwi_vector_place(from + i + 16, last);
        const __m128i both = _mm_packs_epi16(_mm_cmpeq_epi16(etwi_load_vector(low), zero),
                                             _mm_cmpeq_epi16(etwi_load_vector(high), zero));
        zeros |= (uint64_t)(unsigned)_mm_movemask_epi8(both) << i / 2;
    }
    return zeros;
}
#endif

/*
 * How many bytes of UTF-16 stand before a zero unit, or before the end.
 *
 * Most texts end in the first step, so a processor foresees that there is no second one. How many
 * smaller steps a text takes it cannot foresee, and being wrong about it costs more than looking at
 * all of a large one. Near the end the vectors of a step overlap: those that would go beyond it
 * look at the last sixteen bytes. What they see again is no zero, or another vector saw it before.
 */
static inline size_t etwi_utf16_length(const uint8_t *data, size_t size)
{
#if defined(ETWI_HAS_SSE2)
    const size_t end = size & ~(size_t)1;
    if (end >= 16) {
        const size_t last = end - 16;
        for (size_t from = 0; from < end; from += ETWI_TEXT_STEP) {
            const uint64_t zeros = etwi_zero_units(data, from, last);
            if (zeros) {
                const unsigned unit = etwi_lowest_bit(zeros);
                return etwi_vector_place(from + 2 * (unit & ~7u), last) + 2 * (unit & 7);
            }
        }
        return end;
    }
#endif
    return etwi_utf16_length_scalar(data, size);
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
