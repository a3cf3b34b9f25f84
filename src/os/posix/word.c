/* Waiting for a word of memory to change. */
#define _GNU_SOURCE 1 /* syscall(). */

#include "os/os.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#if defined(__linux__) && defined(SYS_futex)

void etwi_word_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t timeout_ms, bool is_shared)
{
    /* The kernel's own type: two words of the machine's size. */
    const long timeout[2] = {(long)(timeout_ms / 1000), (long)(timeout_ms % 1000) * 1000000};
    syscall(SYS_futex, word, is_shared ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE, seen,
            timeout_ms == UINT32_MAX ? NULL : timeout, NULL, 0);
}

/* What the kernel's waiting for several words takes, since Linux 5.16. */
typedef struct word_wait {
    uint64_t value;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
} word_wait;

enum {
    NUMBER_OF_WAITV = 449, /* The same on all architectures. */
    SIZE_U32 = 2,
    WORDS_MAX = 128,
    POLL_MS = 5, /* Between two looks, where the kernel cannot watch several. */
};

/* False if the kernel does not know how. */
static bool wait_for_any(const word_wait *waits, size_t count, uint32_t timeout_ms)
{
    /* Times are 64 bits wide here on all systems; the end is a time of the clock. */
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t end[2] = {(int64_t)now.tv_sec + timeout_ms / 1000,
                      (int64_t)now.tv_nsec + (int64_t)(timeout_ms % 1000) * 1000000};
    if (end[1] >= 1000000000) {
        end[0]++;
        end[1] -= 1000000000;
    }
    return syscall(NUMBER_OF_WAITV, waits, (unsigned)count, 0u,
                   timeout_ms == UINT32_MAX ? NULL : end, (long)CLOCK_MONOTONIC) >= 0 ||
           errno != ENOSYS;
}

void etwi_words_wait(_Atomic uint32_t *const *words, const uint32_t *seen, size_t count,
                     uint32_t timeout_ms, bool is_shared)
{
    word_wait waits[WORDS_MAX];
    if (count == 1) {
        etwi_word_wait(words[0], seen[0], timeout_ms, is_shared);
        return;
    }
    for (size_t i = 0; i < count && i < WORDS_MAX; i++)
        waits[i] = (word_wait){seen[i], (uintptr_t)words[i],
                               SIZE_U32 | (is_shared ? 0u : FUTEX_PRIVATE_FLAG), 0};
    if (count && count <= WORDS_MAX && wait_for_any(waits, count, timeout_ms))
        return;
    for (size_t i = 0; i < count; i++)
        if (atomic_load(words[i]) != seen[i])
            return;
    const struct timespec pause = {0, (timeout_ms < POLL_MS ? timeout_ms : POLL_MS) * 1000000L};
    nanosleep(&pause, NULL);
}

void etwi_word_wake(_Atomic uint32_t *word, bool is_shared)
{
    const int before = errno;
    syscall(SYS_futex, word, is_shared ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
    errno = before;
}

#else

enum {
    SLICE_MS = 2 /* Between two looks at the word, where the system cannot watch it. */
};

void etwi_word_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t timeout_ms, bool is_shared)
{
    (void)is_shared;
    const struct timespec slice = {0, SLICE_MS * 1000000};
    for (uint32_t waited = 0; waited < timeout_ms && atomic_load(word) == seen; waited += SLICE_MS)
        nanosleep(&slice, NULL);
}

void etwi_words_wait(_Atomic uint32_t *const *words, const uint32_t *seen, size_t count,
                     uint32_t timeout_ms, bool is_shared)
{
    for (size_t i = 0; i < count; i++)
        if (atomic_load(words[i]) != seen[i])
            return;
    if (count)
        etwi_word_wait(words[0], seen[0], timeout_ms < SLICE_MS ? timeout_ms : SLICE_MS, is_shared);
}

void etwi_word_wake(_Atomic uint32_t *word, bool is_shared)
{
    (void)word, (void)is_shared;
}

#endif
