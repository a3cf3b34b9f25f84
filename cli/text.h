/* A growing text and what people want to see in it. Running out of memory is remembered. */
#ifndef ETW_CLI_TEXT_H
#define ETW_CLI_TEXT_H

#include "say.h"

#include <etw/base.h>
#include <etw/guid.h>

#include <string.h>

typedef struct cli_text {
    char *data;
    size_t size;
    size_t capacity;
    bool failed; /* Memory ran out: what was added since is missing. */
} cli_text;

void cli_text_free(cli_text *text);

/* Makes room for `size` more bytes. Returns the end of the text, or NULL. */
char *cli_text_grow(cli_text *text, size_t size);

/* Room for `size` more bytes at the end, or NULL. */
static inline char *cli_text_reserve(cli_text *text, size_t size)
{
    if (text->data && text->capacity - text->size >= size)
        return text->data + text->size;
    return cli_text_grow(text, size);
}

static inline void cli_text_add(cli_text *text, etw_str added)
{
    char *at = cli_text_reserve(text, added.size);
    if (!at || added.size == 0)
        return;
    memcpy(at, added.data, added.size);
    text->size += added.size;
}

static inline void cli_text_add_z(cli_text *text, const char *added)
{
    cli_text_add(text, (etw_str){added, strlen(added)});
}

static inline void cli_text_add_char(cli_text *text, char added)
{
    char *at = cli_text_reserve(text, 1);
    if (!at)
        return;
    *at = added;
    text->size++;
}

void cli_text_add_blanks(cli_text *text, size_t count);

/* For what is written now and then. */
void cli_text_printf(cli_text *text, const char *format, ...) CLI_PRINTF(2, 3);

void cli_text_add_u64(cli_text *text, uint64_t value);

/* "0x" and `digits` upper-case digits. */
void cli_text_add_hex(cli_text *text, uint64_t value, unsigned digits);

/* RFC 3339 in UTC. */
void cli_text_add_time(cli_text *text, uint64_t filetime);

/* The second that was written last: neighbouring times differ in their fractions only. */
typedef struct cli_clock {
    uint64_t second; /* Since 1601, plus one; 0: none yet. */
    size_t size;
    char text[32]; /* Up to the point. */
} cli_clock;

/* The same as cli_text_add_time(), for times that follow each other. */
void cli_text_add_next_time(cli_text *text, cli_clock *clock, uint64_t filetime);

/* Seconds with seven digits after the point. */
void cli_text_add_seconds(cli_text *text, uint64_t ticks);

/* "{GUID}" in upper case. */
void cli_text_add_guid(cli_text *text, const etw_guid *guid);

/* Characters of UTF-8 from `start` on. */
size_t cli_text_width_from(const cli_text *text, size_t start);

/*
 * Puts what begins at `start` into double quotes if it is empty or holds a blank, a quote, a
 * control character or, if `nested`, what takes lists apart; quotes and control characters are
 * escaped. A line then stays one line, can be taken apart again, and cannot command a terminal.
 */
void cli_text_quote_from(cli_text *text, size_t start, bool nested);

/* Escapes the control characters of what begins at `start`. */
void cli_text_clean_from(cli_text *text, size_t start);

/* Whether a text has no control characters. */
bool cli_text_is_clean(etw_str text);

/* Doubles the quotes of what begins at `start` and encloses it if RFC 4180 asks for that. */
void cli_text_csv_quote_from(cli_text *text, size_t start);

/* "6.4 MiB". */
const char *cli_size_text(uint64_t bytes, char out[24]);

#endif
