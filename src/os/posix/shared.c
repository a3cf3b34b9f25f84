/* Memory shared with other processes: files that are mapped. */
#define _GNU_SOURCE 1 /* MAP_ANONYMOUS, pwritev2(). */

#include "base/error.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

etw_status etwi_shared_map(void **out, intptr_t handle, uint64_t size, bool is_writable,
                           etw_error *error)
{
    *out = NULL;
    if (!size || size > SIZE_MAX / 2)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "%llu bytes cannot be mapped",
                         (unsigned long long)size);
    const int protection = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const int flags = handle < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *memory = mmap(NULL, (size_t)size, protection, flags | MAP_NORESERVE, (int)handle, 0);
    if (memory == MAP_FAILED)
        return etwi_fail_os(error, errno == ENOMEM ? ETW_E_LIMIT : ETW_E_IO, errno,
                            "cannot map %llu bytes", (unsigned long long)size);
    *out = memory;
    return ETW_OK;
}

bool etwi_shared_can_grow(void)
{
    return true;
}

void etwi_shared_unmap(void *memory, uint64_t size)
{
    if (memory)
        munmap(memory, (size_t)size);
}

uint64_t etwi_shared_size(intptr_t handle)
{
    struct stat about;
    return fstat((int)handle, &about) == 0 && about.st_size > 0 ? (uint64_t)about.st_size : 0;
}

/* Growing a file beyond the limit of the process would send it a signal that kills it. */
static bool may_grow_to(uint64_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           size <= limit.rlim_cur;
}

static int allocate(int fd, uint64_t offset, uint64_t size)
{
#if defined(__APPLE__)
    struct stat about;
    if (fstat(fd, &about) != 0)
        return errno;
    if (about.st_size >= 0 && (uint64_t)about.st_size >= size)
        return 0;
    return ftruncate(fd, (off_t)size) == 0 ? 0 : errno;
#else
    int code;
    do
        code = posix_fallocate(fd, (off_t)offset, (off_t)(size - offset));
    while (code == EINTR);
    return code;
#endif
}

etw_status etwi_shared_allocate(intptr_t handle, uint64_t offset, uint64_t size, etw_error *error)
{
    if (size <= offset)
        return ETW_OK;
    const int code = may_grow_to(size) ? allocate((int)handle, offset, size) : EFBIG;
    if (!code)
        return ETW_OK;
    const bool is_full = code == ENOSPC || code == EDQUOT || code == EFBIG || code == ENOMEM;
    return etwi_fail_os(error, is_full ? ETW_E_FULL : ETW_E_IO, code, "cannot allocate %llu bytes",
                        (unsigned long long)(size - offset));
}

#if defined(RWF_APPEND)
/* Without a limit, that is: zeros behind those of others would go beyond one. */
static bool may_grow_freely(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

/* Zeros go behind the end only, wherever that is by then: who comes late makes the file larger, and
 * overwrites nothing. Where it fails pages come one by one, as they are touched. */
static void append_zeros(int fd, uint64_t size)
{
    enum {
        PIECES = 64
    };
    static char zeros[4096];
    ssize_t written = may_grow_freely() ? 1 : 0;
    for (uint64_t left = size; left && written > 0; left -= (uint64_t)written) {
        struct iovec pieces[PIECES];
        int count = 0;
        size_t sum = 0;
        for (; sum < left && count < PIECES; count++) {
            const uint64_t rest = left - sum;
            pieces[count].iov_base = zeros;
            pieces[count].iov_len = rest < sizeof zeros ? (size_t)rest : sizeof zeros;
            sum += pieces[count].iov_len;
        }
        written = pwritev2(fd, pieces, count, 0, RWF_APPEND);
    }
}
#else
static void append_zeros(int fd, uint64_t size)
{
    (void)fd, (void)size;
}
#endif

etw_status etwi_shared_grow(intptr_t handle, uint64_t offset, uint64_t size)
{
    const uint64_t before = etwi_shared_size(handle);
    if (before < size)
        append_zeros((int)handle, size - before);
    return etwi_shared_allocate(handle, offset, size, NULL);
}

void etwi_shared_prepare(uint8_t *memory, uint64_t size)
{
#if defined(MADV_POPULATE_WRITE)
    const uint64_t before = (uintptr_t)memory % (uintptr_t)sysconf(_SC_PAGESIZE);
    madvise(memory - before, (size_t)(size + before), MADV_POPULATE_WRITE);
#else
    (void)memory, (void)size;
#endif
}

void etwi_shared_close(intptr_t handle)
{
    if (handle >= 0)
        close((int)handle);
}
