/*
 * bench_threads PLAIN.etl PACKED.etl ROUNDS: each level with one thread and with two, reading the
 * files, which should be in the system's cache. Wall time: here the other processor is the point.
 */
#include "consume.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    harness_require(argc == 4, "usage: bench_threads PLAIN.etl PACKED.etl ROUNDS");
    static const struct {
        const char *names[2]; /* With one thread and with two. */
        consume_level level;
        bool is_packed;
    } JOBS[] = {
        {{"threads.level1.1", "threads.level1.2"}, CONSUME_RECORDS, false},
        {{"threads.level2.1", "threads.level2.2"}, CONSUME_SCHEMAS, false},
        {{"threads.level3.1", "threads.level3.2"}, CONSUME_ITEMS, false},
        {{"threads.level4.1", "threads.level4.2"}, CONSUME_JSON, false},
        {{"threads.packed1.1", "threads.packed1.2"}, CONSUME_RECORDS, true},
        {{"threads.packed4.1", "threads.packed4.2"}, CONSUME_JSON, true},
    };
    enum {
        COUNT = sizeof JOBS / sizeof *JOBS
    };
    etw_schema_store *schemas = harness_schemas();
    consume_job jobs[2 * COUNT];
    harness_variant variants[2 * COUNT];
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        const consume_job job = {
            .path = JOBS[i / 2].is_packed ? argv[2] : argv[1],
            .level = JOBS[i / 2].level,
            .threads = 1 + i % 2,
            .order = ETW_ORDER_FILE,
            .schemas = schemas,
        };
        const harness_variant variant = {JOBS[i / 2].names[i % 2], consume_run, &jobs[i]};
        jobs[i] = job;
        variants[i] = variant;
    }
    harness_run_wall(variants, 2 * COUNT, (int)strtol(argv[3], NULL, 10));
    etw_schema_store_destroy(&schemas);
    return 0;
}
