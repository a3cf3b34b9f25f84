/* What the files of the engine's control share. */
#ifndef ETWI_ENGINE_CONTROL_H
#define ETWI_ENGINE_CONTROL_H

#include "engine/enable_table.h"
#include "engine/engine.h"
#include "engine/keeper.h"
#include "engine/private.h"
#include "engine/registry.h"
#include "engine/session_folder.h"
#include "os/private.h"

struct etwi_engine_session {
    etw_allocator allocator;
    etwi_registry *registry; /* NULL for private sessions. */
    etwi_session_id id;
    etwi_mapping mapping; /* Of shared sessions; joined as controller. */
    etwi_private *own;    /* NULL for shared sessions. */
    etwi_keeper *keeper;  /* Of private ones that need it. */
    bool has_ended;       /* Stopped through this object. */
};

/* The memory of a session of either kind. */
static inline etwi_mapping *etwi_control_memory(etwi_engine_session *session)
{
    return session->own ? etwi_private_mapping(session->own) : &session->mapping;
}

enum {
    ETWI_WRITER_PATIENCE_MS = 500, /* For writers in the middle of an event. */
};

/* The folder of a shared session. */
void etwi_control_folder(const etwi_engine_session *session, char out[ETWI_RUNTIME_PATH_MAX]);

/* ETW_E_NOT_FOUND if the session has ended. */
etw_status etwi_control_check(const etwi_engine_session *session, etw_error *error);

/* Looks for a session by name, without regard to case. False if there is none. */
bool etwi_control_find(const etwi_registry *registry, const char *name, etwi_session_id *out);

/* The name of a session by its folder; false if it cannot be read. */
bool etwi_control_name(const char *folder, char out[ETWI_CTL_NAME_SIZE]);

/* The log file of a session by its folder; false if it cannot be read. */
bool etwi_control_log_file(const char *folder, char out[ETWI_CTL_PATH_SIZE]);

/* Whether two paths lead to one file, which may have many; they need not lead to any. */
bool etwi_control_is_same_file(const char *a, const char *b);

/* ETW_E_ACCESS if a path leads to the log file of a session other than `own`, a logger id or 0: two
 * in one file would spoil it for both. An empty path is fine. */
etw_status etwi_control_check_log_file(const etwi_registry *registry, uint32_t own,
                                       const char *log_file, etw_error *error);

/* Fills in what the memory of a session tells: all but the count of providers. `mine` clients that
 * are the caller's own do not keep a session from being an orphan. */
void etwi_control_describe(const etwi_mapping *mapping, uint32_t mine, etw_session_info *out);

/* The same with the count of providers, for a session of the registry. */
void etwi_control_describe_shared(const etwi_mapping *mapping, const char *folder, uint32_t mine,
                                  etw_session_info *out);

/* Ends a session of the registry: closes its slots, lets the keeper finish or does his work,
 * completes its file, and removes it. `info` may be NULL. ETW_E_NOT_FOUND if it has ended. */
etw_status etwi_control_end(etwi_registry *registry, etwi_session_id id, etwi_mapping *mapping,
                            etw_session_info *info, etw_error *error);

/* The same for a private session. */
etw_status etwi_control_end_private(etwi_engine_session *session, etw_session_info *info,
                                    etw_error *error);

#endif
