#include "etl_compress.h"

#include "base/bytes.h"

#include <stdlib.h>

enum {
    MATCH_MIN = 3,
    HASH_BITS = 14,
    CHAIN_MAX = 32, /* Candidates tried for each match. */

    XPRESS_WINDOW = 8192,
    LZNT1_CHUNK = 4096,
};

/* Chains of positions, each linked to the one before it whose three bytes have the same hash. */
struct etlb_match_finder {
    etw_bytes data;
    size_t *previous; /* By position: an earlier position plus 1, or 0. */
    size_t inserted;  /* Positions before this one are in the chains. */
    size_t newest[1 << HASH_BITS];
};

etlb_match_finder *etlb_match_finder_create(etw_bytes data)
{
    etlb_match_finder *finder = calloc(1, sizeof *finder);
    if (finder)
        finder->previous = calloc(data.size + 1, sizeof *finder->previous);
    if (!finder || !finder->previous)
        etlb_fail("out of memory");
    finder->data = data;
    return finder;
}

void etlb_match_finder_destroy(etlb_match_finder *finder)
{
    if (!finder)
        return;
    free(finder->previous);
    free(finder);
}

static size_t hash_of(const uint8_t *at)
{
    const uint32_t word = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
    return word * 0x9E3779B1u >> (32 - HASH_BITS);
}

static size_t common_length(const uint8_t *a, const uint8_t *b, size_t max)
{
    size_t length = 0;
    while (length < max && a[length] == b[length])
        length++;
    return length;
}

etlb_match etlb_find_match(etlb_match_finder *finder, size_t position, size_t distance_max,
                           size_t length_max)
{
    const uint8_t *data = finder->data.data;
    const size_t left = finder->data.size - position;
    etlb_match best = {0, 0};
    if (length_max > left)
        length_max = left;
    if (left < MATCH_MIN || length_max < MATCH_MIN)
        return best;

    for (; finder->inserted < position; finder->inserted++) {
        size_t *newest = &finder->newest[hash_of(data + finder->inserted)];
        finder->previous[finder->inserted] = *newest;
        *newest = finder->inserted + 1;
    }

    size_t link = finder->newest[hash_of(data + position)];
    for (unsigned tries = 0; link && tries < CHAIN_MAX; tries++) {
        const size_t candidate = link - 1;
        if (position - candidate > distance_max)
            break;
        const size_t length = common_length(data + candidate, data + position, length_max);
        if (length >= MATCH_MIN && length > best.length) {
            best.length = length;
            best.distance = position - candidate;
        }
        link = finder->previous[candidate];
    }
    return best;
}

/* Plain LZ77 ---------------------------------------------------------------------------------- */

typedef struct xpress_encoder {
    etlb_writer *out;
    size_t flags_offset; /* Where the current flag word will go. */
    uint32_t flags;
    unsigned flag_count;
    size_t half_byte; /* Offset of a byte whose high half is free, or 0. */
} xpress_encoder;

static void add_flag(xpress_encoder *encoder, unsigned flag)
{
    encoder->flags = encoder->flags << 1 | flag;
    if (++encoder->flag_count < 32)
        return;
    etlb_patch_u32(encoder->out, encoder->flags_offset, encoder->flags);
    encoder->flags_offset = encoder->out->size;
    encoder->flag_count = 0;
    etlb_u32(encoder->out, 0);
}

static void add_xpress_match(xpress_encoder *encoder, etlb_match match)
{
    etlb_writer *out = encoder->out;
    const size_t length = match.length - MATCH_MIN;
    const size_t token = (match.distance - 1) << 3;
    etlb_u16(out, (uint16_t)(token | (length < 7 ? length : 7)));
    if (length < 7)
        return;

    const uint8_t half = (uint8_t)(length - 7 < 15 ? length - 7 : 15);
    if (encoder->half_byte) {
        out->data[encoder->half_byte] |= (uint8_t)(half << 4);
        encoder->half_byte = 0;
    } else {
        encoder->half_byte = out->size;
        etlb_u8(out, half);
    }
    if (half < 15)
        return;

    if (length - 7 - 15 < 255) {
        etlb_u8(out, (uint8_t)(length - 7 - 15));
        return;
    }
    /* The longer forms hold the whole length again. */
    etlb_u8(out, 255);
    etlb_u16(out, (uint16_t)(length <= UINT16_MAX ? length : 0));
    if (length > UINT16_MAX)
        etlb_u32(out, (uint32_t)length);
}

void etlb_compress_xpress(etlb_writer *out, etw_bytes data)
{
    etlb_match_finder *finder = etlb_match_finder_create(data);
    xpress_encoder encoder = {out, out->size, 0, 0, 0};
    etlb_u32(out, 0);
    for (size_t position = 0; position < data.size;) {
        const etlb_match match = etlb_find_match(finder, position, XPRESS_WINDOW, SIZE_MAX);
        if (match.length) {
            add_xpress_match(&encoder, match);
            add_flag(&encoder, 1);
            position += match.length;
        } else {
            etlb_u8(out, data.data[position++]);
            add_flag(&encoder, 0);
        }
    }
    /* Flags that nobody will ask for are set. */
    while (encoder.flag_count < 32) {
        encoder.flags = encoder.flags << 1 | 1;
        encoder.flag_count++;
    }
    etlb_patch_u32(out, encoder.flags_offset, encoder.flags);
    etlb_match_finder_destroy(finder);
}

/* LZNT1 --------------------------------------------------------------------------------------- */

/* How many bits of a match hold its distance, `position` bytes into the chunk. */
static unsigned distance_bits_at(size_t position)
{
    unsigned bits = 4;
    while ((size_t)1 << bits < position)
        bits++;
    return bits;
}

static void compress_chunk(etlb_writer *out, etlb_match_finder *finder, size_t begin, size_t end)
{
    for (size_t position = begin; position < end;) {
        const size_t flags_offset = out->size;
        uint8_t flags = 0;
        etlb_u8(out, 0);
        for (unsigned item = 0; item < 8 && position < end; item++) {
            const unsigned length_bits = 16 - distance_bits_at(position - begin);
            size_t length_max = ((size_t)1 << length_bits) - 1 + MATCH_MIN;
            if (length_max > end - position)
                length_max = end - position;
            const etlb_match match =
                etlb_find_match(finder, position, position - begin, length_max);
            if (match.length) {
                flags |= (uint8_t)(1u << item);
                etlb_u16(out, (uint16_t)((match.distance - 1) << length_bits |
                                         (match.length - MATCH_MIN)));
                position += match.length;
            } else {
                etlb_u8(out, finder->data.data[position++]);
            }
        }
        etlb_patch_u8(out, flags_offset, flags);
    }
}

void etlb_compress_lznt1(etlb_writer *out, etw_bytes data)
{
    etlb_match_finder *finder = etlb_match_finder_create(data);
    for (size_t begin = 0; begin < data.size; begin += LZNT1_CHUNK) {
        const size_t left = data.size - begin;
        const size_t chunk_size = left < LZNT1_CHUNK ? left : LZNT1_CHUNK;
        const size_t header_offset = out->size;
        etlb_u16(out, 0);
        compress_chunk(out, finder, begin, begin + chunk_size);
        size_t stored_size = out->size - header_offset - 2;
        unsigned header = 0xB000;
        if (stored_size >= chunk_size) {
            out->size = header_offset + 2;
            etlb_raw(out, data.data + begin, chunk_size);
            stored_size = chunk_size;
            header = 0x3000;
        }
        etlb_patch_u16(out, header_offset, (uint16_t)(header | (stored_size - 1)));
    }
    etlb_match_finder_destroy(finder);
}

void etlb_compress(etlb_writer *out, etlb_compression compression, etw_bytes data)
{
    switch (compression) {
    case ETLB_UNCOMPRESSED:
        etlb_append(out, data);
        return;
    case ETLB_XPRESS:
        etlb_compress_xpress(out, data);
        return;
    case ETLB_XPRESS_HUFFMAN:
        etlb_compress_xpress_huffman(out, data);
        return;
    case ETLB_LZNT1:
        etlb_compress_lznt1(out, data);
        return;
    }
    etlb_fail("no compression has the number %d", (int)compression);
}
