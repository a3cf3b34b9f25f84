/* Byte locks that belong to an open file. */
#define _GNU_SOURCE 1 /* F_OFD_SETLK. */

#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#if defined(F_OFD_SETLK)

static int lock(intptr_t handle, int command, short type, uint64_t offset, struct flock *out)
{
    const struct flock wanted = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
    int result;
    do {
        *out = wanted;
        result = fcntl((int)handle, command, out);
    } while (result < 0 && errno == EINTR);
    return result;
}

etwi_lock_result etwi_lock_try(intptr_t handle, uint64_t offset)
{
    struct flock state;
    if (lock(handle, F_OFD_SETLK, F_WRLCK, offset, &state) == 0)
        return ETWI_LOCK_TAKEN;
    return errno == EAGAIN || errno == EACCES ? ETWI_LOCK_BUSY : ETWI_LOCK_FAILED;
}

etwi_lock_result etwi_lock_wait(intptr_t handle, uint64_t offset)
{
    struct flock state;
    return lock(handle, F_OFD_SETLKW, F_WRLCK, offset, &state) == 0 ? ETWI_LOCK_TAKEN
                                                                    : ETWI_LOCK_FAILED;
}

void etwi_lock_release(intptr_t handle, uint64_t offset)
{
    struct flock state;
    lock(handle, F_OFD_SETLK, F_UNLCK, offset, &state);
}

bool etwi_lock_is_held(intptr_t handle, uint64_t offset)
{
    struct flock state;
    /* What cannot be asked is taken for held: nothing is then taken from the living. */
    return lock(handle, F_OFD_GETLK, F_WRLCK, offset, &state) != 0 || state.l_type != F_UNLCK;
}

#else

/* Locks of processes would go when any descriptor of the file is closed, and would not tell two
 * users within one process apart: without the right ones there are no shared sessions. */
etwi_lock_result etwi_lock_try(intptr_t handle, uint64_t offset)
{
    (void)handle, (void)offset;
    return ETWI_LOCK_FAILED;
}

etwi_lock_result etwi_lock_wait(intptr_t handle, uint64_t offset)
{
    (void)handle, (void)offset;
    return ETWI_LOCK_FAILED;
}

void etwi_lock_release(intptr_t handle, uint64_t offset)
{
    (void)handle, (void)offset;
}

bool etwi_lock_is_held(intptr_t handle, uint64_t offset)
{
    (void)handle, (void)offset;
    return true;
}

#endif
