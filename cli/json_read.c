#include "json_read.h"

#include <string.h>

void cli_json_read(cli_json_reader *reader, char *text, size_t size)
{
    *reader = (cli_json_reader){.begin = text, .at = text, .end = text + size};
}

static cli_json_token bad(cli_json_reader *reader, const char *reason)
{
    reader->reason = reason;
    return (cli_json_token){.kind = CLI_JSON_BAD};
}

static char peek(const cli_json_reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

static void skip_blanks(cli_json_reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

static bool in_object(const cli_json_reader *reader)
{
    return reader->depth && reader->objects >> (reader->depth - 1) & 1;
}

/* ---- Strings ---- */

static bool take_hex(const cli_json_reader *reader, const char *at, uint32_t *out)
{
    uint32_t value = 0;
    if (reader->end - at < 4)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        const char c = at[i];
        const char lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            value = value * 16 + (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (uint32_t)(lower - 'a' + 10);
        else
            return false;
    }
    *out = value;
    return true;
}

static char *put_utf8(char *out, uint32_t character)
{
    if (character < 0x80) {
        *out++ = (char)character;
        return out;
    }
    const unsigned more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint8_t heads[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (char)(heads[more] | character >> (6 * more));
    for (unsigned i = more; i-- > 0;)
        *out++ = (char)(0x80 | (character >> (6 * i) & 0x3F));
    return out;
}

/* What follows \u, with the second half of a pair. A half alone is no character. */
static char *take_unicode(cli_json_reader *reader, char *out)
{
    uint32_t high, low;
    if (!take_hex(reader, reader->at, &high))
        return NULL;
    reader->at += 4;
    if (high < 0xD800 || high > 0xDFFF)
        return put_utf8(out, high);
    if (high > 0xDBFF || reader->end - reader->at < 6 || reader->at[0] != '\\' ||
        reader->at[1] != 'u' || !take_hex(reader, reader->at + 2, &low) || low < 0xDC00 ||
        low > 0xDFFF)
        return NULL;
    reader->at += 6;
    return put_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
}

static char *take_escape(cli_json_reader *reader, char *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char name = peek(reader);
    const char *found = name ? strchr(names, name) : NULL;
    if (!found && name != 'u')
        return NULL;
    reader->at++;
    if (name == 'u')
        return take_unicode(reader, out);
    *out++ = values[found - names];
    return out;
}

/* A string, behind its first quote. What is unescaped is never longer than what it comes from. */
static bool take_string(cli_json_reader *reader, etw_str *out)
{
    char *const begin = reader->at;
    char *to = begin;
    while (reader->at < reader->end && *reader->at != '"') {
        if ((uint8_t)*reader->at < 0x20)
            return false;
        if (*reader->at != '\\') {
            *to++ = *reader->at++;
            continue;
        }
        reader->at++;
        to = take_escape(reader, to);
        if (!to)
            return false;
    }
    if (reader->at == reader->end)
        return false;
    reader->at++;
    *out = (etw_str){begin, (size_t)(to - begin)};
    return true;
}

/* ---- Values ---- */

static size_t take_digits(cli_json_reader *reader)
{
    const char *const begin = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return (size_t)(reader->at - begin);
}

static bool take_number(cli_json_reader *reader)
{
    if (peek(reader) == '-')
        reader->at++;
    const bool has_zero = peek(reader) == '0';
    const size_t whole = take_digits(reader);
    if (whole == 0 || (has_zero && whole > 1))
        return false;
    if (peek(reader) == '.') {
        reader->at++;
        if (take_digits(reader) == 0)
            return false;
    }
    if (peek(reader) != 'e' && peek(reader) != 'E')
        return true;
    reader->at++;
    if (peek(reader) == '+' || peek(reader) == '-')
        reader->at++;
    return take_digits(reader) > 0;
}

static cli_json_kind take_word(cli_json_reader *reader)
{
    static const struct {
        const char *word;
        cli_json_kind kind;
    } words[] = {{"true", CLI_JSON_TRUE}, {"false", CLI_JSON_FALSE}, {"null", CLI_JSON_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t size = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) < size ||
            memcmp(reader->at, words[i].word, size) != 0)
            continue;
        reader->at += size;
        return words[i].kind;
    }
    return CLI_JSON_BAD;
}

static cli_json_token open_level(cli_json_reader *reader, cli_json_token token, bool is_object)
{
    if (reader->depth == CLI_JSON_DEPTH_MAX)
        return bad(reader, "nests too deep");
    reader->at++;
    reader->objects &= ~(UINT32_C(1) << reader->depth);
    reader->objects |= (uint32_t)is_object << reader->depth;
    reader->depth++;
    reader->has_value = false;
    token.kind = is_object ? CLI_JSON_OBJECT : CLI_JSON_ARRAY;
    return token;
}

static cli_json_token take_value(cli_json_reader *reader, cli_json_token token)
{
    const char first = peek(reader);
    const char *const begin = reader->at;
    if (first == '{' || first == '[')
        return open_level(reader, token, first == '{');
    reader->has_value = true;
    if (first == '"') {
        reader->at++;
        token.kind = CLI_JSON_STRING;
        return take_string(reader, &token.text) ? token : bad(reader, "a string is malformed");
    }
    if (first == '-' || (first >= '0' && first <= '9')) {
        token.kind = CLI_JSON_NUMBER;
        if (!take_number(reader))
            return bad(reader, "a number is malformed");
    } else {
        token.kind = take_word(reader);
        if (token.kind == CLI_JSON_BAD)
            return bad(reader, "a value is expected");
    }
    token.text = (etw_str){begin, (size_t)(reader->at - begin)};
    return token;
}

static cli_json_token close_level(cli_json_reader *reader)
{
    const cli_json_kind kind = in_object(reader) ? CLI_JSON_OBJECT_END : CLI_JSON_ARRAY_END;
    reader->at++;
    reader->depth--;
    reader->has_value = true;
    return (cli_json_token){.kind = kind};
}

cli_json_token cli_json_next(cli_json_reader *reader)
{
    cli_json_token token = {.kind = CLI_JSON_END};
    if (reader->reason)
        return bad(reader, reader->reason);
    skip_blanks(reader);
    if (reader->depth == 0 && reader->has_value)
        return reader->at == reader->end ? token : bad(reader, "something follows the value");
    if (reader->depth && peek(reader) == (in_object(reader) ? '}' : ']'))
        return close_level(reader);
    if (reader->depth && reader->has_value) {
        if (peek(reader) != ',')
            return bad(reader, "a comma or the end is expected");
        reader->at++;
        skip_blanks(reader);
    }
    if (in_object(reader)) {
        if (peek(reader) != '"')
            return bad(reader, "the name of a member is expected");
        reader->at++;
        if (!take_string(reader, &token.key))
            return bad(reader, "a name is malformed");
        skip_blanks(reader);
        if (peek(reader) != ':')
            return bad(reader, "a colon is expected");
        reader->at++;
        skip_blanks(reader);
    }
    return take_value(reader, token);
}
