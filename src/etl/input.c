#include "etl/input.h"

#include "base/error.h"

#include <string.h>

enum {
    WINDOW_SIZE = 128 * 1024
};

etw_status etwi_input_open_file(etwi_input *out, const char *path, const etw_allocator *allocator,
                                etw_error *error)
{
    memset(out, 0, sizeof *out);
    out->allocator = *allocator;
    ETWI_TRY(etwi_file_open(&out->file, path, error));
    out->is_file = true;
    out->size = out->file.size;
    return ETW_OK;
}

void etwi_input_open_memory(etwi_input *out, etw_bytes memory, const etw_allocator *allocator)
{
    memset(out, 0, sizeof *out);
    out->allocator = *allocator;
    out->memory = memory;
    out->size = memory.size;
}

void etwi_input_close(etwi_input *input)
{
    if (input->is_file)
        etwi_file_close(&input->file);
    etwi_free(&input->allocator, input->window, input->window_capacity);
    memset(input, 0, sizeof *input);
}

static etw_bytes view_memory(const etwi_input *input, uint64_t offset, size_t size)
{
    etw_bytes out = {NULL, 0};
    if (offset < input->memory.size) {
        const size_t left = input->memory.size - (size_t)offset;
        out.data = input->memory.data + offset;
        out.size = size < left ? size : left;
    }
    return out;
}

static etw_status fill_window(etwi_input *input, uint64_t offset, size_t size, etw_error *error)
{
    const size_t wanted = size > WINDOW_SIZE ? size : WINDOW_SIZE;
    if (wanted > input->window_capacity) {
        uint8_t *grown = input->allocator.resize(input->allocator.user, input->window,
                                                 input->window_capacity, wanted);
        if (!grown)
            return etwi_fail_nomem(error);
        input->window = grown;
        input->window_capacity = wanted;
    }
    input->window_offset = offset;
    input->window_size = 0;
    return etwi_file_read_at(&input->file, offset, input->window, wanted, &input->window_size,
                             error);
}

etw_status etwi_input_view(etwi_input *input, uint64_t offset, size_t size, etw_bytes *out,
                           etw_error *error)
{
    if (!input->is_file) {
        *out = view_memory(input, offset, size);
        return ETW_OK;
    }
    const bool starts_inside =
        offset >= input->window_offset && offset - input->window_offset <= input->window_size;
    if (!starts_inside || size > input->window_size - (size_t)(offset - input->window_offset))
        ETWI_TRY(fill_window(input, offset, size, error));
    const size_t skipped = (size_t)(offset - input->window_offset);
    const size_t left = input->window_size - skipped;
    out->data = input->window + skipped;
    out->size = size < left ? size : left;
    return ETW_OK;
}

etw_status etwi_input_read(const etwi_input *input, uint64_t offset, void *out, size_t size,
                           size_t *got, etw_error *error)
{
    if (input->is_file)
        return etwi_file_read_at(&input->file, offset, out, size, got, error);
    const etw_bytes view = view_memory(input, offset, size);
    if (view.size)
        memcpy(out, view.data, view.size);
    *got = view.size;
    return ETW_OK;
}
