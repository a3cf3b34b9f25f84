/* Finding sessions by name, and by their log files. */
#include "engine/control.h"

#include "base/case.h"
#include "base/error.h"
#include "base/str.h"
#include "os/output.h"

#include <stddef.h>
#include <string.h>

/* A text of the control memory. Nothing is mapped, so that sessions that cannot be mapped any more
 * have a name too. */
static bool read_text(const char *folder, size_t offset, char *out, size_t size)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_file ctl;
    size_t got = 0;
    etwi_session_file(folder, "ctl", path);
    if (etwi_private_open(&ctl, path, 0, NULL) != ETW_OK)
        return false;
    const etw_status status = etwi_file_read_at(&ctl, offset, out, size, &got, NULL);
    etwi_file_close(&ctl);
    return status == ETW_OK && got == size && memchr(out, 0, got);
}

bool etwi_control_name(const char *folder, char out[ETWI_CTL_NAME_SIZE])
{
    return read_text(folder, offsetof(etwi_ctl_header, name), out, ETWI_CTL_NAME_SIZE);
}

bool etwi_control_log_file(const char *folder, char out[ETWI_CTL_PATH_SIZE])
{
    return read_text(folder, offsetof(etwi_ctl_header, log_file), out, ETWI_CTL_PATH_SIZE);
}

bool etwi_control_find(const etwi_registry *registry, const char *name, etwi_session_id *out)
{
    etwi_session_id sessions[ETW_SESSIONS_MAX];
    const size_t count = etwi_registry_sessions(registry, sessions);
    for (size_t i = 0; i < count; i++) {
        char folder[ETWI_RUNTIME_PATH_MAX], found[ETWI_CTL_NAME_SIZE];
        etwi_registry_path(registry, sessions[i].logger_id, NULL, folder);
        if (etwi_control_name(folder, found) &&
            etwi_same_letters(etwi_str_of(found), etwi_str_of(name))) {
            *out = sessions[i];
            return true;
        }
    }
    return false;
}

/* Which file a path leads to now; false if to none. */
static bool identify(const char *path, uint8_t out[16])
{
    etwi_file file;
    if (etwi_output_open(&file, path, ETWI_OUTPUT_EXISTING, NULL) != ETW_OK)
        return false;
    const bool is_known = etwi_file_identity(&file, out);
    etwi_file_close(&file);
    return is_known;
}

bool etwi_control_is_same_file(const char *a, const char *b)
{
    uint8_t one[16], other[16];
    return strcmp(a, b) == 0 ||
           (identify(a, one) && identify(b, other) && memcmp(one, other, sizeof one) == 0);
}

etw_status etwi_control_check_log_file(const etwi_registry *registry, uint32_t own,
                                       const char *log_file, etw_error *error)
{
    etwi_session_id sessions[ETW_SESSIONS_MAX];
    const size_t count = log_file[0] ? etwi_registry_sessions(registry, sessions) : 0;
    for (size_t i = 0; i < count; i++) {
        char folder[ETWI_RUNTIME_PATH_MAX], path[ETWI_CTL_PATH_SIZE];
        etwi_registry_path(registry, sessions[i].logger_id, NULL, folder);
        if (sessions[i].logger_id != own && etwi_control_log_file(folder, path) &&
            etwi_control_is_same_file(path, log_file))
            return etwi_fail(error, ETW_E_ACCESS, ETW_NO_OFFSET,
                             "%.150s is the log file of session %u", path,
                             (unsigned)sessions[i].logger_id);
    }
    return ETW_OK;
}
