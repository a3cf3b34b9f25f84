/*
 * Decompression of trace buffers: the three algorithms of MS-XCA that a compressed trace may use.
 *
 * All of them write exactly `out_size` bytes or fail: ETW_E_CORRUPT if the data cannot be that
 * long or points outside of what was written so far, and then `out` holds garbage. `*in_used`
 * (which may be NULL) receives how many bytes of the input were used.
 */
#ifndef ETWI_ETL_DECOMPRESS_H
#define ETWI_ETL_DECOMPRESS_H

#include <etw/status.h>

/*
 * Writable bytes that `out` must have beyond `out_size`, and readable bytes that `in` must have
 * beyond `in_size`: the fast paths copy in whole blocks. Their values do not matter.
 */
enum {
    ETWI_DECOMPRESS_SLACK = 64
};

/* MS-XCA 2.4, "Plain LZ77" (COMPRESSION_FORMAT_XPRESS). */
etw_status etwi_xpress_decompress(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                  size_t *in_used);

/* MS-XCA 2.2, "LZ77+Huffman" (COMPRESSION_FORMAT_XPRESS_HUFF). */
etw_status etwi_xpress_huffman_decompress(uint8_t *out, size_t out_size, const uint8_t *in,
                                          size_t in_size, size_t *in_used);

/* MS-XCA 2.5, "LZNT1" (COMPRESSION_FORMAT_LZNT1). */
etw_status etwi_lznt1_decompress(uint8_t *out, size_t out_size, const uint8_t *in, size_t in_size,
                                 size_t *in_used);

#endif
