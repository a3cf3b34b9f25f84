/*
 * Getting buffers into memory for the merge, ahead of time where several threads work. Reading and
 * decompressing happens outside of the locks.
 */
#include "base/error.h"
#include "etl/reader_internal.h"
#include "etl/time_order.h"

#include <stdlib.h>

static int compare_needs(const void *a, const void *b)
{
    const etwi_need *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->reader != y->reader)
        return x->reader < y->reader ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

etw_status etwi_loader_begin(etwi_time_order *order, const etwi_feed_options *options)
{
    order->pool.allocator = order->allocator;
    order->ahead_max = options->threads > 1 ? 2 * options->threads : 0;
    if (order->ahead_max > ETWI_AHEAD_MAX)
        order->ahead_max = ETWI_AHEAD_MAX;
    order->loading = etwi_mutex_create();
    order->arrived = etwi_condition_create();
    for (size_t i = 0; i < order->reader_count; i++) {
        order->need_count += order->readers[i]->index.count;
        etwi_block_pool_expect(&order->pool, &order->readers[i]->info);
    }
    order->needs = etwi_alloc(&order->allocator, order->need_count * sizeof *order->needs);
    order->is_taken = etwi_alloc_zeroed(&order->allocator, order->need_count);
    if (!order->loading || !order->arrived || !order->needs || !order->is_taken)
        return ETW_E_NOMEM;
    size_t count = 0;
    for (uint32_t reader = 0; reader < order->reader_count; reader++) {
        const etwi_index *index = &order->readers[reader]->index;
        for (uint32_t entry = 0; entry < index->count; entry++) {
            const int64_t key =
                etwi_time_order_key(order, reader, index->entries[entry].first_time);
            order->needs[count++] = (etwi_need){key, reader, entry};
        }
    }
    if (count)
        qsort(order->needs, count, sizeof *order->needs, compare_needs);
    for (uint32_t i = 0; i < count; i++)
        order->readers[order->needs[i].reader]->index.entries[order->needs[i].entry].need = i;
    return ETW_OK;
}

static void put(etwi_time_order *order, etwi_block *block)
{
    etwi_block_put(&order->pool, block);
}

void etwi_loader_end(etwi_time_order *order)
{
    for (unsigned i = 0; i < order->ahead_count; i++)
        if (order->ahead[i].block)
            put(order, order->ahead[i].block);
    etwi_block_pool_free(&order->pool);
    etwi_mutex_destroy(order->loading);
    etwi_condition_destroy(order->arrived);
    etwi_free(&order->allocator, order->needs, order->need_count * sizeof *order->needs);
    etwi_free(&order->allocator, order->is_taken, order->need_count);
}

static const etwi_index_entry *entry_of(const etwi_time_order *order, uint32_t need)
{
    const etwi_need *n = &order->needs[need];
    return &order->readers[n->reader]->index.entries[n->entry];
}

static etw_status fill(etwi_time_order *order, uint32_t need, etwi_block *block, etwi_unit *unit)
{
    return etwi_block_fill(block, &order->readers[order->needs[need].reader]->input,
                           entry_of(order, need), &unit->scratch, &order->allocator, &unit->error);
}

static etwi_block *take(etwi_time_order *order, uint32_t need)
{
    return etwi_block_take(&order->pool, &order->readers[order->needs[need].reader]->input,
                           entry_of(order, need));
}

/* Chooses the next buffer to read ahead and takes memory for it. False if there is none, or no
 * room. */
static bool begin_ahead(etwi_time_order *order, uint32_t *need, etwi_block **block)
{
    while (order->next_need < order->need_count && order->is_taken[order->next_need])
        order->next_need++;
    if (order->next_need == order->need_count || order->ahead_count == order->ahead_max)
        return false;
    *need = (uint32_t)order->next_need;
    const uint32_t size = entry_of(order, *need)->unpacked_size;
    if (order->ahead_bytes + size > order->ahead_bytes_max)
        return false;
    *block = take(order, *need);
    if (!*block)
        return false; /* Whoever needs it will find out that memory is out. */
    order->is_taken[order->next_need++] = 1;
    order->ahead_bytes += size;
    order->ahead[order->ahead_count++] = (etwi_ahead){*need, false, ETW_OK, *block};
    return true;
}

static etwi_ahead *find_ahead(etwi_time_order *order, uint32_t need)
{
    for (unsigned i = 0; i < order->ahead_count; i++)
        if (order->ahead[i].need == need)
            return &order->ahead[i];
    return NULL;
}

void etwi_loader_read_ahead(etwi_time_order *order, etwi_unit *unit)
{
    uint32_t need;
    etwi_block *block;
    if (!order->ahead_max)
        return;
    etwi_mutex_lock(order->loading);
    while (begin_ahead(order, &need, &block)) {
        etwi_mutex_unlock(order->loading);
        const etw_status status = fill(order, need, block, unit);
        etwi_mutex_lock(order->loading);
        etwi_ahead *done = find_ahead(order, need);
        done->status = status;
        done->is_loaded = true;
        etwi_condition_broadcast(order->arrived);
    }
    etwi_mutex_unlock(order->loading);
}

/* Waits for a buffer that another thread reads, and removes it from those ahead. */
static etw_status collect(etwi_time_order *order, uint32_t need, etwi_block **out)
{
    etwi_ahead *waiting;
    while (!(waiting = find_ahead(order, need))->is_loaded)
        etwi_condition_wait(order->arrived, order->loading);
    const etw_status status = waiting->status;
    *out = waiting->block;
    order->ahead_bytes -= entry_of(order, need)->unpacked_size;
    *waiting = order->ahead[--order->ahead_count];
    if (status != ETW_OK)
        put(order, *out);
    return status;
}

etw_status etwi_loader_get(etwi_time_order *order, uint32_t need, etwi_unit *unit, etwi_block **out)
{
    etwi_mutex_lock(order->loading);
    if (find_ahead(order, need)) {
        const etw_status status = collect(order, need, out);
        etwi_mutex_unlock(order->loading);
        if (status != ETW_OK)
            etwi_fail(&unit->error, status, ETW_NO_OFFSET, "%s", etw_status_text(status));
        return status;
    }
    order->is_taken[need] = 1;
    *out = take(order, need);
    etwi_mutex_unlock(order->loading);
    if (!*out)
        return etwi_fail_nomem(&unit->error);
    const etw_status status = fill(order, need, *out, unit);
    if (status != ETW_OK) {
        etwi_mutex_lock(order->loading);
        put(order, *out);
        etwi_mutex_unlock(order->loading);
    }
    return status;
}

void etwi_loader_retire(etwi_time_order *order, etwi_block *block)
{
    etwi_mutex_lock(order->loading);
    block->is_retired = true;
    if (!atomic_load_explicit(&block->pins, memory_order_relaxed))
        put(order, block);
    etwi_mutex_unlock(order->loading);
}
