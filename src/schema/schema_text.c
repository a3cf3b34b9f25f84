#include "schema/schema_text.h"

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/text.h"

#include <string.h>

enum {
    REPLACEMENT = 0xFFFD,
};

static size_t utf8_size(uint32_t code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

static uint32_t next_utf16(const uint8_t **at, const uint8_t *end)
{
    const uint32_t code_point = etwi_utf16_next(at, end);
    return (code_point & ~0x7FFu) == 0xD800 ? (uint32_t)REPLACEMENT : code_point;
}

static uint32_t next_utf8(const uint8_t **at, const uint8_t *end)
{
    const uint32_t code_point = etwi_utf8_next(at, end);
    return code_point & ETWI_BAD_UTF8 ? (uint32_t)REPLACEMENT : code_point;
}

typedef uint32_t (*next_function)(const uint8_t **at, const uint8_t *end);

/* Whether text in units of 1 or 2 bytes is ASCII, as most is. */
static ETWI_INLINE bool is_ascii(etw_bytes text, size_t unit)
{
    unsigned bits = 0;
    for (size_t i = 0; i < text.size; i += unit)
        bits |= unit == 2 ? etwi_load_u16(text.data + i) : text.data[i];
    return bits < 0x80;
}

static ETWI_INLINE bool copy_ascii(etwi_arena *arena, etw_str *out, etw_bytes text, size_t unit)
{
    const size_t size = text.size / unit;
    char *copy = etwi_arena_alloc(arena, size + 1);
    if (!copy)
        return false;
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)text.data[unit * i];
    copy[size] = '\0';
    *out = (etw_str){copy, size};
    return true;
}

/* Measures first: an arena cannot give back what a guess took too much. */
static bool copy_text(etwi_arena *arena, etw_str *out, etw_bytes text, next_function next)
{
    size_t size = 0;
    const uint8_t *const end = text.size ? text.data + text.size : text.data;
    for (const uint8_t *at = text.data; at < end;)
        size += utf8_size(next(&at, end));

    char *copy = etwi_arena_alloc(arena, size + 1);
    if (!copy)
        return false;
    char *write = copy;
    for (const uint8_t *at = text.data; at < end;)
        write = etwi_text_utf8(write, next(&at, end));
    *write = '\0';
    out->data = copy;
    out->size = size;
    return true;
}

static bool is_blank(unsigned unit)
{
    return unit == ' ' || unit == '\t' || unit == '\r' || unit == '\n';
}

bool etwi_schema_text_utf16(etwi_arena *arena, etw_str *out, etw_bytes text)
{
    text.size &= ~(size_t)1;
    while (text.size && !text.data[text.size - 1] && is_blank(text.data[text.size - 2]))
        text.size -= 2;
    return is_ascii(text, 2) ? copy_ascii(arena, out, text, 2)
                             : copy_text(arena, out, text, next_utf16);
}

bool etwi_schema_text_utf8(etwi_arena *arena, etw_str *out, etw_str text)
{
    const etw_bytes bytes = {(const uint8_t *)text.data, text.size};
    return is_ascii(bytes, 1) ? copy_ascii(arena, out, bytes, 1)
                              : copy_text(arena, out, bytes, next_utf8);
}
