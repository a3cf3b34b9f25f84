/* The compressor of trace buffers: whatever goes in comes out of the decompressor. */
#include "etl/compress.h"
#include "etl/decompress.h"
#include "test.h"
#include "trace_run.h"

#include <stdlib.h>

static void check_round_trip(const uint8_t *data, size_t size)
{
    static etwi_xpress_table table; /* With what earlier data left in it. */
    const size_t bound = etwi_xpress_bound(size);
    uint8_t *packed = malloc(bound + ETWI_DECOMPRESS_SLACK);
    uint8_t *plain = malloc(size + ETWI_DECOMPRESS_SLACK);
    REQUIRE(packed && plain);
    memset(packed + bound, 0x55, ETWI_DECOMPRESS_SLACK);
    const size_t packed_size = etwi_xpress_compress(packed, (etw_bytes){data, size}, &table);
    CHECK(packed_size <= bound);
    CHECK_EQ(packed[bound], 0x55);
    size_t used = 0;
    CHECK_EQ(etwi_xpress_decompress(plain, size, packed, packed_size, &used), ETW_OK);
    CHECK(packed_size - used <= 4);
    CHECK(size == 0 || memcmp(plain, data, size) == 0);
    free(packed);
    free(plain);
}

static void all_data_is_compressed(void)
{
    static uint8_t data[200000];
    uint32_t state = 99;
    for (size_t size = 0; size < 400; size++)
        check_round_trip(data, size); /* Zeros. */
    for (unsigned kind = 0; kind < 40; kind++) {
        const uint32_t values = 1 + trace_random(&state) % 256;
        const uint32_t run = 1 + trace_random(&state) % 100;
        const size_t size = trace_random(&state) % sizeof data;
        for (size_t i = 0; i < size; i++)
            data[i] = i % run || i < 300 ? (uint8_t)(trace_random(&state) % values)
                                         : data[i - 1 - trace_random(&state) % 300];
        check_round_trip(data, size);
    }
    /* The longest lengths, and distances around the end of the window. */
    memset(data, 7, sizeof data);
    check_round_trip(data, sizeof data);
    for (size_t distance = 8180; distance < 8200; distance++) {
        for (size_t i = 0; i < 30000; i++)
            data[i] = i < distance ? (uint8_t)trace_random(&state) : data[i - distance];
        check_round_trip(data, 30000);
    }
    for (size_t length = 3; length < 300; length++) {
        for (size_t i = 0; i < 1000; i++)
            data[i] = i < 400 ? (uint8_t)trace_random(&state)
                              : (i < 400 + length ? data[i - 400] : (uint8_t)i);
        check_round_trip(data, 1000);
    }
}

int main(void)
{
    RUN(all_data_is_compressed);
    return test_finish();
}
