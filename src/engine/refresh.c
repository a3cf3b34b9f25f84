/* From the enable tables of all sessions to the targets of the providers. */
#include "engine/grace.h"
#include "engine/process.h"

#include <string.h>

enum {
    /* Writers need no more than a microsecond, but may lose their processor amid it. */
    BURY_PATIENCE_MS = 100,
};

/* A session that is read while it comes or goes is seen by the next refresh. A table that does not
 * read is no table. */
static void view_shared(etwi_view *view, etwi_registry *registry)
{
    etwi_session_id ids[ETW_SESSIONS_MAX];
    const size_t count = etwi_registry_sessions(registry, ids);
    for (size_t i = 0; i < count; i++) {
        char folder[ETWI_RUNTIME_PATH_MAX];
        etwi_seen_session *session = &view->sessions[view->count];
        memset(session, 0, sizeof *session);
        session->id = ids[i];
        etwi_registry_path(registry, ids[i].logger_id, NULL, folder);
        if (etwi_enable_table_read(&session->table, folder, NULL, NULL) == ETW_OK)
            view->count++;
        else
            etwi_enable_table_free(&session->table);
    }
}

/* The child of a fork has copies of its parent's private sessions, which are none of its own. */
static bool is_of_this_process(etwi_private *private)
{
    return etwi_private_mapping(private)->geometry.owner_pid == etwi_this_process.process_id;
}

static void view_private(etwi_view *view)
{
    etwi_private *list[ETWI_PRIVATE_MAX];
    const size_t count = etwi_private_list(list);
    for (size_t i = 0; i < count; i++) {
        etwi_seen_session *session = &view->sessions[view->count];
        memset(session, 0, sizeof *session);
        session->id.serial = (uint64_t)(uintptr_t)list[i];
        session->private = list[i];
        if (is_of_this_process(list[i]) &&
            etwi_private_enables(list[i], &session->table, NULL, NULL) == ETW_OK) {
            view->count++;
        } else {
            etwi_enable_table_free(&session->table);
            etwi_private_release(list[i]);
        }
    }
}

static void view_free(etwi_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        etwi_enable_table_free(&view->sessions[i].table);
        if (view->sessions[i].private)
            etwi_private_release(view->sessions[i].private);
    }
}

/* Groups are enabled by entries that say that they mean one. */
static bool is_meant(const etwi_enable *enable, const etw_provider *provider)
{
    if (enable->properties & ETW_ENABLE_PROPERTY_PROVIDER_GROUP)
        return provider->has_group && etw_guid_equal(&enable->provider, &provider->group);
    return etw_guid_equal(&enable->provider, &provider->guid);
}

const etwi_enable *etwi_view_find(const etwi_seen_session *session, const etw_provider *provider)
{
    for (size_t i = 0; i < session->table.count; i++) {
        const etwi_enable *enable = &session->table.entries[i];
        if (is_meant(enable, provider) && etwi_enable_is_for(enable, &etwi_this_process.program))
            return enable;
    }
    return NULL;
}

/* NULL if no session wants the provider, or memory is out. */
static etwi_targets *make_targets(const etw_provider *provider, const etwi_view *view)
{
    etwi_targets *targets = NULL;
    for (size_t i = 0; i < view->count; i++) {
        const etwi_enable *enable = etwi_view_find(&view->sessions[i], provider);
        etwi_mapping *mapping = enable ? etwi_process_attach(&view->sessions[i]) : NULL;
        if (!mapping)
            continue;
        if (!targets && !(targets = etwi_targets_create()))
            return NULL;
        if (etw_failed(etwi_targets_add(targets, mapping, enable)))
            break;
    }
    return targets;
}

/* Writers read the head without order, so what it lets pass finds out by itself if there are
 * targets. */
static void store_head(etw_provider *provider, etw_provider_head head)
{
    atomic_store_explicit((_Atomic uint64_t *)&provider->head.keywords, head.keywords,
                          memory_order_relaxed);
    atomic_store_explicit((_Atomic uint32_t *)&provider->head.keyword_0, head.keyword_0,
                          memory_order_relaxed);
    atomic_store_explicit((_Atomic uint32_t *)&provider->head.levels, head.levels,
                          memory_order_relaxed);
}

/* What the targets or the operating system want. */
static void update_head(etw_provider *provider, const etwi_targets *targets)
{
    const etw_provider_head *system = &provider->system_head;
    etw_provider_head head = {0, 0, 0};
    if (targets)
        head = etwi_targets_head(targets);
    head.keywords |= system->keywords;
    head.levels = system->levels > head.levels ? system->levels : head.levels;
    head.keyword_0 |= system->keyword_0;
    store_head(provider, head);
}

void etwi_provider_set_system_head(etw_provider *provider, etw_provider_head head)
{
    provider->system_head = head;
    update_head(provider, atomic_load(&provider->targets));
}

void etwi_provider_set_targets(etw_provider *provider, etwi_targets *targets)
{
    etwi_targets *old = atomic_exchange(&provider->targets, targets);
    update_head(provider, targets);
    if (old) {
        old->next = etwi_this_process.old_targets;
        etwi_this_process.old_targets = old;
    }
}

void etwi_provider_ask_always(etw_provider *provider)
{
    const etw_provider_head all = {UINT64_MAX, UINT8_MAX + 1u, 1};
    store_head(provider, all);
}

static void refresh_once(etwi_process *process, etwi_view *view)
{
    view->count = 0;
    if (process->registry) {
        process->seen_generation = atomic_load(etwi_registry_generation(process->registry));
        view_shared(view, process->registry);
    }
    view_private(view);
    for (etw_provider *at = process->providers; at; at = at->next)
        etwi_provider_set_targets(at, make_targets(at, view));
    etwi_process_detach_unwanted();
    for (etw_provider *at = process->providers; at; at = at->next)
        etwi_callbacks_run(at, view);
    view_free(view);
}

void etwi_refresh(void)
{
    enum {
        AGAIN_MAX = 8 /* A callback may change private sessions each time that it is called. */
    };
    etwi_process *process = &etwi_this_process;
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_view *view = etwi_alloc_zeroed(&allocator, sizeof *view);
    if (!view)
        return; // What was in effect goes on; the next change is another attempt.
    for (unsigned i = 0; i == 0 || (process->is_stale && i < AGAIN_MAX); i++) {
        process->is_stale = false;
        refresh_once(process, view);
    }
    etwi_free(&allocator, view, sizeof *view);
    etwi_process_bury(BURY_PATIENCE_MS);
    if (process->card)
        etwi_card_acknowledge(process->card, process->seen_generation);
}
