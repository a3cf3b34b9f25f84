/*
 * Clients of a session: each mapping that writes, controls or consumes is one, and holds a byte
 * lock on the control file for as long as it lives.
 *
 * The kernel drops the lock when the process dies, however it dies, and when it executes another
 * program. Locks belong to the open file: two mappings of one process are two clients, and the
 * child of a fork has to open the session anew.
 */
#ifndef ETWI_ENGINE_CLIENT_H
#define ETWI_ENGINE_CLIENT_H

#include "engine/mapping.h"

/*
 * Takes a place in the table of clients, whose former holder is gone; what that one left behind in
 * slots is recovered first. ETW_E_LIMIT if there are too many clients.
 */
etw_status etwi_client_join(etwi_mapping *mapping, etwi_client_kind kind, etw_error *error);

/* Gives the place back. No thread writes through this mapping any more. */
void etwi_client_leave(etwi_mapping *mapping);

/* True if the client of that index + 1 lives. */
bool etwi_client_is_alive(const etwi_mapping *mapping, uint32_t client);

/* True if the owner of a slot lives: the client does, and within it the thread. */
bool etwi_client_owner_is_alive(const etwi_mapping *mapping, uint64_t owner);

/* Clients of a kind that live now; ETWI_CLIENT_NONE counts all kinds. */
uint32_t etwi_client_count(const etwi_mapping *mapping, etwi_client_kind kind);

#endif
