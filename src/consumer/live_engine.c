/* Sessions of the portable engine as sources, and which systems there are. */
#include "base/error.h"
#include "base/memory.h"
#include "consumer/live_source.h"
#include "session/backend.h"

#include <string.h>

static etw_status engine_open(void **out, const char *name, const etwi_live_options *options,
                              etw_error *error)
{
    etwi_live *live;
    ETWI_TRY(etwi_live_open(&live, name, options, error));
    *out = live;
    return ETW_OK;
}

static void engine_close(void *live)
{
    etwi_live *closing = live;
    etwi_live_close(&closing);
}

static const etw_trace_info *engine_info(const void *live)
{
    return etwi_live_info(live);
}

static etw_status engine_take(void *live, etwi_live_round *out, etw_error *error)
{
    return etwi_live_take(live, 0, out, error);
}

static void engine_release(void *live)
{
    etwi_live_release(live);
}

static void engine_wake(void *live)
{
    etwi_live_wake(live);
}

/* The pointers of the array have one representation, but are of another type. */
static void engine_wait(void *const *lives, size_t count, uint32_t timeout_ms)
{
    etwi_live *ours[ETW_SESSIONS_MAX];
    if (count > ETW_SESSIONS_MAX)
        count = ETW_SESSIONS_MAX;
    memcpy(ours, lives, count * sizeof *ours);
    etwi_live_wait(ours, count, timeout_ms);
}

static void engine_flush(void *live)
{
    etwi_live_flush(live);
}

static int64_t engine_now(const void *live)
{
    return etwi_live_now(live);
}

static etw_status engine_query(const char *name, etw_session_info *out, etw_error *error)
{
    etwi_engine_session *session;
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    ETWI_TRY(etwi_engine_attach(&session, name, &allocator, error));
    const etw_status status = etwi_engine_query(session, out, error);
    etwi_engine_close(&session);
    return status;
}

const etwi_live_backend etwi_live_engine = {
    engine_open, engine_close, engine_info,  engine_take, engine_release,
    engine_wake, engine_wait,  engine_flush, engine_now,  engine_query,
};

const etwi_live_backend *etwi_live_backend_of(etw_backend backend)
{
    const etwi_live_backend *const system = etwi_live_system();
    const etwi_session_backend *sessions;
    if (backend == ETW_BACKEND_WINDOWS)
        return system;
    // The same that a session is started with.
    const bool is_known = etwi_session_backend_find(&sessions, backend, NULL) == ETW_OK;
    return is_known && sessions->id == ETW_BACKEND_WINDOWS ? system : &etwi_live_engine;
}
