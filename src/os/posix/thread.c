#include "os/os.h"

#include <pthread.h>
#include <stdlib.h>

struct etwi_mutex {
    pthread_mutex_t lock;
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
