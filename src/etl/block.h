/* Buffers of a trace held in memory, and the pool that lends the memory. */
#ifndef ETWI_ETL_BLOCK_H
#define ETWI_ETL_BLOCK_H

#include "etl/index.h"

/* The records of one buffer, decompressed; offsets in it count from the buffer's start. */
typedef struct etwi_block {
    struct etwi_block *next; /* In the list that holds it. */
    uint8_t *data;
    size_t capacity;
    uint32_t data_end;
    uint64_t batch; /* The last batch with events of this block. */
} etwi_block;

typedef struct etwi_block_pool {
    etw_allocator allocator;
    etwi_block *free;
    etwi_block *retired; /* Done with, but the current batch still points into them. */
    uint64_t bytes;      /* Of all blocks that are not free. */
    uint8_t *packed;     /* Stored bytes of a compressed buffer. */
    size_t packed_capacity;
} etwi_block_pool;

/* Reads a buffer of the index. */
etw_status etwi_block_load(etwi_block_pool *pool, etwi_block **out, const etwi_input *input,
                           const etwi_index_entry *entry, etwi_compression *format,
                           etw_error *error);

/* Gives a block back; kept until the next batch if this one uses it. */
void etwi_block_release(etwi_block_pool *pool, etwi_block *block, uint64_t current_batch);

/* Starts a new batch: nobody points into retired blocks any more. */
void etwi_block_pool_recycle(etwi_block_pool *pool);

void etwi_block_pool_free(etwi_block_pool *pool);

#endif
