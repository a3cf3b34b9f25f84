/*
 * TMF files are read in two passes over their lines, for enumerations may stand behind the messages
 * that use them. Argument lines are read from the right: `expression, ItemLong -- 10` may have any
 * C++ before its last parts.
 */
#include "schema/tmf.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "schema/schema_text.h"
#include "schema/tmf_items.h"
#include "schema/wpp.h"

enum {
    ARGUMENTS_MAX = 256,
    GUID_SIZE = 36,
    SHOWN_MAX = 60, /* Of faulty lines in messages. */
};

typedef struct tmf {
    etwi_tmf_lines lines;
    etwi_arena *arena;
    etwi_tmf_enums enums;
    etw_schema header; /* What the messages below a header line have in common. */
    etw_str file;      /* The source file that line names, as in the text; or empty. */
    bool has_header;
    size_t message_count;
    etwi_schema_taker take;
    void *user;
    etw_error *problem; /* Never NULL. */
    etw_error *error;
} tmf;

static int clip(etw_str text)
{
    return text.size < SHOWN_MAX ? (int)text.size : SHOWN_MAX;
}

static size_t offset_of(const tmf *t, etw_str line)
{
    return (size_t)(line.data - t->lines.start);
}

/* ---- Encodings ---- */

static bool starts(etw_bytes bytes, const char *mark, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, mark, size) == 0;
}

/* UTF-16 in the other order of bytes. */
static bool swap(etw_bytes bytes, etwi_arena *arena, etw_str *out)
{
    const size_t size = bytes.size & ~(size_t)1;
    uint8_t *swapped = etwi_arena_alloc(arena, size);
    for (size_t i = 0; swapped && i < size; i++)
        swapped[i] = bytes.data[i ^ 1];
    const etw_bytes text = {swapped, size};
    return swapped && etwi_schema_text_utf16(arena, out, text);
}

/* The file as UTF-8 without a mark; memory of the arena if it is in UTF-16. */
static bool to_utf8(etw_bytes bytes, etwi_arena *arena, etw_str *out)
{
    if (starts(bytes, "\xFE\xFF", 2)) {
        const etw_bytes text = {bytes.data + 2, bytes.size - 2};
        return swap(text, arena, out);
    }
    if (starts(bytes, "\xFF\xFE", 2)) {
        const etw_bytes text = {bytes.data + 2, bytes.size - 2};
        return etwi_schema_text_utf16(arena, out, text);
    }
    const size_t mark = starts(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
    const etw_str text = {(const char *)bytes.data + mark, bytes.size - mark};
    *out = text;
    return true;
}

/* Whether a line of the text, of one or two bytes a character, begins with a keyword. */
bool etwi_tmf_probe(etw_bytes bytes)
{
    static const char WORD[] = "#typev ";
    const bool is_big_endian = starts(bytes, "\xFE\xFF", 2);
    const size_t step = is_big_endian || starts(bytes, "\xFF\xFE", 2) ? 2 : 1;
    const size_t size = sizeof WORD - 1;
    size_t at = starts(bytes, "\xEF\xBB\xBF", 3) ? 3 : step == 2 ? 2 + is_big_endian : 0;
    while (at < bytes.size && bytes.size - at >= size * step - is_big_endian) {
        size_t i = 0;
        while (i < size && bytes.data[at + i * step] == (uint8_t)WORD[i])
            i++;
        if (i == size)
            return true;
        while (at < bytes.size && bytes.data[at] != '\n')
            at += step;
        at += step;
    }
    return false;
}

/* ---- Messages ---- */

/* What stands behind a key in fields, up to the next one. */
static etw_str find_field(etw_str fields, const char *key)
{
    static const char *const KEYS[] = {" LEVEL=", " FLAGS=", " FUNC=", " MJ="};
    etw_str before, value = {NULL, 0};
    const size_t at = etwi_tmf_find_last(fields, key);
    if (at == SIZE_MAX)
        return value;
    etwi_tmf_split(fields, at, strlen(key), &before, &value);
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        const size_t end = etwi_tmf_find_last(value, KEYS[i]);
        if (end != SIZE_MAX)
            value.size = end;
    }
    return etwi_tmf_trim(value);
}

/* `GUID component // SRC=file MJ= MN=`. */
static etw_status read_header(tmf *t, etw_str line)
{
    const etw_str word = etwi_tmf_word(&line);
    t->has_header =
        word.size == GUID_SIZE && etw_guid_parse(&t->header.provider, word, NULL) == ETW_OK;
    if (!t->has_header)
        return ETW_OK;
    t->file = find_field(line, " SRC=");
    const size_t comment = etwi_tmf_find_last(line, "//");
    if (comment != SIZE_MAX)
        line.size = comment;
    return etwi_schema_text_utf8(t->arena, &t->header.provider_name, etwi_tmf_trim(line))
               ? ETW_OK
               : etwi_fail_nomem(t->error);
}

/* Where the quote is that ends the format: only blanks or a comment follow. */
static size_t find_end_of_format(etw_str text)
{
    etw_str format = text, behind;
    for (;;) {
        const size_t quote = etwi_tmf_find_last(format, "\"");
        if (quote == SIZE_MAX)
            return SIZE_MAX;
        etwi_tmf_split(text, quote, 1, &format, &behind);
        behind = etwi_tmf_trim(behind);
        if (!behind.size || etwi_tmf_starts(behind, "//"))
            return quote;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Tags are names of source files, in which `_` takes the place of all but letters and digits, and
 * the numbers of lines behind. Returns where the line is, or 0 if the tag is for another file. */
static size_t line_in_tag(etw_str tag, etw_str file)
{
    if (!file.size || tag.size <= file.size)
        return 0;
    for (size_t i = 0; i < file.size; i++)
        if (tag.data[i] != file.data[i] && tag.data[i] != '_')
            return 0;
    for (size_t i = file.size; i < tag.size; i++)
        if (!is_digit(tag.data[i]))
            return 0;
    return file.size;
}

/* Where a message stands in the source: `Cart.cpp:28`, or its tag if the file is not known. */
static bool set_place(const tmf *t, etw_str tag, etw_schema *out)
{
    const size_t at = line_in_tag(tag, t->file);
    if (!at)
        return etwi_schema_text_utf8(t->arena, &out->class_name, tag);
    char *place = etwi_arena_alloc(t->arena, tag.size + 2);
    if (!place)
        return false;
    memcpy(place, t->file.data, at);
    place[at] = ':';
    memcpy(place + at + 1, tag.data + at, tag.size - at);
    place[tag.size + 1] = '\0';
    const etw_str text = {place, tag.size + 1};
    return etwi_schema_text_utf8(t->arena, &out->class_name, text);
}

/* `tag number "format" // fields`. */
static etw_status read_type_line(tmf *t, etw_str line, etw_schema *out)
{
    const etw_str whole = line, tag = etwi_tmf_word(&line), digits = etwi_tmf_word(&line);
    uint64_t number;
    if (!tag.size || !etwi_tmf_number(digits, &number) || number > UINT16_MAX)
        return etwi_fail(t->problem, ETW_E_CORRUPT, offset_of(t, whole),
                         "message \"%.*s\" has no number", clip(whole), whole.data);
    out->id = (uint16_t)number;
    const etw_str quoted = {line.data + 1, line.size ? line.size - 1 : 0};
    const size_t end = etwi_tmf_starts(line, "\"") ? find_end_of_format(quoted) : SIZE_MAX;
    if (end == SIZE_MAX)
        return etwi_fail(t->problem, ETW_E_CORRUPT, offset_of(t, whole),
                         "message \"%.*s\" has no format", clip(whole), whole.data);
    etw_str format, fields;
    etwi_tmf_split(quoted, end, 1, &format, &fields);
    const bool good =
        set_place(t, tag, out) && etwi_schema_text_utf8(t->arena, &out->message, format) &&
        etwi_schema_text_utf8(t->arena, &out->level_name, find_field(fields, " LEVEL=")) &&
        etwi_schema_text_utf8(t->arena, &out->task_name, find_field(fields, " FLAGS=")) &&
        etwi_schema_text_utf8(t->arena, &out->event_name, find_field(fields, " FUNC="));
    return good ? ETW_OK : etwi_fail_nomem(t->error);
}

static bool is_identifier(etw_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.data[i], lower = (char)(c | 0x20);
        if (c != '_' && !(lower >= 'a' && lower <= 'z') && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return text.size != 0;
}

static bool is_taken(const etw_property *properties, size_t count, etw_str name)
{
    for (size_t i = 0; i < count; i++)
        if (properties[i].name.size == name.size &&
            memcmp(properties[i].name.data, name.data, name.size) == 0)
            return true;
    return false;
}

/* A plain variable gives its name; what is written otherwise has none that could be asked for. */
static bool set_name(const tmf *t, etw_property *properties, size_t index, etw_str expression)
{
    char number[8 + ETWI_U64_TEXT_MAX] = "arg";
    if (!is_identifier(expression) || is_taken(properties, index, expression)) {
        const char *end = etwi_text_u64(number + 3, etwi_wpp_argument(&properties[index]));
        expression.data = number;
        expression.size = (size_t)(end - number);
    }
    return etwi_arena_str(t->arena, &properties[index].name, expression.data, expression.size);
}

/* `expression, ItemLong -- 10`. */
static etw_status read_argument(tmf *t, etw_str line, const etw_schema *schema,
                                etw_property *properties)
{
    static const char NUMBER[] = "--", TYPE[] = ", Item";
    etw_str rest, digits = {NULL, 0}, expression = {NULL, 0}, type = {NULL, 0};
    uint64_t number = 0;
    const size_t dashes = etwi_tmf_find_last(line, NUMBER);
    size_t comma = SIZE_MAX;
    if (dashes != SIZE_MAX) {
        etwi_tmf_split(line, dashes, sizeof NUMBER - 1, &rest, &digits);
        comma = etwi_tmf_find_last(rest, TYPE);
        if (comma != SIZE_MAX)
            etwi_tmf_split(rest, comma, 2, &expression, &type);
        else if (etwi_tmf_starts(rest, TYPE + 2))
            type = rest;
    }
    if (!type.size || !etwi_tmf_number(etwi_tmf_trim(digits), &number) || number > UINT16_MAX)
        return etwi_fail(t->problem, ETW_E_CORRUPT, offset_of(t, line),
                         "argument \"%.*s\" has no type or number", clip(line), line.data);
    if (schema->property_count == ARGUMENTS_MAX)
        return etwi_fail(t->problem, ETW_E_LIMIT, offset_of(t, line), "more than %d arguments",
                         ARGUMENTS_MAX);
    etw_property *property = &properties[schema->property_count];
    memset(property, 0, sizeof *property);
    const bool good = etwi_tmf_item(&t->enums, etwi_tmf_trim(type), (unsigned)number,
                                    schema->message, property) == ETW_OK &&
                      set_name(t, properties, schema->property_count, etwi_tmf_trim(expression));
    return good ? ETW_OK : etwi_fail_nomem(t->error);
}

/* The lines between braces, if there are any. */
static etw_status read_arguments(tmf *t, etw_schema *schema, etw_property *properties)
{
    etwi_tmf_lines after = t->lines;
    etw_str line;
    if (!etwi_tmf_next(&after, &line) || !etwi_tmf_is(line, "{"))
        return ETW_OK;
    t->lines = after;
    while (etwi_tmf_next(&t->lines, &line)) {
        if (etwi_tmf_is(line, "}"))
            return ETW_OK;
        ETWI_TRY(read_argument(t, line, schema, properties));
        schema->top_level_count = ++schema->property_count;
    }
    return etwi_fail(t->problem, ETW_E_TRUNCATED, (uint64_t)(t->lines.end - t->lines.start),
                     "the arguments of message %u do not end", schema->id);
}

static etw_status read_message(tmf *t, etw_str line)
{
    etw_property properties[ARGUMENTS_MAX];
    etw_schema schema = t->header;
    schema.source = ETW_SCHEMA_TMF;
    if (!t->has_header)
        return etwi_fail(t->problem, ETW_E_CORRUPT, offset_of(t, line),
                         "message \"%.*s\" stands below no GUID", clip(line), line.data);
    ETWI_TRY(read_type_line(t, line, &schema));
    ETWI_TRY(read_arguments(t, &schema, properties));
    const size_t size = schema.property_count * sizeof properties[0];
    etw_property *copy = etwi_arena_alloc(t->arena, size);
    if (!copy)
        return etwi_fail_nomem(t->error);
    if (size)
        memcpy(copy, properties, size);
    schema.properties = copy;
    t->message_count++;
    return t->take(t->user, &schema);
}

/* ---- Files ---- */

/* Takes a keyword with or without the "v" of newer files off a line. */
static bool take_keyword(etw_str *line, const char *keyword, const char *other)
{
    etw_str rest = *line;
    const etw_str word = etwi_tmf_word(&rest);
    if (!etwi_tmf_is(word, keyword) && !etwi_tmf_is(word, other))
        return false;
    *line = rest;
    return true;
}

static etw_status read_enums(tmf *t)
{
    etw_str line;
    while (etwi_tmf_next(&t->lines, &line))
        if (take_keyword(&line, "#enumv", "#enum"))
            ETWI_TRY(etwi_tmf_read_enum(&t->enums, line, &t->lines, t->error));
    return ETW_OK;
}

static etw_status read_messages(tmf *t)
{
    etw_error *first = t->problem, later;
    etw_str line;
    while (etwi_tmf_next(&t->lines, &line)) {
        etw_status status = ETW_OK;
        t->problem = first->status == ETW_OK ? first : &later;
        t->problem->status = ETW_OK;
        if (take_keyword(&line, "#typev", "#type"))
            status = read_message(t, line);
        else if (line.size >= GUID_SIZE && line.data[8] == '-' && line.data[23] == '-')
            status = read_header(t, line);
        const bool is_fault = t->problem->status != ETW_OK;
        t->problem = first;
        if (!is_fault)
            ETWI_TRY(status);
    }
    return ETW_OK;
}

etw_status etwi_tmf_parse(etw_bytes bytes, etwi_arena *arena, etwi_schema_taker take, void *user,
                          etw_error *problem, etw_error *error)
{
    etwi_arena scratch = {.allocator = arena->allocator};
    etw_error unseen;
    etw_str text = {NULL, 0};
    tmf t = {.arena = arena,
             .enums = {.arena = arena, .names = {.allocator = arena->allocator}},
             .take = take,
             .user = user,
             .problem = problem ? problem : &unseen,
             .error = error};
    t.problem->status = ETW_OK;
    etw_status status = to_utf8(bytes, &scratch, &text) ? ETW_OK : etwi_fail_nomem(error);
    if (status == ETW_OK && text.size) {
        const etwi_tmf_lines lines = {text.data, text.data, text.data + text.size};
        t.lines = lines;
        status = read_enums(&t);
        t.lines = lines;
        if (status == ETW_OK)
            status = read_messages(&t);
    }
    if (status == ETW_OK && !t.message_count && t.problem->status == ETW_OK)
        status = etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET, "there are no messages");
    etwi_tmf_enums_free(&t.enums);
    etwi_arena_free(&scratch);
    return status;
}
