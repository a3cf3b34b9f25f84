#include "live_fake_win.h"

#include "base/error.h"
#include "consumer/win/live_session.h"

#include <string.h>

static const etw_guid PROVIDER = {0xfa5e, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

fake_windows windows;

void fake_windows_enter(void)
{
    etwi_mutex_lock(windows.mutex);
}

void fake_windows_leave(void)
{
    etwi_condition_broadcast(windows.changed);
    etwi_mutex_unlock(windows.mutex);
}

/* ---- The table. ---- */

static uint64_t ETWI_ABI_CALL open_trace(etwi_abi_logfile *logfile)
{
    uint64_t trace = ETWI_ABI_NO_HANDLE;
    fake_windows_enter();
    windows.opened++;
    windows.opened_with = *logfile;
    for (size_t i = 0; i < sizeof windows.name; i++) {
        windows.name[i] = (char)logfile->logger_name[i];
        if (!windows.name[i])
            break;
    }
    if (!windows.open_error) {
        trace = TRACE;
        windows.is_closed = false;
        logfile->logfile_header = (etwi_abi_logfile_header){
            .buffer_size = 65536,
            .version = 0x0501000A,
            .provider_version = 19041,
            .number_of_processors = 8,
            .timer_resolution = 156250,
            .pointer_size = 8,
            .perf_freq = windows.frequency,
            .boot_time = 134000000000000000,
            .reserved_flags = windows.clock,
        };
        if (windows.empty_headers) {
            windows.empty_headers--;
            memset(&logfile->logfile_header, 0, sizeof logfile->logfile_header);
        }
    }
    fake_windows_leave();
    return trace;
}

static uint32_t ETWI_ABI_CALL last_error(void)
{
    return windows.open_error;
}

/* Calls back without the lock. */
static void deliver(const etwi_abi_record *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        etwi_abi_record event = events[i];
        event.user_context = windows.opened_with.context;
        windows.opened_with.event_record_callback(&event);
        fake_windows_enter();
        windows.delivered++;
        fake_windows_leave();
    }
}

static bool call_back_buffer(void)
{
    etwi_abi_logfile logfile = {.context = windows.opened_with.context, .buffers_read = 1};
    const bool goes_on = windows.opened_with.buffer_callback(&logfile);
    fake_windows_enter();
    windows.refused += !goes_on;
    fake_windows_leave();
    return goes_on;
}

static uint32_t ETWI_ABI_CALL process_trace(uint64_t *traces, uint32_t count, const void *start,
                                            const void *end)
{
    fake_windows_enter();
    windows.was_asked_wrongly |= count != 1 || traces[0] != TRACE || start || end;
    windows.processed++;
    for (;;) {
        const etwi_abi_record *events = windows.events;
        const size_t event_count = windows.event_count;
        const unsigned buffers = windows.buffers;
        if (events || buffers) {
            windows.events = NULL;
            windows.buffers = 0;
            fake_windows_leave();
            if (events)
                deliver(events, event_count);
            bool goes_on = true;
            for (unsigned i = 0; i < buffers; i++)
                goes_on = call_back_buffer() && goes_on;
            if (!goes_on)
                return CODE_CANCELLED;
            fake_windows_enter();
            continue;
        }
        if (windows.is_closed || windows.is_stopped)
            break;
        etwi_condition_wait(windows.changed, windows.mutex);
    }
    const uint32_t result = windows.result;
    fake_windows_leave();
    return result;
}

static uint32_t ETWI_ABI_CALL close_trace(uint64_t trace)
{
    fake_windows_enter();
    windows.closed++;
    windows.closed_trace = trace;
    windows.is_closed = true;
    fake_windows_leave();
    return CODE_CTX_CLOSE_PENDING;
}

etwi_api fake_windows_table = {
    .OpenTraceW = open_trace,
    .ProcessTrace = process_trace,
    .CloseTrace = close_trace,
    .GetLastError = last_error,
};

/* These take the place of the library's. */

void etwi_api_load(etwi_api *unused)
{
    (void)unused;
}

etw_status etwi_live_session_query(const char *name, etw_session_info *out, etw_error *error)
{
    if (windows.query_status != ETW_OK)
        return etwi_fail(error, windows.query_status, ETW_NO_OFFSET, "no session '%s'", name);
    *out = windows.session;
    return ETW_OK;
}

void etwi_live_session_flush(const char *name)
{
    fake_windows_enter();
    windows.was_asked_wrongly |= strcmp(name, "s\xC3\xBC\xC3\x9F") != 0;
    windows.flushes++;
    fake_windows_leave();
    if (windows.on_flush)
        windows.on_flush();
}

/* ---- What tests do. ---- */

void fake_windows_reset(void)
{
    etwi_mutex *mutex = windows.mutex ? windows.mutex : etwi_mutex_create();
    etwi_condition *changed = windows.changed ? windows.changed : etwi_condition_create();
    windows = (fake_windows){.mutex = mutex, .changed = changed, .frequency = 10000000};
    windows.session = (etw_session_info){.size = sizeof windows.session,
                                         .logger_id = 7,
                                         .mode = ETW_MODE_REAL_TIME,
                                         .flush_timer_ms = 1000};
    windows.clock = ETW_CLOCK_QPC;
    etwi_api_use(&fake_windows_table);
}

void fake_windows_free(void)
{
    etwi_mutex_destroy(windows.mutex);
    etwi_condition_destroy(windows.changed);
}

etwi_abi_record fake_windows_event(uint16_t id, uint16_t processor)
{
    etwi_abi_record event;
    memset(&event, 0, sizeof event);
    event.event_header.flags = ETW_EVENT_64_BIT | ETW_EVENT_PROCESSOR_INDEX;
    event.event_header.time_stamp = etwi_clock_monotonic();
    event.event_header.provider_id = PROVIDER;
    event.event_header.event_descriptor.id = id;
    event.buffer_context.processor_index = processor;
    return event;
}

void fake_windows_call_back(const etwi_abi_record *events, size_t count, unsigned buffers)
{
    fake_windows_enter();
    windows.events = events;
    windows.event_count = count;
    windows.buffers = buffers;
    fake_windows_leave();
}
