/* Filters of an enable table: their limits, copies, and who applies them. */
#include "engine/enable_table.h"

#include "base/error.h"

#include <string.h>

/* Off Windows there are no containers and packages, no sessions of the system with flags, and no
 * traces by handle: these filters have no effect, as with Windows' kernel providers. */
void etwi_enable_report(const etw_enable_parameters *parameters, etw_enable_report *report)
{
    report->at_provider = report->at_consumer = 0;
    for (size_t i = 0; i < parameters->filter_count && i < 32; i++) {
        switch (parameters->filters[i].type) {
        case ETW_FILTER_TYPE_SCHEMATIZED:
        case ETW_FILTER_TYPE_PID:
        case ETW_FILTER_TYPE_EXECUTABLE_NAME:
        case ETW_FILTER_TYPE_EVENT_ID:
        case ETW_FILTER_TYPE_EVENT_NAME:
        case ETW_FILTER_TYPE_STACKWALK:
        case ETW_FILTER_TYPE_STACKWALK_NAME:
        case ETW_FILTER_TYPE_STACKWALK_LEVEL_KW:
            report->at_provider |= UINT32_C(1) << i;
            break;
        case ETW_FILTER_TYPE_PAYLOAD:
            report->at_consumer |= UINT32_C(1) << i;
            break;
        default:
            break;
        }
    }
}

static etw_status check_limits(const etw_provider_filter *filter, etw_error *error)
{
    const bool of_events = filter->type == ETW_FILTER_TYPE_EVENT_NAME ||
                           filter->type == ETW_FILTER_TYPE_STACKWALK_NAME;
    const size_t limit = of_events ? ETW_FILTER_NAMES_MAX : ETW_FILTER_DATA_MAX;
    size_t names = 0;
    if (filter->name_count > limit)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "too many names in a filter");
    for (size_t i = 0; i < filter->name_count; i++)
        names += filter->names[i].size < limit ? filter->names[i].size + 1 : limit + 1;
    if (filter->id_count > ETW_FILTER_EVENT_IDS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "more than %d event ids in a filter",
                         ETW_FILTER_EVENT_IDS_MAX);
    if (filter->pid_count > ETW_FILTER_PIDS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "more than %d process ids in a filter",
                         ETW_FILTER_PIDS_MAX);
    if (names > limit + 1 || filter->data.size > ETW_FILTER_DATA_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "more than %zu bytes in a filter",
                         limit);
    return ETW_OK;
}

static void *copy(etwi_arena *arena, const void *from, size_t size)
{
    void *to = etwi_arena_alloc(arena, size);
    if (to && size)
        memcpy(to, from, size);
    return to;
}

etw_status etwi_enable_filter_copy(etw_provider_filter *out, const etw_provider_filter *filter,
                                   etwi_arena *arena, etw_error *error)
{
    ETWI_TRY(check_limits(filter, error));
    *out = *filter;
    out->predicates = NULL;
    out->predicate_count = 0;
    out->ids = copy(arena, filter->ids, filter->id_count * sizeof *filter->ids);
    out->pids = copy(arena, filter->pids, filter->pid_count * sizeof *filter->pids);
    out->data.data = copy(arena, filter->data.data, filter->data.size);
    etw_str *names = copy(arena, filter->names, filter->name_count * sizeof *names);
    out->names = names;
    if (!out->ids || !out->pids || !out->data.data || !names)
        return etwi_fail_nomem(error);
    for (size_t i = 0; i < filter->name_count; i++)
        if (!etwi_arena_str(arena, &names[i], filter->names[i].data, filter->names[i].size))
            return etwi_fail_nomem(error);
    return ETW_OK;
}
