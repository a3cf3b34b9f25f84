/* Streams of all sessions into units, in order of time. */
#include "consumer/live.h"

const etw_guid etwi_lost_event_class = {
    0x6a399ae0, 0x4bc6, 0x4de9, {0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e}};

enum {
    NOTICES_STREAM = UINT16_MAX + 1, /* Behind all streams of a session. */
};

/* ---------------------------------------------------------------------------- tournament */

static etw_status make_room(etwi_live_feed *feed, uint32_t count)
{
    if (count <= feed->runner_capacity)
        return ETW_OK;
    etwi_tournament grown;
    const uint32_t capacity = count + count / 2;
    etwi_live_runner *runners = etwi_alloc(&feed->allocator, capacity * sizeof *runners);
    etw_status status = etwi_tournament_init(&grown, capacity, &feed->allocator);
    if (!runners || status != ETW_OK) {
        etwi_free(&feed->allocator, runners, capacity * sizeof *runners);
        etwi_tournament_free(&grown, &feed->allocator);
        return ETW_E_NOMEM;
    }
    etwi_live_merge_free(feed);
    feed->runners = runners;
    feed->tournament = grown;
    feed->runner_capacity = capacity;
    return ETW_OK;
}

void etwi_live_merge_free(etwi_live_feed *feed)
{
    feed->tournament.count = feed->runner_capacity;
    etwi_tournament_free(&feed->tournament, &feed->allocator);
    etwi_free(&feed->allocator, feed->runners, feed->runner_capacity * sizeof *feed->runners);
}

static void set_time(etwi_contender *contender, const etwi_live_source *source,
                     const etwi_live_stream *stream)
{
    contender->time = stream->time;
    contender->key = etwi_live_key(source, stream->time);
}

static void enter(etwi_live_feed *feed, etwi_live_source *source, etwi_live_stream *stream,
                  uint32_t number)
{
    if (!stream->first)
        return;
    const uint32_t runner = feed->tournament.count++;
    feed->runners[runner] = (etwi_live_runner){source, stream};
    etwi_contender *contender = &feed->tournament.contenders[runner];
    contender->group = source->info->group;
    contender->rank = (uint64_t)source->number << 32 | number;
    set_time(contender, source, stream);
}

etw_status etwi_live_merge_enter(etwi_live_feed *feed)
{
    size_t count = 0;
    for (size_t i = 0; i < feed->source_count; i++)
        count += feed->sources[i]->stream_count + 1;
    const etw_status status = make_room(feed, (uint32_t)count);
    if (status != ETW_OK)
        return status;
    feed->tournament.count = 0;
    for (size_t i = 0; i < feed->source_count; i++) {
        etwi_live_source *source = feed->sources[i];
        for (size_t j = 0; j < source->stream_count; j++)
            enter(feed, source, &source->streams[j], (uint32_t)j);
        enter(feed, source, &source->notices, NOTICES_STREAM);
    }
    if (feed->tournament.count)
        etwi_tournament_play(&feed->tournament);
    return ETW_OK;
}

static const etwi_contender *first_of(const etwi_live_feed *feed)
{
    return &feed->tournament.contenders[etwi_tournament_winner(&feed->tournament)];
}

int64_t etwi_live_merge_next(const etwi_live_feed *feed)
{
    return feed->pending && feed->tournament.count ? first_of(feed)->key : INT64_MAX;
}

/* ------------------------------------------------------------------------------- merging */

/* Keeps the block of a stream's records as long as the unit lives. */
static void pin(etwi_live_source *source, etwi_live_stream *stream, etwi_unit *unit)
{
    if (stream->unit == unit->number + 1)
        return;
    const etwi_segment *segment = stream->first;
    const etwi_record_context context = {
        &source->info->trace, &source->info->scale, NULL,
        segment->processor,   source->logger_id,    segment->event_flags};
    stream->unit = unit->number + 1;
    stream->context = (uint16_t)unit->block_count;
    unit->contexts[unit->block_count] = context;
    unit->blocks[unit->block_count++] = segment->block;
    atomic_fetch_add_explicit(&segment->block->pins, 1, memory_order_relaxed);
}

static void count(etwi_live_source *source, const etwi_record_peek *peek)
{
    source->stats.events++;
    source->stats.header_kinds[peek->kind]++;
    source->stats.payload_bytes += peek->size;
    source->taken++;
}

/* Whether a record is an RT_LostEvent event, which is then counted. The class of a classic event
 * lies where others have their provider. */
static bool is_notice(etwi_live_source *source, const etwi_live_stream *stream)
{
    const uint8_t *at = stream->first->at;
    if (stream->peek.header_size < FULL_HEADER_SIZE ||
        etwi_load_u32(at + FULL_GUID) != etwi_lost_event_class.data1)
        return false;
    const etw_guid class = etwi_load_guid(at + FULL_GUID);
    const bool is_event = stream->peek.kind >= ETW_HEADER_EVENT32;
    const unsigned type = at[is_event ? EVENT_OPCODE : FULL_OPCODE];
    if (!etw_guid_equal(&class, &etwi_lost_event_class) || type < ETWI_LOST_EVENT ||
        type > ETWI_LOST_FILE)
        return false;
    atomic_fetch_add_explicit(&source->losses.notices[type - ETWI_LOST_EVENT], 1,
                              memory_order_relaxed);
    return true;
}

static bool has_manifest(const etwi_live_stream *stream)
{
    return (stream->peek.kind == ETW_HEADER_EVENT64 || stream->peek.kind == ETW_HEADER_EVENT32) &&
           etwi_load_u16(stream->first->at + EVENT_ID) == ETWI_MANIFEST_EVENT_ID;
}

static void take(etwi_live_runner *runner, etwi_unit *unit)
{
    etwi_live_source *source = runner->source;
    etwi_live_stream *stream = runner->stream;
    const etwi_record_peek *peek = &stream->peek;
    if (is_notice(source, stream) && !source->options.with_loss_events)
        return;
    pin(source, stream, unit);
    unit->has_manifest |= has_manifest(stream);
    unit->refs[unit->count++] =
        etwi_record_ref_of(stream->first->at, stream->time, peek, stream->context);
    count(source, peek);
}

void etwi_live_merge(etwi_live_feed *feed, etwi_unit *unit, int64_t limit)
{
    const bool is_sorting = feed->consumer->options.order == ETW_ORDER_TIME;
    while (feed->tournament.count && unit->count < ETWI_UNIT_EVENTS) {
        const uint32_t number = etwi_tournament_winner(&feed->tournament);
        etwi_contender *contender = &feed->tournament.contenders[number];
        etwi_live_runner *runner = &feed->runners[number];
        if (contender->group == ETWI_OUT || contender->key > limit)
            break;
        runner->source->stats.late_events += is_sorting && contender->key < feed->latest;
        feed->latest = contender->key > feed->latest ? contender->key : feed->latest;
        take(runner, unit);
        if (etwi_live_stream_advance(runner->source, runner->stream))
            set_time(contender, runner->source, runner->stream);
        else
            etwi_contender_leave(contender);
        etwi_tournament_replay(&feed->tournament);
    }
}
