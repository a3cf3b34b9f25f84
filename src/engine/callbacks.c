/* What changed for a provider, told to the program. */
#include "engine/process.h"

#include <string.h>

/* Level and keywords over all sessions. */
static void sum_up(etw_control_info *info, const etw_provider *provider, const etwi_view *view)
{
    bool wants_all = false;
    info->match_all_keyword = UINT64_MAX;
    for (size_t i = 0; i < view->count; i++) {
        const etwi_enable *enable = etwi_view_find(&view->sessions[i], provider);
        if (!enable)
            continue;
        const uint8_t level = enable->level ? enable->level : UINT8_MAX;
        info->level = level > info->level ? level : info->level;
        info->match_any_keyword |= enable->match_any_keyword;
        info->match_all_keyword &= enable->match_any_keyword ? enable->match_all_keyword : 0;
        wants_all = wants_all || !enable->match_any_keyword;
    }
    if (wants_all)
        info->match_any_keyword = 0;
}

static void call(etw_provider *provider, const etwi_view *view, const etwi_seen_session *session,
                 etw_control_code code, const etw_guid *source)
{
    if (!provider->on_enable)
        return;
    etw_control_info info;
    memset(&info, 0, sizeof info);
    info.code = code;
    info.source = *source;
    if (code != ETW_CONTROL_DISABLE)
        sum_up(&info, provider, view);
    const etwi_enable *enable = session ? etwi_view_find(session, provider) : NULL;
    for (size_t i = 0; enable && i < enable->filter_count; i++) {
        if (enable->filters[i].type == ETW_FILTER_TYPE_SCHEMATIZED) {
            info.filter_type = enable->filters[i].type;
            info.filter_data = enable->filters[i].data;
        }
    }
    provider->on_enable(provider->user, &info);
}

static const etwi_told *find_told(const etwi_told *list, size_t count, etwi_session_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].id.serial == id.serial && list[i].id.logger_id == id.logger_id)
            return &list[i];
    }
    return NULL;
}

/* What there is to be told now. */
static size_t list_now(etwi_told *out, const etw_provider *provider, const etwi_view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->count && count < ETWI_TARGETS_MAX; i++) {
        const etwi_seen_session *session = &view->sessions[i];
        const etwi_enable *enable = etwi_view_find(session, provider);
        if (!enable)
            continue;
        const etwi_told told = {session->id, session->table.session, enable->change,
                                enable->capture};
        out[count++] = told;
    }
    return count;
}

static void tell_ended(etw_provider *provider, const etwi_view *view, const etwi_told *now,
                       size_t now_count)
{
    const etw_control_code code = now_count ? ETW_CONTROL_ENABLE : ETW_CONTROL_DISABLE;
    for (size_t i = 0; i < provider->told_count; i++) {
        if (!find_told(now, now_count, provider->told[i].id))
            call(provider, view, NULL, code, &provider->told[i].source);
    }
}

static const etwi_seen_session *session_of(const etwi_view *view, etwi_session_id id)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->sessions[i].id.serial == id.serial &&
            view->sessions[i].id.logger_id == id.logger_id)
            return &view->sessions[i];
    }
    return NULL;
}

/* Whether a rundown was asked of a provider for which the session is new. It may have been enabled
 * and asked since the last look; what was asked before it was there was not asked of it. */
static bool is_asked_at_once(const etw_provider *provider, const etwi_told *now)
{
    return provider->was_told && now->capture && (int32_t)(now->capture - now->change) > 0;
}

void etwi_callbacks_run(etw_provider *provider, const etwi_view *view)
{
    etwi_told now[ETWI_TARGETS_MAX];
    const size_t count = list_now(now, provider, view);
    tell_ended(provider, view, now, count);
    for (size_t i = 0; i < count; i++) {
        const etwi_told *before = find_told(provider->told, provider->told_count, now[i].id);
        const etwi_seen_session *session = session_of(view, now[i].id);
        if (!before || before->change != now[i].change)
            call(provider, view, session, ETW_CONTROL_ENABLE, &now[i].source);
        if (before ? before->capture != now[i].capture : is_asked_at_once(provider, &now[i]))
            call(provider, view, session, ETW_CONTROL_CAPTURE_STATE, &now[i].source);
    }
    memcpy(provider->told, now, count * sizeof *now);
    provider->told_count = (uint8_t)count;
    provider->was_told = true;
}
