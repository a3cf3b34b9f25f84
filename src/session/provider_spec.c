/* Provider strings: the provider, then values by position, then suffixes with names. */
#include "base/case.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "session/resolve.h"
#include "session/spec_reader.h"

#include <string.h>

struct etw_provider_spec {
    etwi_arena arena;
    etw_enable_parameters parameters;
    etw_provider_filter filters[ETW_FILTERS_MAX];
    etw_str name;
};

/* ---- Suffixes ---- */

static etw_status read_level(etwi_spec_reader *r, uint32_t type)
{
    (void)type;
    return etwi_spec_read_level(r, "", &r->parameters->level);
}

static etw_status read_any(etwi_spec_reader *r, uint32_t type)
{
    (void)type;
    return etwi_spec_read_keywords(r, ETWI_SPEC_LIST "|", &r->parameters->match_any_keyword);
}

static etw_status read_all(etwi_spec_reader *r, uint32_t type)
{
    (void)type;
    return etwi_spec_read_keywords(r, ETWI_SPEC_LIST "|", &r->parameters->match_all_keyword);
}

static etw_status read_properties(etwi_spec_reader *r, uint32_t type)
{
    (void)type;
    return etwi_spec_read_properties(r);
}

/* What a name in front of '=' means. */
typedef struct suffix {
    const char *name;
    etw_status (*read)(etwi_spec_reader *r, uint32_t type);
    uint32_t type; /* Of the filter, if it makes one. */
    bool of_stacks;
} suffix;

enum {
    POSITION_COUNT = 4, /* The first suffixes can also be given by position. */
};

static const suffix SUFFIXES[] = {
    {"level", read_level, 0, false},
    {"event", etwi_spec_read_event_ids, ETW_FILTER_TYPE_EVENT_ID, false},
    {"any", read_any, 0, false},
    {"all", read_all, 0, false},
    {"properties", read_properties, 0, false},
    {"pid", etwi_spec_read_pids, ETW_FILTER_TYPE_PID, false},
    {"exe", etwi_spec_read_names, ETW_FILTER_TYPE_EXECUTABLE_NAME, false},
    {"name", etwi_spec_read_names, ETW_FILTER_TYPE_EVENT_NAME, false},
    {"payload", etwi_spec_read_payload, ETW_FILTER_TYPE_PAYLOAD, false},
    {"stackwalk", etwi_spec_read_event_ids, ETW_FILTER_TYPE_STACKWALK, true},
    {"stackwalk_name", etwi_spec_read_names, ETW_FILTER_TYPE_STACKWALK_NAME, true},
    {"stackwalk_level", etwi_spec_read_stack_level, ETW_FILTER_TYPE_STACKWALK_LEVEL_KW, true},
    {"container", etwi_spec_read_names, ETW_FILTER_TYPE_CONTAINER, false},
    {"package", etwi_spec_read_names, ETW_FILTER_TYPE_PACKAGE_ID, false},
    {"app", etwi_spec_read_names, ETW_FILTER_TYPE_PACKAGE_APP_ID, false},
    {"schematized", etwi_spec_read_data, ETW_FILTER_TYPE_SCHEMATIZED, false},
    {"filter", etwi_spec_read_raw, 0, false},
};

enum {
    SUFFIX_COUNT = sizeof SUFFIXES / sizeof SUFFIXES[0],
};

/* How far a string has been read. */
typedef struct progress {
    etwi_spec_reader *reader;
    unsigned position; /* Values by position so far. */
    uint32_t given;    /* Bits by the index of the suffix. */
    bool in_suffixes;
} progress;

static etw_status read_suffix(progress *p, size_t index, size_t column)
{
    etwi_spec_reader *r = p->reader;
    if (p->given & 1u << index)
        return etwi_fail(r->error, ETW_E_INVALID, column, "'%s' is given twice",
                         SUFFIXES[index].name);
    p->given |= 1u << index;
    r->filter_column = r->at;
    // Which events get a stack matters only if any do.
    if (SUFFIXES[index].of_stacks)
        r->properties |= ETW_ENABLE_PROPERTY_STACK_TRACE;
    return SUFFIXES[index].read(r, SUFFIXES[index].type);
}

/* The index of the suffix of that name, or SUFFIX_COUNT. */
static size_t find_suffix(etw_str name)
{
    size_t i = 0;
    while (i < SUFFIX_COUNT &&
           !etwi_same_letters((etw_str){SUFFIXES[i].name, strlen(SUFFIXES[i].name)}, name))
        i++;
    return i;
}

static etw_status read_named(progress *p, etw_str name)
{
    etwi_spec_reader *r = p->reader;
    const size_t index = find_suffix(name);
    const size_t column = r->at;
    p->in_suffixes = true;
    r->at += name.size + 1;
    if (index < SUFFIX_COUNT)
        return read_suffix(p, index, column);
    return etwi_fail(r->error, ETW_E_INVALID, column,
                     "unknown suffix '%.*s'; there are level, event, any, all, properties, pid, "
                     "exe, name, payload, stackwalk and others",
                     etwi_spec_shown(name), name.data);
}

/* The letters, digits and underscores that are next. */
static etw_str peek_word(const etwi_spec_reader *r)
{
    size_t end = r->at;
    for (; end < r->size; end++) {
        const char c = r->text[end];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (c < '0' || c > '9') && c != '_')
            break;
    }
    return (etw_str){r->text + r->at, end - r->at};
}

static etw_status read_position(progress *p)
{
    etwi_spec_reader *r = p->reader;
    const bool is_empty = etwi_spec_is_end(r);
    if (p->in_suffixes)
        return etwi_fail(r->error, ETW_E_INVALID, r->at,
                         "expected a suffix such as 'stack' or 'pid=4'; values without a name come "
                         "before them");
    if (p->position == POSITION_COUNT)
        return etwi_fail(r->error, ETW_E_INVALID, r->at,
                         "only level, event ids and two keywords go without a name");
    const size_t index = p->position++;
    return is_empty ? ETW_OK : read_suffix(p, index, r->at);
}

/* What follows a colon. */
static etw_status read_part(progress *p)
{
    etwi_spec_reader *r = p->reader;
    const etw_str word = peek_word(r);
    const size_t end = r->at + word.size;
    if (word.size && end < r->size && r->text[end] == '=')
        return read_named(p, word);
    if (end < r->size && r->text[end] != ':')
        return read_position(p);
    const uint32_t property = etwi_spec_property(word);
    if (!property && find_suffix(word) < SUFFIX_COUNT)
        return etwi_fail(r->error, ETW_E_INVALID, end, "expected '=' and a value after '%.*s'",
                         etwi_spec_shown(word), word.data);
    if (!property)
        return read_position(p);
    p->in_suffixes = true;
    r->properties |= property;
    r->at = end;
    return ETW_OK;
}

/* ---- The whole string ---- */

static etw_status read_provider(etw_provider_spec *spec, etwi_spec_reader *r)
{
    const bool is_hashed = etwi_spec_skip(r, "*");
    etw_guid *guid = &spec->parameters.provider;
    etwi_spec_word word;
    ETWI_TRY(etwi_spec_read(r, "", "the name or GUID of a provider", &word));
    if (is_hashed)
        *guid = etw_guid_from_name(word.text);
    else
        ETWI_TRY(etwi_provider_resolve(guid, word.text, r->known, word.column + word.is_quoted,
                                       r->error));
    if (!etwi_arena_str(&spec->arena, &spec->name, word.text.data, word.text.size))
        return etwi_fail_nomem(r->error);
    r->name = spec->name;
    return ETW_OK;
}

static etw_status read_all_parts(etw_provider_spec *spec, etwi_spec_reader *r)
{
    static const uint32_t DEFAULT = ETW_ENABLE_PROPERTY_PROCESS_START_KEY;
    progress p = {.reader = r};
    ETWI_TRY(read_provider(spec, r));
    while (etwi_spec_skip(r, ":"))
        ETWI_TRY(read_part(&p));
    spec->parameters.properties = r->properties | (r->set_properties ? 0 : DEFAULT);
    spec->parameters.filter_count = r->filter_count;
    return ETW_OK;
}

static etw_status check_text(const char *text, size_t *size, etw_error *error)
{
    const char *end = memchr(text, 0, ETWI_SPEC_SIZE_MAX + 1);
    if (!end)
        return etwi_fail(error, ETW_E_LIMIT, ETWI_SPEC_SIZE_MAX,
                         "the provider is longer than %d bytes", ETWI_SPEC_SIZE_MAX);
    const uint8_t *at = (const uint8_t *)text;
    *size = (size_t)(end - text);
    while (at < (const uint8_t *)end) {
        const uint8_t *const place = at;
        if (etwi_utf8_next(&at, (const uint8_t *)end) & ETWI_BAD_UTF8)
            return etwi_fail(error, ETW_E_INVALID, (uint64_t)(place - (const uint8_t *)text),
                             "byte 0x%02X is not valid UTF-8", *place);
    }
    return ETW_OK;
}

etw_status etw_provider_spec_parse(etw_provider_spec **out, const char *text,
                                   const etw_provider_spec_options *options, etw_error *error)
{
    etw_provider_spec_options ours;
    size_t size = 0;
    *out = NULL;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    ETWI_TRY(check_text(text, &size, error));
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_provider_spec *spec = etwi_alloc_zeroed(&allocator, sizeof *spec);
    if (!spec)
        return etwi_fail_nomem(error);
    spec->arena.allocator = allocator;
    spec->parameters = (etw_enable_parameters){.size = sizeof spec->parameters,
                                               .level = UINT8_MAX,
                                               .match_any_keyword = UINT64_MAX,
                                               .filters = spec->filters};
    etwi_spec_reader reader = {.text = text,
                               .size = size,
                               .arena = &spec->arena,
                               .error = error,
                               .known = ours.known,
                               .parameters = &spec->parameters,
                               .filters = spec->filters};
    const etw_status status = read_all_parts(spec, &reader);
    *out = spec;
    if (status != ETW_OK)
        etw_provider_spec_destroy(out);
    return status;
}

void etw_provider_spec_destroy(etw_provider_spec **spec)
{
    etw_provider_spec *closing = *spec;
    if (!closing)
        return;
    const etw_allocator allocator = closing->arena.allocator;
    etwi_arena_free(&closing->arena);
    etwi_free(&allocator, closing, sizeof *closing);
    *spec = NULL;
}

const etw_enable_parameters *etw_provider_spec_parameters(const etw_provider_spec *spec)
{
    return &spec->parameters;
}

const char *etw_provider_spec_name(const etw_provider_spec *spec)
{
    return spec->name.data;
}
