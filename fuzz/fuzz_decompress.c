/*
 * The decompressors. The first byte of the input selects the algorithm, the next three are the size
 * of the output, the rest is compressed.
 *
 * With AddressSanitizer the slack of the input may be read and that of the output written, but not
 * a byte more; and what is in the slack of the input must not make a difference.
 */
#include "etl/decompress.h"

#include "base/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef etw_status (*decompressor)(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                   size_t *in_used);

static const decompressor decompressors[] = {
    etwi_xpress_decompress,
    etwi_xpress_huffman_decompress,
    etwi_lznt1_decompress,
};

enum {
    DECOMPRESSOR_COUNT = sizeof decompressors / sizeof *decompressors,
    OUT_SIZE_MAX = 1 << 18,
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Allocations are exactly as large as the interface demands. */
static etw_status run(decompressor decompress, etwi_cursor in, uint8_t *out, size_t out_size,
                      uint8_t slack, size_t *used)
{
    const size_t in_size = etwi_left(&in);
    uint8_t *copy = malloc(in_size + ETWI_DECOMPRESS_SLACK);
    require(copy);
    if (in_size)
        memcpy(copy, in.at, in_size);
    memset(copy + in_size, slack, ETWI_DECOMPRESS_SLACK);
    memset(out, slack, out_size + ETWI_DECOMPRESS_SLACK);
    const etw_status status = decompress(out, out_size, copy, in_size, used);
    require(status == ETW_OK || status == ETW_E_CORRUPT);
    require(status != ETW_OK || *used <= in_size);
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    etwi_cursor in = etwi_cursor_of(data, size);
    const decompressor decompress = decompressors[etwi_u8(&in) % DECOMPRESSOR_COUNT];
    size_t out_size = etwi_u16(&in);
    out_size = (out_size | (size_t)etwi_u8(&in) << 16) % OUT_SIZE_MAX;
    if (in.failed)
        return 0;

    uint8_t *first = malloc(out_size + ETWI_DECOMPRESS_SLACK);
    uint8_t *second = malloc(out_size + ETWI_DECOMPRESS_SLACK);
    require(first && second);
    size_t first_used, second_used;
    const etw_status status = run(decompress, in, first, out_size, 0, &first_used);
    require(run(decompress, in, second, out_size, 0xFF, &second_used) == status);
    if (status == ETW_OK) {
        require(first_used == second_used);
        require(memcmp(first, second, out_size) == 0);
    }
    free(first);
    free(second);
    return 0;
}
