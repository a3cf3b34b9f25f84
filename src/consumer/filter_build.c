/* From a comparison to a test: which field it is about, and the texts it is compared with. */
#include "base/case.h"
#include "base/error.h"
#include "base/text.h"
#include "consumer/filter_compile.h"
#include "consumer/filter_regex.h"

#include <string.h>

typedef struct field_row {
    const char *name;
    uint8_t field;
    uint8_t type;
    bool optional;
} field_row;

static const field_row FIELDS[] = {
#define X(name, text, type, optional) {text, ETWI_FILTER_##name, ETWI_FIELD_##type, optional},
    ETWI_FILTER_FIELD_MAP(X)
#undef X
    /* The names of columns of `etw dump -o csv` that differ. */
    {"provider_guid", ETWI_FILTER_GUID, ETWI_FIELD_GUID, false},
    {"opcode_name", ETWI_FILTER_OPCODE, ETWI_FIELD_NAMED, false},
    {"level_name", ETWI_FILTER_LEVEL, ETWI_FIELD_NAMED, false},
};

enum {
    FIELD_COUNT = sizeof FIELDS / sizeof FIELDS[0],
    GUESS_MIN = 4, /* Names shorter than this are too much alike to guess. */
};

static const field_row *find_field(etw_str name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strlen(FIELDS[i].name) == name.size &&
            memcmp(FIELDS[i].name, name.data, name.size) == 0)
            return &FIELDS[i];
    return NULL;
}

static bool is_lower_case(etw_str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] < 'a' || name.data[i] > 'z')
            return false;
    return true;
}

/*
 * Any name may be that of a property. But one that is in lower case and one letter away from a
 * field of the header is more likely a mistake, which would silently match nothing.
 */
static etw_status check_name(etwi_source *source, const etwi_word *word)
{
    if (word->text.size < GUESS_MIN || !is_lower_case(word->text))
        return ETW_OK;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (etwi_is_near(word->text, FIELDS[i].name))
            return etwi_fail(source->error, ETW_E_INVALID, word->column,
                             "unknown field '%.*s'; did you mean '%s'? (data.%.*s is a property)",
                             (int)word->text.size, word->text.data, FIELDS[i].name,
                             (int)word->text.size, word->text.data);
    return ETW_OK;
}

/* ----------------------------------------------------------------------------------- texts */

static bool is_text_relation(etwi_relation relation)
{
    return relation >= ETWI_RELATION_CONTAINS;
}

static etwi_pattern_kind pattern_kind(etwi_relation relation)
{
    switch (relation) {
    case ETWI_RELATION_CONTAINS:
        return ETWI_PATTERN_CONTAINS;
    case ETWI_RELATION_STARTS:
        return ETWI_PATTERN_STARTS;
    case ETWI_RELATION_ENDS:
        return ETWI_PATTERN_ENDS;
    case ETWI_RELATION_GLOB:
        return ETWI_PATTERN_GLOB;
    case ETWI_RELATION_MATCHES:
        return ETWI_PATTERN_REGEX;
    default:
        return ETWI_PATTERN_EQUAL;
    }
}

/* Where the character of a literal with that index is in the source, as near as can be told:
 * escapes are longer than what they stand for. */
static uint64_t column_of(const etwi_source *source, const etwi_literal *literal, uint64_t index)
{
    const uint8_t *at = (const uint8_t *)literal->text.data;
    const uint8_t *const begin = at, *const end = at + literal->text.size;
    for (; index && at < end; index--)
        etwi_utf8_next(&at, end);
    const uint64_t column = literal->column + literal->is_quoted + (uint64_t)(at - begin);
    return column < source->size ? column : source->size;
}

static etw_status make_regex(etwi_source *source, etwi_literal *literal)
{
    etw_error error;
    etwi_pattern *pattern = &literal->pattern;
    const etw_status status =
        etwi_regex_compile(&pattern->regex, pattern->characters, pattern->size,
                           pattern->ignore_case, source->arena, &error);
    if (status == ETW_OK)
        return ETW_OK;
    if (status == ETW_E_NOMEM)
        return etwi_fail_nomem(source->error);
    return etwi_fail(source->error, status, column_of(source, literal, error.offset), "%s",
                     error.message);
}

/* Patterns with stars at their ends only are looked for in one pass. */
static void simplify_glob(etwi_pattern *pattern)
{
    const uint32_t *c = pattern->characters;
    uint32_t begin = 0, end = pattern->size;
    while (begin < end && c[begin] == '*')
        begin++;
    while (end > begin && c[end - 1] == '*')
        end--;
    for (uint32_t i = begin; i < end; i++)
        if (c[i] == '*' || c[i] == '?')
            return;
    const bool open = begin > 0, open_end = end < pattern->size;
    pattern->kind = open && (open_end || begin == end) ? ETWI_PATTERN_CONTAINS
                    : open                             ? ETWI_PATTERN_ENDS
                    : open_end                         ? ETWI_PATTERN_STARTS
                                                       : ETWI_PATTERN_EQUAL;
    pattern->characters = c + begin;
    pattern->size = end - begin;
}

static etw_status prepare(etwi_source *source, etwi_literal *literal, etwi_pattern_kind kind,
                          bool fold)
{
    etwi_pattern *pattern = &literal->pattern;
    const bool bounded = kind == ETWI_PATTERN_GLOB || kind == ETWI_PATTERN_REGEX;
    if (bounded && literal->text.size > ETWI_FILTER_PATTERN_MAX)
        return etwi_fail(source->error, ETW_E_LIMIT, literal->column,
                         "the pattern is longer than %d bytes", ETWI_FILTER_PATTERN_MAX);
    uint32_t *characters =
        etwi_arena_alloc(source->arena, (literal->text.size + 1) * sizeof *characters);
    if (!characters)
        return etwi_fail_nomem(source->error);
    pattern->kind = kind;
    pattern->ignore_case = fold;
    pattern->characters = characters;
    etwi_chars text = etwi_chars_utf8(literal->text);
    for (uint32_t c; (c = etwi_chars_next(&text)) != ETWI_CHARS_END;)
        characters[pattern->size++] = fold && kind != ETWI_PATTERN_REGEX ? etwi_upper_case(c) : c;
    if (kind == ETWI_PATTERN_REGEX)
        return make_regex(source, literal);
    if (kind == ETWI_PATTERN_GLOB)
        simplify_glob(pattern);
    if (pattern->kind != ETWI_PATTERN_CONTAINS && pattern->kind != ETWI_PATTERN_ENDS)
        return ETW_OK;
    uint32_t *borders = etwi_arena_alloc(source->arena, (pattern->size + 1) * sizeof *borders);
    if (!borders)
        return etwi_fail_nomem(source->error);
    etwi_pattern_borders(pattern->characters, pattern->size, borders);
    pattern->borders = borders;
    return ETW_OK;
}

etw_status etwi_terms_prepare(etwi_source *source, etwi_comparison *comparison, bool fold)
{
    const etwi_pattern_kind kind = pattern_kind((etwi_relation)comparison->relation.relation);
    for (uint32_t i = 0; i < comparison->term_count; i++) {
        etwi_term *term = &comparison->terms[i];
        ETWI_TRY(prepare(source, &term->low, kind, fold));
        if (!term->high)
            continue;
        etwi_literal *high = etwi_arena_alloc(source->arena, sizeof *high);
        if (!high)
            return etwi_fail_nomem(source->error);
        *high = *term->high;
        ETWI_TRY(prepare(source, high, kind, fold));
        term->high = high;
    }
    return ETW_OK;
}

/* --------------------------------------------------------------------------------- numbers */

static const etwi_range EMPTY = {1, 0, false};
static const etwi_range ALL = {0, UINT64_MAX, false};

/* Unsigned numbers in the relation to one that may be negative. */
static etwi_range range_of(etwi_relation relation, bool is_negative, uint64_t value)
{
    const bool above = relation == ETWI_RELATION_GREATER || relation == ETWI_RELATION_GREATER_EQUAL;
    if (is_negative)
        return above ? ALL : EMPTY;
    etwi_range range = ALL;
    switch (relation) {
    case ETWI_RELATION_LESS:
        if (value == 0)
            return EMPTY;
        range.high = value - 1;
        return range;
    case ETWI_RELATION_LESS_EQUAL:
        range.high = value;
        return range;
    case ETWI_RELATION_GREATER:
        if (value == UINT64_MAX)
            return EMPTY;
        range.low = value + 1;
        return range;
    case ETWI_RELATION_GREATER_EQUAL:
        range.low = value;
        return range;
    default:
        range.low = range.high = value;
        return range;
    }
}

bool etwi_term_range(const etwi_term *term, etwi_relation relation, etwi_range *out)
{
    const etwi_literal *low = &term->low, *high = term->high;
    if (is_text_relation(relation) || !(low->is & ETWI_LITERAL_INTEGER) ||
        (high && !(high->is & ETWI_LITERAL_INTEGER)))
        return false;
    if (!high) {
        *out = range_of(relation, low->is_negative, low->integer);
        return true;
    }
    *out = range_of(ETWI_RELATION_GREATER_EQUAL, low->is_negative, low->integer);
    out->high = high->integer;
    if (high->is_negative || out->low > out->high)
        *out = EMPTY;
    return true;
}

/* ------------------------------------------------------------------------------ properties */

/* `name & mask` or `name % divisor`, perhaps compared with numbers. */
static etw_status build_masked(etwi_source *source, const etwi_comparison *comparison,
                               etwi_test *out)
{
    const etwi_relation relation = (etwi_relation)out->relation;
    etwi_range *ranges =
        etwi_arena_alloc(source->arena, (comparison->term_count + 1) * sizeof *ranges);
    if (!ranges)
        return etwi_fail_nomem(source->error);
    out->ranges = ranges;
    if (relation == ETWI_RELATION_PRESENT) {
        const etwi_range any_bit = {1, UINT64_MAX, false};
        ranges[out->range_count++] = any_bit;
    }
    for (uint32_t i = 0; i < comparison->term_count; i++)
        if (!etwi_term_range(&comparison->terms[i], relation, &ranges[out->range_count++]))
            return etwi_fail(source->error, ETW_E_INVALID, comparison->terms[i].low.column,
                             "%s can only be compared with a number",
                             comparison->has_mask ? "bits" : "a remainder");
    return ETW_OK;
}

static etw_status build_property(etwi_source *source, etwi_comparison *comparison, etwi_test *out)
{
    out->kind = ETWI_TEST_PROPERTY;
    out->field = ETWI_FILTER_PROPERTY;
    out->path = comparison->field.path;
    out->path_count = comparison->field.path_count;
    if (out->path_count > ETWI_FILTER_PATH_MAX)
        return etwi_fail(source->error, ETW_E_LIMIT, comparison->field.column,
                         "structures nest at most %d deep", ETW_STRUCT_DEPTH_MAX);
    if (etwi_test_make_mark(out, source->arena) != ETW_OK)
        return etwi_fail_nomem(source->error);
    if (comparison->has_mask || comparison->divisor)
        return build_masked(source, comparison, out);
    ETWI_TRY(etwi_terms_prepare(source, comparison, comparison->ignore_case));
    out->terms = comparison->terms;
    out->term_count = comparison->term_count;
    return ETW_OK;
}

etw_status etwi_test_build(etwi_source *source, etwi_comparison *comparison, etwi_test *out)
{
    memset(out, 0, sizeof *out);
    out->relation = comparison->relation.relation;
    out->none = comparison->none;
    out->has_mask = comparison->has_mask;
    out->mask = comparison->mask;
    out->divisor = comparison->divisor;
    if (comparison->field.is_property)
        return build_property(source, comparison, out);
    const field_row *found = find_field(comparison->field.text);
    if (!found) {
        ETWI_TRY(check_name(source, &comparison->field));
        return build_property(source, comparison, out);
    }
    out->field = found->field;
    out->is_optional = found->optional;
    return etwi_test_build_header(source, comparison, (etwi_field_type)found->type, out);
}
