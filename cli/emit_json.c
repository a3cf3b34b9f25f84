/* Events of `etw emit -`: a line of JSON each. */
#include "emit_event.h"

#include "json_read.h"
#include "opt.h"

#include <stdio.h>
#include <stdlib.h>

/* A line, all of it: what event it is may stand behind its fields. */
typedef struct emit_line {
    emit_event *event;
    cli_json_token *tokens;
    size_t count, capacity;
    cli_text elements; /* Of an array, with commas between them. */
} emit_line;

static const etw_str text_type = {"str", 3}, signed_type = {"i64", 3}, unsigned_type = {"u64", 3},
                     float_type = {"f64", 3}, bool_type = {"bool", 4};

/* ---- Reading ---- */

static bool add_token(emit_line *line, const cli_json_token *token)
{
    if (line->count == line->capacity) {
        const size_t capacity = line->capacity ? 2 * line->capacity : 32;
        cli_json_token *tokens = realloc(line->tokens, capacity * sizeof *tokens);
        if (!tokens)
            return cli_emit_fail(line->event, "%s", etw_status_text(ETW_E_NOMEM));
        line->tokens = tokens;
        line->capacity = capacity;
    }
    line->tokens[line->count++] = *token;
    return true;
}

/* The tokens of the line; the last one is the end. */
static bool read_tokens(emit_line *line, char *text, size_t size)
{
    cli_json_reader reader;
    cli_json_read(&reader, text, size);
    for (;;) {
        const cli_json_token token = cli_json_next(&reader);
        if (token.kind == CLI_JSON_BAD)
            return cli_emit_fail(line->event, "no JSON: %s (at byte %zu)", reader.reason,
                                 (size_t)(reader.at - reader.begin));
        if (!add_token(line, &token))
            return false;
        if (token.kind == CLI_JSON_END)
            break;
    }
    return line->tokens[0].kind == CLI_JSON_OBJECT ||
           cli_emit_fail(line->event, "a line has to be a JSON object");
}

/* ---- What event it is ---- */

static bool is_setting(const cli_json_token *token, unsigned depth)
{
    return depth == 1 && token->key.size && token->key.data[0] == '@';
}

static bool is_called(const cli_json_token *token, const char *key)
{
    return token->key.size == strlen(key) && memcmp(token->key.data, key, token->key.size) == 0;
}

static bool take_setting(emit_line *line, const cli_json_token *token, etw_str *name)
{
    emit_event *event = line->event;
    char number[32];
    uint64_t value;
    const bool is_text = token->kind == CLI_JSON_STRING;
    if (is_called(token, "@name") && is_text) {
        *name = token->text;
        return true;
    }
    const bool is_short = token->text.size < sizeof number;
    snprintf(number, sizeof number, "%.*s", is_short ? (int)token->text.size : 0,
             is_short && token->text.size ? token->text.data : "");
    if (is_called(token, "@level") && cli_parse_number(number, &value) && value <= UINT8_MAX) {
        event->level = (uint8_t)value;
        return true;
    }
    if (is_called(token, "@keyword") && cli_emit_mask(number, &event->keyword))
        return true;
    return cli_emit_fail(event, "%.*s: there are @name, a string, @level and @keyword, numbers",
                         (int)(token->key.size < 40 ? token->key.size : 40), token->key.data);
}

static unsigned depth_behind(const cli_json_token *token, unsigned depth)
{
    if (token->kind == CLI_JSON_OBJECT || token->kind == CLI_JSON_ARRAY)
        return depth + 1;
    return depth - (token->kind == CLI_JSON_OBJECT_END || token->kind == CLI_JSON_ARRAY_END);
}

static bool take_settings(emit_line *line, etw_str *name)
{
    unsigned depth = 0;
    for (size_t i = 0; i < line->count; i++) {
        const cli_json_token *token = &line->tokens[i];
        if (is_setting(token, depth) && !take_setting(line, token, name))
            return false;
        depth = depth_behind(token, depth);
    }
    return name->size || cli_emit_fail(line->event, "the event has no name: give --name or @name");
}

/* ---- Fields ---- */

/* The type of a value whose key has none; empty if it can have none. */
static etw_str type_of(const cli_json_token *token)
{
    static const char first_too_large[] = "9223372036854775808";
    const size_t size = sizeof first_too_large - 1;
    const etw_str text = token->text;
    if (token->kind == CLI_JSON_STRING)
        return text_type;
    if (token->kind == CLI_JSON_TRUE || token->kind == CLI_JSON_FALSE)
        return bool_type;
    if (token->kind != CLI_JSON_NUMBER)
        return (etw_str){NULL, 0};
    for (size_t i = 0; i < text.size; i++)
        if (strchr(".eE", text.data[i]))
            return float_type;
    const bool is_large =
        text.size > size || (text.size == size && memcmp(text.data, first_too_large, size) >= 0);
    return is_large && text.data[0] != '-' ? unsigned_type : signed_type;
}

static bool is_number(etw_str type)
{
    return type.data == signed_type.data || type.data == unsigned_type.data ||
           type.data == float_type.data;
}

/* The type for values of two types; empty if there is none. */
static etw_str common_type(etw_str a, etw_str b)
{
    if (a.size == 0 || a.data == b.data)
        return b;
    if (!is_number(a) || !is_number(b))
        return (etw_str){NULL, 0};
    return a.data == float_type.data || b.data == float_type.data ? float_type : unsigned_type;
}

/* Elements that are texts: each ends with a zero. */
static bool add_texts(emit_line *line, etw_str name, const cli_json_token *first, size_t count)
{
    etw_event_builder *builder = &line->event->builder;
    const uint8_t number[] = {(uint8_t)count, (uint8_t)(count >> 8)};
    etw_event_builder_add(builder, name, ETW_IN_ANSI_STRING | ETW_TL_COUNTED_ARRAY, ETW_TL_OUT_UTF8,
                          0);
    etw_status status = etw_event_builder_put(builder, number, sizeof number);
    for (size_t i = 0; i < count; i++) {
        etw_event_builder_put(builder, first[i].text.data, first[i].text.size);
        status = etw_event_builder_put(builder, "", 1);
    }
    if (!etw_failed(status) && count <= UINT16_MAX)
        return true;
    return cli_emit_fail(line->event, "field %.*s: the array is too large", (int)name.size,
                         name.data);
}

/* Elements of other types, as the builder reads them. */
static bool add_values(emit_line *line, etw_str name, etw_str type, const cli_json_token *first,
                       size_t count)
{
    cli_text *text = &line->elements;
    text->size = 0;
    cli_text_add(text, type);
    if (memchr(type.data, '[', type.size) == NULL)
        cli_text_add_z(text, "[]");
    const size_t type_size = text->size;
    for (size_t i = 0; i < count; i++) {
        if (i)
            cli_text_add_char(text, ',');
        cli_text_add(text, first[i].text);
    }
    if (text->failed)
        return cli_emit_fail(line->event, "%s", etw_status_text(ETW_E_NOMEM));
    return !etw_failed(etw_event_builder_add_text(
        &line->event->builder, name, (etw_str){text->data, type_size},
        (etw_str){text->data + type_size, text->size - type_size}, &line->event->problem));
}

/* An array, whose begin is at `*index`, which moves to its end. */
static bool add_array(emit_line *line, size_t *index)
{
    const cli_json_token *const begin = &line->tokens[*index], *const first = begin + 1;
    etw_str given = {NULL, 0}, type = {NULL, 0};
    const etw_str name = cli_emit_name(begin->key, &given);
    size_t count = 0;
    for (; first[count].kind != CLI_JSON_ARRAY_END; count++) {
        const etw_str own = type_of(&first[count]);
        type = common_type(type, own);
        if (own.size == 0 || (type.size == 0 && given.size == 0))
            return cli_emit_fail(line->event,
                                 "field %.*s: an array holds numbers, strings or booleans",
                                 (int)name.size, name.data);
    }
    *index += count + 1;
    if (given.size)
        return add_values(line, name, given, first, count);
    return count == 0 || type.data == text_type.data ? add_texts(line, name, first, count)
                                                     : add_values(line, name, type, first, count);
}

static bool begin_struct(emit_line *line, etw_str name)
{
    const etw_status status = etw_event_builder_begin_struct(&line->event->builder, name);
    return !etw_failed(status) ||
           cli_emit_fail(line->event, "field %.*s: %s", (int)name.size, name.data,
                         status == ETW_E_LIMIT ? "objects nest too deep" : "too large");
}

static bool end_struct(emit_line *line)
{
    return !etw_failed(etw_event_builder_end_struct(&line->event->builder)) ||
           cli_emit_fail(line->event, "an object has no members, or too many");
}

static bool add_fields(emit_line *line)
{
    unsigned depth = 1;
    for (size_t i = 1; depth > 0; i++) {
        const cli_json_token *token = &line->tokens[i];
        bool good = true;
        if (token->kind == CLI_JSON_OBJECT_END)
            good = --depth == 0 || end_struct(line);
        else if (token->kind == CLI_JSON_OBJECT)
            good = begin_struct(line, token->key) && ++depth;
        else if (token->kind == CLI_JSON_ARRAY)
            good = add_array(line, &i);
        else if (token->kind != CLI_JSON_NULL && !is_setting(token, depth))
            good = cli_emit_field(line->event, token->key, type_of(token), token->text);
        if (!good)
            return false;
    }
    return true;
}

bool cli_emit_json(emit_event *event, const char *name, char *text, size_t size)
{
    emit_line line = {.event = event};
    etw_str event_name = {name, name ? strlen(name) : 0};
    bool good = read_tokens(&line, text, size) && take_settings(&line, &event_name);
    if (good && etw_failed(etw_event_builder_begin(&event->builder, event_name, 0)))
        good = cli_emit_fail(event, "the name of the event is none");
    good = good && add_fields(&line);
    free(line.tokens);
    cli_text_free(&line.elements);
    return good;
}
