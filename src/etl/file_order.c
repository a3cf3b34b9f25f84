#include "etl/file_order.h"

#include "base/error.h"
#include "etl/reader_internal.h"

/* Few enough that events are still in the first-level cache when the consumer looks at them. */
enum {
    BATCH_EVENTS = 64,
};

etw_status etwi_file_order_begin(etwi_file_order *order, const etwi_feed_options *options,
                                 etw_error *error)
{
    order->allocator = order->pool.allocator = options->allocator;
    order->readers = options->readers;
    order->reader_count = options->reader_count;
    order->scanned = options->scanned;
    order->range = options->range;
    for (size_t i = 0; i < order->reader_count; i++)
        etwi_block_pool_expect(&order->pool, &order->readers[i]->info);
    order->mutex = etwi_mutex_create();
    return order->mutex ? ETW_OK : etwi_fail_nomem(error);
}

void etwi_file_order_end(etwi_file_order *order)
{
    etwi_block_pool_free(&order->pool);
    etwi_mutex_destroy(order->mutex);
}

/* The next buffer of the current trace: from its index, or found as we go. */
static etw_status next_entry(etwi_file_order *order, etwi_reader *reader, etwi_unit *unit)
{
    while (order->scanned) {
        if (order->entry == reader->index.count)
            return ETW_END;
        unit->entry = reader->index.entries[order->entry++];
        if (etwi_time_range_meets(&order->range, reader, &unit->entry))
            return ETW_OK;
    }
    etwi_found found;
    const etw_status status = etwi_finder_next(&reader->finder, &found, &unit->error);
    if (status != ETW_OK)
        return status;
    unit->entry = etwi_index_entry_of(&found, &reader->info, reader->input.size);
    /* Without a first pass nobody knows better than the header where a doubtful buffer ends. */
    if (!found.continues)
        etwi_finder_doubt(&reader->finder, &found,
                          unit->entry.is_compressed ? BUFFER_HEADER_SIZE : found.header.data_end);
    return ETW_OK;
}

static etw_status claim(etwi_file_order *order, etwi_unit *unit)
{
    while (order->reader < order->reader_count) {
        etwi_reader *reader = order->readers[order->reader];
        const etw_status status = next_entry(order, reader, unit);
        if (status == ETW_END) {
            order->reader++;
            order->entry = 0;
            continue;
        }
        ETWI_TRY(status);
        unit->reader = reader;
        unit->blocks[0] = etwi_block_take(&order->pool, &reader->input, &unit->entry);
        if (!unit->blocks[0])
            return etwi_fail_nomem(&unit->error);
        unit->block_count = 1;
        unit->number = order->next_unit++;
        return ETW_OK;
    }
    return ETW_END;
}

etw_status etwi_file_order_claim(etwi_file_order *order, etwi_unit *unit)
{
    unit->is_loaded = false;
    unit->block_count = 0;
    etwi_mutex_lock(order->mutex);
    const etw_status status = claim(order, unit);
    etwi_mutex_unlock(order->mutex);
    return status;
}

/* Reads the buffer of a unit. */
static etw_status load(etwi_file_order *order, etwi_unit *unit)
{
    etwi_block *block = unit->blocks[0];
    ETWI_TRY(etwi_block_fill(block, &unit->reader->input, &unit->entry, &unit->scratch,
                             &order->allocator, &unit->error));
    if (!order->scanned && !block->is_good)
        etwi_note_damage(&unit->stats, unit->entry.offset, unit->entry.stored_size,
                         "a compressed buffer that does not decompress");
    unit->walk = (etwi_record_walk){block->data, BUFFER_HEADER_SIZE, block->data_end,
                                    unit->reader->info.clock.start_raw, false};
    unit->is_loaded = true;
    return ETW_OK;
}

/* What else the first pass would have counted, of a trace that had none. */
static void count(etwi_unit *unit)
{
    unit->stats.events += unit->count;
    if (!unit->walk.is_broken)
        return;
    etwi_count_rest(&unit->stats, &unit->entry, unit->walk.data, unit->walk.at, unit->walk.end);
    unit->walk.at = unit->walk.end;
}

etw_status etwi_file_order_fill(etwi_file_order *order, etwi_unit *unit)
{
    if (!unit->is_loaded)
        ETWI_TRY(load(order, unit));
    const etwi_record_context context =
        etwi_reader_context(unit->reader, &unit->entry, &unit->stats);
    do {
        unit->count = etwi_record_read(unit->events, BATCH_EVENTS, &unit->walk, &context);
        if (!order->scanned)
            count(unit);
        if (!etwi_time_range_is_all(&order->range))
            unit->count = etwi_time_range_keep(&order->range, unit->events, unit->count);
    } while (!unit->count && unit->walk.at < unit->walk.end && !unit->walk.is_broken);
    return ETW_OK;
}

void etwi_file_order_release(etwi_file_order *order, etwi_unit *unit)
{
    if (!unit->block_count)
        return;
    etwi_mutex_lock(order->mutex);
    etwi_block_put(&order->pool, unit->blocks[0]);
    order->bytes_done += unit->entry.stored_size;
    if (!order->scanned)
        etwi_add_stats(&unit->reader->stats, &unit->stats);
    memset(&unit->stats, 0, sizeof unit->stats);
    etwi_mutex_unlock(order->mutex);
    unit->block_count = 0;
}

uint64_t etwi_file_order_position(etwi_file_order *order)
{
    etwi_mutex_lock(order->mutex);
    const uint64_t position = order->bytes_done;
    etwi_mutex_unlock(order->mutex);
    return position;
}
