/*
 * Sessions as sources of a consumer: their records in streams, and streams merged by time.
 *
 * A session hands out rounds: chunks of records, and a time up to which no older ones will come.
 * Chunks are copied into blocks, which events point into until the last batch that holds them is
 * given back; so a round goes back at once, whatever becomes of its events. What is later than the
 * time up to which all sessions are complete stays in its stream and waits for the next rounds, but
 * not for ever: a writer that was halted in its tracks must not hold back all others. Events that
 * come later than that are delivered when they come, and counted.
 */
#ifndef ETWI_CONSUMER_LIVE_H
#define ETWI_CONSUMER_LIVE_H

#include "consumer/consumer_internal.h"
#include "consumer/live_source.h"
#include "etl/tournament.h"
#include "schema/builtin.h"

/* Records that follow one another in a block. */
typedef struct etwi_segment {
    struct etwi_segment *next;
    etwi_block *block;
    const uint8_t *at, *end;
    uint16_t processor;
    uint16_t event_flags;
} etwi_segment;

/* What one slot of a session wrote and is still to be delivered. */
typedef struct etwi_live_stream {
    etwi_segment *first, *last; /* NULL: nothing. */
    etwi_record_peek peek;      /* Of the next record. */
    int64_t time;               /* Raw, of the next record. */
    uint64_t unit;              /* The unit that pinned the first segment last, plus 1. */
    uint16_t context;           /* Of the segment in that unit. */
} etwi_live_stream;

/* The header of a session, which events point to. A session that was restarted with another clock
 * gets a new one, and the consumer keeps the old one. */
typedef struct etwi_live_head {
    struct etwi_live_head *older;
    etw_trace_info trace;
    etwi_tick_scale scale;
    uint32_t group; /* Sessions with the same clock are in one. */
} etwi_live_head;

/* What etw_trace_losses tells of a session. */
typedef struct etwi_live_losses {
    atomic_uint_fast64_t received;
    atomic_uint_fast64_t notices[3]; /* Events, buffers, files. */
    atomic_uint_fast64_t marked_events, marked_buffers;
    atomic_uint_fast64_t attached_events, attached_buffers;
    atomic_uint_fast64_t session_events, session_buffers;
} etwi_live_losses;

typedef struct etwi_live_source {
    struct etwi_live_feed *feed;
    const etwi_live_backend *backend;
    etw_live_options options;
    etw_str name;
    etwi_arena arena; /* The name, and all infos. */
    etwi_live_head *info;
    _Atomic(void *) live;           /* What the backend gave, or NULL. */
    atomic_uint_fast64_t finish_by; /* When it has to be at its end, in etwi_now_ms(); 0: never. */
    etw_live_state state;
    uint32_t number; /* In the feed. */
    uint16_t logger_id;
    uint64_t look_at; /* ETW_LIVE_WAITING: when to look for the session, in etwi_now_ms(). */
    int64_t horizon;  /* Key. Later rounds bring nothing older. */
    bool is_finishing;
    int64_t finish_key; /* Finishing: what is newer is not waited for. */
    etwi_live_stream *streams;
    size_t stream_count, stream_capacity;
    etwi_live_stream notices;                       /* RT_LostEvent events made here. */
    uint64_t round_events_lost, round_buffers_lost; /* As the last round said. */
    uint64_t taken;                                 /* Events of the unit at hand. */
    etw_trace_stats stats;
    etwi_live_losses losses;
} etwi_live_source;

/* A stream that takes part in the merge. */
typedef struct etwi_live_runner {
    etwi_live_source *source;
    etwi_live_stream *stream;
} etwi_live_runner;

typedef struct etwi_live_feed {
    etw_consumer *consumer;
    etw_allocator allocator;
    etwi_live_source **sources;
    size_t source_count, source_capacity;
    void **lives;       /* For waiting: as many as sources. */
    atomic_uint wakers; /* Calls that use `live` of the sources now. */
    atomic_bool is_interrupted;
    _Atomic uint32_t bell;      /* Changed by who wakes; slept on while no session is there. */
    atomic_uint_fast64_t bytes; /* Of events delivered. */

    etwi_mutex *merging; /* Guards all below, and the sources but for what is atomic. */
    etwi_harvest *harvest;
    uint64_t harvested;        /* Events that it was given. */
    uint32_t group_count;      /* Of clocks. */
    etwi_live_runner *runners; /* By number in the tournament. */
    etwi_tournament tournament;
    uint32_t runner_capacity;
    uint64_t pending;    /* Bytes of records that wait. */
    uint64_t hold_until; /* When they are held back no longer, in etwi_now_ms(); 0: not held. */
    bool is_let_go;      /* That time has come. */
    int64_t latest;      /* Key of the last event delivered. */
    uint64_t next_unit;
    etwi_feed *files;    /* Beside the sessions, or NULL. */
    etwi_block *current; /* What rounds are copied into. */
    size_t current_used;
    etwi_segment *free_segments;

    etwi_mutex *pooling; /* Guards the pool. Taken after `merging`. */
    etwi_block_pool pool;
} etwi_live_feed;

/* ---- live_consumer.c: what the consumer offers. ---- */

/* etw_consumer_add_session() with a backend at hand. */
etw_status etwi_consumer_add_live(etw_consumer *consumer, const char *name,
                                  const etw_live_options *options,
                                  const etwi_live_backend *backend);

/* ---- live_feed.c: all sessions of a consumer. ---- */

etw_status etwi_live_feed_create(etwi_live_feed **out, etw_consumer *consumer);
void etwi_live_feed_destroy(etwi_live_feed **feed);

/* No more sources will be added; `files` are those beside the sessions, or NULL. */
void etwi_live_feed_begin(etwi_live_feed *feed, etwi_feed *files);

/* As etwi_feed_…; ETW_AGAIN after `timeout_ms` or etwi_live_feed_interrupt(), ETW_STOPPED after
 * etw_consumer_stop(). */
etw_status etwi_live_feed_claim(etwi_live_feed *feed, etwi_unit *unit, uint32_t timeout_ms);
etw_status etwi_live_feed_batch(etwi_unit *unit, etw_batch *out);
void etwi_live_feed_release(etwi_live_feed *feed, etwi_unit *unit);

/* Ends a wait, for a reason that the one who waits has to look up. Also in signal handlers. */
void etwi_live_feed_wake(etwi_live_feed *feed);

/* Lets a wait, this or the next one, end with ETW_AGAIN. */
void etwi_live_feed_interrupt(etwi_live_feed *feed);

/* ---- live_attach.c: one session, from its name to its end. ---- */

/* Adds a source and attaches to its session. */
etw_status etwi_live_source_add(etwi_live_feed *feed, const char *name,
                                const etw_live_options *options, const etwi_live_backend *backend,
                                etw_error *error);
void etwi_live_source_destroy(etwi_live_source *source);

/* Looks for the session of a source that waits for one. */
etw_status etwi_live_source_look(etwi_live_source *source, etw_error *error);

/* Asks the session about itself, and notes its losses. From any thread. False if it is gone. */
bool etwi_live_source_query(etwi_live_source *source, etw_session_info *out);

/* Lets go of the session, which then is waited for, or was the last one. */
void etwi_live_source_detach(etwi_live_source *source, etw_live_state state);

/* Measures all sessions whose clocks count the same ticks by one of them, or as the files do. */
void etwi_live_share_clocks(etwi_live_feed *feed);

int64_t etwi_live_key(const etwi_live_source *source, int64_t raw);

/* ---- live_take.c: rounds into streams. ---- */

/* Takes a round. True in `*is_news` if records came, or what waits may be due, or a session ended.
 */
etw_status etwi_live_poll(etwi_live_source *source, bool *is_news, etw_error *error);

/* Goes on behind the next record, which was looked at. False if the stream has no more. */
bool etwi_live_stream_advance(etwi_live_source *source, etwi_live_stream *stream);

/* Drops all records. */
void etwi_live_stream_clear(etwi_live_source *source, etwi_live_stream *stream);

/* One who needed a block does not any more. */
void etwi_live_block_drop(etwi_live_feed *feed, etwi_block *block);

/* ---- live_merge.c: streams into units. ---- */

/* Makes all streams that have records take part. */
etw_status etwi_live_merge_enter(etwi_live_feed *feed);

void etwi_live_merge_free(etwi_live_feed *feed);

/* The earliest key of what waits; INT64_MAX if nothing does. */
int64_t etwi_live_merge_next(const etwi_live_feed *feed);

/* Moves records whose keys are not beyond the limit to the unit. */
void etwi_live_merge(etwi_live_feed *feed, etwi_unit *unit, int64_t limit);

/* The RT_LostEvent class. */
extern const etw_guid etwi_lost_event_class;

enum {
    ETWI_LOST_EVENT = 32, /* Its event types: of events, … */
    ETWI_LOST_BUFFER,     /* … of buffers, … */
    ETWI_LOST_FILE,       /* … of files. */
};

#endif
