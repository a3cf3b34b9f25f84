/* Enabling providers. */
#include "engine/control.h"

#include "base/error.h"
#include "engine/card.h"

/* ---- shared sessions ------------------------------------------------------------------------- */

/* Sessions other than this one that enable a provider. */
static unsigned count_others(const etwi_engine_session *session, const etw_guid *provider)
{
    etwi_session_id sessions[ETW_SESSIONS_MAX];
    etwi_enable_table table = {.count = 0};
    unsigned others = 0;
    const size_t count = etwi_registry_sessions(session->registry, sessions);
    for (size_t i = 0; i < count; i++) {
        char folder[ETWI_RUNTIME_PATH_MAX];
        if (sessions[i].logger_id == session->id.logger_id)
            continue;
        etwi_registry_path(session->registry, sessions[i].logger_id, NULL, folder);
        if (etwi_enable_table_read(&table, folder, &session->allocator, NULL) == ETW_OK)
            others += etwi_enable_table_find(&table, provider) != NULL;
    }
    etwi_enable_table_free(&table);
    return others;
}

/* One change of a table: what it is about, and how to make it. */
typedef struct table_change {
    etw_status (*make)(etwi_engine_session *session, etwi_enable_table *table,
                       const struct table_change *change, etw_error *error);
    const etw_enable_parameters *parameters; /* To enable. */
    const etw_guid *provider;                /* Else; NULL for all. */
} table_change;

/* With the lock of the registry, so that tables are counted and changed by one at a time. */
static etw_status change_file(etwi_engine_session *session, const table_change *change,
                              etwi_enable_table *table, etw_error *error)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    ETWI_TRY(etwi_control_check(session, error));
    etwi_control_folder(session, folder);
    ETWI_TRY(etwi_enable_table_read(table, folder, &session->allocator, error));
    ETWI_TRY(change->make(session, table, change, error));
    return etwi_enable_table_write(table, folder, error);
}

/* Cards do not tell the groups of providers: all that have any are waited for then. */
static bool is_about_group(const etwi_enable_table *table, const table_change *change)
{
    const etwi_enable *entry =
        change->provider ? etwi_enable_table_find(table, change->provider) : NULL;
    return entry && (entry->properties & ETW_ENABLE_PROPERTY_PROVIDER_GROUP);
}

/* What is to be waited for: a generation, of those who have the provider, or any if it is NULL. */
typedef struct change_wait {
    uint32_t generation;
    const etw_guid *provider;
} change_wait;

static etw_status change_shared(etwi_engine_session *session, const table_change *change,
                                change_wait *wait, etw_error *error)
{
    etwi_enable_table table = {.count = 0};
    ETWI_TRY(etwi_registry_lock(session->registry, error));
    const etw_status status = change_file(session, change, &table, error);
    etwi_registry_unlock(session->registry);
    wait->provider = is_about_group(&table, change) ? NULL : change->provider;
    etwi_enable_table_free(&table);
    ETWI_TRY(status);
    wait->generation = etwi_registry_announce(session->registry);
    return ETW_OK;
}

static etw_status change_private(etwi_engine_session *session, const table_change *change,
                                 etw_error *error)
{
    etwi_enable_table table = {.count = 0};
    ETWI_TRY(etwi_control_check(session, error));
    etw_status status = etwi_private_enables(session->own, &table, &session->allocator, error);
    table.session = etwi_private_mapping(session->own)->geometry.guid;
    if (status == ETW_OK)
        status = change->make(session, &table, change, error);
    if (status == ETW_OK)
        status = etwi_private_set_enables(session->own, &table, error);
    etwi_enable_table_free(&table);
    return status;
}

/* Makes a change, and waits for the processes that have the provider, if it is to. */
static etw_status apply(etwi_engine_session *session, const table_change *change,
                        uint32_t timeout_ms, etw_error *error)
{
    change_wait wait;
    if (session->own)
        return change_private(session, change, error); // In effect when this returns.
    ETWI_TRY(change_shared(session, change, &wait, error));
    if (!timeout_ms)
        return ETW_OK;
    return etwi_cards_wait(session->registry, wait.provider, wait.generation, timeout_ms, error);
}

/* ---- the changes ----------------------------------------------------------------------------- */

static etw_status make_enable(etwi_engine_session *session, etwi_enable_table *table,
                              const table_change *change, etw_error *error)
{
    if (!session->own && !etwi_enable_table_find(table, change->provider) &&
        count_others(session, change->provider) >= ETW_PROVIDER_SESSIONS_MAX)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "%d sessions enable the provider already", ETW_PROVIDER_SESSIONS_MAX);
    return etwi_enable_table_set(table, change->parameters, error);
}

etw_status etwi_engine_enable(etwi_engine_session *session, const etw_enable_parameters *parameters,
                              etw_enable_report *report, etw_error *error)
{
    const table_change change = {make_enable, parameters, &parameters->provider};
    if (report)
        etwi_enable_report(parameters, report);
    return apply(session, &change, parameters->timeout_ms, error);
}

static etw_status make_disable(etwi_engine_session *session, etwi_enable_table *table,
                               const table_change *change, etw_error *error)
{
    (void)session;
    if (etwi_enable_table_remove(table, change->provider))
        return ETW_OK;
    return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                     "the session does not enable the provider");
}

etw_status etwi_engine_disable(etwi_engine_session *session, const etw_guid *provider,
                               etw_error *error)
{
    const table_change change = {make_disable, NULL, provider};
    return apply(session, &change, 0, error);
}

static etw_status make_capture(etwi_engine_session *session, etwi_enable_table *table,
                               const table_change *change, etw_error *error)
{
    (void)session;
    if (change->provider) {
        etwi_enable *entry = etwi_enable_table_find(table, change->provider);
        if (!entry)
            return etwi_fail(error, ETW_E_NOT_FOUND, ETW_NO_OFFSET,
                             "the session does not enable the provider");
        entry->capture = ++table->changes;
        return ETW_OK;
    }
    for (size_t i = 0; i < table->count; i++)
        table->entries[i].capture = ++table->changes;
    return ETW_OK;
}

etw_status etwi_engine_capture_state(etwi_engine_session *session, const etw_guid *provider,
                                     uint32_t timeout_ms, etw_error *error)
{
    const table_change change = {make_capture, NULL, provider};
    return apply(session, &change, timeout_ms, error);
}
