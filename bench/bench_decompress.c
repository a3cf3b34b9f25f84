/*
 * bench_decompress MEGABYTES ROUNDS: output per second of the XPRESS decoder, in turns with the
 * loop in MS-XCA 2.4 taken literally. Both decode the buffers of a compressed mixed trace.
 */
#include "base/bytes.h"
#include "etl/buffer.h"
#include "etl/decompress.h"
#include "harness.h"
#include "mixed_trace.h"

#include <stdlib.h>

enum {
    OUT_MAX = 65536,
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

typedef struct bench {
    etw_bytes trace; /* With slack behind it. */
    decompressor decompress;
} bench;

/* Calls the decoder on each compressed buffer. */
static harness_result run(void *context)
{
    static uint8_t out[OUT_MAX + ETWI_DECOMPRESS_SLACK];
    static const etwi_buffer_rules rules = {1u << 24, 0};
    const bench *b = context;
    etwi_buffer_header header;
    harness_result r = {0, 0, 0};
    for (size_t at = 0; at + BUFFER_HEADER_SIZE <= b->trace.size; at += header.size) {
        harness_require(etwi_buffer_header_parse(&header, b->trace.data + at, &rules),
                        "a buffer is broken");
        if (!(header.flags & BUFFER_FLAG_COMPRESSED))
            continue;
        const uint32_t size = header.data_end - BUFFER_HEADER_SIZE;
        size_t used;
        harness_require(size <= OUT_MAX &&
                            b->decompress(out, size, b->trace.data + at + BUFFER_HEADER_SIZE,
                                          header.size - BUFFER_HEADER_SIZE, &used) == ETW_OK,
                        "a buffer does not decompress");
        r.bytes += size;
        for (uint32_t i = 0; i + 8 <= size; i += 1024)
            r.work += etwi_load_u64(out + i);
    }
    return r;
}

int main(int argc, char **argv)
{
    harness_require(argc == 3, "usage: bench_decompress MEGABYTES ROUNDS");
    const harness_size size = harness_arguments(argv[1], argv[2]);
    const etw_bytes packed = mixed_trace_in_memory(MIXED_PACKED, size.bytes);
    uint8_t *trace = harness_checked(calloc(1, packed.size + ETWI_DECOMPRESS_SLACK));
    memcpy(trace, packed.data, packed.size);
    bench plain = {{trace, packed.size}, literal_decompress};
    bench ours = {{trace, packed.size}, etwi_xpress_decompress};
    const harness_result a = run(&plain), b = run(&ours);
    harness_require(a.bytes == b.bytes && a.work == b.work && a.bytes > 0, "the decoders differ");
    const harness_variant variants[] = {{"xpress.plain", run, &plain}, {"xpress", run, &ours}};
    harness_run(variants, 2, size.rounds);
    harness_value("xpress.packed", (double)packed.size);
    free(trace);
    return 0;
}
