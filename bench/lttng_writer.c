/*
 * The loop of bench_write.c with LTTng-UST, into whatever session the daemon has. Prints processor
 * time as that does.
 *
 * usage: lttng_writer NAME MILLIONS ROUNDS
 */
#define _GNU_SOURCE 1 /* CLOCK_PROCESS_CPUTIME_ID, and what headers of LTTng ask for. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_all(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = i;
        __asm__ volatile("" : "+r"(value) : : "memory");
        lttng_ust_tracepoint(contoso_bench, numbers, (uint32_t)value, 7, value + 1, value + 2,
                             value + 3);
    }
}

int main(int argc, char **argv)
{
    const uint64_t count = argc == 4 ? strtoull(argv[2], NULL, 10) * 1000000 : 0;
    const int rounds = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
    if (!count || rounds < 1) {
        fprintf(stderr, "usage: lttng_writer NAME MILLIONS ROUNDS\n");
        return 2;
    }
    write_all(count);
    printf("series\t%s\t%llu\t%llu", argv[1], (unsigned long long)count,
           (unsigned long long)count * 32);
    for (int i = 0; i < rounds; i++) {
        const double begin = cpu_seconds();
        write_all(count);
        printf("\t%.9f", cpu_seconds() - begin);
    }
    printf("\n");
    return 0;
}
