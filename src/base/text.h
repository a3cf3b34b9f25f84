/*
 * Numbers, GUIDs and encodings as text. All writers return the end of what they wrote; up to the
 * maximum that is stated for them, memory behind that end may hold anything afterwards.
 */
#ifndef ETWI_BASE_TEXT_H
#define ETWI_BASE_TEXT_H

#include <etw/base.h>
#include <etw/guid.h>

enum {
    ETWI_U64_TEXT_MAX = 20,
    ETWI_HEX_TEXT_MAX = 18,
    ETWI_DOUBLE_TEXT_MAX = 32,
};

/* Decimal, at most ETWI_U64_TEXT_MAX characters; one more for the sign of etwi_text_i64(). */
char *etwi_text_u64(char *out, uint64_t value);
char *etwi_text_i64(char *out, int64_t value);

/* Exactly `digits` decimal digits, with leading zeros. */
char *etwi_text_padded(char *out, uint32_t value, unsigned digits);

/* "0x" and upper-case digits without leading zeros, at most ETWI_HEX_TEXT_MAX characters. */
char *etwi_text_hex(char *out, uint64_t value);

/* "0x" and exactly `digits` upper-case digits, of 1 to 16; there is room for 16. */
char *etwi_text_hex_padded(char *out, uint64_t value, unsigned digits);

/* Two upper-case digits a byte, no prefix. */
char *etwi_text_hex_bytes(char *out, const uint8_t *data, size_t size);

/* "{…}" in upper case: 38 characters. */
char *etwi_text_guid(char *out, const etw_guid *guid);

/*
 * The shortest text that reads back as the same number, with a point and never a comma; "NaN",
 * "Infinity" and "-Infinity" for what is no number. At most ETWI_DOUBLE_TEXT_MAX characters.
 */
char *etwi_text_double(char *out, double value);
char *etwi_text_float(char *out, float value);

/* Writes one code point as UTF-8, at most 4 bytes. */
char *etwi_text_utf8(char *out, uint32_t code_point);

/*
 * One code point of UTF-16LE at `*at`, which moves on. A lone surrogate is returned as itself.
 * The caller guarantees at least two bytes.
 */
uint32_t etwi_utf16_next(const uint8_t **at, const uint8_t *end);

/*
 * One code point of UTF-8 at `*at`, which moves on. A byte that starts no well-formed sequence
 * moves on by one and returns ETWI_BAD_UTF8 | the byte.
 */
#define ETWI_BAD_UTF8 0x80000000u
uint32_t etwi_utf8_next(const uint8_t **at, const uint8_t *end);

#endif
