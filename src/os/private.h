/*
 * Folders and files of this user alone: nobody else can have put them there or can look into them.
 * Links are never followed at the last name of a path.
 */
#ifndef ETWI_OS_PRIVATE_H
#define ETWI_OS_PRIVATE_H

#include "os/os.h"

/*
 * Makes a folder for this user alone, if it is not there, and checks that it is one; the folder it
 * is in has to exist.
 *
 * ETW_E_ACCESS if it is somebody else's or open to others, or a link, or no folder at all;
 * ETW_E_NOT_FOUND if it cannot be made.
 */
etw_status etwi_private_folder(const char *path, etw_error *error);

enum {
    ETWI_OPEN_WRITE = 1 << 0,
    ETWI_OPEN_CREATE = 1 << 1, /* If it is not there. */
    ETWI_OPEN_NEW = 1 << 2,    /* Create it; ETW_E_EXISTS if it is there. */
};

/* Opens a file of this user alone, or makes one. The caller closes it by etwi_file_close(). */
etw_status etwi_private_open(etwi_file *out, const char *path, unsigned how, etw_error *error);

/* What tells an open file from all others that there are; false if the system does not tell. */
bool etwi_file_identity(const etwi_file *file, uint8_t out[16]);

/* Whether a handle is still of the file with that identity: programs that close all that is open
 * close what is not theirs too, and open other files by the same number. */
bool etwi_file_is_still(intptr_t handle, const uint8_t identity[16]);

/* A shared byte lock, which several open files may have while none has taken it by
 * etwi_lock_try(). */
etwi_lock_result etwi_lock_share(intptr_t handle, uint64_t offset);

/* Waits for a byte lock for so long at most; false if somebody else still has it. */
bool etwi_lock_wait_for(intptr_t handle, uint64_t offset, uint32_t timeout_ms);

/* Lets other threads run for about so long. */
void etwi_sleep_ms(uint32_t duration_ms);

/* Copies an open file to one that is new or is written over. ETW_E_FULL if there is no room. */
etw_status etwi_file_copy(const etwi_file *from, const char *to, etw_error *error);

/* Removes a file; false if it is not gone. */
bool etwi_file_remove(const char *path);

/* Gives a file another name in the same folder, in place of the file that had it. */
bool etwi_file_rename(const char *from, const char *to);

/* Removes an empty folder; false if it is not gone. */
bool etwi_folder_remove(const char *path);

/* The folder of this user for what is shared while programs run, a path for etwi_private_folder().
 * ETW_E_UNSUPPORTED if there is none, ETW_E_LIMIT if it does not fit. */
etw_status etwi_runtime_place(char *out, size_t size, etw_error *error);

#endif
