/*
 * MS-XCA 2.4: plain LZ77, the format of nearly all compressed traces, so this is the decoder that
 * has to be fast.
 *
 * The stream is a sequence of 32-bit flag words and what their bits announce, most significant bit
 * first: 0 is a literal byte, 1 a match. The flags are kept at the top of a 64-bit word, with one
 * more bit set behind the last of them: counting leading zeros gives the length of a literal run,
 * and a word that is empty but for this sentinel has to be refilled.
 */
#include "etl/decompress.h"

#include "base/bits.h"
#include "etl/lz_copy.h"

enum {
    RUN_MAX = 32,   /* Literals that one flag word can announce. */
    TOKEN_MAX = 10, /* Bytes of the longest match: token, half-byte, u8, u16, u32. */
    /* What one round of the fast loop may take: a flag word, a run and a match. */
    ROUND_INPUT_MAX = 4 + RUN_MAX + TOKEN_MAX,
};

static const uint64_t flags_empty = (uint64_t)1 << 63;

typedef struct decoder {
    uint8_t *out;
    const uint8_t *in;
    uint64_t flags;
    const uint8_t *half_byte; /* Its high half is the next extension of a length; or NULL. */
} decoder;

static inline uint64_t load_flags(const uint8_t *in)
{
    return (uint64_t)etwi_load_u32(in) << 32 | (uint64_t)1 << 31;
}

/*
 * The length of a match whose token says "longer". Returns 0 if it makes no sense. May read up to 8
 * bytes; the caller checks afterwards whether the input had them.
 */
static inline size_t read_long_length(const uint8_t **in, const uint8_t **half_byte)
{
    const uint8_t *at = *in;
    size_t length;
    if (*half_byte) {
        length = **half_byte >> 4;
        *half_byte = NULL;
    } else {
        *half_byte = at;
        length = *at++ & 15;
    }
    if (length == 15) {
        length = *at++;
        if (length == 255) {
            length = etwi_load_u16(at);
            at += 2;
            if (length == 0) {
                length = etwi_load_u32(at);
                at += 4;
            }
            if (length < 15 + 7 || length > INT32_MAX)
                return 0;
            length -= 15 + 7;
        }
        length += 15;
    }
    *in = at;
    return length + 7 + 3;
}

/*
 * Decodes while a whole round fits into both buffers, so that a round needs a single check of each.
 * False if the data is damaged.
 */
static bool decode_fast(decoder *state, const uint8_t *out_begin, uint8_t *out_end,
                        const uint8_t *in_end)
{
    uint8_t *out = state->out;
    const uint8_t *in = state->in;
    const uint8_t *half_byte = state->half_byte;
    uint64_t flags = state->flags;
    bool good = true;

    while (out_end - out > RUN_MAX && in_end - in >= ROUND_INPUT_MAX) {
        const unsigned run = 63 - etwi_highest_bit(flags);
        etwi_copy_16(out, in);
        if (run > 16)
            etwi_copy_16(out + 16, in + 16);
        out += run;
        in += run;
        flags <<= run;
        if (flags == flags_empty) {
            flags = load_flags(in);
            in += 4;
            continue;
        }
        flags <<= 1;

        const unsigned token = etwi_load_u16(in);
        const size_t distance = (token >> 3) + 1;
        size_t length = (token & 7) + 3;
        in += 2;
        if (length == 7 + 3)
            length = read_long_length(&in, &half_byte);
        if (distance > (size_t)(out - out_begin) || length - 1 >= (size_t)(out_end - out)) {
            good = false;
            break;
        }
        etwi_copy_match(out, distance, length);
        out += length;
    }

    state->out = out;
    state->in = in;
    state->half_byte = half_byte;
    state->flags = flags;
    return good;
}

/* Decodes the rest, one flag at a time. */
static bool decode_careful(decoder *state, const uint8_t *out_begin, uint8_t *out_end,
                           const uint8_t *in_end)
{
    while (state->out < out_end) {
        if (state->flags == flags_empty) {
            if (in_end - state->in < 4)
                return false;
            state->flags = load_flags(state->in);
            state->in += 4;
        }
        const bool is_match = state->flags & flags_empty;
        state->flags <<= 1;
        if (!is_match) {
            if (state->in >= in_end)
                return false;
            *state->out++ = *state->in++;
            continue;
        }

        /* The slack behind the input takes the longest token; whether it was one shows after. */
        const unsigned token = etwi_load_u16(state->in);
        const size_t distance = (token >> 3) + 1;
        size_t length = (token & 7) + 3;
        state->in += 2;
        if (length == 7 + 3)
            length = read_long_length(&state->in, &state->half_byte);
        if (state->in > in_end || distance > (size_t)(state->out - out_begin) ||
            length - 1 >= (size_t)(out_end - state->out))
            return false;
        etwi_copy_match(state->out, distance, length);
        state->out += length;
    }
    return true;
}

etw_status etwi_xpress_decompress(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                  size_t *in_used)
{
    decoder state = {out, in, flags_empty, NULL};
    if (!decode_fast(&state, out, out + out_size, in + in_size) ||
        !decode_careful(&state, out, out + out_size, in + in_size))
        return ETW_E_CORRUPT;
    if (in_used)
        *in_used = (size_t)(state.in - in);
    return ETW_OK;
}
