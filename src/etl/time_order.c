#include "etl/time_order.h"

#include "base/error.h"
#include "etl/reader_internal.h"

enum {
    REREADS_MAX = 4, /* Times the traces may be read for the sake of order. */
    /* Events of a unit if there are several at a time, so that what is made of them stays small. */
    SHARED_UNIT_EVENTS = 128,
};

/* -------------------------------------------------------------------------------- keys */

int64_t etwi_time_order_key(const etwi_time_order *order, uint32_t reader, int64_t raw)
{
    if (order->one_clock)
        return raw;
    const uint64_t time = etw_clock_filetime(&order->readers[reader]->info.clock, raw);
    return time > INT64_MAX ? INT64_MAX : (int64_t)time;
}

static bool same_clock(const etw_clock *a, const etw_clock *b)
{
    return a->type == b->type && a->frequency == b->frequency && a->start_raw == b->start_raw &&
           a->start_time == b->start_time;
}

static void make_groups(etwi_time_order *order, bool keys_are_times)
{
    order->one_clock = !keys_are_times;
    for (uint32_t i = 0; i < order->reader_count; i++) {
        uint32_t group = 0;
        while (!same_clock(&order->readers[group]->info.clock, &order->readers[i]->info.clock))
            group++;
        order->groups[i] = group;
        order->one_clock &= group == 0;
    }
}

etwi_index_entry *etwi_time_order_entry(const etwi_time_order *order, uint32_t need)
{
    const etwi_need *n = &order->needs[need];
    return &order->readers[n->reader]->index.entries[n->entry];
}

/* -------------------------------------------------------------------------- begin and end */

etw_status etwi_time_order_begin(etwi_time_order *order, const etwi_feed_options *options,
                                 etw_error *error)
{
    order->allocator = options->allocator;
    order->readers = options->readers;
    order->reader_count = options->reader_count;
    order->opened_max = options->memory_max - options->memory_max / ETWI_AHEAD_SHARE;
    order->ahead_bytes_max = options->memory_max / ETWI_AHEAD_SHARE;
    order->range = options->range;
    order->unit_events = options->threads > 1 ? SHARED_UNIT_EVENTS : ETWI_UNIT_EVENTS;
    order->latest = INT64_MIN;
    order->merging = etwi_mutex_create();
    order->groups = etwi_alloc(&order->allocator, order->reader_count * sizeof *order->groups);
    if (!order->merging || !order->groups)
        return etwi_fail_nomem(error);
    make_groups(order, options->keys_are_times);
    if (etwi_loader_begin(order, options) != ETW_OK)
        return etwi_fail_nomem(error);
    order->load_budget = options->memory_max;
    for (uint32_t i = 0; i < order->need_count; i++)
        order->load_budget +=
            REREADS_MAX * (uint64_t)etwi_time_order_entry(order, i)->unpacked_size;
    return ETW_OK;
}

void etwi_time_order_end(etwi_time_order *order)
{
    etwi_opening_end(order);
    etwi_stretch_free(&order->stretch, &order->allocator);
    etwi_loader_end(order);
    etwi_free(&order->allocator, order->groups, order->reader_count * sizeof *order->groups);
    etwi_mutex_destroy(order->merging);
}

/* ------------------------------------------------------------------------------- units */

/* Says which place each of the next events of a buffer has in the unit, up to the place `end` of
 * the stretch; returns how many these are. */
static uint32_t set_places(const etwi_stretch *stretch, const etwi_opened *opened, size_t end,
                           uint8_t *out)
{
    const uint32_t *places = stretch->places + opened->slot;
    const uint32_t left = opened->slots_end - opened->slot;
    const size_t begin = stretch->taken;
    uint32_t count = 0;
    for (; count < left && places[count] < end; count++)
        out[count] = (uint8_t)(places[count] - begin);
    return count;
}

/* Gives events of a buffer to the unit. It stays in memory as long as the unit lives. */
static void give_piece(etwi_time_order *order, etwi_opened *opened, etwi_unit *unit, uint32_t count)
{
    etwi_block *block = opened->block;
    const size_t number = unit->block_count++;
    unit->blocks[number] = block;
    unit->contexts[number] = etwi_reader_context(order->readers[order->needs[opened->need].reader],
                                                 etwi_time_order_entry(order, opened->need), NULL);
    unit->pieces[number] = (etwi_record_piece){block->data, block->marks + opened->next, count};
    /* No lock is needed, because the block is open too. */
    atomic_fetch_add_explicit(&block->pins, 1, memory_order_relaxed);
    opened->slot += count;
    opened->next += count;
    unit->count += count;
    if (!etwi_opened_left(opened))
        order->bytes_done += etwi_time_order_entry(order, opened->need)->stored_size;
}

/* Hands out the next events of the stretch, but none behind the limit of the unit. */
static etw_status hand_out(etwi_time_order *order, etwi_unit *unit)
{
    etwi_stretch *stretch = &order->stretch;
    size_t end = stretch->taken + order->unit_events;
    if (end > stretch->count)
        end = stretch->count;
    while (end > stretch->taken && etwi_stretch_key(stretch, end - 1) > unit->limit)
        end--;
    if (end == stretch->taken)
        return ETW_AGAIN;
    for (size_t i = 0; i < order->opened_count; i++) {
        etwi_opened *opened = &order->opened[i];
        const uint32_t count = set_places(stretch, opened, end, unit->places + unit->count);
        if (count)
            give_piece(order, opened, unit, count);
    }
    unit->soon = etwi_loader_soon(order, unit->count);
    order->opened_left -= unit->count;
    stretch->taken = end;
    unit->number = order->next_unit++;
    return ETW_OK;
}

/* Finds out which events come next. They are made later, outside of the lock. */
static etw_status claim(etwi_time_order *order, etwi_unit *unit)
{
    if (order->stretch.taken == order->stretch.count)
        ETWI_TRY(etwi_stretch_make(order, unit));
    return order->stretch.count ? hand_out(order, unit) : ETW_END;
}

static void make_events(etwi_time_order *order, etwi_unit *unit)
{
    const uint8_t *places = unit->places;
    for (size_t i = 0; i < unit->block_count; i++) {
        etwi_record_spread(unit->events, places, &unit->pieces[i], &unit->contexts[i], &unit->soon);
        places += unit->pieces[i].count;
    }
    if (!etwi_time_range_is_all(&order->range))
        unit->count = etwi_time_range_keep(&order->range, unit->events, unit->count);
}

etw_status etwi_time_order_claim(etwi_time_order *order, etwi_unit *unit)
{
    etwi_loader_read_ahead(order, unit);
    unit->count = unit->block_count = 0;
    etwi_mutex_lock(order->merging);
    const etw_status status = claim(order, unit);
    etwi_mutex_unlock(order->merging);
    if (status == ETW_OK)
        make_events(order, unit);
    return status;
}

void etwi_time_order_release(etwi_time_order *order, etwi_unit *unit)
{
    etwi_mutex_lock(order->loading);
    for (size_t i = 0; i < unit->block_count; i++) {
        etwi_block *block = unit->blocks[i];
        if (atomic_fetch_sub_explicit(&block->pins, 1, memory_order_relaxed) == 1 &&
            block->is_retired)
            etwi_block_put(&order->pool, block);
    }
    etwi_mutex_unlock(order->loading);
    unit->block_count = 0;
}

bool etwi_time_order_next_key(etwi_time_order *order, int64_t *out)
{
    etwi_mutex_lock(order->merging);
    const bool found = etwi_stretch_next_key(order, out);
    etwi_mutex_unlock(order->merging);
    return found;
}

uint64_t etwi_time_order_position(etwi_time_order *order)
{
    etwi_mutex_lock(order->merging);
    const uint64_t position = order->bytes_done;
    etwi_mutex_unlock(order->merging);
    return position;
}
