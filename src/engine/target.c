#include "engine/target.h"

#include "base/bytes.h"
#include "base/case.h"
#include "base/error.h"
#include "base/str.h"
#include "os/os.h"

static bool is_id_listed(const etw_provider_filter *filter, uint16_t id)
{
    for (size_t i = 0; i < filter->id_count; i++) {
        if (filter->ids[i] == id)
            return true;
    }
    return false;
}

static bool is_name_listed(const etw_provider_filter *filter, etw_str name)
{
    for (size_t i = 0; i < filter->name_count; i++) {
        const etw_str *listed = &filter->names[i];
        if (name.size && listed->size == name.size &&
            memcmp(listed->data, name.data, name.size) == 0)
            return true;
    }
    return false;
}

/* Level and keywords of a filter, where 0 is no condition. */
static bool is_in_range(const etw_provider_filter *filter, const etw_event_descriptor *descriptor)
{
    if (filter->level && descriptor->level > filter->level)
        return false;
    if (!filter->match_any_keyword || !descriptor->keyword)
        return true;
    return (descriptor->keyword & filter->match_any_keyword) &&
           (descriptor->keyword & filter->match_all_keyword) == filter->match_all_keyword;
}

static bool is_selected(const etw_provider_filter *filter, const etw_event_descriptor *descriptor,
                        etw_str name)
{
    switch (filter->type) {
    case ETW_FILTER_TYPE_EVENT_ID:
    case ETW_FILTER_TYPE_STACKWALK:
        return is_id_listed(filter, descriptor->id) != filter->exclude;
    case ETW_FILTER_TYPE_STACKWALK_LEVEL_KW:
        return is_in_range(filter, descriptor) != filter->exclude;
    default:
        return (is_in_range(filter, descriptor) && is_name_listed(filter, name)) != filter->exclude;
    }
}

static bool is_pid_listed(const etw_provider_filter *filter, uint32_t process_id)
{
    for (size_t i = 0; i < filter->pid_count; i++) {
        if (filter->pids[i] == process_id)
            return true;
    }
    return false;
}

/* Names of programs are those of their files, with or without the folder. */
static bool is_program_listed(const etw_provider_filter *filter, const etwi_program *program)
{
    const char *base = etwi_path_name(program->path);
    const etw_str whole = etwi_str_of(program->path), name = etwi_str_of(base);
    for (size_t i = 0; i < filter->name_count; i++) {
        if (name.size && (etwi_same_letters(filter->names[i], name) ||
                          etwi_same_letters(filter->names[i], whole)))
            return true;
    }
    return false;
}

bool etwi_enable_is_for(const etwi_enable *enable, const etwi_program *program)
{
    for (size_t i = 0; i < enable->filter_count; i++) {
        const etw_provider_filter *filter = &enable->filters[i];
        if (filter->type == ETW_FILTER_TYPE_PID &&
            is_pid_listed(filter, program->process_id) == filter->exclude)
            return false;
        if (filter->type == ETW_FILTER_TYPE_EXECUTABLE_NAME &&
            is_program_listed(filter, program) == filter->exclude)
            return false;
    }
    return true;
}

etwi_targets *etwi_targets_create(void)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_targets *targets = etwi_alloc_zeroed(&allocator, sizeof *targets);
    if (targets)
        targets->arena.allocator = allocator;
    return targets;
}

void etwi_targets_destroy(etwi_targets *targets)
{
    if (!targets)
        return;
    const etw_allocator allocator = targets->arena.allocator;
    etwi_arena_free(&targets->arena);
    etwi_free(&allocator, targets, sizeof *targets);
}

static etw_status add_filter(etwi_target *target, const etw_provider_filter *filter,
                             etwi_arena *arena)
{
    etw_provider_filter *to;
    switch (filter->type) {
    case ETW_FILTER_TYPE_EVENT_ID:
    case ETW_FILTER_TYPE_EVENT_NAME:
        to = &target->event_filters[target->event_filter_count];
        ETWI_TRY(etwi_enable_filter_copy(to, filter, arena, NULL));
        target->event_filter_count++;
        return ETW_OK;
    case ETW_FILTER_TYPE_STACKWALK:
    case ETW_FILTER_TYPE_STACKWALK_NAME:
    case ETW_FILTER_TYPE_STACKWALK_LEVEL_KW:
        to = &target->stack_filters[target->stack_filter_count];
        ETWI_TRY(etwi_enable_filter_copy(to, filter, arena, NULL));
        target->stack_filter_count++;
        return ETW_OK;
    default: // Of processes, or for callbacks or consumers.
        return ETW_OK;
    }
}

etw_status etwi_targets_add(etwi_targets *targets, etwi_mapping *mapping, const etwi_enable *enable)
{
    if (targets->count == ETWI_TARGETS_MAX)
        return ETW_E_LIMIT;
    etwi_target *target = &targets->list[targets->count];
    const size_t filter_count =
        enable->filter_count < ETW_FILTERS_MAX ? enable->filter_count : ETW_FILTERS_MAX;
    memset(target, 0, sizeof *target);
    target->mapping = mapping;
    target->levels = enable->level ? enable->level + 1u : UINT8_MAX + 1u;
    target->match_any_keyword = enable->match_any_keyword ? enable->match_any_keyword : UINT64_MAX;
    target->match_all_keyword = enable->match_any_keyword ? enable->match_all_keyword : 0;
    target->properties = enable->properties;
    target->without_keyword_0 = (enable->properties & ETW_ENABLE_PROPERTY_IGNORE_KEYWORD_0) != 0;
    if (filter_count) {
        const size_t size = filter_count * sizeof *target->event_filters;
        target->event_filters = etwi_arena_alloc(&targets->arena, size);
        target->stack_filters = etwi_arena_alloc(&targets->arena, size);
        if (!target->event_filters || !target->stack_filters)
            return ETW_E_NOMEM;
    }
    for (size_t i = 0; i < filter_count; i++)
        ETWI_TRY(add_filter(target, &enable->filters[i], &targets->arena));
    targets->properties |= target->properties;
    if (target->event_filter_count || target->stack_filter_count)
        targets->has_filters = true;
    targets->count++;
    targets->is_usual =
        targets->count == 1 && !targets->has_filters && !(targets->properties & ETWI_TARGET_EXTRAS);
    return ETW_OK;
}

bool etwi_target_passes(const etwi_target *target, const etw_event_descriptor *descriptor,
                        etw_str name)
{
    for (unsigned i = 0; i < target->event_filter_count; i++) {
        if (!is_selected(&target->event_filters[i], descriptor, name))
            return false;
    }
    return true;
}

uint32_t etwi_target_properties(const etwi_target *target, const etw_event_descriptor *descriptor,
                                etw_str name)
{
    for (unsigned i = 0; i < target->stack_filter_count; i++) {
        if (!is_selected(&target->stack_filters[i], descriptor, name))
            return target->properties & ~(uint32_t)ETW_ENABLE_PROPERTY_STACK_TRACE;
    }
    return target->properties;
}

etw_provider_head etwi_targets_head(const etwi_targets *targets)
{
    etw_provider_head head = {0, 0, 0};
    for (uint32_t i = 0; i < targets->count; i++) {
        const etwi_target *target = &targets->list[i];
        head.keywords |= target->match_any_keyword;
        head.levels = target->levels > head.levels ? target->levels : head.levels;
        head.keyword_0 |= !target->without_keyword_0;
    }
    return head;
}

etw_str etwi_description_name(etw_bytes description)
{
    etwi_cursor cursor = etwi_cursor_of(description.data, description.size);
    etwi_u16(&cursor);
    while (etwi_u8(&cursor) & 0x80) // Tags: each byte but the last says that another follows.
        continue;
    return etwi_ascii_z(&cursor);
}
