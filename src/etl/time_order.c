#include "etl/time_order.h"

#include "base/error.h"
#include "etl/reader_internal.h"

#include <stdlib.h>

enum {
    REREADS_MAX = 4, /* Times the traces may be read for the sake of order. */
    /* A unit ends early where it would keep more than that in memory of finished buffers: one, or
     * several small ones. So blocks are soon used again, and their number is soon settled. */
    FINISHED_BYTES_MAX = 64 * 1024,
};

/* One run of buffers, and how far it has been read. What it plays with in the tournament, the time
 * of its next event, is not here. */
struct etwi_stream {
    /* Records that were looked at: the next one, if the buffer is in memory, and behind the last.
     */
    const etwi_record_ref *next, *next_end;
    uint16_t source; /* Of the block in the unit that pinned it last. */
    bool is_sorted;  /* The buffer in `block` needs no `sorted`. */
    uint64_t unit;   /* That unit, plus 1. */
    uint32_t number; /* In the tournament. */
    uint32_t reader;
    uint32_t entry;          /* The buffer, or ETWI_NO_ENTRY at the end. */
    uint32_t last;           /* The last buffer of the run, while runs are made. */
    uint32_t loaded;         /* If `block` is not NULL: where the stream is in `order->loaded`. */
    uint32_t offset;         /* Of the next record, while the buffer is not in memory. */
    uint32_t index;          /* The same of an unsorted buffer: how many records come before it. */
    etwi_block *block;       /* NULL: not in memory now. */
    etwi_record_walk walk;   /* Of the block, as far as records were looked at. */
    etwi_record_ref *sorted; /* Of unsorted buffers: all records in time order. */
    size_t sorted_count, sorted_capacity;
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

/* `run_of` has the current run of each of so many processors. */
static etw_status make_runs(etwi_time_order *order, uint32_t reader, uint32_t *run_of,
                            size_t processors)
{
    const etwi_index *index = &order->readers[reader]->index;
    memset(run_of, 0xFF, processors * sizeof *run_of);
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

/* One more than the greatest number of a processor. */
static size_t count_processors(const etwi_time_order *order)
{
    size_t count = 1;
    for (size_t reader = 0; reader < order->reader_count; reader++) {
        const etwi_index *index = &order->readers[reader]->index;
        for (size_t i = 0; i < index->count; i++)
            if (index->entries[i].processor >= count)
                count = index->entries[i].processor + 1u;
    }
    return count;
}

static etw_status make_all_runs(etwi_time_order *order)
{
    const size_t processors = count_processors(order);
    uint32_t *run_of = etwi_alloc(&order->allocator, processors * sizeof *run_of);
    etw_status status = run_of ? ETW_OK : ETW_E_NOMEM;
    for (uint32_t i = 0; i < order->reader_count && status == ETW_OK; i++)
        status = make_runs(order, i, run_of, processors);
    etwi_free(&order->allocator, run_of, processors * sizeof *run_of);
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
static ETWI_INLINE void set_next_time(etwi_time_order *order, const etwi_stream *stream,
                                      int64_t raw)
{
    etwi_contender *contender = contender_of(order, stream);
    contender->time = raw;
    contender->key = etwi_time_order_key(order, stream->reader, raw);
}

/* Stands the stream before the first record of its buffer. */
static void enter_buffer(etwi_time_order *order, etwi_stream *stream)
{
    if (stream->entry == ETWI_NO_ENTRY) {
        etwi_contender_leave(contender_of(order, stream));
        return;
    }
    stream->index = 0;
    stream->offset = BUFFER_HEADER_SIZE;
    contender_of(order, stream)->rank = (uint64_t)stream->reader << 32 | stream->entry;
    set_next_time(order, stream, entry_of(order, stream)->first_time);
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
    make_groups(order, options->keys_are_times);
    if (etwi_loader_begin(order, options) != ETW_OK || make_all_runs(order) != ETW_OK ||
        make_tournament(order) != ETW_OK)
        return etwi_fail_nomem(error);
    return ETW_OK;
}

/* ------------------------------------------------------------------------- one stream */

static int compare_refs(const void *a, const void *b)
{
    const etwi_record_ref *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Looks at all records of the block, and sorts them. */
static etw_status sort_records(etwi_time_order *order, etwi_stream *stream)
{
    size_t got;
    stream->sorted_count = 0;
    do {
        void *memory = stream->sorted;
        const etw_status grown =
            etwi_grow(&order->allocator, &memory, &stream->sorted_capacity,
                      stream->sorted_count + ETWI_WINDOW_RECORDS, sizeof *stream->sorted);
        stream->sorted = memory;
        ETWI_TRY(grown);
        got = etwi_record_look(stream->sorted + stream->sorted_count, ETWI_WINDOW_RECORDS,
                               &stream->walk);
        stream->sorted_count += got;
    } while (got);
    if (stream->sorted_count)
        qsort(stream->sorted, stream->sorted_count, sizeof *stream->sorted, compare_refs);
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
    if (stream->next < stream->next_end && stream->is_sorted)
        stream->offset = (uint32_t)(stream->next->at - stream->block->data);
    else if (stream->next < stream->next_end)
        stream->index = (uint32_t)(stream->next - stream->sorted);
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

/* Looks at more records of a sorted buffer. False if there are none. */
static ETWI_NOINLINE bool look_ahead(etwi_stream *stream)
{
    if (!stream->is_sorted || stream->walk.at >= stream->walk.end)
        return false;
    etwi_record_ref *window = stream->block->window;
    stream->next = window;
    stream->next_end = window + etwi_record_look(window, ETWI_WINDOW_RECORDS, &stream->walk);
    return stream->next < stream->next_end;
}

/* Stands the stream before the record of the loaded buffer that comes next. False if there is none.
 */
static etw_status stand(etwi_time_order *order, etwi_stream *stream, bool *good)
{
    const etwi_block *block = stream->block;
    int64_t time = contender_of(order, stream)->time;
    uint32_t offset = stream->offset;
    if (!stream->is_sorted) {
        time = order->readers[stream->reader]->info.clock.start_raw;
        offset = BUFFER_HEADER_SIZE;
    }
    stream->next = stream->next_end = NULL;
    stream->walk = (etwi_record_walk){block->data, offset, block->data_end, time, false};
    if (stream->is_sorted) {
        *good = look_ahead(stream);
        return ETW_OK;
    }
    ETWI_TRY(sort_records(order, stream));
    *good = stream->index < stream->sorted_count;
    stream->next = stream->sorted + (*good ? stream->index : stream->sorted_count);
    stream->next_end = stream->sorted + stream->sorted_count;
    return ETW_OK;
}

/* Gets the buffer of a stream into memory. `*good` is false if the record that should come next is
 * not there, so that the buffer ends here: the file has changed meanwhile. */
static ETWI_NOINLINE etw_status load(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit,
                                     bool *good)
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
    if (stand(order, stream, good) != ETW_OK)
        return etwi_fail_nomem(&unit->error);
    return ETW_OK;
}

static ETWI_NOINLINE void finish_buffer(etwi_time_order *order, etwi_stream *stream,
                                        etwi_unit *unit)
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
static ETWI_NOINLINE void pin(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    stream->unit = unit->number + 1;
    stream->source = (uint16_t)unit->block_count;
    unit->contexts[unit->block_count] =
        etwi_reader_context(order->readers[stream->reader], entry_of(order, stream), NULL);
    unit->blocks[unit->block_count++] = stream->block;
    atomic_fetch_add_explicit(&stream->block->pins, 1, memory_order_relaxed);
}

/* -------------------------------------------------------------------------------- merging */

/* Moves the next record of a stream to the unit, and goes on to the one behind it. */
static ETWI_INLINE void take(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    if (stream->unit != unit->number + 1)
        pin(order, stream, unit);
    etwi_record_ref *ref = &unit->refs[unit->count++];
    *ref = *stream->next++;
    ref->source = stream->source;
    order->latest = contender_of(order, stream)->key;
    if (stream->next == stream->next_end && !look_ahead(stream))
        finish_buffer(order, stream, unit);
    else
        set_next_time(order, stream, stream->next->time);
}

/* Order was given up: the rest of each buffer is delivered as it comes, and what is late counted.
 */
static ETWI_NOINLINE void take_late(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    etw_trace_stats *stats = &order->readers[stream->reader]->stats;
    do {
        stats->late_events += contender_of(order, stream)->key < order->latest;
        take(order, stream, unit);
    } while (stream->block && unit->count < ETWI_UNIT_EVENTS);
}

static bool has_more(const etwi_time_order *order)
{
    return order->stream_count &&
           order->streams[etwi_tournament_winner(&order->tournament)].entry != ETWI_NO_ENTRY;
}

/* Finds out which records come next. They are made into events later, outside of the lock. */
static etw_status merge(etwi_time_order *order, etwi_unit *unit)
{
    while (has_more(order) && unit->count < ETWI_UNIT_EVENTS &&
           unit->finished_bytes < FINISHED_BYTES_MAX) {
        etwi_stream *stream = &order->streams[etwi_tournament_winner(&order->tournament)];
        if (contender_of(order, stream)->key > unit->limit)
            break;
        bool good = true;
        if (!stream->block)
            ETWI_TRY(load(order, stream, unit, &good));
        if (!good)
            finish_buffer(order, stream, unit);
        else if (order->load_budget)
            take(order, stream, unit);
        else
            take_late(order, stream, unit);
        etwi_tournament_replay(&order->tournament);
    }
    if (!unit->count)
        return has_more(order) ? ETW_AGAIN : ETW_END;
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
    if (status != ETW_OK) {
        etwi_time_order_release(order, unit);
        return status;
    }
    etwi_record_parse_all(unit->events, unit->refs, unit->count, unit->contexts);
    if (!etwi_time_range_is_all(&order->range))
        unit->count = etwi_time_range_keep(&order->range, unit->events, unit->count);
    return ETW_OK;
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
    const bool found = has_more(order);
    if (found)
        *out = order->tournament.contenders[etwi_tournament_winner(&order->tournament)].key;
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

void etwi_time_order_end(etwi_time_order *order)
{
    if (order->loading)
        while (order->loaded_count)
            unload(order, &order->streams[order->loaded[0]]);
    for (size_t i = 0; i < order->stream_count; i++)
        etwi_free(&order->allocator, order->streams[i].sorted,
                  order->streams[i].sorted_capacity * sizeof *order->streams[i].sorted);
    etwi_loader_end(order);
    etwi_tournament_free(&order->tournament, &order->allocator);
    etwi_free(&order->allocator, order->loaded, order->stream_count * sizeof *order->loaded);
    etwi_free(&order->allocator, order->streams, order->stream_capacity * sizeof *order->streams);
    etwi_free(&order->allocator, order->groups, order->reader_count * sizeof *order->groups);
    etwi_mutex_destroy(order->merging);
}
