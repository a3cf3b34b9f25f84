/*
 * What the tests of the engine's shared memory stand on: a session in a folder of its own, writers
 * whose events can be told and checked, and the counts of what was tried.
 *
 * Everything is fixed in width: writers of 32 and 64 bits use the same session.
 */
#ifndef ETW_TEST_ENGINE_RIG_H
#define ETW_TEST_ENGINE_RIG_H

#include "engine/mapping.h"
#include "engine/slot.h"

#include <etw/alloc.h>

enum {
    RIG_WRITERS_MAX = 256, /* Threads of all processes. */
    RIG_PATH_MAX = 256,
    RIG_PAYLOAD_MIN = 24,
};

/* What one writing thread did, in memory that survives its death. */
typedef struct rig_writer {
    _Atomic uint64_t attempts; /* Begun. */
    _Atomic uint64_t accepted; /* ETW_OK, and committed. */
    _Atomic uint64_t lost;     /* ETW_E_FULL or ETW_E_LIMIT. */
    _Atomic uint64_t refused;  /* ETW_STOPPED. */
} rig_writer;

typedef struct rig_session {
    char folder[RIG_PATH_MAX];
    etwi_mapping control; /* Joined as controller. */
    rig_writer *writers;
    uint64_t writers_size;
} rig_session;

typedef struct rig_options {
    etwi_pool_kind pool_kind;
    uint32_t buffer_size, buffer_count;
    uint32_t cpu_count; /* 0: as the machine has. */
} rig_options;

/* Makes a running session. Ends the program on failure, as all functions here. */
void rig_create(rig_session *out, const rig_options *options);
void rig_destroy(rig_session *rig);

/* Opens the session once more, also from another process, and joins it. */
void rig_open(etwi_mapping *out, const char *folder, etwi_client_kind kind);

/* The counts, in another process. */
rig_writer *rig_open_writers(const char *folder);

/* Writes one event of a writer with its running number, and counts it. */
etw_status rig_write(etwi_mapping *mapping, rig_writer *writers, uint32_t writer, uint64_t number,
                     uint32_t payload);

/* What a writing process does. */
typedef struct rig_work {
    uint32_t first_writer; /* Its threads are this one and the next ones. */
    uint32_t threads;
    uint64_t events;       /* Of each thread. */
    uint64_t first_number; /* Of its events: larger for those that come after others. */
    uint32_t payload_min, payload_max;
    uint32_t burst;    /* Events between two pauses; 0: no pauses. */
    uint32_t pause_us; /* Microseconds. */
} rig_work;

void rig_do(const char *folder, const rig_work *work);

/* Starts a process that does it; `program` NULL forks, else is executed with the work as its
 * arguments. Returns its id. */
int rig_start(const char *folder, const rig_work *work, const char *program);

/* What a reader saw. */
typedef struct rig_tally {
    uint64_t events, bytes;
    uint64_t corrupt;      /* Records that no writer wrote so. */
    uint64_t out_of_order; /* Of one writer in one stream. */
    uint64_t late;         /* Older than was promised. */
    uint64_t *seen;        /* By writer: events. */
    uint64_t *last;        /* By stream and writer: number of the last one + 1. */
    uint32_t stream_count;
} rig_tally;

void rig_tally_begin(rig_tally *out, uint32_t stream_count);
void rig_tally_end(rig_tally *tally);

/* Checks the records of a chunk; `complete_until` is what was promised before it. */
void rig_tally_add(rig_tally *tally, const uint8_t *records, uint32_t size, uint32_t stream,
                   int64_t complete_until);

/* Sums over all writers. */
typedef struct rig_sums {
    uint64_t attempts, accepted, lost, refused;
} rig_sums;

rig_sums rig_sum(const rig_writer *writers);

_Noreturn void rig_fail(const char *what, const char *detail);

#endif
