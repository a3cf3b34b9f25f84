/*
 * OpenTraceW(), ProcessTrace() and CloseTrace() as a test scripts them: what they are given is
 * checked, and events come when the test says so.
 */
#ifndef LIVE_FAKE_WIN_H
#define LIVE_FAKE_WIN_H

#include "os/os.h"
#include "session/win/api.h"

#include <etw/session.h>

enum {
    TRACE = 0x1234,

    CODE_ACCESS_DENIED = 5,
    CODE_INVALID_PARAMETER = 87,
    CODE_CANCELLED = 1223,
    CODE_INSTANCE_NOT_FOUND = 4201,
    CODE_CTX_CLOSE_PENDING = 7007,
};

/* The scripted Windows. Under its mutex. */
typedef struct fake_windows {
    etwi_mutex *mutex;
    etwi_condition *changed;
    uint32_t open_error; /* OpenTraceW() fails with it. */
    int empty_headers;   /* So many come first. */
    int64_t frequency;
    uint32_t clock;
    unsigned opened, closed, processed;
    etwi_abi_logfile opened_with;
    char name[64]; /* Of the session. */
    uint64_t closed_trace;
    bool is_closed;                /* Since it was opened. */
    bool is_stopped;               /* By somebody else. */
    uint32_t result;               /* Of ProcessTrace(). */
    const etwi_abi_record *events; /* To be called back with, once. */
    size_t event_count;
    size_t delivered;
    unsigned buffers; /* To be called back with behind them. */
    unsigned refused; /* Buffers after which the callback wanted no more. */
    /* The session, as it is queried. */
    etw_status query_status;
    etw_session_info session;
    unsigned flushes;
    bool was_asked_wrongly; /* ProcessTrace(), or the flush. */
    void (*on_flush)(void);
} fake_windows;

extern fake_windows windows;
extern etwi_api fake_windows_table;

/* Around looks at what other threads change, and changes of it. */
void fake_windows_enter(void);
void fake_windows_leave(void);

/* As new: a session that runs, in real time. */
void fake_windows_reset(void);
void fake_windows_free(void);

/* An event without payload, now. */
etwi_abi_record fake_windows_event(uint16_t id, uint16_t processor);

/* Lets ProcessTrace() call back with these events, which have to stay there, and then with so many
 * buffers. */
void fake_windows_call_back(const etwi_abi_record *events, size_t count, unsigned buffers);

#endif
