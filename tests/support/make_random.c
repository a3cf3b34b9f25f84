/* make_random FOLDER SEED: writes the traces of a seed into a folder, as 0.etl, 1.etl, … */
#include "random_trace.h"

#include <stdio.h>
#include <stdlib.h>

static bool write_file(const char *path, etw_bytes bytes)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    if (file)
        good = fclose(file) == 0 && good;
    if (!good)
        perror(path);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: make_random FOLDER SEED\n", stderr);
        return 2;
    }
    random_traces traces;
    random_traces_build(&traces, (uint32_t)strtoul(argv[2], NULL, 10));
    bool good = true;
    for (size_t i = 0; i < traces.count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%zu.etl", argv[1], i);
        good &= write_file(path, etlb_written(&traces.files[i]));
    }
    random_traces_free(&traces);
    return good ? 0 : 1;
}
