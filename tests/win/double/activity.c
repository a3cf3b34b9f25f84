/* EventActivityIdControl(). */
#include "provider.h"

enum {
    CODE_GET = 1,
    CODE_SET = 2,
    CODE_CREATE = 3,
    CODE_GET_SET = 4,
    CODE_CREATE_SET = 5
};

static _Thread_local etw_guid current;

etw_guid *double_activity(void)
{
    return &current;
}

/* Unique on this machine, as documented, but not random. */
static etw_guid create(void)
{
    static LONG volatile count;
    etw_guid made;
    FILETIME now;
    LARGE_INTEGER ticks;
    GetSystemTimeAsFileTime(&now);
    QueryPerformanceCounter(&ticks);
    made.data1 = (uint32_t)InterlockedIncrement(&count);
    made.data2 = (uint16_t)GetCurrentProcessId();
    made.data3 = (uint16_t)now.dwHighDateTime;
    memcpy(made.data4, &ticks.QuadPart, sizeof made.data4);
    return made;
}

static uint32_t control(uint32_t code, etw_guid *activity)
{
    const etw_guid before = current;
    if (!activity || code < CODE_GET || code > CODE_CREATE_SET)
        return ERROR_INVALID_PARAMETER;
    switch (code) {
    case CODE_GET:
        *activity = current;
        break;
    case CODE_SET:
        current = *activity;
        break;
    case CODE_CREATE:
        *activity = create();
        break;
    case CODE_GET_SET:
        current = *activity;
        *activity = before;
        break;
    default:
        current = create();
        *activity = before;
        break;
    }
    return ERROR_SUCCESS;
}

DOUBLE_EXPORT(uint32_t) EventActivityIdControl(uint32_t code, etw_guid *activity);

DOUBLE_EXPORT(uint32_t) EventActivityIdControl(uint32_t code, etw_guid *activity)
{
    const uint64_t arguments[] = {code, (uintptr_t)activity};
    double_call *call = double_begin("EventActivityIdControl", arguments, 2);
    uint32_t error;
    double_keep(call, "activity", activity, sizeof *activity);
    if (!double_is_scripted("EventActivityIdControl", &error))
        error = control(code, activity);
    return double_end(call, error);
}
