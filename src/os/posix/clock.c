/* The clocks that events are stamped with. */
#include "os/os.h"

#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* FILETIME of 1970. */
#define UNIX_EPOCH INT64_C(116444736000000000)

static int64_t ticks_of(clockid_t clock)
{
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 10000000 + (int64_t)((uint32_t)now.tv_nsec / 100);
}

int64_t etwi_clock_monotonic(void)
{
    return ticks_of(CLOCK_MONOTONIC);
}

uint64_t etwi_clock_filetime(void)
{
    return (uint64_t)(ticks_of(CLOCK_REALTIME) + UNIX_EPOCH);
}

#if defined(__x86_64__) || defined(__i386__)

/* CPUID 0x80000007, EDX bit 8: the counter runs at one rate in all states of the processor. */
static bool has_even_counter(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1 << 8);
}

uint64_t etwi_clock_cycles(void)
{
    uint32_t low, high;
    /* Not before what was done before: times of one slot ascend. Processors with an even counter
     * know this instruction, also where the compiler may not use it. */
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/* Counts the counter's ticks against the clock, for so long that both ends do not matter. */
static uint64_t measure_frequency(void)
{
    const struct timespec pause = {0, 20000000};
    const int64_t begin = ticks_of(CLOCK_MONOTONIC);
    const uint64_t first = etwi_clock_cycles();
    nanosleep(&pause, NULL);
    const int64_t end = ticks_of(CLOCK_MONOTONIC);
    const uint64_t last = etwi_clock_cycles();
    return end > begin ? (uint64_t)((double)(last - first) * 1e7 / (double)(end - begin)) : 0;
}

#elif defined(__aarch64__)

static bool has_even_counter(void)
{
    return true;
}

uint64_t etwi_clock_cycles(void)
{
    uint64_t ticks;
    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

static uint64_t measure_frequency(void)
{
    uint64_t frequency;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

#else

static bool has_even_counter(void)
{
    return false;
}

uint64_t etwi_clock_cycles(void)
{
    return 0;
}

static uint64_t measure_frequency(void)
{
    return 0;
}

#endif

uint64_t etwi_clock_cycles_frequency(void)
{
    static _Atomic uint64_t known;
    uint64_t frequency = known;
    if (!frequency && has_even_counter())
        known = frequency = measure_frequency();
    return frequency;
}
