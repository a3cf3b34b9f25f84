/* The columns of text that all events of a kind have in common. */
#ifndef ETW_CLI_DUMP_HEAD_H
#define ETW_CLI_DUMP_HEAD_H

#include "color.h"
#include "text.h"

#include <etw/schema.h>

/* Appends level, provider, event and task, padded to their columns: a dump_kind_make(), whose user
 * is a cli_colors. */
void dump_add_head(cli_text *line, const void *user, const etw_event *event,
                   const etw_schema *schema);

#endif
