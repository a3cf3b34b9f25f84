/* One session as a source: how it is found, what it is measured by, and how it is let go. */
#include "base/error.h"
#include "consumer/live.h"
#include "etl/reader_internal.h"

enum {
    LOOK_INTERVAL_MS = 50, /* For a session that is waited for. */
};

/* -------------------------------------------------------------------------------- clocks */

int64_t etwi_live_key(const etwi_live_source *source, int64_t raw)
{
    const uint64_t time = etwi_tick_scale_filetime(&source->info->scale, raw);
    return time > INT64_MAX ? INT64_MAX : (int64_t)time;
}

/* Ticks that are counted since the machine was started. Of running sessions they are the same. */
static bool same_ticks(const etw_clock *a, const etw_clock *b)
{
    return a->type == b->type && a->frequency == b->frequency && a->type != ETW_CLOCK_SYSTEM_TIME;
}

static void set_clock(etwi_live_head *info, const etw_clock *clock)
{
    info->trace.clock = *clock;
    info->scale = etwi_tick_scale_of(&info->trace.clock);
}

static bool share_with_files(const etw_consumer *consumer, etwi_live_head *info)
{
    for (size_t i = 0; i < consumer->reader_count; i++) {
        const etw_trace_info *file = etwi_reader_info(consumer->readers[i]);
        if (same_ticks(&file->clock, &info->trace.clock) &&
            file->boot_time == info->trace.boot_time) {
            set_clock(info, &file->clock);
            return true;
        }
    }
    return false;
}

static bool share_with_sessions(const etwi_live_feed *feed, etwi_live_head *info)
{
    for (size_t i = 0; i < feed->source_count; i++)
        for (const etwi_live_head *other = feed->sources[i]->info; other; other = other->older)
            if (other != info && other->group < feed->group_count &&
                same_ticks(&other->trace.clock, &info->trace.clock)) {
                set_clock(info, &other->trace.clock);
                info->group = other->group;
                return true;
            }
    return false;
}

static void share_clock(etwi_live_feed *feed, etwi_live_head *info)
{
    if (share_with_sessions(feed, info))
        return;
    share_with_files(feed->consumer, info);
    info->group = feed->group_count++;
}

void etwi_live_share_clocks(etwi_live_feed *feed)
{
    feed->group_count = 0;
    for (size_t i = 0; i < feed->source_count; i++)
        feed->sources[i]->info->group = ETWI_OUT;
    for (size_t i = 0; i < feed->source_count; i++)
        if (feed->sources[i]->state == ETW_LIVE_ATTACHED)
            share_clock(feed, feed->sources[i]->info);
}

/* ---------------------------------------------------------------------------------- infos */

static etw_status copy_name(etwi_arena *arena, etw_str *name)
{
    const etw_str from = *name;
    return etwi_arena_str(arena, name, from.data, from.size) ? ETW_OK : ETW_E_NOMEM;
}

/* Makes what events of a session point to. */
static etw_status make_info(etwi_live_source *source, const etw_trace_info *trace)
{
    etwi_live_head *info = etwi_arena_alloc_zeroed(&source->arena, sizeof *info);
    if (!info)
        return ETW_E_NOMEM;
    info->trace = *trace;
    info->trace.path = source->name;
    ETWI_TRY(copy_name(&source->arena, &info->trace.session_name));
    ETWI_TRY(copy_name(&source->arena, &info->trace.log_file_name));
    info->scale = etwi_tick_scale_of(&info->trace.clock);
    info->group = ETWI_OUT;
    info->older = source->info;
    source->info = info;
    share_clock(source->feed, info);
    return ETW_OK;
}

/* A session that was restarted goes on with the header of the one before, unless its clock is
 * another one: schemas out of a session are for the events of its header. */
static etw_status take_info(etwi_live_source *source, const etw_trace_info *trace)
{
    const etw_clock *clock = &source->info->trace.clock;
    if (source->info->older && clock->type == trace->clock.type &&
        clock->frequency == trace->clock.frequency)
        return ETW_OK;
    return make_info(source, trace);
}

/* ---------------------------------------------------------------------------------- state */

static void set_state(etwi_live_source *source, etw_live_state state)
{
    source->state = state;
    source->look_at = etwi_now_ms() + LOOK_INTERVAL_MS;
    if (source->options.on_state)
        source->options.on_state(source->options.user, state);
}

bool etwi_live_source_query(etwi_live_source *source, etw_session_info *out)
{
    *out = (etw_session_info){.size = sizeof *out};
    if (source->backend->query(source->name.data, out, NULL) != ETW_OK)
        return false;
    atomic_store_explicit(&source->losses.session_events, out->events_lost, memory_order_relaxed);
    atomic_store_explicit(&source->losses.session_buffers, out->real_time_buffers_lost,
                          memory_order_relaxed);
    return true;
}

static etw_status attach(etwi_live_source *source, etw_error *error)
{
    void *live = NULL;
    const etwi_live_options options = {source->feed->allocator, source->options.latency_ms};
    ETWI_TRY(source->backend->open(&live, source->name.data, &options, error));
    if (take_info(source, source->backend->info(live)) != ETW_OK) {
        source->backend->close(live);
        return etwi_fail_nomem(error);
    }
    etw_session_info session;
    if (etwi_live_source_query(source, &session))
        source->logger_id = (uint16_t)session.logger_id;
    source->horizon = INT64_MIN;
    source->round_events_lost = source->round_buffers_lost = 0;
    atomic_store(&source->live, live);
    set_state(source, ETW_LIVE_ATTACHED);
    return ETW_OK;
}

etw_status etwi_live_source_look(etwi_live_source *source, etw_error *error)
{
    if (atomic_load_explicit(&source->finish_by, memory_order_relaxed)) {
        set_state(source, ETW_LIVE_ENDED);
        return ETW_OK;
    }
    const etw_status status = attach(source, error);
    source->look_at = etwi_now_ms() + LOOK_INTERVAL_MS;
    return status == ETW_E_NOT_FOUND ? ETW_OK : status;
}

/* Those who wake may be anywhere, in a signal handler too: the session goes when they are out. */
void etwi_live_source_detach(etwi_live_source *source, etw_live_state state)
{
    void *live = atomic_exchange(&source->live, NULL);
    while (atomic_load(&source->feed->wakers))
        etwi_spin();
    if (live)
        source->backend->close(live);
    set_state(source, state);
}

/* ------------------------------------------------------------------------------ construction */

static etw_status begin(etwi_live_source *source, const char *name)
{
    source->arena.allocator = source->feed->allocator;
    atomic_init(&source->live, NULL);
    atomic_init(&source->finish_by, 0);
    if (!etwi_arena_str(&source->arena, &source->name, name, strlen(name)))
        return ETW_E_NOMEM;
    source->info = etwi_arena_alloc_zeroed(&source->arena, sizeof *source->info);
    if (!source->info)
        return ETW_E_NOMEM;
    source->info->group = ETWI_OUT;
    source->info->trace.path = source->info->trace.session_name = source->name;
    source->info->scale = etwi_tick_scale_of(&source->info->trace.clock);
    return ETW_OK;
}

static etw_status append(etwi_live_feed *feed, etwi_live_source *source)
{
    void *memory = feed->sources;
    void **lives = etwi_alloc(&feed->allocator, (feed->source_count + 1) * sizeof *lives);
    const etw_status grown = etwi_grow(&feed->allocator, &memory, &feed->source_capacity,
                                       feed->source_count + 1, sizeof *feed->sources);
    feed->sources = memory;
    if (!lives || grown != ETW_OK) {
        etwi_free(&feed->allocator, lives, (feed->source_count + 1) * sizeof *lives);
        return ETW_E_NOMEM;
    }
    etwi_free(&feed->allocator, feed->lives, feed->source_count * sizeof *feed->lives);
    feed->lives = lives;
    source->number = (uint32_t)feed->source_count;
    feed->sources[feed->source_count++] = source;
    return ETW_OK;
}

static etw_status attach_first(etwi_live_source *source, etw_error *error)
{
    const etw_status status = attach(source, error);
    if (status != ETW_E_NOT_FOUND || !source->options.wait)
        return status;
    set_state(source, ETW_LIVE_WAITING);
    return ETW_OK;
}

etw_status etwi_live_source_add(etwi_live_feed *feed, const char *name,
                                const etw_live_options *options, const etwi_live_backend *backend,
                                etw_error *error)
{
    etwi_live_source *source = etwi_alloc_zeroed(&feed->allocator, sizeof *source);
    if (!source)
        return etwi_fail_nomem(error);
    source->feed = feed;
    source->options = *options;
    source->backend = backend;
    etw_status status = begin(source, name);
    if (status == ETW_OK)
        status = attach_first(source, error);
    if (status == ETW_OK)
        status = append(feed, source);
    if (status == ETW_OK)
        return ETW_OK;
    if (status == ETW_E_NOMEM)
        etwi_fail_nomem(error);
    etwi_live_source_destroy(source);
    return status;
}

void etwi_live_source_destroy(etwi_live_source *source)
{
    etwi_live_feed *feed = source->feed;
    const etw_consumer *consumer = feed->consumer;
    void *live = atomic_load(&source->live);
    if (live)
        source->backend->close(live);
    for (size_t i = 0; i < source->stream_count; i++)
        etwi_live_stream_clear(source, &source->streams[i]);
    etwi_live_stream_clear(source, &source->notices);
    for (const etwi_live_head *info = source->info; info; info = info->older)
        if (!consumer->owns_schemas)
            etwi_store_forget_trace(consumer->schemas, &info->trace);
    etwi_free(&feed->allocator, source->streams, source->stream_capacity * sizeof *source->streams);
    etwi_arena_free(&source->arena);
    etwi_free(&feed->allocator, source, sizeof *source);
}
