/*
 * bench_decompress [ROUNDS]: output per second of the XPRESS decoder, beside that of the loop in
 * MS-XCA 2.4 taken literally.
 *
 * Both decode the same buffers, made of records like those of a trace, in turns, so that what else
 * the machine does meets both. What counts is the median of the ratio.
 */
#include "etl/decompress.h"
#include "etl_compress.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    BUFFER_COUNT = 64,
    BUFFER_SIZE = 65536 - 0x48,
    ROUNDS_DEFAULT = 15,
    ROUNDS_MIN = 5,
    ROUNDS_MAX = 101,
};

typedef etw_status (*decompressor)(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                   size_t *in_used);

/* The rest of a length whose token says "longer". */
static size_t literal_length(const uint8_t *in, size_t *position, size_t *half_byte)
{
    size_t length;
    if (*half_byte == 0) {
        length = in[*position] % 16;
        *half_byte = *position;
        *position += 1;
    } else {
        length = in[*half_byte] / 16;
        *half_byte = 0;
    }
    if (length == 15) {
        length = in[*position];
        *position += 1;
        if (length == 255) {
            length = etwi_load_u16(in + *position);
            *position += 2;
            if (length == 0) {
                length = etwi_load_u32(in + *position);
                *position += 4;
            }
            length -= 15 + 7;
        }
        length += 15;
    }
    return length + 7;
}

/* The pseudocode of the specification, with the checks that any decoder needs. */
static etw_status literal_decompress(uint8_t *out, size_t out_size, const uint8_t *in,
                                     size_t in_size, size_t *in_used)
{
    size_t output = 0, input = 0, half_byte = 0;
    uint32_t flags = 0;
    unsigned flag_count = 0;
    while (output < out_size) {
        if (flag_count == 0) {
            if (in_size - input < 4)
                return ETW_E_CORRUPT;
            flags = etwi_load_u32(in + input);
            input += 4;
            flag_count = 32;
        }
        flag_count--;
        if (!(flags & 1u << flag_count)) {
            if (input >= in_size)
                return ETW_E_CORRUPT;
            out[output++] = in[input++];
            continue;
        }
        const unsigned token = etwi_load_u16(in + input);
        input += 2;
        size_t length = token % 8;
        const size_t distance = token / 8 + 1;
        if (length == 7)
            length = literal_length(in, &input, &half_byte);
        length += 3;
        if (input > in_size || distance > output || length > out_size - output)
            return ETW_E_CORRUPT;
        for (; length; length--, output++)
            out[output] = out[output - distance];
    }
    *in_used = input;
    return ETW_OK;
}

/* Events with headers that resemble each other, counters, and a few words of text. */
static void make_buffer(etlb_writer *out, uint32_t *state)
{
    static const char *const words[] = {"Start", "Stop", "System32\\ntdll.dll", "orders.db", "GET"};
    uint64_t time = 1000000;
    while (out->size < BUFFER_SIZE) {
        *state = *state * 1664525u + 1013904223u;
        const uint32_t random = *state >> 8;
        time += random % 5000;
        etlb_u32(out, 0xC0130000 + 0x68 + random % 8 * 8);
        etlb_u32(out, 0);
        etlb_u32(out, 4000 + random / 8 % 16 * 4);
        etlb_u32(out, 1200);
        etlb_u64(out, time);
        etlb_u64(out, random / 16 % 48 * 0x9E3779B97F4A7C15u); /* An activity of many. */
        etlb_fill(out, 0, random / 64 % 3 * 4);
        etlb_u64(out, 0x8000000000000000u | random % 4);
        etlb_utf16z(out, words[random / 128 % 5]);
        etlb_u16(out, (uint16_t)random);
        etlb_u64(out, 0xFFFFF80412200000u + random % 65536);
        etlb_align(out, 8, 0);
    }
    out->size = BUFFER_SIZE;
}

/* Of processor time: what others do on the machine does not count. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Gigabytes of output per second over all buffers. */
static double measure(decompressor decompress, const etlb_writer *packed, uint8_t *out)
{
    const double start = seconds();
    for (unsigned i = 0; i < BUFFER_COUNT; i++) {
        size_t used;
        const size_t size = packed[i].size - ETWI_DECOMPRESS_SLACK;
        if (decompress(out, BUFFER_SIZE, packed[i].data, size, &used) != ETW_OK)
            etlb_fail("buffer %u does not decompress", i);
    }
    return (double)BUFFER_COUNT * BUFFER_SIZE / (seconds() - start) / 1e9;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    const int wanted = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROUNDS_DEFAULT;
    const int rounds = wanted < ROUNDS_MIN ? ROUNDS_MIN : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    static etlb_writer packed[BUFFER_COUNT];
    static uint8_t out[BUFFER_SIZE + ETWI_DECOMPRESS_SLACK];
    static uint8_t check[BUFFER_SIZE + ETWI_DECOMPRESS_SLACK];
    uint32_t state = 1;
    size_t packed_size = 0;
    for (unsigned i = 0; i < BUFFER_COUNT; i++) {
        etlb_writer data = {0};
        make_buffer(&data, &state);
        etlb_compress_xpress(&packed[i], etlb_written(&data));
        packed_size += packed[i].size;
        etlb_fill(&packed[i], 0, ETWI_DECOMPRESS_SLACK);
        size_t used;
        const size_t size = packed[i].size - ETWI_DECOMPRESS_SLACK;
        if (etwi_xpress_decompress(out, BUFFER_SIZE, packed[i].data, size, &used) ||
            literal_decompress(check, BUFFER_SIZE, packed[i].data, size, &used) ||
            memcmp(out, data.data, BUFFER_SIZE) != 0 || memcmp(check, out, BUFFER_SIZE) != 0)
            etlb_fail("the decoders differ");
        etlb_writer_free(&data);
    }

    double ours[ROUNDS_MAX], literal[ROUNDS_MAX], ratio[ROUNDS_MAX];
    for (int round = 0; round < rounds; round++) {
        literal[round] = measure(literal_decompress, packed, out);
        ours[round] = measure(etwi_xpress_decompress, packed, out);
        ratio[round] = ours[round] / literal[round];
    }
    printf("xpress: %.2f GB/s, MS-XCA loop: %.2f GB/s, ratio %.2f (medians of %d; %.1f:1 packed)\n",
           median(ours, rounds), median(literal, rounds), median(ratio, rounds), rounds,
           (double)BUFFER_COUNT * BUFFER_SIZE / (double)packed_size);
    for (unsigned i = 0; i < BUFFER_COUNT; i++)
        etlb_writer_free(&packed[i]);
    return 0;
}
