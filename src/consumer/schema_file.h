/* One file with schemas, and the files that a path stands for. */
#ifndef ETWI_CONSUMER_SCHEMA_FILE_H
#define ETWI_CONSUMER_SCHEMA_FILE_H

#include "os/os.h"
#include "schema/pack.h"

/* How a file came up. */
typedef enum etwi_schema_naming {
    ETWI_SCHEMA_NAMED, /* By the caller: it has to describe events. */
    ETWI_SCHEMA_FOUND, /* In a folder: passed over if it looks like nothing that does. */
} etwi_schema_naming;

/* Adds what a file describes to a store. */
etw_status etwi_schema_file_add(etw_schema_store *store, const char *path,
                                etwi_schema_naming naming, etw_error *error);

/* False if there is no such pack, or no such file. */
bool etwi_schema_file_is_pack(const char *path);

/* The folders beside a file, and in its own, where its texts may be in a file of another name. */
enum {
    ETWI_SATELLITES = 2
};

/* The path of a file that may hold the texts of another; NULL if memory is out. */
const char *etwi_satellite_path(etwi_arena *arena, const char *path, unsigned index);

#endif
