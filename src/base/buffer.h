/*
 * A growing output buffer. Writers reserve an upper bound once and then append without checks;
 * a buffer that could not grow is `failed` and drops what follows.
 */
#ifndef ETWI_BASE_BUFFER_H
#define ETWI_BASE_BUFFER_H

#include "base/memory.h"

#include <string.h>

/* Zero-initialise but for `allocator`. */
typedef struct etwi_buffer {
    etw_allocator allocator;
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
} etwi_buffer;

/* Grows so that `size` more bytes fit; false if that failed, now or before. */
bool etwi_buffer_grow(etwi_buffer *buffer, size_t size);

/* Room for `size` more bytes, or NULL, also for no bytes in a buffer that has none yet. The caller
 * then adds what it used to `buffer->size`. */
static inline char *etwi_buffer_reserve(etwi_buffer *buffer, size_t size)
{
    if (buffer->capacity - buffer->size < size && !etwi_buffer_grow(buffer, size))
        return NULL;
    return buffer->data ? buffer->data + buffer->size : NULL;
}

static inline void etwi_buffer_append(etwi_buffer *buffer, const void *data, size_t size)
{
    char *at = etwi_buffer_reserve(buffer, size);
    if (at && size) {
        memcpy(at, data, size);
        buffer->size += size;
    }
}

static inline void etwi_buffer_append_str(etwi_buffer *buffer, etw_str text)
{
    etwi_buffer_append(buffer, text.data, text.size);
}

static inline void etwi_buffer_append_char(etwi_buffer *buffer, char value)
{
    char *at = etwi_buffer_reserve(buffer, 1);
    if (at) {
        *at = value;
        buffer->size++;
    }
}

/* Appends a string literal. */
#define ETWI_APPEND(buffer, literal) etwi_buffer_append((buffer), "" literal, sizeof(literal) - 1)

void etwi_buffer_free(etwi_buffer *buffer);

#endif
