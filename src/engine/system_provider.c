#include "engine/system_writer.h"

#include "engine/process.h"

/* What etw_provider_enabled() looks at. To Windows, no level and no keywords are all of them. */
static etw_provider_head head_of(const etw_control_info *info)
{
    const etw_provider_head none = {0, 0, 0};
    const etw_provider_head head = {
        info->match_any_keyword ? info->match_any_keyword : UINT64_MAX,
        info->level ? info->level + 1u : UINT8_MAX + 1u,
        1,
    };
    return info->code == ETW_CONTROL_DISABLE ? none : head;
}

/* Under the lock, as callbacks of the portable engine are, so that one runs at a time. */
static void control(etw_provider *provider, const etw_control_info *info)
{
    if (etwi_process_lock(NULL) != ETW_OK)
        return;
    if (info->code != ETW_CONTROL_CAPTURE_STATE)
        etwi_provider_set_system_head(provider, head_of(info));
    if (provider->on_enable)
        provider->on_enable(provider->user, info);
    etwi_process_unlock();
}

etw_status etwi_system_provider_open(etw_provider *provider, etw_error *error)
{
    const etwi_system_writer *const writer = etwi_system_writer_get();
    if (!writer)
        return ETW_OK;
    return writer->open(&provider->system, &provider->guid, provider->traits, control, provider,
                        error);
}

void etwi_system_provider_close(etw_provider *provider)
{
    if (!provider->system)
        return;
    etwi_system_writer_get()->close(provider->system);
    provider->system = NULL;
}

etw_status etwi_system_provider_write(const etw_provider *provider, const etwi_system_event *event,
                                      const etw_str *text)
{
    const etwi_system_writer *const writer = etwi_system_writer_get();
    const volatile etw_provider_head *const head = &provider->system_head;
    const etw_event_descriptor *const descriptor = event->descriptor;
    if (descriptor->level >= ETW_HEAD_LOAD(head->levels) ||
        (descriptor->keyword && !(descriptor->keyword & ETW_HEAD_LOAD(head->keywords))))
        return ETW_OK;
    if (text)
        return writer->write_string(provider->system, descriptor->level, descriptor->keyword,
                                    *text);
    return writer->write(provider->system, event);
}
