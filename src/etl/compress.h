/* Compression of trace buffers: MS-XCA 2.3, "Plain LZ77", the only format that real traces have. */
#ifndef ETWI_ETL_COMPRESS_H
#define ETWI_ETL_COMPRESS_H

#include <etw/base.h>

enum {
    ETWI_XPRESS_HASH_BITS = 13
};

/* Where data was seen before. Any contents will do, so it can be used again as it is. */
typedef struct etwi_xpress_table {
    uint32_t positions[1 << ETWI_XPRESS_HASH_BITS];
} etwi_xpress_table;

/* The room that compressing `size` bytes may need. */
static inline size_t etwi_xpress_bound(size_t size)
{
    /* One bit for each byte, in whole words of 32; and literals are copied in blocks. */
    return size + size / 8 + 8 + 32;
}

/* Compresses up to 2 GiB to `out`, which has room for the bound; returns the compressed size. */
size_t etwi_xpress_compress(uint8_t *out, etw_bytes data, etwi_xpress_table *table);

#endif
