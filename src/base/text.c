#include "base/text.h"

#include "base/text_fast.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char HEX_DIGITS[] = "0123456789ABCDEF";

char *etwi_text_u64(char *out, uint64_t value)
{
    return etwi_fast_u64(out, value);
}

char *etwi_text_i64(char *out, int64_t value)
{
    return etwi_fast_i64(out, value);
}

char *etwi_text_padded(char *out, uint32_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

char *etwi_text_hex_padded(char *out, uint64_t value, unsigned digits)
{
    return etwi_fast_hex_padded(out, value, digits);
}

char *etwi_text_hex(char *out, uint64_t value)
{
    return etwi_fast_hex(out, value);
}

char *etwi_text_hex_bytes(char *out, const uint8_t *data, size_t size)
{
    for (; size >= 8; size -= 8, data += 8, out += 16)
        etwi_hex_of_eight(out, etwi_load_u64(data));
    for (size_t i = 0; i < size; i++) {
        *out++ = HEX_DIGITS[data[i] >> 4];
        *out++ = HEX_DIGITS[data[i] & 15];
    }
    return out;
}

char *etwi_text_guid(char *out, const etw_guid *guid)
{
    return etwi_fast_guid(out, guid);
}

/* The C library writes the decimal point of the locale, which an application may have set, and
 * which may be a character of several bytes. */
static char *finish_number(char *out, const char *text)
{
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte >= 0x80 && byte < 0xC0)
            continue;
        *out++ = byte == ',' || byte >= 0x80 ? '.' : *text;
    }
    return out;
}

static char *special_number(char *out, double value)
{
    const char *text = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    const size_t size = strlen(text);
    memcpy(out, text, size);
    return out + size;
}

/* n / 10^decimals, where the last decimal is not 0. */
static char *put_decimal(char *out, uint32_t whole, uint32_t part, unsigned decimals)
{
    out = etwi_text_u64(out, whole);
    if (!decimals)
        return out;
    *out++ = '.';
    return etwi_text_padded(out, part, decimals);
}

static char *put_zero(char *out, bool negative)
{
    out[0] = '-';
    out[negative] = '0';
    return out + 1 + negative;
}

/*
 * Numbers with few digits, as most are; NULL if this is none. Where n / 10^k is the number exactly
 * as division rounds it, its digits read back as the same number; and with no more digits than the
 * type keeps in any case, they are those that printing would find.
 */
static char *short_double(char *out, double value)
{
    const double size = fabs(value);
    double scale = 1;
    if (FLT_EVAL_METHOD != 0 || !(size >= 1e-4 && size < 1e9))
        return size == 0 ? put_zero(out, signbit(value) != 0) : NULL;
    for (unsigned decimals = 0; decimals <= 6; decimals++, scale *= 10) {
        const uint64_t digits = (uint64_t)(size * scale + 0.5);
        const uint64_t unit = (uint64_t)scale;
        if ((double)digits / scale != size)
            continue;
        *out = '-';
        return put_decimal(out + (value < 0), (uint32_t)(digits / unit), (uint32_t)(digits % unit),
                           decimals);
    }
    return NULL;
}

static char *short_float(char *out, float value)
{
    const float size = fabsf(value);
    float scale = 1;
    if (FLT_EVAL_METHOD != 0 || !(size >= 1e-4f && size < 1e6f))
        return size == 0 ? put_zero(out, signbit(value) != 0) : NULL;
    for (unsigned decimals = 0; decimals <= 6 && size * scale < 1e6f; decimals++, scale *= 10) {
        const uint32_t digits = (uint32_t)(size * scale + 0.5f);
        const uint32_t unit = (uint32_t)scale;
        if (digits >= 1000000 || (float)digits / scale != size)
            continue;
        *out = '-';
        return put_decimal(out + (value < 0), digits / unit, digits % unit, decimals);
    }
    return NULL;
}

char *etwi_text_double(char *out, double value)
{
    if (!isfinite(value))
        return special_number(out, value);
    char *end = short_double(out, value);
    if (end)
        return end;
    char text[ETWI_DOUBLE_TEXT_MAX];
    /* Numbers near zero have fewer digits. */
    const int least = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (int precision = least; precision <= DBL_DECIMAL_DIG; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return finish_number(out, text);
}

char *etwi_text_float(char *out, float value)
{
    if (!isfinite(value))
        return special_number(out, (double)value);
    char *end = short_float(out, value);
    if (end)
        return end;
    char text[ETWI_DOUBLE_TEXT_MAX];
    const int least = fabsf(value) < FLT_MIN ? 1 : FLT_DIG;
    for (int precision = least; precision <= FLT_DECIMAL_DIG; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return finish_number(out, text);
}

char *etwi_text_utf8(char *out, uint32_t code_point)
{
    if (code_point < 0x80) {
        *out++ = (char)code_point;
    } else if (code_point < 0x800) {
        *out++ = (char)(0xC0 | code_point >> 6);
        *out++ = (char)(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        *out++ = (char)(0xE0 | code_point >> 12);
        *out++ = (char)(0x80 | (code_point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code_point & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code_point >> 18);
        *out++ = (char)(0x80 | (code_point >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code_point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code_point & 0x3F));
    }
    return out;
}

uint32_t etwi_utf16_next(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    const uint32_t unit = (uint32_t)(p[0] | p[1] << 8);
    *at = p + 2;
    if ((unit & 0xFC00) != 0xD800 || end - p < 4)
        return unit;
    const uint32_t low = (uint32_t)(p[2] | p[3] << 8);
    if ((low & 0xFC00) != 0xDC00)
        return unit;
    *at = p + 4;
    return 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF);
}

/* The shortest-form and range limits are those of table 3-7 of the Unicode standard. */
uint32_t etwi_utf8_next(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    const uint8_t lead = *p;
    *at = p + 1;
    if (lead < 0x80)
        return lead;
    const unsigned follow = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || end - p <= (ptrdiff_t)follow)
        return ETWI_BAD_UTF8 | lead;
    uint32_t code_point = lead & (0x3Fu >> follow);
    for (unsigned i = 1; i <= follow; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return ETWI_BAD_UTF8 | lead;
        code_point = code_point << 6 | (p[i] & 0x3F);
    }
    static const uint32_t SMALLEST[] = {0, 0x80, 0x800, 0x10000};
    if (code_point < SMALLEST[follow] || code_point > 0x10FFFF || (code_point & ~0x7FFu) == 0xD800)
        return ETWI_BAD_UTF8 | lead;
    *at = p + 1 + follow;
    return code_point;
}
