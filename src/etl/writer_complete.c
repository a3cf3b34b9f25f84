/*
 * Going through files of traces that stand already: to append to them, and to make proper traces of
 * those that processes wrote into until they died.
 */
#include "etl/writer_complete.h"

#include "base/bytes.h"
#include "base/error.h"
#include "etl/buffer.h"
#include "etl/record_peek.h"
#include "etl/trace_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    BUFFER_SIZE_MAX = 16 * 1024 * 1024,
    TOTALS_END = LOGFILE + LOGFILE_SIZE64,
};

etw_status etwi_etl_name_path(const char *path, const etw_error *why, etw_error *error)
{
    if (error) {
        *error = *why;
        snprintf(error->message, sizeof error->message, "%.120s: %.110s", path, why->message);
    }
    return why->status;
}

etw_status etwi_etl_read_header(const etwi_file *file, etw_trace_info *out, etwi_arena *arena,
                                etw_error *error)
{
    const etw_allocator *allocator = &arena->allocator;
    uint8_t *start = etwi_alloc(allocator, ETWI_TRACE_HEADER_MAX);
    if (!start)
        return etwi_fail_nomem(error);
    size_t got;
    memset(out, 0, sizeof *out);
    etw_status status = etwi_file_read_at(file, 0, start, ETWI_TRACE_HEADER_MAX, &got, error);
    if (status == ETW_OK)
        status = etwi_trace_header_parse(out, (etw_bytes){start, got}, arena, error);
    etwi_free(allocator, start, ETWI_TRACE_HEADER_MAX);
    ETWI_TRY(status);
    if (out->os_major < 6 || out->buffer_size < TOTALS_END || out->buffer_size > BUFFER_SIZE_MAX)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "a trace of Windows %u with buffers of %" PRIu32
                         " bytes cannot be continued",
                         out->os_major, out->buffer_size);
    return ETW_OK;
}

etw_status etwi_etl_write_totals(const etwi_file *file, const etwi_etl_totals *totals,
                                 etw_error *error)
{
    uint8_t start[TOTALS_END];
    size_t got;
    ETWI_TRY(etwi_file_read_at(file, 0, start, sizeof start, &got, error));
    if (got < sizeof start)
        return etwi_fail(error, ETW_E_TRUNCATED, got, "the trace header is cut off");
    etwi_etl_header_set_totals(start, totals);
    return etwi_output_write_at(file, LOGFILE, start + LOGFILE, sizeof start - LOGFILE, error);
}

/* ---- measuring ------------------------------------------------------------------------------- */

etw_status etwi_etl_measure(const etwi_file *file, const etw_trace_info *info, etwi_etl_extent *out,
                            etw_error *error)
{
    const etwi_buffer_rules rules = {.size_max = info->buffer_size};
    *out = (etwi_etl_extent){.last_time = info->clock.start_raw};
    for (;;) {
        uint8_t start[BUFFER_HEADER_SIZE];
        etwi_buffer_header header;
        size_t got;
        ETWI_TRY(etwi_file_read_at(file, out->size, start, sizeof start, &got, error));
        if (got < sizeof start || !etwi_buffer_header_parse(&header, start, &rules) ||
            header.state != BUFFER_STATE_SEALED || header.size > file->size - out->size)
            break;
        out->size += header.size;
        const int64_t time = (int64_t)etwi_load_u64(start + BUFFER_TIME);
        if (out->buffers++ == 0)
            out->begin = out->size;
        else if (time > out->last_time)
            out->last_time = time;
    }
    if (!out->buffers)
        return etwi_fail(error, ETW_E_CORRUPT, 0, "the first buffer of the trace is damaged");
    return ETW_OK;
}

/* ---- completing ------------------------------------------------------------------------------ */

/* Going through a file whose buffers are all of one size: those that are kept move to the front. */
typedef struct completion {
    const etwi_file *file;
    uint8_t *buffer; /* One. */
    uint32_t size;
    uint64_t from, to; /* Offsets in the file. */
    uint64_t kept;
    int64_t last_time;
} completion;

/* The end of the records by the header of a buffer; 0 if it holds none. */
static uint32_t end_of_records(const uint8_t *header, uint32_t size)
{
    const uint32_t offset = etwi_load_u32(header + BUFFER_OFFSET);
    const uint32_t current = etwi_load_u32(header + BUFFER_CURRENT_OFFSET);
    uint32_t end = 0;
    if (etwi_load_u32(header + BUFFER_SIZE) != size)
        return 0;
    if (offset >= BUFFER_HEADER_SIZE)
        end = offset;
    else if (current <= size)
        end = current;
    else
        end = current - size; /* Sealed, all but for Offset. */
    return end > BUFFER_HEADER_SIZE && end <= size ? end : 0;
}

/* The latest time in a buffer, and how far it holds records at all. */
static int64_t time_of_records(const uint8_t *buffer, uint32_t *end)
{
    int64_t latest = INT64_MIN;
    uint32_t at = BUFFER_HEADER_SIZE;
    etwi_record_peek peek;
    while (at < *end && etwi_record_peek_at(&peek, buffer + at, *end - at)) {
        if (peek.has_time && peek.raw_time > latest)
            latest = peek.raw_time;
        at += (peek.size + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    }
    *end = at < *end ? at : *end;
    return latest;
}

/* Writes the header of a buffer anew, with what tells something; so it is the same whoever left it,
 * and in whatever state. */
static void write_header(uint8_t *buffer, uint32_t size, uint32_t end, int64_t time)
{
    const unsigned flags = etwi_load_u16(buffer + BUFFER_FLAG);
    const etwi_buffer_start start = {
        .size = size,
        .sequence = (int64_t)etwi_load_u64(buffer + BUFFER_SEQUENCE),
        .processor = etwi_load_u16(buffer + BUFFER_PROCESSOR),
        .logger_id = etwi_load_u16(buffer + BUFFER_LOGGER_ID),
        .flags = (uint16_t)(flags & (BUFFER_FLAG_FLUSH_MARKER | BUFFER_FLAG_EVENTS_LOST |
                                     BUFFER_FLAG_BUFFER_LOST)),
    };
    const etwi_buffer_end seal = {.size = size, .used = end, .time = time};
    etwi_buffer_begin(buffer, &start);
    etwi_buffer_seal(buffer, &seal);
    etwi_buffer_fill_rest(buffer, size, end);
}

static bool is_proper(const uint8_t *buffer, uint32_t size)
{
    const etwi_buffer_rules rules = {.size_max = size};
    etwi_buffer_header header;
    return etwi_buffer_header_parse(&header, buffer, &rules) && header.size == size &&
           header.state == BUFFER_STATE_SEALED &&
           header.data_end == etwi_load_u32(buffer + BUFFER_OFFSET);
}

/* Reads a buffer whose records end at `*end`, unless they are cut off or damaged before; 0 if none
 * is left. Returns when it was sealed, or its last record. */
static etw_status read_buffer(completion *state, bool is_sealed, uint32_t *end, int64_t *time,
                              etw_error *error)
{
    size_t got;
    ETWI_TRY(etwi_file_read_at(state->file, state->from, state->buffer, state->size, &got, error));
    *end = *end < got ? *end : (uint32_t)got;
    if (!is_sealed) {
        *time = time_of_records(state->buffer, end);
        if (*time == INT64_MIN)
            *time = state->last_time;
    }
    if (*end <= BUFFER_HEADER_SIZE)
        *end = 0;
    return ETW_OK;
}

/* Looks at the buffer at `from`, and keeps it if it holds records. */
static etw_status complete_buffer(completion *state, etw_error *error)
{
    uint8_t *const buffer = state->buffer;
    size_t got;
    ETWI_TRY(etwi_file_read_at(state->file, state->from, buffer, BUFFER_HEADER_SIZE, &got, error));
    uint32_t end = got == BUFFER_HEADER_SIZE ? end_of_records(buffer, state->size) : 0;
    if (!end)
        return ETW_OK;
    const bool is_sealed =
        is_proper(buffer, state->size) && state->size <= state->file->size - state->from;
    const bool stays = is_sealed && state->to == state->from;
    int64_t time = (int64_t)etwi_load_u64(buffer + BUFFER_TIME);
    if (!stays)
        ETWI_TRY(read_buffer(state, is_sealed, &end, &time, error));
    if (!end)
        return ETW_OK;
    write_header(buffer, state->size, end, time);
    /* The records of one that stays were not even read. */
    const uint32_t head = stays ? BUFFER_HEADER_SIZE : end;
    ETWI_TRY(etwi_output_write_at(state->file, state->to, buffer, head, error));
    ETWI_TRY(
        etwi_output_write_at(state->file, state->to + end, buffer + end, state->size - end, error));
    if (time > state->last_time)
        state->last_time = time;
    state->kept++;
    state->to += state->size;
    return ETW_OK;
}

/* Buffers of a compressed trace are proper when they are written, and nothing is between them. */
static etw_status complete_compressed(completion *state, const etw_trace_info *info,
                                      etw_error *error)
{
    etwi_etl_extent extent;
    ETWI_TRY(etwi_etl_measure(state->file, info, &extent, error));
    state->to = extent.size;
    state->kept = extent.buffers - 1;
    state->last_time = extent.last_time;
    return ETW_OK;
}

static etw_status complete_buffers(completion *state, etw_error *error)
{
    for (state->from = state->to = state->size; state->from < state->file->size;
         state->from += state->size)
        ETWI_TRY(complete_buffer(state, error));
    return ETW_OK;
}

static etw_status complete_trace(etwi_file *file, const etw_trace_info *info,
                                 const etwi_etl_totals *totals, completion *state, etw_error *error)
{
    state->last_time = info->clock.start_raw;
    ETWI_TRY(info->log_file_mode & ETW_MODE_COMPRESSED ? complete_compressed(state, info, error)
                                                       : complete_buffers(state, error));
    etwi_etl_totals done = *totals;
    done.buffers_written = state->kept + 1;
    if (!done.end_time)
        done.end_time = etw_clock_filetime(&info->clock, state->last_time);
    ETWI_TRY(etwi_output_set_size(file, state->to, error));
    return etwi_etl_write_totals(file, &done, error);
}

etw_status etwi_etl_complete_file(etwi_file *file, const etwi_etl_totals *totals,
                                  const etw_allocator *allocator, etw_error *error)
{
    etwi_arena names = {.allocator = *allocator};
    etw_trace_info info;
    etw_status status = etwi_etl_read_header(file, &info, &names, error);
    if (status == ETW_OK) {
        completion state = {.file = file, .size = info.buffer_size};
        state.buffer = etwi_alloc(allocator, state.size);
        status = state.buffer ? complete_trace(file, &info, totals, &state, error)
                              : etwi_fail_nomem(error);
        if (state.buffer)
            etwi_free(allocator, state.buffer, state.size);
    }
    etwi_arena_free(&names);
    return status;
}

etw_status etwi_etl_complete(const char *path, const etwi_etl_totals *totals, etw_error *error)
{
    const etw_allocator allocator = etwi_allocator_or_default(NULL);
    etwi_file file;
    etw_error why;
    etw_status status = etwi_output_open(&file, path, ETWI_OUTPUT_EXISTING, &why);
    if (status != ETW_OK)
        return etwi_etl_name_path(path, &why, error);
    status = etwi_etl_complete_file(&file, totals, &allocator, &why);
    etw_error closing;
    const etw_status closed = etwi_output_close(&file, &closing);
    if (status == ETW_OK && closed != ETW_OK) {
        status = closed;
        why = closing;
    }
    return status == ETW_OK ? ETW_OK : etwi_etl_name_path(path, &why, error);
}
