/*
 * Taking away what writers may be reading: targets of a provider, the memory of a session.
 *
 * A writer stays between enter and leave, which cost two plain stores. Who takes something away
 * first makes sure that no writer can find it any more, and then waits until every one that was in
 * has left at least once. The memory barrier that this needs is executed by the waiting side for
 * all threads of the process; only where the system has no such call do writers execute one.
 */
#ifndef ETWI_ENGINE_GRACE_H
#define ETWI_ENGINE_GRACE_H

#include "base/compiler.h"
#include "os/os.h"

#include <stdatomic.h>

/* Where a thread says that it is in. */
typedef struct etwi_grace_place {
    /* Each place has a cache line to itself. */
    _Alignas(64) _Atomic uint32_t owner; /* Thread id; 0: nobody's. */
    _Atomic uint32_t depth;       /* How often it is in: signal handlers interrupt writers. */
    _Atomic uint32_t passes;      /* How often it has left. */
    const volatile uint32_t *cpu; /* Of the owner: etwi_cpu_word(). */
} etwi_grace_place;

/* Before the first writer, and again in the child of a fork. */
void etwi_grace_prepare(void);

/* ---- for the functions that follow ---- */

extern _Atomic bool etwi_grace_is_asymmetric; /* Waiting executes the barriers of all. */
extern ETWI_THREAD_LOCAL etwi_grace_place *etwi_grace_own_place;
/* A place for a thread that has none; if there is none for it either it is in already. */
etwi_grace_place *etwi_grace_settle(void);
void etwi_grace_leave_crowd(void);

/* ---- for writers ---- */

/* Any thread, also in signal handlers. NULL: there are more threads than places, which is as good
 * but slower. Give it back to etwi_grace_leave(). */
static ETWI_INLINE etwi_grace_place *etwi_grace_enter(void)
{
    etwi_grace_place *place = etwi_grace_own_place;
    if (!place && !(place = etwi_grace_settle()))
        return NULL;
    const uint32_t depth = atomic_load_explicit(&place->depth, memory_order_relaxed);
    atomic_store_explicit(&place->depth, depth + 1, memory_order_relaxed);
    if (atomic_load_explicit(&etwi_grace_is_asymmetric, memory_order_relaxed))
        atomic_signal_fence(memory_order_seq_cst);
    else
        atomic_thread_fence(memory_order_seq_cst);
    return place;
}

static ETWI_INLINE void etwi_grace_leave(etwi_grace_place *place)
{
    if (!place) {
        etwi_grace_leave_crowd();
        return;
    }
    const uint32_t depth = atomic_load_explicit(&place->depth, memory_order_relaxed) - 1;
    atomic_store_explicit(&place->depth, depth, memory_order_release);
    if (depth)
        return;
    const uint32_t passes = atomic_load_explicit(&place->passes, memory_order_relaxed);
    atomic_store_explicit(&place->passes, passes + 1, memory_order_release);
}

/* The id of the thread that entered. */
static ETWI_INLINE uint32_t etwi_grace_thread_id(const etwi_grace_place *place)
{
    return place ? atomic_load_explicit(&place->owner, memory_order_relaxed) : etwi_thread_id();
}

/* The processor it runs on. */
static ETWI_INLINE uint32_t etwi_grace_cpu(const etwi_grace_place *place)
{
    return place && place->cpu ? *place->cpu : etwi_cpu_current();
}

/* ---- for who takes things away ---- */

/* True once all who were in have left; false if some have not after `timeout_ms`. */
bool etwi_grace_wait(uint32_t timeout_ms);

/* In the child of a fork: the other threads are gone. Returns whether this one is in. */
bool etwi_grace_forked(void);

#endif
