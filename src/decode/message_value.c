#include "base/bytes.h"
#include "base/text.h"
#include "decode/message.h"
#include "decode/status_codes.h"
#include "decode/value.h"
#include "schema/wpp.h"

#include <stdio.h>

enum {
    PIECE_SIZE = 1024,   /* Longest text that a width or a precision is applied to. */
    DIGITS_SIZE = 64,    /* Of an integer. */
    PRECISION_MAX = 100, /* Of floating-point numbers. */
    WIDTH_MAX = 255,
};

/* ------------------------------------------------------------------------------ padding */

static void put_repeated(etwi_message *out, char c, size_t count)
{
    while (count--)
        etwi_message_put(out, &c, 1);
}

static size_t missing(const etwi_insertion *how, size_t size)
{
    const size_t width = how->width < WIDTH_MAX ? how->width : WIDTH_MAX;
    return width > size ? width - size : 0;
}

/* A number: zeros go between its prefix (sign, 0x) and its digits. */
static void put_number(etwi_message *out, const etwi_insertion *how, const char *prefix,
                       etw_str digits)
{
    const size_t prefix_size = strlen(prefix);
    const size_t pad = missing(how, prefix_size + digits.size);
    const bool zeros = how->is_zero_padded && !how->is_left && how->precision < 0;
    if (!zeros && !how->is_left)
        put_repeated(out, ' ', pad);
    etwi_message_put(out, prefix, prefix_size);
    if (zeros)
        put_repeated(out, '0', pad);
    etwi_message_put_str(out, digits);
    if (how->is_left)
        put_repeated(out, ' ', pad);
}

/* How many bytes the first `characters` of UTF-8 have; `*count` becomes how many there were. */
static size_t prefix_of(const char *text, size_t size, size_t characters, size_t *count)
{
    size_t at = 0;
    *count = 0;
    while (at < size && *count < characters) {
        at++;
        while (at < size && ((uint8_t)text[at] & 0xC0) == 0x80)
            at++;
        ++*count;
    }
    return at;
}

static void put_text(etwi_message *out, const etwi_insertion *how, etw_str text)
{
    size_t count;
    const size_t limit = how->precision < 0 ? SIZE_MAX : (size_t)how->precision;
    text.size = prefix_of(text.data, text.size, limit, &count);
    const size_t pad = missing(how, count);
    if (!how->is_left)
        put_repeated(out, ' ', pad);
    etwi_message_put_str(out, text);
    if (how->is_left)
        put_repeated(out, ' ', pad);
}

/* -------------------------------------------------------------------------------- numbers */

static char *digits_of(char *end, uint64_t number, unsigned base, const char *digits)
{
    for (; number; number /= base)
        *--end = digits[number % base];
    return end;
}

static uint64_t masked(uint64_t number, size_t size)
{
    return size < 8 ? number & (((uint64_t)1 << 8 * size) - 1) : number;
}

static void put_character(etwi_message *out, const etwi_insertion *how, uint64_t number)
{
    char utf8[4];
    const uint32_t code_point = number < 0xD800 ? (uint32_t)number : 0xFFFD;
    const etw_str text = {utf8, (size_t)(etwi_text_utf8(utf8, code_point) - utf8)};
    put_text(out, how, text);
}

/* Signed as C would print it: what is shorter than an int keeps its own sign. */
static bool is_negative(uint64_t *number, size_t size, bool is_signed)
{
    int64_t value = (int64_t)*number;
    if (!is_signed && size == 4)
        value = (int32_t)*number;
    if (value >= 0 || (!is_signed && size < 4))
        return false;
    *number = 0 - (uint64_t)value;
    return true;
}

static void put_integer(etwi_message *out, const etw_item *item, const etwi_insertion *how,
                        uint64_t number, bool is_signed)
{
    char buffer[DIGITS_SIZE + PRECISION_MAX];
    char *const end = buffer + sizeof buffer;
    const size_t size = item->data.size;
    const char *prefix = "";
    size_t least = how->precision < 0 ? 1 : (size_t)how->precision;
    unsigned base = 10;
    bool is_upper = true;
    switch (how->conversion) {
    case 'p':
        base = 16;
        least = 2 * size;
        number = masked(number, size);
        break;
    case 'x':
    case 'X':
        base = 16;
        is_upper = how->conversion == 'X';
        number = masked(number, size);
        if (how->is_alternate && number)
            prefix = is_upper ? "0X" : "0x";
        break;
    case 'o':
        base = 8;
        number = masked(number, size);
        break;
    case 'u':
        number = masked(number, size);
        break;
    default:
        if (is_negative(&number, size, is_signed))
            prefix = "-";
        else
            prefix = how->has_sign ? "+" : how->has_space ? " " : "";
        break;
    }
    char *start = digits_of(end, number, base, is_upper ? "0123456789ABCDEF" : "0123456789abcdef");
    if (least > PRECISION_MAX)
        least = PRECISION_MAX;
    while ((size_t)(end - start) < least)
        *--start = '0';
    const etw_str digits = {start, (size_t)(end - start)};
    put_number(out, how, prefix, digits);
}

/* Prints with a point, whatever the locale of the program has instead of it. */
static void put_real(etwi_message *out, const etwi_insertion *how, double value)
{
    char text[512];
    const int wanted = how->precision < 0 ? 6 : how->precision;
    const int precision = wanted < PRECISION_MAX ? wanted : PRECISION_MAX;
    const double size = value < 0 ? -value : value;
    int length;
    switch (how->conversion) {
    case 'e':
        length = snprintf(text, sizeof text, "%.*e", precision, size);
        break;
    case 'E':
        length = snprintf(text, sizeof text, "%.*E", precision, size);
        break;
    case 'f':
        length = snprintf(text, sizeof text, "%.*f", precision, size);
        break;
    case 'G':
        length = snprintf(text, sizeof text, "%.*G", precision, size);
        break;
    default:
        length = snprintf(text, sizeof text, "%.*g", precision, size);
        break;
    }
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        const char c = text[i];
        if ((c >= '0' && c <= '9') || strchr("+-eEinfaINFA", c))
            text[used++] = c;
        else if (!used || text[used - 1] != '.')
            text[used++] = '.';
    }
    const etw_str digits = {text, used};
    etwi_insertion plain = *how;
    plain.precision = -1;
    put_number(out, &plain,
               value < 0        ? "-"
               : how->has_sign  ? "+"
               : how->has_space ? " "
                                : "",
               digits);
}

/* ------------------------------------------------------------------------------ items of WPP */

static void put_status(etwi_message *out, uint32_t number, bool is_hex, etw_str symbol)
{
    char text[32];
    const int size = is_hex ? snprintf(text, sizeof text, "0x%08x", (unsigned)number)
                            : snprintf(text, sizeof text, "%u", (unsigned)number);
    etwi_message_put(out, text, (size_t)size);
    if (!symbol.size)
        return;
    etwi_message_put(out, "(", 1);
    etwi_message_put_str(out, symbol);
    etwi_message_put(out, ")", 1);
}

static void put_delta(etwi_message *out, int64_t ticks)
{
    char text[48];
    const uint64_t size = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks;
    char *end = text;
    if (ticks < 0)
        *end++ = '-';
    end = etwi_text_u64(end, size / 10000000);
    *end++ = '.';
    end = etwi_text_padded(end, (uint32_t)(size / 10000 % 1000), 3);
    *end++ = 's';
    etwi_message_put(out, text, (size_t)(end - text));
}

/* The names of the bits; `*rest` becomes the bits without a name. */
static void put_names(etwi_message *out, const etw_map *map, uint64_t *rest, const char *separator)
{
    uint32_t position = 0;
    etw_str name;
    bool is_first = true;
    while (map && etwi_bitmap_next(map, &position, rest, &name)) {
        if (!is_first)
            etwi_message_put(out, separator, strlen(separator));
        etwi_message_put_str(out, name);
        is_first = false;
    }
}

static etw_str label_of(const etw_item *item)
{
    const etwi_value value = etwi_value_of(item, false);
    etw_str label = {NULL, 0};
    if (value.shape == ETWI_SHAPE_MAPPED) {
        label.data = (const char *)value.bytes.data;
        label.size = value.bytes.size;
    }
    return label;
}

/* The ways that only WPP has; true if the value was written. */
static bool put_wpp(etwi_message *out, const etw_item *item, uint64_t number)
{
    const uint32_t low = (uint32_t)number;
    const etw_str none = {NULL, 0};
    uint64_t rest = masked(number, item->data.size);
    char text[32];
    switch (etwi_wpp_show_of(item->property)) {
    case ETWI_WPP_NTSTATUS:
        put_status(out, low, true, etwi_ntstatus_symbol(low));
        return true;
    case ETWI_WPP_HRESULT:
        put_status(out, low, true, etwi_hresult_symbol(low));
        return true;
    case ETWI_WPP_WINERROR:
        put_status(out, low, false, etwi_win32_symbol(low));
        return true;
    case ETWI_WPP_HEX:
        put_status(out, low, true, none);
        return true;
    case ETWI_WPP_LIST:
        put_status(out, (uint32_t)rest, true, label_of(item));
        return true;
    case ETWI_WPP_SET:
        etwi_message_put(out, "[", 1);
        put_names(out, item->property->map, &rest, ",");
        etwi_message_put(out, "]", 1);
        return true;
    case ETWI_WPP_FLAGS:
        put_names(out, item->property->map, &rest, " | ");
        etwi_message_put(out, text, (size_t)snprintf(text, sizeof text, "(0x%x)", (unsigned)low));
        return true;
    case ETWI_WPP_DELTA:
        put_delta(out, (int64_t)number);
        return true;
    default:
        return false;
    }
}

/* ---------------------------------------------------------------------------------- values */

/* The text that the value has everywhere else. */
static void put_plain(etwi_message *out, const etw_item *item, const etwi_insertion *how)
{
    char piece[PIECE_SIZE];
    if (how->width || how->precision >= 0) {
        const size_t wanted = etw_item_text(item, out->format, piece, sizeof piece);
        const etw_str text = {piece, wanted < sizeof piece ? wanted : strlen(piece)};
        if (wanted < sizeof piece || how->precision >= 0) {
            put_text(out, how, text);
            return;
        }
    }
    if (out->is_cut) {
        out->wanted += etw_item_text(item, out->format, NULL, 0);
        return;
    }
    const size_t left = out->room - out->wanted;
    char none[1];
    char *at = out->data ? out->data + out->wanted : none;
    const size_t wanted = etw_item_text(item, out->format, at, out->data ? left + 1 : 0);
    out->is_cut = wanted > left;
    out->wanted += wanted;
}

void etwi_message_value(etwi_message *out, const etw_item *item, const etwi_insertion *how,
                        bool is_wpp)
{
    uint64_t number;
    double real;
    bool is_signed;
    etwi_insertion ours = *how;
    const bool is_integer = etwi_item_integer(item, &number, &is_signed);
    const bool is_text = how->conversion == 's' || how->conversion == 'S';
    if (is_wpp && etwi_wpp_show_of(item->property) == ETWI_WPP_HIDDEN)
        return;
    if (is_wpp && is_text && is_integer && put_wpp(out, item, number))
        return;
    if (is_wpp && is_text && item->in_type == ETW_IN_POINTER)
        ours.conversion = 'p';
    if (is_integer && strchr("diouxXp", ours.conversion)) {
        put_integer(out, item, &ours, number, is_signed);
    } else if (is_integer && (how->conversion == 'c' || how->conversion == 'C')) {
        put_character(out, how, masked(number, item->data.size));
    } else if (etw_item_double(item, &real) == ETW_OK &&
               (is_wpp || strchr("eEfgG", how->conversion))) {
        put_real(out, how, real);
    } else {
        put_plain(out, item, how);
    }
}
