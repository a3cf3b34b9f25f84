/*
 * Simple compressors for the three formats of MS-XCA that a trace may use: hash chains, greedy, not
 * fast. They know nothing of the decoders of the library, so that each tests the other.
 */
#ifndef ETL_COMPRESS_H
#define ETL_COMPRESS_H

#include "etl_writer.h"

typedef enum etlb_compression {
    ETLB_UNCOMPRESSED,
    ETLB_XPRESS,         /* MS-XCA 2.3. */
    ETLB_XPRESS_HUFFMAN, /* MS-XCA 2.1. */
    ETLB_LZNT1,          /* MS-XCA 2.5. */
} etlb_compression;

/* Appends `data`, compressed, to `out`. */
void etlb_compress(etlb_writer *out, etlb_compression compression, etw_bytes data);

/* The parts, for tests of one format. */
void etlb_compress_xpress(etlb_writer *out, etw_bytes data);
void etlb_compress_xpress_huffman(etlb_writer *out, etw_bytes data);
void etlb_compress_lznt1(etlb_writer *out, etw_bytes data);

/* A repetition of `length` bytes, from `distance` bytes before; length 0 if none was found. */
typedef struct etlb_match {
    size_t length;
    size_t distance;
} etlb_match;

typedef struct etlb_match_finder etlb_match_finder;

/* `data` must outlive the finder. */
etlb_match_finder *etlb_match_finder_create(etw_bytes data);
void etlb_match_finder_destroy(etlb_match_finder *finder);

/* The longest match at `position` of at least 3 bytes within both limits. */
etlb_match etlb_find_match(etlb_match_finder *finder, size_t position, size_t distance_max,
                           size_t length_max);

#endif
