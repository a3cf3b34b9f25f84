#include "engine/client.h"

#include "base/error.h"
#include "engine/attachment.h"
#include "engine/slot.h"
#include "os/os.h"

static bool is_own(const etwi_mapping *mapping, uint32_t client)
{
    return client == mapping->client;
}

/* Of the one client of a private session there is nothing to lock. */
static etw_status join_private(etwi_mapping *mapping)
{
    mapping->client = 1;
    atomic_store(&mapping->clients[0].kind, (uint32_t)ETWI_CLIENT_PROVIDER);
    atomic_store(&mapping->clients[0].pid, etwi_process_id());
    return ETW_OK;
}

static void enter(etwi_mapping *mapping, uint32_t index, etwi_client_kind kind)
{
    etwi_ctl_client *client = &mapping->clients[index];
    mapping->client = index + 1;
    /* What whoever died here still owns seems to be ours now. */
    if (atomic_load(&client->kind) != ETWI_CLIENT_NONE) {
        etwi_slots_recover_client(mapping, index + 1);
        etwi_attachments_expel_client(mapping, index + 1);
    }
    const uint32_t process_id = etwi_process_id();
    atomic_store(&client->pid, process_id);
    atomic_store(&client->start_time, etwi_process_start_time(process_id));
    atomic_store(&client->pid_namespace, etwi_process_namespace());
    atomic_store(&client->kind, (uint32_t)kind);
}

etw_status etwi_client_join(etwi_mapping *mapping, etwi_client_kind kind, etw_error *error)
{
    if (mapping->is_private)
        return join_private(mapping);
    for (uint32_t i = 0; i < ETWI_CLIENTS_MAX; i++) {
        switch (etwi_lock_try(mapping->ctl_handle, ETWI_LOCK_CLIENTS + i)) {
        case ETWI_LOCK_TAKEN:
            enter(mapping, i, kind);
            return ETW_OK;
        case ETWI_LOCK_BUSY:
            break;
        default:
            return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                             "the system cannot lock the session's control file");
        }
    }
    return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                     "%d clients use the session, which is all that it takes", ETWI_CLIENTS_MAX);
}

void etwi_client_leave(etwi_mapping *mapping)
{
    const uint32_t client = mapping->client;
    if (!client)
        return;
    atomic_store(&mapping->clients[client - 1].kind, (uint32_t)ETWI_CLIENT_NONE);
    mapping->client = 0;
    if (!mapping->is_private && etwi_mapping_has_files(mapping))
        etwi_lock_release(mapping->ctl_handle, ETWI_LOCK_CLIENTS + client - 1);
}

bool etwi_client_is_alive(const etwi_mapping *mapping, uint32_t client)
{
    if (client < 1 || client > ETWI_CLIENTS_MAX)
        return false;
    return is_own(mapping, client) || mapping->is_private ||
           etwi_lock_is_held(mapping->ctl_handle, ETWI_LOCK_CLIENTS + client - 1);
}

bool etwi_client_owner_is_alive(const etwi_mapping *mapping, uint64_t owner)
{
    const uint32_t client = (uint32_t)(owner >> 32);
    if (!etwi_client_is_alive(mapping, client))
        return false;
    if (is_own(mapping, client))
        return etwi_thread_is_alive(etwi_process_id(), (uint32_t)owner);
    /* The process may live on without the thread: the child of a fork holds its parent's lock. */
    const etwi_ctl_client *entry = &mapping->clients[client - 1];
    const uint64_t own_namespace = etwi_process_namespace();
    if (mapping->is_private || !own_namespace ||
        atomic_load(&entry->pid_namespace) != own_namespace)
        return true;
    return etwi_thread_is_alive(atomic_load(&entry->pid), (uint32_t)owner);
}

uint32_t etwi_client_count(const etwi_mapping *mapping, etwi_client_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ETWI_CLIENTS_MAX; i++) {
        const uint32_t entered = atomic_load(&mapping->clients[i].kind);
        const bool is_meant =
            kind == ETWI_CLIENT_NONE ? entered != ETWI_CLIENT_NONE : entered == (uint32_t)kind;
        count += is_meant && etwi_client_is_alive(mapping, i + 1);
    }
    return count;
}
