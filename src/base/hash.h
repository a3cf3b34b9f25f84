/* A 64-bit hash for tables in memory. Not for anything that leaves the process. */
#ifndef ETWI_BASE_HASH_H
#define ETWI_BASE_HASH_H

#include <etw/base.h>
#include <string.h>

static inline uint64_t etwi_hash_mix(uint64_t a, uint64_t b)
{
    /* The finaliser of SplitMix64 over both words. */
    uint64_t x = a ^ (b * 0x9E3779B97F4A7C15u);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static inline uint64_t etwi_hash_bytes(uint64_t seed, const void *data, size_t size)
{
    const uint8_t *at = (const uint8_t *)data;
    uint64_t hash = seed ^ size * 0xFF51AFD7ED558CCDu;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = etwi_hash_mix(hash, word);
        at += 8;
        size -= 8;
    }
    uint64_t tail = 0;
    if (size)
        memcpy(&tail, at, size);
    return etwi_hash_mix(hash, tail);
}

#endif
