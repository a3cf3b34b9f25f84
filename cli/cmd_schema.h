/* What the verbs of `etw schema` share. */
#ifndef ETW_CLI_CMD_SCHEMA_H
#define ETW_CLI_CMD_SCHEMA_H

#include "schemas.h"
#include "text.h"

/* Providers, how many schemas they have, and where these come from. */
void cli_schema_add_list(cli_text *text, const cli_schema_list *list, bool json);

/* What is in one and not in the other, or not the same. `*equal` tells whether there is nothing. */
void cli_schema_add_diff(cli_text *text, const cli_schema_list *a, const cli_schema_list *b,
                         bool json, bool *equal);

#endif
