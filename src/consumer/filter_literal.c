/* What a value of an expression can be read as: a number, a GUID, a time, a duration, a word. */
#include "base/error.h"
#include "base/number.h"
#include "consumer/filter_compile.h"

#include <string.h>

/* Decimal or hexadecimal digits and nothing else; `*fits` is false if they exceed 64 bits. */
static bool parse_integer(etw_str text, uint64_t *out, bool *fits)
{
    unsigned base = 10;
    if (text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x') {
        base = 16;
        text.data += 2;
        text.size -= 2;
    }
    *out = 0;
    *fits = true;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned digit = etwi_digit_of(text.data[i]);
        if (digit >= base)
            return false;
        if (*out > (UINT64_MAX - digit) / base)
            *fits = false;
        *out = *out * base + digit;
    }
    return text.size > 0;
}

static etw_status classify_number(etwi_literal *literal, etwi_source *source)
{
    etw_str digits = literal->text;
    const bool negative = digits.size && digits.data[0] == '-';
    if (digits.size && (negative || digits.data[0] == '+')) {
        digits.data++;
        digits.size--;
    }
    bool fits;
    if (parse_integer(digits, &literal->integer, &fits)) {
        if (!fits || (negative && literal->integer > (uint64_t)1 << 63))
            return etwi_fail(source->error, ETW_E_INVALID, literal->column,
                             "the number does not fit 64 bits; write it in quotes to mean text");
        literal->is |= ETWI_LITERAL_INTEGER | ETWI_LITERAL_REAL;
        literal->is_negative = negative && literal->integer;
        literal->real = (double)literal->integer;
    } else if (etwi_real_parse(digits, &literal->real)) {
        literal->is |= ETWI_LITERAL_REAL;
    }
    if (negative)
        literal->real = -literal->real;
    return ETW_OK;
}

etw_status etwi_literal_classify(etwi_literal *literal, etwi_source *source)
{
    static const etw_guid NULL_GUID = {0, 0, 0, {0}};
    const etw_str text = literal->text;
    if (etw_guid_parse(&literal->guid, text, NULL) == ETW_OK)
        literal->is |= ETWI_LITERAL_GUID;
    if (etwi_time_parse(text, &literal->time))
        literal->is |= ETWI_LITERAL_TIME;
    if (etwi_duration_parse(text, &literal->offset))
        literal->is |= ETWI_LITERAL_OFFSET;
    if (literal->is_quoted)
        return ETW_OK;
    if (etwi_same_word(text, "true") || etwi_same_word(text, "false")) {
        literal->is |= ETWI_LITERAL_BOOLEAN;
        literal->boolean = (text.data[0] | 0x20) == 't';
    }
    if (etwi_same_word(text, "null")) {
        literal->is |= ETWI_LITERAL_GUID;
        literal->guid = NULL_GUID;
    }
    return classify_number(literal, source);
}
