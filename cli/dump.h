/* What the formats of `etw dump` and `etw trace` share. */
#ifndef ETW_CLI_DUMP_H
#define ETW_CLI_DUMP_H

#include "cmd.h"
#include "color.h"
#include "dump_columns.h"
#include "dump_kinds.h"
#include "dump_style.h"
#include "dump_tail.h"
#include "text.h"

#include <etw/message.h>
#include <etw/property.h>
#include <etw/sink.h>

enum {
    DUMP_CLEAN_COUNT = 64
};

/* What one thread needs to format events. */
typedef struct dump_state {
    const dump_style *style;
    etw_format format;
    const cli_colors *colors;
    etw_json_stats counts;
    etw_json *json; /* Of the JSON formats. */
    cli_text text;  /* Of the others: the lines that are not written yet. */
    dump_ends ends; /* Of the texts of the events that are not written yet, for --tail. */
    cli_text values;
    cli_clock clock;
    const etw_schema *clean[DUMP_CLEAN_COUNT]; /* Some whose names are fit for a terminal. */
    dump_kinds *kinds;                         /* Of text. */
    dump_column *columns;                      /* Of CSV. */
    size_t column_count;
    bool has_property_columns;
    bool has_data_column;
} dump_state;

/*
 * One format. Events are formatted into memory of the state, so that several threads can work at
 * the same time. Functions that return a bool return false, having said so, if memory is out.
 */
typedef struct dump_format {
    bool (*begin)(dump_state *dump);
    bool (*head)(dump_state *dump); /* Adds what comes before all events; may be NULL. */
    bool (*event)(dump_state *dump, const etw_event *event, const etw_schema *schema);
    etw_str (*pending)(const dump_state *dump); /* What was added since the last clear(). */
    void (*clear)(dump_state *dump);
    void (*finish)(dump_state *dump); /* Completes the counts and frees all. */
} dump_format;

extern const dump_format dump_json, dump_json_compact, dump_text, dump_csv;

/* A walk over the top-level properties of one event. */
typedef struct dump_walk {
    const etw_schema *schema;
    etw_items items;
    etw_item rest; /* The remainder, if `has_rest`. */
    bool has_rest;
    bool is_begin; /* The last item began an array or a struct that was not consumed. */
} dump_walk;

void dump_walk_begin(dump_walk *walk, const etw_event *event, const etw_schema *schema);

/* The next value, or begin of an array or a struct. */
bool dump_walk_next(dump_walk *walk, etw_item *item);

/* Appends the value that `item`, the last one of the walk, is or begins. */
void dump_walk_add(dump_walk *walk, const etw_item *item, const etw_format *format, bool quoted,
                   cli_text *text);

/* Appends what `path` names inside of the array or struct that `item`, the last one of the walk,
 * begins: a value, or the values of all elements as a list. The path ends with an empty name. */
void dump_walk_add_inside(dump_walk *walk, const etw_item *item, const etw_str *path,
                          const etw_format *format, cli_text *text);

/* Walks to the end and counts the event. */
void dump_walk_finish(dump_walk *walk, etw_json_stats *counts);

/* Appends `name=value name=value …` for all properties that --fields asks for, and what did not
 * decode. */
void dump_add_data(dump_state *dump, const etw_event *event, const etw_schema *schema,
                   cli_text *text, bool count);

/* Appends the message of an event; false if it has none. */
bool dump_add_message(dump_state *dump, const etw_event *event, const etw_schema *schema,
                      cli_text *text);

/* pending() and clear() of the formats that write to `text`. */
etw_str dump_text_pending(const dump_state *dump);
void dump_text_clear(dump_state *dump);

/* The format that was asked for. */
const dump_format *dump_format_of(const dump_style *style);

/* Says that memory ran out; false. */
bool dump_no_memory(void);

#endif
