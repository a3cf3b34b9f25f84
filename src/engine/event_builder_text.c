/* Fields of events from text: type names, and values of each type. */
#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

#include <etw/event_builder.h>

#include <float.h>
#include <math.h>
#include <string.h>

/* How the text of a value is read. */
typedef enum value_form {
    FORM_SIGNED,
    FORM_UNSIGNED,
    FORM_FLOAT,
    FORM_BOOLEAN,
    FORM_TEXT,
    FORM_TEXT16,
    FORM_CHARACTER,
    FORM_BINARY,
    FORM_GUID,
    FORM_FILETIME,
    FORM_SID,
    FORM_IPV4,
    FORM_IPV6,
    FORM_PORT,
} value_form;

typedef struct value_type {
    const char *name;
    uint8_t type, out;
    uint8_t form; /* A value_form. */
    uint8_t size; /* Bytes of a number. */
} value_type;

static const value_type TYPES[] = {
    {"i8", ETW_IN_INT8, 0, FORM_SIGNED, 1},
    {"i16", ETW_IN_INT16, 0, FORM_SIGNED, 2},
    {"i32", ETW_IN_INT32, 0, FORM_SIGNED, 4},
    {"i64", ETW_IN_INT64, 0, FORM_SIGNED, 8},
    {"u8", ETW_IN_UINT8, 0, FORM_UNSIGNED, 1},
    {"u16", ETW_IN_UINT16, 0, FORM_UNSIGNED, 2},
    {"u32", ETW_IN_UINT32, 0, FORM_UNSIGNED, 4},
    {"u64", ETW_IN_UINT64, 0, FORM_UNSIGNED, 8},
    {"x8", ETW_IN_UINT8, ETW_TL_OUT_HEX, FORM_UNSIGNED, 1},
    {"x16", ETW_IN_UINT16, ETW_TL_OUT_HEX, FORM_UNSIGNED, 2},
    {"x32", ETW_IN_HEX_INT32, 0, FORM_UNSIGNED, 4},
    {"x64", ETW_IN_HEX_INT64, 0, FORM_UNSIGNED, 8},
    {"f32", ETW_IN_FLOAT, 0, FORM_FLOAT, 4},
    {"f64", ETW_IN_DOUBLE, 0, FORM_FLOAT, 8},
    {"bool", ETW_IN_BOOLEAN, 0, FORM_BOOLEAN, 4},
    {"str", ETW_IN_ANSI_STRING, ETW_TL_OUT_UTF8, FORM_TEXT, 0},
    {"ansi", ETW_IN_ANSI_STRING, 0, FORM_TEXT, 0},
    {"json", ETW_IN_ANSI_STRING, ETW_TL_OUT_JSON, FORM_TEXT, 0},
    {"xml", ETW_IN_ANSI_STRING, ETW_TL_OUT_XML, FORM_TEXT, 0},
    {"str16", ETW_IN_UNICODE_STRING, 0, FORM_TEXT16, 0},
    {"char", ETW_IN_UINT16, ETW_TL_OUT_STRING, FORM_CHARACTER, 2},
    {"bin", ETW_IN_BINARY, 0, FORM_BINARY, 0},
    {"guid", ETW_IN_GUID, 0, FORM_GUID, 0},
#if UINTPTR_MAX > 0xFFFFFFFFu
    {"ptr", ETW_IN_HEX_INT64, 0, FORM_UNSIGNED, 8},
#else
    {"ptr", ETW_IN_HEX_INT32, 0, FORM_UNSIGNED, 4},
#endif
    {"pid", ETW_IN_UINT32, ETW_TL_OUT_PID, FORM_UNSIGNED, 4},
    {"tid", ETW_IN_UINT32, ETW_TL_OUT_TID, FORM_UNSIGNED, 4},
    {"filetime", ETW_IN_FILETIME, 0, FORM_FILETIME, 8},
    {"sid", ETW_IN_SID, 0, FORM_SID, 0},
    {"ipv4", ETW_IN_UINT32, ETW_TL_OUT_IPV4, FORM_IPV4, 4},
    {"ipv6", ETW_IN_BINARY, ETW_TL_OUT_IPV6, FORM_IPV6, 16},
    {"port", ETW_IN_UINT16, ETW_TL_OUT_PORT, FORM_PORT, 2},
    {"win32error", ETW_IN_UINT32, ETW_TL_OUT_WIN32_ERROR, FORM_UNSIGNED, 4},
    {"ntstatus", ETW_IN_UINT32, ETW_TL_OUT_NTSTATUS, FORM_UNSIGNED, 4},
    {"hresult", ETW_IN_INT32, ETW_TL_OUT_HRESULT, FORM_UNSIGNED, 4},
};

enum {
    IPV6_GROUPS = 8,
    SID_AUTHORITIES_MAX = 15,
};

static const value_type *find_type(etw_str name)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (strlen(TYPES[i].name) == name.size && memcmp(TYPES[i].name, name.data, name.size) == 0)
            return &TYPES[i];
    }
    return NULL;
}

/* Digits up to the end of the text. ETW_E_INVALID, or ETW_E_RANGE for more than 64 bits. */
static etw_status read_digits(uint64_t *out, etw_str text, unsigned base)
{
    uint64_t value = 0;
    if (!text.size)
        return ETW_E_INVALID;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned digit = etwi_digit_of(text.data[i]);
        if (digit >= base)
            return ETW_E_INVALID;
        if (value > (UINT64_MAX - digit) / base)
            return ETW_E_RANGE;
        value = value * base + digit;
    }
    *out = value;
    return ETW_OK;
}

static etw_str behind(etw_str text, size_t count)
{
    const etw_str rest = {text.data + count, text.size - count};
    return rest;
}

static bool begins_with(etw_str text, const char *prefix)
{
    return text.size >= strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

static etw_status read_unsigned(uint64_t *out, etw_str text, unsigned size)
{
    const bool is_hex = begins_with(text, "0x") || begins_with(text, "0X");
    ETWI_TRY(read_digits(out, is_hex ? behind(text, 2) : text, is_hex ? 16 : 10));
    return size < 8 && *out >> 8 * size ? ETW_E_RANGE : ETW_OK;
}

static etw_status read_signed(uint64_t *out, etw_str text, unsigned size)
{
    const bool is_negative = begins_with(text, "-");
    ETWI_TRY(read_unsigned(out, is_negative ? behind(text, 1) : text, 8));
    const uint64_t limit = UINT64_C(1) << (8 * size - 1);
    if (*out > limit - !is_negative)
        return ETW_E_RANGE;
    if (is_negative)
        *out = 0 - *out;
    return ETW_OK;
}

static etw_status put_integer(etw_event_builder *builder, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    return etw_event_builder_put(builder, bytes, size);
}

static bool is_text(etw_str text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

/* With a sign, and by name what is no finite number. */
static etw_status read_float(double *out, etw_str text)
{
    const bool is_negative = begins_with(text, "-");
    if (is_negative || begins_with(text, "+"))
        text = behind(text, 1);
    if (etwi_real_parse(text, out)) {
        if (*out > DBL_MAX)
            return ETW_E_RANGE;
    } else if (is_text(text, "inf") || is_text(text, "Infinity")) {
        *out = (double)INFINITY;
    } else if (is_text(text, "nan") || is_text(text, "NaN")) {
        *out = (double)NAN;
    } else {
        return ETW_E_INVALID;
    }
    if (is_negative)
        *out = -*out;
    return ETW_OK;
}

static etw_status put_float(etw_event_builder *builder, etw_str text, unsigned size)
{
    double value;
    ETWI_TRY(read_float(&value, text));
    if (size != sizeof(float))
        return etw_event_builder_put(builder, &value, sizeof value);
    if (isfinite(value) && fabs(value) > (double)FLT_MAX)
        return ETW_E_RANGE;
    const float narrow = (float)value;
    return etw_event_builder_put(builder, &narrow, sizeof narrow);
}

static etw_status put_boolean(etw_event_builder *builder, etw_str text, unsigned size)
{
    if (is_text(text, "true") || is_text(text, "1"))
        return put_integer(builder, 1, size);
    if (is_text(text, "false") || is_text(text, "0"))
        return put_integer(builder, 0, size);
    return ETW_E_INVALID;
}

/* A zero would end the text too early. */
static etw_status put_text(etw_event_builder *builder, etw_str text)
{
    if (text.size && memchr(text.data, 0, text.size))
        return ETW_E_INVALID;
    ETWI_TRY(etw_event_builder_put(builder, text.data, text.size));
    return etw_event_builder_put(builder, "", 1);
}

static etw_status put_text16(etw_event_builder *builder, etw_str text, bool is_terminated)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    while (at < end) {
        uint32_t code_point = etwi_utf8_next(&at, end);
        if (!code_point || code_point & ETWI_BAD_UTF8)
            return ETW_E_INVALID;
        if (code_point > 0xFFFF) {
            code_point -= 0x10000;
            ETWI_TRY(put_integer(builder, 0xD800 + (code_point >> 10), 2));
            code_point = 0xDC00 + (code_point & 0x3FF);
        }
        ETWI_TRY(put_integer(builder, code_point, 2));
    }
    return is_terminated ? put_integer(builder, 0, 2) : ETW_OK;
}

static etw_status put_character(etw_event_builder *builder, etw_str text)
{
    const size_t before = builder->payload_size;
    ETWI_TRY(put_text16(builder, text, false));
    return builder->payload_size - before == 2 ? ETW_OK : ETW_E_RANGE;
}

static etw_status put_binary(etw_event_builder *builder, etw_str text)
{
    if (text.size % 2)
        return ETW_E_INVALID;
    if (text.size / 2 > UINT16_MAX)
        return ETW_E_RANGE;
    ETWI_TRY(put_integer(builder, text.size / 2, 2));
    for (size_t i = 0; i < text.size; i += 2) {
        const unsigned high = etwi_digit_of(text.data[i]);
        const unsigned low = etwi_digit_of(text.data[i + 1]);
        if (high == ETWI_NO_DIGIT || low == ETWI_NO_DIGIT)
            return ETW_E_INVALID;
        ETWI_TRY(put_integer(builder, high << 4 | low, 1));
    }
    return ETW_OK;
}

static bool ends_with(etw_str text, char last)
{
    return text.size && text.data[text.size - 1] == last;
}

/* The text up to a separator; moves on behind it. */
static etw_str next_part(etw_str *text, char separator)
{
    const char *found = text->size ? memchr(text->data, separator, text->size) : NULL;
    const etw_str part = {text->data, found ? (size_t)(found - text->data) : text->size};
    *text = behind(*text, found ? part.size + 1 : part.size);
    return part;
}

static etw_status read_ipv4(uint8_t out[4], etw_str text)
{
    if (ends_with(text, '.'))
        return ETW_E_INVALID;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t value;
        if (i && !text.size)
            return ETW_E_INVALID;
        ETWI_TRY(read_digits(&value, next_part(&text, '.'), 10));
        if (value > UINT8_MAX)
            return ETW_E_RANGE;
        out[i] = (uint8_t)value;
    }
    return text.size ? ETW_E_INVALID : ETW_OK;
}

static etw_status put_guid(etw_event_builder *builder, etw_str text)
{
    etw_guid guid;
    ETWI_TRY(etw_guid_parse(&guid, text, NULL));
    return etw_event_builder_put(builder, &guid, sizeof guid);
}

/* S-1-authority-id-id… */
static etw_status put_sid(etw_event_builder *builder, etw_str text)
{
    uint8_t sid[8 + 4 * SID_AUTHORITIES_MAX] = {1};
    uint64_t value;
    size_t count = 0;
    if (!begins_with(text, "S-1-") || ends_with(text, '-'))
        return ETW_E_INVALID;
    text = behind(text, 4);
    ETWI_TRY(read_unsigned(&value, next_part(&text, '-'), 6));
    for (unsigned i = 0; i < 6; i++)
        sid[2 + i] = (uint8_t)(value >> 8 * (5 - i));
    while (text.size) {
        if (count == SID_AUTHORITIES_MAX)
            return ETW_E_RANGE;
        ETWI_TRY(read_unsigned(&value, next_part(&text, '-'), 4));
        for (unsigned i = 0; i < 4; i++)
            sid[8 + 4 * count + i] = (uint8_t)(value >> 8 * i);
        count++;
    }
    sid[1] = (uint8_t)count;
    return etw_event_builder_put(builder, sid, 8 + 4 * count);
}

/* Groups of one side of "::"; returns how many, or IPV6_GROUPS + 1 for what is none. */
static unsigned read_groups(uint16_t *out, etw_str text)
{
    unsigned count = 0;
    while (text.size) {
        uint64_t value;
        const etw_str part = next_part(&text, ':');
        uint8_t dotted[4];
        if (!text.size && count + 2 <= IPV6_GROUPS && read_ipv4(dotted, part) == ETW_OK) {
            out[count++] = (uint16_t)(dotted[0] << 8 | dotted[1]);
            out[count++] = (uint16_t)(dotted[2] << 8 | dotted[3]);
            break;
        }
        if (count == IPV6_GROUPS || part.size > 4 || read_digits(&value, part, 16) != ETW_OK)
            return IPV6_GROUPS + 1;
        out[count++] = (uint16_t)value;
    }
    return count;
}

static etw_status put_ipv6(etw_event_builder *builder, etw_str text)
{
    uint16_t groups[IPV6_GROUPS + 1] = {0};
    uint16_t tail[IPV6_GROUPS + 1];
    size_t gap = 0;
    while (gap + 2 <= text.size && memcmp(text.data + gap, "::", 2) != 0)
        gap++;
    const bool has_gap = gap + 2 <= text.size;
    const etw_str head = {text.data, has_gap ? gap : text.size};
    const unsigned head_count = read_groups(groups, head);
    const unsigned tail_count = has_gap ? read_groups(tail, behind(text, gap + 2)) : 0;
    const bool fits = has_gap ? head_count + tail_count < IPV6_GROUPS : head_count == IPV6_GROUPS;
    if (!fits || (ends_with(text, ':') && !(has_gap && !tail_count)))
        return ETW_E_INVALID;
    for (unsigned i = 0; i < tail_count; i++)
        groups[IPV6_GROUPS - tail_count + i] = tail[i];
    ETWI_TRY(put_integer(builder, 2 * IPV6_GROUPS, 2));
    for (unsigned i = 0; i < IPV6_GROUPS; i++)
        ETWI_TRY(put_integer(builder, (uint16_t)(groups[i] << 8 | groups[i] >> 8), 2));
    return ETW_OK;
}

static bool is_leap_year(uint64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of(uint64_t year, uint64_t month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return DAYS[month - 1] + (month == 2 && is_leap_year(year));
}

/* Days from 1601-01-01, where FILETIME begins, to a date of the Gregorian calendar. */
static uint64_t days_since_1601(unsigned year, unsigned month, unsigned day)
{
    static const uint16_t BEFORE_MONTH[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const unsigned years = year - 1601;
    return 365u * (uint64_t)years + years / 4 - years / 100 + years / 400 +
           BEFORE_MONTH[month - 1] + (month > 2 && is_leap_year(year)) + day - 1;
}

/* Reads `count` numbers of so many digits, each followed by its separator. */
static bool read_fields(uint64_t *out, etw_str *text, const char *separators, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t digits = i ? 2 : 4;
        if (text->size <= digits || text->data[digits] != separators[i])
            return false;
        if (read_digits(&out[i], (etw_str){text->data, digits}, 10) != ETW_OK)
            return false;
        *text = behind(*text, digits + 1);
    }
    return true;
}

/* 2026-01-05T12:00:00.1234567Z, with up to seven digits of a fraction. */
static etw_status read_time(uint64_t *out, etw_str text)
{
    enum {
        YEAR,
        MONTH,
        DAY,
        HOUR,
        MINUTE,
        SECOND,
        FIELDS
    };
    uint64_t field[FIELDS];
    uint64_t fraction = 0;
    if (text.size < 20 || !read_fields(field, &text, "--T::", FIELDS - 1))
        return ETW_E_INVALID;
    if (read_digits(&field[SECOND], (etw_str){text.data, 2}, 10) != ETW_OK)
        return ETW_E_INVALID;
    text = behind(text, 2);
    if (begins_with(text, ".")) {
        const etw_str digits = {text.data + 1, text.size - 2};
        if (digits.size > 7)
            return ETW_E_INVALID;
        ETWI_TRY(read_digits(&fraction, digits, 10));
        for (size_t i = digits.size; i < 7; i++)
            fraction *= 10;
        text = behind(text, 1 + digits.size);
    }
    if (!is_text(text, "Z"))
        return ETW_E_INVALID;
    if (field[YEAR] < 1601 || field[MONTH] < 1 || field[MONTH] > 12 || field[DAY] < 1 ||
        field[DAY] > days_of(field[YEAR], field[MONTH]) || field[HOUR] > 23 || field[MINUTE] > 59 ||
        field[SECOND] > 60)
        return ETW_E_RANGE;
    const uint64_t days =
        days_since_1601((unsigned)field[YEAR], (unsigned)field[MONTH], (unsigned)field[DAY]);
    const uint64_t seconds = ((days * 24 + field[HOUR]) * 60 + field[MINUTE]) * 60 + field[SECOND];
    *out = seconds * 10000000 + fraction;
    return ETW_OK;
}

static etw_status put_filetime(etw_event_builder *builder, etw_str text)
{
    uint64_t value;
    etw_status status = read_time(&value, text);
    if (status == ETW_E_INVALID)
        status = read_unsigned(&value, text, 8);
    ETWI_TRY(status);
    return put_integer(builder, value, 8);
}

static etw_status put_number(etw_event_builder *builder, const value_type *type, etw_str text)
{
    uint64_t value;
    if (type->form == FORM_SIGNED)
        ETWI_TRY(read_signed(&value, text, type->size));
    else
        ETWI_TRY(read_unsigned(&value, text, type->size));
    return put_integer(builder, value, type->size);
}

/* Both are stored in network byte order. */
static etw_status put_port(etw_event_builder *builder, etw_str text)
{
    uint64_t value;
    ETWI_TRY(read_unsigned(&value, text, 2));
    return put_integer(builder, (value >> 8 | value << 8) & UINT16_MAX, 2);
}

static etw_status put_ipv4(etw_event_builder *builder, etw_str text)
{
    uint8_t bytes[4];
    ETWI_TRY(read_ipv4(bytes, text));
    return etw_event_builder_put(builder, bytes, sizeof bytes);
}

static etw_status put_value(etw_event_builder *builder, const value_type *type, etw_str text)
{
    switch ((value_form)type->form) {
    case FORM_SIGNED:
    case FORM_UNSIGNED:
        return put_number(builder, type, text);
    case FORM_FLOAT:
        return put_float(builder, text, type->size);
    case FORM_BOOLEAN:
        return put_boolean(builder, text, type->size);
    case FORM_TEXT:
        return put_text(builder, text);
    case FORM_TEXT16:
        return put_text16(builder, text, true);
    case FORM_CHARACTER:
        return put_character(builder, text);
    case FORM_BINARY:
        return put_binary(builder, text);
    case FORM_GUID:
        return put_guid(builder, text);
    case FORM_FILETIME:
        return put_filetime(builder, text);
    case FORM_SID:
        return put_sid(builder, text);
    case FORM_IPV4:
        return put_ipv4(builder, text);
    case FORM_IPV6:
        return put_ipv6(builder, text);
    case FORM_PORT:
        return put_port(builder, text);
    }
    return ETW_E_INVALID;
}

/* Values with commas between them; no text at all is no element. */
static etw_status put_array(etw_event_builder *builder, const value_type *type, etw_str text)
{
    uint64_t count = text.size > 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == ',';
    if (count > UINT16_MAX)
        return ETW_E_RANGE;
    ETWI_TRY(put_integer(builder, count, 2));
    for (; count; count--)
        ETWI_TRY(put_value(builder, type, next_part(&text, ',')));
    return ETW_OK;
}

static etw_status fail(etw_event_builder *builder, etw_status status, etw_str name, etw_str type,
                       etw_str value, etw_error *error)
{
    if (builder->status == ETW_OK)
        builder->status = status;
    const char *why = status == ETW_E_RANGE  ? "does not fit into"
                      : status == ETW_E_FULL ? "makes the event too large as"
                                             : "is no";
    return etwi_fail(error, status, ETW_NO_OFFSET, "field %.*s: \"%.*s\" %s %.*s", (int)name.size,
                     name.data, (int)value.size, value.data, why, (int)type.size, type.data);
}

etw_status etw_event_builder_add_text(etw_event_builder *builder, etw_str name, etw_str type,
                                      etw_str value, etw_error *error)
{
    const bool is_array = type.size > 2 && memcmp(type.data + type.size - 2, "[]", 2) == 0;
    const etw_str element = {type.data, is_array ? type.size - 2 : type.size};
    const value_type *known = find_type(element);
    // Texts may have commas themselves.
    if (!known || (is_array && !known->size)) {
        if (builder->status == ETW_OK)
            builder->status = ETW_E_INVALID;
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "field %.*s: unknown type \"%.*s\"",
                         (int)name.size, name.data, (int)type.size, type.data);
    }
    const unsigned shape = is_array ? ETW_TL_COUNTED_ARRAY : 0u;
    etw_status status = etw_event_builder_add(builder, name, known->type | shape, known->out, 0);
    if (status == ETW_OK)
        status = is_array ? put_array(builder, known, value) : put_value(builder, known, value);
    return status == ETW_OK ? ETW_OK : fail(builder, status, name, type, value, error);
}
