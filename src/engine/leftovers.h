/* What sessions leave behind whose processes all died with the system, or in the middle of
 * starting. */
#ifndef ETWI_ENGINE_LEFTOVERS_H
#define ETWI_ENGINE_LEFTOVERS_H

#include <etw/status.h>

/* Completes the log file of one session, if the file was its pool, and removes its folder. Nobody
 * uses it any more. */
void etwi_leftovers_take(const char *folder);

/* The same for all sessions of a runtime folder; removes the cards of providers too. */
void etwi_leftovers_clear(const char *runtime_folder);

#endif
