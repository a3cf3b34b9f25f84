/*
 * Names come from four places, and the first that knows a name decides: the caller's list, the
 * processes that run, the library's own table, and the names that Windows' tools have for the same
 * providers.
 */
#include "session/resolve.h"

#include "base/case.h"
#include "base/error.h"
#include "guid/known.h"
#include "schema/kernel.h"
#include "schema/system.h"

#include <etw/kernel_flag.h>
#include <string.h>

enum {
    SHOWN_MAX = 60, /* Of a name, in a message. */
};

/* What is looked for, and what has been found so far. */
typedef struct search {
    etw_str name;
    etw_guid guid, other;
    bool found, ambiguous;
} search;

static void take(search *s, const etw_guid *guid)
{
    if (!s->found)
        s->guid = *guid;
    else if (!etw_guid_equal(&s->guid, guid) && !s->ambiguous) {
        s->other = *guid;
        s->ambiguous = true;
    }
    s->found = true;
}

/* Classes of classic events have names too, but they belong to a provider. */
static bool is_class(const etw_provider_info *info)
{
    return !info->is_system &&
           (!etw_guid_is_null(&info->owner) || etwi_kernel_is_class(&info->guid));
}

static void search_list(search *s, const etw_provider_list *known)
{
    const etw_provider_info *info;
    size_t position = 0;
    while (known && (info = etw_provider_list_find_name(known, s->name, &position)))
        if (!is_class(info))
            take(s, &info->guid);
}

static void search_registered(search *s)
{
    s->found = etwi_registered_find(s->name, &s->guid, &s->other, &s->ambiguous);
}

static void search_known(search *s)
{
    size_t position = 0;
    etw_guid guid;
    while (etwi_guid_known_by_name(s->name, &position, &guid))
        if (!etwi_kernel_is_class(&guid))
            take(s, &guid);
}

/* Without regard to case and blanks: "System IO Filter Provider". */
static bool is_loosely(etw_str name, etw_str text)
{
    size_t i = 0;
    for (size_t j = 0; j < text.size; j++) {
        if (text.data[j] == ' ')
            continue;
        if (i == name.size ||
            etwi_upper_case((uint8_t)name.data[i++]) != etwi_upper_case((uint8_t)text.data[j]))
            return false;
    }
    return i == name.size;
}

/* What logman calls the kernel logger, and the titles of the pages on system trace providers. */
static void search_titles(search *s)
{
    static const etw_str KERNEL = {"WindowsKernelTrace", sizeof "WindowsKernelTrace" - 1};
    size_t count;
    const etwi_provider *system = etwi_system_providers(&count);
    if (is_loosely(KERNEL, s->name) || etwi_same_letters(etwi_system_trace_name, s->name))
        take(s, &etwi_system_trace_guid);
    for (size_t i = 0; i < count; i++)
        if (is_loosely(system[i].name, s->name))
            take(s, &system[i].guid);
}

static etw_status fail_ambiguous(const search *s, uint64_t column, etw_error *error)
{
    char one[ETW_GUID_TEXT_SIZE], two[ETW_GUID_TEXT_SIZE];
    etw_guid_format(&s->guid, 0, one);
    etw_guid_format(&s->other, 0, two);
    return etwi_fail(
        error, ETW_E_INVALID, column, "several providers are called '%.*s': %s, %s; give the GUID",
        (int)(s->name.size < SHOWN_MAX ? s->name.size : SHOWN_MAX), s->name.data, one, two);
}

static etw_status fail_unknown(etw_str name, uint64_t column, etw_error *error)
{
    const int size = (int)(name.size < SHOWN_MAX ? name.size : SHOWN_MAX);
    size_t position = 0;
    etw_guid guid;
    if (etw_kernel_flag_find(name) || etwi_guid_known_by_name(name, &position, &guid))
        return etwi_fail(error, ETW_E_NOT_FOUND, column,
                         "'%.*s' is no provider but a class of the kernel's events, which a flag "
                         "of the kernel logger or a system trace provider enables",
                         size, name.data);
    return etwi_fail(error, ETW_E_NOT_FOUND, column,
                     "nobody knows a provider '%.*s'; give its GUID, or '*%.*s' for the GUID that "
                     "EventSource and TraceLogging make of the name",
                     size, name.data, size, name.data);
}

static etw_status resolve_name(etw_guid *out, etw_str name, const etw_provider_list *known,
                               uint64_t column, etw_error *error)
{
    search s;
    memset(&s, 0, sizeof s);
    s.name = name;
    search_list(&s, known);
    if (!s.found)
        search_registered(&s);
    if (!s.found)
        search_known(&s);
    if (!s.found)
        search_titles(&s);
    if (!s.found)
        return fail_unknown(name, column, error);
    if (s.ambiguous)
        return fail_ambiguous(&s, column, error);
    *out = s.guid;
    return ETW_OK;
}

etw_status etwi_provider_resolve(etw_guid *out, etw_str text, const etw_provider_list *known,
                                 uint64_t column, etw_error *error)
{
    if (!text.size)
        return etwi_fail(error, ETW_E_INVALID, column, "expected the name or GUID of a provider");
    if (etw_guid_parse(out, text, NULL) == ETW_OK)
        return ETW_OK;
    if (text.data[0] != '{')
        return resolve_name(out, text, known, column, error);
    const etw_status status = etw_guid_parse(out, text, error);
    if (error && error->offset != ETW_NO_OFFSET)
        error->offset += column;
    return status;
}

etw_status etw_provider_resolve(etw_guid *out, const char *name, const etw_provider_list *known,
                                etw_error *error)
{
    const etw_str text = {name, strlen(name)};
    if (text.size < 2 || text.data[0] != '*')
        return etwi_provider_resolve(out, text, known, 0, error);
    *out = etw_guid_from_name((etw_str){text.data + 1, text.size - 1});
    return ETW_OK;
}

bool etw_provider_is_known(const char *name, const etw_provider_list *known)
{
    const etw_str text = {name, strlen(name)};
    etw_guid guid;
    if (etwi_provider_resolve(&guid, text, known, 0, NULL) != ETW_OK)
        return false;
    if (etw_guid_parse(&guid, text, NULL) != ETW_OK)
        return true;
    const etw_provider_info *info = known ? etw_provider_list_find_guid(known, &guid) : NULL;
    if (info && !is_class(info))
        return true;
    if (etw_guid_known_name(&guid).size && !etwi_kernel_is_class(&guid))
        return true;
    return etwi_registered_has(&guid);
}
