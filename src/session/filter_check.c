#include "session/filter_check.h"

#include "base/error.h"
#include "base/text.h"
#include "session/filter_blob.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The filter that is being checked. */
typedef struct checked {
    const etw_provider_filter *filter;
    const etwi_filter_type *type;
    size_t index;
    etw_error *error;
} checked;

/* "filter 2 (event ids): …" */
static etw_status fail(const checked *c, etw_status status, const char *format, ...)
    ETWI_PRINTF(3, 4);

static etw_status fail(const checked *c, etw_status status, const char *format, ...)
{
    char reason[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return etwi_fail(c->error, status, ETW_NO_OFFSET, "filter %zu (%s): %s", c->index,
                     c->type->name, reason);
}

/* ---- What a type has ---- */

enum {
    HAS_IDS = 1 << 0,
    HAS_PIDS = 1 << 1,
    HAS_NAMES = 1 << 2,
    HAS_LEVEL = 1 << 3,
    HAS_PREDICATES = 1 << 4,
    HAS_DATA = 1 << 5,
    HAS_EXCLUDE = 1 << 6,
};

static unsigned members_of(const etw_provider_filter *f)
{
    return (f->id_count ? HAS_IDS : 0) | (f->pid_count ? HAS_PIDS : 0) |
           (f->name_count ? HAS_NAMES : 0) |
           (f->level || f->match_any_keyword || f->match_all_keyword ? HAS_LEVEL : 0) |
           (f->predicate_count || f->any_predicate ? HAS_PREDICATES : 0) |
           (f->data.size ? HAS_DATA : 0) | (f->exclude ? HAS_EXCLUDE : 0);
}

static unsigned members_allowed(etwi_filter_layout layout)
{
    switch (layout) {
    case ETWI_FILTER_IDS:
        return HAS_IDS | HAS_EXCLUDE;
    case ETWI_FILTER_PIDS:
        return HAS_PIDS;
    case ETWI_FILTER_LIST:
        return HAS_NAMES;
    case ETWI_FILTER_NAMES:
        return HAS_NAMES | HAS_LEVEL | HAS_EXCLUDE;
    case ETWI_FILTER_LEVEL_KW:
        return HAS_LEVEL | HAS_EXCLUDE;
    case ETWI_FILTER_PAYLOAD:
        return HAS_IDS | HAS_PREDICATES;
    default:
        return HAS_DATA;
    }
}

/* What is in a filter and has no meaning there would have no effect. */
static etw_status check_members(const checked *c)
{
    static const char *const NAMES[] = {
        "event ids",  "process ids", "names",   "level and keywords",
        "predicates", "data",        "excludes"};
    const unsigned extra =
        members_of(c->filter) & ~members_allowed((etwi_filter_layout)c->type->layout);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (extra & 1u << i)
            return fail(c, ETW_E_INVALID, "%s have no meaning in it", NAMES[i]);
    return ETW_OK;
}

/* ---- Members ---- */

static etw_status check_count(const checked *c, size_t count, size_t maximum, const char *what)
{
    if (count > maximum)
        return fail(c, ETW_E_LIMIT, "%zu %s, of at most %zu", count, what, maximum);
    if (!count)
        return fail(c, ETW_E_INVALID, "there are no %s in it", what);
    return ETW_OK;
}

static bool is_utf8(etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    while (at < end)
        if (etwi_utf8_next(&at, end) & ETWI_BAD_UTF8)
            return false;
    return true;
}

static etw_status check_text(const checked *c, etw_str text, const char *what, size_t index)
{
    if (!text.size)
        return fail(c, ETW_E_INVALID, "%s %zu is empty", what, index);
    if (memchr(text.data, '\0', text.size))
        return fail(c, ETW_E_INVALID, "%s %zu has a zero in it", what, index);
    if (!is_utf8(text))
        return fail(c, ETW_E_INVALID, "%s %zu is not valid UTF-8", what, index);
    return ETW_OK;
}

static etw_status check_names(const checked *c)
{
    const etw_provider_filter *filter = c->filter;
    ETWI_TRY(check_count(c, filter->name_count, UINT16_MAX, "names"));
    for (size_t i = 0; i < filter->name_count; i++)
        ETWI_TRY(check_text(c, filter->names[i], "name", i));
    // Windows takes them with semicolons between.
    for (size_t i = 0; c->type->layout == ETWI_FILTER_LIST && i < filter->name_count; i++)
        if (memchr(filter->names[i].data, ';', filter->names[i].size))
            return fail(c, ETW_E_INVALID, "name %zu has a semicolon in it", i);
    for (size_t i = 0; filter->type == ETW_FILTER_TYPE_CONTAINER && i < filter->name_count; i++) {
        etw_guid guid;
        if (etw_guid_parse(&guid, filter->names[i], NULL) != ETW_OK)
            return fail(c, ETW_E_INVALID, "'%.*s' is no GUID of a container",
                        (int)filter->names[i].size, filter->names[i].data);
    }
    return ETW_OK;
}

/* Two values with a comma between. */
static bool is_pair(etw_str value)
{
    const char *comma = value.size ? memchr(value.data, ',', value.size) : NULL;
    const char *end = value.data + value.size;
    return comma && comma > value.data && comma + 1 < end &&
           !memchr(comma + 1, ',', (size_t)(end - comma - 1));
}

/* A whole number above zero that fits into 64 bits. */
static bool is_divisor(etw_str value)
{
    uint64_t number = 0;
    for (size_t i = 0; i < value.size; i++) {
        const unsigned digit = (unsigned)(uint8_t)value.data[i] - '0';
        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    return number > 0;
}

static bool is_operator(etw_payload_operator op)
{
    return (op >= ETW_PAYLOAD_EQ && op <= ETW_PAYLOAD_MODULO) || op == ETW_PAYLOAD_CONTAINS ||
           op == ETW_PAYLOAD_DOES_NOT_CONTAIN || op == ETW_PAYLOAD_IS || op == ETW_PAYLOAD_IS_NOT;
}

static etw_status check_predicate(const checked *c, size_t index)
{
    const etw_payload_predicate *predicate = &c->filter->predicates[index];
    ETWI_TRY(check_text(c, predicate->field, "field", index));
    ETWI_TRY(check_text(c, predicate->value, "value", index));
    if (!is_operator(predicate->op))
        return fail(c, ETW_E_INVALID, "%d is no operator", (int)predicate->op);
    if ((predicate->op == ETW_PAYLOAD_BETWEEN || predicate->op == ETW_PAYLOAD_NOT_BETWEEN) &&
        !is_pair(predicate->value))
        return fail(c, ETW_E_INVALID, "value %zu has to be two with a comma between", index);
    if (predicate->op == ETW_PAYLOAD_MODULO && !is_divisor(predicate->value))
        return fail(c, ETW_E_INVALID, "value %zu has to be a whole number above zero", index);
    return ETW_OK;
}

static etw_status check_payload(const checked *c)
{
    const etw_provider_filter *filter = c->filter;
    if (filter->id_count)
        ETWI_TRY(check_count(c, filter->id_count, ETW_FILTER_EVENT_IDS_MAX, "event ids"));
    ETWI_TRY(check_count(c, filter->predicate_count, ETW_FILTER_PREDICATES_MAX, "predicates"));
    for (size_t i = 0; i < filter->predicate_count; i++)
        ETWI_TRY(check_predicate(c, i));
    return ETW_OK;
}

static etw_status check_content(const checked *c)
{
    switch (c->type->layout) {
    case ETWI_FILTER_IDS:
        return check_count(c, c->filter->id_count, ETW_FILTER_EVENT_IDS_MAX, "event ids");
    case ETWI_FILTER_PIDS:
        return check_count(c, c->filter->pid_count, ETW_FILTER_PIDS_MAX, "process ids");
    case ETWI_FILTER_LIST:
    case ETWI_FILTER_NAMES:
        return check_names(c);
    case ETWI_FILTER_PAYLOAD:
        return check_payload(c);
    case ETWI_FILTER_LEVEL_KW:
        return ETW_OK;
    default:
        return c->filter->data.size ? ETW_OK : fail(c, ETW_E_INVALID, "there is no data in it");
    }
}

static uint64_t size_limit(etwi_filter_layout layout)
{
    return layout == ETWI_FILTER_PAYLOAD ? ETW_FILTER_PAYLOAD_MAX
           : layout == ETWI_FILTER_NAMES ? ETW_FILTER_NAMES_MAX
                                         : ETW_FILTER_DATA_MAX;
}

static etw_status check_size(const checked *c)
{
    const uint64_t size = etwi_filter_blob_size(c->filter);
    const uint64_t limit = size_limit((etwi_filter_layout)c->type->layout);
    if (size <= limit)
        return ETW_OK;
    return fail(c, ETW_E_LIMIT, "%llu bytes, of at most %llu", (unsigned long long)size,
                (unsigned long long)limit);
}

/* ---- Filters ---- */

etw_status etwi_filter_check(const etw_provider_filter *filters, size_t index, etw_error *error)
{
    const etw_provider_filter *filter = &filters[index];
    const checked c = {filter, etwi_filter_type_of(filter->type), index, error};
    if (index >= ETW_FILTERS_MAX)
        return fail(&c, ETW_E_LIMIT, "a provider has at most %d filters", ETW_FILTERS_MAX);
    if (filter->type == ETW_FILTER_TYPE_NONE)
        return fail(&c, ETW_E_INVALID, "it has no type");
    for (size_t i = 0; i < index; i++)
        if (filters[i].type == filter->type)
            return fail(&c, ETW_E_INVALID, "filter %zu is of the same type", i);
    ETWI_TRY(check_members(&c));
    ETWI_TRY(check_content(&c));
    return check_size(&c);
}

etw_status etw_provider_filters_check(const etw_provider_filter *filters, size_t count,
                                      etw_error *error)
{
    for (size_t i = 0; i < count; i++)
        ETWI_TRY(etwi_filter_check(filters, i, error));
    return ETW_OK;
}
