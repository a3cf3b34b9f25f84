#include "win/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What has been asked for once, until the process ends. */
typedef struct variable {
    struct variable *next;
    char *name;
    char *value;
} variable;

static variable *variables;

static char *read_variable(const char *name)
{
    wchar_t *wide_name = cli_win_wide(name), *wide = NULL;
    const DWORD size = wide_name ? GetEnvironmentVariableW(wide_name, NULL, 0) : 0;
    if (size)
        wide = malloc(size * sizeof *wide);
    char *value = NULL;
    if (wide && GetEnvironmentVariableW(wide_name, wide, size) < size)
        value = cli_win_narrow(wide);
    free(wide);
    free(wide_name);
    return value;
}

const char *cli_os_variable(const char *name)
{
    for (const variable *known = variables; known; known = known->next)
        if (strcmp(known->name, name) == 0)
            return known->value;
    variable *added = calloc(1, sizeof *added);
    if (!added)
        return NULL;
    added->name = _strdup(name);
    if (!added->name) {
        free(added);
        return NULL;
    }
    added->value = read_variable(name);
    added->next = variables;
    variables = added;
    return added->value;
}

/* Who sets XDG_CACHE_HOME on Windows means it. */
bool cli_os_cache_folder(char *out, size_t size)
{
    const char *own = cli_os_variable("XDG_CACHE_HOME");
    const char *folder = own && *own ? own : cli_os_variable("LOCALAPPDATA");
    const int length = folder && *folder ? snprintf(out, size, "%s", folder) : 0;
    return length > 0 && (size_t)length < size;
}
