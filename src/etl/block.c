#include "etl/block.h"

#include "base/error.h"
#include "etl/decompress.h"

/* Blocks are rounded up, so that buffers of nearly one size share memory. */
enum {
    BLOCK_ROUNDING = 16 * 1024,
    USUAL_MAX = 1024 * 1024, /* What a trace says of its buffers may be anything. */
};

void etwi_block_pool_expect(etwi_block_pool *pool, const etw_trace_info *info)
{
    const size_t size = info->buffer_size < USUAL_MAX ? info->buffer_size : USUAL_MAX;
    if (size > pool->usual)
        pool->usual = size;
}

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

static void destroy_first_free(etwi_block_pool *pool)
{
    etwi_block *block = pool->free;
    pool->free = block->next;
    etwi_free(&pool->allocator, block->marks, block->mark_capacity * sizeof *block->marks);
    etwi_free(&pool->allocator, block->memory, block->capacity);
    etwi_free(&pool->allocator, block, sizeof *block);
}

static etwi_block *create_block(etwi_block_pool *pool, size_t capacity)
{
    etwi_block *block = etwi_alloc_zeroed(&pool->allocator, sizeof *block);
    if (!block)
        return NULL;
    block->memory = capacity ? etwi_alloc(&pool->allocator, capacity) : NULL;
    block->capacity = capacity;
    if (block->memory || !capacity)
        return block;
    etwi_free(&pool->allocator, block, sizeof *block);
    return NULL;
}

bool etwi_block_is_borrowed(const etwi_input *input, const etwi_index_entry *entry)
{
    return !input->is_file && !entry->is_compressed;
}

static etwi_block *take_capacity(etwi_block_pool *pool, size_t capacity)
{
    etwi_block *block = take_free(pool, capacity);
    if (!block) {
        /* One that is not needed now makes place, so buffers of many sizes do not add up. */
        if (pool->free)
            destroy_first_free(pool);
        block = create_block(pool, capacity);
    }
    if (!block)
        return NULL;
    block->next = NULL;
    atomic_init(&block->pins, 0);
    block->is_retired = false;
    return block;
}

etwi_block *etwi_block_take_room(etwi_block_pool *pool, size_t size)
{
    const size_t needed = (size > pool->usual ? size : pool->usual) + ETWI_DECOMPRESS_SLACK;
    return take_capacity(pool, (needed + BLOCK_ROUNDING - 1) & ~(size_t)(BLOCK_ROUNDING - 1));
}

etwi_block *etwi_block_take(etwi_block_pool *pool, const etwi_input *input,
                            const etwi_index_entry *entry)
{
    if (etwi_block_is_borrowed(input, entry))
        return take_capacity(pool, 0);
    return etwi_block_take_room(pool, entry->unpacked_size);
}

void etwi_block_put(etwi_block_pool *pool, etwi_block *block)
{
    block->next = pool->free;
    pool->free = block;
}

void etwi_block_pool_free(etwi_block_pool *pool)
{
    while (pool->free)
        destroy_first_free(pool);
}

void etwi_scratch_free(etwi_scratch *scratch, const etw_allocator *allocator)
{
    etwi_free(allocator, scratch->data, scratch->capacity);
    scratch->data = NULL;
    scratch->capacity = 0;
}

static etw_status fill_compressed(etwi_block *block, const etwi_input *input,
                                  const etwi_index_entry *entry, etwi_scratch *scratch,
                                  const etw_allocator *allocator, etw_error *error)
{
    void *memory = scratch->data;
    const etw_status grown = etwi_grow(allocator, &memory, &scratch->capacity,
                                       (size_t)entry->stored_size + ETWI_DECOMPRESS_SLACK, 1);
    scratch->data = memory;
    if (grown != ETW_OK)
        return etwi_fail_nomem(error);
    size_t got;
    ETWI_TRY(etwi_input_read(input, entry->offset, scratch->data, entry->stored_size, &got, error));
    if (got < BUFFER_HEADER_SIZE)
        return ETW_OK;
    memset(scratch->data + got, 0, ETWI_DECOMPRESS_SLACK);
    const etw_bytes packed = {scratch->data + BUFFER_HEADER_SIZE, got - BUFFER_HEADER_SIZE};
    /* The first pass may have cut the records short; the whole buffer is unpacked still. */
    block->is_good =
        etwi_buffer_unpack(block->memory + BUFFER_HEADER_SIZE,
                           entry->unpacked_size - BUFFER_HEADER_SIZE, packed) == ETW_OK;
    if (block->is_good)
        block->data_end = entry->data_end;
    return ETW_OK;
}

etw_status etwi_block_fill(etwi_block *block, const etwi_input *input,
                           const etwi_index_entry *entry, etwi_scratch *scratch,
                           const etw_allocator *allocator, etw_error *error)
{
    block->data = block->memory;
    block->data_end = BUFFER_HEADER_SIZE;
    block->is_good = false;
    if (entry->is_compressed)
        return fill_compressed(block, input, entry, scratch, allocator, error);
    size_t got = entry->data_end;
    if (etwi_block_is_borrowed(input, entry)) {
        block->data = input->memory.data + entry->offset;
        etwi_record_prefetch_start(block->data);
    } else {
        ETWI_TRY(
            etwi_input_read(input, entry->offset, block->memory, entry->data_end, &got, error));
    }
    block->is_good = got >= BUFFER_HEADER_SIZE;
    if (block->is_good)
        block->data_end = (uint32_t)got;
    return ETW_OK;
}
