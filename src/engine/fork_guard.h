/*
 * Files that are this process's alone. Who keeps a session holds a lock on its control file, which
 * the child of a fork has too, and would hold on to after its parent died: nobody else could keep
 * the session then. So the child closes what is guarded here. (A child that was made past the C
 * library does not know of it.)
 */
#ifndef ETWI_ENGINE_FORK_GUARD_H
#define ETWI_ENGINE_FORK_GUARD_H

#include "engine/mapping.h"

/* A mapping whose files are guarded. */
typedef struct etwi_fork_guard etwi_fork_guard;
struct etwi_fork_guard {
    etwi_fork_guard *next;
    const etwi_mapping *mapping;
};

/* Nobody forks between these two, so that no file is open and not guarded. */
etw_status etwi_fork_guard_enter(etw_error *error);
void etwi_fork_guard_leave(void);

/* In between. A guard stays where it is until it is removed; removing one that was not added is
 * fine. */
void etwi_fork_guard_add(etwi_fork_guard *guard, const etwi_mapping *mapping);
void etwi_fork_guard_remove(etwi_fork_guard *guard);

#endif
