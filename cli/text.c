#include "text.h"

#include <etw/time.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    U64_TEXT_MAX = 20,
    FRACTION_DIGITS = 7
};

void cli_text_free(cli_text *text)
{
    free(text->data);
    *text = (cli_text){0};
}

char *cli_text_grow(cli_text *text, size_t size)
{
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

void cli_text_add_blanks(cli_text *text, size_t count)
{
    char *at = cli_text_reserve(text, count);
    if (!at)
        return;
    memset(at, ' ', count);
    text->size += count;
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

/* ----------------------------------------------------------------------------- numbers */

void cli_text_add_u64(cli_text *text, uint64_t value)
{
    char *at = cli_text_reserve(text, U64_TEXT_MAX);
    if (!at)
        return;
    // Most numbers of headers are small.
    if (value < 10) {
        *at = (char)('0' + value);
        text->size++;
        return;
    }
    char digits[U64_TEXT_MAX], *begin = digits + sizeof digits;
    for (; value; value /= 10)
        *--begin = (char)('0' + value % 10);
    const size_t size = (size_t)(digits + sizeof digits - begin);
    memcpy(at, begin, size);
    text->size += size;
}

void cli_text_add_hex(cli_text *text, uint64_t value, unsigned digits)
{
    static const char names[] = "0123456789ABCDEF";
    char *at = cli_text_reserve(text, 2 + digits);
    if (!at)
        return;
    at[0] = '0';
    at[1] = 'x';
    for (unsigned i = digits; i > 0; i--, value >>= 4)
        at[1 + i] = names[value & 15];
    text->size += 2 + digits;
}

/* ------------------------------------------------------------------------------- times */

void cli_text_add_time(cli_text *text, uint64_t filetime)
{
    char *at = cli_text_reserve(text, ETW_TIME_TEXT_SIZE);
    if (at)
        text->size += etw_time_format(filetime, at);
}

void cli_text_add_next_time(cli_text *text, cli_clock *clock, uint64_t filetime)
{
    const uint64_t second = filetime / ETW_TICKS_PER_SECOND + 1;
    char *at = cli_text_reserve(text, sizeof clock->text + FRACTION_DIGITS + 1);
    if (!at)
        return;
    if (clock->second != second) {
        char whole[ETW_TIME_TEXT_SIZE];
        clock->second = second;
        clock->size = etw_time_format(filetime, whole) - FRACTION_DIGITS - 1;
        memcpy(clock->text, whole, clock->size);
    }
    // The whole array is copied, because a size that is known is a few instructions.
    memcpy(at, clock->text, sizeof clock->text);
    at += clock->size;
    uint32_t fraction = (uint32_t)(filetime % ETW_TICKS_PER_SECOND);
    for (unsigned i = FRACTION_DIGITS; i-- > 0; fraction /= 10)
        at[i] = (char)('0' + fraction % 10);
    at[FRACTION_DIGITS] = 'Z';
    text->size += clock->size + FRACTION_DIGITS + 1;
}

void cli_text_add_seconds(cli_text *text, uint64_t ticks)
{
    cli_text_printf(text, "%" PRIu64 ".%07" PRIu64, ticks / ETW_TICKS_PER_SECOND,
                    ticks % ETW_TICKS_PER_SECOND);
}

/* ------------------------------------------------------------------------------ others */

void cli_text_add_guid(cli_text *text, const etw_guid *guid)
{
    char *at = cli_text_reserve(text, ETW_GUID_TEXT_SIZE);
    if (at)
        text->size += etw_guid_format(guid, ETW_GUID_UPPER | ETW_GUID_BRACES, at);
}

size_t cli_text_width_from(const cli_text *text, size_t start)
{
    size_t width = 0;
    for (size_t i = start; i < text->size; i++)
        width += ((uint8_t)text->data[i] & 0xC0) != 0x80;
    return width;
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
