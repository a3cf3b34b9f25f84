/*
 * Conditions on payloads:
 *
 *     [ids "/"] field operator value { ("and" | "or") field operator value }
 */
#include "base/case.h"
#include "base/error.h"
#include "session/spec_reader.h"

#include <string.h>

typedef struct operator_row {
    const char *name;
    uint8_t op;
    bool is_word; /* Ends at a blank. */
} operator_row;

/* Longer ones first where one begins another. */
static const operator_row OPERATORS[] = {
    {"==", ETW_PAYLOAD_EQ, false},
    {"!=", ETW_PAYLOAD_NE, false},
    {"<=", ETW_PAYLOAD_LE, false},
    {">=", ETW_PAYLOAD_GE, false},
    {"<", ETW_PAYLOAD_LT, false},
    {">", ETW_PAYLOAD_GT, false},
    {"%", ETW_PAYLOAD_MODULO, false},
    {"between", ETW_PAYLOAD_BETWEEN, true},
    {"notbetween", ETW_PAYLOAD_NOT_BETWEEN, true},
    {"contains", ETW_PAYLOAD_CONTAINS, true},
    {"notcontains", ETW_PAYLOAD_DOES_NOT_CONTAIN, true},
    {"isnot", ETW_PAYLOAD_IS_NOT, true},
    {"is", ETW_PAYLOAD_IS, true},
};

static void skip_blanks(etwi_spec_reader *r)
{
    while (r->at < r->size && r->text[r->at] == ' ')
        r->at++;
}

/* Whether a name is next; words have to end there. */
static bool is_next(const etwi_spec_reader *r, const char *name, bool is_word)
{
    const size_t size = strlen(name);
    if (r->size - r->at < size ||
        !etwi_same_letters((etw_str){name, size}, (etw_str){r->text + r->at, size}))
        return false;
    return !is_word || r->at + size == r->size || r->text[r->at + size] == ' ';
}

static etw_status read_operator(etwi_spec_reader *r, etw_payload_operator *out)
{
    for (size_t i = 0; i < sizeof OPERATORS / sizeof OPERATORS[0]; i++)
        if (is_next(r, OPERATORS[i].name, OPERATORS[i].is_word)) {
            r->at += strlen(OPERATORS[i].name);
            *out = (etw_payload_operator)OPERATORS[i].op;
            return ETW_OK;
        }
    return etwi_fail(r->error, ETW_E_INVALID, r->at,
                     "expected an operator: == != < <= > >= %% between notbetween contains "
                     "notcontains is isnot");
}

static etw_status keep(etwi_spec_reader *r, etw_str *out, etw_str text)
{
    return etwi_arena_str(r->arena, out, text.data, text.size) ? ETW_OK : etwi_fail_nomem(r->error);
}

static etw_status read_predicate(etwi_spec_reader *r, etw_payload_predicate *out)
{
    etwi_spec_word word;
    skip_blanks(r);
    ETWI_TRY(etwi_spec_read(r, " =!<>%", "the name of a field", &word));
    ETWI_TRY(keep(r, &out->field, word.text));
    skip_blanks(r);
    ETWI_TRY(read_operator(r, &out->op));
    skip_blanks(r);
    ETWI_TRY(etwi_spec_read(r, " ", "a value", &word));
    ETWI_TRY(keep(r, &out->value, word.text));
    skip_blanks(r);
    return ETW_OK;
}

/* Moves on over `and` or `or`; false if neither is next. */
static bool skip_joint(etwi_spec_reader *r, bool *is_or)
{
    *is_or = is_next(r, "or", true);
    if (!*is_or && !is_next(r, "and", true))
        return false;
    r->at += *is_or ? 2 : 3;
    return true;
}

static etw_status read_predicates(etwi_spec_reader *r, etw_provider_filter *filter)
{
    etw_payload_predicate *predicates =
        etwi_arena_alloc_zeroed(r->arena, ETW_FILTER_PREDICATES_MAX * sizeof *predicates);
    if (!predicates)
        return etwi_fail_nomem(r->error);
    filter->predicates = predicates;
    for (;;) {
        bool is_or;
        ETWI_TRY(read_predicate(r, &predicates[filter->predicate_count++]));
        const size_t column = r->at;
        if (etwi_spec_is_end(r))
            return ETW_OK;
        if (!skip_joint(r, &is_or))
            return etwi_fail(r->error, ETW_E_INVALID, column,
                             "expected 'and', 'or', ':' or the end");
        if (filter->predicate_count > 1 && filter->any_predicate != is_or)
            return etwi_fail(r->error, ETW_E_INVALID, column,
                             "a filter has either 'and' or 'or', not both");
        filter->any_predicate = is_or;
        if (filter->predicate_count == ETW_FILTER_PREDICATES_MAX)
            return etwi_fail(r->error, ETW_E_LIMIT, column, "a filter has at most %d conditions",
                             ETW_FILTER_PREDICATES_MAX);
    }
}

/* Whether ids and a slash are next. Fields do not begin with digits, but if quoted. */
static bool has_ids(const etwi_spec_reader *r)
{
    if (r->at == r->size || r->text[r->at] < '0' || r->text[r->at] > '9')
        return false;
    const size_t size = strcspn(r->text + r->at, "/ :'\"=<>!%");
    return r->text[r->at + size] == '/';
}

etw_status etwi_spec_read_payload(etwi_spec_reader *r, uint32_t type)
{
    etw_provider_filter *filter;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    if (has_ids(r)) {
        ETWI_TRY(etwi_spec_read_ids(r, '/', filter));
        r->at++;
    }
    ETWI_TRY(read_predicates(r, filter));
    return etwi_spec_keep_filter(r);
}
