/* A growing text and what people want to see in it. Running out of memory is remembered. */
#ifndef ETW_CLI_TEXT_H
#define ETW_CLI_TEXT_H

#include "say.h"

#include <etw/base.h>
#include <etw/guid.h>

typedef struct cli_text {
    char *data;
    size_t size;
    size_t capacity;
    bool failed; /* Memory ran out: what was added since is missing. */
} cli_text;

void cli_text_free(cli_text *text);

/* Room for `size` more bytes at the end, or NULL. */
char *cli_text_reserve(cli_text *text, size_t size);

void cli_text_add(cli_text *text, etw_str added);
void cli_text_add_z(cli_text *text, const char *added);
void cli_text_add_char(cli_text *text, char added);
void cli_text_printf(cli_text *text, const char *format, ...) CLI_PRINTF(2, 3);

/* RFC 3339 in UTC. */
void cli_text_add_time(cli_text *text, uint64_t filetime);

/* "0x" and upper-case digits. */
void cli_text_add_hex_bytes(cli_text *text, etw_bytes bytes);

/* Seconds with seven digits after the point. */
void cli_text_add_seconds(cli_text *text, uint64_t ticks);

/* "{GUID}" in upper case. */
void cli_text_add_guid(cli_text *text, const etw_guid *guid);

/*
 * Puts what begins at `start` into double quotes if it is empty or holds a blank, a quote, a
 * control character or, if `nested`, what takes lists apart; quotes and control characters are
 * escaped. A line then stays one line, can be taken apart again, and cannot command a terminal.
 */
void cli_text_quote_from(cli_text *text, size_t start, bool nested);

/* Escapes the control characters of what begins at `start`. */
void cli_text_clean_from(cli_text *text, size_t start);

/* Doubles the quotes of what begins at `start` and encloses it if RFC 4180 asks for that. */
void cli_text_csv_quote_from(cli_text *text, size_t start);

/* "6.4 MiB". */
const char *cli_size_text(uint64_t bytes, char out[24]);

#endif
