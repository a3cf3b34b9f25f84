/* Typed getters of an item, and its text. */
#include "base/bytes.h"
#include "base/text.h"
#include "decode/codepage.h"
#include "decode/value.h"

etw_status etw_item_u64(const etw_item *item, uint64_t *out)
{
    uint64_t number;
    bool is_signed;
    if (item->kind != ETW_ITEM_VALUE || !etwi_item_integer(item, &number, &is_signed))
        return ETW_E_TYPE;
    if (is_signed && (int64_t)number < 0)
        return ETW_E_RANGE;
    *out = number;
    return ETW_OK;
}

etw_status etw_item_i64(const etw_item *item, int64_t *out)
{
    uint64_t number;
    bool is_signed;
    if (item->kind != ETW_ITEM_VALUE || !etwi_item_integer(item, &number, &is_signed))
        return ETW_E_TYPE;
    if (!is_signed && number > INT64_MAX)
        return ETW_E_RANGE;
    *out = (int64_t)number;
    return ETW_OK;
}

etw_status etw_item_double(const etw_item *item, double *out)
{
    if (item->kind != ETW_ITEM_VALUE ||
        (item->in_type != ETW_IN_FLOAT && item->in_type != ETW_IN_DOUBLE))
        return ETW_E_TYPE;
    etw_item shown = *item;
    shown.out_type = ETW_OUT_NULL; /* Hidden values are values still. */
    *out = etwi_value_of(&shown, true).real;
    return ETW_OK;
}

etw_status etw_item_bool(const etw_item *item, bool *out)
{
    uint64_t number;
    bool is_signed;
    if (item->kind != ETW_ITEM_VALUE || !etwi_item_integer(item, &number, &is_signed))
        return ETW_E_TYPE;
    *out = number != 0;
    return ETW_OK;
}

etw_status etw_item_guid(const etw_item *item, etw_guid *out)
{
    if (item->kind != ETW_ITEM_VALUE || item->in_type != ETW_IN_GUID || item->data.size != 16)
        return ETW_E_TYPE;
    *out = etwi_load_guid(item->data.data);
    return ETW_OK;
}

/* Days from 1601-01-01 to a date of the proleptic Gregorian calendar; the inverse of
 * etw_calendar_from_filetime(). */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
    const unsigned shifted = year - (month <= 2);
    const unsigned era = shifted / 400;
    const unsigned year_of_era = shifted - era * 400;
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (uint64_t)era * 146097 + day_of_era - 584694;
}

static etw_status filetime_of_systemtime(const uint8_t *at, uint64_t *out)
{
    enum {
        YEAR_MAX = 30827 /* Of a SYSTEMTIME on Windows; a FILETIME ends in 60056. */
    };
    static const uint8_t DAYS[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const unsigned year = etwi_load_u16(at), month = etwi_load_u16(at + 2);
    const unsigned day = etwi_load_u16(at + 6), hour = etwi_load_u16(at + 8);
    const unsigned minute = etwi_load_u16(at + 10), second = etwi_load_u16(at + 12);
    const unsigned milliseconds = etwi_load_u16(at + 14);
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1601 || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > DAYS[month - 1] || (month == 2 && day == 29 && !is_leap) || hour > 23 ||
        minute > 59 || second > 59 || milliseconds > 999)
        return ETW_E_RANGE;
    const uint64_t seconds =
        days_of(year, month, day) * 86400 + hour * 3600u + minute * 60u + second;
    *out = seconds * ETW_TICKS_PER_SECOND + milliseconds * 10000u;
    return ETW_OK;
}

etw_status etw_item_filetime(const etw_item *item, uint64_t *out)
{
    if (item->kind != ETW_ITEM_VALUE)
        return ETW_E_TYPE;
    if (item->in_type == ETW_IN_FILETIME)
        return etw_item_u64(item, out);
    if (item->in_type == ETW_IN_SYSTEMTIME)
        return filetime_of_systemtime(item->data.data, out);
    const etwi_value value = etwi_value_of(item, true);
    if (value.shape != ETWI_SHAPE_TIME)
        return ETW_E_TYPE;
    *out = value.number;
    return ETW_OK;
}

/* ----------------------------------------------------------------------------------- text */

/* Output that counts what it has no room for. */
typedef struct output {
    char *data;
    size_t room; /* Without the terminating zero. */
    size_t used;
    size_t wanted;
} output;

/* Where `size` bytes can be written at once, or NULL: then they go piece by piece. */
static char *room_for(const output *out, size_t size)
{
    const bool fits = size && out->used == out->wanted && size <= out->room - out->used;
    return fits ? out->data + out->used : NULL;
}

static void advance(output *out, const char *end)
{
    out->wanted = out->used = (size_t)(end - out->data);
}

/* Pieces are whole characters, so a cut never falls inside of one. */
static void put(output *out, const char *piece, size_t size)
{
    if (size && out->used == out->wanted && size <= out->room - out->used) {
        memcpy(out->data + out->used, piece, size);
        out->used += size;
    }
    out->wanted += size;
}

static void put_code_point(output *out, uint32_t code_point)
{
    char piece[8];
    if ((code_point & ~0x7FFu) == 0xD800) {
        static const char DIGITS[] = "0123456789ABCDEF";
        const char escape[] = {'\\',
                               'u',
                               DIGITS[code_point >> 12 & 15],
                               DIGITS[code_point >> 8 & 15],
                               DIGITS[code_point >> 4 & 15],
                               DIGITS[code_point & 15]};
        put(out, escape, sizeof escape);
        return;
    }
    put(out, piece, (size_t)(etwi_text_utf8(piece, code_point) - piece));
}

static void put_utf16(output *out, etw_bytes text)
{
    if (!text.size)
        return;
    const uint8_t *at = text.data, *end = text.data + (text.size & ~(size_t)1);
    /* Most texts are ASCII. */
    char *to = room_for(out, text.size / 2);
    if (to) {
        for (; at < end && at[0] < 0x80 && at[1] == 0; at += 2)
            *to++ = (char)at[0];
        advance(out, to);
    }
    while (at < end)
        put_code_point(out, etwi_utf16_next(&at, end));
}

/* Copies the ASCII that a text begins with; returns its size. */
static size_t put_ascii(output *out, etw_bytes text)
{
    size_t size = 0;
    char *to = room_for(out, text.size);
    if (!to)
        return 0;
    for (; size < text.size && text.data[size] < 0x80; size++)
        to[size] = (char)text.data[size];
    advance(out, to + size);
    return size;
}

static void put_utf8(output *out, etw_bytes text)
{
    if (!text.size)
        return;
    const uint8_t *at = text.data + put_ascii(out, text), *end = text.data + text.size;
    while (at < end) {
        const uint32_t code_point = etwi_utf8_next(&at, end);
        put_code_point(out, code_point & ETWI_BAD_UTF8 ? 0xDC00 + (code_point & 0xFF) : code_point);
    }
}

static void put_ansi(output *out, etw_bytes text, unsigned code_page)
{
    const uint16_t *high = etwi_code_page_high_half(code_page);
    if (!high) {
        put_utf8(out, text);
        return;
    }
    for (size_t i = put_ascii(out, text); i < text.size; i++)
        put_code_point(out, text.data[i] < 0x80 ? text.data[i] : high[text.data[i] - 0x80]);
}

static void put_binary(output *out, etw_bytes data)
{
    put(out, "0x", 2);
    char *to = room_for(out, 2 * data.size);
    if (to) {
        advance(out, etwi_text_hex_bytes(to, data.data, data.size));
        return;
    }
    for (size_t i = 0; i < data.size; i++) {
        char digits[2];
        etwi_text_hex_bytes(digits, data.data + i, 1);
        put(out, digits, sizeof digits);
    }
}

static void put_bitmap(output *out, const etwi_value *value)
{
    uint32_t position = 0;
    uint64_t rest = value->number;
    etw_str name;
    const char *separator = "";
    while (etwi_bitmap_next(value->map, &position, &rest, &name)) {
        put(out, separator, strlen(separator));
        const etw_bytes text = {(const uint8_t *)name.data, name.size};
        put_utf8(out, text);
        separator = " | ";
    }
    if (rest) {
        char digits[ETWI_HEX_TEXT_MAX];
        put(out, separator, strlen(separator));
        put(out, digits, (size_t)(etwi_text_hex(digits, rest) - digits));
    }
}

static void put_value(output *out, const etwi_value *value, unsigned code_page)
{
    char text[ETWI_VALUE_TEXT_MAX], *to;
    switch (value->shape) {
    case ETWI_SHAPE_UTF16:
        put_utf16(out, value->bytes);
        break;
    case ETWI_SHAPE_ANSI:
        put_ansi(out, value->bytes, code_page);
        break;
    case ETWI_SHAPE_UTF8:
    case ETWI_SHAPE_MAPPED:
        put_utf8(out, value->bytes);
        break;
    case ETWI_SHAPE_BINARY:
        put_binary(out, value->bytes);
        break;
    case ETWI_SHAPE_BITMAP:
        put_bitmap(out, value);
        break;
    default:
        to = room_for(out, sizeof text);
        if (to)
            advance(out, etwi_value_text(to, value));
        else
            put(out, text, (size_t)(etwi_value_text(text, value) - text));
        break;
    }
}

size_t etw_item_text(const etw_item *item, const etw_format *format, char *out, size_t size)
{
    output text = {out, size ? size - 1 : 0, 0, 0};
    if (item->kind == ETW_ITEM_VALUE || item->kind == ETW_ITEM_REMAINDER) {
        const etwi_value value = etwi_value_of(item, format && format->raw_values);
        put_value(&text, &value, format ? format->code_page : 0);
    }
    if (size)
        out[text.used] = '\0';
    return text.wanted;
}
