/* Which buffers are open: in memory, and part of the merge. */
#include "base/error.h"
#include "etl/reader_internal.h"
#include "etl/time_order.h"

#include <stdlib.h>

enum {
    /* Buffers are opened before their time while the open ones have that few events left, and take
     * that part of the memory there may be. */
    EARLY_EVENTS = 1024,
    EARLY_SHARE = 64,
    /* Where more are open, and each stretch goes through all of them, some are opened at a time
     * whatever they take: one of so many. */
    MANY = 256,
    MANY_SHARE = 8,
    INSERTED_MAX = 8, /* Buffers that are put in their places one by one. */
};

/* ----------------------------------------------------------------------- where buffers stand */

static etwi_contender contender(const etwi_time_order *order, uint32_t need, int64_t raw)
{
    const etwi_need *n = &order->needs[need];
    return (etwi_contender){.key = etwi_time_order_key(order, n->reader, raw),
                            .time = raw,
                            .rank = (uint64_t)n->reader << 32 | n->entry,
                            .group = order->groups[n->reader]};
}

etwi_contender etwi_opened_at(const etwi_time_order *order, const etwi_opened *opened,
                              uint32_t mark)
{
    return contender(order, opened->need, opened->block->marks[opened->next + mark].time);
}

/* A buffer that is opened for the first time. */
static etwi_contender unopened(const etwi_time_order *order)
{
    const uint32_t need = (uint32_t)order->next_opening;
    return contender(order, need, etwi_time_order_entry(order, need)->first_time);
}

static bool parked_is_first(const etwi_time_order *order)
{
    if (!order->parked_count || order->next_opening == order->need_count)
        return order->parked_count != 0;
    const etwi_contender other = unopened(order);
    return etwi_contender_precedes(&order->parked[0].at, &other);
}

bool etwi_opening_first(const etwi_time_order *order, etwi_contender *out)
{
    if (parked_is_first(order))
        *out = order->parked[0].at;
    else if (order->next_opening < order->need_count)
        *out = unopened(order);
    else
        return false;
    return true;
}

/* ------------------------------------------------------------------------------- parking */

static bool is_needed_before(const etwi_time_order *order, size_t a, size_t b)
{
    return etwi_contender_precedes(&order->parked[a].at, &order->parked[b].at);
}

static void swap_parked(etwi_time_order *order, size_t a, size_t b)
{
    const etwi_parked parked = order->parked[a];
    order->parked[a] = order->parked[b];
    order->parked[b] = parked;
}

static etw_status park(etwi_time_order *order, const etwi_parked *parked)
{
    void *memory = order->parked;
    const etw_status status = etwi_grow(&order->allocator, &memory, &order->parked_capacity,
                                        order->parked_count + 1, sizeof *order->parked);
    order->parked = memory;
    if (status != ETW_OK)
        return status;
    size_t at = order->parked_count++;
    order->parked[at] = *parked;
    for (; at && is_needed_before(order, at, (at - 1) / 2); at = (at - 1) / 2)
        swap_parked(order, at, (at - 1) / 2);
    return ETW_OK;
}

static etwi_parked unpark(etwi_time_order *order)
{
    const etwi_parked first = order->parked[0];
    order->parked[0] = order->parked[--order->parked_count];
    for (size_t at = 0, child = 1; child < order->parked_count; child = 2 * at + 1) {
        child += child + 1 < order->parked_count && is_needed_before(order, child + 1, child);
        if (!is_needed_before(order, child, at))
            break;
        swap_parked(order, at, child);
        at = child;
    }
    return first;
}

etwi_opened *etwi_opening_find(const etwi_time_order *order, bool is_last, etwi_contender *out)
{
    etwi_opened *found = NULL;
    for (size_t i = 0; i < order->opened_count; i++) {
        if (!etwi_opened_left(&order->opened[i]))
            continue;
        const etwi_contender at = etwi_opened_at(order, &order->opened[i], 0);
        if (found && etwi_contender_precedes(&at, out) == is_last)
            continue;
        found = &order->opened[i];
        *out = at;
    }
    return found;
}

/* Gives up the open buffer whose turn is furthest away. */
static etw_status give_one_up(etwi_time_order *order)
{
    etwi_contender at = {.group = ETWI_OUT};
    etwi_opened *victim = etwi_opening_find(order, true, &at);
    if (!victim)
        return ETW_OK;
    const etwi_parked parked = {at, victim->need, victim->next};
    ETWI_TRY(park(order, &parked));
    order->opened_bytes -= victim->size;
    order->opened_left -= etwi_opened_left(victim);
    etwi_loader_retire(order, victim->block);
    order->sorted_count -= (size_t)(victim - order->opened) < order->sorted_count;
    const etwi_opened *const end = order->opened + order->opened_count--;
    memmove(victim, victim + 1, (size_t)(end - (victim + 1)) * sizeof *victim);
    return ETW_OK;
}

/* ------------------------------------------------------------------------ opening and closing */

/* Bytes of a buffer's records, if they are not in the caller's memory anyway. */
static uint64_t size_of(const etwi_time_order *order, uint32_t need)
{
    const etwi_index_entry *entry = etwi_time_order_entry(order, need);
    const etwi_input *input = &order->readers[order->needs[need].reader]->input;
    return etwi_block_is_borrowed(input, entry) ? 0 : entry->unpacked_size;
}

bool etwi_opening_is_cheap(const etwi_time_order *order)
{
    const uint64_t bytes =
        parked_is_first(order)
            ? UINT64_MAX
            : order->opened_bytes + size_of(order, (uint32_t)order->next_opening);
    const size_t added = order->opened_count - order->sorted_count;
    if (order->opened_count > MANY && added < order->opened_count / MANY_SHARE)
        return bytes <= order->opened_max;
    return order->opened_left < EARLY_EVENTS && bytes <= order->opened_max / EARLY_SHARE;
}

static int compare_opened(const void *a, const void *b)
{
    const etwi_opened *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

void etwi_opening_sort(etwi_time_order *order)
{
    if (order->opened_count - order->sorted_count > INSERTED_MAX)
        qsort(order->opened, order->opened_count, sizeof *order->opened, compare_opened);
    else
        for (size_t i = order->sorted_count; i < order->opened_count; i++) {
            const etwi_opened added = order->opened[i];
            size_t at = i;
            for (; at && compare_opened(&added, &order->opened[at - 1]) < 0; at--)
                order->opened[at] = order->opened[at - 1];
            order->opened[at] = added;
        }
    order->sorted_count = order->opened_count;
}

static etw_status add(etwi_time_order *order, const etwi_opened *opened, const etwi_opened **out)
{
    void *memory = order->opened;
    const etw_status status = etwi_grow(&order->allocator, &memory, &order->opened_capacity,
                                        order->opened_count + 1, sizeof *order->opened);
    order->opened = memory;
    if (status != ETW_OK)
        return status;
    *out = &order->opened[order->opened_count];
    order->opened[order->opened_count++] = *opened;
    order->opened_bytes += opened->size;
    order->opened_left += etwi_opened_left(opened);
    return ETW_OK;
}

/* A buffer that does not have the event any more where it should go on has been changed meanwhile:
 * it then is open without events. */
etw_status etwi_opening_open(etwi_time_order *order, etwi_unit *unit, const etwi_opened **out)
{
    etwi_contender at;
    const bool again = parked_is_first(order);
    etwi_opening_first(order, &at);
    const uint32_t need = again ? order->parked[0].need : (uint32_t)order->next_opening;
    const uint64_t size = size_of(order, need);
    if (order->opened_bytes + size > order->opened_max)
        ETWI_TRY(give_one_up(order));
    etwi_opened opened = {.need = need, .group = at.group, .rank = at.rank};
    ETWI_TRY(etwi_loader_get(order, need, unit, &opened.block));
    const uint32_t count = (uint32_t)opened.block->mark_count;
    opened.size = size + count * sizeof *opened.block->marks;
    if (again)
        opened.next = unpark(order).next;
    else
        order->next_opening++;
    if (opened.next > count)
        opened.next = count;
    const uint32_t read = etwi_time_order_entry(order, need)->unpacked_size;
    order->load_budget -= read < order->load_budget ? read : order->load_budget;
    const etw_status status = add(order, &opened, out);
    if (status != ETW_OK)
        etwi_loader_retire(order, opened.block);
    return status;
}

void etwi_opening_close_done(etwi_time_order *order)
{
    size_t kept = 0, sorted = 0;
    for (size_t i = 0; i < order->opened_count; i++) {
        const etwi_opened *opened = &order->opened[i];
        if (etwi_opened_left(opened)) {
            sorted += i < order->sorted_count;
            order->opened[kept++] = *opened;
            continue;
        }
        order->opened_bytes -= opened->size;
        etwi_loader_retire(order, opened->block);
    }
    order->opened_count = kept;
    order->sorted_count = sorted;
}

void etwi_opening_end(etwi_time_order *order)
{
    for (size_t i = 0; i < order->opened_count; i++)
        etwi_loader_retire(order, order->opened[i].block);
    etwi_free(&order->allocator, order->opened, order->opened_capacity * sizeof *order->opened);
    etwi_free(&order->allocator, order->parked, order->parked_capacity * sizeof *order->parked);
}
