/* Memory barriers of other threads, hooks of fork(), and memory that may not be there. */
#define _GNU_SOURCE 1 /* syscall(), process_vm_readv(). */

#include "os/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum {
    /* <linux/membarrier.h>, which not all systems install. */
    PRIVATE_EXPEDITED = 1 << 3,
    REGISTER_PRIVATE_EXPEDITED = 1 << 4,

    PAGE = 4096, /* The smallest there is. */
};

#if defined(SYS_membarrier)
bool etwi_threads_barrier_prepare(void)
{
    return syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

bool etwi_threads_barrier(void)
{
    return syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0) == 0;
}
#else
bool etwi_threads_barrier_prepare(void)
{
    return false;
}

bool etwi_threads_barrier(void)
{
    return false;
}
#endif

void etwi_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    pthread_atfork(before, in_parent, in_child);
}

void etwi_shared_replace(void *memory, uint64_t size)
{
    mmap(memory, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
         0);
}

#if defined(__linux__)
size_t etwi_memory_peek(const void *from, void *out, size_t size)
{
    // What is copied ends with the last piece that is there as a whole, so pieces are pages.
    enum {
        PIECES_MAX = 4
    };
    struct iovec pieces[PIECES_MAX];
    unsigned long count = 0;
    char *at = (char *)(uintptr_t)from;
    for (size_t left = size; left && count < PIECES_MAX; count++) {
        const size_t to_page = PAGE - (uintptr_t)at % PAGE;
        pieces[count].iov_base = at;
        pieces[count].iov_len = left < to_page ? left : to_page;
        left -= pieces[count].iov_len;
        at += pieces[count].iov_len;
    }
    const struct iovec target = {out, size};
    const ssize_t got = process_vm_readv(getpid(), &target, 1, pieces, count, 0);
    return got > 0 ? (size_t)got : 0;
}
#else
size_t etwi_memory_peek(const void *from, void *out, size_t size)
{
    (void)from, (void)out, (void)size;
    return 0;
}
#endif

void etwi_program_path(char *out, size_t size)
{
    const ssize_t length = readlink("/proc/self/exe", out, size - 1);
    out[length > 0 ? length : 0] = 0;
}

uint32_t etwi_login_session(void)
{
    const pid_t session = getsid(0);
    return session > 0 ? (uint32_t)session : 0;
}

size_t etwi_user_sid(uint8_t out[ETWI_SID_MAX])
{
    const uint8_t head[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0};
    const uint32_t user = (uint32_t)geteuid();
    memcpy(out, head, sizeof head);
    for (unsigned i = 0; i < 4; i++)
        out[sizeof head + i] = (uint8_t)(user >> 8 * i);
    return sizeof head + 4;
}

bool etwi_random_bytes(void *out, size_t size)
{
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t got = read(fd, out, size);
    close(fd);
    return got == (ssize_t)size;
}
