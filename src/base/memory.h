/* Memory through the caller's allocator, and an arena for things that live and die together. */
#ifndef ETWI_BASE_MEMORY_H
#define ETWI_BASE_MEMORY_H

#include <etw/alloc.h>
#include <etw/status.h>

/* The allocator given, or one over malloc. */
etw_allocator etwi_allocator_or_default(const etw_allocator *allocator);

void *etwi_alloc(const etw_allocator *allocator, size_t size);
void *etwi_alloc_zeroed(const etw_allocator *allocator, size_t size);
void etwi_free(const etw_allocator *allocator, void *memory, size_t size);

/*
 * Makes room for `needed` elements in a growing array.
 *
 * `*memory` and `*capacity` are the array and its size in elements; both change on success only.
 */
etw_status etwi_grow(const etw_allocator *allocator, void **memory, size_t *capacity, size_t needed,
                     size_t element_size);

typedef struct etwi_arena_chunk etwi_arena_chunk;

/* Memory that is freed all at once. Zero-initialise but for `allocator`. */
typedef struct etwi_arena {
    etw_allocator allocator;
    etwi_arena_chunk *chunks;
    uint8_t *at;
    uint8_t *end;
} etwi_arena;

/* Aligned to 16 bytes and not zeroed; NULL if memory is out. */
void *etwi_arena_alloc(etwi_arena *arena, size_t size);
void *etwi_arena_alloc_zeroed(etwi_arena *arena, size_t size);

/* Copies text and adds a terminating zero that the size does not count. False if memory is out. */
bool etwi_arena_str(etwi_arena *arena, etw_str *out, const char *text, size_t size);

void etwi_arena_free(etwi_arena *arena);

#endif
