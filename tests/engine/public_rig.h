/*
 * What the tests stand on that go through the public interface alone: sessions that are started,
 * providers in processes of their own, and consumers; the events can be told and checked, and what
 * was tried is counted in memory that survives the writers (rig.h).
 */
#ifndef ETW_TEST_ENGINE_PUBLIC_RIG_H
#define ETW_TEST_ENGINE_PUBLIC_RIG_H

#include "rig.h"

#include <etw/etw.h>

#define PUBLIC_PROVIDER "Contoso.Rig"

/* A runtime folder of its own, with the counts in it. Ends the program on failure, as all functions
 * here. */
void public_begin(void);

/* Removes all that there is. False if a session or a process left something behind. */
bool public_end(void);

/* The folder, and the counts. */
const char *public_folder(void);
rig_writer *public_writers(void);

/* Starts a session that wants the events of all writers. */
etw_session *public_start(const etw_session_options *options);

/* A consumer of so many sessions, attached. */
etw_consumer *public_consume(const char *const *sessions, unsigned count);

/* Executes the program that writes; it comes by `step` so often and dies, unless that is
 * ETWI_STEP_COUNT. Returns the id of the process. */
int public_write(const char *program, const rig_work *work, unsigned step, unsigned passes);

/* What a consumer got of one session. */
typedef struct public_tally {
    uint32_t logger_id;
    uint64_t events;
    uint64_t corrupt;  /* Events that no writer wrote so. */
    uint64_t disorder; /* Events of one writer that came twice, or the older one later. */
    uint64_t next[RIG_WRITERS_MAX]; /* By writer: number of the last event + 1. */
    int64_t time[RIG_WRITERS_MAX];  /* By writer: when that was. */
} public_tally;

/* Takes what there is until there is nothing for so long. ETW_AGAIN, or ETW_END once all sessions
 * have ended. */
etw_status public_take(etw_consumer *consumer, uint32_t timeout_ms, public_tally *tallies,
                       unsigned count);

/* The events of a file. */
void public_read(const char *path, public_tally *out);

#endif
