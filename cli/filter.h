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

/* The rows of a table for a structure whose `member` is a cli_filter_options. */
#define CLI_FILTER_ROWS(type, member)                                                               \
    {"filter",                                                                                      \
     'f',                                                                                           \
     CLI_OPT_TEXT,                                                                                  \
     offsetof(type, member.expression),                                                             \
     "EXPR",                                                                                        \
     "only events that match, for example 'id in {1,2} and ImageFileName ~ *.exe'; see "            \
     "docs/filter.md",                                                                              \
     NULL},                                                                                         \
        {"provider",   'p',                                                                         \
         CLI_OPT_LIST, offsetof(type, member.providers),                                            \
         "NAME|GUID",  "only events of this provider; * and ? stand for any text; may be repeated", \
         NULL},                                                                                     \
        {"id",         0,                                                                           \
         CLI_OPT_LIST, offsetof(type, member.ids),                                                  \
         "N,N..N",     "only events with one of these ids",                                         \
         NULL},                                                                                     \
    {                                                                                               \
        "pid", 0, CLI_OPT_LIST, offsetof(type, member.pids), "N,N..N",                              \
            "only events of one of these processes", NULL                                           \
    }

/* The paragraph of the command's details. */
#define CLI_FILTER_DETAILS                                                                       \
    "EXPR compares fields of the header (provider id version opcode task level keyword channel " \
    "pid tid cpu time event class kind source activity related size file session) and "          \
    "properties by their names with == != < <= > >= in {a,b..c} ~ (glob) contains startswith "   \
    "endswith matches & and joins them with and, or, not. --filter, --provider, --id and --pid " \
    "all have to match."

typedef struct cli_filter {
    etw_filter *parts[CLI_FILTER_PARTS];
    size_t count;
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
