#include "children.h"

#include "os/process.h"
#include "os/program.h"

enum {
    ARGUMENTS_MAX = 8,
    PATH_SIZE = 4096,
};

int child_again(const char *const *arguments)
{
    char path[PATH_SIZE];
    const char *all[ARGUMENTS_MAX + 2] = {path};
    int exit_code = -1;
    etwi_program_path(path, sizeof path);
    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i]; i++)
        all[i + 1] = arguments[i];
    return etwi_program_run(path, all, &exit_code, NULL) == ETW_OK ? exit_code : -1;
}
