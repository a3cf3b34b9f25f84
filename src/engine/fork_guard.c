#include "engine/fork_guard.h"

#include "base/error.h"
#include "os/os.h"
#include "os/process.h"

static _Atomic(etwi_mutex *) guard_lock;
static etwi_fork_guard *guards;
static _Thread_local bool is_locked_here;

static void before_fork(void)
{
    if (!is_locked_here)
        etwi_mutex_lock(atomic_load(&guard_lock));
}

static void after_fork(void)
{
    if (!is_locked_here)
        etwi_mutex_unlock(atomic_load(&guard_lock));
}

/* Only the files go, and what holds on to them, which is their memory too: what a thread was amid
 * when its process forked may be in any state. */
static void in_child(void)
{
    for (const etwi_fork_guard *at = guards; at; at = at->next) {
        etwi_shared_replace(at->mapping->header, at->mapping->ctl_size);
        etwi_shared_replace(at->mapping->pool, at->mapping->pool_size);
        etwi_shared_close(at->mapping->ctl_handle);
        etwi_shared_close(at->mapping->pool_handle);
    }
    guards = NULL;
    after_fork();
}

etw_status etwi_fork_guard_enter(etw_error *error)
{
    etwi_mutex *mutex = atomic_load(&guard_lock);
    if (!mutex) {
        etwi_mutex *made = etwi_mutex_create();
        if (!made)
            return etwi_fail_nomem(error);
        if (atomic_compare_exchange_strong(&guard_lock, &mutex, made)) {
            mutex = made;
            etwi_at_fork(before_fork, after_fork, in_child);
        } else {
            etwi_mutex_destroy(made);
        }
    }
    etwi_mutex_lock(mutex);
    is_locked_here = true;
    return ETW_OK;
}

void etwi_fork_guard_leave(void)
{
    is_locked_here = false;
    etwi_mutex_unlock(atomic_load(&guard_lock));
}

void etwi_fork_guard_add(etwi_fork_guard *guard, const etwi_mapping *mapping)
{
    guard->mapping = mapping;
    guard->next = guards;
    guards = guard;
}

void etwi_fork_guard_remove(etwi_fork_guard *guard)
{
    for (etwi_fork_guard **link = &guards; *link; link = &(*link)->next) {
        if (*link != guard)
            continue;
        *link = guard->next;
        return;
    }
}
