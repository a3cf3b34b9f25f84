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

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a thread says that it is in. */
typedef struct etwi_grace_place {
    _Atomic uint32_t owner;  /* Thread id; 0: nobody's. */
    _Atomic uint32_t depth;  /* How often it is in: signal handlers interrupt writers. */
    _Atomic uint32_t passes; /* How often it has left. */
    uint8_t padding[52];     /* Each place has a cache line to itself. */
} etwi_grace_place;

/* Before the first writer, and again in the child of a fork. */
void etwi_grace_prepare(void);

/* Any thread, also in signal handlers. NULL: there are more threads than places, which is as good
 * but slower. Give it back to etwi_grace_leave(). */
etwi_grace_place *etwi_grace_enter(void);
void etwi_grace_leave(etwi_grace_place *place);

/* The id of the thread that entered. */
uint32_t etwi_grace_thread_id(const etwi_grace_place *place);

/* True once all who were in have left; false if some have not after `timeout_ms`. */
bool etwi_grace_wait(uint32_t timeout_ms);

/* In the child of a fork: the other threads are gone. Returns whether this one is in. */
bool etwi_grace_forked(void);

#endif
