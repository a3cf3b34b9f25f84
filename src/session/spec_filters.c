/* Filters of a provider string, but for those of payloads. */
#include "base/error.h"
#include "base/number.h"
#include "session/spec_reader.h"

etw_status etwi_spec_read_event_ids(etwi_spec_reader *r, uint32_t type)
{
    etw_provider_filter *filter;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    filter->exclude = etwi_spec_skip(r, "!");
    ETWI_TRY(etwi_spec_read_ids(r, '\0', filter));
    return etwi_spec_keep_filter(r);
}

etw_status etwi_spec_read_pids(etwi_spec_reader *r, uint32_t type)
{
    etw_provider_filter *filter;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    uint32_t *pids = etwi_arena_alloc(r->arena, ETW_FILTER_PIDS_MAX * sizeof *pids);
    if (!pids)
        return etwi_fail_nomem(r->error);
    filter->pids = pids;
    do {
        etwi_spec_word word;
        uint64_t pid;
        ETWI_TRY(etwi_spec_read(r, ETWI_SPEC_LIST, "a process id", &word));
        ETWI_TRY(etwi_spec_number(r, &word, "process id", UINT32_MAX, &pid));
        if (filter->pid_count == ETW_FILTER_PIDS_MAX)
            return etwi_fail(r->error, ETW_E_LIMIT, word.column,
                             "a filter has at most %d process ids", ETW_FILTER_PIDS_MAX);
        pids[filter->pid_count++] = (uint32_t)pid;
    } while (etwi_spec_skip(r, ETWI_SPEC_LIST));
    return etwi_spec_keep_filter(r);
}

/* How many names there are at most: one more than there are separators ahead. */
static size_t names_ahead(const etwi_spec_reader *r)
{
    size_t count = 1;
    for (size_t i = r->at; i < r->size; i++)
        count += r->text[i] == ',' || r->text[i] == ';';
    return count;
}

etw_status etwi_spec_read_names(etwi_spec_reader *r, uint32_t type)
{
    etw_provider_filter *filter;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    const bool of_events =
        type == ETW_FILTER_TYPE_EVENT_NAME || type == ETW_FILTER_TYPE_STACKWALK_NAME;
    etw_str *names = etwi_arena_alloc(r->arena, names_ahead(r) * sizeof *names);
    if (!names)
        return etwi_fail_nomem(r->error);
    filter->names = names;
    if (of_events) {
        filter->exclude = etwi_spec_skip(r, "!");
        filter->level = UINT8_MAX;
        filter->match_any_keyword = UINT64_MAX;
    }
    do {
        etwi_spec_word word;
        ETWI_TRY(etwi_spec_read(r, ETWI_SPEC_LIST, "a name", &word));
        if (!etwi_arena_str(r->arena, &names[filter->name_count++], word.text.data, word.text.size))
            return etwi_fail_nomem(r->error);
    } while (etwi_spec_skip(r, ETWI_SPEC_LIST));
    return etwi_spec_keep_filter(r);
}

/* LEVEL[/ANY[/ALL]] */
etw_status etwi_spec_read_stack_level(etwi_spec_reader *r, uint32_t type)
{
    static const char SIGNS[] = ETWI_SPEC_LIST "|/";
    etw_provider_filter *filter;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    filter->exclude = etwi_spec_skip(r, "!");
    filter->match_any_keyword = UINT64_MAX;
    ETWI_TRY(etwi_spec_read_level(r, "/", &filter->level));
    if (etwi_spec_skip(r, "/"))
        ETWI_TRY(etwi_spec_read_keywords(r, SIGNS, &filter->match_any_keyword));
    if (etwi_spec_skip(r, "/"))
        ETWI_TRY(etwi_spec_read_keywords(r, SIGNS, &filter->match_all_keyword));
    if (!etwi_spec_is_end(r))
        return etwi_fail(r->error, ETW_E_INVALID, r->at,
                         "expected ':' or the end after the keywords, not '%c'", r->text[r->at]);
    return etwi_spec_keep_filter(r);
}

/* ---- Bytes ---- */

/* Two digits a byte, perhaps with 0x in front. */
static etw_status read_hex(etwi_spec_reader *r, etw_bytes *out)
{
    etwi_spec_word word;
    ETWI_TRY(etwi_spec_read(r, "", "hexadecimal digits", &word));
    etw_str digits = word.text;
    size_t column = word.column + word.is_quoted;
    if (digits.size >= 2 && digits.data[0] == '0' && (digits.data[1] | 0x20) == 'x') {
        digits = (etw_str){digits.data + 2, digits.size - 2};
        column += 2;
    }
    uint8_t *bytes = etwi_arena_alloc(r->arena, digits.size / 2 + 1);
    if (!bytes)
        return etwi_fail_nomem(r->error);
    for (size_t i = 0; i < digits.size; i++) {
        const unsigned value = etwi_digit_of(digits.data[i]);
        if (value == ETWI_NO_DIGIT)
            return etwi_fail(r->error, ETW_E_INVALID, column + i,
                             "expected hexadecimal digits, two a byte");
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] | value : value << 4);
    }
    if (digits.size % 2)
        return etwi_fail(r->error, ETW_E_INVALID, column + digits.size,
                         "the last byte has one digit only");
    *out = (etw_bytes){bytes, digits.size / 2};
    return ETW_OK;
}

etw_status etwi_spec_read_data(etwi_spec_reader *r, uint32_t type)
{
    etw_provider_filter *filter;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    ETWI_TRY(read_hex(r, &filter->data));
    return etwi_spec_keep_filter(r);
}

/* TYPE/BYTES, for types that have no name here. */
etw_status etwi_spec_read_raw(etwi_spec_reader *r, uint32_t type)
{
    etw_provider_filter *filter;
    etwi_spec_word word;
    uint64_t number;
    ETWI_TRY(etwi_spec_new_filter(r, type, &filter));
    ETWI_TRY(etwi_spec_read(r, "/", "the type of a filter", &word));
    ETWI_TRY(etwi_spec_number(r, &word, "type of a filter", UINT32_MAX, &number));
    if (!etwi_spec_skip(r, "/"))
        return etwi_fail(r->error, ETW_E_INVALID, r->at, "expected '/' and hexadecimal digits");
    filter->type = (uint32_t)number;
    ETWI_TRY(read_hex(r, &filter->data));
    return etwi_spec_keep_filter(r);
}
