/* MS-XCA 2.1: LZ77 with Huffman codes, a new set of codes for each 64 KiB. */
#include "etl_compress.h"

#include "base/bytes.h"

#include <stdlib.h>

enum {
    MATCH_MIN = 3,
    BLOCK_SIZE = 65536,
    DISTANCE_MAX = 65535,
    SYMBOL_COUNT = 512,
    SYMBOL_END = 256, /* After the last byte; within the data it is a match like others. */
    CODE_BITS_MAX = 15,
    NODE_COUNT = 2 * SYMBOL_COUNT - 1,
};

typedef struct code_set {
    uint32_t counts[SYMBOL_COUNT];
    uint8_t lengths[SYMBOL_COUNT];
    uint16_t codes[SYMBOL_COUNT];
} code_set;

static unsigned log2_of(size_t value)
{
    unsigned bits = 0;
    while (value >>= 1)
        bits++;
    return bits;
}

static unsigned symbol_of(etlb_match match)
{
    const size_t length = match.length - MATCH_MIN;
    return (unsigned)(256 + log2_of(match.distance) * 16 + (length < 15 ? length : 15));
}

/* Takes the node with the smallest weight out of the set: sets its weight to 0. */
static unsigned take_lightest(uint64_t weights[NODE_COUNT], unsigned node_count, uint64_t *weight)
{
    unsigned best = NODE_COUNT;
    for (unsigned node = 0; node < node_count; node++) {
        if (weights[node] && (best == NODE_COUNT || weights[node] < weights[best]))
            best = node;
    }
    *weight = best < NODE_COUNT ? weights[best] : 0;
    if (best < NODE_COUNT)
        weights[best] = 0;
    return best;
}

/* Huffman's algorithm. Returns the longest length. */
static unsigned choose_lengths(code_set *code, const uint32_t counts[SYMBOL_COUNT])
{
    uint64_t weights[NODE_COUNT] = {0};
    unsigned parents[NODE_COUNT] = {0};
    for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol++)
        weights[symbol] = counts[symbol];

    unsigned node_count = SYMBOL_COUNT;
    for (;;) {
        uint64_t first_weight, second_weight;
        const unsigned first = take_lightest(weights, node_count, &first_weight);
        const unsigned second = take_lightest(weights, node_count, &second_weight);
        if (!second_weight)
            break;
        parents[first] = parents[second] = node_count;
        weights[node_count++] = first_weight + second_weight;
    }

    unsigned longest = 0;
    for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol++) {
        unsigned length = 0;
        for (unsigned node = symbol; counts[symbol] && parents[node]; node = parents[node])
            length++;
        if (length > longest)
            longest = length;
        code->lengths[symbol] = (uint8_t)length;
    }
    return longest;
}

/* Codes of one length are consecutive, in the order of the symbols, shorter ones before longer. */
static void make_code(code_set *code)
{
    uint32_t counts[SYMBOL_COUNT];
    memcpy(counts, code->counts, sizeof counts);
    while (choose_lengths(code, counts) > CODE_BITS_MAX) {
        /* Flatter counts give a flatter tree; optimal lengths are no aim here. */
        for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol++)
            counts[symbol] = (counts[symbol] + 1) / 2;
    }
    unsigned next = 0;
    for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
        for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol++) {
            if (code->lengths[symbol] == length)
                code->codes[symbol] = (uint16_t)next++;
        }
        next <<= 1;
    }
}

/*
 * Bits go into 16-bit words whose places are reserved two words ahead, because that is where the
 * decoder has already read when it comes to a byte between them.
 */
typedef struct bit_writer {
    etlb_writer *out;
    size_t word_offset;
    size_t next_offset;
    uint32_t word;
    unsigned room; /* Bits that still go into `word`. */
} bit_writer;

static bit_writer start_bits(etlb_writer *out)
{
    bit_writer bits = {out, out->size, out->size + 2, 0, 16};
    etlb_u32(out, 0);
    return bits;
}

static void put_bits(bit_writer *bits, unsigned count, uint32_t value)
{
    if (bits->room >= count) {
        bits->room -= count;
        bits->word = bits->word << count | value;
        return;
    }
    const unsigned rest = count - bits->room;
    bits->word = bits->word << bits->room | value >> rest;
    etlb_patch_u16(bits->out, bits->word_offset, (uint16_t)bits->word);
    bits->word_offset = bits->next_offset;
    bits->next_offset = bits->out->size;
    etlb_u16(bits->out, 0);
    bits->word = value & ((1u << rest) - 1);
    bits->room = 16 - rest;
}

static void finish_bits(bit_writer *bits)
{
    etlb_patch_u16(bits->out, bits->word_offset, (uint16_t)(bits->word << bits->room));
}

static void put_match(bit_writer *bits, const code_set *code, etlb_match match)
{
    const unsigned symbol = symbol_of(match);
    put_bits(bits, code->lengths[symbol], code->codes[symbol]);
    const size_t length = match.length - MATCH_MIN;
    if (length >= 15 + 255) {
        etlb_u8(bits->out, 255);
        etlb_u16(bits->out, (uint16_t)length);
    } else if (length >= 15) {
        etlb_u8(bits->out, (uint8_t)(length - 15));
    }
    const unsigned distance_bits = log2_of(match.distance);
    put_bits(bits, distance_bits, (uint32_t)(match.distance - ((size_t)1 << distance_bits)));
}

static void compress_block(etlb_writer *out, etlb_match_finder *finder, etw_bytes data,
                           size_t begin, size_t end, etlb_match *matches)
{
    code_set code = {{0}, {0}, {0}};
    size_t match_count = 0;
    for (size_t position = begin; position < end;) {
        const etlb_match match = etlb_find_match(finder, position, DISTANCE_MAX, end - position);
        code.counts[match.length ? symbol_of(match) : data.data[position]]++;
        matches[match_count++] = match;
        position += match.length ? match.length : 1;
    }
    code.counts[SYMBOL_END]++; /* Also makes sure that there are two symbols to tell apart. */
    make_code(&code);

    for (unsigned symbol = 0; symbol < SYMBOL_COUNT; symbol += 2)
        etlb_u8(out, (uint8_t)(code.lengths[symbol] | code.lengths[symbol + 1] << 4));
    bit_writer bits = start_bits(out);
    size_t position = begin;
    for (size_t i = 0; i < match_count; i++) {
        if (matches[i].length) {
            put_match(&bits, &code, matches[i]);
            position += matches[i].length;
        } else {
            const uint8_t literal = data.data[position++];
            put_bits(&bits, code.lengths[literal], code.codes[literal]);
        }
    }
    if (end == data.size)
        put_bits(&bits, code.lengths[SYMBOL_END], code.codes[SYMBOL_END]);
    finish_bits(&bits);
}

void etlb_compress_xpress_huffman(etlb_writer *out, etw_bytes data)
{
    etlb_match_finder *finder = etlb_match_finder_create(data);
    etlb_match *matches = malloc(BLOCK_SIZE * sizeof *matches);
    if (!matches)
        etlb_fail("out of memory");
    for (size_t begin = 0; begin < data.size; begin += BLOCK_SIZE) {
        const size_t left = data.size - begin;
        compress_block(out, finder, data, begin, begin + (left < BLOCK_SIZE ? left : BLOCK_SIZE),
                       matches);
    }
    free(matches);
    etlb_match_finder_destroy(finder);
}
