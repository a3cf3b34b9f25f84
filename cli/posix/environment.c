#include "os.h"

#include <stdio.h>
#include <stdlib.h>

const char *cli_os_variable(const char *name)
{
    return getenv(name);
}

/* By the XDG Base Directory Specification, where relative paths do not count. */
bool cli_os_cache_folder(char *out, size_t size)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = 0;
    if (base && base[0] == '/')
        length = snprintf(out, size, "%s", base);
    else if (home && home[0] == '/')
        length = snprintf(out, size, "%s/.cache", home);
    return length > 0 && (size_t)length < size;
}
