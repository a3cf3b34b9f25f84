/*
 * bench_consume FILE.etl LEVEL THREADS: goes through a trace in the order of time with the schemas
 * that it carries, for measuring the memory of the process. LEVEL is 1 to 4.
 */
#include "consume.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    harness_require(argc == 4, "usage: bench_consume FILE.etl LEVEL THREADS");
    const consume_job job = {
        .path = argv[1],
        .level = (consume_level)strtol(argv[2], NULL, 10),
        .threads = (unsigned)strtoul(argv[3], NULL, 10),
        .order = ETW_ORDER_TIME,
    };
    harness_require(job.level >= CONSUME_RECORDS && job.level < CONSUME_LEVEL_COUNT, "no level");
    harness_value("events", (double)consume(&job).events);
    return 0;
}
