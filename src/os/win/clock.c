/* The clocks that events are stamped with. */
#include "os/win/win.h"

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
#define HAS_COUNTER 1
#include <intrin.h>
#endif

enum {
    TICKS_PER_SECOND = 10000000, /* What this clock counts in, and Windows 10 and later too. */
};

static int64_t frequency_of_counter(void)
{
    static _Atomic int64_t known;
    int64_t frequency = known;
    if (!frequency) {
        LARGE_INTEGER asked;
        QueryPerformanceFrequency(&asked);
        known = frequency = asked.QuadPart;
    }
    return frequency;
}

int64_t etwi_clock_monotonic(void)
{
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    const int64_t frequency = frequency_of_counter();
    if (frequency == TICKS_PER_SECOND)
        return now.QuadPart;
    return now.QuadPart / frequency * TICKS_PER_SECOND +
           now.QuadPart % frequency * TICKS_PER_SECOND / frequency;
}

uint64_t etwi_clock_filetime(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

#if defined(HAS_COUNTER)

/* CPUID 0x80000007, EDX bit 8: the counter runs at one rate in all states of the processor. */
static bool has_even_counter(void)
{
    int registers[4];
    __cpuid(registers, (int)0x80000000);
    if ((unsigned)registers[0] < 0x80000007)
        return false;
    __cpuid(registers, (int)0x80000007);
    return registers[3] & 1 << 8;
}

uint64_t etwi_clock_cycles(void)
{
    /* Not before what was done before: times of one slot ascend. */
    _mm_lfence();
    return __rdtsc();
}

/* Counts the counter's ticks against the clock, for so long that both ends do not matter. */
static uint64_t measure_frequency(void)
{
    const int64_t begin = etwi_clock_monotonic();
    const uint64_t first = etwi_clock_cycles();
    Sleep(20);
    const int64_t end = etwi_clock_monotonic();
    const uint64_t last = etwi_clock_cycles();
    return end > begin
               ? (uint64_t)((double)(last - first) * TICKS_PER_SECOND / (double)(end - begin))
               : 0;
}

#else

/* That of other processors is what the system's own clock reads. */
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
