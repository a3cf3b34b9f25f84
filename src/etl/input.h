/* The bytes of a trace, in a file or in memory. */
#ifndef ETWI_ETL_INPUT_H
#define ETWI_ETL_INPUT_H

#include "base/compiler.h"
#include "base/memory.h"
#include "os/os.h"

/* A window into a file, so that reading in small steps costs few system calls. */
typedef struct etwi_input {
    etw_allocator allocator;
    etwi_file file;
    bool is_file;
    etw_bytes memory; /* If it is no file. */
    uint64_t size;
    uint8_t *window;
    size_t window_capacity;
    uint64_t window_offset;
    size_t window_size;
} etwi_input;

etw_status etwi_input_open_file(etwi_input *out, const char *path, const etw_allocator *allocator,
                                etw_error *error);
void etwi_input_open_memory(etwi_input *out, etw_bytes memory, const etw_allocator *allocator);
void etwi_input_close(etwi_input *input);

/*
 * Up to `size` bytes at `offset`; fewer only where the trace ends. They are valid until the next
 * view. Meant for walking forwards.
 */
etw_status etwi_input_view(etwi_input *input, uint64_t offset, size_t size, etw_bytes *out,
                           etw_error *error);

/* Copies up to `size` bytes at `offset`. */
etw_status etwi_input_read(const etwi_input *input, uint64_t offset, void *out, size_t size,
                           size_t *got, etw_error *error);

/* Asks for the cache line at `offset`, if the trace is in memory. */
static inline void etwi_input_prefetch(const etwi_input *input, uint64_t offset)
{
    if (offset < input->memory.size)
        ETWI_PREFETCH(input->memory.data + offset);
}

#endif
