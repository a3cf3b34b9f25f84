/* Names of properties that no schema has, which would else silently match or show nothing. */
#ifndef ETW_CLI_UNKNOWN_H
#define ETW_CLI_UNKNOWN_H

#include "cmd.h"
#include "filter.h"

/* Warns of properties in --filter that were looked for in vain, with the nearest names. */
void cli_unknown_in_filter(const cli_command *command, const cli_filter *filter,
                           etw_schema_store *store);

/* Warns of `name`, given with --fields, if none of the schemas has a property of that name; with
 * `nested` it may name members of structs with dots. */
void cli_unknown_field(const cli_command *command, etw_str name, bool nested,
                       etw_schema_store *store);

#endif
