/* The providers that a command enables, as their users give them. */
#ifndef ETW_CLI_SPECS_H
#define ETW_CLI_SPECS_H

#include "cmd.h"
#include "filter.h"

#include <etw/session.h>

#define CLI_SPECS_DETAILS                                                                         \
    "PROVIDER is (NAME|GUID|*NAME)[:LEVEL[:IDS[:ANY[:ALL]]]]: the most verbose level wanted, "    \
    "event ids such as 1,5..9, keywords of which an event must have any, and keywords of which "  \
    "it must have all. *NAME is the provider that a program registers under that name, known or " \
    "not, running or not. Filters and properties follow as :suffix=value. docs/providers.md "     \
    "tells all."

typedef struct cli_specs {
    etw_provider_spec **items;
    cli_provider_part *parts; /* What the consumer has to filter, known once all are enabled. */
    size_t count;
} cli_specs;

/* Reads provider strings, whose names the store may know. False, having said where it is wrong, if
 * one is. */
bool cli_specs_parse(cli_specs *specs, const cli_command *command, const cli_args *args,
                     etw_schema_store *store);

/* The same with a store of the files that --schema and ETW_SCHEMA_PATH name. */
bool cli_specs_read(cli_specs *specs, const cli_command *command, const cli_args *args,
                    const cli_common *common);

/* Enables all of them. False, having said so, if one cannot be. Filters that do nothing here are
 * said as well: those that the session does not know, and, unless the caller `consumes` and asks
 * the parts, those that it leaves to its consumers. */
bool cli_specs_enable(cli_specs *specs, etw_session *session, bool consumes);

void cli_specs_free(cli_specs *specs);

#endif
