/*
 * Files that are written at any offset; for closing, reading and their size see os/os.h.
 *
 * Only files proper are taken: what is written to a pipe cannot be completed later.
 */
#ifndef ETWI_OS_OUTPUT_H
#define ETWI_OS_OUTPUT_H

#include "os/os.h"

typedef enum etwi_output_mode {
    ETWI_OUTPUT_NEW,      /* Empty, whatever was there. */
    ETWI_OUTPUT_KEEP,     /* What is there stays; created if nothing is. */
    ETWI_OUTPUT_EXISTING, /* What is there stays; ETW_E_NOT_FOUND if nothing is. */
} etwi_output_mode;

/*
 * Opens a file for reading and writing. A new one belongs to this user alone.
 *
 * ETW_E_NOT_FOUND, ETW_E_ACCESS, ETW_E_INVALID for what is no file, ETW_E_IO.
 */
etw_status etwi_output_open(etwi_file *out, const char *path, etwi_output_mode mode,
                            etw_error *error);

/* ETW_E_FULL if the disk, a quota or the system's limit of a file's size is reached. */
etw_status etwi_output_write_at(const etwi_file *file, uint64_t offset, const void *data,
                                size_t size, etw_error *error);

/* Cuts a file off, or extends it by zeros that need no room yet; `file->size` follows. */
etw_status etwi_output_set_size(etwi_file *file, uint64_t size, etw_error *error);

/* Closes, telling what a file system reports no sooner. */
etw_status etwi_output_close(etwi_file *file, etw_error *error);

#endif
