/* The call stack of the thread that writes an event, found by frame pointers. */
#ifndef ETWI_ENGINE_STACK_H
#define ETWI_ENGINE_STACK_H

#include <stddef.h>
#include <stdint.h>

enum {
    ETWI_STACK_FRAMES_MAX = 192, /* As many as Windows records. */
};

/* The data of extended items of type ETW_EXTENDED_STACK_TRACE64 or …32. */
typedef struct etwi_stack {
    uint64_t match_id; /* 0: the stack is complete. */
    uintptr_t frames[ETWI_STACK_FRAMES_MAX];
} etwi_stack;

/*
 * Walks from a frame (ETWI_FRAME_ADDRESS) outwards. Programs that are built without frame
 * pointers have a short stack, or a wrong one; memory that is not there is never touched. Safe in
 * signal handlers. Returns the size of what was filled in, in bytes.
 */
size_t etwi_stack_capture(etwi_stack *out, const void *frame);

#endif
