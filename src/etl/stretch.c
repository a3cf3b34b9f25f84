#include "etl/stretch.h"

#include "base/compiler.h"
#include "base/error.h"
#include "etl/merge.h"
#include "etl/reader_internal.h"
#include "etl/time_order.h"

enum {
    EVENTS_MIN = 2048, /* Room for so many at least: few enough to stay in the nearer caches. */
};

/* Behind all events. */
static const etwi_contender END = {INT64_MAX, INT64_MAX, UINT64_MAX, ETWI_OUT};

/* ---------------------------------------------------------------------------- memory */

static etw_status set_capacity(etwi_stretch *stretch, size_t capacity,
                               const etw_allocator *allocator)
{
    etwi_stretch_free(stretch, allocator);
    stretch->sorted = etwi_alloc(allocator, capacity * sizeof *stretch->sorted);
    stretch->spare = etwi_alloc(allocator, capacity * sizeof *stretch->spare);
    stretch->places = etwi_alloc(allocator, capacity * sizeof *stretch->places);
    stretch->bounds = etwi_alloc(allocator, (capacity + 1) * sizeof *stretch->bounds);
    stretch->capacity = capacity;
    stretch->slot_bits = 0;
    while (capacity >> stretch->slot_bits > 1)
        stretch->slot_bits++;
    return stretch->sorted && stretch->spare && stretch->places && stretch->bounds ? ETW_OK
                                                                                   : ETW_E_NOMEM;
}

void etwi_stretch_free(etwi_stretch *stretch, const etw_allocator *allocator)
{
    etwi_free(allocator, stretch->sorted, stretch->capacity * sizeof *stretch->sorted);
    etwi_free(allocator, stretch->spare, stretch->capacity * sizeof *stretch->spare);
    etwi_free(allocator, stretch->places, stretch->capacity * sizeof *stretch->places);
    etwi_free(allocator, stretch->bounds, (stretch->capacity + 1) * sizeof *stretch->bounds);
    stretch->sorted = stretch->spare = NULL;
    stretch->places = stretch->bounds = NULL;
    stretch->capacity = 0;
}

/* Makes room for one event of each open buffer at least. */
static etw_status make_room(etwi_time_order *order)
{
    size_t capacity = order->stretch.capacity ? order->stretch.capacity : EVENTS_MIN;
    while (capacity < order->opened_count)
        capacity *= 2;
    return capacity == order->stretch.capacity
               ? ETW_OK
               : set_capacity(&order->stretch, capacity, &order->allocator);
}

/* ------------------------------------------------------------------------- what is open */

/* Opens buffers until the next event of all is in an open one. */
static etw_status open_due(etwi_time_order *order, etwi_unit *unit)
{
    etwi_contender next, waiting;
    bool has_next = etwi_opening_find(order, false, &next) != NULL;
    while (etwi_opening_first(order, &waiting) &&
           (!has_next || etwi_contender_precedes(&waiting, &next))) {
        const etwi_opened *opened;
        ETWI_TRY(etwi_opening_open(order, unit, &opened));
        has_next = etwi_opened_left(opened) != 0;
        if (has_next)
            next = etwi_opened_at(order, opened, 0);
        else
            has_next = etwi_opening_find(order, false, &next) != NULL;
    }
    return ETW_OK;
}

/* ------------------------------------------------------------------------- where to cut */

/* A stretch ends before the event, or the buffer, that stands at the cut. */
static void lower(etwi_contender *cut, const etwi_contender *at)
{
    if (etwi_contender_precedes(at, cut))
        *cut = *at;
}

/* A buffer gives no more than the quota. */
static void cut_at_quota(const etwi_time_order *order, const etwi_opened *opened,
                         etwi_contender *cut)
{
    if (etwi_opened_left(opened) <= order->stretch.quota)
        return;
    const etwi_contender at = etwi_opened_at(order, opened, (uint32_t)order->stretch.quota);
    lower(cut, &at);
}

/* Opens what comes before the cut, where that is cheap, and else cuts there. */
static etw_status cut_at_unopened(etwi_time_order *order, etwi_unit *unit, etwi_contender *cut)
{
    etwi_contender at;
    while (etwi_opening_first(order, &at) && etwi_contender_precedes(&at, cut)) {
        const etwi_opened *opened;
        if (!etwi_opening_is_cheap(order)) {
            *cut = at;
            break;
        }
        ETWI_TRY(etwi_opening_open(order, unit, &opened));
        cut_at_quota(order, opened, cut);
    }
    return ETW_OK;
}

/* A buffer that was opened before its time may have an event before all others. */
static void set_base(etwi_time_order *order)
{
    etwi_contender at;
    if (etwi_opening_find(order, false, &at))
        order->stretch.base = at.key;
}

/* The time since the begin of a stretch has only so much room. */
static void cut_at_span(const etwi_time_order *order, etwi_contender *cut)
{
    const uint64_t base = (uint64_t)order->stretch.base;
    const uint64_t span = (UINT64_MAX >> order->stretch.slot_bits) - 1;
    if (span > (uint64_t)INT64_MAX - base)
        return;
    const int64_t key = (int64_t)(base + span);
    const etwi_contender at = {.key = key, .time = order->one_clock ? key : INT64_MIN};
    lower(cut, &at);
}

/* ------------------------------------------------------------------------------ numbering */

static ETWI_INLINE bool is_before(int64_t time, int64_t cut, bool wins_ties)
{
    return time < cut || (time == cut && wins_ties);
}

/* Writes the numbers of the next events of a buffer, up to the cut and to `limit`; returns how
 * many. Where the cut is at its own event behind the quota, it is the limit that tells events of
 * the same time. */
static uint32_t number_some(const etwi_time_order *order, const etwi_opened *opened,
                            const etwi_contender *cut, uint32_t limit)
{
    const etwi_record_mark *marks = opened->block->marks + opened->next;
    const uint32_t first = opened->slot;
    const uint64_t base = (uint64_t)order->stretch.base;
    const unsigned bits = order->stretch.slot_bits;
    uint64_t *out = order->stretch.sorted + first;
    uint32_t count = 0;
    if (order->one_clock) {
        const int64_t end = cut->time;
        const bool wins_ties = opened->rank <= cut->rank;
        for (; count < limit && is_before(marks[count].time, end, wins_ties); count++)
            out[count] = ((uint64_t)marks[count].time - base) << bits | (first + count);
        return count;
    }
    for (; count < limit; count++) {
        const etwi_contender at = etwi_opened_at(order, opened, count);
        if (etwi_contender_precedes(cut, &at))
            break;
        out[count] = ((uint64_t)at.key - base) << bits | (first + count);
    }
    return count;
}

/* Makes the next events of a buffer, as far as they come before the cut, part of the stretch. False
 * if there is no room for all. */
static bool add_sequence(etwi_time_order *order, etwi_opened *opened, const etwi_contender *cut)
{
    etwi_stretch *stretch = &order->stretch;
    const uint32_t left = etwi_opened_left(opened);
    const size_t room = stretch->capacity - stretch->count;
    const size_t wanted = left < stretch->quota ? left : stretch->quota;
    opened->slot = (uint32_t)stretch->count;
    const uint32_t count =
        number_some(order, opened, cut, (uint32_t)(wanted < room ? wanted : room));
    if (count) {
        stretch->bounds[stretch->sequences++] = opened->slot;
        stretch->count += count;
    }
    opened->slots_end = opened->slot + count;
    return count < room || wanted <= room;
}

static void clear(etwi_time_order *order)
{
    order->stretch.count = order->stretch.taken = order->stretch.sequences = 0;
    for (size_t i = 0; i < order->opened_count; i++)
        order->opened[i].slot = order->opened[i].slots_end = 0;
}

/* The same for all buffers. */
static bool add_all(etwi_time_order *order, const etwi_contender *cut)
{
    clear(order);
    for (size_t i = 0; i < order->opened_count; i++)
        if (!add_sequence(order, &order->opened[i], cut))
            return false;
    return true;
}

/* ------------------------------------------------------------------------------- choosing */

/* Chooses the events of the next stretch. The quota grows while stretches are short because few
 * buffers have most events, and falls when there is no room for all. */
static etw_status choose(etwi_time_order *order, etwi_unit *unit)
{
    etwi_stretch *stretch = &order->stretch;
    for (bool fits = false; !fits; stretch->quota /= 2) {
        ETWI_TRY(make_room(order));
        const size_t fair = stretch->capacity / order->opened_count;
        if (stretch->quota > stretch->capacity)
            stretch->quota = stretch->capacity;
        if (stretch->quota < fair)
            stretch->quota = fair;
        etwi_contender cut = END;
        for (size_t i = 0; i < order->opened_count; i++)
            cut_at_quota(order, &order->opened[i], &cut);
        ETWI_TRY(cut_at_unopened(order, unit, &cut));
        etwi_opening_sort(order);
        set_base(order);
        cut_at_span(order, &cut);
        fits = add_all(order, &cut);
    }
    stretch->quota *= stretch->count < stretch->capacity / 4 ? 4 : 2;
    return ETW_OK;
}

/* Order was given up: the rest of the buffer that has the next event is delivered as it comes. */
static etw_status choose_one(etwi_time_order *order, etwi_opened *next)
{
    ETWI_TRY(make_room(order));
    order->stretch.quota = order->stretch.capacity;
    etwi_contender cut = END;
    set_base(order);
    cut_at_span(order, &cut);
    clear(order);
    add_sequence(order, next, &cut);
    return ETW_OK;
}

/* ------------------------------------------------------------------------------ merging */

static uint32_t slot_at(const etwi_stretch *stretch, size_t place)
{
    return (uint32_t)(stretch->sorted[place] & (stretch->capacity - 1));
}

static const etwi_opened *owner_of(const etwi_time_order *order, uint32_t slot)
{
    size_t begin = 0, end = order->opened_count;
    while (end - begin > 1) {
        const size_t middle = begin + (end - begin) / 2;
        if (order->opened[middle].slot <= slot)
            begin = middle;
        else
            end = middle;
    }
    return &order->opened[begin];
}

/* Whether of two events with one key the second one comes first: by the raw time of one clock. */
static bool is_out_of_order(const etwi_time_order *order, size_t first)
{
    const etwi_stretch *stretch = &order->stretch;
    if (etwi_stretch_key(stretch, first) != etwi_stretch_key(stretch, first + 1))
        return false;
    const uint32_t a = slot_at(stretch, first), b = slot_at(stretch, first + 1);
    const etwi_opened *x = owner_of(order, a), *y = owner_of(order, b);
    return x->group == y->group && x->block->marks[x->next + a - x->slot].time >
                                       y->block->marks[y->next + b - y->slot].time;
}

/* Keys of several clocks are coarser than their raw times, which decide between equal ones. */
static void settle_ties(etwi_time_order *order)
{
    uint64_t *sorted = order->stretch.sorted;
    for (size_t i = 1; i < order->stretch.count; i++)
        for (size_t at = i; at > 0 && is_out_of_order(order, at - 1); at--) {
            const uint64_t later = sorted[at - 1];
            sorted[at - 1] = sorted[at];
            sorted[at] = later;
        }
}

static void set_places(const etwi_stretch *stretch)
{
    const uint64_t *sorted = stretch->sorted;
    const uint64_t mask = stretch->capacity - 1;
    const uint32_t count = (uint32_t)stretch->count;
    uint32_t *places = stretch->places;
    for (uint32_t place = 0; place < count; place++)
        places[sorted[place] & mask] = place;
}

static void merge(etwi_time_order *order)
{
    etwi_stretch *stretch = &order->stretch;
    stretch->bounds[stretch->sequences] = (uint32_t)stretch->count;
    uint64_t *const sorted =
        etwi_merge(stretch->sorted, stretch->spare, stretch->bounds, stretch->sequences);
    if (sorted != stretch->sorted) {
        stretch->spare = stretch->sorted;
        stretch->sorted = sorted;
    }
    if (!order->one_clock)
        settle_ties(order);
    set_places(stretch);
}

/* Counts the events that come after later ones. */
static void count_late(etwi_time_order *order)
{
    for (size_t i = 0; i < order->opened_count; i++) {
        const etwi_opened *opened = &order->opened[i];
        etw_trace_stats *stats = &order->readers[order->needs[opened->need].reader]->stats;
        for (uint32_t mark = 0; mark < opened->slots_end - opened->slot; mark++)
            stats->late_events += etwi_opened_at(order, opened, mark).key < order->latest;
    }
}

etw_status etwi_stretch_make(etwi_time_order *order, etwi_unit *unit)
{
    etwi_stretch *stretch = &order->stretch;
    etwi_contender at;
    stretch->count = stretch->taken = 0;
    etwi_opening_close_done(order);
    ETWI_TRY(open_due(order, unit));
    etwi_opened *next = etwi_opening_find(order, false, &at);
    if (!next)
        return ETW_OK;
    ETWI_TRY(order->load_budget ? choose(order, unit) : choose_one(order, next));
    merge(order);
    if (stretch->base < order->latest)
        count_late(order);
    const int64_t last = etwi_stretch_key(stretch, stretch->count - 1);
    order->latest = last > order->latest ? last : order->latest;
    return ETW_OK;
}

bool etwi_stretch_next_key(const etwi_time_order *order, int64_t *out)
{
    const etwi_stretch *stretch = &order->stretch;
    etwi_contender next, waiting;
    if (stretch->taken < stretch->count) {
        *out = etwi_stretch_key(stretch, stretch->taken);
        return true;
    }
    const bool has_next = etwi_opening_find(order, false, &next) != NULL;
    const bool is_waiting = etwi_opening_first(order, &waiting);
    if (has_next || is_waiting)
        *out = has_next && (!is_waiting || next.key < waiting.key) ? next.key : waiting.key;
    return has_next || is_waiting;
}
