#include "session/spec_reader.h"

#include "base/error.h"
#include "base/number.h"
#include "session/filter_check.h"

#include <string.h>

int etwi_spec_shown(etw_str text)
{
    return (int)(text.size < ETWI_SPEC_SHOWN_MAX ? text.size : ETWI_SPEC_SHOWN_MAX);
}

static bool is_one_of(char c, const char *signs)
{
    return c == ':' || (c && strchr(signs, c));
}

bool etwi_spec_is_end(const etwi_spec_reader *r)
{
    return r->at == r->size || r->text[r->at] == ':';
}

bool etwi_spec_skip(etwi_spec_reader *r, const char *signs)
{
    if (r->at == r->size || !strchr(signs, r->text[r->at]))
        return false;
    r->at++;
    return true;
}

/* ---- Words ---- */

/* Where a text in quotes ends: at its closing quote, or at the size. A quote within is written
 * twice. */
static size_t end_of_quoted(const etwi_spec_reader *r, size_t at)
{
    const char quote = r->text[at++];
    for (; at < r->size; at++)
        if (r->text[at] == quote) {
            if (at + 1 == r->size || r->text[at + 1] != quote)
                return at;
            at++;
        }
    return r->size;
}

static etw_status read_quoted(etwi_spec_reader *r, etwi_spec_word *out)
{
    const size_t end = end_of_quoted(r, r->at);
    const char quote = r->text[r->at];
    if (end == r->size)
        return etwi_fail(r->error, ETW_E_INVALID, out->column, "this quote is not closed");
    char *to = etwi_arena_alloc(r->arena, end - r->at);
    if (!to)
        return etwi_fail_nomem(r->error);
    out->text = (etw_str){to, 0};
    out->is_quoted = true;
    while (++r->at < end) {
        to[out->text.size++] = r->text[r->at];
        if (r->text[r->at] == quote)
            r->at++;
    }
    r->at = end + 1;
    return ETW_OK;
}

static etw_status expect_sign(const etwi_spec_reader *r, const char *signs)
{
    if (r->at == r->size || is_one_of(r->text[r->at], signs))
        return ETW_OK;
    return etwi_fail(r->error, ETW_E_INVALID, r->at,
                     "expected ':' or the end after the quotes, not '%c'", r->text[r->at]);
}

etw_status etwi_spec_read(etwi_spec_reader *r, const char *signs, const char *what,
                          etwi_spec_word *out)
{
    memset(out, 0, sizeof *out);
    out->column = r->at;
    if (r->at < r->size && (r->text[r->at] == '"' || r->text[r->at] == '\'')) {
        ETWI_TRY(read_quoted(r, out));
        ETWI_TRY(expect_sign(r, signs));
    } else {
        while (r->at < r->size && !is_one_of(r->text[r->at], signs))
            r->at++;
        out->text = (etw_str){r->text + out->column, r->at - out->column};
    }
    if (out->text.size)
        return ETW_OK;
    return etwi_fail(r->error, ETW_E_INVALID, out->column, "expected %s", what);
}

/* ---- Numbers ---- */

etw_status etwi_spec_number(const etwi_spec_reader *r, const etwi_spec_word *word, const char *what,
                            uint64_t maximum, uint64_t *out)
{
    const etwi_number number = etwi_number_parse(word->text, maximum);
    *out = number.value;
    if (!number.problem)
        return ETW_OK;
    return etwi_fail(r->error, ETW_E_INVALID, word->column + word->is_quoted + number.at,
                     "%s '%.*s': %s", what, etwi_spec_shown(word->text), word->text.data,
                     number.problem);
}

/* A part of a word. */
static etwi_spec_word part_of(const etwi_spec_word *word, size_t from, size_t to)
{
    const etwi_spec_word part = {{word->text.data + from, to - from}, word->column + from, false};
    return part;
}

/* Where ".." is in a word, or its size. */
static size_t find_dots(etw_str text)
{
    for (size_t i = 0; i + 1 < text.size; i++)
        if (text.data[i] == '.' && text.data[i + 1] == '.')
            return i;
    return text.size;
}

/* An id, or all from one to another. */
static etw_status read_range(etwi_spec_reader *r, const char *signs, uint64_t *low, uint64_t *high)
{
    etwi_spec_word word;
    ETWI_TRY(etwi_spec_read(r, signs, "an event id", &word));
    const size_t dots = word.is_quoted ? word.text.size : find_dots(word.text);
    const etwi_spec_word first = part_of(&word, 0, dots);
    ETWI_TRY(etwi_spec_number(r, &first, "event id", UINT16_MAX, low));
    *high = *low;
    if (dots == word.text.size)
        return ETW_OK;
    const etwi_spec_word last = part_of(&word, dots + 2, word.text.size);
    ETWI_TRY(etwi_spec_number(r, &last, "event id", UINT16_MAX, high));
    if (*low <= *high)
        return ETW_OK;
    return etwi_fail(r->error, ETW_E_INVALID, word.column, "the range '%.*s' ends before it begins",
                     etwi_spec_shown(word.text), word.text.data);
}

static bool has_id(const uint16_t *ids, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

etw_status etwi_spec_read_ids(etwi_spec_reader *r, char end, etw_provider_filter *filter)
{
    const char signs[] = {',', ';', end, '\0'};
    uint16_t *ids = etwi_arena_alloc(r->arena, ETW_FILTER_EVENT_IDS_MAX * sizeof *ids);
    if (!ids)
        return etwi_fail_nomem(r->error);
    filter->ids = ids;
    do {
        uint64_t id, high;
        const size_t column = r->at;
        ETWI_TRY(read_range(r, signs, &id, &high));
        for (; id <= high; id++) {
            if (has_id(ids, filter->id_count, id))
                continue;
            if (filter->id_count == ETW_FILTER_EVENT_IDS_MAX)
                return etwi_fail(r->error, ETW_E_LIMIT, column, "a filter has at most %d event ids",
                                 ETW_FILTER_EVENT_IDS_MAX);
            ids[filter->id_count++] = (uint16_t)id;
        }
    } while (etwi_spec_skip(r, ETWI_SPEC_LIST));
    return ETW_OK;
}

/* ---- Filters ---- */

etw_status etwi_spec_new_filter(etwi_spec_reader *r, uint32_t type, etw_provider_filter **out)
{
    if (r->filter_count == ETW_FILTERS_MAX)
        return etwi_fail(r->error, ETW_E_LIMIT, r->filter_column,
                         "a provider has at most %d filters", ETW_FILTERS_MAX);
    *out = &r->filters[r->filter_count];
    memset(*out, 0, sizeof **out);
    (*out)->type = type;
    return ETW_OK;
}

etw_status etwi_spec_keep_filter(etwi_spec_reader *r)
{
    const etw_status status = etwi_filter_check(r->filters, r->filter_count, r->error);
    if (status != ETW_OK && r->error)
        r->error->offset = r->filter_column;
    r->filter_count++;
    return status;
}
