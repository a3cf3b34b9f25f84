#include "text.h"

#include <etw/time.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_text_free(cli_text *text)
{
    free(text->data);
    *text = (cli_text){0};
}

char *cli_text_reserve(cli_text *text, size_t size)
{
    if (text->capacity - text->size >= size && text->data)
        return text->data + text->size;
    size_t capacity = text->capacity ? text->capacity : 1024;
    while (capacity - text->size < size && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    char *data = capacity - text->size >= size ? realloc(text->data, capacity) : NULL;
    if (!data) {
        text->failed = true;
        return NULL;
    }
    text->data = data;
    text->capacity = capacity;
    return data + text->size;
}

void cli_text_add(cli_text *text, etw_str added)
{
    char *at = cli_text_reserve(text, added.size);
    if (!at || added.size == 0)
        return;
    memcpy(at, added.data, added.size);
    text->size += added.size;
}

void cli_text_add_z(cli_text *text, const char *added)
{
    cli_text_add(text, (etw_str){added, strlen(added)});
}

void cli_text_add_char(cli_text *text, char added)
{
    cli_text_add(text, (etw_str){&added, 1});
}

void cli_text_printf(cli_text *text, const char *format, ...)
{
    char small[256];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int size = vsnprintf(small, sizeof small, format, arguments);
    if (size >= 0 && (size_t)size < sizeof small) {
        cli_text_add(text, (etw_str){small, (size_t)size});
    } else if (size >= 0) {
        char *at = cli_text_reserve(text, (size_t)size + 1);
        if (at) {
            vsnprintf(at, (size_t)size + 1, format, again);
            text->size += (size_t)size;
        }
    }
    va_end(again);
    va_end(arguments);
}

void cli_text_add_time(cli_text *text, uint64_t filetime)
{
    char *at = cli_text_reserve(text, ETW_TIME_TEXT_SIZE);
    if (at)
        text->size += etw_time_format(filetime, at);
}

void cli_text_add_hex_bytes(cli_text *text, etw_bytes bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    char *at = cli_text_reserve(text, 2 + 2 * bytes.size);
    if (!at)
        return;
    *at++ = '0';
    *at++ = 'x';
    for (size_t i = 0; i < bytes.size; i++) {
        *at++ = digits[bytes.data[i] >> 4];
        *at++ = digits[bytes.data[i] & 15];
    }
    text->size += 2 + 2 * bytes.size;
}

void cli_text_add_seconds(cli_text *text, uint64_t ticks)
{
    cli_text_printf(text, "%" PRIu64 ".%07" PRIu64, ticks / ETW_TICKS_PER_SECOND,
                    ticks % ETW_TICKS_PER_SECOND);
}

void cli_text_add_guid(cli_text *text, const etw_guid *guid)
{
    char *at = cli_text_reserve(text, ETW_GUID_TEXT_SIZE);
    if (at)
        text->size += etw_guid_format(guid, ETW_GUID_UPPER | ETW_GUID_BRACES, at);
}

/* The length of the control character at `at`, also of C1 ones in UTF-8; 0 if it is none. */
static size_t control_size(const char *at, const char *end)
{
    const uint8_t first = (uint8_t)*at;
    if (first < 0x20 || first == 0x7F)
        return 1;
    if (first == 0xC2 && at + 1 < end && (uint8_t)at[1] < 0xA0)
        return 2;
    return 0;
}

static bool has_control(const char *at, const char *end)
{
    for (; at < end; at++)
        if (control_size(at, end))
            return true;
    return false;
}

static bool needs_quotes(const char *at, const char *end, bool nested)
{
    if (at == end || has_control(at, end))
        return true;
    for (; at < end; at++)
        if (*at == ' ' || *at == '"' || (nested && strchr("[]{},", *at)))
            return true;
    return false;
}

/* One control character, as JSON would escape it. */
static char *write_control(char *out, const char *at, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint8_t code = (uint8_t)at[size - 1];
    *out++ = '\\';
    if (code == '\n' || code == '\r' || code == '\t') {
        *out++ = (char)(code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
        return out;
    }
    *out++ = 'u';
    *out++ = '0';
    *out++ = '0';
    *out++ = digits[code >> 4];
    *out++ = digits[code & 15];
    return out;
}

/* Escapes what begins at `start`, in quotes or without. */
static void escape_from(cli_text *text, size_t start, bool quotes)
{
    const size_t size = text->size - start;
    // The escaped text is written behind the plain one and moved over it.
    char *out = cli_text_reserve(text, 6 * size + 2);
    if (!out)
        return;
    char *to = out;
    const char *at = text->data + start, *end = text->data + text->size;
    if (quotes)
        *to++ = '"';
    while (at < end) {
        const size_t control = control_size(at, end);
        if (control) {
            to = write_control(to, at, control);
            at += control;
            continue;
        }
        if (quotes && (*at == '"' || *at == '\\'))
            *to++ = '\\';
        *to++ = *at++;
    }
    if (quotes)
        *to++ = '"';
    memmove(text->data + start, out, (size_t)(to - out));
    text->size = start + (size_t)(to - out);
}

void cli_text_quote_from(cli_text *text, size_t start, bool nested)
{
    if (text->failed)
        return;
    if (text->size == start || needs_quotes(text->data + start, text->data + text->size, nested))
        escape_from(text, start, true);
}

void cli_text_clean_from(cli_text *text, size_t start)
{
    if (!text->failed && text->size > start &&
        has_control(text->data + start, text->data + text->size))
        escape_from(text, start, false);
}

void cli_text_csv_quote_from(cli_text *text, size_t start)
{
    const size_t size = text->size - start;
    bool special = false;
    size_t quotes = 0;
    for (size_t i = start; i < text->size; i++) {
        const char c = text->data[i];
        special = special || c == ',' || c == '\n' || c == '\r' || c == '"';
        quotes += c == '"';
    }
    if (!special || !cli_text_reserve(text, quotes + 2))
        return;
    // From the back to the front, so that no second buffer is needed.
    char *to = text->data + text->size + quotes + 2;
    *--to = '"';
    for (size_t i = size; i-- > 0;) {
        const char c = text->data[start + i];
        *--to = c;
        if (c == '"')
            *--to = '"';
    }
    *--to = '"';
    text->size += quotes + 2;
}

const char *cli_size_text(uint64_t bytes, char out[24])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1024;
    if (unit == 0)
        snprintf(out, 24, "%" PRIu64 " B", bytes);
    else
        snprintf(out, 24, "%.1f %s", value, units[unit]);
    return out;
}
