/* The three decompressors: published examples, round trips, and every kind of damage. */
#include "etl/decompress.h"
#include "etl_compress.h"
#include "test.h"

#include "base/bytes.h"

#include <stdlib.h>

typedef etw_status (*decompressor)(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                   size_t *in_used);

typedef struct codec {
    const char *name;
    decompressor decompress;
    etlb_compression compression;
} codec;

static const codec xpress = {"xpress", etwi_xpress_decompress, ETLB_XPRESS};
static const codec huffman = {"huffman", etwi_xpress_huffman_decompress, ETLB_XPRESS_HUFFMAN};
static const codec lznt1 = {"lznt1", etwi_lznt1_decompress, ETLB_LZNT1};
static const codec *const formats[] = {&xpress, &huffman, &lznt1};

enum {
    FORMAT_COUNT = 3,
    GUARD_SIZE = 64
};

typedef struct outcome {
    etw_status status;
    uint8_t *data;
    size_t size;
    size_t used;
    bool guard_intact;
} outcome;

static outcome decompress_with_slack(const codec *format, etw_bytes in, size_t out_size,
                                     uint8_t slack)
{
    uint8_t *copy = malloc(in.size + ETWI_DECOMPRESS_SLACK);
    uint8_t *out = malloc(out_size + ETWI_DECOMPRESS_SLACK + GUARD_SIZE);
    if (!copy || !out)
        etlb_fail("out of memory");
    if (in.size)
        memcpy(copy, in.data, in.size);
    memset(copy + in.size, slack, ETWI_DECOMPRESS_SLACK);
    memset(out, slack, out_size + ETWI_DECOMPRESS_SLACK + GUARD_SIZE);

    outcome result = {ETW_OK, out, out_size, SIZE_MAX, true};
    result.status = format->decompress(out, out_size, copy, in.size, &result.used);
    for (size_t i = 0; i < GUARD_SIZE; i++)
        result.guard_intact &= out[out_size + ETWI_DECOMPRESS_SLACK + i] == slack;
    free(copy);
    return result;
}

/* Decompresses twice, with different bytes in the slack, which must make no difference. */
static outcome decompress(const codec *format, etw_bytes in, size_t out_size)
{
    const outcome other = decompress_with_slack(format, in, out_size, 0x5A);
    outcome result = decompress_with_slack(format, in, out_size, 0xFF);
    CHECK(other.guard_intact && result.guard_intact);
    CHECK(other.status == result.status);
    CHECK(result.status == ETW_OK || result.status == ETW_E_CORRUPT);
    if (result.status == ETW_OK) {
        CHECK(other.used == result.used);
        CHECK(result.used <= in.size);
        CHECK(memcmp(other.data, result.data, out_size) == 0);
    }
    free(other.data);
    return result;
}

static etw_status status_of(const codec *format, const void *in, size_t in_size, size_t out_size)
{
    const etw_bytes bytes = {in, in_size};
    const outcome result = decompress(format, bytes, out_size);
    free(result.data);
    return result.status;
}

static bool gives(const outcome *result, etw_bytes want)
{
    return result->status == ETW_OK && result->size == want.size &&
           (!want.size || memcmp(result->data, want.data, want.size) == 0);
}

static void check_example(const codec *format, const void *in, size_t in_size, etw_bytes want)
{
    const etw_bytes bytes = {in, in_size};
    const outcome result = decompress(format, bytes, want.size);
    CHECK(gives(&result, want));
    free(result.data);

    /* Our compressor need not find the same matches, but for these examples it does. */
    etlb_writer out = {0};
    etlb_compress(&out, format->compression, want);
    CHECK_EQ(out.size, in_size);
    CHECK(out.size == in_size && memcmp(out.data, in, in_size) == 0);
    etlb_writer_free(&out);
}

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";

/* "abc", `count` times. */
static etlb_writer many_abc(unsigned count)
{
    etlb_writer text = {0};
    for (unsigned i = 0; i < count; i++)
        etlb_ascii(&text, "abc");
    return text;
}

/* Published examples ------------------------------------------------------------------------- */

static void xpress_examples(void)
{
    etlb_writer in = {0};
    etlb_u32(&in, 0x3F);
    etlb_ascii(&in, alphabet);
    check_example(&xpress, in.data, in.size, etlb_text(alphabet));
    etlb_writer_free(&in);

    static const uint8_t abc[] = {0xFF, 0xFF, 0xFF, 0x1F, 0x61, 0x62, 0x63,
                                  0x17, 0x00, 0x0F, 0xFF, 0x26, 0x01};
    etlb_writer want = many_abc(100);
    check_example(&xpress, abc, sizeof abc, etlb_written(&want));
    etlb_writer_free(&want);
}

static void huffman_examples(void)
{
    static const uint8_t alphabet_bits[] = {0xD8, 0x52, 0x3E, 0xD7, 0x94, 0x11, 0x5B,
                                            0xE9, 0x19, 0x5F, 0xF9, 0xD6, 0x7C, 0xDF,
                                            0x8D, 0x04, 0x00, 0x00, 0x00, 0x00};
    uint8_t in[256 + sizeof alphabet_bits] = {0};
    in[0x30] = 0x50;
    memset(in + 0x31, 0x55, 10);
    in[0x3B] = 0x45;
    in[0x3C] = 0x44;
    in[0x3D] = 0x04;
    in[0x80] = 0x04;
    memcpy(in + 256, alphabet_bits, sizeof alphabet_bits);
    check_example(&huffman, in, sizeof in, etlb_text(alphabet));

    static const uint8_t abc_bits[] = {0xA8, 0xDC, 0x00, 0x00, 0xFF, 0x26, 0x01};
    uint8_t abc[256 + sizeof abc_bits] = {0};
    abc[0x30] = 0x30;
    abc[0x31] = 0x23;
    abc[0x80] = 0x02;
    abc[0x8F] = 0x20;
    memcpy(abc + 256, abc_bits, sizeof abc_bits);
    etlb_writer want = many_abc(100);
    check_example(&huffman, abc, sizeof abc, etlb_written(&want));
    etlb_writer_free(&want);
}

static void lznt1_example(void)
{
    static const uint8_t in[] = {
        0x38, 0xB0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xA2, 0x47,
        0x01, 0xA0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xC0, 0x45, 0x20,
        0x05, 0x24, 0x13, 0x88, 0x05, 0xB4, 0x02, 0x4A, 0x44, 0xEF, 0x03, 0x58, 0x02, 0x8C, 0x09,
        0x16, 0x01, 0x48, 0x45, 0x00, 0xBE, 0x00, 0x9E, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00};
    static const char want[] = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D "
                               "D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E "
                               "F# E D D";
    const etw_bytes bytes = {in, sizeof in};
    const etw_bytes text = {(const uint8_t *)want, sizeof want}; /* With its zero. */
    const outcome result = decompress(&lznt1, bytes, sizeof want);
    CHECK(gives(&result, text));
    CHECK_EQ(result.used, sizeof in);
    free(result.data);
}

/* Round trips -------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void fill_random(uint8_t *data, size_t size, unsigned seed)
{
    uint32_t state = 2463534242u + seed;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(next_random(&state) >> 24);
}

/* Repeats with a period of `seed` bytes: every distance, also the overlapping ones. */
static void fill_periodic(uint8_t *data, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i % (seed + 1) * 37 + 11);
}

/* Records with counters in them, much like a trace. */
static void fill_records(uint8_t *data, size_t size, unsigned seed)
{
    uint32_t state = 88172645u + seed;
    for (size_t i = 0; i < size; i++) {
        const size_t record = i / 56;
        const size_t field = i % 56;
        data[i] = field < 4    ? (uint8_t)(record >> 8 * field)
                  : field < 12 ? (uint8_t)(next_random(&state) % 7)
                               : (uint8_t)(field * 3);
    }
}

/* Few symbols with frequencies so skewed that Huffman codes get as long as they may. */
static void fill_skewed(uint8_t *data, size_t size, unsigned seed)
{
    uint32_t state = 19650218u + seed;
    for (size_t i = 0; i < size; i++) {
        uint8_t symbol = 0;
        for (uint32_t bits = next_random(&state); bits & 1; bits >>= 1)
            symbol++;
        data[i] = (uint8_t)(symbol * 7 + next_random(&state) % (1 + symbol));
    }
}

typedef void (*filler)(uint8_t *data, size_t size, unsigned seed);
static const filler fillers[] = {fill_random, fill_periodic, fill_records, fill_skewed};
enum {
    FILLER_COUNT = sizeof fillers / sizeof *fillers
};

static void check_round_trip(const codec *format, etw_bytes data)
{
    etlb_writer packed = {0};
    etlb_compress(&packed, format->compression, data);
    const outcome result = decompress(format, etlb_written(&packed), data.size);
    CHECK(gives(&result, data));
    free(result.data);
    etlb_writer_free(&packed);
}

static void round_trips(void)
{
    static const size_t sizes[] = {0,    1,     2,     3,     7,     15,    16,    17,     31,
                                   32,   33,    64,    65,    255,   4095,  4096,  4097,   8192,
                                   8200, 16384, 65471, 65535, 65536, 65537, 66000, 131072, 200000};
    enum {
        SIZE_COUNT = sizeof sizes / sizeof *sizes
    };
    uint8_t *data = malloc(sizes[SIZE_COUNT - 1]);
    REQUIRE(data);
    for (unsigned i = 0; i < FORMAT_COUNT * FILLER_COUNT * SIZE_COUNT; i++) {
        const size_t size = sizes[i % SIZE_COUNT];
        fillers[i / SIZE_COUNT % FILLER_COUNT](data, size, i);
        const etw_bytes bytes = {data, size};
        check_round_trip(formats[i / SIZE_COUNT / FILLER_COUNT], bytes);
    }
    free(data);
}

static void round_trips_of_short_periods(void)
{
    uint8_t data[700];
    for (unsigned period = 1; period <= 40; period++) {
        for (size_t size = 1; size <= sizeof data; size += 1 + size / 7) {
            fill_periodic(data, size, period - 1);
            const etw_bytes bytes = {data, size};
            for (unsigned i = 0; i < FORMAT_COUNT; i++)
                check_round_trip(formats[i], bytes);
        }
    }
}

/* Matches whose lengths need 16 and 32 bits, two of which share a half-byte. */
static void round_trip_of_long_runs(void)
{
    const size_t size = 300000;
    uint8_t *data = malloc(size);
    REQUIRE(data);
    memset(data, 0, 100000);
    fill_random(data + 100000, 100, 1);
    memset(data + 100100, 0xEE, 60000);
    fill_random(data + 160100, 100, 2);
    memset(data + 160200, 0x11, size - 160200);
    const etw_bytes bytes = {data, size};
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        check_round_trip(formats[i], bytes);
    free(data);
}

/* Damage -------------------------------------------------------------------------------------- */

/*
 * Input that ends early must fail wherever it is cut. Huffman words are fetched ahead, so there the
 * last ones may be missing without being missed.
 */
static void truncation_at_every_byte(void)
{
    uint8_t data[3000];
    const etw_bytes bytes = {data, sizeof data};
    for (unsigned i = 0; i < FORMAT_COUNT * FILLER_COUNT; i++) {
        const codec *format = formats[i / FILLER_COUNT];
        fillers[i % FILLER_COUNT](data, sizeof data, i);
        etlb_writer packed = {0};
        etlb_compress(&packed, format->compression, bytes);
        const outcome whole = decompress(format, etlb_written(&packed), sizeof data);
        CHECK(gives(&whole, bytes));
        for (size_t size = 0; size < packed.size; size++) {
            const etw_bytes cut = {packed.data, size};
            const outcome result = decompress(format, cut, sizeof data);
            if (size < whole.used && (format != &huffman || size + 4 < whole.used))
                CHECK_EQ(result.status, ETW_E_CORRUPT);
            else if (result.status == ETW_OK || format != &huffman)
                CHECK(gives(&result, bytes));
            free(result.data);
        }
        free(whole.data);
        etlb_writer_free(&packed);
    }
}

static void output_size_that_is_wrong(void)
{
    uint8_t data[5000];
    const etw_bytes bytes = {data, sizeof data};
    fill_records(data, sizeof data, 0);
    for (unsigned i = 0; i < FORMAT_COUNT; i++) {
        etlb_writer packed = {0};
        etlb_compress(&packed, formats[i]->compression, bytes);
        /* Behind the end flag, Huffman data could go on: only then may one more byte come out. */
        if (formats[i] != &huffman)
            CHECK_EQ(status_of(formats[i], packed.data, packed.size, sizeof data + 1),
                     ETW_E_CORRUPT);
        CHECK_EQ(status_of(formats[i], packed.data, packed.size, 2 * sizeof data), ETW_E_CORRUPT);
        CHECK_EQ(status_of(formats[i], packed.data, packed.size, 0), ETW_OK);
        etlb_writer_free(&packed);
    }
}

static void xpress_distance_too_far(void)
{
    /* Flags: two literals, then a match. */
    uint8_t in[] = {0xFF, 0xFF, 0xFF, 0x3F, 'a', 'b', 1 << 3 | 2, 0, 'x', 'x'};
    static const char want[] = "abababa";
    const etw_bytes bytes = {in, 8};
    const outcome result = decompress(&xpress, bytes, 7);
    CHECK(gives(&result, etlb_text(want)));
    CHECK_EQ(result.used, 8);
    free(result.data);

    in[6] = 2 << 3 | 2; /* One byte further than there is output. */
    CHECK_EQ(status_of(&xpress, in, 8, 7), ETW_E_CORRUPT);
    in[6] = 1 << 3 | 3; /* One byte longer than there is room. */
    CHECK_EQ(status_of(&xpress, in, 8, 7), ETW_E_CORRUPT);
    in[3] = 0xFF; /* A match before any output. */
    CHECK_EQ(status_of(&xpress, in, sizeof in, 7), ETW_E_CORRUPT);
}

/* A distance one too far in the middle of much good data, where the fast path decodes. */
static void xpress_distance_too_far_in_fast_path(void)
{
    etlb_writer in = {0};
    etlb_u32(&in, 0x7FFFFFFF); /* One literal, then matches. */
    etlb_u8(&in, 'z');
    for (unsigned i = 0; i < 31; i++)
        etlb_u16(&in, 0); /* Distance 1, length 3. */
    etlb_fill(&in, 0, 200);
    const etw_bytes bytes = etlb_written(&in);
    const outcome good = decompress(&xpress, bytes, 1 + 3 * 31);
    CHECK_EQ(good.status, ETW_OK);
    free(good.data);
    for (unsigned i = 0; i < 31; i++) {
        etlb_patch_u16(&in, 5 + 2 * i, (uint16_t)((1 + 3 * i) << 3)); /* Produced so far, plus 1. */
        CHECK_EQ(status_of(&xpress, in.data, in.size, 500), ETW_E_CORRUPT);
        etlb_patch_u16(&in, 5 + 2 * i, 0);
    }
    etlb_writer_free(&in);
}

/* One literal, then a match of distance 1 whose length follows in `bytes`. */
static etw_status long_length_status(const uint8_t *bytes, size_t size, size_t out_size)
{
    etlb_writer in = {0};
    etlb_u32(&in, 0x7FFFFFFF);
    etlb_u8(&in, 'z');
    etlb_u16(&in, 7);
    etlb_raw(&in, bytes, size);
    const etw_status plain = status_of(&xpress, in.data, in.size, out_size);
    etlb_fill(&in, 0, 100); /* The same again where the fast path takes it. */
    CHECK_EQ(status_of(&xpress, in.data, in.size, out_size), plain);
    etlb_writer_free(&in);
    return plain;
}

static void xpress_lengths(void)
{
    CHECK_EQ(long_length_status((const uint8_t[]){0}, 1, 1 + 10), ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){14}, 1, 1 + 24), ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 0}, 2, 1 + 25), ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 254}, 2, 1 + 279), ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 22, 0}, 4, 1 + 25), ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 21, 0}, 4, 1 + 24), ETW_E_CORRUPT);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 1, 0}, 4, 1 + 4), ETW_E_CORRUPT);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 0xFF, 0xFF}, 4, 1 + 65538), ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 0, 0, 0, 0, 1, 0}, 8, 1 + 65539),
             ETW_OK);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 0, 0, 0, 0, 0, 0}, 8, 4), ETW_E_CORRUPT);
    CHECK_EQ(long_length_status((const uint8_t[]){15, 255, 0, 0, 255, 255, 255, 255}, 8, 4),
             ETW_E_CORRUPT);
}

static void huffman_codes_that_make_no_sense(void)
{
    uint8_t in[256 + 64] = {0};
    CHECK_EQ(status_of(&huffman, in, sizeof in, 10), ETW_E_CORRUPT); /* No code at all. */
    memset(in, 0x11, 256);                                           /* 512 codes of one bit. */
    CHECK_EQ(status_of(&huffman, in, sizeof in, 10), ETW_E_CORRUPT);
    memset(in, 0x99, 256); /* 512 codes of nine bits: exactly complete; symbol 0 is all zeros. */
    CHECK_EQ(status_of(&huffman, in, sizeof in, 10), ETW_OK);
    in[0] = 0x98; /* One code too short: more than complete. */
    CHECK_EQ(status_of(&huffman, in, sizeof in, 10), ETW_E_CORRUPT);
    in[0] = 0x9A; /* One too long: not complete. */
    CHECK_EQ(status_of(&huffman, in, sizeof in, 10), ETW_E_CORRUPT);
}

/* Codes of 1, 2, … 15 bits for the literals 0, 1, … and two of 15, so all lengths occur. */
static void huffman_codes_of_all_lengths(void)
{
    uint8_t in[256 + 40] = {0};
    for (unsigned symbol = 0; symbol < 16; symbol++) {
        const unsigned length = symbol < 15 ? symbol + 1 : 15;
        in[symbol / 2] |= (uint8_t)(length << symbol % 2 * 4);
    }
    /* Each literal once: as many ones as its number, then a zero; the last is fifteen ones. */
    uint8_t want[16];
    unsigned bit = 0;
    for (unsigned symbol = 0; symbol < 16; symbol++) {
        want[symbol] = (uint8_t)symbol;
        for (unsigned one = 0; one < symbol; one++, bit++)
            in[256 + bit / 16 * 2 + (bit % 16 < 8)] |= (uint8_t)(0x80 >> bit % 8);
        bit += symbol < 15;
    }
    const etw_bytes bytes = {in, sizeof in};
    const etw_bytes wanted = {want, sizeof want};
    const outcome result = decompress(&huffman, bytes, sizeof want);
    CHECK(gives(&result, wanted));
    free(result.data);
}

static void lznt1_chunks(void)
{
    /* A stored chunk of three bytes, and the same one byte short. */
    static const uint8_t stored[] = {0x02, 0x30, 'a', 'b', 'c'};
    CHECK_EQ(status_of(&lznt1, stored, 5, 3), ETW_OK);
    CHECK_EQ(status_of(&lznt1, stored, 4, 3), ETW_E_CORRUPT);
    CHECK_EQ(status_of(&lznt1, stored, 5, 4), ETW_E_CORRUPT);
    CHECK_EQ(status_of(&lznt1, stored, 5, 2), ETW_E_CORRUPT);
    static const uint8_t end[] = {0, 0, 0, 0}; /* The end before its time. */
    CHECK_EQ(status_of(&lznt1, end, sizeof end, 1), ETW_E_CORRUPT);

    /* One literal, then a match of distance 1 or 2. */
    uint8_t match[] = {0x03, 0xB0, 0x02, 'a', 0x01, 0x00};
    CHECK_EQ(status_of(&lznt1, match, sizeof match, 1 + 4), ETW_OK);
    CHECK_EQ(status_of(&lznt1, match, sizeof match, 1 + 3), ETW_E_CORRUPT);
    match[5] = 0x10;
    CHECK_EQ(status_of(&lznt1, match, sizeof match, 1 + 4), ETW_E_CORRUPT);
    match[0] = 0x02; /* The chunk ends within the match. */
    match[5] = 0x00;
    CHECK_EQ(status_of(&lznt1, match, sizeof match, 1 + 4), ETW_E_CORRUPT);
}

static void garbage(void)
{
    uint8_t data[600];
    for (unsigned seed = 0; seed < 6000; seed++) {
        fill_random(data, sizeof data, seed);
        const codec *format = formats[seed % FORMAT_COUNT];
        if (format == &huffman)
            memset(data, 0x99, 256); /* A valid code; otherwise nothing gets past the table. */
        status_of(format, data, sizeof data - seed % 300, seed % 5000);
    }
    CHECK(true);
}

static void single_bytes_changed(void)
{
    uint8_t data[2000];
    const etw_bytes bytes = {data, sizeof data};
    fill_records(data, sizeof data, 3);
    for (unsigned i = 0; i < FORMAT_COUNT; i++) {
        etlb_writer packed = {0};
        etlb_compress(&packed, formats[i]->compression, bytes);
        for (size_t at = 0; at < packed.size; at++) {
            packed.data[at] ^= (uint8_t)(1u << at % 8);
            status_of(formats[i], packed.data, packed.size, sizeof data);
            packed.data[at] ^= (uint8_t)(1u << at % 8);
        }
        CHECK_EQ(status_of(formats[i], packed.data, packed.size, sizeof data), ETW_OK);
        etlb_writer_free(&packed);
    }
}

int main(void)
{
    RUN(xpress_examples);
    RUN(huffman_examples);
    RUN(lznt1_example);
    RUN(round_trips);
    RUN(round_trips_of_short_periods);
    RUN(round_trip_of_long_runs);
    RUN(truncation_at_every_byte);
    RUN(output_size_that_is_wrong);
    RUN(xpress_distance_too_far);
    RUN(xpress_distance_too_far_in_fast_path);
    RUN(xpress_lengths);
    RUN(huffman_codes_that_make_no_sense);
    RUN(huffman_codes_of_all_lengths);
    RUN(lznt1_chunks);
    RUN(garbage);
    RUN(single_bytes_changed);
    return test_finish();
}
