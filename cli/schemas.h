/* Where schemas are kept between runs, and reading them for their own sake. */
#ifndef ETW_CLI_SCHEMAS_H
#define ETW_CLI_SCHEMAS_H

#include "opt.h"

#include <etw/schema.h>

/* A store that keeps what it has read of --schema in the user's folder for caches, unless
 * ETW_SCHEMA_CACHE says otherwise. False if memory ran out; it has been said. */
bool cli_schemas_create(etw_schema_store **out);

/* The schemas of a store in order. */
typedef struct cli_schema_list {
    etw_schema_store *store;
    const etw_schema **items;
    size_t count, capacity;
} cli_schema_list;

/*
 * Adds what a file or folder describes, or if it is a trace all that travels in it. False if it
 * could not be read, or not to the end; it has been said.
 */
bool cli_schemas_read(cli_schema_list *list, const char *path, const cli_common *common);

/* Fills in the items. False if memory ran out; it has been said. */
bool cli_schemas_list(cli_schema_list *list);

void cli_schemas_free(cli_schema_list *list);

#endif
