/* Runs a fuzz target over files and folders, for compilers without libFuzzer. */
#include "os/os.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int inputs;

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    /* Exactly as long as the input, so that a sanitizer sees the first byte past it. */
    fseek(file, 0, SEEK_END);
    const size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(size ? size : 1);
    const int failed = !data || fread(data, 1, size, file) != size;
    fclose(file);
    if (!failed) {
        LLVMFuzzerTestOneInput(data, size);
        inputs++;
    }
    free(data);
    return failed;
}

static int run_path(const char *path);

/* An etwi_folder_taker. */
static etw_status run_child(void *user, const char *name, const etwi_path_info *info)
{
    const char *folder = user;
    char child[4096];
    (void)info;
    snprintf(child, sizeof child, "%s/%s", folder, name);
    const bool failed = name[0] != '.' && run_path(child);
    return failed ? ETW_E_IO : ETW_OK;
}

static int run_path(const char *path)
{
    etwi_path_info info;
    if (!etwi_path_look(path, &info)) {
        perror(path);
        return 1;
    }
    if (!info.is_folder)
        return run_file(path);
    return etw_failed(etwi_folder_list(path, run_child, (void *)path, NULL));
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= run_path(argv[i]);
    printf("%d inputs replayed\n", inputs);
    return failed || !inputs;
}
