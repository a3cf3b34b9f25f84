#include "engine/stack.h"

#include "os/process.h"

#include <string.h>

/* A frame as compilers lay it out: the frame of the caller, and where it goes on. */
typedef struct frame {
    uintptr_t caller;
    uintptr_t return_address;
} frame;

/* A piece of the stack that was copied, since asking for each frame takes a system call. */
typedef struct window {
    uintptr_t start;
    size_t size;
    uint8_t bytes[4096];
} window;

static bool read_frame(window *copy, uintptr_t at, frame *out)
{
    if (at < copy->start || at - copy->start + sizeof *out > copy->size) {
        copy->start = at;
        copy->size = etwi_memory_peek((const void *)at, copy->bytes, sizeof copy->bytes);
        if (copy->size < sizeof *out)
            return false;
    }
    memcpy(out, copy->bytes + (at - copy->start), sizeof *out);
    return true;
}

size_t etwi_stack_capture(etwi_stack *out, const void *start)
{
    window copy;
    copy.start = 0;
    copy.size = 0;
    out->match_id = 0;
    size_t count = 0;
    uintptr_t at = (uintptr_t)start;
    frame here;
    while (count < ETWI_STACK_FRAMES_MAX && at % sizeof(uintptr_t) == 0 &&
           read_frame(&copy, at, &here) && here.return_address) {
        out->frames[count++] = here.return_address;
        // Stacks grow downwards: the frames of callers are at higher addresses.
        if (here.caller <= at)
            break;
        at = here.caller;
    }
    return offsetof(etwi_stack, frames) + count * sizeof *out->frames;
}
