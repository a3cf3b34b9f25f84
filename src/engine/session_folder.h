/*
 * The folder of one session:
 *
 *     ctl      its control memory; see layout.h
 *     pool     its buffers, or, if the log file itself is the pool,
 *     log      which file that is
 *     enable   its enable table
 *     keeping  its log file is being kept, or has been; see keeper.h
 *     kept     it has been, to the end
 */
#ifndef ETWI_ENGINE_SESSION_FOLDER_H
#define ETWI_ENGINE_SESSION_FOLDER_H

#include "engine/mapping.h"
#include "engine/registry.h"
#include "os/os.h"

/*
 * Maps a session of the registry. The caller joins it as client, if it is to do more than look, and
 * closes it by etwi_mapping_close().
 *
 * ETW_E_NOT_FOUND if the session has ended, or its log file was moved away; ETW_AGAIN while it is
 * being created; else as etwi_mapping_open().
 */
etw_status etwi_session_open(etwi_mapping *out, const etwi_registry *registry,
                             etwi_session_id session, etw_error *error);

/* Opens one by its folder. */
etw_status etwi_session_folder_open(etwi_mapping *out, const char *folder, etw_error *error);

/* Makes the folder and the file of its control memory. */
etw_status etwi_session_folder_make(const char *folder, etwi_file *ctl, etw_error *error);

/* Makes the file of a ring of buffers. */
etw_status etwi_session_pool_make(const char *folder, etwi_file *pool, etw_error *error);

/* Notes that a log file is the pool. */
etw_status etwi_session_log_note(const char *folder, const etwi_file *log, const char *path,
                                 etw_error *error);

/* The log file that is the pool, open for writing: the very one that was noted. */
etw_status etwi_session_log_open(const char *folder, etwi_file *log, char path[ETWI_CTL_PATH_SIZE],
                                 etw_error *error);

/* The path of a file in the folder. */
void etwi_session_file(const char *folder, const char *file, char out[ETWI_RUNTIME_PATH_MAX]);

/* Removes the folder and what is in it, but no log file. */
void etwi_session_folder_remove(const char *folder);

#endif
