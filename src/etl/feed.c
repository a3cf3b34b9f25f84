#include "etl/feed.h"

#include "base/error.h"
#include "etl/file_order.h"
#include "etl/time_order.h"

struct etwi_feed {
    etw_allocator allocator;
    etw_order order;
    etwi_time_order by_time;
    etwi_file_order by_file;
};

etw_status etwi_unit_init(etwi_unit *unit, const etw_allocator *allocator)
{
    memset(unit, 0, sizeof *unit);
    unit->events = etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *unit->events);
    unit->blocks = etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *unit->blocks);
    unit->refs = etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *unit->refs);
    unit->contexts = etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *unit->contexts);
    unit->pieces = etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *unit->pieces);
    unit->places = etwi_alloc(allocator, ETWI_UNIT_EVENTS * sizeof *unit->places);
    unit->limit = INT64_MAX;
    if (unit->events && unit->blocks && unit->refs && unit->contexts && unit->pieces &&
        unit->places)
        return ETW_OK;
    etwi_unit_free(unit, allocator);
    return ETW_E_NOMEM;
}

void etwi_unit_free(etwi_unit *unit, const etw_allocator *allocator)
{
    etwi_free(allocator, unit->events, ETWI_UNIT_EVENTS * sizeof *unit->events);
    etwi_free(allocator, unit->blocks, ETWI_UNIT_EVENTS * sizeof *unit->blocks);
    etwi_free(allocator, unit->refs, ETWI_UNIT_EVENTS * sizeof *unit->refs);
    etwi_free(allocator, unit->contexts, ETWI_UNIT_EVENTS * sizeof *unit->contexts);
    etwi_free(allocator, unit->pieces, ETWI_UNIT_EVENTS * sizeof *unit->pieces);
    etwi_free(allocator, unit->places, ETWI_UNIT_EVENTS * sizeof *unit->places);
    etwi_scratch_free(&unit->scratch, allocator);
    unit->events = NULL;
    unit->blocks = NULL;
    unit->refs = NULL;
    unit->contexts = NULL;
    unit->pieces = NULL;
    unit->places = NULL;
}

etw_status etwi_feed_create(etwi_feed **out, const etwi_feed_options *options, etw_error *error)
{
    *out = NULL;
    etwi_feed *feed = etwi_alloc_zeroed(&options->allocator, sizeof *feed);
    if (!feed)
        return etwi_fail_nomem(error);
    feed->allocator = options->allocator;
    feed->order = options->order;
    const etw_status status = options->order == ETW_ORDER_TIME
                                  ? etwi_time_order_begin(&feed->by_time, options, error)
                                  : etwi_file_order_begin(&feed->by_file, options, error);
    if (status != ETW_OK) {
        etwi_feed_destroy(&feed);
        return status;
    }
    *out = feed;
    return ETW_OK;
}

void etwi_feed_destroy(etwi_feed **feed)
{
    etwi_feed *closing = *feed;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    if (closing->order == ETW_ORDER_TIME)
        etwi_time_order_end(&closing->by_time);
    else
        etwi_file_order_end(&closing->by_file);
    etwi_free(&allocator, closing, sizeof *closing);
    *feed = NULL;
}

etw_status etwi_feed_claim(etwi_feed *feed, etwi_unit *unit)
{
    return feed->order == ETW_ORDER_TIME ? etwi_time_order_claim(&feed->by_time, unit)
                                         : etwi_file_order_claim(&feed->by_file, unit);
}

etw_status etwi_feed_batch(etwi_feed *feed, etwi_unit *unit, etw_batch *out)
{
    if (feed->order == ETW_ORDER_FILE)
        ETWI_TRY(etwi_file_order_fill(&feed->by_file, unit));
    out->events = unit->events;
    out->count = unit->count;
    /* In time order a unit is one batch, which claiming it has made. */
    if (feed->order == ETW_ORDER_TIME)
        unit->count = 0;
    return out->count ? ETW_OK : ETW_END;
}

void etwi_feed_release(etwi_feed *feed, etwi_unit *unit)
{
    if (feed->order == ETW_ORDER_TIME)
        etwi_time_order_release(&feed->by_time, unit);
    else
        etwi_file_order_release(&feed->by_file, unit);
}

bool etwi_feed_next_key(etwi_feed *feed, int64_t *out)
{
    return etwi_time_order_next_key(&feed->by_time, out);
}

uint64_t etwi_feed_position(etwi_feed *feed)
{
    return feed->order == ETW_ORDER_TIME ? etwi_time_order_position(&feed->by_time)
                                         : etwi_file_order_position(&feed->by_file);
}
