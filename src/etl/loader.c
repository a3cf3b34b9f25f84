/*
 * Getting buffers into memory for the merge, ahead of time where several threads work. Reading and
 * decompressing happens outside of the locks.
 */
#include "base/error.h"
#include "etl/mark.h"
#include "etl/reader_internal.h"
#include "etl/time_order.h"

#include <stdlib.h>

enum {
    /* Buffers whose memory is asked for before they are opened: few enough that it is still in the
     * second-level cache then. */
    SOON_BUFFERS = 3,
};

static int compare_needs(const void *a, const void *b)
{
    const etwi_need *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->reader != y->reader)
        return x->reader < y->reader ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* All buffers with events in the range of time, in the order of the earliest ones. */
static etw_status list_needs(etwi_time_order *order)
{
    for (size_t i = 0; i < order->reader_count; i++)
        order->need_capacity += order->readers[i]->index.count;
    order->needs = etwi_alloc(&order->allocator, order->need_capacity * sizeof *order->needs);
    if (!order->needs)
        return ETW_E_NOMEM;
    for (uint32_t reader = 0; reader < order->reader_count; reader++) {
        const etwi_index *index = &order->readers[reader]->index;
        for (uint32_t i = 0; i < index->count; i++) {
            const etwi_index_entry *entry = &index->entries[i];
            const int64_t key = etwi_time_order_key(order, reader, entry->first_time);
            if (etwi_time_range_meets(&order->range, order->readers[reader], entry))
                order->needs[order->need_count++] = (etwi_need){key, reader, i};
            else
                order->bytes_done += entry->stored_size;
        }
    }
    if (order->need_count)
        qsort(order->needs, order->need_count, sizeof *order->needs, compare_needs);
    return ETW_OK;
}

etw_status etwi_loader_begin(etwi_time_order *order, const etwi_feed_options *options)
{
    order->pool.allocator = order->allocator;
    order->ahead_max = options->threads > 1 ? 2 * options->threads : 0;
    if (order->ahead_max > ETWI_AHEAD_MAX)
        order->ahead_max = ETWI_AHEAD_MAX;
    order->loading = etwi_mutex_create();
    order->arrived = etwi_condition_create();
    for (size_t i = 0; i < order->reader_count; i++)
        etwi_block_pool_expect(&order->pool, &order->readers[i]->info);
    ETWI_TRY(list_needs(order));
    order->is_taken = etwi_alloc_zeroed(&order->allocator, order->need_count);
    return order->loading && order->arrived && order->is_taken ? ETW_OK : ETW_E_NOMEM;
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
    etwi_free(&order->allocator, order->needs, order->need_capacity * sizeof *order->needs);
    etwi_free(&order->allocator, order->is_taken, order->need_count);
}

/* Reads a buffer and marks its records; that is the work that is done outside of the lock. */
static etw_status fill(etwi_time_order *order, uint32_t need, etwi_block *block, etwi_unit *unit)
{
    etwi_reader *reader = order->readers[order->needs[need].reader];
    const etwi_index_entry *entry = etwi_time_order_entry(order, need);
    memset(&unit->stats, 0, sizeof unit->stats);
    ETWI_TRY(etwi_block_fill(block, &reader->input, entry, &unit->scratch, &order->allocator,
                             &unit->error));
    const etw_status status = etwi_block_mark(block, entry, reader->info.clock.start_raw,
                                              &order->allocator, &unit->stats);
    return status == ETW_OK ? ETW_OK : etwi_fail_nomem(&unit->error);
}

/* Counts what marking the records of a buffer has met, if the first pass has not. */
static void count(etwi_time_order *order, uint32_t need, const etwi_unit *unit)
{
    etwi_index_entry *entry = etwi_time_order_entry(order, need);
    if (!entry->is_surveyed)
        etwi_add_stats(&order->readers[order->needs[need].reader]->stats, &unit->stats);
    entry->is_surveyed = true;
}

static etwi_block *take(etwi_time_order *order, uint32_t need)
{
    return etwi_block_take(&order->pool, &order->readers[order->needs[need].reader]->input,
                           etwi_time_order_entry(order, need));
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
    const uint32_t size = etwi_time_order_entry(order, *need)->unpacked_size;
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
        count(order, need, unit);
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
    order->ahead_bytes -= etwi_time_order_entry(order, need)->unpacked_size;
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
    etwi_mutex_lock(order->loading);
    if (status == ETW_OK)
        count(order, need, unit);
    else
        put(order, *out);
    etwi_mutex_unlock(order->loading);
    return status;
}

etw_bytes etwi_loader_soon(etwi_time_order *order, size_t events)
{
    const size_t first = order->next_opening;
    const size_t size_max = events * ETWI_SOON_LINES * ETWI_CACHE_LINE;
    if (order->soon_need < first) {
        order->soon_need = first;
        order->soon_at = 0;
    }
    if (order->ahead_max || order->soon_need == order->need_count ||
        order->soon_need >= first + SOON_BUFFERS)
        return (etw_bytes){NULL, 0};
    const etwi_index_entry *entry = etwi_time_order_entry(order, (uint32_t)order->soon_need);
    const etwi_input *input = &order->readers[order->needs[order->soon_need].reader]->input;
    const uint32_t left = entry->data_end - order->soon_at;
    const uint32_t size = left < size_max ? left : (uint32_t)size_max;
    etw_bytes soon = {NULL, 0};
    if (etwi_block_is_borrowed(input, entry))
        soon = (etw_bytes){input->memory.data + entry->offset + order->soon_at, size};
    order->soon_at += size;
    if (order->soon_at == entry->data_end) {
        order->soon_need++;
        order->soon_at = 0;
    }
    return soon;
}

void etwi_loader_retire(etwi_time_order *order, etwi_block *block)
{
    etwi_mutex_lock(order->loading);
    block->is_retired = true;
    if (!atomic_load_explicit(&block->pins, memory_order_relaxed))
        put(order, block);
    etwi_mutex_unlock(order->loading);
}
