#include "session/filter_blob.h"

#include "base/error.h"
#include "base/text.h"

enum {
    ID_HEADER_SIZE = 4,
    NAME_HEADER_SIZE = 20,
    LEVEL_SIZE = 24,
    DESCRIPTOR_SIZE = 16,
};

static const etwi_filter_type TYPES[] = {
    {ETW_FILTER_TYPE_SCHEMATIZED, ETWI_FILTER_DATA, "schematized"},
    {ETW_FILTER_TYPE_SYSTEM_FLAGS, ETWI_FILTER_DATA, "system flags"},
    {ETW_FILTER_TYPE_TRACEHANDLE, ETWI_FILTER_DATA, "trace handle"},
    {ETW_FILTER_TYPE_PID, ETWI_FILTER_PIDS, "process ids"},
    {ETW_FILTER_TYPE_EXECUTABLE_NAME, ETWI_FILTER_LIST, "executables"},
    {ETW_FILTER_TYPE_PACKAGE_ID, ETWI_FILTER_LIST, "packages"},
    {ETW_FILTER_TYPE_PACKAGE_APP_ID, ETWI_FILTER_LIST, "package apps"},
    {ETW_FILTER_TYPE_PAYLOAD, ETWI_FILTER_PAYLOAD, "payload"},
    {ETW_FILTER_TYPE_EVENT_ID, ETWI_FILTER_IDS, "event ids"},
    {ETW_FILTER_TYPE_EVENT_NAME, ETWI_FILTER_NAMES, "event names"},
    {ETW_FILTER_TYPE_STACKWALK, ETWI_FILTER_IDS, "stacks by id"},
    {ETW_FILTER_TYPE_STACKWALK_NAME, ETWI_FILTER_NAMES, "stacks by name"},
    {ETW_FILTER_TYPE_STACKWALK_LEVEL_KW, ETWI_FILTER_LEVEL_KW, "stacks by level"},
    {ETW_FILTER_TYPE_CONTAINER, ETWI_FILTER_LIST, "containers"},
};

const etwi_filter_type *etwi_filter_type_of(uint32_t type)
{
    static const etwi_filter_type OTHER = {0, ETWI_FILTER_DATA, "raw"};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        if (TYPES[i].type == type)
            return &TYPES[i];
    return &OTHER;
}

/* ---- Sizes ---- */

static uint64_t utf16_size(etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at ? at + text.size : at;
    uint64_t size = 0;
    while (at < end)
        size += etwi_utf8_next(&at, end) > 0xFFFF ? 4 : 2;
    return size;
}

/* With a semicolon or the terminating zero after each. */
static uint64_t list_size(const etw_provider_filter *filter)
{
    uint64_t size = 0;
    for (size_t i = 0; i < filter->name_count; i++)
        size += utf16_size(filter->names[i]) + 2;
    return size;
}

static uint64_t names_size(const etw_provider_filter *filter)
{
    uint64_t size = NAME_HEADER_SIZE;
    for (size_t i = 0; i < filter->name_count; i++)
        size += filter->names[i].size + 1;
    return size;
}

static uint64_t payload_size(const etw_provider_filter *filter)
{
    uint64_t size = 0;
    for (size_t i = 0; i < filter->predicate_count; i++)
        size += filter->predicates[i].field.size + filter->predicates[i].value.size;
    return size;
}

uint64_t etwi_filter_blob_size(const etw_provider_filter *filter)
{
    switch (etwi_filter_type_of(filter->type)->layout) {
    case ETWI_FILTER_IDS:
        return ID_HEADER_SIZE + filter->id_count * (uint64_t)sizeof(uint16_t);
    case ETWI_FILTER_PIDS:
        return filter->pid_count * (uint64_t)sizeof(uint32_t);
    case ETWI_FILTER_LIST:
        return list_size(filter);
    case ETWI_FILTER_NAMES:
        return names_size(filter);
    case ETWI_FILTER_LEVEL_KW:
        return LEVEL_SIZE;
    case ETWI_FILTER_PAYLOAD:
        return payload_size(filter);
    default:
        return filter->data.size;
    }
}

/* ---- Bytes ---- */

/* Little-endian, as Windows is everywhere. */
static void append_number(etwi_buffer *out, uint64_t value, unsigned size)
{
    for (; size; size--, value >>= 8)
        etwi_buffer_append_char(out, (char)(uint8_t)value);
}

/* FilterIn, a reserved byte, the count, then the ids. */
static void append_ids(etwi_buffer *out, const etw_provider_filter *filter)
{
    append_number(out, !filter->exclude, 1);
    append_number(out, 0, 1);
    append_number(out, filter->id_count, 2);
    for (size_t i = 0; i < filter->id_count; i++)
        append_number(out, filter->ids[i], 2);
}

static void append_utf16(etwi_buffer *out, etw_str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *const end = at + text.size;
    while (at < end) {
        const uint32_t code_point = etwi_utf8_next(&at, end);
        if (code_point > 0xFFFF) {
            append_number(out, 0xD800 + ((code_point - 0x10000) >> 10), 2);
            append_number(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF), 2);
        } else {
            append_number(out, code_point, 2);
        }
    }
}

static void append_list(etwi_buffer *out, const etw_provider_filter *filter)
{
    for (size_t i = 0; i < filter->name_count; i++) {
        append_utf16(out, filter->names[i]);
        append_number(out, i + 1 < filter->name_count ? ';' : 0, 2);
    }
}

/* Both keywords, the level, FilterIn; what both structures begin with. */
static void append_level(etwi_buffer *out, const etw_provider_filter *filter)
{
    append_number(out, filter->match_any_keyword, 8);
    append_number(out, filter->match_all_keyword, 8);
    append_number(out, filter->level, 1);
    append_number(out, !filter->exclude, 1);
}

static void append_names(etwi_buffer *out, const etw_provider_filter *filter)
{
    append_level(out, filter);
    append_number(out, filter->name_count, 2);
    for (size_t i = 0; i < filter->name_count; i++) {
        etwi_buffer_append_str(out, filter->names[i]);
        append_number(out, 0, 1);
    }
}

static void append_blob(etwi_buffer *out, const etw_provider_filter *filter)
{
    switch (etwi_filter_type_of(filter->type)->layout) {
    case ETWI_FILTER_IDS:
        append_ids(out, filter);
        return;
    case ETWI_FILTER_PIDS:
        for (size_t i = 0; i < filter->pid_count; i++)
            append_number(out, filter->pids[i], 4);
        return;
    case ETWI_FILTER_LIST:
        append_list(out, filter);
        return;
    case ETWI_FILTER_NAMES:
        append_names(out, filter);
        return;
    case ETWI_FILTER_LEVEL_KW:
        append_level(out, filter);
        append_number(out, 0, 6);
        return;
    default:
        etwi_buffer_append(out, filter->data.data, filter->data.size);
    }
}

static bool is_made_by_system(const etw_provider_filter *filter)
{
    return etwi_filter_type_of(filter->type)->layout == ETWI_FILTER_PAYLOAD;
}

static etw_status fail_payload(etw_error *error)
{
    return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                     "a payload filter takes the provider's manifest and is made by the system");
}

etw_status etwi_filter_blob_append(etwi_buffer *out, const etw_provider_filter *filter,
                                   etw_error *error)
{
    if (is_made_by_system(filter))
        return fail_payload(error);
    append_blob(out, filter);
    return out->failed ? etwi_fail_nomem(error) : ETW_OK;
}

etw_status etwi_filter_blob_autologger(etwi_buffer *out, const etw_provider_filter *filters,
                                       size_t count, etw_error *error)
{
    uint64_t offset = (uint64_t)DESCRIPTOR_SIZE * count;
    for (size_t i = 0; i < count; i++)
        if (is_made_by_system(&filters[i]))
            return fail_payload(error);
    for (size_t i = 0; i < count; i++) {
        const uint64_t size = etwi_filter_blob_size(&filters[i]);
        append_number(out, offset, 8);
        append_number(out, size, 4);
        append_number(out, filters[i].type, 4);
        offset += size;
    }
    for (size_t i = 0; i < count; i++)
        append_blob(out, &filters[i]);
    return out->failed ? etwi_fail_nomem(error) : ETW_OK;
}
