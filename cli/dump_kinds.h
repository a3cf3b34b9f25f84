/* Text that is the same for all events of a kind, made once and then copied. */
#ifndef ETW_CLI_DUMP_KINDS_H
#define ETW_CLI_DUMP_KINDS_H

#include "text.h"

#include <etw/schema.h>

/* Appends the text of an event's kind. It may look at the members of the event that
 * dump_kinds.c has in its key, and at the schema. */
typedef void dump_kind_make(cli_text *text, const void *user, const etw_event *event,
                            const etw_schema *schema);

/*
 * The texts of the kinds that were met last. It remembers addresses of schemas, so their store must
 * outlive it.
 */
typedef struct dump_kinds dump_kinds;

/* NULL if memory is out. */
dump_kinds *dump_kinds_create(dump_kind_make *make, const void *user);
void dump_kinds_destroy(dump_kinds *kinds);

void dump_kinds_add(dump_kinds *kinds, cli_text *text, const etw_event *event,
                    const etw_schema *schema);

#endif
