#include "live_fake.h"

#include "base/error.h"
#include "etl/layout.h"
#include "os/os.h"

#include <stdlib.h>
#include <string.h>

fake_session fake_sessions[FAKE_SESSIONS];
const etw_guid fake_provider = {0xfa5e, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static etwi_mutex *mutex;
static etwi_condition *changed;

void fake_reset(void)
{
    static const char *const NAMES[FAKE_SESSIONS] = {"a", "b"};
    if (!mutex) {
        mutex = etwi_mutex_create();
        changed = etwi_condition_create();
    }
    for (int i = 0; i < FAKE_SESSIONS; i++) {
        fake_session *session = &fake_sessions[i];
        uint8_t *bytes = session->bytes ? session->bytes : malloc(FAKE_BYTES_MAX);
        memset(session, 0, sizeof *session);
        session->bytes = bytes;
        session->name = NAMES[i];
        session->clock = (etw_clock){ETW_CLOCK_QPC, 10000000, 1000, 134000000000000000};
        session->complete_until = INT64_MIN;
    }
}

void fake_free(void)
{
    for (int i = 0; i < FAKE_SESSIONS; i++) {
        free(fake_sessions[i].bytes);
        fake_sessions[i].bytes = NULL;
    }
    etwi_mutex_destroy(mutex);
    etwi_condition_destroy(changed);
    mutex = NULL;
}

/* ---- What tests do. ---- */

static void change_begin(void)
{
    etwi_mutex_lock(mutex);
}

static void change_end(void)
{
    etwi_condition_broadcast(changed);
    etwi_mutex_unlock(mutex);
}

void fake_start(unsigned session)
{
    static const char *const NAMES[FAKE_SESSIONS] = {"a", "b"};
    change_begin();
    fake_sessions[session].name = NAMES[session];
    fake_sessions[session].is_stopped = false;
    fake_sessions[session].events_lost = fake_sessions[session].buffers_lost = 0;
    change_end();
}

void fake_stop(unsigned session)
{
    change_begin();
    fake_sessions[session].is_stopped = true;
    fake_sessions[session].name = NULL;
    change_end();
}

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void fake_add_bytes(unsigned number, const etwi_live_chunk *chunk)
{
    fake_session *session = &fake_sessions[number];
    change_begin();
    while (session->is_taken)
        etwi_condition_wait(changed, mutex);
    uint8_t *room = session->bytes + session->size;
    memcpy(room, chunk->records, chunk->size);
    session->chunks[session->chunk_count] = *chunk;
    session->chunks[session->chunk_count++].records = room;
    session->size += (chunk->size + 7) & ~7u;
    change_end();
}

void fake_add(unsigned session, uint16_t stream, int64_t time, uint32_t value)
{
    uint8_t record[EVENT_HEADER_SIZE + 4] = {0};
    put(record, sizeof record, 2);
    record[RECORD_TYPE] = HEADER_TYPE_EVENT64;
    record[RECORD_FLAGS] = RECORD_FLAG_EVENT | RECORD_FLAG_TYPED;
    put(record + EVENT_FLAGS, ETW_EVENT_64_BIT, 2);
    put(record + EVENT_THREAD_ID, 20u + stream, 4);
    put(record + EVENT_PROCESS_ID, 10, 4);
    put(record + EVENT_TIME, (uint64_t)time, 8);
    memcpy(record + EVENT_PROVIDER, &fake_provider, sizeof fake_provider);
    put(record + EVENT_ID, value & 0xFFF, 2);
    put(record + EVENT_HEADER_SIZE, value, 4);
    fake_add_bytes(session, &(etwi_live_chunk){.records = record,
                                               .size = sizeof record,
                                               .stream = stream,
                                               .processor = stream,
                                               .buffer_flags = BUFFER_FLAG_PROCESSOR_INDEX});
}

size_t fake_waiting(unsigned session)
{
    change_begin();
    const size_t count = fake_sessions[session].chunk_count;
    change_end();
    return count;
}

void fake_complete(unsigned session, int64_t until)
{
    change_begin();
    fake_sessions[session].complete_until = until;
    change_end();
}

void fake_lose(unsigned session, uint64_t events, uint64_t buffers)
{
    change_begin();
    fake_sessions[session].events_lost += events;
    fake_sessions[session].buffers_lost += buffers;
    change_end();
}

/* ---- The table. ---- */

static etw_status fake_open(void **out, const char *name, const etwi_live_options *options,
                            etw_error *error)
{
    (void)options;
    etw_status status = ETW_E_NOT_FOUND;
    change_begin();
    for (int i = 0; i < FAKE_SESSIONS; i++)
        if (fake_sessions[i].name && strcmp(fake_sessions[i].name, name) == 0) {
            *out = &fake_sessions[i];
            fake_sessions[i].opened++;
            status = ETW_OK;
        }
    change_end();
    return status == ETW_OK ? ETW_OK
                            : etwi_fail(error, status, ETW_NO_OFFSET, "no session '%s'", name);
}

static void fake_close(void *live)
{
    fake_session *session = live;
    change_begin();
    session->is_taken = false;
    change_end();
}

static const etw_trace_info *fake_info(const void *live)
{
    static etw_trace_info info[FAKE_SESSIONS];
    const fake_session *session = live;
    etw_trace_info *out = &info[session - fake_sessions];
    *out = (etw_trace_info){.session_name = {"fake", 4}, .clock = session->clock};
    out->pointer_size = 8;
    return out;
}

static etw_status fake_take(void *live, etwi_live_round *out, etw_error *error)
{
    (void)error;
    fake_session *session = live;
    etw_status status = ETW_AGAIN;
    change_begin();
    *out = (etwi_live_round){.complete_until = session->complete_until,
                             .events_lost = session->events_lost,
                             .buffers_lost = session->buffers_lost};
    if (session->chunk_count && !session->withholds) {
        out->chunks = session->chunks;
        out->count = session->chunk_count;
        out->buffers = session->chunk_count;
        session->is_taken = true;
        status = ETW_OK;
    } else if (session->is_stopped) {
        status = ETW_END;
    }
    change_end();
    return status;
}

static void fake_release(void *live)
{
    fake_session *session = live;
    change_begin();
    memset(session->bytes, 0xEE, session->size);
    session->chunk_count = session->size = 0;
    session->is_taken = false;
    change_end();
}

/* As a signal handler may do it. */
static void fake_wake(void *live)
{
    fake_session *session = live;
    atomic_store(&session->is_woken, true);
}

static bool has_news(const fake_session *session)
{
    return (session->chunk_count && !session->withholds) || session->is_stopped;
}

static void fake_wait(void *const *lives, size_t count, uint32_t timeout_ms)
{
    const uint64_t deadline = etwi_now_ms() + timeout_ms;
    bool is_over = false;
    atomic_fetch_add(&((fake_session *)lives[0])->waits, 1);
    change_begin();
    while (!is_over && (timeout_ms == UINT32_MAX || etwi_now_ms() < deadline)) {
        for (size_t i = 0; i < count; i++) {
            fake_session *session = lives[i];
            is_over |= has_news(session) || atomic_exchange(&session->is_woken, false);
        }
        if (!is_over)
            etwi_condition_wait_until(changed, mutex, etwi_now_ms() + 1);
    }
    change_end();
}

static void fake_flush(void *live)
{
    fake_session *session = live;
    change_begin();
    session->withholds = false;
    session->flushes++;
    change_end();
}

static int64_t fake_now(const void *live)
{
    (void)live;
    return INT64_MAX;
}

static etw_status fake_query(const char *name, etw_session_info *out, etw_error *error)
{
    (void)error;
    etw_status status = ETW_E_NOT_FOUND;
    change_begin();
    for (int i = 0; i < FAKE_SESSIONS; i++)
        if (fake_sessions[i].name && strcmp(fake_sessions[i].name, name) == 0) {
            out->logger_id = (uint32_t)i + 3;
            out->events_lost = fake_sessions[i].events_lost;
            out->real_time_buffers_lost = fake_sessions[i].buffers_lost;
            status = ETW_OK;
        }
    change_end();
    return status;
}

const etwi_live_backend fake_backend = {fake_open, fake_close, fake_info,  fake_take, fake_release,
                                        fake_wake, fake_wait,  fake_flush, fake_now,  fake_query};
