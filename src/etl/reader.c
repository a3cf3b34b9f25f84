#include "etl/reader.h"

#include "base/error.h"
#include "etl/order.h"
#include "etl/trace_header.h"

struct etwi_reader {
    etw_allocator allocator;
    etwi_arena arena;
    etwi_input input;
    etw_trace_info info;
    etw_trace_stats stats;
    etwi_index index;
    etwi_order order;
    bool ordered; /* The order was begun. */
    uint64_t events_delivered;
};

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
    return etwi_trace_header_parse(&reader->info, start, &reader->arena, error);
}

etw_status etwi_reader_open(etwi_reader **out, const char *path, const etw_bytes *memory,
                            const etwi_reader_options *options, etw_error *error)
{
    *out = NULL;
    etwi_reader *reader = etwi_alloc_zeroed(&options->allocator, sizeof *reader);
    if (!reader)
        return etwi_fail_nomem(error);
    reader->allocator = reader->arena.allocator = reader->index.allocator =
        reader->order.allocator = options->allocator;
    reader->index.rules.size_max = options->buffer_size_max;
    reader->order.memory_max = options->memory_max;
    etw_status status = open_input(reader, path, memory, error);
    if (status == ETW_OK)
        status = read_header(reader, error);
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
    etwi_order_free(&closing->order);
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

const etw_trace_stats *etwi_reader_stats(const etwi_reader *reader)
{
    return &reader->stats;
}

void etwi_reader_set_clock(etwi_reader *reader, const etw_clock *clock)
{
    reader->info.clock = *clock;
}

etw_status etwi_reader_scan(etwi_reader *reader, const etwi_reader_visitor *visitor,
                            etw_error *error)
{
    return etwi_index_build(&reader->index, &reader->input, &reader->info, &reader->stats, visitor,
                            error);
}

etw_status etwi_reader_next(etwi_reader *reader, etw_order order, etw_batch *out, etw_error *error)
{
    if (!reader->ordered) {
        reader->ordered = true;
        reader->order.index = &reader->index;
        reader->order.input = &reader->input;
        reader->order.info = &reader->info;
        ETWI_TRY(etwi_order_begin(&reader->order, order, error));
    }
    const etw_status status = etwi_order_next(&reader->order, out, error);
    reader->events_delivered += out->count;
    reader->stats.late_events = reader->order.late_events;
    return status;
}

uint64_t etwi_reader_position(const etwi_reader *reader)
{
    /* Exact only at both ends; in between it is for progress bars. */
    const uint64_t total = reader->stats.events ? reader->stats.events : 1;
    return (uint64_t)((double)reader->events_delivered / (double)total *
                      (double)reader->info.file_size);
}
