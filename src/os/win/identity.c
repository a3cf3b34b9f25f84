/* Who runs, and where: ids of processes, threads and processors. */
#include "os/win/win.h"

#include <string.h>
#include <winternl.h>

enum {
    GROUP_SIZE = 64,             /* Processors of a group at most. */
    TIME_OF_DAY_INFORMATION = 3, /* SystemTimeOfDayInformation */
};

uint32_t etwi_process_id(void)
{
    return GetCurrentProcessId();
}

uint32_t etwi_thread_id(void)
{
    return GetCurrentThreadId();
}

const volatile uint32_t *etwi_cpu_word(void)
{
    return NULL;
}

/* There are no forks. */
const _Atomic uint32_t *etwi_process_word(void)
{
    return NULL;
}

uint32_t etwi_cpu_current(void)
{
    PROCESSOR_NUMBER number;
    GetCurrentProcessorNumberEx(&number);
    return (uint32_t)number.Group * GROUP_SIZE + number.Number;
}

uint32_t etwi_cpu_count(void)
{
    const WORD groups = GetActiveProcessorGroupCount();
    const DWORD last = groups ? GetActiveProcessorCount(groups - 1) : 0;
    return last ? (groups - 1u) * GROUP_SIZE + last : 1;
}

static uint64_t start_time_of(HANDLE process)
{
    FILETIME start, end, kernel, user;
    if (WaitForSingleObject(process, 0) != WAIT_TIMEOUT ||
        !GetProcessTimes(process, &start, &end, &kernel, &user))
        return 0;
    return (uint64_t)start.dwHighDateTime << 32 | start.dwLowDateTime;
}

uint64_t etwi_process_start_time(uint32_t process_id)
{
    const DWORD rights = PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
    const HANDLE process = OpenProcess(rights, FALSE, process_id);
    if (!process)
        return 0;
    const uint64_t time = start_time_of(process);
    CloseHandle(process);
    return time;
}

bool etwi_thread_is_alive(uint32_t process_id, uint32_t thread_id)
{
    const DWORD rights = THREAD_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
    const HANDLE thread = OpenThread(rights, FALSE, thread_id);
    if (!thread)
        return GetLastError() != ERROR_INVALID_PARAMETER;
    const DWORD owner = GetProcessIdOfThread(thread);
    const bool is_alive =
        (!owner || owner == process_id) && WaitForSingleObject(thread, 0) != WAIT_OBJECT_0;
    CloseHandle(thread);
    return is_alive;
}

uint64_t etwi_process_namespace(void)
{
    return 0;
}

/* When the system started. Setting the clock moves that, and what it is moved by with it. */
void etwi_boot_id(uint8_t out[16])
{
    struct {
        LARGE_INTEGER boot_time, now, time_zone_bias;
        ULONG time_zone, reserved;
        ULONGLONG boot_time_bias, sleep_time_bias;
    } times;
    ULONG size = 0;
    memset(out, 0, 16);
    if (NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)TIME_OF_DAY_INFORMATION, &times,
                                 sizeof times, &size) < 0 ||
        size < sizeof times)
        return;
    const uint64_t started = (uint64_t)times.boot_time.QuadPart - times.boot_time_bias;
    memcpy(out, &started, sizeof started);
}
