#include "decode/value.h"

#include "base/bytes.h"
#include "base/text.h"

enum {
    FAMILY_IPV4 = 2,
    FAMILY_IPV6 = 23,
    SOCKET_IPV4_SIZE = 8,
    SOCKET_IPV6_SIZE = 24,
    SOCKET_IPV6_SCOPE_SIZE = 28,
};

bool etwi_item_integer(const etw_item *item, uint64_t *out, bool *is_signed)
{
    const uint8_t *data = item->data.data;
    *is_signed = false;
    switch (item->in_type) {
    case ETW_IN_INT8:
    case ETW_IN_INT16:
    case ETW_IN_INT32:
    case ETW_IN_INT64:
        *is_signed = true;
        break;
    case ETW_IN_UINT8:
    case ETW_IN_UINT16:
    case ETW_IN_UINT32:
    case ETW_IN_UINT64:
    case ETW_IN_BOOLEAN:
    case ETW_IN_POINTER:
    case ETW_IN_SIZE_T:
    case ETW_IN_FILETIME:
    case ETW_IN_HEX_INT32:
    case ETW_IN_HEX_INT64:
    case ETW_IN_UNICODE_CHAR:
    case ETW_IN_ANSI_CHAR:
        break;
    default:
        return false;
    }
    switch (item->data.size) {
    case 1:
        *out = *is_signed ? (uint64_t)(int64_t)(int8_t)data[0] : data[0];
        return true;
    case 2:
        *out = *is_signed ? (uint64_t)(int64_t)(int16_t)etwi_load_u16(data) : etwi_load_u16(data);
        return true;
    case 4:
        *out = *is_signed ? (uint64_t)(int64_t)(int32_t)etwi_load_u32(data) : etwi_load_u32(data);
        return true;
    case 8:
        *out = etwi_load_u64(data);
        return true;
    default:
        return false;
    }
}

/* ------------------------------------------------------------------------------- maps */

static const etw_map_entry *find_in_map(const etw_map *map, uint64_t value)
{
    uint32_t low = 0, high = map->entry_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (map->entries[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < map->entry_count && map->entries[low].value == value ? &map->entries[low] : NULL;
}

bool etwi_bitmap_next(const etw_map *map, uint32_t *position, uint64_t *rest, etw_str *name)
{
    while (*position < map->entry_count) {
        const etw_map_entry *entry = &map->entries[(*position)++];
        if (entry->value && (*rest & entry->value) == entry->value) {
            *rest &= ~entry->value;
            *name = entry->text;
            return true;
        }
    }
    return false;
}

/* A number that its map can name. False if it has no name; then it is shown as a number. */
static bool map_value(etwi_value *value, const etw_map *map, uint64_t number)
{
    const etw_map_entry *entry = find_in_map(map, number);
    if (entry) {
        value->shape = ETWI_SHAPE_MAPPED;
        value->bytes.data = (const uint8_t *)entry->text.data;
        value->bytes.size = entry->text.size;
        return true;
    }
    if (!map->is_bitmap || !number)
        return false;
    uint32_t position = 0;
    uint64_t rest = number;
    etw_str name;
    if (!etwi_bitmap_next(map, &position, &rest, &name))
        return false;
    value->shape = ETWI_SHAPE_BITMAP;
    value->number = number;
    value->map = map;
    return true;
}

/* ------------------------------------------------------------------------------ shapes */

static bool is_string(unsigned in_type, etwi_shape *shape)
{
    switch (in_type) {
    case ETW_IN_UNICODE_STRING:
    case ETW_IN_MANIFEST_COUNTED_STRING:
    case ETW_IN_COUNTED_STRING:
    case ETW_IN_REVERSED_COUNTED_STRING:
    case ETW_IN_NON_NULL_TERMINATED_STRING:
        *shape = ETWI_SHAPE_UTF16;
        return true;
    case ETW_IN_ANSI_STRING:
    case ETW_IN_MANIFEST_COUNTED_ANSI_STRING:
    case ETW_IN_COUNTED_ANSI_STRING:
    case ETW_IN_REVERSED_COUNTED_ANSI_STRING:
    case ETW_IN_NON_NULL_TERMINATED_ANSI_STRING:
        *shape = ETWI_SHAPE_ANSI;
        return true;
    default:
        return false;
    }
}

static etwi_shape shape_of_binary(const etw_item *item)
{
    const etw_bytes data = item->data;
    switch (item->out_type) {
    case ETW_OUT_IPV6:
        return data.size == 16 ? ETWI_SHAPE_IPV6 : ETWI_SHAPE_BINARY;
    case ETW_OUT_SOCKET_ADDRESS:
        if (data.size >= SOCKET_IPV4_SIZE && etwi_load_u16(data.data) == FAMILY_IPV4)
            return ETWI_SHAPE_SOCKET;
        if (data.size >= SOCKET_IPV6_SIZE && etwi_load_u16(data.data) == FAMILY_IPV6)
            return ETWI_SHAPE_SOCKET;
        return ETWI_SHAPE_BINARY;
    case ETW_OUT_STRING:
    case ETW_OUT_XML:
    case ETW_OUT_JSON:
    case ETW_OUT_UTF8:
        return ETWI_SHAPE_UTF8;
    default:
        return ETWI_SHAPE_BINARY;
    }
}

static uint64_t masked(uint64_t number, size_t size)
{
    return size < 8 ? number & (((uint64_t)1 << 8 * size) - 1) : number;
}

/* The number with a sign, also of an unsigned type. */
static uint64_t with_sign(uint64_t number, size_t size)
{
    if (size == 1)
        return (uint64_t)(int64_t)(int8_t)number;
    if (size == 2)
        return (uint64_t)(int64_t)(int16_t)number;
    return size == 4 ? (uint64_t)(int64_t)(int32_t)number : number;
}

/* An integer as its out-type wants it. */
static void set_integer(etwi_value *value, const etw_item *item, uint64_t number, bool is_signed)
{
    const size_t size = item->data.size;
    value->shape = is_signed ? ETWI_SHAPE_SIGNED : ETWI_SHAPE_UNSIGNED;
    value->number = number;
    value->is_64 = size == 8;
    switch (item->out_type) {
    case ETW_OUT_BYTE:
    case ETW_OUT_SHORT:
    case ETW_OUT_INT:
    case ETW_OUT_LONG:
        value->shape = ETWI_SHAPE_SIGNED;
        value->number = with_sign(number, size);
        break;
    case ETW_OUT_UNSIGNED_BYTE:
    case ETW_OUT_UNSIGNED_SHORT:
    case ETW_OUT_UNSIGNED_INT:
    case ETW_OUT_UNSIGNED_LONG:
    case ETW_OUT_PID:
    case ETW_OUT_TID:
        value->shape = ETWI_SHAPE_UNSIGNED;
        value->number = masked(number, size);
        break;
    case ETW_OUT_HEX_INT8:
    case ETW_OUT_HEX_INT16:
    case ETW_OUT_HEX_INT32:
    case ETW_OUT_HEX_INT64:
        value->shape = ETWI_SHAPE_HEX;
        value->number = masked(number, size);
        break;
    case ETW_OUT_ERROR_CODE:
    case ETW_OUT_WIN32_ERROR:
    case ETW_OUT_NTSTATUS:
    case ETW_OUT_HRESULT:
        value->shape = ETWI_SHAPE_HEX_FIXED;
        value->number = masked(number, size);
        value->digits = value->number > UINT32_MAX ? 16 : 8;
        break;
    case ETW_OUT_CODE_POINTER:
        value->shape = ETWI_SHAPE_HEX_FIXED;
        value->number = masked(number, size);
        value->digits = (unsigned)(2 * size);
        break;
    case ETW_OUT_BOOLEAN:
        value->shape = ETWI_SHAPE_BOOLEAN;
        value->number = number != 0;
        break;
    case ETW_OUT_PORT:
        value->shape = ETWI_SHAPE_UNSIGNED;
        value->number = etwi_load_u16be(item->data.data);
        break;
    case ETW_OUT_IPV4:
        value->shape = ETWI_SHAPE_IPV4;
        break;
    case ETW_OUT_STRING:
    case ETW_OUT_REDUCED_STRING:
        value->shape = size == 2 ? ETWI_SHAPE_UTF16 : size == 1 ? ETWI_SHAPE_ANSI : value->shape;
        break;
    case ETW_OUT_DATETIME:
    case ETW_OUT_DATETIME_UTC:
    case ETW_OUT_CULTURE_INSENSITIVE_DATETIME:
        value->shape = ETWI_SHAPE_TIME;
        break;
    case ETW_OUT_ETW_TIME:
        value->shape = ETWI_SHAPE_TIME;
        value->number = etw_clock_filetime(&item->event->trace->clock, (int64_t)number);
        break;
    }
}

static void set_real(etwi_value *value, const etw_item *item)
{
    if (item->in_type == ETW_IN_FLOAT) {
        const uint32_t bits = etwi_load_u32(item->data.data);
        float real;
        memcpy(&real, &bits, sizeof real);
        value->shape = ETWI_SHAPE_FLOAT;
        value->real = (double)real;
    } else {
        const uint64_t bits = etwi_load_u64(item->data.data);
        memcpy(&value->real, &bits, sizeof value->real);
        value->shape = ETWI_SHAPE_DOUBLE;
    }
}

etwi_value etwi_value_of(const etw_item *item, bool raw_values)
{
    etwi_value value = {ETWI_SHAPE_BINARY, 0, 0, 0, item->data, NULL, false};
    uint64_t number;
    bool is_signed;
    if (item->out_type == ETW_OUT_NO_PRINT) {
        value.shape = ETWI_SHAPE_NONE;
        return value;
    }
    if (is_string(item->in_type, &value.shape)) {
        const bool declared_utf8 = item->out_type == ETW_OUT_UTF8 ||
                                   item->out_type == ETW_OUT_JSON || item->out_type == ETW_OUT_XML;
        if (value.shape == ETWI_SHAPE_ANSI && declared_utf8)
            value.shape = ETWI_SHAPE_UTF8;
        return value;
    }
    switch (item->in_type) {
    case ETW_IN_FLOAT:
    case ETW_IN_DOUBLE:
        set_real(&value, item);
        return value;
    case ETW_IN_GUID:
        value.shape = ETWI_SHAPE_GUID;
        return value;
    case ETW_IN_SID:
    case ETW_IN_WBEM_SID:
        value.shape = ETWI_SHAPE_SID;
        return value;
    case ETW_IN_SYSTEMTIME:
        value.shape = ETWI_SHAPE_SYSTEMTIME;
        return value;
    default:
        break;
    }
    if (!etwi_item_integer(item, &number, &is_signed)) {
        value.shape = shape_of_binary(item);
        return value;
    }
    const etw_map *map = item->property ? item->property->map : NULL;
    if (!map || raw_values || !map_value(&value, map, masked(number, item->data.size)))
        set_integer(&value, item, number, is_signed);
    return value;
}

/* -------------------------------------------------------------------------------- text */

static char *text_literal(char *out, const char *text)
{
    const size_t size = strlen(text);
    memcpy(out, text, size);
    return out + size;
}

/* The authority is decimal up to 32 bits and hexadecimal above, as Windows writes it. */
static char *text_sid(char *out, etw_bytes sid)
{
    if (!sid.size)
        return out;
    const uint8_t *at = sid.data;
    const uint64_t authority = (uint64_t)etwi_load_u16be(at + 2) << 32 | etwi_load_u32be(at + 4);
    out = text_literal(out, "S-");
    out = etwi_text_u64(out, at[0]);
    *out++ = '-';
    out =
        authority >> 32 ? etwi_text_hex_padded(out, authority, 12) : etwi_text_u64(out, authority);
    for (unsigned i = 0; i < at[1]; i++) {
        *out++ = '-';
        out = etwi_text_u64(out, etwi_load_u32(at + 8 + 4 * i));
    }
    return out;
}

static char *text_ipv4(char *out, const uint8_t *at)
{
    for (int i = 0; i < 4; i++) {
        if (i)
            *out++ = '.';
        out = etwi_text_u64(out, at[i]);
    }
    return out;
}

static char *text_hex_group(char *out, unsigned value)
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned shift = 12;
    while (shift && !(value >> shift))
        shift -= 4;
    for (;; shift -= 4) {
        *out++ = DIGITS[value >> shift & 15];
        if (!shift)
            return out;
    }
}

/* Finds the longest run of at least two zero groups, the first one of equals. */
static void longest_zeros(const uint8_t *at, int *start, int *length)
{
    *start = -1;
    *length = 1;
    for (int i = 0; i < 8;) {
        int end = i;
        while (end < 8 && !etwi_load_u16be(at + 2 * end))
            end++;
        if (end - i > *length) {
            *start = i;
            *length = end - i;
        }
        i = end > i ? end : i + 1;
    }
}

/* RFC 5952. */
static char *text_ipv6(char *out, const uint8_t *at)
{
    static const uint8_t MAPPED[12] = {[10] = 0xFF, [11] = 0xFF};
    if (memcmp(at, MAPPED, sizeof MAPPED) == 0)
        return text_ipv4(text_literal(out, "::ffff:"), at + 12);
    int start, length;
    longest_zeros(at, &start, &length);
    for (int i = 0; i < 8;) {
        if (i == start) {
            out = text_literal(out, "::");
            i += length;
            continue;
        }
        /* Behind the run of zeros its two colons stand already. */
        if (i && i != start + length)
            *out++ = ':';
        out = text_hex_group(out, etwi_load_u16be(at + 2 * i));
        i++;
    }
    return out;
}

static char *text_socket(char *out, etw_bytes address)
{
    const uint8_t *at = address.data;
    const unsigned port = etwi_load_u16be(at + 2);
    if (etwi_load_u16(at) == FAMILY_IPV4) {
        out = text_ipv4(out, at + 4);
    } else {
        *out++ = '[';
        out = text_ipv6(out, at + 8);
        const uint32_t scope = address.size >= SOCKET_IPV6_SCOPE_SIZE ? etwi_load_u32(at + 24) : 0;
        if (scope) {
            *out++ = '%';
            out = etwi_text_u64(out, scope);
        }
        *out++ = ']';
    }
    *out++ = ':';
    return etwi_text_u64(out, port);
}

/* Fields as they are: a SYSTEMTIME need not be a date. */
static char *text_systemtime(char *out, const uint8_t *at)
{
    static const struct {
        uint8_t offset, digits;
        char before;
    } FIELDS[] = {{0, 4, 0},    {2, 2, '-'},  {6, 2, '-'}, {8, 2, 'T'},
                  {10, 2, ':'}, {12, 2, ':'}, {14, 3, '.'}};
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        const unsigned number = etwi_load_u16(at + FIELDS[i].offset);
        if (FIELDS[i].before)
            *out++ = FIELDS[i].before;
        unsigned digits = FIELDS[i].digits;
        for (unsigned limit = digits == 4   ? 10000
                              : digits == 3 ? 1000
                                            : 100;
             number >= limit; limit *= 10)
            digits++;
        out = etwi_text_padded(out, number, digits);
    }
    return text_literal(out, "0000Z");
}

static char *text_time(char *out, uint64_t filetime)
{
    char text[ETW_TIME_TEXT_SIZE];
    const size_t size = etw_time_format(filetime, text);
    memcpy(out, text, size);
    return out + size;
}

char *etwi_value_text(char *out, const etwi_value *value)
{
    switch (value->shape) {
    case ETWI_SHAPE_UNSIGNED:
        return etwi_text_u64(out, value->number);
    case ETWI_SHAPE_SIGNED:
        return etwi_text_i64(out, (int64_t)value->number);
    case ETWI_SHAPE_HEX:
        return etwi_text_hex(out, value->number);
    case ETWI_SHAPE_HEX_FIXED:
        return etwi_text_hex_padded(out, value->number, value->digits);
    case ETWI_SHAPE_BOOLEAN:
        return text_literal(out, value->number ? "true" : "false");
    case ETWI_SHAPE_FLOAT:
        return etwi_text_float(out, (float)value->real);
    case ETWI_SHAPE_DOUBLE:
        return etwi_text_double(out, value->real);
    case ETWI_SHAPE_TIME:
        return text_time(out, value->number);
    case ETWI_SHAPE_SYSTEMTIME:
        return text_systemtime(out, value->bytes.data);
    case ETWI_SHAPE_GUID: {
        const etw_guid guid = etwi_load_guid(value->bytes.data);
        return etwi_text_guid(out, &guid);
    }
    case ETWI_SHAPE_SID:
        return text_sid(out, value->bytes);
    case ETWI_SHAPE_IPV4:
        return text_ipv4(out, value->bytes.data);
    case ETWI_SHAPE_IPV6:
        return text_ipv6(out, value->bytes.data);
    case ETWI_SHAPE_SOCKET:
        return text_socket(out, value->bytes);
    default:
        return out;
    }
}
