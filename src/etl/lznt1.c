/*
 * MS-XCA 2.5: LZNT1. The output is made of chunks of 4 KiB, each compressed on its own or stored.
 *
 * Within a compressed chunk a flag byte announces eight items, least significant bit first: 0 is a
 * literal byte, 1 a 16-bit match whose bits are shared between offset and length, with more for the
 * offset the further the chunk has come.
 */
#include "etl/decompress.h"

#include "etl/lz_copy.h"

enum {
    CHUNK_SIZE = 4096,
    CHUNK_IS_COMPRESSED = 0x8000,
    CHUNK_SIZE_MASK = 0x0FFF,
};

/*
 * Decodes one compressed chunk from all of `in`. Returns the end of what it wrote, or NULL if the
 * chunk is damaged or longer than the room for it.
 */
static uint8_t *decode_chunk(uint8_t *out, uint8_t *out_end, const uint8_t *in,
                             const uint8_t *in_end)
{
    const uint8_t *const out_begin = out;
    unsigned offset_bits = 4;
    size_t offset_reach = 16; /* 1 << offset_bits: how far back the offset can point. */

    while (in < in_end) {
        unsigned flags = *in++ | 0x100u; /* The bit on top says when eight are done. */
        for (; flags > 1 && in < in_end; flags >>= 1) {
            if (!(flags & 1)) {
                if (out >= out_end)
                    return NULL;
                *out++ = *in++;
                continue;
            }
            if (in_end - in < 2)
                return NULL;
            const unsigned token = etwi_load_u16(in);
            in += 2;
            const size_t position = (size_t)(out - out_begin);
            while (offset_reach < position) {
                offset_bits++;
                offset_reach *= 2;
            }
            const unsigned length_bits = 16 - offset_bits;
            const size_t distance = (token >> length_bits) + 1;
            const size_t length = (token & ((1u << length_bits) - 1)) + 3;
            if (distance > position || length > (size_t)(out_end - out))
                return NULL;
            etwi_copy_match(out, distance, length);
            out += length;
        }
    }
    return out;
}

etw_status etwi_lznt1_decompress(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                 size_t *in_used)
{
    const uint8_t *const in_begin = in;
    const uint8_t *const in_end = in + in_size;
    uint8_t *const out_end = out + out_size;

    while (out < out_end) {
        if (in_end - in < 2)
            return ETW_E_CORRUPT;
        const unsigned header = etwi_load_u16(in);
        const size_t stored_size = (header & CHUNK_SIZE_MASK) + 1;
        in += 2;
        if (header == 0 || stored_size > (size_t)(in_end - in))
            return ETW_E_CORRUPT;

        const size_t left = (size_t)(out_end - out);
        const size_t chunk_size = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        if (header & CHUNK_IS_COMPRESSED) {
            if (decode_chunk(out, out + chunk_size, in, in + stored_size) != out + chunk_size)
                return ETW_E_CORRUPT;
        } else {
            /* Only the last chunk of a stream may be shorter than the others. */
            if (stored_size != chunk_size)
                return ETW_E_CORRUPT;
            memcpy(out, in, chunk_size);
        }
        out += chunk_size;
        in += stored_size;
    }
    if (in_used)
        *in_used = (size_t)(in - in_begin);
    return ETW_OK;
}
