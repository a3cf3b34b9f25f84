/*
 * Events of every kind for traces that are made at random: what real traces hold, in about the
 * proportions of a machine under load, and on request also what they hold rarely or should not.
 *
 * Every event has its number in its payload, so that no two are alike.
 */
#ifndef EVENT_MIX_H
#define EVENT_MIX_H

#include "etl_metadata.h"

typedef struct event_mix {
    etlb_trace *trace;
    uint32_t random; /* State of trace_random(): not zero. */
    uint32_t number; /* Of the last event. */
    etlb_writer payload;
    /* Of the event that is being written. */
    unsigned cpu, pointer_size;
    int64_t time;
} event_mix;

/* `seed` must not be zero. Writing into another trace later is a matter of setting `trace`. */
void event_mix_init(event_mix *mix, etlb_trace *trace, uint32_t seed);
void event_mix_free(event_mix *mix);

/* Any number below `limit`, which must not be zero. */
uint32_t event_mix_below(event_mix *mix, uint32_t limit);

/* An ordinary event: kernel, EventSource, manifest provider, TraceLogging, classic. */
void event_mix_add(event_mix *mix, unsigned cpu, int64_t time);

/* Any event: also of rare header kinds, of other pointer sizes, without time stamps, with payloads
 * that are too short or too long, with broken chains of extended data. */
void event_mix_add_any(event_mix *mix, unsigned cpu, int64_t time);

/* What describes the events: a manifest in chunks, and TRACE_EVENT_INFO. */
void event_mix_add_schemas(event_mix *mix, unsigned cpu, int64_t time);

#endif
