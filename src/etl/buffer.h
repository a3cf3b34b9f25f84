/* Trace buffers: their headers, and getting at their records. */
#ifndef ETWI_ETL_BUFFER_H
#define ETWI_ETL_BUFFER_H

#include "base/memory.h"
#include "etl/layout.h"

#include <etw/etl.h>

/* What is used of a WMI_BUFFER_HEADER. */
typedef struct etwi_buffer_header {
    uint32_t size;     /* Stored bytes, with the header: the distance to the next buffer. */
    uint32_t data_end; /* End of the records, counted from the header, after decompression. */
    uint16_t processor;
    uint16_t logger_id;
    uint16_t flags;
    uint8_t state;
} etwi_buffer_header;

/* What a trace tells about its buffers; limits for the rest. */
typedef struct etwi_buffer_rules {
    uint32_t size_max;   /* Largest buffer, before and after compression. */
    uint32_t fixed_size; /* Before Windows Vista: headers have no size. 0 since. */
} etwi_buffer_rules;

/*
 * Reads a header of BUFFER_HEADER_SIZE bytes. False if its numbers make no sense.
 */
bool etwi_buffer_header_parse(etwi_buffer_header *out, const uint8_t *at,
                              const etwi_buffer_rules *rules);

/*
 * Decompresses the records of a buffer: `packed` holds what follows the header, and has slack
 * behind it; so has `out`, which receives `out_size` bytes.
 *
 * Nothing in a trace tells the format. The three there are are tried in one order, nearly always
 * ending with the first, and the first one that takes all of the input is it; what came before
 * plays no part, so that every pass over a trace finds the same.
 */
etw_status etwi_buffer_unpack(uint8_t *out, size_t out_size, etw_bytes packed);

#endif
