#include "os/os.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

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

etwi_condition *etwi_condition_create(void)
{
    etwi_condition *condition = malloc(sizeof *condition);
    if (condition && pthread_cond_init(&condition->signal, NULL) != 0) {
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

void etwi_thread_join(etwi_thread *thread)
{
    pthread_join(thread->id, NULL);
    free(thread);
}

unsigned etwi_processor_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}
