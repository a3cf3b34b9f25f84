/*
 * Byte locks that belong to an open file: those of LockFileEx(), which the system drops when the
 * handle is closed or its process ends. They also keep others from reading and writing the byte by
 * calls, so all of them lie behind the ends of files.
 */
#include "os/private.h"
#include "os/win/win.h"

enum {
    BUSY_TRIES = 3, /* Who only asks whether a lock is held has it for a moment itself. */
    PAUSE_MS_MAX = 20,
};

static OVERLAPPED place_of(uint64_t offset)
{
    return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
}

static etwi_lock_result lock(intptr_t handle, uint64_t offset, DWORD kind)
{
    OVERLAPPED place = place_of(offset);
    if (LockFileEx((HANDLE)handle, kind | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place))
        return ETWI_LOCK_TAKEN;
    const DWORD code = GetLastError();
    return code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING ? ETWI_LOCK_BUSY
                                                                    : ETWI_LOCK_FAILED;
}

etwi_lock_result etwi_lock_try(intptr_t handle, uint64_t offset)
{
    etwi_lock_result result = ETWI_LOCK_BUSY;
    for (unsigned i = 0; i < BUSY_TRIES && result == ETWI_LOCK_BUSY; i++) {
        if (i)
            Sleep(0);
        result = lock(handle, offset, LOCKFILE_EXCLUSIVE_LOCK);
    }
    return result;
}

/* Two locks of one handle may overlap if the exclusive one came first, and are released in that
 * order. What is left here is a shared one in any case: of those, one more changes nothing. */
etwi_lock_result etwi_lock_share(intptr_t handle, uint64_t offset)
{
    const etwi_lock_result result = lock(handle, offset, 0);
    if (result != ETWI_LOCK_TAKEN)
        return result;
    etwi_lock_release(handle, offset);
    return lock(handle, offset, 0);
}

/* Waiting in the system would keep all other threads from using the handle. */
static etwi_lock_result wait_until(intptr_t handle, uint64_t offset, uint64_t deadline_ms)
{
    for (DWORD pause_ms = 0;; pause_ms = pause_ms < PAUSE_MS_MAX ? pause_ms + 1 : PAUSE_MS_MAX) {
        const etwi_lock_result result = lock(handle, offset, LOCKFILE_EXCLUSIVE_LOCK);
        if (result != ETWI_LOCK_BUSY || etwi_now_ms() >= deadline_ms)
            return result;
        Sleep(pause_ms);
    }
}

etwi_lock_result etwi_lock_wait(intptr_t handle, uint64_t offset)
{
    return wait_until(handle, offset, UINT64_MAX);
}

bool etwi_lock_wait_for(intptr_t handle, uint64_t offset, uint32_t timeout_ms)
{
    return wait_until(handle, offset, etwi_now_ms() + timeout_ms) == ETWI_LOCK_TAKEN;
}

void etwi_lock_release(intptr_t handle, uint64_t offset)
{
    OVERLAPPED place = place_of(offset);
    UnlockFileEx((HANDLE)handle, 0, 1, 0, &place);
}

/* There is no asking without taking. What this handle itself holds cannot be told from what others
 * do; nobody asks for that. */
bool etwi_lock_is_held(intptr_t handle, uint64_t offset)
{
    if (etwi_lock_try(handle, offset) != ETWI_LOCK_TAKEN)
        return true;
    etwi_lock_release(handle, offset);
    return false;
}
