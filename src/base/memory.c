#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA_ALIGNMENT = 16,
    ARENA_CHUNK_SIZE = 64 * 1024,
};

struct etwi_arena_chunk {
    etwi_arena_chunk *next;
    size_t size; /* With this header. */
};

static void *default_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

etw_allocator etwi_allocator_or_default(const etw_allocator *allocator)
{
    const etw_allocator standard = {NULL, default_resize};
    return allocator && allocator->resize ? *allocator : standard;
}

void *etwi_alloc(const etw_allocator *allocator, size_t size)
{
    return allocator->resize(allocator->user, NULL, 0, size ? size : 1);
}

void *etwi_alloc_zeroed(const etw_allocator *allocator, size_t size)
{
    void *memory = etwi_alloc(allocator, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

void etwi_free(const etw_allocator *allocator, void *memory, size_t size)
{
    if (memory)
        allocator->resize(allocator->user, memory, size ? size : 1, 0);
}

etw_status etwi_grow(const etw_allocator *allocator, void **memory, size_t *capacity, size_t needed,
                     size_t element_size)
{
    if (needed <= *capacity)
        return ETW_OK;
    size_t grown = *capacity + *capacity / 2;
    if (grown < needed)
        grown = needed;
    if (grown < 16)
        grown = 16;
    if (grown > SIZE_MAX / element_size)
        return ETW_E_NOMEM;
    void *moved =
        allocator->resize(allocator->user, *memory, *capacity * element_size, grown * element_size);
    if (!moved)
        return ETW_E_NOMEM;
    *memory = moved;
    *capacity = grown;
    return ETW_OK;
}

/* Large requests get a chunk of their own, so that the current one is not wasted. */
static void *alloc_chunk(etwi_arena *arena, size_t size)
{
    const size_t header = (sizeof(etwi_arena_chunk) + ARENA_ALIGNMENT - 1) & ~(size_t)15;
    if (size > SIZE_MAX - header)
        return NULL;
    etwi_arena_chunk *chunk = etwi_alloc(&arena->allocator, header + size);
    if (!chunk)
        return NULL;
    chunk->next = arena->chunks;
    chunk->size = header + size;
    arena->chunks = chunk;
    return (uint8_t *)chunk + header;
}

void *etwi_arena_alloc(etwi_arena *arena, size_t size)
{
    /* No honest request is that large, and rounding up must not wrap around. */
    if (size > SIZE_MAX / 2)
        return NULL;
    /* Nothing is something too: the caller takes NULL for failure. */
    size = ((size ? size : 1) + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    if (size > (size_t)(arena->end - arena->at)) {
        if (size > ARENA_CHUNK_SIZE / 4)
            return alloc_chunk(arena, size);
        uint8_t *fresh = alloc_chunk(arena, ARENA_CHUNK_SIZE);
        if (!fresh)
            return NULL;
        arena->at = fresh;
        arena->end = fresh + ARENA_CHUNK_SIZE;
    }
    void *memory = arena->at;
    arena->at += size;
    return memory;
}

void *etwi_arena_alloc_zeroed(etwi_arena *arena, size_t size)
{
    void *memory = etwi_arena_alloc(arena, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

bool etwi_arena_str(etwi_arena *arena, etw_str *out, const char *text, size_t size)
{
    char *copy = etwi_arena_alloc(arena, size + 1);
    if (!copy)
        return false;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    out->data = copy;
    out->size = size;
    return true;
}

void etwi_arena_free(etwi_arena *arena)
{
    for (etwi_arena_chunk *chunk = arena->chunks; chunk;) {
        etwi_arena_chunk *next = chunk->next;
        etwi_free(&arena->allocator, chunk, chunk->size);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->at = arena->end = NULL;
}
