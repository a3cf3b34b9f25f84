#include "etl/time_order.h"

#include "base/error.h"
#include "etl/reader_internal.h"

#include <stdlib.h>

enum {
    REREADS_MAX = 4,                /* Times the traces may be read for the sake of order. */
    PINNED_BYTES_MAX = 1024 * 1024, /* A batch ends early rather than hold more than that. */
    PROCESSORS_MAX = 0x10000,
};

/* The place of a record in an unsorted buffer. */
typedef struct place {
    int64_t time;
    uint32_t offset;
} place;

/* One run of buffers, and how far it has been read. */
struct etwi_stream {
    int64_t key;    /* Of the next event; see etwi_time_order_key(). */
    int64_t time;   /* The same as raw time. */
    uint32_t group; /* Of the reader. */
    uint32_t reader;
    uint32_t entry;    /* The buffer, or ETWI_NO_ENTRY at the end. */
    uint32_t last;     /* The last buffer of the run, while runs are made. */
    uint32_t offset;   /* Of the record in the buffer; 0: at the first one. */
    uint32_t loaded;   /* If `block` is not NULL: where the stream is in `order->loaded`. */
    uint32_t index;    /* Of the place in `places`, for unsorted buffers. */
    bool is_sorted;    /* The buffer in `block` needs no `places`. */
    uint64_t unit;     /* The last unit that pinned the block, plus 1. */
    etwi_block *block; /* NULL: not in memory now. */
    place *places;     /* Of unsorted buffers: all records in time order. */
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

/* Events of equal keys come by their raw time where one clock measured both, then in the order of
 * traces and of buffers in the file. */
static bool precedes(const etwi_stream *a, const etwi_stream *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    if (a->group != b->group)
        return a->group < b->group;
    if (a->time != b->time)
        return a->time < b->time;
    return a->reader != b->reader ? a->reader < b->reader : a->entry < b->entry;
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
    etwi_stream *stream = &order->streams[order->stream_count++];
    memset(stream, 0, sizeof *stream);
    stream->reader = reader;
    stream->group = order->groups[reader];
    stream->entry = stream->last = entry;
    stream->time = order->readers[reader]->index.entries[entry].first_time;
    stream->key = etwi_time_order_key(order, reader, stream->time);
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
        ETWI_TRY(add_to_run(order, &run_of[index->entries[i].processor], reader, i));
        order->load_budget += REREADS_MAX * (uint64_t)index->entries[i].unpacked_size;
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

/* -------------------------------------------------------------------------------- heap */

static void sift_down(etwi_time_order *order, size_t at)
{
    uint32_t *heap = order->heap;
    const uint32_t moving = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= order->heap_count)
            break;
        if (child + 1 < order->heap_count &&
            precedes(&order->streams[heap[child + 1]], &order->streams[heap[child]]))
            child++;
        if (!precedes(&order->streams[heap[child]], &order->streams[moving]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

/* The stream whose turn comes after the first one's, or NULL. */
static const etwi_stream *second(const etwi_time_order *order)
{
    if (order->heap_count < 2)
        return NULL;
    const etwi_stream *left = &order->streams[order->heap[1]];
    if (order->heap_count < 3)
        return left;
    const etwi_stream *right = &order->streams[order->heap[2]];
    return precedes(right, left) ? right : left;
}

static etw_status make_heap(etwi_time_order *order)
{
    const size_t size = order->stream_count * sizeof *order->heap;
    order->heap = etwi_alloc(&order->allocator, size);
    order->loaded = etwi_alloc(&order->allocator, size);
    if (!order->heap || !order->loaded)
        return ETW_E_NOMEM;
    order->heap_count = order->stream_count;
    for (size_t i = 0; i < order->stream_count; i++)
        order->heap[i] = (uint32_t)i;
    for (size_t i = order->heap_count / 2; i-- > 0;)
        sift_down(order, i);
    return ETW_OK;
}

etw_status etwi_time_order_begin(etwi_time_order *order, const etwi_feed_options *options,
                                 etw_error *error)
{
    order->allocator = options->allocator;
    order->readers = options->readers;
    order->reader_count = options->reader_count;
    order->memory_max = order->load_budget = options->memory_max;
    order->latest = INT64_MIN;
    order->merging = etwi_mutex_create();
    order->groups = etwi_alloc(&order->allocator, order->reader_count * sizeof *order->groups);
    if (!order->merging || !order->groups)
        return etwi_fail_nomem(error);
    make_groups(order);
    if (etwi_loader_begin(order, options) != ETW_OK || make_all_runs(order) != ETW_OK ||
        make_heap(order) != ETW_OK)
        return etwi_fail_nomem(error);
    return ETW_OK;
}

/* ------------------------------------------------------------------------- one stream */

static etwi_index_entry *entry_of(const etwi_time_order *order, const etwi_stream *stream)
{
    return &order->readers[stream->reader]->index.entries[stream->entry];
}

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

static void unload(etwi_time_order *order, etwi_stream *stream)
{
    const uint32_t moved = order->loaded[--order->loaded_count];
    order->loaded[stream->loaded] = moved;
    order->streams[moved].loaded = stream->loaded;
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
        if (!victim || precedes(victim, stream))
            victim = stream;
    }
    if (victim)
        unload(order, victim);
}

/* Bytes of all buffers in memory; read without the lock, because it is only a measure. */
static bool is_crowded(etwi_time_order *order, uint32_t size)
{
    etwi_mutex_lock(order->loading);
    const bool crowded = order->pool.bytes + size > order->memory_max;
    etwi_mutex_unlock(order->loading);
    return crowded;
}

static etw_status load(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    const etwi_index_entry *entry = entry_of(order, stream);
    if (is_crowded(order, entry->unpacked_size))
        evict_one(order);
    ETWI_TRY(etwi_loader_get(order, entry->need, unit, &stream->block));
    stream->loaded = (uint32_t)order->loaded_count;
    order->loaded[order->loaded_count++] = (uint32_t)(stream - order->streams);
    order->load_budget -=
        entry->unpacked_size < order->load_budget ? entry->unpacked_size : order->load_budget;
    stream->is_sorted = !entry->is_unsorted;
    if (!stream->is_sorted && sort_places(order, stream) != ETW_OK)
        return etwi_fail_nomem(&unit->error);
    return ETW_OK;
}

static void finish_buffer(etwi_time_order *order, etwi_stream *stream)
{
    order->bytes_done += entry_of(order, stream)->stored_size;
    unload(order, stream);
    stream->offset = stream->index = 0;
    stream->entry = entry_of(order, stream)->next;
    if (stream->entry == ETWI_NO_ENTRY)
        return;
    stream->time = entry_of(order, stream)->first_time;
    stream->key = etwi_time_order_key(order, stream->reader, stream->time);
}

/* Stands the stream at its next record. False at the end of the buffer. */
static bool find_record(const etwi_time_order *order, etwi_stream *stream)
{
    if (stream->is_sorted) {
        if (!stream->offset) {
            stream->offset = BUFFER_HEADER_SIZE;
            stream->time = order->readers[stream->reader]->info.clock.start_raw;
        }
        return stream->offset < stream->block->data_end;
    }
    if (stream->index >= stream->place_count)
        return false;
    stream->offset = stream->places[stream->index].offset;
    stream->time = stream->places[stream->index].time;
    return true;
}

/* Reads the event the stream stands at and sets its key. 0 if there is none. */
static uint32_t read_event(const etwi_time_order *order, etwi_stream *stream,
                           const etwi_record_context *context, etw_event *out)
{
    const etwi_block *block = stream->block;
    if (!find_record(order, stream))
        return 0;
    ETWI_PREFETCH(block->data + stream->offset + ETWI_PREFETCH_DISTANCE);
    const uint32_t size =
        etwi_record_read(out, block->data + stream->offset, block->data_end - stream->offset,
                         context, &stream->time);
    stream->key =
        order->one_clock ? stream->time : etwi_time_order_key(order, stream->reader, stream->time);
    return size;
}

/* Keeps the stream's buffer in memory as long as the unit lives. */
static void pin(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    if (stream->unit == unit->number + 1)
        return;
    stream->unit = unit->number + 1;
    unit->blocks[unit->block_count++] = stream->block;
    etwi_mutex_lock(order->loading);
    stream->block->pins++;
    etwi_mutex_unlock(order->loading);
}

/* -------------------------------------------------------------------------------- merging */

static void note_late(etwi_time_order *order, const etwi_stream *stream)
{
    if (stream->key < order->latest)
        order->readers[stream->reader]->stats.late_events++;
    order->latest = stream->key;
}

/* Moves the first stream's events to the unit while it is its turn. */
static void take_events(etwi_time_order *order, etwi_stream *stream, etwi_unit *unit)
{
    const etwi_index_entry *entry = entry_of(order, stream);
    const etwi_record_context context =
        etwi_record_context_of(&order->readers[stream->reader]->info, entry->processor,
                               entry->logger_id, entry->event_flags);
    const etwi_stream *next = order->load_budget ? second(order) : NULL;
    while (unit->count < ETWI_BATCH_EVENTS) {
        /* It may turn out not to be this event's turn yet; then it is read once more later, which
         * costs less than to look at every record twice. */
        const uint32_t size = read_event(order, stream, &context, &unit->events[unit->count]);
        if (!size) {
            finish_buffer(order, stream);
            break;
        }
        if (next && precedes(next, stream))
            break;
        pin(order, stream, unit);
        note_late(order, stream);
        unit->count++;
        stream->offset += etwi_record_stride(size);
        stream->index++;
    }
}

static uint64_t pinned_bytes(const etwi_unit *unit)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < unit->block_count; i++)
        bytes += unit->blocks[i]->capacity;
    return bytes;
}

static etw_status merge(etwi_time_order *order, etwi_unit *unit)
{
    size_t blocks = 0;
    while (order->heap_count && unit->count < ETWI_BATCH_EVENTS) {
        etwi_stream *stream = &order->streams[order->heap[0]];
        if (!stream->block)
            ETWI_TRY(load(order, stream, unit));
        take_events(order, stream, unit);
        if (stream->entry == ETWI_NO_ENTRY)
            order->heap[0] = order->heap[--order->heap_count];
        if (order->heap_count)
            sift_down(order, 0);
        if (unit->block_count != blocks && pinned_bytes(unit) > PINNED_BYTES_MAX && unit->count)
            break;
        blocks = unit->block_count;
    }
    if (!unit->count)
        return ETW_END;
    order->next_unit++;
    return ETW_OK;
}

etw_status etwi_time_order_claim(etwi_time_order *order, etwi_unit *unit)
{
    etwi_loader_read_ahead(order, unit);
    etwi_mutex_lock(order->merging);
    unit->number = order->next_unit;
    unit->count = unit->block_count = 0;
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
        if (!--block->pins && block->is_retired)
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
    const size_t size = order->stream_count * sizeof *order->heap;
    etwi_free(&order->allocator, order->heap, size);
    etwi_free(&order->allocator, order->loaded, size);
    etwi_free(&order->allocator, order->streams, order->stream_capacity * sizeof *order->streams);
    etwi_free(&order->allocator, order->groups, order->reader_count * sizeof *order->groups);
    etwi_mutex_destroy(order->merging);
}
