/*
 * A place between two stores of the protocol of shared memory. Tests set a function that is called
 * at each, to die or to stop there; the library that is shipped has none of it.
 */
#ifndef ETWI_ENGINE_STEP_H
#define ETWI_ENGINE_STEP_H

/* Which place it is. The names say what was done last. */
typedef enum etwi_step {
    ETWI_STEP_OWNER_TAKEN,
    ETWI_STEP_RECORD_COMMITTED,
    ETWI_STEP_RECORD_COUNTED,
    ETWI_STEP_OWNER_FREED,
    ETWI_STEP_ASLEEP_SEEN,
    ETWI_STEP_HEADER_SEALED,
    ETWI_STEP_CURRENT_CLEARED,
    ETWI_STEP_BUFFER_FULL,
    ETWI_STEP_SEQUENCE_TAKEN,
    ETWI_STEP_BUFFER_CLAIMED,
    ETWI_STEP_NEXT_MOVED,
    ETWI_STEP_HEADER_EMPTIED,
    ETWI_STEP_HEADER_NUMBERED,
    ETWI_STEP_CURRENT_SET,
    ETWI_STEP_SLOT_TAKEN_OVER,
    ETWI_STEP_SLOT_CLOSED,
    ETWI_STEP_ORPHAN_RESOLVED,
    ETWI_STEP_BUFFER_COPIED,
    ETWI_STEP_BUFFER_READ,
    ETWI_STEP_BUFFER_FREED,
    ETWI_STEP_COUNT
} etwi_step;

#if !defined(ETWI_STEPPED) && !defined(ETWI_TESTING)
#error "what has steps is listed by etw_stepped_sources, or tests would not halt at them"
#endif

#if defined(ETWI_TESTING)
extern void (*etwi_step_hook)(etwi_step step);
static inline void etwi_step_at(etwi_step step)
{
    if (etwi_step_hook)
        etwi_step_hook(step);
}
#else
static inline void etwi_step_at(etwi_step step)
{
    (void)step;
}
#endif

#endif
