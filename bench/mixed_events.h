/* The events of a mixed trace: which ones, on which processor, with what in them. */
#ifndef MIXED_EVENTS_H
#define MIXED_EVENTS_H

#include "mixed_schema.h"

/*
 * What a processor is busy with for a while. Events follow each other in few patterns, which
 * readers can foresee: in real traces nine of ten events are of the kind that followed the last
 * time.
 */
typedef struct mixed_activity {
    unsigned family;     /* Which kind of header; see mixed_events.c. */
    unsigned pattern[3]; /* Kinds of events that take turns. */
    unsigned length;     /* Of the pattern. */
    unsigned position;
} mixed_activity;

typedef struct mixed_world {
    etlb_trace *trace;
    etlb_writer payload;
    uint64_t random;
    int64_t now;        /* Raw time; moves on with every event. */
    unsigned cpu_count; /* That take part. */
    bool alternates;    /* Every event comes from the next processor. */
    unsigned next_cpu;
    mixed_activity activities[64]; /* Of each processor. */
    mixed_schema schemas[MIXED_PROVIDERS_USED * MIXED_EVENTS_USED];
} mixed_world;

void mixed_world_init(mixed_world *world, etlb_trace *trace);
void mixed_world_free(mixed_world *world);

/* The schemas of all events of manifest providers, as a merging tool writes them. */
void mixed_put_schemas(mixed_world *world);

/* The next events of a processor: most often one, sometimes some. */
void mixed_put_burst(mixed_world *world);

/* One profiling sample on a processor at a time. */
void mixed_put_sample(mixed_world *world, unsigned cpu, int64_t time);

#endif
