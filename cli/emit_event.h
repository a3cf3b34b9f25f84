/* An event of `etw emit`, and reading it from arguments and from lines of JSON. */
#ifndef ETW_CLI_EMIT_EVENT_H
#define ETW_CLI_EMIT_EVENT_H

#include "text.h"

#include <etw/event_builder.h>

typedef struct emit_event {
    uint8_t level;
    uint64_t keyword;
    etw_event_builder builder;
    void *memory;      /* Of the builder. */
    etw_error problem; /* Why the last call failed. */
} emit_event;

/* False if memory is out, which is said. */
bool cli_emit_event_open(emit_event *event);
void cli_emit_event_close(emit_event *event);

/* The event of FIELD:TYPE=VALUE arguments. False if one is wrong; `problem` tells why. */
bool cli_emit_arguments(emit_event *event, const char *name, const char *const *arguments,
                        size_t count);

/*
 * The event of a line of JSON, which is written over: an object whose members are the fields.
 * Members with an @ tell what event it is, and otherwise `name` and what `level` and `keyword` of
 * the event are. False if something is wrong; `problem` tells what.
 */
bool cli_emit_json(emit_event *event, const char *name, char *line, size_t size);

/* Adds a field. The key is `name:type`, or `name` for the given type. */
bool cli_emit_field(emit_event *event, etw_str key, etw_str type, etw_str value);

/* Splits a key. Without a colon `*type` stays as it is. */
etw_str cli_emit_name(etw_str key, etw_str *type);

/* False, with that problem. */
bool cli_emit_fail(emit_event *event, const char *problem, ...) CLI_PRINTF(2, 3);

/* A number: digits, or 0x and hexadecimal ones. */
bool cli_emit_mask(const char *text, uint64_t *out);

#endif
