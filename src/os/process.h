/* What the library has to know and do as a guest in somebody else's process. */
#ifndef ETWI_OS_PROCESS_H
#define ETWI_OS_PROCESS_H

#include "os/os.h"

/*
 * A thread for the library's own use: all signals are blocked, so that those of the program go to
 * its own threads, and its stack is small. NULL if the system has no more threads.
 */
etwi_thread *etwi_thread_start_quiet(void (*run)(void *argument), void *argument);

/* Lets etwi_threads_barrier() be used by this process; again after a fork. False if the system has
 * no such thing. */
bool etwi_threads_barrier_prepare(void);

/* Frees what a thread was in the parent of a fork; in the child. NULL is fine. */
void etwi_thread_forget(etwi_thread *thread);

/* Returns when every thread of this process has executed a full memory barrier. False if none could
 * be ordered. */
bool etwi_threads_barrier(void);

/* Calls these around every fork() from now on: two of them in the parent, the last one in the
 * child, by its only thread. */
void etwi_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* Puts private zeroed memory in the place of shared memory, so that a thread that was amid a write
 * when its process forked goes on writing where nobody reads. Safe in signal handlers. */
void etwi_shared_replace(void *memory, uint64_t size);

/* Copies memory of this process that may not be there; returns the bytes that were. Safe in signal
 * handlers. */
size_t etwi_memory_peek(const void *from, void *out, size_t size);

/* The path of the program that runs, as far as it fits, terminated; empty if it cannot be told. */
void etwi_program_path(char *out, size_t size);

/* The session of terminals or of a log-in that this process belongs to. */
uint32_t etwi_login_session(void);

/* The user this process acts for, as a SID: S-1-22-1-<uid>, the form Samba has for users that are
 * no Windows users. Returns its size. */
enum {
    ETWI_SID_MAX = 68
};
size_t etwi_user_sid(uint8_t out[ETWI_SID_MAX]);

/* Fills memory with numbers that nobody can guess; false if the system has none. */
bool etwi_random_bytes(void *out, size_t size);

#endif
