/* What the examples use of <threads.h>, for C libraries of Windows that do not have it. */
#ifndef ETW_EXAMPLES_THREADS_H
#define ETW_EXAMPLES_THREADS_H

#include <time.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static inline int thrd_sleep(const struct timespec *duration, struct timespec *left)
{
    (void)left;
    Sleep((DWORD)(duration->tv_sec * 1000 + duration->tv_nsec / 1000000));
    return 0;
}

#endif
