/*
 * Sessions of Windows as sources of a consumer.
 *
 * ProcessTrace() runs in a thread for each session, for it returns only when the session has
 * stopped or was let go. What it calls back with is appended to a gather, whose taker is the
 * consumer. Closing takes as long as ProcessTrace() takes to be done with the events that it has
 * read already; they are passed over.
 *
 * Nobody has run this on Windows yet; tests run it on a table of functions of their own.
 */
#include "base/error.h"
#include "base/memory.h"
#include "consumer/live_source.h"
#include "consumer/win/event_record.h"
#include "consumer/win/gather.h"
#include "consumer/win/live_header.h"
#include "consumer/win/live_session.h"
#include "os/os.h"
#include "os/private.h"
#include "session/win/api.h"
#include "session/win/codes.h"
#include "session/win/failure.h"
#include "session/win/wide.h"

#include <string.h>

enum {
    SPARE_BLOCKS = 32, /* 4 MiB. */

    /* The header of a session that was restarted this moment may be empty. */
    HEADER_TRIES = 10,
    HEADER_PAUSE_MS = 20,

    /* Windows flushes buffers of a consumer that are not full after a second, if the session does
     * not say otherwise; and events need time to get here. */
    FLUSH_TIMER_MS = 1000,
    DELIVERY_MS = 500,

    /* ProcessTrace() calls back after each buffer. Should it sort events of several buffers into
     * one another and wait amid them, then a look is due all the same. */
    LOOK_MS = 100,
};

typedef struct live_session {
    etw_allocator allocator;
    const etwi_api *api;
    etwi_gather *gather;
    etwi_thread *thread;
    uint64_t trace;           /* A handle. */
    etwi_abi_logfile logfile; /* Has to be there until ProcessTrace() has returned. */
    etw_trace_info info;
    uint32_t lag_ms;        /* How late events may come. */
    int64_t complete_until; /* The latest that was told. */
    int64_t flushed_at;     /* Raw. */
    uint64_t flush_until;   /* When events of the flush are waited for no longer; 0: none are. */
    atomic_bool is_closing;
    atomic_bool is_woken;
    atomic_uint_fast64_t buffers; /* That ProcessTrace() was done with. */
    uint64_t buffers_told;
    _Atomic uint32_t result; /* Of ProcessTrace(). */
    size_t name_size;        /* Of the next two, in bytes. */
    char *name;
    etwi_abi_char *wide_name;
} live_session;

/* Changes when any session has news; slept on by the consumers of all. */
static _Atomic uint32_t bell;

static void ring(void)
{
    atomic_fetch_add(&bell, 1);
    etwi_word_wake(&bell, false);
}

/* -------------------------------------------------------------------------- called back */

static void ETWI_ABI_CALL take_event(etwi_abi_record *event)
{
    live_session *live = event->user_context;
    if (!live || atomic_load_explicit(&live->is_closing, memory_order_relaxed))
        return;
    const uint32_t size = etwi_event_record_size(event);
    if (!size) {
        etwi_gather_lose(live->gather);
        return;
    }
    etwi_gather_lane *lane;
    uint8_t *room =
        etwi_gather_reserve(live->gather, etwi_event_record_processor(event), size, &lane);
    if (!room)
        return;
    etwi_event_record_write(room, event, size);
    etwi_gather_commit(live->gather, lane, size, event->event_header.time_stamp);
}

/* Its counter of lost events is not used by any version of Windows; RT_LostEvent events tell. */
static uint32_t ETWI_ABI_CALL take_buffer(etwi_abi_logfile *logfile)
{
    live_session *live = logfile->context;
    if (!live)
        return false;
    atomic_fetch_add_explicit(&live->buffers, 1, memory_order_relaxed);
    ring();
    return !atomic_load_explicit(&live->is_closing, memory_order_relaxed);
}

static void process(void *argument)
{
    live_session *live = argument;
    uint64_t trace = live->trace;
    atomic_store(&live->result, live->api->ProcessTrace(&trace, 1, NULL, NULL));
    etwi_gather_end(live->gather);
    ring();
}

/* ------------------------------------------------------------------------------ opening */

static etw_status fail(etw_error *error, uint32_t code, const char *name)
{
    return etwi_win_fail_code(error, ETWI_WIN_CONTROLLING, code, "session '%.100s'", name);
}

static etw_status open_trace(live_session *live, etw_error *error)
{
    live->logfile = (etwi_abi_logfile){
        .logger_name = live->wide_name,
        .process_trace_mode = ETWI_ABI_PROCESS_REAL_TIME | ETWI_ABI_PROCESS_EVENT_RECORD |
                              ETWI_ABI_PROCESS_RAW_TIMESTAMP,
        .buffer_callback = take_buffer,
        .event_record_callback = take_event,
        .context = live,
    };
    live->trace = live->api->OpenTraceW(&live->logfile);
    // Programs of 32 bits may be given 32 bits of the invalid handle.
    if (live->trace != ETWI_ABI_NO_HANDLE && live->trace != UINT32_MAX)
        return ETW_OK;
    live->trace = ETWI_ABI_NO_HANDLE;
    return fail(error, live->api->GetLastError(), live->name);
}

/* That ProcessTrace() is still busy (ERROR_CTX_CLOSE_PENDING) is as good as success, and there is
 * no way out of any other answer. */
static void close_trace(const live_session *live)
{
    if (live->trace != ETWI_ABI_NO_HANDLE)
        live->api->CloseTrace(live->trace);
}

/* Opens until there is a header. */
static etw_status open_with_header(live_session *live, etw_error *error)
{
    for (int i = 0; i < HEADER_TRIES; i++) {
        if (i)
            etwi_sleep_ms(HEADER_PAUSE_MS);
        ETWI_TRY(open_trace(live, error));
        if (!etwi_live_header_is_empty(&live->logfile.logfile_header))
            return ETW_OK;
        close_trace(live);
        live->trace = ETWI_ABI_NO_HANDLE;
    }
    return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                     "the session \"%.100s\" is being started; try again", live->name);
}

/* Whoever may consume may not be allowed to query. */
static etw_status look_at_session(live_session *live, etw_error *error)
{
    etw_session_info session = {.size = sizeof session};
    const etw_status status = etwi_live_session_query(live->name, &session, error);
    live->lag_ms = FLUSH_TIMER_MS + DELIVERY_MS;
    if (status == ETW_E_NOT_FOUND)
        return status;
    if (status != ETW_OK)
        return ETW_OK;
    if (!(session.mode & ETW_MODE_REAL_TIME))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the session has no real-time mode; start it with one");
    if (session.flush_timer_ms)
        live->lag_ms = session.flush_timer_ms + DELIVERY_MS;
    return ETW_OK;
}

static etw_status copy_name(live_session *live, const char *name, etw_error *error)
{
    const etw_str text = {name, strlen(name)};
    live->name_size = text.size + 1;
    live->name = etwi_alloc(&live->allocator, live->name_size);
    live->wide_name = etwi_alloc(&live->allocator, live->name_size * sizeof *live->wide_name);
    if (!live->name || !live->wide_name)
        return etwi_fail_nomem(error);
    memcpy(live->name, name, live->name_size);
    if (etwi_wide(live->wide_name, live->name_size, text))
        return ETW_OK;
    return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "the name of the session is no UTF-8");
}

static etw_status begin(live_session *live, const char *name, etw_error *error)
{
    if (!live->api->OpenTraceW || !live->api->ProcessTrace || !live->api->CloseTrace)
        return etwi_api_missing("OpenTraceW", error);
    ETWI_TRY(copy_name(live, name, error));
    ETWI_TRY(look_at_session(live, error));
    live->gather = etwi_gather_create(&live->allocator, SPARE_BLOCKS);
    if (!live->gather)
        return etwi_fail_nomem(error);
    ETWI_TRY(open_with_header(live, error));
    etwi_live_header_info(&live->info, &live->logfile.logfile_header);
    live->info.path = (etw_str){"", 0};
    live->info.session_name = (etw_str){live->name, live->name_size - 1};
    live->thread = etwi_thread_start(process, live);
    return live->thread
               ? ETW_OK
               : etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "the system has no more threads");
}

static void windows_close(void *closing)
{
    live_session *live = closing;
    const etw_allocator allocator = live->allocator;
    atomic_store(&live->is_closing, true);
    if (live->gather)
        etwi_gather_close(live->gather);
    close_trace(live);
    if (live->thread)
        etwi_thread_join(live->thread);
    etwi_gather_destroy(live->gather);
    etwi_free(&allocator, live->wide_name, live->name_size * sizeof *live->wide_name);
    etwi_free(&allocator, live->name, live->name_size);
    etwi_free(&allocator, live, sizeof *live);
}

static etw_status windows_open(void **out, const char *name, const etwi_live_options *options,
                               etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(&options->allocator);
    live_session *live = etwi_alloc_zeroed(&allocator, sizeof *live);
    if (!live)
        return etwi_fail_nomem(error);
    live->allocator = allocator;
    live->api = etwi_api_get();
    live->trace = ETWI_ABI_NO_HANDLE;
    live->complete_until = INT64_MIN;
    const etw_status status = begin(live, name, error);
    if (status == ETW_OK)
        *out = live;
    else
        windows_close(live);
    return status;
}

static const etw_trace_info *windows_info(const void *live)
{
    return &((const live_session *)live)->info;
}

/* ------------------------------------------------------------------------------- taking */

static int64_t windows_now(const void *live)
{
    return etwi_live_header_now(&((const live_session *)live)->info.clock);
}

/* Whether events of a flush are still to come: Windows hands them over in its own time. */
static bool awaits_flush(live_session *live)
{
    if (!live->flush_until)
        return false;
    if (live->complete_until >= live->flushed_at || etwi_now_ms() >= live->flush_until)
        live->flush_until = 0;
    return live->flush_until != 0;
}

/* What no event tells: that nothing came up to some time before now. */
static int64_t silent_until(const live_session *live)
{
    const uint64_t lag = live->info.clock.frequency / 1000 * live->lag_ms;
    const int64_t now = windows_now(live);
    return (uint64_t)now > lag ? now - (int64_t)lag : INT64_MIN;
}

/* The end of a session is its end; all other reasons are failures. */
static etw_status end_of(live_session *live, etwi_live_round *out, etw_error *error)
{
    const uint32_t result = atomic_load(&live->result);
    out->complete_until = INT64_MAX;
    if (result == ETWI_WIN_OK || result == ETWI_WIN_CANCELLED ||
        result == ETWI_WIN_WMI_INSTANCE_NOT_FOUND)
        return ETW_END;
    return fail(error, result, live->name);
}

static etw_status windows_take(void *taking, etwi_live_round *out, etw_error *error)
{
    live_session *live = taking;
    const int64_t silent = silent_until(live);
    atomic_store(&live->is_woken, false);
    const etw_status status = etwi_gather_take(live->gather, out);
    const uint64_t buffers = atomic_load_explicit(&live->buffers, memory_order_relaxed);
    out->buffers = buffers - live->buffers_told;
    live->buffers_told = buffers;
    if (out->complete_until > live->complete_until)
        live->complete_until = out->complete_until;
    if (silent > live->complete_until)
        live->complete_until = silent;
    out->complete_until = live->complete_until;
    switch (status) {
    case ETW_END:
        return end_of(live, out, error);
    case ETW_AGAIN:
        return awaits_flush(live) ? ETW_OK : ETW_AGAIN;
    case ETW_E_NOMEM:
        return etwi_fail_nomem(error);
    default:
        return status;
    }
}

static void windows_release(void *live)
{
    etwi_gather_release(((live_session *)live)->gather);
}

static void windows_wake(void *live)
{
    atomic_store(&((live_session *)live)->is_woken, true);
    ring();
}

static bool is_ready(void *const *lives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        live_session *live = lives[i];
        if (atomic_load(&live->is_woken) || etwi_gather_has_news(live->gather))
            return true;
    }
    return false;
}

static void windows_wait(void *const *lives, size_t count, uint32_t timeout_ms)
{
    const uint32_t seen = atomic_load(&bell);
    if (count && !is_ready(lives, count))
        etwi_word_wait(&bell, seen, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS, false);
}

static void windows_flush(void *flushing)
{
    live_session *live = flushing;
    live->flushed_at = windows_now(live);
    live->flush_until = etwi_now_ms() + DELIVERY_MS;
    etwi_live_session_flush(live->name);
    windows_wake(live);
}

static const etwi_live_backend windows = {
    windows_open, windows_close, windows_info,  windows_take, windows_release,
    windows_wake, windows_wait,  windows_flush, windows_now,  etwi_live_session_query,
};

const etwi_live_backend *etwi_live_system(void)
{
    return &windows;
}
