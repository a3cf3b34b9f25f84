/* Reading JSON (RFC 8259), token after token. */
#ifndef ETW_CLI_JSON_READ_H
#define ETW_CLI_JSON_READ_H

#include <etw/base.h>

enum {
    CLI_JSON_DEPTH_MAX = 32
};

typedef enum cli_json_kind {
    CLI_JSON_BAD, /* `reason` and `at` of the reader tell why and where. */
    CLI_JSON_END,
    CLI_JSON_OBJECT,
    CLI_JSON_OBJECT_END,
    CLI_JSON_ARRAY,
    CLI_JSON_ARRAY_END,
    CLI_JSON_STRING,
    CLI_JSON_NUMBER,
    CLI_JSON_TRUE,
    CLI_JSON_FALSE,
    CLI_JSON_NULL,
} cli_json_kind;

typedef struct cli_json_token {
    cli_json_kind kind;
    etw_str key;  /* Of members of objects. */
    etw_str text; /* Of strings without their escapes; of all other values as it is written. */
} cli_json_token;

typedef struct cli_json_reader {
    char *begin, *at, *end;
    uint32_t objects; /* A bit for each open level: it is an object. */
    unsigned depth;
    bool has_value; /* The level has a value already, so that a comma is due. */
    const char *reason;
} cli_json_reader;

/* Reads a text, in which strings are unescaped where they stand. Tokens live as long as it. */
void cli_json_read(cli_json_reader *reader, char *text, size_t size);

cli_json_token cli_json_next(cli_json_reader *reader);

#endif
