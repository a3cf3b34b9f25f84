/*
 * The writers of numbers and GUIDs behind base/text.h, inline for the loops that write millions of
 * them.
 *
 * They store whole words and advance by what counts, so they may write behind the end they return,
 * but never more than the maximum that text.h states. All digits of a word are made at once, and
 * how many of them count is found from the number alone, so a processor works on several numbers at
 * a time. Nothing depends on the order of bytes of the processor.
 *
 * x86-64 always has SSE2, and no more than that is needed: leading zeros go by shifting the number,
 * not the digits.
 */
#ifndef ETWI_BASE_TEXT_FAST_H
#define ETWI_BASE_TEXT_FAST_H

#include "base/bits.h"
#include "base/bytes.h"
#include "base/text.h"

#if defined(ETWI_HAS_SSE2)
#include <emmintrin.h>
#endif

/* ------------------------------------------------------------------------------ decimal */

/*
 * How many decimal digits a number has. Entry b of the table is for numbers whose highest bit is b:
 * they have d or d + 1 digits, and adding (d + 1) * 2^32 - 10^d carries into the upper half
 * accordingly.
 */
static inline unsigned etwi_decimal_digits(uint32_t value)
{
    static const uint64_t CARRY[32] = {
        4294967296,  8589934582,  8589934582,  8589934582,  12884901788, 12884901788, 12884901788,
        17179868184, 17179868184, 17179868184, 21474826480, 21474826480, 21474826480, 21474826480,
        25769703776, 25769703776, 25769703776, 30063771072, 30063771072, 30063771072, 34349738368,
        34349738368, 34349738368, 34349738368, 38554705664, 38554705664, 38554705664, 41949672960,
        41949672960, 41949672960, 42949672960, 42949672960};
    return (unsigned)((value + CARRY[etwi_highest_bit(value | 1)]) >> 32);
}

/* The eight digits of a number below 10^8 as characters, the first one in the lowest byte. */
static inline uint64_t etwi_eight_digits(uint32_t value)
{
    const uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    const uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007F0000007F;
    const uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000F;
    return (tens | (twos - tens * 10) << 8) + 0x3030303030303030;
}

static inline char *etwi_fast_u32(char *out, uint32_t value)
{
    if (value >= 100000000) {
        const uint32_t high = value / 100000000;
        const unsigned digits = 1 + (high >= 10);
        etwi_store_u64(out, etwi_eight_digits(high) >> 8 * (8 - digits));
        etwi_store_u64(out + digits, etwi_eight_digits(value % 100000000));
        return out + digits + 8;
    }
    const unsigned digits = etwi_decimal_digits(value);
    etwi_store_u64(out, etwi_eight_digits(value) >> 8 * (8 - digits));
    return out + digits;
}

static inline char *etwi_fast_u64(char *out, uint64_t value)
{
    if (value <= UINT32_MAX)
        return etwi_fast_u32(out, (uint32_t)value);
    const uint64_t high = value / 100000000;
    if (high <= UINT32_MAX) {
        out = etwi_fast_u32(out, (uint32_t)high);
    } else {
        out = etwi_fast_u32(out, (uint32_t)(high / 100000000));
        etwi_store_u64(out, etwi_eight_digits((uint32_t)(high % 100000000)));
        out += 8;
    }
    etwi_store_u64(out, etwi_eight_digits((uint32_t)(value % 100000000)));
    return out + 8;
}

static inline char *etwi_fast_i64(char *out, int64_t value)
{
    *out = '-';
    const uint64_t sign = (uint64_t)value >> 63;
    return etwi_fast_u64(out + sign, ((uint64_t)value ^ (0 - sign)) + sign);
}

/* -------------------------------------------------------------------------- hexadecimal */

static inline uint32_t etwi_swap_u32(uint32_t value)
{
    return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | value << 24;
}

static inline uint64_t etwi_swap_u64(uint64_t value)
{
    return (uint64_t)etwi_swap_u32((uint32_t)value) << 32 | etwi_swap_u32((uint32_t)(value >> 32));
}

/* The eight digits of four bytes, the lowest byte first. */
static inline uint64_t etwi_hex_of_four(uint32_t bytes)
{
    uint64_t digits = bytes;
    digits = (digits << 16 & 0x0000FFFF00000000) | (digits & 0xFFFF);
    digits = (digits << 8 & 0x00FF000000FF0000) | (digits & 0x000000FF000000FF);
    digits = (digits >> 4 & 0x000F000F000F000F) | (digits << 8 & 0x0F000F000F000F00);
    const uint64_t letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
    return digits + letters * ('A' - '0' - 10) + 0x3030303030303030;
}

static inline void etwi_hex_of_eight_scalar(char *out, uint64_t bytes)
{
    etwi_store_u64(out, etwi_hex_of_four((uint32_t)bytes));
    etwi_store_u64(out + 8, etwi_hex_of_four((uint32_t)(bytes >> 32)));
}

/* Stores the sixteen digits of eight bytes, the lowest byte first. */
static inline void etwi_hex_of_eight(char *out, uint64_t bytes)
{
#if defined(ETWI_HAS_SSE2)
    const __m128i low_nibbles = _mm_set1_epi8(15);
    const __m128i both = _mm_cvtsi64_si128((long long)bytes);
    const __m128i high = _mm_and_si128(_mm_srli_epi64(both, 4), low_nibbles);
    const __m128i nibbles = _mm_unpacklo_epi8(high, _mm_and_si128(both, low_nibbles));
    const __m128i letters =
        _mm_and_si128(_mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9)), _mm_set1_epi8('A' - '0' - 10));
    const __m128i digits = _mm_add_epi8(_mm_add_epi8(nibbles, _mm_set1_epi8('0')), letters);
    _mm_storeu_si128((__m128i *)(void *)out, digits);
#else
    etwi_hex_of_eight_scalar(out, bytes);
#endif
}

/* "0x" and the `digits` lowest digits, of 1 to 16. */
static inline char *etwi_fast_hex_padded(char *out, uint64_t value, unsigned digits)
{
    out[0] = '0';
    out[1] = 'x';
    etwi_hex_of_eight(out + 2, etwi_swap_u64(value << (64 - 4 * digits)));
    return out + 2 + digits;
}

static inline char *etwi_fast_hex(char *out, uint64_t value)
{
    return etwi_fast_hex_padded(out, value, etwi_highest_bit(value | 1) / 4 + 1);
}

/* Of the two halves of a GUID as stored, both little-endian. */
static inline char *etwi_fast_guid_halves(char *out, uint64_t first, uint64_t second)
{
    char digits[32];
    const uint32_t shorts = (uint32_t)(first >> 32);
    const uint32_t swapped = (shorts >> 8 & 0x00FF00FF) | (shorts << 8 & 0xFF00FF00);
    etwi_hex_of_eight(digits, etwi_swap_u32((uint32_t)first) | (uint64_t)swapped << 32);
    etwi_hex_of_eight(digits + 16, second);
    out[0] = '{';
    memcpy(out + 1, digits, 8);
    out[9] = '-';
    memcpy(out + 10, digits + 8, 4);
    out[14] = '-';
    memcpy(out + 15, digits + 12, 4);
    out[19] = '-';
    memcpy(out + 20, digits + 16, 4);
    out[24] = '-';
    memcpy(out + 25, digits + 20, 12);
    out[37] = '}';
    return out + 38;
}

static inline char *etwi_fast_guid(char *out, const etw_guid *guid)
{
    return etwi_fast_guid_halves(
        out, guid->data1 | (uint64_t)guid->data2 << 32 | (uint64_t)guid->data3 << 48,
        etwi_load_u64(guid->data4));
}

#endif
