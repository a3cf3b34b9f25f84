#include "os/os.h"
#include "os/process.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The clock that conditions wait by; macOS has no choice. */
#if defined(__APPLE__)
#define CONDITION_CLOCK CLOCK_REALTIME
#else
#define CONDITION_CLOCK CLOCK_MONOTONIC
#endif

struct etwi_mutex {
    pthread_mutex_t lock;
};

struct etwi_condition {
    pthread_cond_t signal;
};

struct etwi_thread {
    pthread_t id;
    void (*run)(void *argument);
    void *argument;
};

etwi_mutex *etwi_mutex_create(void)
{
    etwi_mutex *mutex = malloc(sizeof *mutex);
    if (mutex && pthread_mutex_init(&mutex->lock, NULL) != 0) {
        free(mutex);
        mutex = NULL;
    }
    return mutex;
}

void etwi_mutex_destroy(etwi_mutex *mutex)
{
    if (!mutex)
        return;
    pthread_mutex_destroy(&mutex->lock);
    free(mutex);
}

void etwi_mutex_lock(etwi_mutex *mutex)
{
    pthread_mutex_lock(&mutex->lock);
}

void etwi_mutex_unlock(etwi_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->lock);
}

static int init_signal(pthread_cond_t *signal)
{
#if defined(__APPLE__)
    return pthread_cond_init(signal, NULL);
#else
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    int failed = pthread_condattr_setclock(&attributes, CONDITION_CLOCK);
    if (!failed)
        failed = pthread_cond_init(signal, &attributes);
    pthread_condattr_destroy(&attributes);
    return failed;
#endif
}

etwi_condition *etwi_condition_create(void)
{
    etwi_condition *condition = malloc(sizeof *condition);
    if (condition && init_signal(&condition->signal) != 0) {
        free(condition);
        condition = NULL;
    }
    return condition;
}

void etwi_condition_destroy(etwi_condition *condition)
{
    if (!condition)
        return;
    pthread_cond_destroy(&condition->signal);
    free(condition);
}

void etwi_condition_wait(etwi_condition *condition, etwi_mutex *mutex)
{
    pthread_cond_wait(&condition->signal, &mutex->lock);
}

void etwi_condition_broadcast(etwi_condition *condition)
{
    pthread_cond_broadcast(&condition->signal);
}

uint64_t etwi_now_ms(void)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void etwi_condition_wait_until(etwi_condition *condition, etwi_mutex *mutex, uint64_t deadline_ms)
{
    const uint64_t now_ms = etwi_now_ms();
    const uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
    struct timespec until = {0, 0};
    clock_gettime(CONDITION_CLOCK, &until);
    const uint64_t nanoseconds = (uint64_t)until.tv_nsec + left_ms % 1000 * 1000000;
    until.tv_sec += (time_t)(left_ms / 1000 + nanoseconds / 1000000000);
    until.tv_nsec = (long)(nanoseconds % 1000000000);
    pthread_cond_timedwait(&condition->signal, &mutex->lock, &until);
}

static void *run_thread(void *argument)
{
    etwi_thread *thread = argument;
    thread->run(thread->argument);
    return NULL;
}

etwi_thread *etwi_thread_start(void (*run)(void *argument), void *argument)
{
    etwi_thread *thread = malloc(sizeof *thread);
    if (!thread)
        return NULL;
    thread->run = run;
    thread->argument = argument;
    if (pthread_create(&thread->id, NULL, run_thread, thread) != 0) {
        free(thread);
        return NULL;
    }
    return thread;
}

etwi_thread *etwi_thread_start_quiet(void (*run)(void *argument), void *argument)
{
    // Large enough for what callbacks of the program do; only pages that are used cost memory.
    enum {
        STACK_SIZE = 256 * 1024
    };
    // Faults come to the thread that made them, and handlers of crashes want to see them.
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    etwi_thread *thread = malloc(sizeof *thread);
    pthread_attr_t attributes;
    if (!thread || pthread_attr_init(&attributes) != 0) {
        free(thread);
        return NULL;
    }
    thread->run = run;
    thread->argument = argument;
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigset_t all, before;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&thread->id, &attributes, run_thread, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed) {
        free(thread);
        thread = NULL;
    }
    return thread;
}

void etwi_thread_forget(etwi_thread *thread)
{
    free(thread);
}

void etwi_thread_join(etwi_thread *thread)
{
    pthread_join(thread->id, NULL);
    free(thread);
}

static void *run_detached(void *argument)
{
    const etwi_thread thread = *(etwi_thread *)argument;
    free(argument);
    thread.run(thread.argument);
    return NULL;
}

bool etwi_thread_start_detached(void (*run)(void *argument), void *argument)
{
    etwi_thread *thread = malloc(sizeof *thread);
    sigset_t all, before;
    if (!thread)
        return false;
    thread->run = run;
    thread->argument = argument;
    pthread_t id;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&id, NULL, run_detached, thread) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(id);
    else
        free(thread);
    return started;
}

unsigned etwi_processor_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}
