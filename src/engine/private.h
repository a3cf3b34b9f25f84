/*
 * Private sessions: those of this process alone, in memory without a name. Providers of the process
 * write into them as into any session. They need no runtime folder.
 *
 * All functions may be called from any thread.
 */
#ifndef ETWI_ENGINE_PRIVATE_H
#define ETWI_ENGINE_PRIVATE_H

#include "engine/enable_table.h"
#include "engine/mapping.h"

enum {
    ETWI_PRIVATE_MAX = 8
};

typedef struct etwi_private etwi_private;

/*
 * What the providers' side of this process wants to be called for when a private session starts or
 * ends or enables something else. When it returns, that is in effect. NULL for nothing.
 */
void etwi_private_on_change(void (*changed)(void));

/* The private sessions that run now, each held until etwi_private_release(). The child of a fork
 * still sees those of its parent: their geometry tells whose they are. */
size_t etwi_private_list(etwi_private *out[ETWI_PRIVATE_MAX]);

/* Lets go; the memory of a session that has ended goes with the last one who holds it. Whoever does
 * so last writes into it no more. */
void etwi_private_release(etwi_private *session);

/* The memory of a session, which has joined as client. Its state says whether it still runs. */
etwi_mapping *etwi_private_mapping(etwi_private *session);

/* What it enables now. */
etw_status etwi_private_enables(etwi_private *session, etwi_enable_table *out,
                                const etw_allocator *allocator, etw_error *error);

/* ---- for the control of sessions ------------------------------------------------------------- */

/* Adds a session whose memory was created by the caller and becomes its own; the caller holds it.
 * `mapping` is emptied. ETW_E_LIMIT if there are too many. */
etw_status etwi_private_add(etwi_private **out, etwi_mapping *mapping, etw_error *error);

/* Replaces what it enables, and tells the providers' side. */
etw_status etwi_private_set_enables(etwi_private *session, const etwi_enable_table *table,
                                    etw_error *error);

/* Takes it out of the list, and tells the providers' side. The caller still holds it. */
void etwi_private_remove(etwi_private *session);

#endif
