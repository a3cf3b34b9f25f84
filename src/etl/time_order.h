/*
 * Events in order of time: a stable sort of all events of all traces, however these are stored.
 *
 * The buffers are known, and the time of the earliest event of each. A buffer is opened, that is
 * read and its records put in order, when the merge reaches that time, and closed when its events
 * are delivered; so there are about as many open as there are processors. If the open ones are more
 * than the memory limit allows, the one whose turn is furthest away is given up and opened again
 * later. A trace that is made to be read again and again without end loses its order instead, and
 * the events that come too late are counted.
 *
 * Merging is done by one thread at a time. Reading, decompressing and putting records in order is
 * not: it is known in which order buffers will be needed, and threads that want a unit first read
 * ahead.
 */
#ifndef ETWI_ETL_TIME_ORDER_H
#define ETWI_ETL_TIME_ORDER_H

#include "etl/feed.h"
#include "etl/stretch.h"
#include "etl/tournament.h"

enum {
    ETWI_AHEAD_MAX = 32,
    ETWI_AHEAD_SHARE = 4, /* Of the memory limit, a quarter is for reading ahead. */
};

/* A buffer of one of the traces. */
typedef struct etwi_need {
    int64_t key; /* When it is needed: the least key of its events. */
    uint32_t reader;
    uint32_t entry;
} etwi_need;

/* A buffer that is being read ahead, or waits to be used. */
typedef struct etwi_ahead {
    uint32_t need;
    bool is_loaded;
    etw_status status;
    etwi_block *block;
} etwi_ahead;

/* A buffer that is being merged. */
typedef struct etwi_opened {
    etwi_block *block;
    uint32_t need;
    uint32_t group; /* This and the next decide between equal times: */
    uint64_t rank;  /* the trace, and the place of the buffer in it. */
    uint32_t next;  /* Of the block's marks: the first that was not handed out. */
    uint32_t slot;  /* Its slot, if it is in the stretch at hand. */
    uint32_t slots_end;
    uint64_t size; /* Bytes of memory. */
} etwi_opened;

/* A buffer that was given up. */
typedef struct etwi_parked {
    etwi_contender at; /* Its next event. */
    uint32_t need;
    uint32_t next; /* The same as of an open buffer. */
} etwi_parked;

struct etwi_time_order {
    etw_allocator allocator;
    etwi_reader *const *readers;
    size_t reader_count;
    uint32_t *groups; /* Of each reader: the first one with the same clock. */
    bool one_clock;   /* All readers are in one group, and raw times are the keys. */
    etwi_time_range range;
    size_t unit_events; /* At most in a unit. */

    etwi_mutex *merging; /* Guards the buffers, the stretch and the counters of events. */
    etwi_opened *opened; /* Up to `sorted_count` in the order that decides between equal times. */
    size_t sorted_count, opened_count, opened_capacity;
    uint64_t opened_left; /* Events of these that were not handed out. */
    etwi_parked *parked;  /* A heap: the first is the one that is needed first. */
    size_t parked_count, parked_capacity;
    size_t next_opening; /* Of the needs: the first that was never opened. */
    size_t soon_need;    /* The first whose memory was not asked for, and … */
    uint32_t soon_at;    /* … how much of it was. */
    etwi_stretch stretch;
    /* Bytes of the open buffers, and how many there may be. Nothing that depends on the number of
     * threads plays a part, because what is given up and read again may decide on the order. */
    uint64_t opened_bytes, opened_max;
    uint64_t load_budget; /* Bytes that may still be read before order is given up. */
    int64_t latest;       /* The greatest key in a stretch so far. */
    uint64_t next_unit;

    etwi_mutex *loading; /* Guards all below, and the pins of blocks. Taken after `merging`. */
    etwi_condition *arrived;
    etwi_block_pool pool;
    etwi_need *needs; /* In the order in which they will be needed. */
    size_t need_count, need_capacity;
    size_t next_need;  /* The first that nobody has read. */
    uint8_t *is_taken; /* By need: read already, or being read. */
    etwi_ahead ahead[ETWI_AHEAD_MAX];
    unsigned ahead_count, ahead_max;
    uint64_t ahead_bytes, ahead_bytes_max;
    uint64_t bytes_done;
};

etw_status etwi_time_order_begin(etwi_time_order *order, const etwi_feed_options *options,
                                 etw_error *error);
etw_status etwi_time_order_claim(etwi_time_order *order, etwi_unit *unit);
void etwi_time_order_release(etwi_time_order *order, etwi_unit *unit);
bool etwi_time_order_next_key(etwi_time_order *order, int64_t *out);
uint64_t etwi_time_order_position(etwi_time_order *order);
void etwi_time_order_end(etwi_time_order *order);

/* A key for a raw time of a reader: keys of all readers compare. */
int64_t etwi_time_order_key(const etwi_time_order *order, uint32_t reader, int64_t raw);

etwi_index_entry *etwi_time_order_entry(const etwi_time_order *order, uint32_t need);

/* opening.c: which buffers are open. */

/* Where a buffer that is not open stands; the one that is needed first. False if all are done. */
bool etwi_opening_first(const etwi_time_order *order, etwi_contender *out);

/* Opens that buffer, if need be in place of another one. `*out` is valid until the next call. */
etw_status etwi_opening_open(etwi_time_order *order, etwi_unit *unit, const etwi_opened **out);

/* Whether it can be opened before its time without much memory, so that stretches are longer. */
bool etwi_opening_is_cheap(const etwi_time_order *order);

/* The open buffer whose next event comes before, or behind, those of all others; `*out` is where it
 * stands. NULL if none has events left. */
etwi_opened *etwi_opening_find(const etwi_time_order *order, bool is_last, etwi_contender *out);

/* Puts the open buffers into the order that decides between equal times. */
void etwi_opening_sort(etwi_time_order *order);

/* Where an event of an open buffer stands in the order; `mark` counts from the next one on. */
etwi_contender etwi_opened_at(const etwi_time_order *order, const etwi_opened *opened,
                              uint32_t mark);

/* Events that were not handed out. */
static inline uint32_t etwi_opened_left(const etwi_opened *opened)
{
    return (uint32_t)opened->block->mark_count - opened->next;
}

/* Closes the buffers whose events were all handed out. */
void etwi_opening_close_done(etwi_time_order *order);

void etwi_opening_end(etwi_time_order *order);

/* loader.c: getting buffers into memory. */
etw_status etwi_loader_begin(etwi_time_order *order, const etwi_feed_options *options);
void etwi_loader_end(etwi_time_order *order);

/* Reads buffers that will be needed soon, if there is room for them. */
void etwi_loader_read_ahead(etwi_time_order *order, etwi_unit *unit);

/* The block of a buffer, marked: read ahead, or read now. */
etw_status etwi_loader_get(etwi_time_order *order, uint32_t need, etwi_unit *unit,
                           etwi_block **out);

/* Memory of buffers that will be opened soon, to be asked for while so many events are made; none
 * if buffers are read from a file, or by other threads. Guarded by `merging`. */
etw_bytes etwi_loader_soon(etwi_time_order *order, size_t events);

/* Nobody but the units that pinned a block needs it any more. */
void etwi_loader_retire(etwi_time_order *order, etwi_block *block);

#endif
