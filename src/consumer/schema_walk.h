/* The files with schemas that a path stands for, and what state they are in. */
#ifndef ETWI_CONSUMER_SCHEMA_WALK_H
#define ETWI_CONSUMER_SCHEMA_WALK_H

#include "base/memory.h"
#include "consumer/schema_file.h"

/* One file; its text lives as long as the walk. */
typedef struct etwi_schema_found {
    const char *path;
    etwi_path_info info;
} etwi_schema_found;

typedef struct etwi_schema_walk {
    etwi_arena arena;
    etwi_schema_found *files; /* In the order of their paths. */
    size_t file_count, file_capacity;
    etwi_schema_found *folders;
    size_t folder_count, folder_capacity;
    const char *folder; /* Whose names are being listed. */
    etwi_schema_naming naming;
    etwi_pack_problem failures; /* Folders that could not be listed. */
} etwi_schema_walk;

/* Looks for the files of a folder and of the folders in it but for hidden ones; a path that is no
 * folder is the only one. ETW_OK or ETW_E_NOMEM. */
etw_status etwi_schema_walk_begin(etwi_schema_walk *walk, const char *path,
                                  const etw_allocator *allocator);

/* Adds the files to a store, and what fails to `problem`. ETW_OK or ETW_E_NOMEM. */
etw_status etwi_schema_walk_add(const etwi_schema_walk *walk, etw_schema_store *store,
                                etwi_pack_problem *problem);

void etwi_schema_walk_end(etwi_schema_walk *walk);

/* Notes a failure; the first is kept. */
void etwi_problem_note(etwi_pack_problem *problem, const etw_error *error, uint64_t count);

#endif
