/* Where a consumer's events come from: files, or sessions with or without files beside them. */
#include "consumer/live.h"

etw_status etwi_supply_claim(etw_consumer *consumer, etwi_unit *unit, uint32_t timeout_ms)
{
    return consumer->live ? etwi_live_feed_claim(consumer->live, unit, timeout_ms)
                          : etwi_feed_claim(consumer->feed, unit);
}

etw_status etwi_supply_batch(etw_consumer *consumer, etwi_unit *unit, etw_batch *out)
{
    return unit->is_live ? etwi_live_feed_batch(unit, out)
                         : etwi_feed_batch(consumer->feed, unit, out);
}

void etwi_supply_release(etw_consumer *consumer, etwi_unit *unit)
{
    if (unit->is_live)
        etwi_live_feed_release(consumer->live, unit);
    else
        etwi_feed_release(consumer->feed, unit);
}

uint64_t etwi_supply_position(etw_consumer *consumer)
{
    const uint64_t of_files = consumer->feed ? etwi_feed_position(consumer->feed) : 0;
    return consumer->live
               ? of_files + atomic_load_explicit(&consumer->live->bytes, memory_order_relaxed)
               : of_files;
}

void etwi_supply_interrupt(etw_consumer *consumer)
{
    if (consumer->live)
        etwi_live_feed_interrupt(consumer->live);
}
