#include "engine/session_folder.h"

#include "base/bytes.h"
#include "base/error.h"
#include "os/output.h"
#include "os/private.h"

#include <stdio.h>

enum {
    NOTE_HEADER_SIZE = 16, /* The identity of the log file; its path follows. */
    /* So that paths are sure to fit. */
    FOLDER_MAX = ETWI_RUNTIME_FOLDER_MAX + 32,
    FILE_NAME_MAX = 32,
};

static const char *const FILES[] = {"ctl",        "pool",    "log", "enable",
                                    "enable.new", "keeping", "kept"};

void etwi_session_file(const char *folder, const char *file, char out[ETWI_RUNTIME_PATH_MAX])
{
    snprintf(out, ETWI_RUNTIME_PATH_MAX, "%.*s/%.*s", FOLDER_MAX, folder, FILE_NAME_MAX, file);
}

static etw_status open_file(etwi_file *out, const char *folder, const char *file, unsigned how,
                            etw_error *error)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    etwi_session_file(folder, file, path);
    return etwi_private_open(out, path, how, error);
}

/* ---- making ---------------------------------------------------------------------------------- */

etw_status etwi_session_folder_make(const char *folder, etwi_file *ctl, etw_error *error)
{
    ETWI_TRY(etwi_private_folder(folder, error));
    return open_file(ctl, folder, "ctl", ETWI_OPEN_NEW, error);
}

etw_status etwi_session_pool_make(const char *folder, etwi_file *pool, etw_error *error)
{
    return open_file(pool, folder, "pool", ETWI_OPEN_NEW, error);
}

etw_status etwi_session_log_note(const char *folder, const etwi_file *log, const char *path,
                                 etw_error *error)
{
    uint8_t note[NOTE_HEADER_SIZE + ETWI_CTL_PATH_SIZE];
    const size_t size = strlen(path);
    etwi_file file;
    if (size >= ETWI_CTL_PATH_SIZE)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "the path of the log file is too long");
    if (!etwi_file_identity(log, note))
        return etwi_fail(error, ETW_E_IO, ETW_NO_OFFSET, "%.200s cannot be told from others", path);
    memcpy(note + NOTE_HEADER_SIZE, path, size);
    ETWI_TRY(open_file(&file, folder, "log", ETWI_OPEN_NEW, error));
    const etw_status status = etwi_output_write_at(&file, 0, note, NOTE_HEADER_SIZE + size, error);
    etwi_file_close(&file);
    return status;
}

/* ---- opening --------------------------------------------------------------------------------- */

static etw_status read_note(const char *folder, uint8_t identity[16], char path[ETWI_CTL_PATH_SIZE],
                            etw_error *error)
{
    uint8_t note[NOTE_HEADER_SIZE + ETWI_CTL_PATH_SIZE];
    size_t got = 0;
    etwi_file file;
    ETWI_TRY(open_file(&file, folder, "log", 0, error));
    const etw_status status = etwi_file_read_at(&file, 0, note, sizeof note, &got, error);
    etwi_file_close(&file);
    ETWI_TRY(status);
    if (got <= NOTE_HEADER_SIZE || got == sizeof note)
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "%s/log is damaged", folder);
    memcpy(identity, note, NOTE_HEADER_SIZE);
    memcpy(path, note + NOTE_HEADER_SIZE, got - NOTE_HEADER_SIZE);
    path[got - NOTE_HEADER_SIZE] = '\0';
    return ETW_OK;
}

etw_status etwi_session_log_open(const char *folder, etwi_file *log, char path[ETWI_CTL_PATH_SIZE],
                                 etw_error *error)
{
    uint8_t noted[16], found[16];
    ETWI_TRY(read_note(folder, noted, path, error));
    ETWI_TRY(etwi_output_open(log, path, ETWI_OUTPUT_EXISTING, error));
    if (etwi_file_identity(log, found) && memcmp(noted, found, sizeof noted) == 0)
        return ETW_OK;
    etwi_file_close(log);
    return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                     "%.180s is another file than the session writes", path);
}

static etw_status open_pool(etwi_file *pool, const char *folder, etw_error *error)
{
    char path[ETWI_CTL_PATH_SIZE];
    const etw_status status = open_file(pool, folder, "pool", ETWI_OPEN_WRITE, error);
    return status == ETW_E_NOT_FOUND ? etwi_session_log_open(folder, pool, path, error) : status;
}

etw_status etwi_session_folder_open(etwi_mapping *out, const char *folder, etw_error *error)
{
    etwi_file ctl, pool;
    memset(out, 0, sizeof *out);
    ETWI_TRY(open_file(&ctl, folder, "ctl", ETWI_OPEN_WRITE, error));
    const etw_status status = open_pool(&pool, folder, error);
    if (status != ETW_OK) {
        etwi_file_close(&ctl);
        return status;
    }
    return etwi_mapping_open(out, ctl.handle, pool.handle, error);
}

etw_status etwi_session_open(etwi_mapping *out, const etwi_registry *registry,
                             etwi_session_id session, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    etwi_registry_path(registry, session.logger_id, NULL, folder);
    ETWI_TRY(etwi_session_folder_open(out, folder, error));
    // What was opened may be another session, which came after the one that was asked for.
    if (etwi_registry_has(registry, session) && out->geometry.logger_id == session.logger_id)
        return ETW_OK;
    etwi_mapping_close(out);
    return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET, "the session has ended");
}

void etwi_session_folder_remove(const char *folder)
{
    char path[ETWI_RUNTIME_PATH_MAX];
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        etwi_session_file(folder, FILES[i], path);
        etwi_file_remove(path);
    }
    etwi_folder_remove(folder);
}
