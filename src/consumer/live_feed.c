/*
 * All sessions of a consumer, and the files beside them, as one feed of units.
 *
 * A unit is filled with what is due. Only when nothing is, the sessions are asked for more; and
 * only when they have nothing, they are waited for. So at low rates each event is delivered when it
 * comes, and at high ones units are full and a look at the sessions is paid for by many events.
 */
#include "consumer/live.h"

#include "base/error.h"

enum {
    /* What a session is late beyond its latency for reasons that pass: a writer that was halted in
     * the middle of an event. */
    HOLD_MS = 250,
    /* How long to wait for a session to become complete up to what waits already. */
    RETRY_MS = 1,
    /* Files may have events of times that are far away. */
    FILES_RETRY_MAX_MS = 1000,
    TICKS_PER_MS = 10000, /* Of keys. */
};

/* -------------------------------------------------------------------------- construction */

etw_status etwi_live_feed_create(etwi_live_feed **out, etw_consumer *consumer)
{
    *out = NULL;
    etwi_live_feed *feed = etwi_alloc_zeroed(&consumer->allocator, sizeof *feed);
    if (!feed)
        return etwi_fail_nomem(&consumer->error);
    feed->consumer = consumer;
    feed->allocator = feed->pool.allocator = consumer->allocator;
    feed->latest = INT64_MIN;
    feed->merging = etwi_mutex_create();
    feed->pooling = etwi_mutex_create();
    if (!feed->merging || !feed->pooling) {
        etwi_live_feed_destroy(&feed);
        return etwi_fail_nomem(&consumer->error);
    }
    *out = feed;
    return ETW_OK;
}

static void free_segments(etwi_live_feed *feed)
{
    while (feed->free_segments) {
        etwi_segment *segment = feed->free_segments;
        feed->free_segments = segment->next;
        etwi_free(&feed->allocator, segment, sizeof *segment);
    }
}

void etwi_live_feed_destroy(etwi_live_feed **feed)
{
    etwi_live_feed *closing = *feed;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    for (size_t i = 0; i < closing->source_count; i++)
        etwi_live_source_destroy(closing->sources[i]);
    if (closing->current)
        etwi_live_block_drop(closing, closing->current);
    free_segments(closing);
    etwi_live_merge_free(closing);
    etwi_block_pool_free(&closing->pool);
    etwi_harvest_destroy(&closing->harvest);
    etwi_free(&allocator, closing->sources, closing->source_capacity * sizeof *closing->sources);
    etwi_free(&allocator, closing->lives, closing->source_count * sizeof *closing->lives);
    etwi_mutex_destroy(closing->merging);
    etwi_mutex_destroy(closing->pooling);
    etwi_free(&allocator, closing, sizeof *closing);
    *feed = NULL;
}

void etwi_live_feed_begin(etwi_live_feed *feed, etwi_feed *files)
{
    feed->files = files;
    etwi_live_share_clocks(feed);
}

/* -------------------------------------------------------------------------------- waking */

void etwi_live_feed_wake(etwi_live_feed *feed)
{
    atomic_fetch_add(&feed->wakers, 1);
    for (size_t i = 0; i < feed->source_count; i++) {
        void *live = atomic_load(&feed->sources[i]->live);
        if (live)
            feed->sources[i]->backend->wake(live);
    }
    atomic_fetch_sub(&feed->wakers, 1);
    atomic_fetch_add(&feed->bell, 1);
    etwi_word_wake(&feed->bell, false);
}

void etwi_live_feed_interrupt(etwi_live_feed *feed)
{
    atomic_store(&feed->is_interrupted, true);
    etwi_live_feed_wake(feed);
}

static bool is_stopped(const etwi_live_feed *feed)
{
    return atomic_load_explicit(&feed->consumer->stop, memory_order_relaxed);
}

/* ------------------------------------------------------------------------------- sources */

/* Asks all sessions once. */
static etw_status poll_all(etwi_live_feed *feed, uint64_t now, bool *is_news, etw_error *error)
{
    *is_news = false;
    for (size_t i = 0; i < feed->source_count; i++) {
        etwi_live_source *source = feed->sources[i];
        if (source->state == ETW_LIVE_WAITING && now >= source->look_at) {
            ETWI_TRY(etwi_live_source_look(source, error));
            *is_news |= source->state != ETW_LIVE_WAITING;
        }
        if (source->state == ETW_LIVE_ATTACHED)
            ETWI_TRY(etwi_live_poll(source, is_news, error));
    }
    if (*is_news && etwi_live_merge_enter(feed) != ETW_OK)
        return etwi_fail_nomem(error);
    return ETW_OK;
}

/* Up to which key all sessions are complete. */
static int64_t horizon_of(const etwi_live_feed *feed)
{
    int64_t horizon = INT64_MAX;
    if (feed->is_let_go || feed->consumer->options.order == ETW_ORDER_FILE)
        return horizon;
    for (size_t i = 0; i < feed->source_count; i++) {
        const etwi_live_source *source = feed->sources[i];
        if (source->state == ETW_LIVE_ATTACHED && source->horizon < horizon)
            horizon = source->horizon;
    }
    return horizon;
}

static bool has_ended(const etwi_live_feed *feed)
{
    for (size_t i = 0; i < feed->source_count; i++)
        if (feed->sources[i]->state != ETW_LIVE_ENDED)
            return false;
    return !feed->pending && !feed->files;
}

/* ---------------------------------------------------------------------------------- units */

/* The key of the next event of the files; INT64_MAX if there is none. */
static int64_t next_of_files(const etwi_live_feed *feed)
{
    int64_t key = INT64_MAX;
    if (!feed->files)
        return key;
    if (feed->consumer->options.order == ETW_ORDER_FILE)
        return INT64_MIN;
    etwi_feed_next_key(feed->files, &key);
    return key;
}

/* A unit of events of the files. ETW_AGAIN if they have none within the limit, or none at all. */
static etw_status claim_of_files(etwi_live_feed *feed, etwi_unit *unit, int64_t limit)
{
    unit->is_live = false;
    unit->limit = limit;
    etw_status status = etwi_feed_claim(feed->files, unit);
    if (status == ETW_END) {
        feed->files = NULL;
        status = ETW_AGAIN;
    }
    return status;
}

static void publish_counts(etwi_live_feed *feed, const etwi_unit *unit)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < unit->count; i++)
        bytes += unit->refs[i].size;
    atomic_fetch_add_explicit(&feed->bytes, bytes, memory_order_relaxed);
    for (size_t i = 0; i < feed->source_count; i++) {
        etwi_live_source *source = feed->sources[i];
        if (source->taken)
            atomic_fetch_add_explicit(&source->losses.received, source->taken,
                                      memory_order_relaxed);
        source->taken = 0;
    }
}

/* Fills the unit with what is due. ETW_AGAIN if nothing is. */
static etw_status claim_due(etwi_live_feed *feed, etwi_unit *unit)
{
    const int64_t of_files = next_of_files(feed);
    int64_t limit = horizon_of(feed);
    if (feed->files && of_files <= limit) {
        const int64_t of_sessions = etwi_live_merge_next(feed);
        if (of_files <= of_sessions)
            return claim_of_files(feed, unit, of_sessions < limit ? of_sessions : limit);
        limit = of_files;
    }
    unit->is_live = true;
    etwi_live_merge(feed, unit, limit);
    if (!feed->pending) {
        feed->hold_until = 0;
        feed->is_let_go = false;
    }
    if (!unit->count)
        return ETW_AGAIN;
    feed->hold_until = 0;
    publish_counts(feed, unit);
    return ETW_OK;
}

static void parse(etwi_unit *unit)
{
    etwi_record_parse_all(unit->events, unit->refs, unit->count, unit->contexts);
}

/* Adds manifests to the store before anybody sees the events behind them. */
static etw_status harvest(etwi_live_feed *feed, etwi_unit *unit)
{
    parse(unit);
    if (!feed->harvest)
        ETWI_TRY(etwi_harvest_create(&feed->harvest, &feed->allocator, &unit->error));
    for (size_t i = 0; i < unit->count; i++) {
        const etwi_harvest_place place = {0, 0, feed->harvested};
        if (unit->events[i].id != ETWI_MANIFEST_EVENT_ID)
            continue;
        feed->harvested++;
        if (etwi_harvest_add(feed->harvest, &unit->events[i], &place) != ETW_OK)
            return etwi_fail_nomem(&unit->error);
    }
    return etwi_harvest_publish_whole(feed->harvest, feed->consumer->schemas, &unit->error);
}

/* -------------------------------------------------------------------------------- waiting */

static uint64_t hold_time(const etwi_live_feed *feed)
{
    uint32_t latency = 0;
    for (size_t i = 0; i < feed->source_count; i++)
        if (feed->sources[i]->options.latency_ms > latency)
            latency = feed->sources[i]->options.latency_ms;
    return (uint64_t)latency + HOLD_MS;
}

/* Nothing is due: whether what waits has waited for too long, or is too much. */
static bool is_overdue(etwi_live_feed *feed, uint64_t now)
{
    if (!feed->pending)
        return false;
    if (!feed->hold_until)
        feed->hold_until = now + hold_time(feed);
    return now >= feed->hold_until || feed->pending > feed->consumer->options.memory_max / 2;
}

/* How long it takes until sessions may be complete up to the next event of the files. */
static uint64_t files_retry_ms(const etwi_live_feed *feed)
{
    const int64_t of_files = next_of_files(feed), horizon = horizon_of(feed);
    const int64_t distance = horizon > 0 && of_files > horizon ? of_files - horizon : 0;
    const int64_t wanted = distance / TICKS_PER_MS + RETRY_MS;
    return wanted < FILES_RETRY_MAX_MS ? (uint64_t)wanted : FILES_RETRY_MAX_MS;
}

/* When to look again although no session has anything new. */
static uint64_t look_again_at(const etwi_live_feed *feed, uint64_t now, uint64_t deadline)
{
    uint64_t until = deadline;
    if (feed->pending && now + RETRY_MS < until)
        until = now + RETRY_MS;
    if (feed->files && now + files_retry_ms(feed) < until)
        until = now + files_retry_ms(feed);
    for (size_t i = 0; i < feed->source_count; i++) {
        const etwi_live_source *source = feed->sources[i];
        const uint64_t finish_by = atomic_load_explicit(&source->finish_by, memory_order_relaxed);
        if (source->state == ETW_LIVE_WAITING && source->look_at < until)
            until = source->look_at;
        if (source->state == ETW_LIVE_ATTACHED && finish_by && now + RETRY_MS < until)
            until = now + RETRY_MS;
    }
    return until;
}

static uint32_t timeout_until(uint64_t now, uint64_t until)
{
    if (until == UINT64_MAX)
        return ETW_WAIT_FOREVER;
    const uint64_t timeout = until > now ? until - now : 0;
    return timeout < ETW_WAIT_FOREVER ? (uint32_t)timeout : ETW_WAIT_FOREVER - 1;
}

/* Waits for any session, and without one for the bell. Those of another system than the first one
 * are looked at now and then. */
static void wait_for_news(etwi_live_feed *feed, uint32_t bell, uint64_t now, uint64_t until)
{
    const etwi_live_backend *backend = NULL;
    size_t count = 0;
    for (size_t i = 0; i < feed->source_count; i++) {
        etwi_live_source *source = feed->sources[i];
        void *live = atomic_load_explicit(&source->live, memory_order_relaxed);
        if (!live)
            continue;
        if (!backend)
            backend = source->backend;
        if (backend == source->backend)
            feed->lives[count++] = live;
        else if (now + RETRY_MS < until)
            until = now + RETRY_MS;
    }
    if (count)
        backend->wait(feed->lives, count, timeout_until(now, until));
    else
        etwi_word_wait(&feed->bell, bell, timeout_until(now, until), false);
}

/* Asks for more, and waits for it once. ETW_OK to go on. */
static etw_status get_more(etwi_live_feed *feed, etwi_unit *unit, uint32_t bell, uint64_t deadline)
{
    bool is_news;
    const uint64_t now = etwi_now_ms();
    feed->is_let_go = is_overdue(feed, now);
    if (feed->is_let_go)
        return ETW_OK;
    ETWI_TRY(poll_all(feed, now, &is_news, &unit->error));
    if (is_news)
        return ETW_OK;
    if (has_ended(feed))
        return ETW_END;
    if (atomic_exchange(&feed->is_interrupted, false) || now >= deadline)
        return ETW_AGAIN;
    wait_for_news(feed, bell, now, look_again_at(feed, now, deadline));
    return ETW_OK;
}

static etw_status claim(etwi_live_feed *feed, etwi_unit *unit, uint64_t deadline)
{
    unit->number = feed->next_unit;
    unit->count = unit->block_count = 0;
    unit->is_live = true;
    unit->has_manifest = false;
    for (;;) {
        const uint32_t bell = atomic_load(&feed->bell);
        if (is_stopped(feed))
            return ETW_STOPPED;
        etw_status status = claim_due(feed, unit);
        if (status == ETW_OK)
            break;
        if (status == ETW_AGAIN)
            status = get_more(feed, unit, bell, deadline);
        if (status != ETW_OK)
            return status;
    }
    unit->number = feed->next_unit++;
    unit->has_manifest &= !feed->consumer->options.without_schemas;
    return unit->has_manifest ? harvest(feed, unit) : ETW_OK;
}

etw_status etwi_live_feed_claim(etwi_live_feed *feed, etwi_unit *unit, uint32_t timeout_ms)
{
    const etwi_time_range *range = &feed->consumer->range;
    const uint64_t deadline =
        timeout_ms == ETW_WAIT_FOREVER ? UINT64_MAX : etwi_now_ms() + timeout_ms;
    etwi_mutex_lock(feed->merging);
    const etw_status status = claim(feed, unit, deadline);
    etwi_mutex_unlock(feed->merging);
    if (!unit->is_live)
        return status;
    if (status != ETW_OK) {
        etwi_live_feed_release(feed, unit);
        return status;
    }
    if (!unit->has_manifest)
        parse(unit);
    if (!etwi_time_range_is_all(range))
        unit->count = etwi_time_range_keep(range, unit->events, unit->count);
    return ETW_OK;
}

etw_status etwi_live_feed_batch(etwi_unit *unit, etw_batch *out)
{
    out->events = unit->events;
    out->count = unit->count;
    unit->count = 0;
    return out->count ? ETW_OK : ETW_END;
}

void etwi_live_feed_release(etwi_live_feed *feed, etwi_unit *unit)
{
    for (size_t i = 0; i < unit->block_count; i++)
        etwi_live_block_drop(feed, unit->blocks[i]);
    unit->block_count = 0;
}
