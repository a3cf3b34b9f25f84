/* Who runs, and where: ids of processes, threads and processors. */
#define _GNU_SOURCE 1 /* sched_getcpu(), syscall(), MADV_WIPEONFORK. */

#include "base/compiler.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#endif
#if defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && defined(__has_include)
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#define HAS_RSEQ 1
#endif
#endif

/* A page that the child of a fork finds zeroed, whatever made the fork. */
static _Atomic(_Atomic uint32_t *) own_page;

#if defined(MADV_WIPEONFORK)
static _Atomic uint32_t *map_own_page(void)
{
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, size, MADV_WIPEONFORK) != 0) {
        munmap(page, size);
        return NULL;
    }
    _Atomic uint32_t *none = NULL;
    if (!atomic_compare_exchange_strong(&own_page, &none, page)) {
        munmap(page, size);
        return none;
    }
    return page;
}
#else
static _Atomic uint32_t *map_own_page(void)
{
    return NULL;
}
#endif

const _Atomic uint32_t *etwi_process_word(void)
{
    etwi_process_id();
    return atomic_load_explicit(&own_page, memory_order_acquire);
}

uint32_t etwi_process_id(void)
{
    _Atomic uint32_t *page = atomic_load_explicit(&own_page, memory_order_acquire);
    if (!page && !(page = map_own_page()))
        return (uint32_t)getpid();
    uint32_t id = atomic_load_explicit(page, memory_order_relaxed);
    if (!id) {
        id = (uint32_t)getpid();
        atomic_store_explicit(page, id, memory_order_relaxed);
    }
    return id;
}

static uint32_t ask_thread_id(void)
{
#if defined(__linux__)
    return (uint32_t)syscall(SYS_gettid);
#elif defined(__APPLE__)
    uint64_t id = 0;
    pthread_threadid_np(NULL, &id);
    return (uint32_t)id;
#else
    return (uint32_t)(uintptr_t)pthread_self();
#endif
}

uint32_t etwi_thread_id(void)
{
    static ETWI_THREAD_LOCAL struct {
        uint32_t process_id, thread_id;
    } known;
    const uint32_t process_id = etwi_process_id();
    if (known.process_id != process_id) {
        known.thread_id = ask_thread_id();
        known.process_id = process_id;
    }
    return known.thread_id;
}

const volatile uint32_t *etwi_cpu_word(void)
{
#if defined(HAS_RSEQ)
    if (__rseq_size) {
        const volatile struct rseq *area =
            (const volatile struct rseq *)((const char *)__builtin_thread_pointer() +
                                           __rseq_offset);
        if ((int32_t)area->cpu_id >= 0)
            return &area->cpu_id;
    }
#endif
    return NULL;
}

uint32_t etwi_cpu_current(void)
{
    const volatile uint32_t *word = etwi_cpu_word();
    if (word)
        return *word;
#if defined(__linux__)
    const int asked = sched_getcpu();
    if (asked >= 0)
        return (uint32_t)asked;
#endif
    return etwi_thread_id() * 2654435761u >> 16;
}

uint32_t etwi_cpu_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_CONF);
    return count > 0 ? (uint32_t)count : 1;
}

/* Reads a small file, terminated, with calls that are safe in signal handlers. */
static bool read_small(const char *path, char *out, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t got = read(fd, out, size - 1);
    close(fd);
    out[got > 0 ? got : 0] = 0;
    return got > 0;
}

uint64_t etwi_process_start_time(uint32_t process_id)
{
    enum {
        START_TIME = 22 /* Number of the field; the second may have blanks, and ends with ")". */
    };
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", (unsigned)process_id);
    if (!read_small(path, text, sizeof text))
        return 0;
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < START_TIME; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

bool etwi_thread_is_alive(uint32_t process_id, uint32_t thread_id)
{
#if defined(__linux__)
    return syscall(SYS_tgkill, (long)process_id, (long)thread_id, 0L) == 0 || errno != ESRCH;
#else
    (void)thread_id;
    return kill((pid_t)process_id, 0) == 0 || errno != ESRCH;
#endif
}

uint64_t etwi_process_namespace(void)
{
    struct stat about;
    return stat("/proc/self/ns/pid", &about) == 0 ? (uint64_t)about.st_ino : 0;
}

void etwi_boot_id(uint8_t out[16])
{
    char text[64];
    memset(out, 0, 16);
    if (!read_small("/proc/sys/kernel/random/boot_id", text, sizeof text))
        return;
    unsigned digits = 0;
    for (const char *at = text; *at && digits < 32; at++) {
        const char *found = strchr("0123456789abcdef", *at);
        if (found)
            out[digits / 2] |= (uint8_t)((found - "0123456789abcdef") << (digits % 2 ? 0 : 4));
        digits += found != NULL;
    }
}
