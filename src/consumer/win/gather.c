#include "consumer/win/gather.h"

#include "base/error.h"
#include "base/memory.h"
#include "etl/layout.h"
#include "os/os.h"

#include <etw/event.h>

typedef struct block block;
struct block {
    block *_Atomic next; /* In its lane; set by the pusher when it goes on with that one. */
    block *next_free;    /* Among those that are free, or that are to be. */
    atomic_uint filled;  /* Bytes. */
    uint32_t taken;      /* The taker's: bytes. */
    uint8_t *bytes;      /* Behind the structure. */
};

struct etwi_gather_lane {
    block *last;  /* The pusher's. */
    block *first; /* The taker's. */
    uint16_t processor;
};

struct etwi_gather {
    etw_allocator allocator;
    etwi_mutex *mutex;
    etwi_condition *freed;
    block *free;                       /* Under the mutex. */
    uint32_t block_count, block_limit; /* Under the mutex. */
    atomic_bool is_closed;
    atomic_bool has_ended;
    atomic_int_fast64_t time; /* Of the last record. */
    atomic_uint_fast64_t lost;

    etwi_gather_lane *lane_of[ETWI_GATHER_LANES];       /* The pusher's: by processor. */
    etwi_gather_lane *_Atomic lanes[ETWI_GATHER_LANES]; /* In the order they came to be. */
    atomic_uint lane_count;

    /* The taker's. */
    etwi_live_chunk *chunks;
    size_t chunk_capacity;
    block *used; /* Taken, and to be freed. */
};

enum {
    BLOCK_BYTES = ETWI_GATHER_BLOCK + ETWI_SLACK,
};

static uint32_t padded(uint32_t size)
{
    return (size + RECORD_ALIGNMENT - 1) & ~(uint32_t)(RECORD_ALIGNMENT - 1);
}

/* ------------------------------------------------------------------------------- life */

etwi_gather *etwi_gather_create(const etw_allocator *allocator, uint32_t spare_blocks)
{
    etwi_gather *gather = etwi_alloc_zeroed(allocator, sizeof *gather);
    if (!gather)
        return NULL;
    gather->allocator = *allocator;
    gather->block_limit = spare_blocks;
    gather->mutex = etwi_mutex_create();
    gather->freed = etwi_condition_create();
    atomic_init(&gather->time, INT64_MIN);
    if (gather->mutex && gather->freed)
        return gather;
    etwi_gather_destroy(gather);
    return NULL;
}

static void free_block(const etwi_gather *gather, block *freed)
{
    etwi_free(&gather->allocator, freed, sizeof *freed + BLOCK_BYTES);
}

static void free_list(const etwi_gather *gather, block *list)
{
    while (list) {
        block *next = list->next_free;
        free_block(gather, list);
        list = next;
    }
}

static void free_lane(const etwi_gather *gather, etwi_gather_lane *lane)
{
    for (block *at = lane->first; at;) {
        block *next = atomic_load_explicit(&at->next, memory_order_relaxed);
        free_block(gather, at);
        at = next;
    }
    etwi_free(&gather->allocator, lane, sizeof *lane);
}

void etwi_gather_destroy(etwi_gather *gather)
{
    if (!gather)
        return;
    const etw_allocator allocator = gather->allocator;
    const unsigned count = atomic_load(&gather->lane_count);
    for (unsigned i = 0; i < count; i++)
        free_lane(gather, atomic_load(&gather->lanes[i]));
    free_list(gather, gather->free);
    free_list(gather, gather->used);
    if (gather->freed)
        etwi_condition_destroy(gather->freed);
    if (gather->mutex)
        etwi_mutex_destroy(gather->mutex);
    etwi_free(&allocator, gather->chunks, gather->chunk_capacity * sizeof *gather->chunks);
    etwi_free(&allocator, gather, sizeof *gather);
}

/* --------------------------------------------------------------------------- the pusher */

static block *new_block(etwi_gather *gather)
{
    block *made = etwi_alloc(&gather->allocator, sizeof *made + BLOCK_BYTES);
    if (!made)
        return NULL;
    made->bytes = (uint8_t *)(made + 1);
    gather->block_count++;
    return made;
}

/* A free block, or a new one, or one that the taker gives back. NULL if closed or memory is out. */
static block *get_block(etwi_gather *gather)
{
    block *got = NULL;
    etwi_mutex_lock(gather->mutex);
    while (!atomic_load_explicit(&gather->is_closed, memory_order_relaxed)) {
        got = gather->free;
        if (got) {
            gather->free = got->next_free;
            break;
        }
        if (gather->block_count < gather->block_limit) {
            got = new_block(gather);
            break;
        }
        etwi_condition_wait(gather->freed, gather->mutex);
    }
    etwi_mutex_unlock(gather->mutex);
    if (got) {
        atomic_init(&got->next, NULL);
        atomic_init(&got->filled, 0);
        got->taken = 0;
    }
    return got;
}

/* Each lane brings a block along, so that no lane waits for what another one keeps. */
static etwi_gather_lane *add_lane(etwi_gather *gather, uint16_t processor)
{
    etwi_gather_lane *lane = etwi_alloc_zeroed(&gather->allocator, sizeof *lane);
    if (!lane)
        return NULL;
    etwi_mutex_lock(gather->mutex);
    gather->block_limit++;
    etwi_mutex_unlock(gather->mutex);
    lane->processor = processor;
    lane->first = lane->last = get_block(gather);
    if (!lane->first) {
        etwi_free(&gather->allocator, lane, sizeof *lane);
        return NULL;
    }
    const unsigned count = atomic_load_explicit(&gather->lane_count, memory_order_relaxed);
    atomic_store_explicit(&gather->lanes[count], lane, memory_order_relaxed);
    atomic_store_explicit(&gather->lane_count, count + 1, memory_order_release);
    return lane;
}

/* Goes on with another block. */
static bool extend(etwi_gather *gather, etwi_gather_lane *lane)
{
    block *added = get_block(gather);
    if (!added)
        return false;
    atomic_store_explicit(&lane->last->next, added, memory_order_release);
    lane->last = added;
    return true;
}

static uint8_t *refuse(etwi_gather *gather)
{
    if (!atomic_load_explicit(&gather->is_closed, memory_order_relaxed))
        etwi_gather_lose(gather);
    return NULL;
}

uint8_t *etwi_gather_reserve(etwi_gather *gather, uint16_t processor, uint32_t size,
                             etwi_gather_lane **out)
{
    const uint16_t known = processor < ETWI_GATHER_LANES - 1 ? processor : ETW_NO_PROCESSOR;
    const unsigned index = known == ETW_NO_PROCESSOR ? ETWI_GATHER_LANES - 1 : known;
    etwi_gather_lane *lane = gather->lane_of[index];
    if (!lane) {
        lane = add_lane(gather, known);
        if (!lane)
            return refuse(gather);
        gather->lane_of[index] = lane;
    }
    uint32_t at = atomic_load_explicit(&lane->last->filled, memory_order_relaxed);
    if (ETWI_GATHER_BLOCK - at < padded(size)) {
        if (!extend(gather, lane))
            return refuse(gather);
        at = 0;
    }
    *out = lane;
    return lane->last->bytes + at;
}

void etwi_gather_commit(etwi_gather *gather, etwi_gather_lane *lane, uint32_t size, int64_t time)
{
    const uint32_t at = atomic_load_explicit(&lane->last->filled, memory_order_relaxed);
    atomic_store_explicit(&lane->last->filled, at + padded(size), memory_order_release);
    // Whoever sees this time sees all records up to it.
    if (time > atomic_load_explicit(&gather->time, memory_order_relaxed))
        atomic_store_explicit(&gather->time, time, memory_order_release);
}

void etwi_gather_lose(etwi_gather *gather)
{
    atomic_fetch_add_explicit(&gather->lost, 1, memory_order_relaxed);
}

void etwi_gather_end(etwi_gather *gather)
{
    atomic_store_explicit(&gather->has_ended, true, memory_order_release);
}

/* ---------------------------------------------------------------------------- the taker */

static etw_status add_chunk(etwi_gather *gather, etwi_live_round *out, uint16_t stream,
                            const etwi_live_chunk *chunk)
{
    void *memory = gather->chunks;
    const etw_status grown = etwi_grow(&gather->allocator, &memory, &gather->chunk_capacity,
                                       out->count + 1, sizeof *gather->chunks);
    gather->chunks = memory;
    ETWI_TRY(grown);
    gather->chunks[out->count] = *chunk;
    gather->chunks[out->count++].stream = stream;
    return ETW_OK;
}

/* Takes what a lane has. Blocks that the pusher is done with go to those that are used. */
static etw_status take_lane(etwi_gather *gather, etwi_live_round *out, uint16_t stream)
{
    etwi_gather_lane *lane = atomic_load_explicit(&gather->lanes[stream], memory_order_relaxed);
    for (;;) {
        block *at = lane->first;
        block *next = atomic_load_explicit(&at->next, memory_order_acquire);
        const uint32_t filled = atomic_load_explicit(&at->filled, memory_order_acquire);
        const etwi_live_chunk chunk = {
            .records = at->bytes + at->taken,
            .size = filled - at->taken,
            .processor = lane->processor,
        };
        if (chunk.size)
            ETWI_TRY(add_chunk(gather, out, stream, &chunk));
        at->taken = filled;
        if (!next)
            return ETW_OK;
        lane->first = next;
        at->next_free = gather->used;
        gather->used = at;
    }
}

etw_status etwi_gather_take(etwi_gather *gather, etwi_live_round *out)
{
    // Before the lanes are looked at, so that they have all that these stand for.
    const bool has_ended = atomic_load_explicit(&gather->has_ended, memory_order_acquire);
    out->complete_until = atomic_load_explicit(&gather->time, memory_order_acquire);
    out->events_lost = atomic_load_explicit(&gather->lost, memory_order_relaxed);
    out->buffers_lost = 0;
    out->count = 0;
    const unsigned lanes = atomic_load_explicit(&gather->lane_count, memory_order_acquire);
    for (unsigned i = 0; i < lanes; i++)
        ETWI_TRY(take_lane(gather, out, (uint16_t)i));
    out->chunks = gather->chunks;
    if (out->count)
        return ETW_OK;
    return has_ended ? ETW_END : ETW_AGAIN;
}

void etwi_gather_release(etwi_gather *gather)
{
    block *used = gather->used;
    if (!used)
        return;
    gather->used = NULL;
    block *last = used;
    while (last->next_free)
        last = last->next_free;
    etwi_mutex_lock(gather->mutex);
    last->next_free = gather->free;
    gather->free = used;
    etwi_condition_broadcast(gather->freed);
    etwi_mutex_unlock(gather->mutex);
}

bool etwi_gather_has_news(const etwi_gather *gather)
{
    if (atomic_load_explicit(&gather->has_ended, memory_order_acquire))
        return true;
    const unsigned lanes = atomic_load_explicit(&gather->lane_count, memory_order_acquire);
    for (unsigned i = 0; i < lanes; i++) {
        const etwi_gather_lane *lane =
            atomic_load_explicit(&gather->lanes[i], memory_order_relaxed);
        const block *at = lane->first;
        if (atomic_load_explicit(&at->filled, memory_order_acquire) != at->taken ||
            atomic_load_explicit(&at->next, memory_order_acquire))
            return true;
    }
    return false;
}

void etwi_gather_close(etwi_gather *gather)
{
    etwi_mutex_lock(gather->mutex);
    atomic_store(&gather->is_closed, true);
    etwi_condition_broadcast(gather->freed);
    etwi_mutex_unlock(gather->mutex);
}
