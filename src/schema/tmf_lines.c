#include "schema/tmf_lines.h"

#include "base/number.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

etw_str etwi_tmf_trim(etw_str text)
{
    while (text.size && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

bool etwi_tmf_starts(etw_str text, const char *word)
{
    const size_t size = strlen(word);
    return text.size >= size && memcmp(text.data, word, size) == 0;
}

bool etwi_tmf_is(etw_str text, const char *word)
{
    return text.size == strlen(word) && etwi_tmf_starts(text, word);
}

bool etwi_tmf_next(etwi_tmf_lines *lines, etw_str *line)
{
    while (lines->at < lines->end) {
        const size_t left = (size_t)(lines->end - lines->at);
        const char *end = memchr(lines->at, '\n', left);
        const etw_str whole = {lines->at, end ? (size_t)(end - lines->at) : left};
        lines->at = end ? end + 1 : lines->end;
        *line = etwi_tmf_trim(whole);
        if (line->size && !etwi_tmf_starts(*line, "//"))
            return true;
    }
    return false;
}

etw_str etwi_tmf_word(etw_str *text)
{
    etw_str word = *text;
    size_t size = 0;
    while (size < text->size && !is_blank(text->data[size]))
        size++;
    word.size = size;
    text->data += size;
    text->size -= size;
    *text = etwi_tmf_trim(*text);
    return word;
}

size_t etwi_tmf_find_last(etw_str text, const char *word)
{
    const size_t size = strlen(word);
    for (size_t at = text.size < size ? 0 : text.size - size + 1; at-- > 0;)
        if (memcmp(text.data + at, word, size) == 0)
            return at;
    return SIZE_MAX;
}

void etwi_tmf_split(etw_str text, size_t at, size_t skip, etw_str *before, etw_str *behind)
{
    before->data = text.data;
    before->size = at;
    behind->data = text.data + at + skip;
    behind->size = text.size - at - skip;
}

bool etwi_tmf_number(etw_str text, uint64_t *out)
{
    const bool is_negative = etwi_tmf_starts(text, "-");
    size_t at = is_negative;
    unsigned base = 10;
    if (text.size - at > 2 && text.data[at] == '0' && (text.data[at + 1] | 0x20) == 'x') {
        base = 16;
        at += 2;
    }
    if (at == text.size)
        return false;
    uint64_t number = 0;
    for (; at < text.size; at++) {
        const unsigned digit = etwi_digit_of(text.data[at]);
        if (digit >= base || number > (UINT64_MAX - digit) / base)
            return false;
        number = number * base + digit;
    }
    *out = is_negative ? 0 - number : number;
    return true;
}
