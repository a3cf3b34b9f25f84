/*
 * Copies for the LZ77 decoders. All of them work in blocks and may write up to 31 bytes more than
 * they were asked for, which is what ETWI_DECOMPRESS_SLACK is there for.
 */
#ifndef ETWI_ETL_LZ_COPY_H
#define ETWI_ETL_LZ_COPY_H

#include "base/bytes.h"

/* Copies 16 bytes as one block: everything is read before anything is written. */
static inline void etwi_copy_16(uint8_t *out, const uint8_t *from)
{
    uint8_t block[16];
    memcpy(block, from, sizeof block);
    memcpy(out, block, sizeof block);
}

/*
 * Repeats the last `distance` bytes, 1 to 15, until `length` are written. Nothing that was just
 * stored is loaded again: the processor would have to wait for it.
 */
static inline void etwi_copy_near(uint8_t *out, size_t distance, size_t length)
{
    /* Multiplying by this repeats the lowest `distance` bytes of a word all over it. */
    static const uint64_t repeat[8] = {
        0,
        0x0101010101010101u,
        0x0001000100010001u,
        0x0001000001000001u,
        0x0000000100000001u,
        0x0000010000000001u,
        0x0001000000000001u,
        0x0100000000000001u,
    };
    /* How much of such a word is whole periods. */
    static const uint8_t period[8] = {0, 8, 8, 6, 8, 5, 6, 7};

    const uint8_t *from = out - distance;
    uint8_t *const end = out + length;
    if (distance < 8) {
        const uint64_t mask = ((uint64_t)1 << 8 * distance) - 1;
        const uint64_t pattern = (etwi_load_u64(from) & mask) * repeat[distance];
        const size_t step = period[distance];
        for (; out < end; out += step)
            etwi_store_u64(out, pattern);
    } else {
        uint8_t pattern[16];
        memcpy(pattern, from, sizeof pattern);
        for (; out < end; out += distance)
            memcpy(out, pattern, sizeof pattern);
    }
}

/*
 * Copies `length` bytes, at least one, from `distance` bytes before `out`. Two blocks a round,
 * though most matches need one: guessing wrong whether they do costs more than the second block.
 */
static inline void etwi_copy_match(uint8_t *out, size_t distance, size_t length)
{
    if (distance < 16) {
        etwi_copy_near(out, distance, length);
        return;
    }
    const uint8_t *from = out - distance;
    uint8_t *const end = out + length;
    do {
        etwi_copy_16(out, from);
        etwi_copy_16(out + 16, from + 16);
        out += 32;
        from += 32;
    } while (out < end);
}

#endif
