/* All sessions and providers of a user: listing them, and pruning sessions that nobody needs. */
#include "engine/control.h"

#include "base/error.h"
#include "engine/card.h"
#include "engine/client.h"
#include "engine/leftovers.h"

#include <string.h>

static etw_status describe(const etwi_registry *registry, etwi_session_id id, etw_session_info *out)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    etwi_mapping mapping;
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    ETWI_TRY(etwi_session_open(&mapping, registry, id, NULL));
    etwi_registry_path(registry, id.logger_id, NULL, folder);
    (void)etwi_keeper_ensure(folder, &mapping, NULL);
    etwi_control_describe_shared(&mapping, folder, 0, out);
    etwi_mapping_close(&mapping);
    return ETW_OK;
}

etw_status etwi_engine_list(etwi_engine_session_taker take, void *user, etw_error *error)
{
    etwi_registry *registry;
    etwi_session_id sessions[ETW_SESSIONS_MAX];
    ETWI_TRY(etwi_registry_open(&registry, NULL, error));
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    etw_session_info *info = etwi_alloc(&memory, sizeof *info);
    etw_status status = info ? ETW_OK : etwi_fail_nomem(error);
    const size_t count = etwi_registry_sessions(registry, sessions);
    for (size_t i = 0; i < count && status == ETW_OK; i++)
        if (describe(registry, sessions[i], info) == ETW_OK)
            status = take(user, info);
    etwi_free(&memory, info, sizeof *info);
    etwi_registry_close(&registry);
    return status;
}

/* ---- pruning --------------------------------------------------------------------------------- */

/* A session whose memory makes no sense, or whose log file is not there any more, has nobody who
 * could do anything with it. */
static void prune_broken(etwi_registry *registry, etwi_session_id id)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    etwi_registry_path(registry, id.logger_id, NULL, folder);
    if (etwi_registry_lock(registry, NULL) != ETW_OK)
        return;
    if (etwi_registry_has(registry, id)) {
        etwi_leftovers_take(folder);
        etwi_registry_remove(registry, id);
    }
    etwi_registry_unlock(registry);
    etwi_registry_announce(registry);
}

/* True if the session was an orphan and has ended. */
static bool prune_one(etwi_registry *registry, etwi_session_id id, etw_session_info *info)
{
    etwi_mapping mapping;
    memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    const etw_status status = etwi_session_open(&mapping, registry, id, NULL);
    if (status == ETW_E_CORRUPT || (status == ETW_E_NOT_FOUND && etwi_registry_has(registry, id)))
        prune_broken(registry, id);
    if (status != ETW_OK)
        return false;
    bool pruned = false;
    if (etwi_client_count(&mapping, ETWI_CLIENT_NONE) == 0 &&
        etwi_client_join(&mapping, ETWI_CLIENT_CONTROLLER, NULL) == ETW_OK)
        pruned = etwi_control_end(registry, id, &mapping, info, NULL) == ETW_OK;
    etwi_mapping_close(&mapping);
    info->is_orphan = true;
    return pruned;
}

etw_status etwi_engine_prune(void (*on_pruned)(void *user, const etw_session_info *info),
                             void *user, etw_error *error)
{
    etwi_registry *registry;
    etwi_session_id sessions[ETW_SESSIONS_MAX];
    ETWI_TRY(etwi_registry_open(&registry, NULL, error));
    const etw_allocator memory = etwi_allocator_or_default(NULL);
    etw_session_info *info = etwi_alloc(&memory, sizeof *info);
    const etw_status status = info ? ETW_OK : etwi_fail_nomem(error);
    const size_t count = info ? etwi_registry_sessions(registry, sessions) : 0;
    for (size_t i = 0; i < count; i++)
        if (prune_one(registry, sessions[i], info) && on_pruned)
            on_pruned(user, info);
    etwi_free(&memory, info, sizeof *info);
    etwi_registry_close(&registry);
    return status;
}

/* ---- providers ------------------------------------------------------------------------------- */

typedef struct provider_taker {
    etwi_engine_provider_taker take;
    void *user;
} provider_taker;

static etw_status take_card(void *user, const etwi_card_view *card)
{
    const provider_taker *taker = user;
    etw_status status = ETW_OK;
    for (size_t i = 0; i < card->count && status == ETW_OK; i++)
        status = taker->take(taker->user, &card->providers[i].guid, card->providers[i].name,
                             card->process_id);
    return status;
}

etw_status etwi_engine_providers(etwi_engine_provider_taker take, void *user, etw_error *error)
{
    etwi_registry *registry;
    provider_taker taker = {take, user};
    ETWI_TRY(etwi_registry_open(&registry, NULL, error));
    const etw_status status = etwi_cards_list(registry, take_card, &taker, error);
    etwi_registry_close(&registry);
    return status;
}
