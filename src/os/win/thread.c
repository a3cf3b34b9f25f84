#include "os/process.h"
#include "os/win/win.h"

#include <process.h>
#include <stdlib.h>

struct etwi_mutex {
    SRWLOCK lock;
};

struct etwi_condition {
    CONDITION_VARIABLE signal;
};

struct etwi_thread {
    HANDLE handle;
    void (*run)(void *argument);
    void *argument;
};

etwi_mutex *etwi_mutex_create(void)
{
    etwi_mutex *mutex = malloc(sizeof *mutex);
    if (mutex)
        InitializeSRWLock(&mutex->lock);
    return mutex;
}

void etwi_mutex_destroy(etwi_mutex *mutex)
{
    free(mutex);
}

void etwi_mutex_lock(etwi_mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->lock);
}

void etwi_mutex_unlock(etwi_mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->lock);
}

etwi_condition *etwi_condition_create(void)
{
    etwi_condition *condition = malloc(sizeof *condition);
    if (condition)
        InitializeConditionVariable(&condition->signal);
    return condition;
}

void etwi_condition_destroy(etwi_condition *condition)
{
    free(condition);
}

void etwi_condition_wait(etwi_condition *condition, etwi_mutex *mutex)
{
    SleepConditionVariableSRW(&condition->signal, &mutex->lock, INFINITE, 0);
}

void etwi_condition_broadcast(etwi_condition *condition)
{
    WakeAllConditionVariable(&condition->signal);
}

uint64_t etwi_now_ms(void)
{
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    const uint64_t ticks = (uint64_t)now.QuadPart, per_second = (uint64_t)frequency.QuadPart;
    return ticks / per_second * 1000 + ticks % per_second * 1000 / per_second;
}

void etwi_condition_wait_until(etwi_condition *condition, etwi_mutex *mutex, uint64_t deadline_ms)
{
    const uint64_t now_ms = etwi_now_ms();
    const uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
    SleepConditionVariableSRW(&condition->signal, &mutex->lock,
                              left_ms < INFINITE ? (DWORD)left_ms : INFINITE, 0);
}

static unsigned __stdcall run_thread(void *argument)
{
    etwi_thread *thread = argument;
    thread->run(thread->argument);
    return 0;
}

static unsigned __stdcall run_detached(void *argument)
{
    const etwi_thread thread = *(etwi_thread *)argument;
    free(argument);
    thread.run(thread.argument);
    return 0;
}

/* By the C library, which would lose its memory of threads that it has not started. */
static etwi_thread *start(unsigned(__stdcall *entry)(void *), void (*run)(void *argument),
                          void *argument)
{
    etwi_thread *thread = malloc(sizeof *thread);
    if (!thread)
        return NULL;
    thread->run = run;
    thread->argument = argument;
    /* It may free what it was started with before the handle is known here. */
    const HANDLE handle = (HANDLE)_beginthreadex(NULL, 0, entry, thread, 0, NULL);
    if (!handle) {
        free(thread);
        return NULL;
    }
    if (entry == run_thread)
        thread->handle = handle;
    else
        CloseHandle(handle);
    return thread;
}

etwi_thread *etwi_thread_start(void (*run)(void *argument), void *argument)
{
    return start(run_thread, run, argument);
}

/* There are no signals to be kept away, and stacks cost what is used of them. */
etwi_thread *etwi_thread_start_quiet(void (*run)(void *argument), void *argument)
{
    return start(run_thread, run, argument);
}

bool etwi_thread_start_detached(void (*run)(void *argument), void *argument)
{
    return start(run_detached, run, argument) != NULL;
}

/* Only the child of a fork has a thread to forget. */
void etwi_thread_forget(etwi_thread *thread)
{
    (void)thread;
}

void etwi_thread_join(etwi_thread *thread)
{
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

unsigned etwi_processor_count(void)
{
    DWORD_PTR mine = 0, system = 0;
    unsigned count = 0;
    /* Both masks are empty in a process that has threads in several groups of processors. */
    if (GetProcessAffinityMask(GetCurrentProcess(), &mine, &system))
        for (; mine; mine &= mine - 1)
            count++;
    if (!count)
        count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return count ? count : 1;
}
