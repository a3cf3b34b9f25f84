/* Text as JSON strings, from the encodings of events. */
#ifndef ETWI_SINK_JSON_TEXT_H
#define ETWI_SINK_JSON_TEXT_H

#include "base/buffer.h"

/*
 * Each appends the text of a JSON string without its quotes: quotes, backslashes and control
 * characters escaped, lone surrogates and undefined bytes as \uXXXX (see docs/json.md).
 */
void etwi_json_utf16(etwi_buffer *out, etw_bytes text);
void etwi_json_utf8(etwi_buffer *out, etw_bytes text);
/* `high` maps the bytes from 0x80 on to UTF-16 units. */
void etwi_json_ansi(etwi_buffer *out, etw_bytes text, const uint16_t *high);

/* "0x…" without quotes. */
void etwi_json_hex(etwi_buffer *out, etw_bytes data);

/* A whole string, with quotes, of UTF-8. */
void etwi_json_string(etwi_buffer *out, etw_str text);

#endif
