/*
 * The portable engine: sessions in shared memory whose buffers are those of .etl files. This header
 * is all that other layers see of it; `session` controls, `consumer` drains. What programs write
 * comes in through <etw/write.h>.
 *
 * Every function may be called from any thread; one object belongs to one thread at a time.
 */
#ifndef ETWI_ENGINE_H
#define ETWI_ENGINE_H

#include <etw/session.h>

/* ---- control ----------------------------------------------------------------------------------
 */

/* A session as its controller holds it. */
typedef struct etwi_engine_session etwi_engine_session;

/* `options` are complete: the caller has checked them and filled in the defaults. ETW_E_EXISTS is
 * for the caller to act on; `existing` is not looked at. */
etw_status etwi_engine_start(etwi_engine_session **out, const etw_session_options *options,
                             etw_error *error);
etw_status etwi_engine_attach(etwi_engine_session **out, const char *name,
                              const etw_allocator *allocator, etw_error *error);
void etwi_engine_close(etwi_engine_session **session);
etw_status etwi_engine_stop(etwi_engine_session *session, etw_session_info *info, etw_error *error);
etw_status etwi_engine_update(etwi_engine_session *session,
                              const etw_session_update_options *options, etw_error *error);
etw_status etwi_engine_flush(etwi_engine_session *session, etw_error *error);
etw_status etwi_engine_query(etwi_engine_session *session, etw_session_info *info,
                             etw_error *error);
etw_status etwi_engine_enable(etwi_engine_session *session, const etw_enable_parameters *parameters,
                              etw_enable_report *report, etw_error *error);
etw_status etwi_engine_disable(etwi_engine_session *session, const etw_guid *provider,
                               etw_error *error);
etw_status etwi_engine_capture_state(etwi_engine_session *session, const etw_guid *provider,
                                     uint32_t timeout_ms, etw_error *error);

/* Takes one session; a failure ends the listing and is passed on. */
typedef etw_status (*etwi_engine_session_taker)(void *user, const etw_session_info *info);

etw_status etwi_engine_list(etwi_engine_session_taker take, void *user, etw_error *error);
etw_status etwi_engine_prune(void (*on_pruned)(void *user, const etw_session_info *info),
                             void *user, etw_error *error);

/* Takes one provider that a process has registered; called once for each process and provider. */
typedef etw_status (*etwi_engine_provider_taker)(void *user, const etw_guid *guid, etw_str name,
                                                 uint32_t process_id);

etw_status etwi_engine_providers(etwi_engine_provider_taker take, void *user, etw_error *error);

/* Takes one provider that a session enables; called once for each session and provider. */
typedef etw_status (*etwi_engine_enabled_taker)(void *user, const etw_guid *guid,
                                                uint32_t logger_id);

etw_status etwi_engine_enabled(etwi_engine_enabled_taker take, void *user, etw_error *error);

/* ---- consuming --------------------------------------------------------------------------------
 */

enum {
    ETWI_SLACK = 64 /* Bytes behind records that may be read, and mean nothing. */
};

/* A session as a real-time consumer holds it. Private sessions have none. */
typedef struct etwi_live etwi_live;

typedef struct etwi_live_options {
    etw_allocator allocator;
    uint32_t latency_ms; /* Events are handed out after so long at the latest; 0: at once. */
} etwi_live_options;

etw_status etwi_live_open(etwi_live **out, const char *name, const etwi_live_options *options,
                          etw_error *error);
void etwi_live_close(etwi_live **live);

/* What the header of a file of this session would say. */
const etw_trace_info *etwi_live_info(const etwi_live *live);

/*
 * Records that were copied out of one buffer: whole ones, in time order. Chunks of one stream
 * follow one another in time order too; a stream is a slot of the session.
 *
 * Lifetime: until etwi_live_release() of the round they came in.
 */
typedef struct etwi_live_chunk {
    const uint8_t *records; /* Aligned to 8; readable for ETWI_SLACK bytes behind their end. */
    uint32_t size;
    uint16_t stream;
    uint16_t processor;
    uint16_t buffer_flags; /* BUFFER_FLAG_…, of lost events and buffers. */
} etwi_live_chunk;

/* What one look at a session brought. */
typedef struct etwi_live_round {
    const etwi_live_chunk *chunks; /* By stream, then by time. */
    size_t count;
    uint64_t buffers; /* Of the session, that were read for it. */
    /* Raw time: what later rounds bring is not older. Writers that are stopped in the middle of an
     * event are passed by after 200 ms: that one event then comes late. */
    int64_t complete_until;
    uint64_t events_lost;  /* Of the session, since it was opened here. */
    uint64_t buffers_lost; /* Real-time buffers that this consumer did not get. */
} etwi_live_round;

/*
 * Takes what is there, waiting up to `timeout_ms` for something.
 *
 * ETW_OK; ETW_AGAIN if nothing came in time, or nothing but that all is complete up to a later
 * time, or etwi_live_wake() was called; ETW_END if the session was stopped and all was taken. `out`
 * is filled in with all three.
 */
etw_status etwi_live_take(etwi_live *live, uint32_t timeout_ms, etwi_live_round *out,
                          etw_error *error);

/* Waits until etwi_live_take() would bring something from one of them, or one was woken. At most 64
 * are looked at. */
void etwi_live_wait(etwi_live *const *lives, size_t count, uint32_t timeout_ms);

/* Gives the memory of a round back. */
void etwi_live_release(etwi_live *live);

/* Ends a wait, of this or the next etwi_live_take(). From any thread, and from signal handlers. */
void etwi_live_wake(etwi_live *live);

/* Makes the next etwi_live_take() hand out all there is, however patient the options are. As wake.
 */
void etwi_live_flush(etwi_live *live);

/* Raw time of the session's clock, now. */
int64_t etwi_live_now(const etwi_live *live);

#endif
