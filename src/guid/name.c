/*
 * GUIDs made from names, as EventSource and TraceLogging make them: SHA-1 over a namespace and the
 * upper-case name in big-endian UTF-16.
 */
#include "base/bytes.h"
#include "base/case.h"
#include "base/text.h"

#include <etw/guid.h>

enum {
    BLOCK_SIZE = 64,
    STATE_COUNT = 5,
    ROUND_COUNT = 80,
    DIGEST_USED = 16, /* Of the 20 bytes of the digest, a GUID takes the first. */
};

/* SHA-1 (FIPS 180-4) over bytes that come one by one. Names, not secrets, go through it. */
typedef struct sha1 {
    uint32_t state[STATE_COUNT];
    uint64_t byte_count;
    uint8_t block[BLOCK_SIZE];
} sha1;

static uint32_t rotate_left(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

/* The function and the constant of a round. */
static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5A827999u;
    if (round < 40)
        return (b ^ c ^ d) + 0x6ED9EBA1u;
    if (round < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCu;
    return (b ^ c ^ d) + 0xCA62C1D6u;
}

static void sha1_block(sha1 *hash)
{
    uint32_t words[ROUND_COUNT];
    for (unsigned i = 0; i < 16; i++)
        words[i] = etwi_load_u32be(hash->block + i * 4);
    for (unsigned i = 16; i < ROUND_COUNT; i++)
        words[i] = rotate_left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);

    uint32_t a = hash->state[0];
    uint32_t b = hash->state[1];
    uint32_t c = hash->state[2];
    uint32_t d = hash->state[3];
    uint32_t e = hash->state[4];
    for (unsigned i = 0; i < ROUND_COUNT; i++) {
        const uint32_t next = rotate_left(a, 5) + mix(i, b, c, d) + e + words[i];
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    hash->state[0] += a;
    hash->state[1] += b;
    hash->state[2] += c;
    hash->state[3] += d;
    hash->state[4] += e;
}

static void sha1_add(sha1 *hash, uint8_t byte)
{
    hash->block[hash->byte_count % BLOCK_SIZE] = byte;
    hash->byte_count++;
    if (hash->byte_count % BLOCK_SIZE == 0)
        sha1_block(hash);
}

/* Ends the message and writes the first bytes of the digest. */
static void sha1_finish(sha1 *hash, uint8_t digest[DIGEST_USED])
{
    const uint64_t bit_count = hash->byte_count * 8;
    sha1_add(hash, 0x80);
    while (hash->byte_count % BLOCK_SIZE != BLOCK_SIZE - 8)
        sha1_add(hash, 0);
    for (unsigned shift = 64; shift > 0; shift -= 8)
        sha1_add(hash, (uint8_t)(bit_count >> (shift - 8)));
    for (unsigned i = 0; i < DIGEST_USED; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - i % 4 * 8));
}

static void add_unit(sha1 *hash, uint32_t unit)
{
    sha1_add(hash, (uint8_t)(unit >> 8));
    sha1_add(hash, (uint8_t)unit);
}

static void add_name(sha1 *hash, etw_str name)
{
    const uint8_t *at = (const uint8_t *)name.data;
    const uint8_t *end = at ? at + name.size : at;
    while (at < end) {
        uint32_t code_point = etwi_utf8_next(&at, end);
        // .NET strings cannot hold malformed UTF-8; reading it yields the replacement character.
        if (code_point & ETWI_BAD_UTF8)
            code_point = 0xFFFD;
        code_point = etwi_upper_case(code_point);
        if (code_point > 0xFFFF) {
            add_unit(hash, 0xD800 + ((code_point - 0x10000) >> 10));
            add_unit(hash, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
        } else {
            add_unit(hash, code_point);
        }
    }
}

etw_guid etw_guid_from_name(etw_str name)
{
    static const uint8_t name_space[] = {0x48, 0x2C, 0x2D, 0xB2, 0xC3, 0x90, 0x47, 0xC8,
                                         0x87, 0xF8, 0x1A, 0x15, 0xBF, 0xC1, 0x30, 0xFB};
    sha1 hash = {{0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u}, 0, {0}};
    for (size_t i = 0; i < sizeof name_space; i++)
        sha1_add(&hash, name_space[i]);
    add_name(&hash, name);
    uint8_t digest[DIGEST_USED];
    sha1_finish(&hash, digest);
    // The version of name-based SHA-1 GUIDs (RFC 4122), in the byte where .NET's layout has it.
    digest[7] = (uint8_t)((digest[7] & 0x0F) | 0x50);
    return etwi_load_guid(digest);
}
