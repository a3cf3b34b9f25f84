/* make_long OUT.etl MEGABYTES [CPUS [COMPRESSION [quiet]]]: writes a long trace; the compression is
 * plain, xpress, huffman or lznt1. */
#include "long_trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static etlb_compression compression_of(const char *name)
{
    static const char *const names[] = {"plain", "xpress", "huffman", "lznt1"};
    for (int i = 0; i <= ETLB_LZNT1; i++)
        if (strcmp(name, names[i]) == 0)
            return (etlb_compression)i;
    etlb_fail("there is no compression %s", name);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 6) {
        fputs("usage: make_long OUT.etl MEGABYTES [CPUS [COMPRESSION [quiet]]]\n", stderr);
        return 2;
    }
    const long_trace_options options = {
        .size = strtoull(argv[2], NULL, 10) << 20,
        .cpu_count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1,
        .buffer_size = 0x10000,
        .compression = argc > 4 ? compression_of(argv[4]) : ETLB_UNCOMPRESSED,
        .has_quiet_cpu = argc > 5,
    };
    FILE *out = fopen(argv[1], "wb");
    if (!out) {
        perror(argv[1]);
        return 1;
    }
    printf("%" PRIu64 "\n", long_trace_write(out, &options));
    if (fclose(out) != 0) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
