#include "engine/runtime_folder.h"

#include "base/error.h"
#include "os/private.h"
#include "os/program.h"

#include <stdio.h>
#include <string.h>

static const char REMEDY[] = "set ETW_RUNTIME_DIR to a folder of your own";

/* A failure, and what can be done about it. */
static etw_status fail(etw_error *error, etw_status status, const etw_error *detail)
{
    return etwi_fail(error, status, ETW_NO_OFFSET, "%.180s: %s", detail->message, REMEDY);
}

static etw_status choose(char out[ETWI_RUNTIME_FOLDER_MAX], etw_error *error)
{
    const char *own = etwi_trusted_variable("ETW_RUNTIME_DIR");
    const size_t size = ETWI_RUNTIME_FOLDER_MAX;
    if (!own || !own[0]) {
        etw_error detail;
        const etw_status status = etwi_runtime_place(out, size, &detail);
        return status == ETW_OK ? ETW_OK : fail(error, status, &detail);
    }
    if (!etwi_path_is_absolute(own))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "ETW_RUNTIME_DIR is \"%.100s\", which is not an absolute path", own);
    if (strlen(own) >= size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the path in ETW_RUNTIME_DIR is longer than %zu bytes", size - 1);
    memcpy(out, own, strlen(own) + 1);
    return ETW_OK;
}

/* Makes and checks one folder; the message of a failure ends with what to do. */
static etw_status make(const char *path, etw_error *error)
{
    etw_error detail;
    const etw_status status = etwi_private_folder(path, &detail);
    if (status == ETW_OK)
        return ETW_OK;
    return fail(error, status == ETW_E_NOT_FOUND ? ETW_E_UNSUPPORTED : status, &detail);
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
