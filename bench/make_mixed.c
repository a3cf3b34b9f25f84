/*
 * make_mixed KIND MEGABYTES FILE: writes a mixed trace; KIND is plain, packed, worst8, worst64 or
 * quiet.
 * make_mixed manifests FOLDER: writes the manifests of 50,400 events, one file a provider.
 */
#include "mixed_schema.h"
#include "mixed_trace.h"

#include <stdlib.h>

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        etlb_fail("cannot write %s", path);
    return file;
}

static void put(FILE *file, etw_bytes bytes)
{
    if (fwrite(bytes.data, 1, bytes.size, file) != bytes.size)
        etlb_fail("writing failed");
}

static void finish(FILE *file)
{
    if (fclose(file) != 0)
        etlb_fail("writing failed");
}

static void write_trace(const char *kind_name, size_t megabytes, const char *path)
{
    unsigned kind = 0;
    while (kind < MIXED_KIND_COUNT && strcmp(mixed_kind_name((mixed_kind)kind), kind_name) != 0)
        kind++;
    if (kind == MIXED_KIND_COUNT || megabytes == 0)
        etlb_fail("no kind %s, or no size", kind_name);
    FILE *file = create(path);
    mixed_trace *trace = mixed_trace_create((mixed_kind)kind, megabytes << 20);
    for (etw_bytes part; (part = mixed_trace_next(trace)).size > 0;)
        put(file, part);
    mixed_trace_destroy(trace);
    finish(file);
}

static void write_manifests(const char *folder)
{
    etlb_writer text = {0};
    for (unsigned provider = 0; provider < MIXED_PROVIDERS_KNOWN; provider++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/provider%03u.man", folder, provider);
        etlb_writer_clear(&text);
        mixed_schema_put_manifest(&text, provider, MIXED_EVENTS_KNOWN);
        FILE *file = create(path);
        put(file, etlb_written(&text));
        finish(file);
    }
    etlb_writer_free(&text);
}

int main(int argc, char **argv)
{
    if (argc == 4) {
        write_trace(argv[1], (size_t)strtoul(argv[2], NULL, 10), argv[3]);
    } else if (argc == 3 && strcmp(argv[1], "manifests") == 0) {
        write_manifests(argv[2]);
    } else {
        fputs("usage: make_mixed KIND MEGABYTES FILE\n       make_mixed manifests FOLDER\n",
              stderr);
        return 2;
    }
    return 0;
}
