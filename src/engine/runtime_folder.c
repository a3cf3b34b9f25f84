#include "engine/runtime_folder.h"

#include "base/error.h"
#include "os/private.h"
#include "os/program.h"

#include <stdio.h>
#include <string.h>

static const char REMEDY[] = "set ETW_RUNTIME_DIR to a folder of your own";

/* The value of a variable that names a folder by an absolute path, else NULL. */
static const char *folder_variable(const char *name)
{
    const char *value = etwi_trusted_variable(name);
    return value && value[0] == '/' ? value : NULL;
}

static etw_status choose(char out[ETWI_RUNTIME_FOLDER_MAX], etw_error *error)
{
    const char *own = etwi_trusted_variable("ETW_RUNTIME_DIR");
    const char *runtime = folder_variable("XDG_RUNTIME_DIR");
    const size_t size = ETWI_RUNTIME_FOLDER_MAX;
    etwi_path_info info;
    int length;
    if (own && own[0] && own[0] != '/')
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "ETW_RUNTIME_DIR is \"%.100s\", which is not an absolute path", own);
    if (own && own[0])
        length = snprintf(out, size, "%s", own);
    else if (runtime)
        length = snprintf(out, size, "%s/etw", runtime);
    else if (etwi_path_look("/dev/shm", &info) && info.is_folder)
        length = snprintf(out, size, "/dev/shm/etw-%lu", (unsigned long)etwi_user_id());
    else
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "no place for sessions, neither XDG_RUNTIME_DIR nor /dev/shm: %s", REMEDY);
    if (length < 0 || (size_t)length >= size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the path of the runtime folder is longer than %zu bytes: %s", size - 1,
                         REMEDY);
    return ETW_OK;
}

/* Makes and checks one folder; the message of a failure ends with what to do. */
static etw_status make(const char *path, etw_error *error)
{
    etw_error detail;
    const etw_status status = etwi_private_folder(path, &detail);
    if (status == ETW_OK)
        return ETW_OK;
    return etwi_fail(error, status == ETW_E_NOT_FOUND ? ETW_E_UNSUPPORTED : status, ETW_NO_OFFSET,
                     "%.180s: %s", detail.message, REMEDY);
}

etw_status etwi_runtime_folder(char out[ETWI_RUNTIME_FOLDER_MAX], etw_error *error)
{
    static const char *const parts[] = {"sessions", "providers"};
    char path[ETWI_RUNTIME_PATH_MAX];
    ETWI_TRY(choose(out, error));
    ETWI_TRY(make(out, error));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s/%s", out, parts[i]);
        ETWI_TRY(make(path, error));
    }
    return ETW_OK;
}
