/* How events are to be written: what `etw dump` and `etw trace` let their users choose. */
#ifndef ETW_CLI_DUMP_STYLE_H
#define ETW_CLI_DUMP_STYLE_H

#include "filter.h"

#include <etw/sink.h>

typedef struct dump_style {
    unsigned format; /* An index of dump_format_names. */
    unsigned color;  /* A cli_color_when. */
    cli_list fields;
    uint64_t count; /* UINT64_MAX: all. */
    uint64_t code_page;
    bool raw_values;
    bool int64_strings;
    bool message;
    const char *output_path;
} dump_style;

extern const char *const dump_format_names[];
extern const char *const dump_color_names[];

/* Rows of a table for a structure whose `style` is a dump_style. */
#define DUMP_STYLE_ROW(type, name, letter, kind, member, argument, help, choices) \
    {                                                                             \
        name, letter, kind, offsetof(type, style.member), argument, help, choices \
    }

/* What is written. */
#define DUMP_FORMAT_ROWS(type)                                                                \
    DUMP_STYLE_ROW(type, "format", 'o', CLI_OPT_CHOICE, format, "json|text|csv|json-compact", \
                   "how to write events: JSON objects, lines for people, RFC 4180, or short " \
                   "JSON objects (default: json)",                                            \
                   dump_format_names),                                                        \
        DUMP_STYLE_ROW(type, "fields", 0, CLI_OPT_LIST, fields, "A,B,...",                    \
                       "only these top-level properties; with csv the columns, which may be " \
                       "nested properties too",                                               \
                       NULL),                                                                 \
        DUMP_STYLE_ROW(type, "count", 'c', CLI_OPT_NUMBER, count, "N", "stop after N events", \
                       NULL)

/* How values are written, and where to. */
#define DUMP_VALUE_ROWS(type)                                                                    \
    DUMP_STYLE_ROW(type, "color", 0, CLI_OPT_CHOICE, color, "auto|always|never",                 \
                   "color text; auto does on terminals, NO_COLOR and CLICOLOR_FORCE permitting " \
                   "(default: auto)",                                                            \
                   dump_color_names),                                                            \
        DUMP_STYLE_ROW(type, "raw-values", 0, CLI_OPT_FLAG, raw_values, NULL,                    \
                       "numbers instead of the names that value maps give them", NULL),          \
        DUMP_STYLE_ROW(type, "message", 0, CLI_OPT_FLAG, message, NULL,                          \
                       "what the provider says about the event: a key of json and "              \
                       "json-compact, and in text in place of the properties",                   \
                       NULL),                                                                    \
        DUMP_STYLE_ROW(type, "int64-strings", 0, CLI_OPT_FLAG, int64_strings, NULL,              \
                       "64-bit integers as JSON strings, for readers that only know doubles",    \
                       NULL),                                                                    \
        DUMP_STYLE_ROW(type, "code-page", 0, CLI_OPT_NUMBER, code_page, "N",                     \
                       "code page of ANSI strings, for example 65001 for UTF-8 (default: 1252)", \
                       NULL),                                                                    \
        DUMP_STYLE_ROW(type, "output-file", 'w', CLI_OPT_TEXT, output_path, "FILE",              \
                       "write to FILE instead of standard output", NULL)

/* False, having said so, if the code page or a column of CSV is none. */
bool dump_style_check(const dump_style *style, const cli_command *command);

/*
 * Says which names in --fields and --filter no event had: no failure, but most likely mistyped.
 * What ended early, as it was asked to, has not seen all events.
 */
void dump_style_say_unknown(const dump_style *style, const cli_command *command,
                            const cli_filter *filter, etw_schema_store *store,
                            const etw_json_stats *counts);

#endif
