/*
 * The keeper of a session: who copies its buffers into the log file where the file is not the pool.
 * It is a process of its own, so that it outlives whoever started the session; the program
 * "etw-keeper" is looked for by the variable ETW_KEEPER, then where it was built and installed.
 * Where it is not found, a thread of the process that starts the session does its work.
 *
 * Whoever keeps holds a lock on the control file. If he dies nothing but the copying stops, and the
 * next controller that comes along starts another, which goes on in the same file.
 */
#ifndef ETWI_ENGINE_KEEPER_H
#define ETWI_ENGINE_KEEPER_H

#include "engine/session_folder.h"

/* A keeping thread of a private session. */
typedef struct etwi_keeper etwi_keeper;

/* Makes sure that somebody keeps a shared session that has a file to be kept. Fails as opening the
 * file does. `folder` is that of the session. */
etw_status etwi_keeper_ensure(const char *folder, const etwi_mapping *mapping, etw_error *error);

/*
 * Waits for the keeper of a session that has stopped to complete the file; does so itself if there
 * is none.
 */
etw_status etwi_keeper_finish(const char *folder, etwi_mapping *mapping, etw_error *error);

/* Waits until what is full by now is in the file, for so long at most. */
void etwi_keeper_catch_up(const etwi_mapping *mapping, uint32_t timeout_ms);

/* The program: keeps the session of a folder to its end; `ready` is called once it is attached. */
etw_status etwi_keeper_main(const char *folder, void (*ready)(void *user), void *user,
                            etw_error *error);

/* Keeps a private session by a thread, which ends when the session is stopped. */
etw_status etwi_keeper_start(etwi_keeper **out, etwi_mapping *mapping, etw_error *error);
etw_status etwi_keeper_join(etwi_keeper **keeper, etw_error *error);

#endif
