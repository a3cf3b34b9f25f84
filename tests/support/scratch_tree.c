#include "scratch.h"

#include "os/os.h"

#include <stdio.h>

typedef struct removal {
    const char *path;
    unsigned depth; /* Of what is in the folder. */
    unsigned counted_from, count;
} removal;

static etw_status remove_entry(void *user, const char *name, const etwi_path_info *info)
{
    removal *above = user;
    char path[SCRATCH_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", above->path, name);
    if (info->is_folder) {
        removal below = {path, above->depth + 1, above->counted_from, 0};
        (void)etwi_folder_list(path, remove_entry, &below, NULL);
        above->count += below.count;
    }
    if (above->depth >= above->counted_from) {
        printf("left over: %s\n", path);
        above->count++;
    }
    scratch_remove(path);
    return ETW_OK;
}

unsigned scratch_remove_all(const char *folder, unsigned depth)
{
    removal all = {folder, 1, depth, 0};
    (void)etwi_folder_list(folder, remove_entry, &all, NULL);
    scratch_remove(folder);
    return all.count;
}
