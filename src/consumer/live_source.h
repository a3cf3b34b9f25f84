/*
 * What a live session is to the consumer, whatever system it belongs to: a table of functions.
 *
 * The portable engine is one such system. One that pushes events at a callback, as ProcessTrace
 * does with EVENT_RECORDs, fits too: its thread appends each event to memory of the source, as the
 * record of an EVENT_HEADER that a file would hold (header, chain of extended data, payload; of
 * classic events and of WPP messages too, since their EVENT_HEADER says what they are), one chunk
 * for each processor; take() hands out what was gathered and gives the thread other memory to go on
 * with.
 */
#ifndef ETWI_CONSUMER_LIVE_SOURCE_H
#define ETWI_CONSUMER_LIVE_SOURCE_H

#include "engine/engine.h"

/* All functions as etwi_live_… in engine/engine.h; `live` is what open() gave. */
typedef struct etwi_live_backend {
    etw_status (*open)(void **out, const char *name, const etwi_live_options *options,
                       etw_error *error);
    void (*close)(void *live);
    const etw_trace_info *(*info)(const void *live);
    /* Does not wait. Also with ETW_AGAIN, `out` tells how far events are complete, and of losses.
     */
    etw_status (*take)(void *live, etwi_live_round *out, etw_error *error);
    void (*release)(void *live);
    void (*wake)(void *live);
    /* Waits until take() would bring something from any of them, or one was woken. */
    void (*wait)(void *const *lives, size_t count, uint32_t timeout_ms);
    /* Hands on what providers have written so far, however patient the options are. */
    void (*flush)(void *live);
    /* The clock of the session now, raw. */
    int64_t (*now)(const void *live);
    /* As etw_session_query(). */
    etw_status (*query)(const char *name, etw_session_info *out, etw_error *error);
} etwi_live_backend;

extern const etwi_live_backend etwi_live_engine;

/* What the operating system has of its own; NULL if it has no sessions. */
const etwi_live_backend *etwi_live_system(void);

/* The table of a system; NULL if this library has none for it. */
const etwi_live_backend *etwi_live_backend_of(etw_backend backend);

#endif
