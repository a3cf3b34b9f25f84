#include "faulty_alloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 16,
    FRESH = 0xA5, /* Nobody may rely on zeros. */
};

static void release(faulty_alloc *faulty, uint8_t *memory, size_t old_size)
{
    size_t size;
    memcpy(&size, memory - HEADER_SIZE, sizeof size);
    faulty->wrong_sizes += size != old_size;
    faulty->live--;
    faulty->live_bytes -= size;
    free(memory - HEADER_SIZE);
}

static void *resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    faulty_alloc *faulty = user;
    if (!new_size) {
        if (memory)
            release(faulty, memory, old_size);
        return NULL;
    }
    faulty->calls++;
    if (faulty->fail_at && (faulty->fail_later_too ? faulty->calls >= faulty->fail_at
                                                   : faulty->calls == faulty->fail_at))
        return NULL;
    if (new_size > SIZE_MAX / 2)
        return NULL;
    uint8_t *fresh = malloc(HEADER_SIZE + new_size);
    if (!fresh)
        return NULL;
    fresh += HEADER_SIZE;
    memcpy(fresh - HEADER_SIZE, &new_size, sizeof new_size);
    memset(fresh, FRESH, new_size);
    faulty->live++;
    faulty->live_bytes += new_size;
    if (faulty->live_bytes > faulty->peak_bytes)
        faulty->peak_bytes = faulty->live_bytes;
    if (memory) {
        memcpy(fresh, memory, old_size < new_size ? old_size : new_size);
        release(faulty, memory, old_size);
    }
    return fresh;
}

void faulty_alloc_init(faulty_alloc *faulty)
{
    memset(faulty, 0, sizeof *faulty);
    faulty->allocator.user = faulty;
    faulty->allocator.resize = resize;
}
