/* make_sample OUT.etl [KIND]: writes the sample trace. */
#include "sample_trace.h"

#include <stdio.h>
#include <string.h>

static int usage(void)
{
    fputs("usage: make_sample OUT.etl [KIND]\nkinds:", stderr);
    for (int kind = 0; kind < SAMPLE_KIND_COUNT; kind++)
        fprintf(stderr, " %s", sample_kind_name((sample_kind)kind));
    fputs("; the default is compressed\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        return usage();
    const char *wanted = argc == 3 ? argv[2] : sample_kind_name(SAMPLE_COMPRESSED);
    int kind = 0;
    while (kind < SAMPLE_KIND_COUNT && strcmp(sample_kind_name((sample_kind)kind), wanted) != 0)
        kind++;
    if (kind == SAMPLE_KIND_COUNT)
        return usage();

    etlb_writer trace = {0};
    sample_trace_build(&trace, (sample_kind)kind);
    FILE *file = fopen(argv[1], "wb");
    bool good = file && fwrite(trace.data, 1, trace.size, file) == trace.size;
    if (file)
        good = fclose(file) == 0 && good;
    if (!good)
        perror(argv[1]);
    etlb_writer_free(&trace);
    return good ? 0 : 1;
}
