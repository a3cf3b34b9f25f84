/* Levels, keywords and properties by name. */
#include "base/case.h"
#include "base/error.h"
#include "schema/system.h"
#include "session/spec_reader.h"

#include <string.h>

typedef struct word {
    const char *name;
    uint32_t value;
} word;

static const word LEVELS[] = {
    {"LogAlways", 0}, {"Critical", 1},    {"Error", 2},         {"Warning", 3},
    {"Info", 4},      {"Information", 4}, {"Informational", 4}, {"Verbose", 5},
};

/* Names as in evntcons.h, and short ones. */
static const word PROPERTIES[] = {
    {"sid", ETW_ENABLE_PROPERTY_SID},
    {"ts_id", ETW_ENABLE_PROPERTY_TS_ID},
    {"session", ETW_ENABLE_PROPERTY_TS_ID},
    {"stack_trace", ETW_ENABLE_PROPERTY_STACK_TRACE},
    {"stack", ETW_ENABLE_PROPERTY_STACK_TRACE},
    {"psm_key", ETW_ENABLE_PROPERTY_PSM_KEY},
    {"ignore_keyword_0", ETW_ENABLE_PROPERTY_IGNORE_KEYWORD_0},
    {"provider_group", ETW_ENABLE_PROPERTY_PROVIDER_GROUP},
    {"group", ETW_ENABLE_PROPERTY_PROVIDER_GROUP},
    {"enable_keyword_0", ETW_ENABLE_PROPERTY_ENABLE_KEYWORD_0},
    {"process_start_key", ETW_ENABLE_PROPERTY_PROCESS_START_KEY},
    {"start_key", ETW_ENABLE_PROPERTY_PROCESS_START_KEY},
    {"event_key", ETW_ENABLE_PROPERTY_EVENT_KEY},
    {"exclude_inprivate", ETW_ENABLE_PROPERTY_EXCLUDE_INPRIVATE},
    {"enable_silos", ETW_ENABLE_PROPERTY_ENABLE_SILOS},
    {"source_container_tracking", ETW_ENABLE_PROPERTY_SOURCE_CONTAINER_TRACKING},
};

static const word *find_word(const word *words, size_t count, etw_str name)
{
    for (size_t i = 0; i < count; i++)
        if (etwi_same_letters((etw_str){words[i].name, strlen(words[i].name)}, name))
            return &words[i];
    return NULL;
}

static bool is_number(const etwi_spec_word *read)
{
    return !read->is_quoted && read->text.data[0] >= '0' && read->text.data[0] <= '9';
}

/* ---- What providers name ---- */

static bool find_value(const etw_named_values *values, etw_str name, uint64_t *out)
{
    for (uint32_t i = 0; i < values->count; i++)
        if (etwi_same_letters(values->items[i].name, name)) {
            *out = values->items[i].value;
            return true;
        }
    return false;
}

/* What the library knows about a system trace provider, or NULL. */
static const etw_named_values *system_keywords(const etw_guid *guid)
{
    size_t count;
    const etwi_provider *system = etwi_system_providers(&count);
    for (size_t i = 0; i < count; i++)
        if (etw_guid_equal(&system[i].guid, guid))
            return &system[i].named[ETW_NAMED_KEYWORD];
    return NULL;
}

/* "THREAD" for SYSTEM_PROCESS_KW_THREAD. */
static bool find_short(const etw_named_values *values, etw_str name, uint64_t *out)
{
    static const char MARK[] = "_KW_";
    for (uint32_t i = 0; i < values->count; i++) {
        const etw_str full = values->items[i].name;
        const size_t skipped = full.size - name.size;
        if (full.size <= name.size + strlen(MARK) ||
            memcmp(full.data + skipped - strlen(MARK), MARK, strlen(MARK)) != 0 ||
            !etwi_same_letters((etw_str){full.data + skipped, name.size}, name))
            continue;
        *out = values->items[i].value;
        return true;
    }
    return false;
}

static const etw_provider_info *info_of(const etwi_spec_reader *r)
{
    return r->known ? etw_provider_list_find_guid(r->known, &r->parameters->provider) : NULL;
}

static bool find_keyword(const etwi_spec_reader *r, etw_str name, uint64_t *out)
{
    const etw_provider_info *info = info_of(r);
    const etw_named_values *system = system_keywords(&r->parameters->provider);
    return (info && find_value(&info->named[ETW_NAMED_KEYWORD], name, out)) ||
           (system && (find_value(system, name, out) || find_short(system, name, out)));
}

static bool find_level(const etwi_spec_reader *r, etw_str name, uint64_t *out)
{
    const word *found = find_word(LEVELS, sizeof LEVELS / sizeof LEVELS[0], name);
    if (found) {
        *out = found->value;
        return true;
    }
    const etw_provider_info *info = info_of(r);
    return info && find_value(&info->named[ETW_NAMED_LEVEL], name, out) && *out <= UINT8_MAX;
}

/* ---- Reading ---- */

etw_status etwi_spec_read_level(etwi_spec_reader *r, const char *signs, uint8_t *out)
{
    etwi_spec_word read;
    uint64_t level;
    ETWI_TRY(etwi_spec_read(r, signs, "a level", &read));
    if (is_number(&read))
        ETWI_TRY(etwi_spec_number(r, &read, "level", UINT8_MAX, &level));
    else if (!find_level(r, read.text, &level))
        return etwi_fail(r->error, ETW_E_INVALID, read.column,
                         "unknown level '%.*s'; levels are 0 to 255, Critical, Error, Warning, "
                         "Info, Verbose and what the provider's manifest names",
                         etwi_spec_shown(read.text), read.text.data);
    *out = (uint8_t)level;
    return ETW_OK;
}

static etw_status fail_keyword(const etwi_spec_reader *r, const etwi_spec_word *read)
{
    const etw_provider_info *info = info_of(r);
    const bool has_names =
        (info && info->named[ETW_NAMED_KEYWORD].count) || system_keywords(&r->parameters->provider);
    return etwi_fail(r->error, ETW_E_INVALID, read->column, "'%.*s' is no keyword of '%.*s'%s",
                     etwi_spec_shown(read->text), read->text.data, etwi_spec_shown(r->name),
                     r->name.data, has_names ? "" : ", whose keywords have no known names");
}

etw_status etwi_spec_read_keywords(etwi_spec_reader *r, const char *signs, uint64_t *out)
{
    *out = 0;
    do {
        etwi_spec_word read;
        uint64_t mask;
        ETWI_TRY(etwi_spec_read(r, signs, "a keyword", &read));
        if (is_number(&read))
            ETWI_TRY(etwi_spec_number(r, &read, "keyword", UINT64_MAX, &mask));
        else if (!find_keyword(r, read.text, &mask))
            return fail_keyword(r, &read);
        *out |= mask;
    } while (etwi_spec_skip(r, ETWI_SPEC_LIST "|"));
    return ETW_OK;
}

uint32_t etwi_spec_property(etw_str name)
{
    const word *found = find_word(PROPERTIES, sizeof PROPERTIES / sizeof PROPERTIES[0], name);
    return found ? found->value : 0;
}

etw_status etwi_spec_read_properties(etwi_spec_reader *r)
{
    r->set_properties = true;
    do {
        etwi_spec_word read;
        uint64_t bits;
        ETWI_TRY(etwi_spec_read(r, ETWI_SPEC_LIST "|", "a property", &read));
        if (is_number(&read)) {
            ETWI_TRY(etwi_spec_number(r, &read, "properties", UINT32_MAX, &bits));
        } else {
            bits = etwi_spec_property(read.text);
            if (!bits)
                return etwi_fail(r->error, ETW_E_INVALID, read.column,
                                 "unknown property '%.*s'; some are stack, sid, session, event_key "
                                 "and start_key",
                                 etwi_spec_shown(read.text), read.text.data);
        }
        r->properties |= (uint32_t)bits;
    } while (etwi_spec_skip(r, ETWI_SPEC_LIST "|"));
    return ETW_OK;
}
