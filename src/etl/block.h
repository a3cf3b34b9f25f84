/* Buffers of a trace held in memory, and the pools that lend the memory. */
#ifndef ETWI_ETL_BLOCK_H
#define ETWI_ETL_BLOCK_H

#include "etl/index.h"
#include "etl/record.h"

#include <stdatomic.h>

/* The records of one buffer, decompressed; offsets in it count from the buffer's start. */
typedef struct etwi_block {
    struct etwi_block *next; /* In the list that holds it. */
    const uint8_t *data;     /* In `memory`, or in the caller's own bytes. */
    uint8_t *memory;
    size_t capacity; /* Of `memory`. */
    uint32_t data_end;
    atomic_uint pins; /* Batches with events of this block. */
    bool is_good;     /* It could be read and decompressed. */
    bool is_retired;  /* Nobody but the batches needs it any more. */
    /* Time order: its records by time; see mark.h. */
    etwi_record_mark *marks;
    size_t mark_count, mark_capacity;
} etwi_block;

/* Free blocks, to be used again. Not for several threads. */
typedef struct etwi_block_pool {
    etw_allocator allocator;
    etwi_block *free;
    size_t usual; /* Bytes of a full buffer: blocks have room for one, so that any fits any. */
} etwi_block_pool;

/* Memory for the stored bytes of a compressed buffer. */
typedef struct etwi_scratch {
    uint8_t *data;
    size_t capacity;
} etwi_scratch;

/* Whether a buffer is used where it is, in the caller's memory. */
bool etwi_block_is_borrowed(const etwi_input *input, const etwi_index_entry *entry);

/* Makes room for full buffers of a trace usual. */
void etwi_block_pool_expect(etwi_block_pool *pool, const etw_trace_info *info);

/* A block with room for `size` bytes and what decoders read behind them. NULL if memory is out. */
etwi_block *etwi_block_take_room(etwi_block_pool *pool, size_t size);

/* A block for a buffer of the index, without its bytes. NULL if memory is out. */
etwi_block *etwi_block_take(etwi_block_pool *pool, const etwi_input *input,
                            const etwi_index_entry *entry);

/* Gives a block back. */
void etwi_block_put(etwi_block_pool *pool, etwi_block *block);

void etwi_block_pool_free(etwi_block_pool *pool);

/* Reads and decompresses a buffer into its block. */
etw_status etwi_block_fill(etwi_block *block, const etwi_input *input,
                           const etwi_index_entry *entry, etwi_scratch *scratch,
                           const etw_allocator *allocator, etw_error *error);

void etwi_scratch_free(etwi_scratch *scratch, const etw_allocator *allocator);

#endif
