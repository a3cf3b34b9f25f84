/*
 * MS-XCA 2.2: LZ77 with Huffman codes. The stream is made of blocks of 64 KiB of output, each with
 * a table of code lengths before it.
 *
 * Bits come in 16-bit words, most significant bit first, and the bytes of long match lengths stand
 * between these words wherever the reader happens to be. So words have to be fetched exactly when
 * the specification says, which is as soon as fewer than 16 bits are left.
 */
#include "etl/decompress.h"

#include "etl/lz_copy.h"

enum {
    SYMBOL_COUNT = 512, /* 256 literals, then 16 lengths for each of 16 sizes of distance. */
    TABLE_SIZE = SYMBOL_COUNT / 2,
    CODE_BITS_MAX = 15,
    BLOCK_SIZE = 65536,
    /* Codes of up to this many bits are decoded with one look into a table. */
    QUICK_BITS = 11,
};

typedef struct code_table {
    /* Symbol << 4 | length by the next bits; 0 where the code is longer than QUICK_BITS. */
    uint16_t quick[1 << QUICK_BITS];
    uint16_t symbols[SYMBOL_COUNT]; /* In the order of their codes. */
    /* By length: the end of its codes, moved up to CODE_BITS_MAX bits, and what to add to a code
     * of that length to get its place in `symbols`. */
    uint32_t code_end[CODE_BITS_MAX + 1];
    int32_t symbol_offset[CODE_BITS_MAX + 1];
} code_table;

typedef struct bit_reader {
    const uint8_t *in;
    const uint8_t *end;
    uint32_t bits; /* At the top; at least 16 of them are valid. */
    int spare;     /* Valid bits beyond 16. */
} bit_reader;

/* Fetches a word once fewer than 16 bits are left. Behind the end of the input all bits are 0. */
static inline void refill(bit_reader *reader)
{
    if (reader->spare >= 0)
        return;
    if (reader->end - reader->in >= 2)
        reader->bits |= (uint32_t)etwi_load_u16(reader->in) << -reader->spare;
    else if (reader->in < reader->end)
        reader->in = reader->end; /* Half a word is none. */
    reader->in += 2;
    reader->spare += 16;
}

static inline void drop_bits(bit_reader *reader, unsigned count)
{
    reader->bits <<= count;
    reader->spare -= (int)count;
    refill(reader);
}

/*
 * True if more bits were used than the input has. Words are fetched ahead, so the place in the
 * input alone does not tell.
 */
static bool overran(const bit_reader *reader)
{
    return reader->in > reader->end && (reader->in - reader->end) * 8 > 16 + reader->spare;
}

/* Makes the table from the 256 bytes of code lengths; false if these are not a complete code. */
static bool build_table(code_table *table, const uint8_t lengths[TABLE_SIZE])
{
    unsigned count[CODE_BITS_MAX + 1] = {0};
    for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol++)
        count[lengths[symbol / 2] >> symbol % 2 * 4 & 15]++;

    /* Codes of one length are consecutive numbers, and shorter codes come first. */
    unsigned place[CODE_BITS_MAX + 1];
    uint32_t code = 0;
    unsigned first = 0;
    for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
        const unsigned shift = CODE_BITS_MAX - length;
        place[length] = first;
        table->symbol_offset[length] = (int32_t)first - (int32_t)(code >> shift);
        code += count[length] << shift;
        table->code_end[length] = code;
        first += count[length];
    }
    if (code != 1u << CODE_BITS_MAX)
        return false;

    for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol++) {
        const unsigned length = lengths[symbol / 2] >> symbol % 2 * 4 & 15;
        if (length)
            table->symbols[place[length]++] = (uint16_t)symbol;
    }

    unsigned filled = 0;
    unsigned index = 0;
    for (unsigned length = 1; length <= QUICK_BITS; length++) {
        for (unsigned left = count[length]; left; left--) {
            const uint16_t entry = (uint16_t)(table->symbols[index++] << 4 | length);
            for (const unsigned end = filled + (1u << (QUICK_BITS - length)); filled < end;)
                table->quick[filled++] = entry;
        }
    }
    memset(table->quick + filled, 0, sizeof *table->quick * ((1u << QUICK_BITS) - filled));
    return true;
}

static inline unsigned read_symbol(bit_reader *reader, const code_table *table)
{
    const unsigned entry = table->quick[reader->bits >> (32 - QUICK_BITS)];
    if (entry) {
        drop_bits(reader, entry & 15);
        return entry >> 4;
    }
    const uint32_t code = reader->bits >> (32 - CODE_BITS_MAX);
    unsigned length = QUICK_BITS + 1;
    while (code >= table->code_end[length])
        length++; /* Ends at the latest with CODE_BITS_MAX: the code is complete. */
    drop_bits(reader, length);
    const int32_t index =
        (int32_t)(code >> (CODE_BITS_MAX - length)) + table->symbol_offset[length];
    return table->symbols[index];
}

/* The length of a match, without the 3 that all have more, or SIZE_MAX if it makes no sense. */
static size_t read_length(bit_reader *reader, unsigned symbol)
{
    size_t length = symbol % 16;
    if (length < 15)
        return length;
    length += *reader->in++;
    if (length == 15 + 255) {
        length = etwi_load_u16(reader->in);
        reader->in += 2;
        if (length == 0) {
            length = etwi_load_u32(reader->in);
            reader->in += 4;
        }
    }
    return length < 15 || length > INT32_MAX || reader->in > reader->end ? SIZE_MAX : length;
}

/* Decodes until `block_end` is reached or passed. Returns the end of the output, or NULL. */
static uint8_t *decode_block(uint8_t *out, const uint8_t *block_end, const uint8_t *out_begin,
                             const uint8_t *out_end, bit_reader *reader, const code_table *table)
{
    while (out < block_end) {
        /* What one symbol takes beyond the end is in the slack, and is found out here or below. */
        if (reader->in > reader->end + 4)
            return NULL;
        const unsigned symbol = read_symbol(reader, table);
        if (symbol < 256) {
            *out++ = (uint8_t)symbol;
            continue;
        }
        const size_t length = read_length(reader, symbol);
        const unsigned distance_bits = (symbol - 256) / 16;
        /* In two steps, because a shift by all 32 bits is undefined. */
        const size_t distance =
            ((size_t)1 << distance_bits) + (reader->bits >> 1 >> (31 - distance_bits));
        drop_bits(reader, distance_bits);
        if (length == SIZE_MAX || distance > (size_t)(out - out_begin) ||
            length + 3 > (size_t)(out_end - out))
            return NULL;
        etwi_copy_match(out, distance, length + 3);
        out += length + 3;
    }
    return overran(reader) ? NULL : out;
}

etw_status etwi_xpress_huffman_decompress(uint8_t *out, size_t out_size, const uint8_t *in,
                                          size_t in_size, size_t *in_used)
{
    const uint8_t *const out_begin = out;
    const uint8_t *const out_end = out + out_size;
    bit_reader reader = {in, in + in_size, 0, 0};

    while (out < out_end) {
        code_table table;
        if (reader.end - reader.in < TABLE_SIZE + 4 || !build_table(&table, reader.in))
            return ETW_E_CORRUPT;
        reader.in += TABLE_SIZE;
        reader.bits = (uint32_t)etwi_load_u16(reader.in) << 16 | etwi_load_u16(reader.in + 2);
        reader.in += 4;
        reader.spare = 16;

        const uint8_t *const block_end = out_end - out > BLOCK_SIZE ? out + BLOCK_SIZE : out_end;
        out = decode_block(out, block_end, out_begin, out_end, &reader, &table);
        if (!out)
            return ETW_E_CORRUPT;
    }
    if (in_used) {
        const size_t used = (size_t)(reader.in - in);
        *in_used = used < in_size ? used : in_size;
    }
    return ETW_OK;
}
