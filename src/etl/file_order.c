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
    order->unit_buffers = options->threads > 1 ? ETWI_UNIT_BUFFERS : 1;
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
static etw_status next_entry(etwi_file_order *order, etwi_reader *reader, etwi_index_entry *out,
                             etw_error *error)
{
    while (order->scanned) {
        if (order->entry == reader->index.count)
            return ETW_END;
        *out = reader->index.entries[order->entry++];
        if (etwi_time_range_meets(&order->range, reader, out))
            return ETW_OK;
    }
    etwi_found found;
    const etw_status status = etwi_finder_next(&reader->finder, &found, error);
    if (status != ETW_OK)
        return status;
    *out = etwi_index_entry_of(&found, &reader->info, reader->input.size);
    /* Without a first pass nobody knows better than the header where a doubtful buffer ends. */
    if (!found.continues)
        etwi_finder_doubt(&reader->finder, &found,
                          out->is_compressed ? BUFFER_HEADER_SIZE : found.header.data_end);
    return ETW_OK;
}

/* Adds the next buffer of a trace to a unit. */
static etw_status add_buffer(etwi_file_order *order, etwi_reader *reader, etwi_unit *unit)
{
    etwi_index_entry *entry = &unit->entries[unit->block_count];
    const etw_status status = next_entry(order, reader, entry, &unit->error);
    if (status != ETW_OK)
        return status;
    etwi_block *block = etwi_block_take(&order->pool, &reader->input, entry);
    if (!block)
        return etwi_fail_nomem(&unit->error);
    unit->blocks[unit->block_count++] = block;
    return ETW_OK;
}

/* The first buffer of a unit, and with it the trace that it is of. */
static etw_status claim_first(etwi_file_order *order, etwi_unit *unit)
{
    while (order->reader < order->reader_count) {
        unit->reader = order->readers[order->reader];
        const etw_status status = add_buffer(order, unit->reader, unit);
        if (status != ETW_END)
            return status;
        order->reader++;
        order->entry = 0;
    }
    return ETW_END;
}

/* A failure behind the first buffer waits until what comes before it is delivered. */
static etw_status claim(etwi_file_order *order, etwi_unit *unit)
{
    if (etw_failed(order->failure.status)) {
        unit->error = order->failure;
        return order->failure.status;
    }
    etw_status status = claim_first(order, unit);
    if (status != ETW_OK)
        return status;
    uint64_t bytes = unit->entries[0].unpacked_size;
    while (status == ETW_OK && unit->block_count < order->unit_buffers && bytes < ETWI_UNIT_BYTES) {
        status = add_buffer(order, unit->reader, unit);
        if (status == ETW_OK)
            bytes += unit->entries[unit->block_count - 1].unpacked_size;
    }
    if (etw_failed(status))
        order->failure = unit->error;
    unit->number = order->next_unit++;
    return ETW_OK;
}

etw_status etwi_file_order_claim(etwi_file_order *order, etwi_unit *unit)
{
    unit->is_loaded = false;
    unit->block_count = unit->current = 0;
    etwi_mutex_lock(order->mutex);
    const etw_status status = claim(order, unit);
    etwi_mutex_unlock(order->mutex);
    return status;
}

/* Reads the buffer of a unit that is to be gone through. */
static etw_status load(etwi_file_order *order, etwi_unit *unit)
{
    const etwi_index_entry *entry = &unit->entries[unit->current];
    etwi_block *block = unit->blocks[unit->current];
    ETWI_TRY(etwi_block_fill(block, &unit->reader->input, entry, &unit->scratch, &order->allocator,
                             &unit->error));
    if (!order->scanned && !block->is_good)
        etwi_note_damage(&unit->stats, entry->offset, entry->stored_size,
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
    etwi_count_rest(&unit->stats, &unit->entries[unit->current], unit->walk.data, unit->walk.at,
                    unit->walk.end);
    unit->walk.at = unit->walk.end;
}

/* The next events of the buffer at hand that are within the range of time; none at its end. */
static void fill(etwi_file_order *order, etwi_unit *unit)
{
    const etwi_record_context context =
        etwi_reader_context(unit->reader, &unit->entries[unit->current], &unit->stats);
    unit->count = 0;
    while (!unit->count && unit->walk.at < unit->walk.end && !unit->walk.is_broken) {
        unit->count = etwi_record_read(unit->events, BATCH_EVENTS, &unit->walk, &context);
        if (!order->scanned)
            count(unit);
        if (!etwi_time_range_is_all(&order->range))
            unit->count = etwi_time_range_keep(&order->range, unit->events, unit->count);
    }
}

etw_status etwi_file_order_fill(etwi_file_order *order, etwi_unit *unit)
{
    for (unit->count = 0; unit->current < unit->block_count; unit->current++) {
        if (!unit->is_loaded)
            ETWI_TRY(load(order, unit));
        fill(order, unit);
        if (unit->count)
            break;
        unit->is_loaded = false;
    }
    return ETW_OK;
}

void etwi_file_order_release(etwi_file_order *order, etwi_unit *unit)
{
    if (!unit->block_count)
        return;
    etwi_mutex_lock(order->mutex);
    for (size_t i = 0; i < unit->block_count; i++) {
        etwi_block_put(&order->pool, unit->blocks[i]);
        order->bytes_done += unit->entries[i].stored_size;
    }
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
