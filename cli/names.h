/* What to call an event and what it is of, for people and for tables. */
#ifndef ETW_CLI_NAMES_H
#define ETW_CLI_NAMES_H

#include "text.h"

#include <etw/schema.h>

typedef enum cli_event_class {
    CLI_CLASSIC,
    CLI_MANIFEST,
    CLI_TRACELOGGING,
    CLI_WPP,
} cli_event_class;

/* "classic", "manifest", …. */
const char *cli_event_class_name(cli_event_class class);

cli_event_class cli_event_class_of(const etw_event *event, const etw_schema *schema);

/* The provider's name from the schema, else the well-known one, else empty. */
etw_str cli_provider_name(const etw_guid *provider, const etw_schema *schema);

/* The event's own name, else "Task/Opcode" as far as they have names, else nothing. */
void cli_add_event_name(cli_text *text, const etw_schema *schema);

/* The level's name from the schema, else the standard one, else empty. */
etw_str cli_level_name(uint8_t level, const etw_schema *schema);

/* Whether an out-type has to be told: it is not that of all values of the in-type. */
bool cli_has_out_type(const etw_property *property);

#endif
