/* The thread that waits for changes of the registry and puts them into effect. */
#include "base/error.h"
#include "engine/process.h"
#include "os/process.h"

struct etwi_listener {
    etwi_thread *thread;
    _Atomic uint32_t is_stopping;
    _Atomic uint32_t has_ended;
};

enum {
    RETRY_MS = 100, /* While something waits to be freed. */
};

/* False if the thread is to end. */
static bool follow(etwi_listener *listener, uint32_t *seen, uint32_t *timeout_ms)
{
    etwi_process *process = &etwi_this_process;
    if (etwi_process_lock(NULL) != ETW_OK)
        return false;
    const bool goes_on = !atomic_load(&listener->is_stopping);
    if (goes_on) {
        if (atomic_load(etwi_registry_generation(process->registry)) != process->seen_generation)
            etwi_refresh();
        *timeout_ms = etwi_process_bury(0) ? UINT32_MAX : RETRY_MS;
        *seen = process->seen_generation;
    }
    etwi_process_unlock();
    return goes_on;
}

static void listen(void *argument)
{
    etwi_listener *listener = argument;
    _Atomic uint32_t *generation = etwi_registry_generation(etwi_this_process.registry);
    uint32_t seen = 0;
    uint32_t timeout_ms = 0;
    while (follow(listener, &seen, &timeout_ms))
        etwi_word_wait(generation, seen, timeout_ms, true);
    atomic_store(&listener->has_ended, 1);
    etwi_word_wake(&listener->has_ended, false);
}

etw_status etwi_listener_start(etwi_listener **out, etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_listener *listener = etwi_alloc_zeroed(&allocator, sizeof *listener);
    if (!listener)
        return etwi_fail_nomem(error);
    *out = listener;
    listener->thread = etwi_thread_start_quiet(listen, listener);
    if (listener->thread)
        return ETW_OK;
    etwi_listener_forget(listener);
    *out = NULL;
    return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                     "no thread can be started to listen for sessions");
}

/* The word that it waits for belongs to all processes and must not change for this. So it may go to
 * sleep right after it was woken, and is woken again. */
void etwi_listener_stop(etwi_listener *listener)
{
    _Atomic uint32_t *generation = etwi_registry_generation(etwi_this_process.registry);
    atomic_store(&listener->is_stopping, 1);
    while (!atomic_load(&listener->has_ended)) {
        etwi_word_wake(generation, true);
        etwi_word_wait(&listener->has_ended, 0, 1, false);
    }
    etwi_thread_join(listener->thread);
    listener->thread = NULL;
    etwi_listener_forget(listener);
}

void etwi_listener_forget(etwi_listener *listener)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_thread_forget(listener->thread);
    etwi_free(&allocator, listener, sizeof *listener);
}
