/*
 * A stretch of the time order: the next events of all buffers that are open, merged at a time.
 *
 * Each buffer gives as many events as come before a position in the order that is chosen so that
 * there is room for all. What is merged are numbers of 64 bits: the time since the begin of the
 * stretch, and below it a slot, which tells the event. Slots go through the buffers in the order
 * that decides between equal times, so the numbers sort as the events do.
 */
#ifndef ETWI_ETL_STRETCH_H
#define ETWI_ETL_STRETCH_H

#include "base/memory.h"

#include <etw/status.h>

typedef struct etwi_stretch {
    uint64_t *sorted; /* By order: time and slot. */
    uint64_t *spare;
    uint32_t *places; /* By slot: how many events of the stretch come before. */
    uint32_t *bounds; /* Of the sequences, while they are merged: where each begins. */
    size_t sequences;
    size_t capacity; /* Events, a power of two. */
    unsigned slot_bits;
    int64_t base; /* The key of the first event. */
    size_t count;
    size_t taken; /* Events that were handed out. */
    size_t quota; /* Events a buffer may give at most. */
} etwi_stretch;

typedef struct etwi_time_order etwi_time_order;
typedef struct etwi_unit etwi_unit;

/* Makes the next stretch; the one before was handed out. Without events at the end of all. */
etw_status etwi_stretch_make(etwi_time_order *order, etwi_unit *unit);

/* The key of the event that comes next, if there is one. */
bool etwi_stretch_next_key(const etwi_time_order *order, int64_t *out);

void etwi_stretch_free(etwi_stretch *stretch, const etw_allocator *allocator);

/* The key of an event of the stretch. */
static inline int64_t etwi_stretch_key(const etwi_stretch *stretch, size_t place)
{
    return (int64_t)((uint64_t)stretch->base + (stretch->sorted[place] >> stretch->slot_bits));
}

#endif
