/*
 * The compressor is greedy and looks at one earlier place only: a keeper has to keep up with those
 * who write, and records repeat themselves near by. The longer nothing was found, the larger the
 * steps become.
 */
#include "etl/compress.h"

#include "base/bytes.h"

enum {
    MATCH_MIN = 4,   /* The format has 3, but four bytes are hashed. */
    LENGTH_BASE = 3, /* What a length of 0 stands for. */
    WINDOW = 8192,   /* How far back a match may be. */
    STEP_SHIFT = 6,  /* So many misses make the step one longer. */
    FLAGS_OF_A_WORD = 32,

    LENGTH_IN_TOKEN = 7,  /* The first length that does not fit into the token, … */
    LENGTH_IN_HALF = 15,  /* … into the half-byte behind it, … */
    LENGTH_IN_BYTE = 255, /* … and into the byte behind that. */
};

typedef struct encoder {
    uint8_t *out;
    uint8_t *flags_at;  /* Where the current word of flags goes. */
    uint8_t *half_byte; /* Its high half is free for the next length; or NULL. */
    uint32_t flags;
    unsigned flag_count;
} encoder;

/* The word for the next flags stands before what they announce. */
static void begin_flags(encoder *state)
{
    state->flags_at = state->out;
    state->out += 4;
    state->flags = 0;
    state->flag_count = 0;
}

/* Adds one flag, or so many that are 0; no more than there is room for in the word. */
static inline void add_flags(encoder *state, unsigned flag, unsigned count)
{
    state->flags = (uint32_t)((uint64_t)state->flags << count) | flag;
    state->flag_count += count;
    if (state->flag_count == FLAGS_OF_A_WORD) {
        etwi_store_u32(state->flags_at, state->flags);
        begin_flags(state);
    }
}

/* Flags that announce nothing are set. */
static void end_flags(encoder *state)
{
    const unsigned left = FLAGS_OF_A_WORD - state->flag_count;
    state->flags = (uint32_t)((uint64_t)(state->flags + (uint64_t)1) << left) - 1;
    etwi_store_u32(state->flags_at, state->flags);
}

static void put_literals(encoder *state, const uint8_t *from, const uint8_t *end)
{
    while (from < end) {
        const size_t room = FLAGS_OF_A_WORD - state->flag_count;
        const size_t left = (size_t)(end - from);
        const size_t count = left < room ? left : room;
        /* A fixed size takes no call; what is too much is written over. */
        if (left >= FLAGS_OF_A_WORD)
            memcpy(state->out, from, FLAGS_OF_A_WORD);
        else
            memcpy(state->out, from, count);
        state->out += count;
        from += count;
        add_flags(state, 0, (unsigned)count);
    }
}

/* What of a length does not fit into the token. */
static void put_long_length(encoder *state, size_t length)
{
    const size_t rest = length - LENGTH_IN_TOKEN;
    const uint8_t half = (uint8_t)(rest < LENGTH_IN_HALF ? rest : LENGTH_IN_HALF);
    if (state->half_byte) {
        *state->half_byte |= (uint8_t)(half << 4);
        state->half_byte = NULL;
    } else {
        state->half_byte = state->out;
        *state->out++ = half;
    }
    if (half < LENGTH_IN_HALF)
        return;
    if (rest - LENGTH_IN_HALF < LENGTH_IN_BYTE) {
        *state->out++ = (uint8_t)(rest - LENGTH_IN_HALF);
        return;
    }
    /* The longer forms hold the whole length again. */
    *state->out++ = LENGTH_IN_BYTE;
    etwi_store_u16(state->out, (uint16_t)(length <= UINT16_MAX ? length : 0));
    state->out += 2;
    if (length > UINT16_MAX) {
        etwi_store_u32(state->out, (uint32_t)length);
        state->out += 4;
    }
}

static void put_match(encoder *state, size_t distance, size_t match_length)
{
    const size_t length = match_length - LENGTH_BASE;
    const size_t in_token = length < LENGTH_IN_TOKEN ? length : LENGTH_IN_TOKEN;
    etwi_store_u16(state->out, (uint16_t)((distance - 1) << 3 | in_token));
    state->out += 2;
    if (in_token == LENGTH_IN_TOKEN)
        put_long_length(state, length);
    add_flags(state, 1, 1);
}

static inline uint32_t hash_of(uint32_t bytes)
{
    return bytes * 0x9E3779B1u >> (32 - ETWI_XPRESS_HASH_BITS);
}

/* How many bytes are the same from `a` and from `b` on, which is behind it. */
static size_t common_length(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    const uint8_t *const begin = b;
    while (end - b >= 8 && etwi_load_u64(a) == etwi_load_u64(b)) {
        a += 8;
        b += 8;
    }
    while (b < end && *a == *b) {
        a++;
        b++;
    }
    return (size_t)(b - begin);
}

/* The distance of an earlier place with the same four bytes, or 0. The place is remembered. */
static inline size_t look_back(etwi_xpress_table *table, const uint8_t *data, size_t position)
{
    const uint32_t bytes = etwi_load_u32(data + position);
    uint32_t *const slot = &table->positions[hash_of(bytes)];
    const size_t candidate = *slot;
    *slot = (uint32_t)position;
    /* What the table holds may be of earlier data, and anything. */
    if (candidate >= position || position - candidate > WINDOW ||
        etwi_load_u32(data + candidate) != bytes)
        return 0;
    return position - candidate;
}

size_t etwi_xpress_compress(uint8_t *out, etw_bytes data, etwi_xpress_table *table)
{
    encoder state = {.out = out};
    begin_flags(&state);
    size_t done = 0; /* What is written. */
    for (size_t at = 0; at + MATCH_MIN <= data.size;) {
        const size_t distance = look_back(table, data.data, at);
        if (!distance) {
            at += 1 + ((at - done) >> STEP_SHIFT);
            continue;
        }
        const uint8_t *const from = data.data + at;
        const size_t length = common_length(from - distance, from, data.data + data.size);
        put_literals(&state, data.data + done, from);
        put_match(&state, distance, length);
        at += length;
        done = at;
    }
    put_literals(&state, data.data + done, data.data + data.size);
    end_flags(&state);
    return (size_t)(state.out - out);
}
