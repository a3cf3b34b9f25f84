/* Filters, from the bytes that Windows takes to those of the library. */
#include "double.h"

#include "base/buffer.h"

enum {
    DATA_MAX = 1024,  /* MAX_EVENT_FILTER_DATA_SIZE */
    LARGE_MAX = 4096, /* MAX_EVENT_FILTER_EVENT_NAME_SIZE, MAX_EVENT_FILTER_PAYLOAD_SIZE */
    NAMES_MAX = 256
};

void double_filters_free(double_filters *filters)
{
    etwi_arena_free(&filters->arena);
}

/* A copy, so that numbers in it stand where they may be read. */
static const void *copy(double_filters *filters, const void *data, size_t size)
{
    void *made = etwi_arena_alloc(&filters->arena, size + 2);
    if (made)
        memcpy(made, data, size);
    return made;
}

static bool read_ids(double_filters *filters, etw_provider_filter *out, etw_bytes data)
{
    etwi_abi_filter_event_id head;
    const size_t head_size = offsetof(etwi_abi_filter_event_id, events);
    if (data.size < head_size)
        return false;
    memcpy(&head, data.data, head_size);
    if (!head.count || head.count > ETW_FILTER_EVENT_IDS_MAX ||
        data.size < head_size + head.count * sizeof *out->ids)
        return false;
    out->exclude = !head.filter_in;
    out->ids = copy(filters, data.data + head_size, head.count * sizeof *out->ids);
    out->id_count = head.count;
    return out->ids != NULL;
}

static bool read_pids(double_filters *filters, etw_provider_filter *out, etw_bytes data)
{
    out->pid_count = data.size / sizeof *out->pids;
    if (data.size % sizeof *out->pids || !out->pid_count || out->pid_count > ETW_FILTER_PIDS_MAX)
        return false;
    out->pids = copy(filters, data.data, data.size);
    return out->pids != NULL;
}

/* UTF-16 with a zero at its end and semicolons between names. */
static bool read_list(double_filters *filters, etw_provider_filter *out, etw_bytes data)
{
    etwi_abi_char wide[LARGE_MAX / 2 + 1];
    char *text = etwi_arena_alloc(&filters->arena, 2 * LARGE_MAX);
    etw_str *names = etwi_arena_alloc(&filters->arena, NAMES_MAX * sizeof *names);
    if (!text || !names || data.size < 2 || data.size % 2)
        return false;
    memcpy(wide, data.data, data.size);
    if (wide[data.size / 2 - 1] != 0 || !double_narrow(text, 2 * LARGE_MAX, wide))
        return false;
    while (*text && out->name_count < NAMES_MAX) {
        const size_t size = strcspn(text, ";");
        const etw_str name = {text, size};
        names[out->name_count++] = name;
        text += size + (text[size] == ';');
    }
    out->names = names;
    return out->name_count > 0;
}

static bool read_names(double_filters *filters, etw_provider_filter *out, etw_bytes data)
{
    etwi_abi_filter_event_name head;
    const size_t head_size = offsetof(etwi_abi_filter_event_name, names);
    if (data.size < head_size)
        return false;
    memcpy(&head, data.data, head_size);
    const char *text = copy(filters, data.data + head_size, data.size - head_size);
    etw_str *names =
        etwi_arena_alloc(&filters->arena, ((size_t)head.name_count + 1) * sizeof *names);
    if (!text || !names || !head.name_count)
        return false;
    size_t left = data.size - head_size;
    for (unsigned i = 0; i < head.name_count; i++) {
        const char *end = memchr(text, 0, left);
        if (!end)
            return false;
        const etw_str name = {text, (size_t)(end - text)};
        names[i] = name;
        left -= name.size + 1;
        text = end + 1;
    }
    out->names = names;
    out->name_count = head.name_count;
    out->exclude = !head.filter_in;
    out->level = head.level;
    out->match_any_keyword = head.match_any_keyword;
    out->match_all_keyword = head.match_all_keyword;
    return true;
}

static bool read_level(etw_provider_filter *out, etw_bytes data)
{
    etwi_abi_filter_level_kw head;
    if (data.size < offsetof(etwi_abi_filter_level_kw, filter_in) + 1)
        return false;
    memset(&head, 0, sizeof head);
    memcpy(&head, data.data, data.size < sizeof head ? data.size : sizeof head);
    out->exclude = !head.filter_in;
    out->level = head.level;
    out->match_any_keyword = head.match_any_keyword;
    out->match_all_keyword = head.match_all_keyword;
    return true;
}

static bool read_one(double_filters *filters, etw_provider_filter *out, etw_bytes data)
{
    switch (out->type) {
    case ETW_FILTER_TYPE_EVENT_ID:
    case ETW_FILTER_TYPE_STACKWALK:
        return read_ids(filters, out, data);
    case ETW_FILTER_TYPE_PID:
        return read_pids(filters, out, data);
    case ETW_FILTER_TYPE_EXECUTABLE_NAME:
    case ETW_FILTER_TYPE_PACKAGE_ID:
    case ETW_FILTER_TYPE_PACKAGE_APP_ID:
    case ETW_FILTER_TYPE_CONTAINER:
        return read_list(filters, out, data);
    case ETW_FILTER_TYPE_EVENT_NAME:
    case ETW_FILTER_TYPE_STACKWALK_NAME:
        return read_names(filters, out, data);
    case ETW_FILTER_TYPE_STACKWALK_LEVEL_KW:
        return read_level(out, data);
    case ETW_FILTER_TYPE_PAYLOAD:
        return double_payload_read(filters, out, data);
    default:
        out->data = data;
        return true;
    }
}

static bool may_be_large(uint32_t type)
{
    return type == ETW_FILTER_TYPE_EVENT_NAME || type == ETW_FILTER_TYPE_STACKWALK_NAME ||
           type == ETW_FILTER_TYPE_PAYLOAD;
}

uint32_t double_filters_read(double_filters *out, const etwi_abi_filter *descriptors, size_t count)
{
    memset(out, 0, sizeof *out);
    out->arena.allocator = etwi_allocator_or_default(NULL);
    if (count > ETWI_ABI_FILTERS_MAX || (count && !descriptors))
        return ERROR_INVALID_PARAMETER;
    for (size_t i = 0; i < count; i++) {
        const etwi_abi_filter *at = &descriptors[i];
        const etw_bytes data = {(const uint8_t *)(uintptr_t)at->ptr, at->size};
        if (at->type == ETWI_ABI_FILTER_NONE)
            continue;
        if ((!data.data && data.size) ||
            data.size > (may_be_large(at->type) ? LARGE_MAX : DATA_MAX))
            return ERROR_INVALID_PARAMETER;
        etw_provider_filter *filter = &out->list[out->count++];
        filter->type = at->type;
        if (!read_one(out, filter, data))
            return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}
