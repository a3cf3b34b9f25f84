/* Text as JSON strings, from the encodings of events. */
#ifndef ETWI_SINK_JSON_TEXT_H
#define ETWI_SINK_JSON_TEXT_H

#include "base/buffer.h"

enum {
    /* The longest form of one UTF-16 unit or byte: `\u0000`. */
    ETWI_JSON_CHARACTER_MAX = 6,
    /* What the writers to bare memory may overwrite behind the text. */
    ETWI_JSON_SLACK = 32,
};

/*
 * Each writes the text of a JSON string without its quotes: quotes, backslashes and control
 * characters escaped, lone surrogates and undefined bytes as \uXXXX (see docs/json.md). There must
 * be room for ETWI_JSON_CHARACTER_MAX times the units or bytes, and ETWI_JSON_SLACK more. Memory up
 * to `limit`, at or behind the end of the text, may be read.
 */
char *etwi_json_put_utf16(char *out, etw_bytes text, const uint8_t *limit);
char *etwi_json_put_utf8(char *out, etw_bytes text, const uint8_t *limit);
/* `high` maps the bytes from 0x80 on to UTF-16 units. */
char *etwi_json_put_ansi(char *out, etw_bytes text, const uint8_t *limit, const uint16_t *high);

/* The same, appended. */
void etwi_json_utf16(etwi_buffer *out, etw_bytes text);
void etwi_json_utf8(etwi_buffer *out, etw_bytes text);
void etwi_json_ansi(etwi_buffer *out, etw_bytes text, const uint16_t *high);

/* "0x…" without quotes. */
void etwi_json_hex(etwi_buffer *out, etw_bytes data);

/* A whole string, with quotes, of UTF-8. */
void etwi_json_string(etwi_buffer *out, etw_str text);

#endif
