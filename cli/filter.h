/* --filter and its shorthands: which events a command is to look at. */
#ifndef ETW_CLI_FILTER_H
#define ETW_CLI_FILTER_H

#include "opt.h"

#include <etw/consumer.h>
#include <etw/filter.h>

enum {
    CLI_FILTER_PARTS = 4
};

/* As the user gave them; all must match. */
typedef struct cli_filter_options {
    const char *expression;
    cli_list providers;
    cli_list ids;
    cli_list pids;
} cli_filter_options;

#define CLI_FILTER_HELP   "only events that match, such as 'id in {1,2} and ImageFileName ~ *.exe'"
#define CLI_PROVIDER_HELP "only events of this provider; * stands for any text; may be repeated"
#define CLI_ID_HELP       "only events with one of these ids"
#define CLI_PID_HELP      "only events of one of these processes"

/* A row of a table for a structure whose `filter` is a cli_filter_options. */
#define CLI_FILTER_ROW(type, name, letter, kind, member, argument, help)        \
    {                                                                           \
        name, letter, kind, offsetof(type, filter.member), argument, help, NULL \
    }

/* All four rows. */
#define CLI_FILTER_ROWS(type)                                                                   \
    CLI_FILTER_ROW(type, "filter", 'f', CLI_OPT_TEXT, expression, "EXPR", CLI_FILTER_HELP),     \
        CLI_FILTER_ROW(type, "provider", 'p', CLI_OPT_LIST, providers, "P", CLI_PROVIDER_HELP), \
        CLI_FILTER_ROW(type, "id", 0, CLI_OPT_LIST, ids, "N,N..N", CLI_ID_HELP),                \
        CLI_FILTER_ROW(type, "pid", 0, CLI_OPT_LIST, pids, "N,N..N", CLI_PID_HELP)

/* The paragraph of a command's details. */
#define CLI_FILTER_DETAILS                                                                      \
    "EXPR compares fields of the header (provider guid id version opcode task level keyword "   \
    "channel pid tid cpu time event class kind source activity related size file session) and " \
    "properties by their names. The operators are == != < <= > >= in {a,b..c} ~ (glob) & "      \
    "contains startswith endswith matches; icontains and so on ignore case. Comparisons are "   \
    "joined by and, or, not and parentheses. docs/filter.md tells all. --filter, --provider "   \
    "(a name or a GUID), --id and --pid all have to match."

/* What a session leaves to its consumer to filter, for one provider. */
typedef struct cli_provider_part {
    etw_guid provider;
    etw_filter *filter; /* NULL: nothing. */
} cli_provider_part;

typedef struct cli_filter {
    etw_filter *parts[CLI_FILTER_PARTS];
    size_t count;
    const cli_provider_part *provider_parts; /* Borrowed; the first of a provider counts. */
    size_t provider_part_count;
} cli_filter;

/* Compiles the options. False if one is wrong, which is said with its place. */
bool cli_filter_open(cli_filter *filter, const cli_command *command,
                     const cli_filter_options *options, unsigned code_page);

void cli_filter_close(cli_filter *filter);

/*
 * Whether an event matches; then `*schema` is what describes it, or NULL. Schemas are looked for
 * only if the header does not rule the event out.
 */
bool cli_filter_pass(const cli_filter *filter, etw_consumer *consumer, const etw_event *event,
                     const etw_schema **schema);

#endif
