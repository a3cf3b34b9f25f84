#include "engine/grace.h"

#include "os/process.h"

#include <stddef.h>

enum {
    PLACES = 256
};

static etwi_grace_place places[PLACES];
static _Atomic uint32_t crowd; /* Threads without a place that are in. */
_Atomic bool etwi_grace_is_asymmetric;
ETWI_THREAD_LOCAL etwi_grace_place *etwi_grace_own_place;

void etwi_grace_prepare(void)
{
    atomic_store(&etwi_grace_is_asymmetric, etwi_threads_barrier_prepare());
}

/* Places of threads that have ended are found here, and by nobody else. */
static etwi_grace_place *find_place(void)
{
    const uint32_t process = etwi_process_id();
    const uint32_t thread = etwi_thread_id();
    for (unsigned i = 0; i < PLACES; i++) {
        etwi_grace_place *place = &places[(thread + i) % PLACES];
        uint32_t owner = atomic_load_explicit(&place->owner, memory_order_relaxed);
        if (owner && etwi_thread_is_alive(process, owner))
            continue;
        if (!atomic_compare_exchange_strong(&place->owner, &owner, thread))
            continue;
        atomic_store_explicit(&place->depth, 0, memory_order_relaxed);
        place->cpu = etwi_cpu_word();
        etwi_grace_own_place = place;
        return place;
    }
    return NULL;
}

etwi_grace_place *etwi_grace_settle(void)
{
    etwi_grace_place *place = find_place();
    if (!place)
        atomic_fetch_add(&crowd, 1);
    return place;
}

void etwi_grace_leave_crowd(void)
{
    atomic_fetch_sub(&crowd, 1);
}

/* Waits for a little while; false after the deadline. */
static bool wait_a_little(uint64_t deadline_ms)
{
    static _Atomic uint32_t nothing;
    if (etwi_now_ms() >= deadline_ms)
        return false;
    etwi_word_wait(&nothing, 0, 1, false);
    return true;
}

static bool has_left(etwi_grace_place *place, uint32_t passes)
{
    return !atomic_load_explicit(&place->depth, memory_order_acquire) ||
           atomic_load_explicit(&place->passes, memory_order_acquire) != passes;
}

bool etwi_grace_wait(uint32_t timeout_ms)
{
    const uint64_t deadline_ms = etwi_now_ms() + timeout_ms;
    if (!etwi_threads_barrier())
        atomic_thread_fence(memory_order_seq_cst);
    uint32_t passes[PLACES];
    for (unsigned i = 0; i < PLACES; i++)
        passes[i] = atomic_load_explicit(&places[i].passes, memory_order_acquire);
    for (unsigned i = 0; i < PLACES; i++) {
        while (!has_left(&places[i], passes[i])) {
            if (!wait_a_little(deadline_ms))
                return false;
        }
    }
    while (atomic_load(&crowd)) {
        if (!wait_a_little(deadline_ms))
            return false;
    }
    return true;
}

bool etwi_grace_forked(void)
{
    etwi_grace_place *const own = etwi_grace_own_place;
    for (unsigned i = 0; i < PLACES; i++) {
        if (&places[i] == own)
            continue;
        atomic_store(&places[i].owner, 0);
        atomic_store(&places[i].depth, 0);
    }
    atomic_store(&crowd, 0);
    if (!own)
        return false;
    atomic_store(&own->owner, etwi_thread_id());
    return atomic_load(&own->depth) != 0;
}
