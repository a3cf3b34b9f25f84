/*
 * Sessions that do what a test says, behind the table that the consumer knows sessions by: events
 * come when the test adds them, and are complete up to when it says so.
 */
#ifndef LIVE_FAKE_H
#define LIVE_FAKE_H

#include "consumer/live.h"
#include "etl_writer.h"

enum {
    FAKE_CHUNKS_MAX = 4096,
    FAKE_BYTES_MAX = 1 << 22,
};

/* A session. All members but those that a test sets through functions may be read at any time. */
typedef struct fake_session {
    const char *name; /* NULL: there is none. */
    etw_clock clock;
    bool is_stopped;
    int64_t complete_until;
    uint64_t events_lost, buffers_lost;
    etwi_live_chunk chunks[FAKE_CHUNKS_MAX];
    size_t chunk_count;
    uint8_t *bytes;
    size_t size;
    bool withholds; /* Until it is flushed. */
    bool is_taken;  /* The chunks are with a consumer. */
    atomic_bool is_woken;
    atomic_uint opened, waits, flushes;
} fake_session;

enum {
    FAKE_SESSIONS = 2,
};

extern fake_session fake_sessions[FAKE_SESSIONS];
extern const etwi_live_backend fake_backend;
extern const etw_guid fake_provider;

/* Sessions "a" and "b" as new: running, without events, with a clock of 10 MHz. */
void fake_reset(void);
void fake_free(void);

/* Starts it (again). */
void fake_start(unsigned session);
void fake_stop(unsigned session);

/* Adds an event with `value` as its id and payload, as a chunk of its own. */
void fake_add(unsigned session, uint16_t stream, int64_t time, uint32_t value);

/* Adds a chunk of any bytes; those of a record without padding. */
void fake_add_bytes(unsigned session, const etwi_live_chunk *chunk);

/* Chunks that no consumer has taken. */
size_t fake_waiting(unsigned session);

void fake_complete(unsigned session, int64_t until);
void fake_lose(unsigned session, uint64_t events, uint64_t buffers);

#endif
