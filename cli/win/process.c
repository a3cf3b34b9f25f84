#include "win/text.h"

static void (*note_interrupt)(void);
static volatile LONG interrupt_count;

uint32_t cli_os_process_id(void)
{
    return GetCurrentProcessId();
}

void cli_os_sleep_ms(int64_t duration_ms)
{
    if (duration_ms > 0)
        Sleep(duration_ms < INT32_MAX ? (DWORD)duration_ms : INT32_MAX);
}

/* Runs in a thread of the system's. What is not handled ends the process. */
static BOOL WINAPI handle(DWORD event)
{
    (void)event;
    if (InterlockedIncrement(&interrupt_count) > 1)
        return FALSE;
    note_interrupt();
    return TRUE;
}

void cli_os_catch_interrupts(void (*note)(void))
{
    note_interrupt = note;
    SetConsoleCtrlHandler(handle, TRUE);
}
