/*
 * The folder that the engine of one user lives in: found, made, and checked to be this user's
 * alone, since all that use it trust one another.
 */
#ifndef ETWI_ENGINE_RUNTIME_FOLDER_H
#define ETWI_ENGINE_RUNTIME_FOLDER_H

#include <etw/status.h>

enum {
    ETWI_RUNTIME_FOLDER_MAX = 900, /* Bytes, so that paths of files in it are short ones. */
    ETWI_RUNTIME_PATH_MAX = 1024,
};

/*
 * Writes the path of the folder: $ETW_RUNTIME_DIR, else $XDG_RUNTIME_DIR/etw, else
 * /dev/shm/etw-UID, with the folders in it that the engine needs.
 *
 * ETW_E_ACCESS if somebody else may look into it or owns it, ETW_E_UNSUPPORTED if there is no place
 * for it. The message tells what to do.
 */
etw_status etwi_runtime_folder(char out[ETWI_RUNTIME_FOLDER_MAX], etw_error *error);

#endif
