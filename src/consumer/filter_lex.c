/*
 * The words of an expression. What a character means depends on what is due: where a value is due,
 * everything up to a blank or a bracket is one, so dates, paths and patterns need no quotes.
 */
#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "consumer/filter_compile.h"

#include <string.h>

enum {
    GUID_BRACED_SIZE = 38,
};

typedef struct named_operator {
    const char *name;
    uint8_t kind;
    uint8_t relation;
    bool none;
    bool ignore_case;
} named_operator;

/* Longer ones first where one begins another. */
static const named_operator SIGNS[] = {
    {"&&", ETWI_WORD_AND, 0, false, false},
    {"||", ETWI_WORD_OR, 0, false, false},
    {"==", ETWI_WORD_RELATION, ETWI_RELATION_EQUAL, false, false},
    {"!=", ETWI_WORD_RELATION, ETWI_RELATION_EQUAL, true, false},
    {"<=", ETWI_WORD_RELATION, ETWI_RELATION_LESS_EQUAL, false, false},
    {">=", ETWI_WORD_RELATION, ETWI_RELATION_GREATER_EQUAL, false, false},
    {"!~", ETWI_WORD_RELATION, ETWI_RELATION_GLOB, true, true},
    {"<", ETWI_WORD_RELATION, ETWI_RELATION_LESS, false, false},
    {">", ETWI_WORD_RELATION, ETWI_RELATION_GREATER, false, false},
    {"~", ETWI_WORD_RELATION, ETWI_RELATION_GLOB, false, true},
    {"&", ETWI_WORD_BITS, 0, false, false},
    {"%", ETWI_WORD_REMAINDER, 0, false, false},
    {"!", ETWI_WORD_NOT, 0, false, false},
    {"(", ETWI_WORD_OPEN, 0, false, false},
    {")", ETWI_WORD_CLOSE, 0, false, false},
    {"{", ETWI_WORD_BRACE, 0, false, false},
    {"}", ETWI_WORD_BRACE_END, 0, false, false},
    {",", ETWI_WORD_COMMA, 0, false, false},
};

static const named_operator NAMED[] = {
    {"and", ETWI_WORD_AND, 0, false, false},
    {"or", ETWI_WORD_OR, 0, false, false},
    {"not", ETWI_WORD_NOT, 0, false, false},
    {"in", ETWI_WORD_IN, ETWI_RELATION_EQUAL, false, false},
    {"iin", ETWI_WORD_IN, ETWI_RELATION_EQUAL, false, true},
    {"eq", ETWI_WORD_RELATION, ETWI_RELATION_EQUAL, false, false},
    {"ne", ETWI_WORD_RELATION, ETWI_RELATION_EQUAL, true, false},
    {"lt", ETWI_WORD_RELATION, ETWI_RELATION_LESS, false, false},
    {"le", ETWI_WORD_RELATION, ETWI_RELATION_LESS_EQUAL, false, false},
    {"gt", ETWI_WORD_RELATION, ETWI_RELATION_GREATER, false, false},
    {"ge", ETWI_WORD_RELATION, ETWI_RELATION_GREATER_EQUAL, false, false},
    {"ieq", ETWI_WORD_RELATION, ETWI_RELATION_EQUAL, false, true},
    {"ine", ETWI_WORD_RELATION, ETWI_RELATION_EQUAL, true, true},
    {"contains", ETWI_WORD_RELATION, ETWI_RELATION_CONTAINS, false, false},
    {"icontains", ETWI_WORD_RELATION, ETWI_RELATION_CONTAINS, false, true},
    {"startswith", ETWI_WORD_RELATION, ETWI_RELATION_STARTS, false, false},
    {"istartswith", ETWI_WORD_RELATION, ETWI_RELATION_STARTS, false, true},
    {"endswith", ETWI_WORD_RELATION, ETWI_RELATION_ENDS, false, false},
    {"iendswith", ETWI_WORD_RELATION, ETWI_RELATION_ENDS, false, true},
    {"matches", ETWI_WORD_RELATION, ETWI_RELATION_MATCHES, false, false},
    {"imatches", ETWI_WORD_RELATION, ETWI_RELATION_MATCHES, false, true},
    {"like", ETWI_WORD_RELATION, ETWI_RELATION_GLOB, false, true},
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c == '$' ||
           (uint8_t)c >= 0x80;
}

static bool is_name_part(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '#';
}

static void skip_blanks(etwi_source *source)
{
    while (source->at < source->size && is_blank(source->text[source->at]))
        source->at++;
}

static bool is_at(const etwi_source *source, const char *text)
{
    const size_t size = strlen(text);
    return source->size - source->at >= size && memcmp(source->text + source->at, text, size) == 0;
}

static etw_str text_from(const etwi_source *source, uint32_t start)
{
    const etw_str text = {source->text + start, source->at - start};
    return text;
}

etw_status etwi_source_count(etwi_source *source, uint32_t column)
{
    if (source->node_count++ < ETWI_FILTER_NODES_MAX)
        return ETW_OK;
    return etwi_fail(source->error, ETW_E_LIMIT, column, "the filter has more than %d parts",
                     ETWI_FILTER_NODES_MAX);
}

/* Characters that end a bare value. */
static bool ends_value(char c)
{
    return is_blank(c) || strchr("(){},\"'`&|!<>=~", c) != NULL;
}

etw_str etwi_lex_peek(const etwi_source *source)
{
    uint32_t start = source->at;
    while (start < source->size && is_blank(source->text[start]))
        start++;
    uint32_t end = start;
    while (end < source->size && source->text[end] && !ends_value(source->text[end]))
        end++;
    if (end == start && end < source->size)
        end++;
    const etw_str text = {source->text + start, end - start};
    return text;
}

bool etwi_lex_dots(etwi_source *source)
{
    skip_blanks(source);
    if (!is_at(source, ".."))
        return false;
    source->at += 2;
    return true;
}

/* ---------------------------------------------------------------------------------- fields */

/* One name of a path, which may be in backquotes. */
static etw_status read_name(etwi_source *source, etw_str *out, bool *is_quoted)
{
    const uint32_t start = source->at;
    *is_quoted = source->at < source->size && source->text[source->at] == '`';
    if (*is_quoted) {
        const char *from = source->text + start + 1;
        const char *end = memchr(from, '`', source->size - start - 1);
        if (!end || end == from)
            return etwi_fail(source->error, ETW_E_INVALID, start,
                             end ? "there is no name between the backquotes"
                                 : "the name in backquotes does not end");
        out->data = from;
        out->size = (size_t)(end - from);
        source->at = (uint32_t)(end + 1 - source->text);
        return ETW_OK;
    }
    if (source->at == source->size || !is_name_start(source->text[source->at]))
        return etwi_fail(source->error, ETW_E_INVALID, start, "expected a name after '.'");
    while (source->at < source->size && is_name_part(source->text[source->at]))
        source->at++;
    *out = text_from(source, start);
    return ETW_OK;
}

static etw_status read_path(etwi_source *source, etwi_word *out)
{
    etw_str names[ETWI_FILTER_PATH_MAX + 1] = {{NULL, 0}};
    uint32_t count = 0, first = 0;
    for (bool more = true; more;) {
        bool is_quoted;
        if (count == ETWI_FILTER_PATH_MAX + 1)
            return etwi_fail(source->error, ETW_E_LIMIT, source->at,
                             "structures nest at most %d deep", ETW_STRUCT_DEPTH_MAX);
        ETWI_TRY(read_name(source, &names[count++], &is_quoted));
        if (is_quoted && count == 1)
            out->is_property = true;
        more = source->at + 1 < source->size && source->text[source->at] == '.' &&
               source->text[source->at + 1] != '.';
        if (more)
            source->at++;
    }
    if (count > 1 && !out->is_property && names[0].size == 4 &&
        memcmp(names[0].data, "data", 4) == 0)
        first = 1;
    out->is_property = out->is_property || count > 1;
    out->kind = ETWI_WORD_FIELD;
    out->text = text_from(source, out->column);
    out->path_count = count - first;
    etw_str *path = etwi_arena_alloc(source->arena, out->path_count * sizeof *path);
    if (!path)
        return etwi_fail_nomem(source->error);
    for (uint32_t i = 0; i < out->path_count; i++) {
        if (!etwi_arena_str(source->arena, &path[i], names[first + i].data, names[first + i].size))
            return etwi_fail_nomem(source->error);
    }
    out->path = path;
    return ETW_OK;
}

static void set_operator(etwi_word *out, const named_operator *found)
{
    out->kind = (etwi_word_kind)found->kind;
    out->relation = found->relation;
    out->none = found->none;
    out->ignore_case = found->ignore_case;
}

static const named_operator *find_named(etw_str word)
{
    for (size_t i = 0; i < sizeof NAMED / sizeof NAMED[0]; i++)
        if (strlen(NAMED[i].name) == word.size && memcmp(NAMED[i].name, word.data, word.size) == 0)
            return &NAMED[i];
    return NULL;
}

etw_status etwi_lex_word(etwi_source *source, etwi_word *out)
{
    memset(out, 0, sizeof *out);
    skip_blanks(source);
    out->column = source->at;
    out->text = text_from(source, source->at);
    if (source->at == source->size)
        return ETW_OK;
    for (size_t i = 0; i < sizeof SIGNS / sizeof SIGNS[0]; i++) {
        if (!is_at(source, SIGNS[i].name))
            continue;
        source->at += (uint32_t)strlen(SIGNS[i].name);
        out->text = text_from(source, out->column);
        set_operator(out, &SIGNS[i]);
        return ETW_OK;
    }
    const char c = source->text[source->at];
    if (c == '=')
        return etwi_fail(source->error, ETW_E_INVALID, source->at, "write '==' to compare");
    if (c == '|')
        return etwi_fail(source->error, ETW_E_INVALID, source->at, "write 'or' or '||'");
    if (c != '`' && !is_name_start(c)) {
        const etw_str found = etwi_lex_peek(source);
        return etwi_fail(source->error, ETW_E_INVALID, source->at,
                         "expected a field or an operator, not '%.*s'",
                         (int)(found.size < 40 ? found.size : 40), found.data);
    }
    ETWI_TRY(read_path(source, out));
    const named_operator *found = out->path_count == 1 ? find_named(out->text) : NULL;
    if (found)
        set_operator(out, found);
    return ETW_OK;
}

/* ---------------------------------------------------------------------------------- values */

/* A value in single quotes, in which only the quote itself is special: it is written twice. */
static etw_status read_raw(etwi_source *source, etwi_literal *out, char *to)
{
    char *end = to;
    while (++source->at < source->size) {
        const char c = source->text[source->at];
        if (c == '\'') {
            if (source->at + 1 == source->size || source->text[source->at + 1] != '\'') {
                source->at++;
                out->text.size = (size_t)(end - to);
                return ETW_OK;
            }
            source->at++;
        }
        *end++ = c;
    }
    return etwi_fail(source->error, ETW_E_INVALID, out->column, "the text has no closing quote");
}

/* What a backslash means; it has been read, and so has the letter behind it. */
static etw_status read_escape(etwi_source *source, char letter, char **to)
{
    static const char LETTERS[] = "nrt0\\\"'", CHARACTERS[] = "\n\r\t\0\\\"'";
    const uint32_t column = source->at - 1;
    const char *found = letter ? strchr(LETTERS, letter) : NULL;
    if (found) {
        *(*to)++ = CHARACTERS[found - LETTERS];
        return ETW_OK;
    }
    if (letter != 'x' && letter != 'u')
        return etwi_fail(source->error, ETW_E_INVALID, column,
                         "'\\%c' means nothing here; write '\\\\' for a backslash, or use single "
                         "quotes",
                         letter >= ' ' && letter < 0x7F ? letter : '?');
    const unsigned wanted = letter == 'x' ? 2 : 4;
    uint32_t value = 0;
    for (unsigned i = 0; i < wanted; i++) {
        const unsigned digit = source->at + 1 < source->size
                                   ? etwi_digit_of(source->text[source->at + 1])
                                   : ETWI_NO_DIGIT;
        if (digit == ETWI_NO_DIGIT)
            return etwi_fail(source->error, ETW_E_INVALID, column,
                             "expected %u hexadecimal digits after '\\%c'", wanted, letter);
        value = value << 4 | digit;
        source->at++;
    }
    if ((value & ~0x7FFu) == 0xD800)
        return etwi_fail(source->error, ETW_E_INVALID, column,
                         "half of a surrogate pair is no character; write the character itself");
    *to = etwi_text_utf8(*to, value);
    return ETW_OK;
}

static etw_status read_quoted(etwi_source *source, etwi_literal *out, char *to)
{
    char *end = to;
    while (++source->at < source->size) {
        const char c = source->text[source->at];
        if (c == '"') {
            source->at++;
            out->text.size = (size_t)(end - to);
            return ETW_OK;
        }
        if (c != '\\') {
            *end++ = c;
            continue;
        }
        if (++source->at == source->size)
            break;
        ETWI_TRY(read_escape(source, source->text[source->at], &end));
    }
    return etwi_fail(source->error, ETW_E_INVALID, out->column, "the text has no closing quote");
}

/* A value without quotes. An empty one is for the caller to complain about. */
static void read_bare(etwi_source *source, etwi_literal *out)
{
    const uint32_t start = source->at;
    if (is_at(source, "{") && source->size - source->at >= GUID_BRACED_SIZE &&
        source->text[source->at + GUID_BRACED_SIZE - 1] == '}') {
        source->at += GUID_BRACED_SIZE;
    } else {
        while (source->at < source->size && !ends_value(source->text[source->at]) &&
               !is_at(source, ".."))
            source->at++;
    }
    out->text = text_from(source, start);
}

static etw_status expected_value(etwi_source *source, etw_str after)
{
    const etw_str found = etwi_lex_peek(source);
    const int size = (int)(found.size < 40 ? found.size : 40);
    if (!found.size)
        return etwi_fail(source->error, ETW_E_INVALID, source->at, "expected a value after '%.*s'",
                         (int)after.size, after.data);
    return etwi_fail(source->error, ETW_E_INVALID, source->at,
                     "expected a value after '%.*s', not '%.*s'", (int)after.size, after.data, size,
                     found.data);
}

etw_status etwi_lex_value(etwi_source *source, etw_str after, etwi_literal *out)
{
    memset(out, 0, sizeof *out);
    skip_blanks(source);
    out->column = source->at;
    ETWI_TRY(etwi_source_count(source, source->at));
    char c = '\0';
    if (source->at < source->size)
        c = source->text[source->at];
    if (c != '"' && c != '\'') {
        read_bare(source, out);
        const named_operator *found = find_named(out->text);
        if (found && (found->kind == ETWI_WORD_AND || found->kind == ETWI_WORD_OR ||
                      found->kind == ETWI_WORD_NOT))
            source->at = out->column;
        if (source->at == out->column)
            return expected_value(source, after);
        return etwi_literal_classify(out, source);
    }
    /* Escapes are never shorter than what they stand for. */
    const size_t room = source->size - source->at;
    char *to = etwi_alloc(&source->arena->allocator, room + 1);
    if (!to)
        return etwi_fail_nomem(source->error);
    etw_status status = c == '"' ? read_quoted(source, out, to) : read_raw(source, out, to);
    out->is_quoted = true;
    if (status == ETW_OK && !etwi_arena_str(source->arena, &out->text, to, out->text.size))
        status = etwi_fail_nomem(source->error);
    etwi_free(&source->arena->allocator, to, room + 1);
    return status == ETW_OK ? etwi_literal_classify(out, source) : status;
}
