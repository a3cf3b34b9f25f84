#include "schema/schema_text.h"

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
    return copy_text(arena, out, text, next_utf16);
}

bool etwi_schema_text_utf8(etwi_arena *arena, etw_str *out, etw_str text)
{
    const etw_bytes bytes = {(const uint8_t *)text.data, text.size};
    return copy_text(arena, out, bytes, next_utf8);
}
