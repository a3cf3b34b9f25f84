/*
 * Traces made at random, for tests of what holds for all of them. A seed decides everything: 1 to
 * 64 processors, the size of the buffers and how they are compressed, one to three files and their
 * clocks, times that tie or go back, schemas before and behind their events, and damage.
 */
#ifndef RANDOM_TRACE_H
#define RANDOM_TRACE_H

#include "etl_writer.h"

enum {
    RANDOM_FILES_MAX = 3
};

typedef struct random_traces {
    etlb_writer files[RANDOM_FILES_MAX]; /* The first `count`. */
    size_t count;
    char about[600]; /* What the seed decided, for messages. */
} random_traces;

void random_traces_build(random_traces *out, uint32_t seed);
void random_traces_free(random_traces *traces);

#endif
