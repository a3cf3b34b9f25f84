/*
 * Records on their way from the one thread that is handed events to the one that consumes them.
 *
 * There is a lane for each processor, a chain of blocks. The pusher appends to the last block of a
 * lane and says how far it is filled; the taker takes what is filled since it looked last, also of
 * a block that the pusher goes on with, and gives blocks back that are full and taken. Neither
 * takes a lock for an event. There are so many blocks and no more: a pusher that finds none waits,
 * so what a slow consumer does not take in time stays with the system, which counts what it loses.
 */
#ifndef ETWI_CONSUMER_WIN_GATHER_H
#define ETWI_CONSUMER_WIN_GATHER_H

#include "engine/engine.h"

#include <stdatomic.h>

enum {
    ETWI_GATHER_BLOCK = 128 * 1024, /* More than the largest record. */
    ETWI_GATHER_LANES = 2048 + 1,   /* Windows has no more processors; the last lane is for none. */
};

typedef struct etwi_gather etwi_gather;

/* Room for records of one lane, from the pusher's view. */
typedef struct etwi_gather_lane etwi_gather_lane;

/* `spare_blocks`: how many there are beside one for each lane; at least 1. NULL if memory is out.
 */
etwi_gather *etwi_gather_create(const etw_allocator *allocator, uint32_t spare_blocks);

/* Once neither thread uses it. NULL is fine. */
void etwi_gather_destroy(etwi_gather *gather);

/* ---- the pusher ---- */

/*
 * Room for a record of `size` bytes, without padding; waits for it. NULL if the gather is closed
 * and there is none; also if memory is out, and then a lost event is counted.
 */
uint8_t *etwi_gather_reserve(etwi_gather *gather, uint16_t processor, uint32_t size,
                             etwi_gather_lane **lane);

/* Shows what was reserved, and written since, to the taker. `time` is that of the record, raw. */
void etwi_gather_commit(etwi_gather *gather, etwi_gather_lane *lane, uint32_t size, int64_t time);

/* Counts an event that cannot be a record. */
void etwi_gather_lose(etwi_gather *gather);

/* Nothing will come any more. */
void etwi_gather_end(etwi_gather *gather);

/* ---- the taker ---- */

/*
 * Takes all there is. ETW_OK if there are chunks, ETW_END if there are none and none will come,
 * ETW_AGAIN, or ETW_E_NOMEM. `out->complete_until` is the time of the last record that was there
 * when it looked; INT64_MIN if there was none.
 */
etw_status etwi_gather_take(etwi_gather *gather, etwi_live_round *out);

/* Gives back what the last round was in. */
void etwi_gather_release(etwi_gather *gather);

/* Whether etwi_gather_take() would bring anything but ETW_AGAIN. */
bool etwi_gather_has_news(const etwi_gather *gather);

/* Lets the pusher wait no more. Any thread. */
void etwi_gather_close(etwi_gather *gather);

#endif
