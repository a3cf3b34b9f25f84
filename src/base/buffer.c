#include "base/buffer.h"

bool etwi_buffer_grow(etwi_buffer *buffer, size_t size)
{
    void *memory = buffer->data;
    if (buffer->failed || size > SIZE_MAX - buffer->size ||
        etwi_grow(&buffer->allocator, &memory, &buffer->capacity, buffer->size + size, 1) !=
            ETW_OK) {
        buffer->failed = true;
        return false;
    }
    buffer->data = memory;
    return true;
}

void etwi_buffer_free(etwi_buffer *buffer)
{
    etwi_free(&buffer->allocator, buffer->data, buffer->capacity);
    buffer->data = NULL;
    buffer->size = buffer->capacity = 0;
    buffer->failed = false;
}
