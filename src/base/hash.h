/* A 64-bit hash for tables in memory. Not for anything that leaves the process. */
#ifndef ETWI_BASE_HASH_H
#define ETWI_BASE_HASH_H

#include "base/bits.h"

#include <etw/base.h>
#include <string.h>

/* The two halves of a 128-bit product, folded. */
static inline uint64_t etwi_hash_mix(uint64_t a, uint64_t b)
{
    const uint64_t x = a ^ 0x9E3779B97F4A7C15u, y = b ^ 0xD1B54A32D192ED03u;
    return x * y ^ etwi_multiply_high(x, y);
}

static inline uint64_t etwi_hash_bytes(uint64_t seed, const void *data, size_t size)
{
    const uint8_t *at = (const uint8_t *)data;
    uint64_t hash = seed ^ size * 0xFF51AFD7ED558CCDu;
    uint64_t words[2];
    for (; size >= 16; at += 16, size -= 16) {
        memcpy(words, at, 16);
        hash = etwi_hash_mix(hash ^ words[0], words[1]);
    }
    words[0] = words[1] = 0;
    if (size)
        memcpy(words, at, size);
    return etwi_hash_mix(hash ^ words[0], words[1]);
}

#endif
