#include "etl/buffer.h"

#include "base/bytes.h"
#include "etl/decompress.h"

/* No compressor of these formats reaches this ratio on records, which differ in their times. */
enum {
    EXPANSION_MAX = 1024,
    /* Behind the last byte that tells something a compressor may leave an empty word of flags or an
     * end mark. More is left over where data of one format passes for another one. */
    LEFT_OVER_MAX = 4,
};

/* The index form holds 11 bits; the older form is a byte, and the byte behind it an alignment. */
static uint16_t processor_of(const uint8_t *at, unsigned flags)
{
    if (flags & BUFFER_FLAG_PROCESSOR_INDEX)
        return etwi_load_u16(at + BUFFER_PROCESSOR) & 0x7FF;
    return at[BUFFER_PROCESSOR];
}

static bool parse_data_end(etwi_buffer_header *out, const uint8_t *at,
                           const etwi_buffer_rules *rules)
{
    out->data_end = etwi_load_u32(at + BUFFER_OFFSET);
    if (out->flags & BUFFER_FLAG_COMPRESSED)
        return out->data_end >= BUFFER_HEADER_SIZE && out->data_end <= rules->size_max &&
               out->data_end / EXPANSION_MAX <= out->size;
    if (out->data_end < BUFFER_HEADER_SIZE) {
        /* The writer never finished this buffer; how far it had reserved is the best bound. */
        const uint32_t current = etwi_load_u32(at + BUFFER_CURRENT_OFFSET);
        out->data_end = current < out->size ? current : out->size;
        if (out->data_end < BUFFER_HEADER_SIZE)
            out->data_end = BUFFER_HEADER_SIZE;
    }
    return out->data_end <= out->size;
}

bool etwi_buffer_header_parse(etwi_buffer_header *out, const uint8_t *at,
                              const etwi_buffer_rules *rules)
{
    out->size = rules->fixed_size ? rules->fixed_size : etwi_load_u32(at + BUFFER_SIZE);
    if (out->size < BUFFER_HEADER_SIZE || out->size > rules->size_max)
        return false;
    out->logger_id = etwi_load_u16(at + BUFFER_LOGGER_ID);
    if (rules->fixed_size) {
        out->flags = 0;
        out->state = 0;
    } else {
        const uint32_t state = etwi_load_u32(at + BUFFER_STATE);
        out->flags = etwi_load_u16(at + BUFFER_FLAG);
        if (state > BUFFER_STATE_MAX || (out->flags & ~BUFFER_FLAG_KNOWN) ||
            etwi_load_u16(at + BUFFER_TYPE) > BUFFER_TYPE_MAX)
            return false;
        out->state = (uint8_t)state;
    }
    out->processor = processor_of(at, out->flags);
    return parse_data_end(out, at, rules);
}

etw_status etwi_buffer_unpack(uint8_t *out, size_t out_size, etw_bytes packed)
{
    static etw_status (*const UNPACK[])(uint8_t *, size_t, const uint8_t *, size_t, size_t *) = {
        etwi_xpress_decompress, etwi_xpress_huffman_decompress, etwi_lznt1_decompress};
    for (size_t i = 0; i < sizeof UNPACK / sizeof UNPACK[0]; i++) {
        size_t used;
        if (UNPACK[i](out, out_size, packed.data, packed.size, &used) == ETW_OK &&
            packed.size - used <= LEFT_OVER_MAX)
            return ETW_OK;
    }
    return ETW_E_CORRUPT;
}
