/*
 * Rounds into streams.
 *
 * Rounds are small where few events come, and large where many do; both are copied, one behind the
 * other, into blocks of one size, so that memory settles after the first ones. A block goes back to
 * the pool when no stream and no batch needs it any more.
 */
#include "base/error.h"
#include "consumer/live.h"
#include "etl/buffer.h"
#include "etl/record_peek.h"

enum {
    BLOCK_SIZE = 256 * 1024,
};

/* -------------------------------------------------------------------------------- blocks */

void etwi_live_block_drop(etwi_live_feed *feed, etwi_block *block)
{
    if (atomic_fetch_sub_explicit(&block->pins, 1, memory_order_acq_rel) != 1)
        return;
    etwi_mutex_lock(feed->pooling);
    etwi_block_put(&feed->pool, block);
    etwi_mutex_unlock(feed->pooling);
}

/* Room for `size` bytes in the current block, or in a new one. NULL if memory is out. */
static uint8_t *make_room(etwi_live_feed *feed, size_t size)
{
    if (!feed->current || feed->current->data_end - feed->current_used < size) {
        etwi_mutex_lock(feed->pooling);
        const size_t wanted = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        etwi_block *block = etwi_block_take_room(&feed->pool, wanted);
        etwi_mutex_unlock(feed->pooling);
        if (!block)
            return NULL;
        if (feed->current)
            etwi_live_block_drop(feed, feed->current);
        block->data = block->memory;
        block->data_end = (uint32_t)wanted;
        atomic_store_explicit(&block->pins, 1, memory_order_relaxed);
        feed->current = block;
        feed->current_used = 0;
    }
    uint8_t *room = feed->current->memory + feed->current_used;
    feed->current_used += etwi_record_stride((uint32_t)size);
    return room;
}

/* ------------------------------------------------------------------------------- streams */

static etwi_segment *take_segment(etwi_live_feed *feed)
{
    etwi_segment *segment = feed->free_segments;
    if (segment)
        feed->free_segments = segment->next;
    else
        segment = etwi_alloc(&feed->allocator, sizeof *segment);
    return segment;
}

static void drop_segment(etwi_live_source *source, etwi_live_stream *stream)
{
    etwi_live_feed *feed = source->feed;
    etwi_segment *segment = stream->first;
    stream->first = segment->next;
    if (!stream->first)
        stream->last = NULL;
    stream->unit = 0;
    feed->pending -= (uint64_t)(segment->end - segment->at);
    etwi_live_block_drop(feed, segment->block);
    segment->next = feed->free_segments;
    feed->free_segments = segment;
}

/* Counts what is no record; there is no telling where the next one is. */
static void count_damage(etwi_live_source *source, const etwi_segment *segment)
{
    etw_trace_stats *stats = &source->stats;
    stats->corrupt_bytes += (uint64_t)(segment->end - segment->at);
    if (!stats->corrupt_regions++)
        etwi_fail(&stats->first_damage, ETW_E_CORRUPT, ETW_NO_OFFSET,
                  "session '%s': bytes that are no event", source->name.data);
}

/* Stands the stream before its next record. */
static bool stand(etwi_live_source *source, etwi_live_stream *stream)
{
    while (stream->first) {
        etwi_segment *segment = stream->first;
        if (segment->at < segment->end) {
            etwi_record_prefetch(segment->at, 3);
            if (etwi_record_peek_any(&stream->peek, segment->at,
                                     (size_t)(segment->end - segment->at))) {
                if (stream->peek.has_time)
                    stream->time = stream->peek.raw_time;
                return true;
            }
            count_damage(source, segment);
        }
        drop_segment(source, stream);
    }
    return false;
}

bool etwi_live_stream_advance(etwi_live_source *source, etwi_live_stream *stream)
{
    etwi_segment *segment = stream->first;
    const size_t left = (size_t)(segment->end - segment->at);
    const size_t stride = etwi_record_stride(stream->peek.size);
    segment->at += stride < left ? stride : left;
    source->feed->pending -= stride < left ? stride : left;
    return stand(source, stream);
}

void etwi_live_stream_clear(etwi_live_source *source, etwi_live_stream *stream)
{
    while (stream->first)
        drop_segment(source, stream);
}

/* Appends records that were copied to the current block. */
static etw_status append(etwi_live_source *source, etwi_live_stream *stream, const uint8_t *data,
                         const etwi_live_chunk *chunk)
{
    etwi_live_feed *feed = source->feed;
    const bool has_index = chunk->buffer_flags & BUFFER_FLAG_PROCESSOR_INDEX;
    const uint16_t event_flags = has_index ? ETW_EVENT_PROCESSOR_INDEX : 0;
    etwi_segment *last = stream->last;
    feed->pending += chunk->size;
    if (last && last->end == data && last->processor == chunk->processor &&
        last->event_flags == event_flags) {
        last->end += chunk->size;
        return ETW_OK;
    }
    etwi_segment *segment = take_segment(feed);
    if (!segment)
        return ETW_E_NOMEM;
    *segment = (etwi_segment){NULL,       feed->current, data, data + chunk->size, chunk->processor,
                              event_flags};
    atomic_fetch_add_explicit(&feed->current->pins, 1, memory_order_relaxed);
    if (last)
        last->next = segment;
    else
        stream->first = segment;
    stream->last = segment;
    if (!last)
        stand(source, stream);
    return ETW_OK;
}

/* ------------------------------------------------------------------------------- notices */

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* An RT_LostEvent event, as Windows would put it into the session. */
static etw_status append_notice(etwi_live_source *source, unsigned type, int64_t time)
{
    const etw_guid *class = &etwi_lost_event_class;
    const etwi_live_chunk chunk = {.size = FULL_HEADER_SIZE, .processor = ETW_NO_PROCESSOR};
    uint8_t *record = make_room(source->feed, FULL_HEADER_SIZE);
    if (!record)
        return ETW_E_NOMEM;
    memset(record, 0, FULL_HEADER_SIZE);
    put_u16(record, FULL_HEADER_SIZE);
    record[RECORD_TYPE] = HEADER_TYPE_FULL64;
    record[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    record[FULL_OPCODE] = (uint8_t)type;
    put_u64(record + FULL_TIME, (uint64_t)time);
    put_u16(record + FULL_GUID, class->data1 & 0xFFFF);
    put_u16(record + FULL_GUID + 2, class->data1 >> 16);
    put_u16(record + FULL_GUID + 4, class->data2);
    put_u16(record + FULL_GUID + 6, class->data3);
    memcpy(record + FULL_GUID + 8, class->data4, sizeof class->data4);
    return append(source, &source->notices, record, &chunk);
}

static void add(atomic_uint_fast64_t *counter, uint64_t count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

/* What a round says of losses grows as long as its session lives. */
static etw_status take_losses(etwi_live_source *source, const etwi_live_round *round)
{
    etwi_live_losses *losses = &source->losses;
    const uint64_t events = round->events_lost - source->round_events_lost;
    const uint64_t buffers = round->buffers_lost - source->round_buffers_lost;
    if (round->events_lost > source->round_events_lost) {
        add(&losses->attached_events, events);
        ETWI_TRY(append_notice(source, ETWI_LOST_EVENT, round->complete_until));
    }
    if (round->buffers_lost > source->round_buffers_lost) {
        add(&losses->attached_buffers, buffers);
        ETWI_TRY(append_notice(source, ETWI_LOST_BUFFER, round->complete_until));
    }
    source->round_events_lost = round->events_lost;
    source->round_buffers_lost = round->buffers_lost;
    return ETW_OK;
}

/* -------------------------------------------------------------------------------- rounds */

static etw_status take_chunk(etwi_live_source *source, const etwi_live_chunk *chunk)
{
    const size_t count = (size_t)chunk->stream + 1;
    void *memory = source->streams;
    const etw_status grown = etwi_grow(&source->feed->allocator, &memory, &source->stream_capacity,
                                       count, sizeof *source->streams);
    source->streams = memory;
    ETWI_TRY(grown);
    while (source->stream_count < count)
        source->streams[source->stream_count++] =
            (etwi_live_stream){.time = source->info->trace.clock.start_raw};
    if (chunk->buffer_flags & BUFFER_FLAG_EVENTS_LOST) {
        source->stats.events_lost_flags++;
        add(&source->losses.marked_events, 1);
    }
    if (chunk->buffer_flags & BUFFER_FLAG_BUFFER_LOST) {
        source->stats.buffers_lost_flags++;
        add(&source->losses.marked_buffers, 1);
    }
    if (!chunk->size)
        return ETW_OK;
    uint8_t *room = make_room(source->feed, chunk->size);
    if (!room)
        return ETW_E_NOMEM;
    memcpy(room, chunk->records, chunk->size);
    return append(source, &source->streams[chunk->stream], room, chunk);
}

static etw_status take_round(etwi_live_source *source, const etwi_live_round *round, bool *is_news)
{
    etw_status status = ETW_OK;
    const uint64_t pending = source->feed->pending;
    const int64_t horizon = etwi_live_key(source, round->complete_until);
    source->stats.buffers += round->buffers;
    for (size_t i = 0; i < round->count && status == ETW_OK; i++)
        status = take_chunk(source, &round->chunks[i]);
    if (status == ETW_OK)
        status = take_losses(source, round);
    if (horizon > source->horizon) {
        source->horizon = horizon;
        *is_news |= source->feed->pending != 0;
    }
    // Notices of losses come without chunks, and are to be merged like them.
    *is_news |= round->count != 0 || source->feed->pending != pending;
    return status;
}

/* Whether a source that shall come to its end has come to it. */
static bool has_finished(etwi_live_source *source, uint64_t finish_by, etw_status taken)
{
    return finish_by && (taken == ETW_AGAIN || source->horizon >= source->finish_key ||
                         etwi_now_ms() >= finish_by);
}

static void begin_finish(etwi_live_source *source, void *live)
{
    if (source->is_finishing)
        return;
    source->is_finishing = true;
    source->backend->flush(live);
    source->finish_key = etwi_live_key(source, source->backend->now(live));
}

etw_status etwi_live_poll(etwi_live_source *source, bool *is_news, etw_error *error)
{
    void *live = atomic_load_explicit(&source->live, memory_order_relaxed);
    const uint64_t finish_by = atomic_load_explicit(&source->finish_by, memory_order_relaxed);
    etwi_live_round round = {.complete_until = INT64_MIN,
                             .events_lost = source->round_events_lost,
                             .buffers_lost = source->round_buffers_lost};
    if (finish_by)
        begin_finish(source, live);
    const etw_status status = source->backend->take(live, &round, error);
    ETWI_TRY(status);
    etw_status taken = ETW_OK;
    if (status == ETW_OK || status == ETW_AGAIN)
        taken = take_round(source, &round, is_news);
    if (status == ETW_OK)
        source->backend->release(live);
    if (taken != ETW_OK)
        return etwi_fail_nomem(error);
    if (status == ETW_END || has_finished(source, finish_by, status)) {
        const bool goes_on = source->options.reattach && !finish_by;
        etwi_live_source_detach(source, goes_on ? ETW_LIVE_WAITING : ETW_LIVE_ENDED);
        *is_news = true;
    }
    return ETW_OK;
}
