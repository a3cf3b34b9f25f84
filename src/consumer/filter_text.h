/*
 * Texts of events, character by character whatever they are stored in, and the patterns that a
 * filter compares them with. Nothing here allocates; patterns are made by filter_build.c.
 */
#ifndef ETWI_CONSUMER_FILTER_TEXT_H
#define ETWI_CONSUMER_FILTER_TEXT_H

#include <etw/base.h>

#define ETWI_CHARS_END UINT32_MAX

enum {
    ETWI_CHARS_PIECES = 3,
};

typedef enum etwi_encoding {
    ETWI_ENCODING_UTF8,
    ETWI_ENCODING_UTF16,
    ETWI_ENCODING_ANSI,
    ETWI_ENCODING_BINARY, /* Bytes as "0x" and upper-case digits. */
} etwi_encoding;

/* A text that is being read; a copy reads it again. */
typedef struct etwi_chars {
    const uint8_t *at, *end;
    const uint16_t *high; /* Of ANSI. */
    etwi_encoding encoding;
    unsigned digit; /* Of binary: what comes next, '0', 'x', high digit or low digit. */
    unsigned piece_count;
    etw_str pieces[ETWI_CHARS_PIECES - 1]; /* UTF-8 that follows. */
} etwi_chars;

etwi_chars etwi_chars_utf8(etw_str text);
etwi_chars etwi_chars_utf16(etw_bytes text);
etwi_chars etwi_chars_ansi(etw_bytes text, unsigned code_page);
etwi_chars etwi_chars_binary(etw_bytes data);

/* Continues a UTF-8 text with another one. At most ETWI_CHARS_PIECES in all. */
void etwi_chars_append(etwi_chars *chars, etw_str text);

/* The next code point, or ETWI_CHARS_END. What is malformed comes as in etw_item_text(). */
uint32_t etwi_chars_next(etwi_chars *chars);

typedef enum etwi_pattern_kind {
    ETWI_PATTERN_EQUAL,
    ETWI_PATTERN_CONTAINS,
    ETWI_PATTERN_STARTS,
    ETWI_PATTERN_ENDS,
    ETWI_PATTERN_GLOB,
    ETWI_PATTERN_REGEX,
} etwi_pattern_kind;

struct etwi_regex;

typedef struct etwi_pattern {
    etwi_pattern_kind kind;
    bool ignore_case; /* `characters` are in upper case. */
    uint32_t size;
    const uint32_t *characters; /* Code points. */
    /* Of CONTAINS and ENDS: the length of the longest border of each prefix (Knuth, Morris,
     * Pratt), so that every character is looked at once. */
    const uint32_t *borders;
    const struct etwi_regex *regex;
} etwi_pattern;

bool etwi_pattern_matches(const etwi_pattern *pattern, etwi_chars text);

/* How the text compares with the characters of the pattern, by code points: negative, 0, positive.
 */
int etwi_pattern_compare(const etwi_pattern *pattern, etwi_chars text);

/* Fills in borders for `size` characters. */
void etwi_pattern_borders(const uint32_t *characters, uint32_t size, uint32_t *borders);

#endif
