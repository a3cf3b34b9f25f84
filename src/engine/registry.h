/*
 * The registry: which sessions there are, and the word that tells providers that something
 * changed. One page of shared memory in the runtime folder:
 *
 *     registry                  the page
 *     sessions/ID/ctl, pool     a session, ID its logger id, 1 to 64
 *     providers/PID.N     the card of a process with providers; see card.h
 *
 * Objects belong to one thread at a time, but for the generation, which any thread may read, wait
 * for and change.
 */
#ifndef ETWI_ENGINE_REGISTRY_H
#define ETWI_ENGINE_REGISTRY_H

#include "engine/runtime_folder.h"

#include <etw/session.h>

#include <stdatomic.h>

typedef struct etwi_registry etwi_registry;

/*
 * Opens the registry of this user and makes it if there is none. One that an earlier boot left is
 * cleared first.
 *
 * ETW_E_UNSUPPORTED if another version of the library uses the folder now; else as
 * etwi_runtime_folder().
 */
etw_status etwi_registry_open(etwi_registry **out, const etw_allocator *allocator,
                              etw_error *error);

/* Also in the child of a fork, which then opens its own. NULL is fine. */
void etwi_registry_close(etwi_registry **registry);

/*
 * Changes when a session starts or ends and when an enable table changes. In shared memory, for
 * etwi_word_wait(). Read it before the sessions and their tables: if it is still the same
 * afterwards, they were, too.
 */
_Atomic uint32_t *etwi_registry_generation(etwi_registry *registry);

/* Changes the generation and wakes all who wait for it. Returns the new one, which providers
 * acknowledge. */
uint32_t etwi_registry_announce(etwi_registry *registry);

/* A session. A later one with the same logger id has another serial. */
typedef struct etwi_session_id {
    uint64_t serial;
    uint32_t logger_id;
} etwi_session_id;

/* The sessions that there are now, by logger id; returns how many. */
size_t etwi_registry_sessions(const etwi_registry *registry, etwi_session_id out[ETW_SESSIONS_MAX]);

/* True as long as that session has not ended. */
bool etwi_registry_has(const etwi_registry *registry, etwi_session_id session);

/*
 * What starts and ends sessions, and makes and takes cards away, holds this lock meanwhile.
 * ETW_E_TIMEOUT if somebody else has had it for too long. The holder's other objects for this
 * registry are somebody else.
 */
etw_status etwi_registry_lock(etwi_registry *registry, etw_error *error);
void etwi_registry_unlock(etwi_registry *registry);

/* With the lock held: a logger id that no session has, 0 if there is none; taking one; giving it
 * back. None of them announces. */
uint32_t etwi_registry_free_id(const etwi_registry *registry);
etwi_session_id etwi_registry_add(etwi_registry *registry, uint32_t logger_id);
void etwi_registry_remove(etwi_registry *registry, etwi_session_id session);

/* Changes when a process acknowledges a generation on its card. */
_Atomic uint32_t *etwi_registry_acknowledgements(etwi_registry *registry);

/* The path of a file in the folder of a session; of the folder itself if `file` is NULL. */
void etwi_registry_path(const etwi_registry *registry, uint32_t logger_id, const char *file,
                        char out[ETWI_RUNTIME_PATH_MAX]);

/* The path of a file in the runtime folder, "providers" for example. */
void etwi_registry_file(const etwi_registry *registry, const char *file,
                        char out[ETWI_RUNTIME_PATH_MAX]);

#endif
