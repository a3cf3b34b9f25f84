/*
 * Bits and wide products by single instructions, for every compiler that has a name for them, and
 * in plain C for the others and for tests.
 */
#ifndef ETWI_BASE_BITS_H
#define ETWI_BASE_BITS_H

#include "base/compiler.h"

#include <etw/base.h>

#if defined(ETWI_HAS_INTRIN)
#include <intrin.h>
#endif

/* The index of the highest bit set; `value` is not 0. */
static inline unsigned etwi_highest_bit(uint64_t value)
{
#if defined(ETWI_HAS_BUILTINS)
    return 63u - (unsigned)__builtin_clzll(value);
#elif defined(ETWI_HAS_INTRIN)
    unsigned long index;
    _BitScanReverse64(&index, value);
    return index;
#else
    unsigned bit = 0;
    while (value >>= 1)
        bit++;
    return bit;
#endif
}

/* The index of the lowest bit set; `value` is not 0. */
static inline unsigned etwi_lowest_bit(uint64_t value)
{
#if defined(ETWI_HAS_BUILTINS)
    return (unsigned)__builtin_ctzll(value);
#elif defined(ETWI_HAS_INTRIN)
    unsigned long index;
    _BitScanForward64(&index, value);
    return index;
#else
    unsigned bit = 0;
    for (; !(value & 1); value >>= 1)
        bit++;
    return bit;
#endif
}

/* The high half of a product. */
static inline uint64_t etwi_multiply_high(uint64_t a, uint64_t b)
{
#if defined(ETWI_HAS_INT128)
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)a * b >> 64);
#elif defined(ETWI_HAS_INTRIN)
    return __umulh(a, b);
#else
    const uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    const uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    const uint64_t other = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);
    return (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
#endif
}

#endif
