#include "json_check.h"

#include <string.h>

enum {
    DEPTH_MAX = 128
};

typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
} reader;

static bool take(reader *in, uint8_t wanted)
{
    if (in->at == in->end || *in->at != wanted)
        return false;
    in->at++;
    return true;
}

static void skip_blanks(reader *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n'))
        in->at++;
}

/* One character beyond ASCII, as table 3-7 of the Unicode standard has it. */
static bool read_multibyte(reader *in)
{
    const uint8_t lead = *in->at++;
    uint8_t low = 0x80, high = 0xBF;
    int follow = 1;
    if (lead < 0xC2 || lead > 0xF4)
        return false;
    if (lead >= 0xF0)
        follow = 3;
    else if (lead >= 0xE0)
        follow = 2;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (; follow; follow--, in->at++) {
        if (in->at == in->end || *in->at < low || *in->at > high)
            return false;
        low = 0x80;
        high = 0xBF;
    }
    return true;
}

static bool read_escape(reader *in)
{
    if (in->at == in->end)
        return false;
    const uint8_t letter = *in->at++;
    if (letter != 'u')
        return letter && strchr("\"\\/bfnrt", letter);
    for (int i = 0; i < 4; i++, in->at++)
        if (in->at == in->end || !*in->at || !strchr("0123456789abcdefABCDEF", *in->at))
            return false;
    return true;
}

static bool read_string(reader *in)
{
    if (!take(in, '"'))
        return false;
    while (in->at < in->end) {
        const uint8_t byte = *in->at;
        if (byte == '"') {
            in->at++;
            return true;
        }
        if (byte < 0x20)
            return false;
        if (byte >= 0x80) {
            if (!read_multibyte(in))
                return false;
            continue;
        }
        in->at++;
        if (byte == '\\' && !read_escape(in))
            return false;
    }
    return false;
}

static bool read_digits(reader *in)
{
    const uint8_t *start = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return in->at > start;
}

static bool read_number(reader *in)
{
    take(in, '-');
    if (!take(in, '0') && !read_digits(in))
        return false;
    if (take(in, '.') && !read_digits(in))
        return false;
    if (take(in, 'e') || take(in, 'E')) {
        if (!take(in, '+'))
            take(in, '-');
        return read_digits(in);
    }
    return true;
}

static bool read_literal(reader *in, const char *word)
{
    const size_t size = strlen(word);
    if ((size_t)(in->end - in->at) < size || memcmp(in->at, word, size) != 0)
        return false;
    in->at += size;
    return true;
}

static bool read_scalar(reader *in)
{
    if (in->at == in->end)
        return false;
    switch (*in->at) {
    case '"':
        return read_string(in);
    case 't':
        return read_literal(in, "true");
    case 'f':
        return read_literal(in, "false");
    case 'n':
        return read_literal(in, "null");
    default:
        return read_number(in);
    }
}

static bool read_key(reader *in)
{
    skip_blanks(in);
    if (!read_string(in))
        return false;
    skip_blanks(in);
    return take(in, ':');
}

/* Opens a value: a container that is not empty goes on the stack, all else is read to its end. */
static bool begin_value(reader *in, char *stack, int *depth, bool *complete)
{
    skip_blanks(in);
    *complete = true;
    if (in->at == in->end)
        return false;
    const uint8_t first = *in->at;
    if (first != '{' && first != '[')
        return read_scalar(in);
    const uint8_t last = first == '{' ? '}' : ']';
    in->at++;
    skip_blanks(in);
    if (take(in, last))
        return true;
    if (*depth == DEPTH_MAX)
        return false;
    stack[(*depth)++] = (char)last;
    *complete = false;
    return first == '[' || read_key(in);
}

bool json_is_valid(etw_str text)
{
    reader in = {(const uint8_t *)text.data, (const uint8_t *)text.data + text.size};
    char stack[DEPTH_MAX];
    int depth = 0;
    if (!text.size)
        return false;
    for (;;) {
        bool complete;
        if (!begin_value(&in, stack, &depth, &complete))
            return false;
        while (complete && depth) {
            skip_blanks(&in);
            if (take(&in, ',')) {
                if (stack[depth - 1] == '}' && !read_key(&in))
                    return false;
                break;
            }
            if (!take(&in, (uint8_t)stack[--depth]))
                return false;
        }
        if (complete && !depth)
            break;
    }
    skip_blanks(&in);
    return in.at == in.end;
}

bool json_lines_are_valid(etw_str text)
{
    while (text.size) {
        const char *feed = memchr(text.data, '\n', text.size);
        if (!feed || text.data[0] != '{')
            return false;
        const etw_str line = {text.data, (size_t)(feed - text.data)};
        if (!json_is_valid(line))
            return false;
        text.data = feed + 1;
        text.size -= line.size + 1;
    }
    return true;
}
