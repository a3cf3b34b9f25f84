/* Who enables what: the enable tables of all sessions, for those who ask. */
#include "engine/engine.h"

#include "base/error.h"
#include "engine/enable_table.h"
#include "engine/registry.h"

/* A table that does not read is no table, and a session that ends meanwhile has none. */
static etw_status take_session(etwi_registry *registry, uint32_t logger_id,
                               etwi_engine_enabled_taker take, void *user)
{
    char folder[ETWI_RUNTIME_PATH_MAX];
    etwi_enable_table table = {.count = 0};
    etwi_registry_path(registry, logger_id, NULL, folder);
    etw_status status = etwi_enable_table_read(&table, folder, NULL, NULL);
    const size_t count = status == ETW_OK ? table.count : 0;
    if (status != ETW_E_NOMEM)
        status = ETW_OK;
    for (size_t i = 0; i < count && status == ETW_OK; i++)
        status = take(user, &table.entries[i].provider, logger_id);
    etwi_enable_table_free(&table);
    return status;
}

etw_status etwi_engine_enabled(etwi_engine_enabled_taker take, void *user, etw_error *error)
{
    etwi_registry *registry;
    etwi_session_id sessions[ETW_SESSIONS_MAX];
    ETWI_TRY(etwi_registry_open(&registry, NULL, error));
    const size_t count = etwi_registry_sessions(registry, sessions);
    etw_status status = ETW_OK;
    for (size_t i = 0; i < count && status == ETW_OK; i++)
        status = take_session(registry, sessions[i].logger_id, take, user);
    etwi_registry_close(&registry);
    return status;
}
