#include "etl/order.h"

#include "base/error.h"

#include <stdlib.h>

enum {
    BATCH_EVENTS = 512,
    REREADS_MAX = 4,                     /* Times the trace may be read for the sake of order. */
    RETIRED_BYTES_MAX = 4 * 1024 * 1024, /* A batch ends early rather than hold more than that. */
    PROCESSORS_MAX = 0x10000,
};

/* The place of a record in an unsorted buffer. */
typedef struct place {
    int64_t time;
    uint32_t offset;
} place;

/* One run of buffers, and how far it has been read. */
struct etwi_stream {
    int64_t time;      /* Of the next event. */
    uint32_t entry;    /* Its buffer, or ETWI_NO_ENTRY at the end. */
    uint32_t last;     /* The last buffer of the run, while runs are made. */
    uint32_t offset;   /* Of its record in the buffer; 0: at the first one. */
    uint32_t loaded;   /* If `block` is not NULL: where the stream is in `order->loaded`. */
    uint32_t index;    /* Of its place in `places`, for unsorted buffers. */
    etwi_block *block; /* NULL: not in memory now. */
    place *places;     /* Of unsorted buffers: all records in time order. */
    size_t place_count, place_capacity;
};

/* ------------------------------------------------------------------------------- runs */

static etw_status add_stream(etwi_order *order, uint32_t entry)
{
    void *memory = order->streams;
    const etw_status status = etwi_grow(&order->allocator, &memory, &order->stream_capacity,
                                        order->stream_count + 1, sizeof *order->streams);
    order->streams = memory;
    if (status != ETW_OK)
        return status;
    etwi_stream *stream = &order->streams[order->stream_count++];
    memset(stream, 0, sizeof *stream);
    stream->entry = stream->last = entry;
    stream->time = order->index->entries[entry].first_time;
    return ETW_OK;
}

/* Appends a buffer to its processor's run if its times follow, else starts a new run. In file
 * order there is one run and times do not matter. */
static etw_status add_to_run(etwi_order *order, uint32_t *run, uint32_t number, bool by_time)
{
    etwi_index_entry *entries = order->index->entries;
    if (*run != ETWI_NO_ENTRY) {
        etwi_stream *stream = &order->streams[*run];
        if (!by_time || entries[stream->last].last_time <= entries[number].first_time) {
            entries[stream->last].next = number;
            stream->last = number;
            return ETW_OK;
        }
    }
    *run = (uint32_t)order->stream_count;
    return add_stream(order, number);
}

static etw_status make_runs(etwi_order *order)
{
    const etwi_index *index = order->index;
    const bool by_time = order->by_time;
    const size_t processors = by_time ? PROCESSORS_MAX : 1;
    uint32_t *run_of = etwi_alloc(&order->allocator, processors * sizeof *run_of);
    if (!run_of)
        return ETW_E_NOMEM;
    memset(run_of, 0xFF, processors * sizeof *run_of);
    etw_status status = ETW_OK;
    for (size_t i = 0; i < index->count && status == ETW_OK; i++) {
        const size_t processor = by_time ? index->entries[i].processor : 0;
        status = add_to_run(order, &run_of[processor], (uint32_t)i, by_time);
        order->load_budget += REREADS_MAX * (uint64_t)index->entries[i].unpacked_size;
    }
    etwi_free(&order->allocator, run_of, processors * sizeof *run_of);
    return status;
}

/* ------------------------------------------------------------------------------- heap */

static bool precedes(const etwi_stream *a, const etwi_stream *b)
{
    return a->time != b->time ? a->time < b->time : a->entry < b->entry;
}

static void sift_down(etwi_order *order, size_t at)
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
static const etwi_stream *second(const etwi_order *order)
{
    if (order->heap_count < 2)
        return NULL;
    const etwi_stream *left = &order->streams[order->heap[1]];
    if (order->heap_count < 3)
        return left;
    const etwi_stream *right = &order->streams[order->heap[2]];
    return precedes(right, left) ? right : left;
}

etw_status etwi_order_begin(etwi_order *order, etw_order kind, etw_error *error)
{
    order->by_time = kind == ETW_ORDER_TIME;
    order->load_budget = order->memory_max;
    order->latest = INT64_MIN;
    order->pool.allocator = order->allocator;
    order->events = etwi_alloc(&order->allocator, BATCH_EVENTS * sizeof *order->events);
    if (!order->events || make_runs(order) != ETW_OK)
        return etwi_fail_nomem(error);
    order->heap = etwi_alloc(&order->allocator, order->stream_count * sizeof *order->heap);
    order->loaded = etwi_alloc(&order->allocator, order->stream_count * sizeof *order->loaded);
    if (!order->heap || !order->loaded)
        return etwi_fail_nomem(error);
    order->heap_count = order->stream_count;
    for (size_t i = 0; i < order->stream_count; i++)
        order->heap[i] = (uint32_t)i;
    for (size_t i = order->heap_count / 2; i-- > 0;)
        sift_down(order, i);
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

static etw_status sort_places(etwi_order *order, etwi_stream *stream)
{
    const etwi_block *block = stream->block;
    int64_t time = order->info->clock.start_raw;
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
    qsort(stream->places, stream->place_count, sizeof *stream->places, compare_places);
    return ETW_OK;
}

static void unload(etwi_order *order, etwi_stream *stream)
{
    const uint32_t moved = order->loaded[--order->loaded_count];
    order->loaded[stream->loaded] = moved;
    order->streams[moved].loaded = stream->loaded;
    etwi_block_release(&order->pool, stream->block, order->batch);
    stream->block = NULL;
}

/* Gives up the loaded buffer whose turn is furthest away, unless the batch needs it. */
static void evict_one(etwi_order *order)
{
    etwi_stream *victim = NULL;
    for (size_t i = 0; i < order->loaded_count; i++) {
        etwi_stream *stream = &order->streams[order->loaded[i]];
        if (stream->block->batch != order->batch && (!victim || precedes(victim, stream)))
            victim = stream;
    }
    if (victim)
        unload(order, victim);
}

static etw_status load(etwi_order *order, etwi_stream *stream, etw_error *error)
{
    const etwi_index_entry *entry = &order->index->entries[stream->entry];
    if (order->pool.bytes + entry->unpacked_size > order->memory_max)
        evict_one(order);
    ETWI_TRY(etwi_block_load(&order->pool, &stream->block, order->input, entry,
                             &order->index->format, error));
    stream->loaded = (uint32_t)order->loaded_count;
    order->loaded[order->loaded_count++] = (uint32_t)(stream - order->streams);
    order->load_budget -=
        entry->unpacked_size < order->load_budget ? entry->unpacked_size : order->load_budget;
    if (order->by_time && entry->is_unsorted && sort_places(order, stream) != ETW_OK)
        return etwi_fail_nomem(error);
    return ETW_OK;
}

static void finish_buffer(etwi_order *order, etwi_stream *stream)
{
    unload(order, stream);
    stream->offset = stream->index = 0;
    stream->entry = order->index->entries[stream->entry].next;
    if (stream->entry != ETWI_NO_ENTRY)
        stream->time = order->index->entries[stream->entry].first_time;
}

/* Finds the record the stream stands at. False at the end of the buffer. */
static bool current_record(const etwi_order *order, etwi_stream *stream, etwi_record_peek *peek)
{
    const etwi_block *block = stream->block;
    if (order->by_time && order->index->entries[stream->entry].is_unsorted) {
        if (stream->index >= stream->place_count)
            return false;
        stream->offset = stream->places[stream->index].offset;
        stream->time = stream->places[stream->index].time;
    } else if (!stream->offset) {
        stream->offset = BUFFER_HEADER_SIZE;
        stream->time = order->info->clock.start_raw;
    }
    if (stream->offset >= block->data_end ||
        !etwi_record_peek_at(peek, block->data + stream->offset, block->data_end - stream->offset))
        return false;
    if (peek->has_time)
        stream->time = peek->raw_time;
    return true;
}

/* Moves the first stream's events to the batch while it is its turn. Returns the new count. */
static size_t take_events(etwi_order *order, etwi_stream *stream, size_t count)
{
    const etwi_index_entry *entry = &order->index->entries[stream->entry];
    const etwi_record_context context = {order->info, entry->processor, entry->logger_id,
                                         entry->event_flags};
    const etwi_stream *next = order->load_budget ? second(order) : NULL;
    etwi_record_peek peek;
    while (count < BATCH_EVENTS) {
        if (!current_record(order, stream, &peek)) {
            finish_buffer(order, stream);
            break;
        }
        if (next && precedes(next, stream))
            break;
        etwi_record_parse(&order->events[count++], stream->block->data + stream->offset, &peek,
                          stream->time, &context);
        order->late_events += order->by_time && stream->time < order->latest;
        order->latest = stream->time;
        stream->block->batch = order->batch;
        stream->offset += etwi_record_stride(peek.size);
        stream->index++;
    }
    return count;
}

static uint64_t retired_bytes(const etwi_order *order)
{
    uint64_t bytes = 0;
    for (const etwi_block *block = order->pool.retired; block; block = block->next)
        bytes += block->capacity;
    return bytes;
}

etw_status etwi_order_next(etwi_order *order, etw_batch *out, etw_error *error)
{
    etwi_block_pool_recycle(&order->pool);
    order->batch++;
    size_t count = 0;
    while (order->heap_count && count < BATCH_EVENTS &&
           (!count || !order->pool.retired || retired_bytes(order) < RETIRED_BYTES_MAX)) {
        etwi_stream *stream = &order->streams[order->heap[0]];
        if (!stream->block)
            ETWI_TRY(load(order, stream, error));
        count = take_events(order, stream, count);
        if (stream->entry == ETWI_NO_ENTRY)
            order->heap[0] = order->heap[--order->heap_count];
        if (order->heap_count)
            sift_down(order, 0);
    }
    out->events = order->events;
    out->count = count;
    return count ? ETW_OK : ETW_END;
}

void etwi_order_free(etwi_order *order)
{
    while (order->loaded_count)
        unload(order, &order->streams[order->loaded[0]]);
    for (size_t i = 0; i < order->stream_count; i++)
        etwi_free(&order->allocator, order->streams[i].places,
                  order->streams[i].place_capacity * sizeof *order->streams[i].places);
    etwi_block_pool_free(&order->pool);
    etwi_free(&order->allocator, order->streams, order->stream_capacity * sizeof *order->streams);
    etwi_free(&order->allocator, order->heap, order->stream_count * sizeof *order->heap);
    etwi_free(&order->allocator, order->loaded, order->stream_count * sizeof *order->loaded);
    etwi_free(&order->allocator, order->events, BATCH_EVENTS * sizeof *order->events);
}
