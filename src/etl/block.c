#include "etl/block.h"

#include "base/error.h"
#include "etl/decompress.h"

#include <string.h>

/* Blocks are rounded up, so that buffers of nearly one size share memory. */
enum {
    BLOCK_ROUNDING = 16 * 1024
};

static etwi_block *take_free(etwi_block_pool *pool, size_t capacity)
{
    for (etwi_block **link = &pool->free; *link; link = &(*link)->next) {
        etwi_block *block = *link;
        if (block->capacity >= capacity && block->capacity / 4 <= capacity) {
            *link = block->next;
            return block;
        }
    }
    return NULL;
}

static void destroy_block(etwi_block_pool *pool, etwi_block *block)
{
    etwi_free(&pool->allocator, block->data, block->capacity);
    etwi_free(&pool->allocator, block, sizeof *block);
}

static etwi_block *take_block(etwi_block_pool *pool, size_t needed)
{
    const size_t capacity = (needed + BLOCK_ROUNDING - 1) & ~(size_t)(BLOCK_ROUNDING - 1);
    etwi_block *block = take_free(pool, capacity);
    if (!block) {
        block = etwi_alloc_zeroed(&pool->allocator, sizeof *block);
        if (!block)
            return NULL;
        block->data = etwi_alloc(&pool->allocator, capacity);
        block->capacity = capacity;
        if (!block->data) {
            etwi_free(&pool->allocator, block, sizeof *block);
            return NULL;
        }
    }
    block->next = NULL;
    block->batch = 0;
    pool->bytes += block->capacity;
    return block;
}

static void put_free(etwi_block_pool *pool, etwi_block *block)
{
    pool->bytes -= block->capacity;
    block->next = pool->free;
    pool->free = block;
}

static etw_status read_compressed(etwi_block_pool *pool, etwi_block *block, const etwi_input *input,
                                  const etwi_index_entry *entry, etwi_compression *format,
                                  etw_error *error)
{
    void *memory = pool->packed;
    const etw_status grown = etwi_grow(&pool->allocator, &memory, &pool->packed_capacity,
                                       (size_t)entry->stored_size + ETWI_DECOMPRESS_SLACK, 1);
    pool->packed = memory;
    if (grown != ETW_OK)
        return etwi_fail_nomem(error);
    size_t got;
    ETWI_TRY(etwi_input_read(input, entry->offset, pool->packed, entry->stored_size, &got, error));
    if (got < BUFFER_HEADER_SIZE) {
        block->data_end = BUFFER_HEADER_SIZE;
        return ETW_OK;
    }
    memset(pool->packed + got, 0, ETWI_DECOMPRESS_SLACK);
    const etw_bytes packed = {pool->packed + BUFFER_HEADER_SIZE, got - BUFFER_HEADER_SIZE};
    /* The first pass may have cut the records short; the whole buffer has to be unpacked still. */
    const etw_status unpacked =
        etwi_buffer_unpack(block->data + BUFFER_HEADER_SIZE,
                           entry->unpacked_size - BUFFER_HEADER_SIZE, packed, format);
    block->data_end = unpacked == ETW_OK ? entry->data_end : BUFFER_HEADER_SIZE;
    return ETW_OK;
}

static etw_status read_plain(etwi_block *block, const etwi_input *input,
                             const etwi_index_entry *entry, etw_error *error)
{
    size_t got;
    ETWI_TRY(etwi_input_read(input, entry->offset, block->data, entry->data_end, &got, error));
    block->data_end = got < BUFFER_HEADER_SIZE ? BUFFER_HEADER_SIZE : (uint32_t)got;
    return ETW_OK;
}

etw_status etwi_block_load(etwi_block_pool *pool, etwi_block **out, const etwi_input *input,
                           const etwi_index_entry *entry, etwi_compression *format,
                           etw_error *error)
{
    etwi_block *block = take_block(pool, (size_t)entry->unpacked_size + ETWI_DECOMPRESS_SLACK);
    if (!block)
        return etwi_fail_nomem(error);
    const etw_status status = entry->is_compressed
                                  ? read_compressed(pool, block, input, entry, format, error)
                                  : read_plain(block, input, entry, error);
    if (status != ETW_OK) {
        put_free(pool, block);
        return status;
    }
    *out = block;
    return ETW_OK;
}

void etwi_block_release(etwi_block_pool *pool, etwi_block *block, uint64_t current_batch)
{
    if (block->batch != current_batch) {
        put_free(pool, block);
        return;
    }
    block->next = pool->retired;
    pool->retired = block;
}

void etwi_block_pool_recycle(etwi_block_pool *pool)
{
    while (pool->retired) {
        etwi_block *block = pool->retired;
        pool->retired = block->next;
        put_free(pool, block);
    }
}

static void destroy_list(etwi_block_pool *pool, etwi_block **list)
{
    while (*list) {
        etwi_block *block = *list;
        *list = block->next;
        destroy_block(pool, block);
    }
}

void etwi_block_pool_free(etwi_block_pool *pool)
{
    destroy_list(pool, &pool->free);
    destroy_list(pool, &pool->retired);
    etwi_free(&pool->allocator, pool->packed, pool->packed_capacity);
    pool->packed = NULL;
    pool->packed_capacity = 0;
}
