/* Sessions whose memory is mapped, and what was taken away from writers. */
#include "engine/client.h"
#include "engine/grace.h"
#include "engine/process.h"
#include "engine/session_folder.h"
#include "os/process.h"

static bool is_same(etwi_session_id a, etwi_session_id b)
{
    return a.serial == b.serial && a.logger_id == b.logger_id;
}

static void destroy(etwi_attached *attached)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    if (attached->private)
        etwi_private_release(attached->private);
    else
        etwi_mapping_close(&attached->own);
    etwi_free(&allocator, attached, sizeof *attached);
}

/* What the list of private sessions holds it holds once more, for as long as it is attached. */
static bool hold_private(etwi_private *wanted)
{
    etwi_private *list[ETWI_PRIVATE_MAX];
    const size_t count = etwi_private_list(list);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (list[i] == wanted && !found)
            found = true;
        else
            etwi_private_release(list[i]);
    }
    return found;
}

static bool map(etwi_attached *attached, const etwi_seen_session *session)
{
    if (session->private) {
        if (!hold_private(session->private))
            return false;
        attached->private = session->private;
        attached->mapping = etwi_private_mapping(session->private);
        return true;
    }
    attached->mapping = &attached->own;
    if (etwi_session_open(&attached->own, etwi_this_process.registry, session->id, NULL) != ETW_OK)
        return false;
    const etw_status joined = etwi_client_join(&attached->own, ETWI_CLIENT_PROVIDER, NULL);
    // A session with all the clients that it takes is mapped all the same: what is written here is
    // counted as lost.
    if (joined == ETW_OK || joined == ETW_E_LIMIT)
        return true;
    etwi_mapping_close(&attached->own);
    return false;
}

/* What another look may get better: it is tried once with each refresh. */
static bool is_settled(const etwi_attached *attached)
{
    return attached->private || attached->own.client || attached->is_wanted;
}

etwi_mapping *etwi_process_attach(const etwi_seen_session *session)
{
    for (etwi_attached *at = etwi_this_process.attached; at; at = at->next) {
        if (is_same(at->id, session->id) && is_settled(at)) {
            at->is_wanted = true;
            return at->mapping;
        }
    }
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_attached *attached = etwi_alloc_zeroed(&allocator, sizeof *attached);
    if (!attached)
        return NULL;
    if (!map(attached, session)) {
        etwi_free(&allocator, attached, sizeof *attached);
        return NULL;
    }
    attached->id = session->id;
    attached->is_wanted = true;
    attached->next = etwi_this_process.attached;
    etwi_this_process.attached = attached;
    return attached->mapping;
}

void etwi_process_detach_unwanted(void)
{
    etwi_attached **link = &etwi_this_process.attached;
    while (*link) {
        etwi_attached *attached = *link;
        if (attached->is_wanted) {
            attached->is_wanted = false;
            link = &attached->next;
        } else {
            *link = attached->next;
            attached->next = etwi_this_process.old_attached;
            etwi_this_process.old_attached = attached;
        }
    }
}

bool etwi_process_bury(uint32_t timeout_ms)
{
    etwi_process *process = &etwi_this_process;
    if (!process->old_targets && !process->old_attached)
        return true;
    if (!etwi_grace_wait(timeout_ms))
        return false;
    while (process->old_targets) {
        etwi_targets *next = process->old_targets->next;
        etwi_targets_destroy(process->old_targets);
        process->old_targets = next;
    }
    while (process->old_attached) {
        etwi_attached *next = process->old_attached->next;
        destroy(process->old_attached);
        process->old_attached = next;
    }
    return true;
}

/* What a writer is amid stays where it is, but as memory of the child alone, for ever. */
static void replace(etwi_attached *attached)
{
    etwi_mapping *mapping = attached->mapping;
    if (!attached->private)
        etwi_shared_replace(mapping->header, mapping->ctl_size);
    etwi_shared_replace(mapping->pool, mapping->pool_size);
    if (attached->private)
        return;
    etwi_shared_close(mapping->ctl_handle);
    etwi_shared_close(mapping->pool_handle);
}

static void forget(etwi_attached **list, bool is_writing)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    while (*list) {
        etwi_attached *attached = *list;
        *list = attached->next;
        if (is_writing) {
            replace(attached);
            continue;
        }
        if (attached->private)
            etwi_private_release(attached->private);
        else
            etwi_mapping_abandon(&attached->own);
        etwi_free(&allocator, attached, sizeof *attached);
    }
}

void etwi_attached_forked(bool is_writing)
{
    forget(&etwi_this_process.attached, is_writing);
    forget(&etwi_this_process.old_attached, is_writing);
}
