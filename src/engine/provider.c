/* Registering providers, and what becomes of them in the child of a fork. */
#include "base/error.h"
#include "base/options.h"
#include "engine/grace.h"
#include "engine/process.h"
#include "engine/system_writer.h"
#include "os/process.h"

#include <string.h>

enum {
    NAME_MAX_SIZE = 1024,
    CHUNK_GROUP = 1, /* In the traits of a provider: the GUID of its group. */
    CHUNK_SIZE = 3 + sizeof(etw_guid),

    END_PATIENCE_MS = 10000, /* For writers that are amid an event while all ends. */
};

etwi_process etwi_this_process;

static _Atomic(etwi_mutex *) process_lock;
static _Thread_local bool is_locked_here;
static _Thread_local bool is_locked_for_fork;

etw_status etwi_process_lock(etw_error *error)
{
    etwi_mutex *mutex = atomic_load(&process_lock);
    if (!mutex) {
        etwi_mutex *made = etwi_mutex_create();
        if (!made)
            return etwi_fail_nomem(error);
        if (atomic_compare_exchange_strong(&process_lock, &mutex, made))
            mutex = made;
        else
            etwi_mutex_destroy(made);
    }
    etwi_mutex_lock(mutex);
    is_locked_here = true;
    return ETW_OK;
}

void etwi_process_unlock(void)
{
    is_locked_here = false;
    etwi_mutex_unlock(atomic_load(&process_lock));
}

bool etwi_process_is_locked_here(void)
{
    return is_locked_here;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void learn_identity(etwi_process *process)
{
    etwi_identity *identity = &process->identity;
    const uint32_t id = etwi_process_id();
    atomic_store(&process->process_word, etwi_process_word());
    atomic_store(&process->process_id, id);
    process->program.process_id = id;
    etwi_program_path(process->program.path, sizeof process->program.path);
    identity->login_session = etwi_login_session();
    identity->sid_size = (uint32_t)etwi_user_sid(identity->sid);
    // Ids of processes have at most 22 bits where there are start times.
    identity->start_key = etwi_process_start_time(id) << 22 | (id & 0x3FFFFF);
}

/* Sessions of this process alone work without a runtime folder, and beside those of the system. */
static etw_status open_registry(etwi_process *process, etw_error *error)
{
    if (etwi_system_writer_get())
        return ETW_OK;
    const etw_status status = etwi_registry_open(&process->registry, NULL, error);
    if (status == ETW_E_UNSUPPORTED)
        return ETW_OK;
    ETWI_TRY(status);
    ETWI_TRY(etwi_card_create(&process->card, process->registry, error));
    return etwi_listener_start(&process->listener, error);
}

static void close_registry(etwi_process *process)
{
    etwi_card_remove(&process->card);
    etwi_registry_close(&process->registry);
}

static etw_status publish(etwi_process *process, etw_error *error)
{
    if (!process->card)
        return ETW_OK;
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    size_t count = 0;
    for (etw_provider *at = process->providers; at; at = at->next)
        count++;
    etwi_card_provider *list = etwi_alloc_zeroed(&allocator, (count + 1) * sizeof *list);
    if (!list)
        return etwi_fail_nomem(error);
    size_t index = 0;
    for (etw_provider *at = process->providers; at; at = at->next) {
        list[index].guid = at->guid;
        list[index++].name = at->name;
    }
    const etw_status status = etwi_card_publish(process->card, list, count, error);
    etwi_free(&allocator, list, (count + 1) * sizeof *list);
    return status;
}

static void private_changed(void)
{
    etwi_process *process = &etwi_this_process;
    if (is_locked_here) {
        process->is_stale = true; // By a callback: the refresh that runs goes on with it.
        return;
    }
    if (etwi_process_lock(NULL) != ETW_OK)
        return;
    if (process->providers && !process->is_orphaned)
        etwi_refresh();
    etwi_process_unlock();
}

/* What the first provider brings along. */
static etw_status begin(etwi_process *process, etw_error *error)
{
    if (process->has_begun)
        return ETW_OK;
    learn_identity(process);
    etwi_grace_prepare();
    etwi_private_on_change(private_changed);
    process->has_begun = true;
    return open_registry(process, error);
}

/* What goes with the last provider. Entered and left with the lock, which is free in between. */
static void end_if_idle(etwi_process *process)
{
    if (process->providers || !process->has_begun)
        return;
    etwi_listener *listener = process->listener;
    process->listener = NULL;
    process->has_begun = false;
    if (listener) {
        etwi_process_unlock();
        etwi_listener_stop(listener);
        if (etwi_process_lock(NULL) != ETW_OK)
            return;
    }
    if (process->has_begun)
        return;
    etwi_process_detach_unwanted();
    etwi_process_bury(END_PATIENCE_MS);
    close_registry(process);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void before_fork(void)
{
    is_locked_for_fork = !is_locked_here && etwi_process_lock(NULL) == ETW_OK;
}

static void after_fork_in_parent(void)
{
    if (is_locked_for_fork)
        etwi_process_unlock();
    is_locked_for_fork = false;
}

/* All that is shared is the parent's. Events of the child come to the library whether enabled or
 * not, and the first one registers the child. */
static void become_orphan(etwi_process *process)
{
    const bool is_writing = etwi_grace_forked();
    for (etw_provider *at = process->providers; at; at = at->next) {
        etwi_provider_set_targets(at, NULL);
        etwi_provider_ask_always(at);
    }
    while (process->old_targets) {
        etwi_targets *next = process->old_targets->next;
        if (!is_writing)
            etwi_targets_destroy(process->old_targets);
        process->old_targets = next;
    }
    etwi_attached_forked(is_writing);
    etwi_card_abandon(&process->card);
    etwi_registry_close(&process->registry);
    if (process->listener)
        etwi_listener_forget(process->listener);
    process->listener = NULL;
    process->has_begun = false;
    atomic_store(&process->is_orphaned, process->providers != NULL);
}

static void after_fork_in_child(void)
{
    become_orphan(&etwi_this_process);
    after_fork_in_parent();
}

static void hook_forks(void)
{
    static _Atomic bool is_done;
    if (!atomic_exchange(&is_done, true))
        etwi_at_fork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* Under the lock. A child that cannot register has no sessions. */
static void revive(etwi_process *process)
{
    if (!process->is_orphaned)
        return;
    atomic_store(&process->is_orphaned, false);
    for (etw_provider *at = process->providers; at; at = at->next)
        etwi_provider_set_targets(at, NULL);
    if (begin(process, NULL) == ETW_OK && publish(process, NULL) == ETW_OK)
        etwi_refresh();
}

void etwi_process_revive(void)
{
    etwi_process *process = &etwi_this_process;
    if (is_locked_here)
        return;
    if (!process->is_orphaned && process->process_id != etwi_process_id()) {
        // The child of a system call that called no hooks; whoever held the lock is not here.
        etwi_mutex *fresh = etwi_mutex_create();
        if (!fresh)
            return;
        atomic_store(&process_lock, fresh);
        become_orphan(process);
    }
    if (etwi_process_lock(NULL) != ETW_OK)
        return;
    revive(process);
    etwi_process_unlock();
}

/* ---- providers ------------------------------------------------------------------------------- */

static void fill_traits(uint8_t *out, size_t size, etw_str name, const etw_guid *group)
{
    out[0] = (uint8_t)size;
    out[1] = (uint8_t)(size >> 8);
    if (name.size)
        memcpy(out + 2, name.data, name.size);
    out[2 + name.size] = 0;
    if (!group)
        return;
    uint8_t *chunk = out + 2 + name.size + 1;
    chunk[0] = CHUNK_SIZE;
    chunk[1] = 0;
    chunk[2] = CHUNK_GROUP;
    memcpy(chunk + 3, group, sizeof *group);
}

static etw_status create(etw_provider **out, const etw_provider_options *options, etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    const etw_str name = {options->name, options->name ? strlen(options->name) : 0};
    const bool has_traits = name.size || options->group;
    const size_t traits_size =
        has_traits ? 2 + name.size + 1 + (options->group ? (size_t)CHUNK_SIZE : 0) : 0;
    if (!name.size && etw_guid_is_null(&options->guid))
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "a provider needs a name or a GUID");
    if (name.size > NAME_MAX_SIZE)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the name of a provider is longer than %d bytes", NAME_MAX_SIZE);
    etw_provider *provider = etwi_alloc_zeroed(&allocator, sizeof *provider + traits_size);
    if (!provider)
        return etwi_fail_nomem(error);
    uint8_t *traits = (uint8_t *)(provider + 1);
    provider->size = sizeof *provider + traits_size;
    provider->guid = options->guid;
    if (etw_guid_is_null(&options->guid))
        provider->guid = etw_guid_from_name(name);
    provider->has_group = options->group != NULL;
    if (options->group)
        provider->group = *options->group;
    if (has_traits) {
        fill_traits(traits, traits_size, name, options->group);
        provider->traits.data = traits;
        provider->traits.size = traits_size;
        provider->name.data = (const char *)traits + 2;
        provider->name.size = name.size;
    }
    provider->on_enable = options->on_enable;
    provider->user = options->user;
    *out = provider;
    return ETW_OK;
}

static void destroy(etw_provider *provider)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_free(&allocator, provider, provider->size);
}

static void unlink_provider(etwi_process *process, const etw_provider *provider)
{
    etw_provider **link = &process->providers;
    while (*link && *link != provider)
        link = &(*link)->next;
    if (*link)
        *link = provider->next;
}

/* Under the lock. */
static etw_status add(etwi_process *process, etw_provider *provider, etw_error *error)
{
    revive(process);
    etw_status status = begin(process, error);
    provider->next = process->providers;
    process->providers = provider;
    if (!etw_failed(status))
        status = publish(process, error);
    if (etw_failed(status)) {
        unlink_provider(process, provider);
        end_if_idle(process);
        return status;
    }
    etwi_refresh();
    return ETW_OK;
}

etw_status etw_provider_register(etw_provider **out, const etw_provider_options *options,
                                 etw_error *error)
{
    etw_provider_options ours;
    etw_provider *provider = NULL;
    *out = NULL;
    memset(&ours, 0, sizeof ours);
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    if (is_locked_here)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "an enable callback cannot register providers");
    ETWI_TRY(create(&provider, &ours, error));
    hook_forks();
    etw_status status = etwi_process_lock(error);
    if (!etw_failed(status)) {
        // Callbacks may be run before this returns, and may write.
        *out = provider;
        status = add(&etwi_this_process, provider, error);
        etwi_process_unlock();
    }
    if (etw_failed(status)) {
        *out = NULL;
        destroy(provider);
        return status;
    }
    status = etwi_system_provider_open(provider, error);
    if (etw_failed(status))
        etw_provider_unregister(out);
    return status;
}

void etw_provider_unregister(etw_provider **provider)
{
    etw_provider *mine = *provider;
    *provider = NULL;
    if (mine)
        etwi_system_provider_close(mine);
    if (!mine || etwi_process_lock(NULL) != ETW_OK)
        return;
    etwi_process *process = &etwi_this_process;
    unlink_provider(process, mine);
    etwi_provider_set_targets(mine, NULL);
    if (!process->providers)
        atomic_store(&process->is_orphaned, false);
    if (process->has_begun) {
        publish(process, NULL);
        etwi_refresh();
        end_if_idle(process);
    }
    etwi_process_unlock();
    destroy(mine);
}
