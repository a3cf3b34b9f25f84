#include "sink/json_text.h"

#include "base/text.h"

/* The longest form of one character, `\u0000`, and of a pair of surrogates written as UTF-8. */
enum {
    CHARACTER_MAX = 6
};

static const char HEX_DIGITS[] = "0123456789ABCDEF";

static char *put_escape(char *out, uint32_t unit)
{
    *out++ = '\\';
    *out++ = 'u';
    *out++ = HEX_DIGITS[unit >> 12 & 15];
    *out++ = HEX_DIGITS[unit >> 8 & 15];
    *out++ = HEX_DIGITS[unit >> 4 & 15];
    *out++ = HEX_DIGITS[unit & 15];
    return out;
}

/* The short escapes of JSON, by control character; 0 where there is none. */
static char short_escape(uint32_t code_point)
{
    switch (code_point) {
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    case '"':
    case '\\':
        return (char)code_point;
    default:
        return 0;
    }
}

static char *put_ascii(char *out, uint32_t code_point)
{
    if (code_point >= 0x20 && code_point != '"' && code_point != '\\') {
        *out++ = (char)code_point;
        return out;
    }
    const char letter = short_escape(code_point);
    if (!letter)
        return put_escape(out, code_point);
    *out++ = '\\';
    *out++ = letter;
    return out;
}

static char *put_code_point(char *out, uint32_t code_point)
{
    if (code_point < 0x80)
        return put_ascii(out, code_point);
    if ((code_point & ~0x7FFu) == 0xD800)
        return put_escape(out, code_point);
    return etwi_text_utf8(out, code_point);
}

void etwi_json_utf16(etwi_buffer *out, etw_bytes text)
{
    if (!text.size)
        return;
    const uint8_t *at = text.data, *end = text.data + (text.size & ~(size_t)1);
    char *to = etwi_buffer_reserve(out, text.size / 2 * CHARACTER_MAX);
    if (!to)
        return;
    while (at < end) {
        /* Most text is ASCII without anything to escape. */
        if (!at[1] && at[0] >= 0x20 && at[0] < 0x80 && at[0] != '"' && at[0] != '\\') {
            *to++ = (char)at[0];
            at += 2;
            continue;
        }
        to = put_code_point(to, etwi_utf16_next(&at, end));
    }
    out->size = (size_t)(to - out->data);
}

void etwi_json_utf8(etwi_buffer *out, etw_bytes text)
{
    if (!text.size)
        return;
    const uint8_t *at = text.data, *end = text.data + text.size;
    char *to = etwi_buffer_reserve(out, text.size * CHARACTER_MAX);
    if (!to)
        return;
    while (at < end) {
        const uint32_t code_point = etwi_utf8_next(&at, end);
        to = put_code_point(to,
                            code_point & ETWI_BAD_UTF8 ? 0xDC00 + (code_point & 0xFF) : code_point);
    }
    out->size = (size_t)(to - out->data);
}

void etwi_json_ansi(etwi_buffer *out, etw_bytes text, const uint16_t *high)
{
    if (!text.size)
        return;
    char *to = etwi_buffer_reserve(out, text.size * CHARACTER_MAX);
    if (!to)
        return;
    for (size_t i = 0; i < text.size; i++)
        to = put_code_point(to, text.data[i] < 0x80 ? text.data[i] : high[text.data[i] - 0x80]);
    out->size = (size_t)(to - out->data);
}

void etwi_json_hex(etwi_buffer *out, etw_bytes data)
{
    char *to = etwi_buffer_reserve(out, 2 + 2 * data.size);
    if (!to)
        return;
    *to++ = '0';
    *to++ = 'x';
    out->size = (size_t)(etwi_text_hex_bytes(to, data.data, data.size) - out->data);
}

void etwi_json_string(etwi_buffer *out, etw_str text)
{
    const etw_bytes bytes = {(const uint8_t *)text.data, text.size};
    etwi_buffer_append_char(out, '"');
    etwi_json_utf8(out, bytes);
    etwi_buffer_append_char(out, '"');
}
