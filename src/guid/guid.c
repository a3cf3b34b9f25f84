/* GUIDs to and from text. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/number.h"

#include <etw/guid.h>

enum {
    BARE_SIZE = 36,   /* 8-4-4-4-12 digits and four hyphens. */
    BRACED_SIZE = 38, /* The same in braces. */
    BYTE_COUNT = 16,
};

bool etw_guid_is_null(const etw_guid *guid)
{
    static const etw_guid null_guid = {0, 0, 0, {0}};
    return etw_guid_equal(guid, &null_guid);
}

static bool is_hyphen_place(size_t index)
{
    return index == 8 || index == 13 || index == 18 || index == 23;
}

/* Complains about one character, shown as itself if it can be printed. */
static etw_status fail_at(etw_error *error, etw_str text, size_t column, const char *expected)
{
    const unsigned char c = (unsigned char)text.data[column];
    if (c >= 0x20 && c < 0x7F)
        return etwi_fail(error, ETW_E_INVALID, column, "GUID has '%c' in column %zu instead of %s",
                         c, column, expected);
    return etwi_fail(error, ETW_E_INVALID, column,
                     "GUID has byte 0x%02X in column %zu instead of %s", c, column, expected);
}

/* Reads the 36 characters from column `start` on into the bytes in the order they are written. */
static etw_status parse_digits(uint8_t bytes[BYTE_COUNT], etw_str text, size_t start,
                               etw_error *error)
{
    size_t digit_count = 0;
    for (size_t i = 0; i < BARE_SIZE; i++) {
        const size_t column = start + i;
        if (column >= text.size)
            return etwi_fail(error, ETW_E_INVALID, text.size,
                             "GUID ends after %zu characters instead of %zu", text.size,
                             start ? (size_t)BRACED_SIZE : (size_t)BARE_SIZE);
        if (is_hyphen_place(i)) {
            if (text.data[column] != '-')
                return fail_at(error, text, column, "a hyphen");
            continue;
        }
        const unsigned value = etwi_digit_of(text.data[column]);
        if (value == ETWI_NO_DIGIT)
            return fail_at(error, text, column, "a hexadecimal digit");
        bytes[digit_count / 2] = (uint8_t)(bytes[digit_count / 2] << 4 | value);
        digit_count++;
    }
    return ETW_OK;
}

/* Checks what follows the digits: a brace if one was opened, and nothing else. */
static etw_status check_end(etw_str text, bool braced, etw_error *error)
{
    const size_t end = braced ? BRACED_SIZE - 1 : BARE_SIZE;
    if (braced && text.size == end)
        return etwi_fail(error, ETW_E_INVALID, end, "GUID has no closing brace");
    if (braced && text.data[end] != '}')
        return fail_at(error, text, end, "a closing brace");
    if (!braced && text.size > end && text.data[end] == '}')
        return etwi_fail(error, ETW_E_INVALID, end,
                         "GUID has a closing brace without an opening one");
    const size_t whole_size = braced ? BRACED_SIZE : BARE_SIZE;
    if (text.size > whole_size)
        return etwi_fail(error, ETW_E_INVALID, whole_size, "GUID has %zu characters instead of %zu",
                         text.size, whole_size);
    return ETW_OK;
}

etw_status etw_guid_parse(etw_guid *out, etw_str text, etw_error *error)
{
    if (text.size == 0)
        return etwi_fail(error, ETW_E_INVALID, 0, "GUID is empty");
    uint8_t bytes[BYTE_COUNT] = {0};
    const bool braced = text.data[0] == '{';
    ETWI_TRY(parse_digits(bytes, text, braced, error));
    ETWI_TRY(check_end(text, braced, error));
    out->data1 = etwi_load_u32be(bytes);
    out->data2 = etwi_load_u16be(bytes + 4);
    out->data3 = etwi_load_u16be(bytes + 6);
    memcpy(out->data4, bytes + 8, sizeof out->data4);
    return ETW_OK;
}

size_t etw_guid_format(const etw_guid *guid, unsigned flags, char out[ETW_GUID_TEXT_SIZE])
{
    const char *digits = (flags & ETW_GUID_UPPER) ? "0123456789ABCDEF" : "0123456789abcdef";
    const uint8_t bytes[BYTE_COUNT] = {
        (uint8_t)(guid->data1 >> 24),
        (uint8_t)(guid->data1 >> 16),
        (uint8_t)(guid->data1 >> 8),
        (uint8_t)guid->data1,
        (uint8_t)(guid->data2 >> 8),
        (uint8_t)guid->data2,
        (uint8_t)(guid->data3 >> 8),
        (uint8_t)guid->data3,
        guid->data4[0],
        guid->data4[1],
        guid->data4[2],
        guid->data4[3],
        guid->data4[4],
        guid->data4[5],
        guid->data4[6],
        guid->data4[7],
    };
    char *at = out;
    if (flags & ETW_GUID_BRACES)
        *at++ = '{';
    for (size_t i = 0; i < BYTE_COUNT; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 0x0F];
    }
    if (flags & ETW_GUID_BRACES)
        *at++ = '}';
    *at = 0;
    return (size_t)(at - out);
}
