#include "base/checksum.h"

#include "base/bytes.h"

static const uint64_t PRIMES[] = {0,
                                  0x9E3779B185EBCA87u,
                                  0xC2B2AE3D27D4EB4Fu,
                                  0x165667B19E3779F9u,
                                  0x85EBCA77C2B2AE63u,
                                  0x27D4EB2F165667C5u};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t mix_lane(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * PRIMES[2], 31) * PRIMES[1];
}

static uint64_t merge_lane(uint64_t hash, uint64_t lane)
{
    return (hash ^ mix_lane(0, lane)) * PRIMES[1] + PRIMES[4];
}

/* Takes whole stripes of 32 bytes; `*at` moves on. */
static uint64_t take_stripes(const uint8_t **at, const uint8_t *end)
{
    uint64_t lanes[4] = {PRIMES[1] + PRIMES[2], PRIMES[2], 0, 0 - PRIMES[1]};
    for (; end - *at >= 32; *at += 32)
        for (unsigned i = 0; i < 4; i++)
            lanes[i] = mix_lane(lanes[i], etwi_load_u64(*at + 8 * i));
    uint64_t hash =
        rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
    for (unsigned i = 0; i < 4; i++)
        hash = merge_lane(hash, lanes[i]);
    return hash;
}

uint64_t etwi_checksum(const void *data, size_t size)
{
    static const uint8_t NOTHING;
    const uint8_t *at = size ? data : &NOTHING;
    const uint8_t *const end = at + size;
    uint64_t hash = size >= 32 ? take_stripes(&at, end) : PRIMES[5];
    hash += size;
    for (; end - at >= 8; at += 8)
        hash = rotate(hash ^ mix_lane(0, etwi_load_u64(at)), 27) * PRIMES[1] + PRIMES[4];
    if (end - at >= 4) {
        hash = rotate(hash ^ etwi_load_u32(at) * PRIMES[1], 23) * PRIMES[2] + PRIMES[3];
        at += 4;
    }
    for (; at < end; at++)
        hash = rotate(hash ^ *at * PRIMES[5], 11) * PRIMES[1];
    hash = (hash ^ hash >> 33) * PRIMES[2];
    hash = (hash ^ hash >> 29) * PRIMES[3];
    return hash ^ hash >> 32;
}
