#include "etl/reader_internal.h"

#include "base/error.h"
#include "etl/trace_header.h"

static etw_status open_input(etwi_reader *reader, const char *path, const etw_bytes *memory,
                             etw_error *error)
{
    if (!etwi_arena_str(&reader->arena, &reader->info.path, path, strlen(path)))
        return etwi_fail_nomem(error);
    if (memory) {
        etwi_input_open_memory(&reader->input, *memory, &reader->allocator);
        return ETW_OK;
    }
    return etwi_input_open_file(&reader->input, path, &reader->allocator, error);
}

static etw_status read_header(etwi_reader *reader, etw_error *error)
{
    etw_bytes start;
    ETWI_TRY(etwi_input_view(&reader->input, 0, ETWI_TRACE_HEADER_MAX, &start, error));
    reader->info.file_size = reader->input.size;
    ETWI_TRY(etwi_trace_header_parse(&reader->info, start, &reader->arena, error));
    reader->scale = etwi_tick_scale_of(&reader->info.clock);
    return ETW_OK;
}

etw_status etwi_reader_open(etwi_reader **out, const char *path, const etw_bytes *memory,
                            uint32_t buffer_size_max, const etw_allocator *allocator,
                            etw_error *error)
{
    *out = NULL;
    etwi_reader *reader = etwi_alloc_zeroed(allocator, sizeof *reader);
    if (!reader)
        return etwi_fail_nomem(error);
    reader->allocator = reader->arena.allocator = reader->index.allocator = *allocator;
    reader->finder.rules.size_max = buffer_size_max;
    reader->finder.input = &reader->input;
    reader->finder.info = &reader->info;
    reader->finder.stats = &reader->stats;
    etw_status status = open_input(reader, path, memory, error);
    if (status == ETW_OK)
        status = read_header(reader, error);
    if (status == ETW_OK)
        status = etwi_finder_begin(&reader->finder, error);
    if (status != ETW_OK) {
        etwi_reader_close(&reader);
        return status;
    }
    *out = reader;
    return ETW_OK;
}

void etwi_reader_close(etwi_reader **reader)
{
    etwi_reader *closing = *reader;
    if (!closing)
        return;
    etwi_index_free(&closing->index);
    etwi_input_close(&closing->input);
    etwi_arena_free(&closing->arena);
    const etw_allocator allocator = closing->allocator;
    etwi_free(&allocator, closing, sizeof *closing);
    *reader = NULL;
}

const etw_trace_info *etwi_reader_info(const etwi_reader *reader)
{
    return &reader->info;
}

etw_trace_stats *etwi_reader_stats(etwi_reader *reader)
{
    return &reader->stats;
}

void etwi_reader_set_clock(etwi_reader *reader, const etw_clock *clock)
{
    reader->info.clock = *clock;
    reader->scale = etwi_tick_scale_of(&reader->info.clock);
}

etw_status etwi_reader_scan(etwi_reader *reader, unsigned threads,
                            const etwi_reader_visitor *visitor, etw_error *error)
{
    return etwi_index_build(&reader->index, &reader->finder, threads, visitor, error);
}
