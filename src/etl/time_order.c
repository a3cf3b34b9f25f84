#include "etl/time_order.h"

#include "base/error.h"
#include "etl/reader_internal.h"

#include <stdlib.h>

enum {
    REREADS_MAX = 4, /* Times the traces may be read for the sake of order. */
    /* A unit ends early where it would keep more than that in memory of finished buffers: one, or
     * several small ones. So blocks are soon used again, and their number is soon settled. */
    FINISHED_BYTES_MAX = 64 * 1024,
    PROCESSORS_MAX = 0x10000,
};

/* The place of a record in an unsorted buffer. */
typedef struct place {
    int64_t time;
    uint32_t offset;
} place;

/* One run of buffers, and how far it has been read. What it plays with in the tournament, the time
 * of its next event, is not here. */
struct etwi_stream {
    uint32_t number; /* In the tournament. */
    uint32_t reader;
    uint32_t entry;    /* The buffer, or ETWI_NO_ENTRY at the end. */
    uint32_t last;     /* The last buffer of the run, while runs are made. */
    uint32_t loaded;   /* If `block` is not NULL: where the stream is in `order->loaded`. */
    uint32_t index;    /* Of the place in `places`, for unsorted buffers. */
    bool is_sorted;    /* The buffer in `block` needs no `places`. */
    uint64_t unit;     /* The last unit that pinned the block, plus 1. */
    etwi_block *block; /* NULL: not in memory now. */
    etwi_record_walk walk;
    etwi_record_context context;
    place *places; /* Of unsorted buffers: all records in time order. */
    size_t place_count, place_capacity;
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

static void make_groups(etwi_time_order *order)
{
    order->one_clock = true;
    for (uint32_t i = 0; i < order->reader_count; i++) {
        uint32_t group = 0;
        while (!same_clock(&order->readers[group]->info.clock, &order->readers[i]->info.clock))
            group++;
        order->groups[i] = group;
        order->one_clock &= group == 0;
    }
}

/* -------------------------------------------------------------------------------- runs */

static etw_status add_stream(etwi_time_order *order, uint32_t reader, uint32_t entry)
{
    void *memory = order->streams;
    const etw_status status = etwi_grow(&order->allocator, &memory, &order->stream_capacity,
                                        order->stream_count + 1, sizeof *order->streams);
    order->streams = memory;
    if (status != ETW_OK)
        return status;
    etwi_stream *stream = &order->streams[order->stream_count];
    memset(stream, 0, sizeof *stream);
    stream->number = (uint32_t)order->stream_count++;
    stream->reader = reader;
    stream->entry = stream->last = entry;
    return ETW_OK;
}

/* Appends a buffer to its processor's run if its times follow, else starts a new run. */
static etw_status add_to_run(etwi_time_order *order, uint32_t *run, uint32_t reader,
                             uint32_t number)
{
    etwi_index_entry *entries = order->readers[reader]->index.entries;
    if (*run != ETWI_NO_ENTRY) {
        etwi_stream *stream = &order->streams[*run];
        if (entries[stream->last].last_time <= entries[number].first_time) {
            entries[stream->last].next = number;
            stream->last = number;
            return ETW_OK;
        }
    }
    *run = (uint32_t)order->stream_count;
    return add_stream(order, reader, number);
}

static etw_status make_runs(etwi_time_order *order, uint32_t reader, uint32_t *run_of)
{
    const etwi_index *index = &order->readers[reader]->index;
    memset(run_of, 0xFF, PROCESSORS_MAX * sizeof *run_of);
    for (uint32_t i = 0; i < index->count; i++) {
        const etwi_index_entry *entry = &index->entries[i];
        if (!etwi_time_range_meets(&order->range, order->readers[reader], entry)) {
            order->bytes_done += entry->stored_size;
            continue;
        }
        ETWI_TRY(add_to_run(order, &run_of[entry->processor], reader, i));
        order->load_budget += REREADS_MAX * (uint64_t)entry->unpacked_size;
    }
    return ETW_OK;
}

static etw_status make_all_runs(etwi_time_order *order)
{
    uint32_t *run_of = etwi_alloc(&order->allocator, PROCESSORS_MAX * sizeof *run_of);
    etw_status status = run_of ? ETW_OK : ETW_E_NOMEM;
    for (uint32_t i = 0; i < order->reader_count && status == ETW_OK; i++)
        status = make_runs(order, i, run_of);
    etwi_free(&order->allocator, run_of, PROCESSORS_MAX * sizeof *run_of);
    return status;
}

/* -------------------------------------------------------------------------- tournament */

static etwi_index_entry *entry_of(const etwi_time_order *order, const etwi_stream *stream)
{
    return &order->readers[stream->reader]->index.entries[stream->entry];
}

static etwi_contender *contender_of(const etwi_time_order *order, const etwi_stream *stream)
{
    return &order->tournament.contenders[stream->number];
}

/* Events of equal keys come by their raw time where one clock measured both, then in the order of
 * traces and of buffers in the file. */
static void set_next_time(etwi_time_order *order, const etwi_stream *stream, int64_t raw)
{
    etwi_contender *contender = contender_of(order, stream);
    contender->time = raw;
    contender->key = etwi_time_order_key(order, stream->reader, raw);
}

/* Stands the stream before the first record of its buffer. */
static void enter_buffer(etwi_time_order *order, etwi_stream *stream)
{
    const etwi_reader *reader = order->readers[stream->reader];
    if (stream->entry == ETWI_NO_ENTRY) {
        etwi_contender_leave(contender_of(order, stream));
        return;
    }
    const etwi_index_entry *entry = entry_of(order, stream);
    stream->index = 0;
    stream->walk.at = BUFFER_HEADER_SIZE;
    stream->walk.time = reader->info.clock.start_raw;
    stream->context = etwi_reader_context(reader, entry, &order->reread);
    contender_of(order, stream)->rank = (uint64_t)stream->reader << 32 | stream->entry;
    set_next_time(order, stream, entry->first_time);
}

static etw_status make_tournament(etwi_time_order *order)
{
    if (!order->stream_count)
        return ETW_OK;
    order->loaded = etwi_alloc(&order->allocator, order->stream_count * sizeof *order->loaded);
    if (!order->loaded)
        return ETW_E_NOMEM;
    ETWI_TRY(
        etwi_tournament_init(&order->tournament, (uint32_t)order->stream_count, &order->allocator));
    for (size_t i = 0; i < order->stream_count; i++) {
        order->tournament.contenders[i].group = order->groups[order->streams[i].reader];
        enter_buffer(order, &order->streams[i]);
    }
    etwi_tournament_play(&order->tournament);
    return ETW_OK;
}

etw_status etwi_time_order_begin(etwi_time_order *order, const etwi_feed_options *options,
                                 etw_error *error)
{
    order->allocator = options->allocator;
    order->readers = options->readers;
    order->reader_count = options->reader_count;
    order->load_budget = options->memory_max;
    order->loaded_max = options->memory_max - options->memory_max / ETWI_AHEAD_SHARE;
    order->ahead_bytes_max = options->memory_max / ETWI_AHEAD_SHARE;
    order->range = options->range;
    order->latest = INT64_MIN;
    order->merging = etwi_mutex_create();
    order->groups = etwi_alloc(&order->allocator, order->reader_count * sizeof *order->groups);
    if (!order->merging || !order->groups)
        return etwi_fail_nomem(error);
    make_groups(order);
    if (etwi_loader_begin(order, options) != ETW_OK || make_all_runs(order) != ETW_OK ||
        make_tournament(order) != ETW_OK)
        return etwi_fail_nomem(error);
    return ETW_OK;
}

/* ------------------------------------------------------------------------- one stream */

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static etw_status sort_places(etwi_time_order *order, etwi_stream *stream)
{
    const etwi_block *block = stream->block;
    int64_t time = order->readers[stream->reader]->info.clock.start_raw;
    etwi_record_peek peek;
    stream->place_count = 0;
    for (uint32_t at = BUFFER_HEADER_SIZE;
         at < block->data_end && etwi_record_peek_at(&peek, block->data + at, block->data_end - at);
         at += etwi_record_stride(peek.size)) {
        time = peek.has_time ? peek.raw_time : time;
        void *memory = stream->places;
        const etw_status grown = etwi_grow(&order->allocator, &memory, &stream->place_capacity,
                                           stream->place_count + 1, sizeof *stream->places);
        stream->places = memory;
        ETWI_TRY(grown);
        stream->places[stream->place_count++] = (place){time, at};
    }
    if (stream->place_count)
        qsort(stream->places, stream->place_count, sizeof *stream->places, compare_places);
    return ETW_OK;
}

/* What the buffer of a stream takes of the memory there may be. */
static uint32_t loaded_size(const etwi_time_order *order, const etwi_stream *stream)
{
    const etwi_index_entry *entry = entry_of(order, stream);
    const etwi_input *input = &order->readers[stream->reader]->input;
    return etwi_block_is_borrowed(input, entry) ? 0 : entry->unpacked_size;
}

static void unload(etwi_time_order *order, etwi_stream *stream)
{
    const uint32_t moved = order->loaded[--order->loaded_count];
    order->loaded[stream->loaded] = moved;
    order->streams[moved].loaded = stream->loaded;
    order->loaded_bytes -= loaded_size(order, stream);
    etwi_loader_retire(order, stream->block);
    stream->block = NULL;
    stream->unit = 0;
}

/* Gives up the loaded buffer whose turn is furthest away. */
static void evict_one(etwi_time_order *order)
{
    etwi_stream *victim = NULL;
    for (size_t i = 0; i < order->loaded_count; i++) {
        etwi_stream *stream = &order->streams[order->loaded[i]];
        if (!victim ||
            etwi_contender_precedes(contender_of(order, victim), contender_of(order, stream)))
            victim = stream;
    }
    if (victim)
        unload(order, victim);
}

static etw_status load(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    const etwi_index_entry *entry = entry_of(order, stream);
    if (order->loaded_bytes + loaded_size(order, stream) > order->loaded_max)
        evict_one(order);
    ETWI_TRY(etwi_loader_get(order, entry->need, unit, &stream->block));
    stream->loaded = (uint32_t)order->loaded_count;
    order->loaded[order->loaded_count++] = stream->number;
    order->loaded_bytes += loaded_size(order, stream);
    order->load_budget -=
        entry->unpacked_size < order->load_budget ? entry->unpacked_size : order->load_budget;
    stream->is_sorted = !entry->is_unsorted;
    if (!stream->is_sorted && sort_places(order, stream) != ETW_OK)
        return etwi_fail_nomem(&unit->error);
    stream->walk.data = stream->block->data;
    stream->walk.end = stream->block->data_end;
    if (!stream->is_sorted) {
        stream->walk.at = stream->index < stream->place_count ? stream->places[stream->index].offset
                                                              : stream->walk.end;
        stream->walk.time = contender_of(order, stream)->time;
    }
    return ETW_OK;
}

static void finish_buffer(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    order->bytes_done += entry_of(order, stream)->stored_size;
    if (stream->unit == unit->number + 1)
        unit->finished_bytes += stream->block->capacity;
    unload(order, stream);
    stream->entry = entry_of(order, stream)->next;
    enter_buffer(order, stream);
}

/* Keeps the stream's buffer in memory as long as the unit lives. No lock is needed, because the
 * stream holds the buffer too. */
static void pin(etwi_stream *stream, etwi_unit *unit)
{
    if (stream->unit == unit->number + 1)
        return;
    stream->unit = unit->number + 1;
    unit->blocks[unit->block_count++] = stream->block;
    atomic_fetch_add_explicit(&stream->block->pins, 1, memory_order_relaxed);
}

/* Stands the stream at its next record, and notes its time; at the end of the buffer goes on to the
 * next one. */
static void find_next(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    if (!stream->is_sorted) {
        if (++stream->index < stream->place_count) {
            stream->walk.at = stream->places[stream->index].offset;
            stream->walk.time = stream->places[stream->index].time;
        } else {
            stream->walk.at = stream->walk.end;
        }
    }
    if (stream->walk.at < stream->walk.end && !stream->walk.is_broken)
        set_next_time(order, stream, stream->walk.time);
    else
        finish_buffer(order, stream, unit);
}

/* Moves the next event of the stream to the unit. */
static void take_one(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    if (etwi_record_read_one(&unit->events[unit->count], &stream->walk, &stream->context)) {
        pin(stream, unit);
        unit->count++;
    }
    find_next(order, stream, unit);
}

/* Moves as many events of a sorted buffer to the unit as there is room for, as long as their raw
 * time is at most `last`. */
static void take_run(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit, int64_t last)
{
    const size_t count =
        etwi_record_read(&unit->events[unit->count], ETWI_UNIT_EVENTS - unit->count, &stream->walk,
                         last, &stream->context);
    if (count) {
        pin(stream, unit);
        unit->count += count;
    }
    find_next(order, stream, unit);
}

/* -------------------------------------------------------------------------------- merging */

/* The last raw time up to which the winner's events come before those of all others. */
static int64_t turn_end(const etwi_time_order *order)
{
    const etwi_contender *first =
        &order->tournament.contenders[etwi_tournament_winner(&order->tournament)];
    const etwi_contender *second = etwi_tournament_second(&order->tournament);
    if (!second)
        return INT64_MAX;
    /* There is one clock, so at equal times it is the rank that decides. */
    return first->rank < second->rank || second->key == INT64_MIN ? second->key : second->key - 1;
}

static int64_t key_of(const etwi_time_order *order, const etw_event *event)
{
    if (order->one_clock)
        return event->raw_timestamp;
    return event->timestamp > INT64_MAX ? INT64_MAX : (int64_t)event->timestamp;
}

/* Order was given up: the rest of each buffer is delivered as it comes, and what is late counted.
 */
static void take_late(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    const size_t first = unit->count;
    etw_trace_stats *stats = &order->readers[stream->reader]->stats;
    int64_t latest = first ? key_of(order, &unit->events[first - 1]) : order->latest;
    if (stream->is_sorted)
        take_run(order, stream, unit, INT64_MAX);
    else
        take_one(order, stream, unit);
    for (size_t i = first; i < unit->count; i++) {
        const int64_t key = key_of(order, &unit->events[i]);
        stats->late_events += key < latest;
        latest = key;
    }
}

/* The winner's next event, and those behind it whose turn it is still. */
static void take_turn(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    const uint32_t winner = etwi_tournament_winner(&order->tournament);
    const etwi_block *block = stream->block;
    take_one(order, stream, unit);
    etwi_tournament_replay(&order->tournament);
    /* Where streams take turns after every event, looking for the end of the turn does not pay. */
    if (etwi_tournament_winner(&order->tournament) != winner || stream->block != block ||
        !order->one_clock || !stream->is_sorted || unit->count == ETWI_UNIT_EVENTS)
        return;
    take_run(order, stream, unit, turn_end(order));
    etwi_tournament_replay(&order->tournament);
}

/* The next events whatever their time. */
static etw_status merge_any(etwi_time_order *order, etwi_unit *unit)
{
    while (order->stream_count && unit->count < ETWI_UNIT_EVENTS &&
           unit->finished_bytes < FINISHED_BYTES_MAX) {
        etwi_stream *stream = &order->streams[etwi_tournament_winner(&order->tournament)];
        if (stream->entry == ETWI_NO_ENTRY)
            break;
        if (!stream->block)
            ETWI_TRY(load(order, stream, unit));
        if (order->load_budget) {
            take_turn(order, stream, unit);
        } else {
            take_late(order, stream, unit);
            etwi_tournament_replay(&order->tournament);
        }
    }
    if (!unit->count)
        return ETW_END;
    order->latest = key_of(order, &unit->events[unit->count - 1]);
    return ETW_OK;
}

/* The next events of the range; it may be that none of the next ones are. */
static etw_status merge(etwi_time_order *order, etwi_unit *unit)
{
    const etw_status status = merge_any(order, unit);
    if (status != ETW_OK)
        return status;
    if (!etwi_time_range_is_all(&order->range))
        unit->count = etwi_time_range_keep(&order->range, unit->events, unit->count);
    order->next_unit++;
    return ETW_OK;
}

etw_status etwi_time_order_claim(etwi_time_order *order, etwi_unit *unit)
{
    etwi_loader_read_ahead(order, unit);
    etwi_mutex_lock(order->merging);
    unit->number = order->next_unit;
    unit->count = unit->block_count = 0;
    unit->finished_bytes = 0;
    const etw_status status = merge(order, unit);
    etwi_mutex_unlock(order->merging);
    if (status != ETW_OK)
        etwi_time_order_release(order, unit);
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

uint64_t etwi_time_order_position(etwi_time_order *order)
{
    etwi_mutex_lock(order->merging);
    const uint64_t position = order->bytes_done;
    etwi_mutex_unlock(order->merging);
    return position;
}

void etwi_time_order_end(etwi_time_order *order)
{
    if (order->loading)
        while (order->loaded_count)
            unload(order, &order->streams[order->loaded[0]]);
    for (size_t i = 0; i < order->stream_count; i++)
        etwi_free(&order->allocator, order->streams[i].places,
                  order->streams[i].place_capacity * sizeof *order->streams[i].places);
    etwi_loader_end(order);
    etwi_tournament_free(&order->tournament, &order->allocator);
    etwi_free(&order->allocator, order->loaded, order->stream_count * sizeof *order->loaded);
    etwi_free(&order->allocator, order->streams, order->stream_capacity * sizeof *order->streams);
    etwi_free(&order->allocator, order->groups, order->reader_count * sizeof *order->groups);
    etwi_mutex_destroy(order->merging);
}
