/*
 * The log files of sessions. There are two ways:
 *
 *  - direct: the file is the session's pool, which providers write into. That is so for a plain
 *    file, sequential or circular.
 *  - kept: the pool is a ring, and a keeper copies buffers out of it. That is so where the file is
 *    not all: with real-time consumers, several files, or compression.
 *
 * Sessions in buffering mode write theirs when they are flushed.
 */
#ifndef ETWI_ENGINE_LOG_FILE_H
#define ETWI_ENGINE_LOG_FILE_H

#include "engine/drain.h"
#include "etl/writer.h"
#include "os/os.h"

#include <etw/session.h>

typedef enum etwi_log_kind {
    ETWI_LOG_NONE = 0,
    ETWI_LOG_DIRECT,
    ETWI_LOG_KEPT,
    ETWI_LOG_SNAPSHOT, /* Written by flushes. */
} etwi_log_kind;

/* How a session of a mode writes its file, if it has one. */
etwi_log_kind etwi_log_kind_of(uint32_t mode, bool has_file);

/* Takes a path over, which has to be absolute: processes with other folders open the file, too. */
etw_status etwi_log_path(char out[ETWI_CTL_PATH_SIZE], const char *path, etw_error *error);

/* Whether a file of that path can be written. */
etw_status etwi_log_check(const char *path, etw_error *error);

/* What the header of the session's file says. The texts are borrowed. */
void etwi_log_header(etwi_etl_header *out, const etwi_geometry *geometry, const char *name,
                     const char *path);

/*
 * Makes the file of a direct session, and fills in `first_buffer` and `buffer_count` of the
 * geometry. A file that is there is replaced, or with ETW_MODE_APPEND gone on with.
 *
 * ETW_E_LIMIT if there is no room, ETW_E_ACCESS and others as opening fails.
 */
etw_status etwi_log_pool_create(etwi_file *out, etwi_geometry *geometry, const char *name,
                                const char *path, uint64_t maximum_size, etw_error *error);

/*
 * Makes a proper trace of the file of a direct session that has ended. `is_shared` says that a
 * process that cannot be waited for may still store into its memory.
 */
etw_status etwi_log_pool_complete(const etwi_mapping *mapping, const char *path, bool is_shared,
                                  etw_error *error);

/* Opens the file that buffers of a session are copied to. `goes_on` says that it was begun by a
 * keeper that died. */
etw_status etwi_log_open(etwi_etl_file **out, const etwi_mapping *mapping, bool goes_on,
                         const etw_allocator *allocator, etw_error *error);

/* Writes what is in a session in buffering mode to its file, in place of what is there. */
etw_status etwi_log_snapshot(etwi_mapping *mapping, const etw_allocator *allocator,
                             etw_error *error);

/* Counts what somebody who died had taken out of a session for its file. Nobody else copies now. */
void etwi_log_count_dead(etwi_mapping *mapping);

/* Tells a file what the session has lost so far: the header of each file says what was lost since
 * the one before it. */
void etwi_log_note_losses(const etwi_mapping *mapping, etwi_etl_file *file);

/* Copies all full buffers of a drained session to a file; what cannot be written is counted. */
etw_status etwi_log_copy(etwi_drain *drain, etwi_mapping *mapping, etwi_etl_file *file,
                         uint8_t *buffer, etw_error *error);

#endif
