/* Files that whole buffers are appended to. */
#include "base/bytes.h"
#include "base/error.h"
#include "etl/buffer.h"
#include "etl/compress.h"
#include "etl/writer_complete.h"
#include "os/os.h"
#include "os/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    NUMBER_TEXT_MAX = 20,
    /* How much the clock of a trace may differ from that of today if both are the same one: it is
     * set now and then, but starts anew with the system. */
    CLOCK_TOLERANCE = 10 * ETW_TICKS_PER_SECOND,
};

/* One file. */
typedef struct trace_file {
    etwi_file output;
    char *path;
    size_t path_size;
    uint64_t begin;    /* Behind the first buffer. */
    uint64_t position; /* Of the next buffer. */
    uint64_t size;
    uint64_t buffers;  /* In it, with the first one. */
    uint64_t written;  /* Also those that were written over. */
    int64_t last_time; /* Raw, the latest of a buffer. */
    /* What makes the losses of this file of those of the session, modulo 2^64. */
    uint64_t events_lost_offset, buffers_lost_offset;
} trace_file;

struct etwi_etl_file {
    etwi_arena arena; /* Of the texts of the header; its allocator is that of everything. */
    etwi_etl_header header;
    trace_file now;
    char *pattern; /* In the arena: of paths, in the mode of new files; else NULL. */
    uint64_t number;
    uint64_t maximum_size;
    uint64_t events_lost, buffers_lost; /* Of the session. */
    uint8_t *scratch;                   /* For the first buffer and for compressed ones. */
    size_t scratch_size;
    etwi_xpress_table *table; /* NULL if nothing is compressed. */
};

static bool has_mode(const etwi_etl_file *file, uint32_t mode)
{
    return (file->header.info.log_file_mode & mode) != 0;
}

/* ---- beginning a file ------------------------------------------------------------------------ */

/* The path, or in the mode of new files what the pattern makes of the number. */
static etw_status make_path(etwi_etl_file *file, trace_file *out, const char *path)
{
    out->path_size = strlen(path) + NUMBER_TEXT_MAX + 1;
    out->path = etwi_alloc(&file->arena.allocator, out->path_size);
    if (!out->path)
        return ETW_E_NOMEM;
    const char *const place = file->pattern ? strstr(path, "%d") : NULL;
    if (place)
        snprintf(out->path, out->path_size, "%.*s%" PRIu64 "%s", (int)(place - path), path,
                 file->number, place + 2);
    else
        snprintf(out->path, out->path_size, "%s", path);
    return ETW_OK;
}

static etw_status begin_new(etwi_etl_file *file, trace_file *out, etw_error *error)
{
    etwi_etl_header header = file->header;
    if (!header.info.log_file_name.size) {
        header.info.log_file_name.data = out->path;
        header.info.log_file_name.size = strlen(out->path);
    }
    ETWI_TRY(etwi_etl_header_build(file->scratch, &header, error));
    const uint32_t size = etwi_load_u32(file->scratch + BUFFER_SIZE);
    ETWI_TRY(etwi_output_write_at(&out->output, 0, file->scratch, size, error));
    if (has_mode(file, ETW_MODE_PREALLOCATE) && file->maximum_size)
        ETWI_TRY(etwi_shared_allocate(out->output.handle, 0, file->maximum_size, error));
    out->begin = out->position = out->size = size;
    out->buffers = out->written = 1;
    out->last_time = header.info.clock.start_raw;
    out->events_lost_offset = 0 - file->events_lost;
    out->buffers_lost_offset = 0 - file->buffers_lost;
    return ETW_OK;
}

/* Whether new buffers can stand behind those of a trace. */
static etw_status check_same_kind(const etwi_etl_file *file, const etw_trace_info *old,
                                  etw_error *error)
{
    const etw_trace_info *new = &file->header.info;
    if (old->buffer_size != new->buffer_size)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the trace has buffers of %" PRIu32 " bytes, the session of %" PRIu32,
                         old->buffer_size, new->buffer_size);
    if ((old->log_file_mode ^ new->log_file_mode) & ETW_MODE_COMPRESSED)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "only one of the trace and the session is compressed");
    /* The frequency of a processor is stored in megahertz. */
    const uint64_t unit = new->clock.type == ETW_CLOCK_CPU_CYCLES ? 1000000 : 1;
    if (old->clock.type != new->clock.type ||
        old->clock.frequency / unit != (new->clock.frequency + unit / 2) / unit)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET, "the trace has another clock");
    const int64_t difference =
        (int64_t)(etw_clock_filetime(&old->clock, new->clock.start_raw) - new->clock.start_time);
    if (difference > CLOCK_TOLERANCE || difference < -CLOCK_TOLERANCE)
        return etwi_fail(error, ETW_E_INVALID, ETW_NO_OFFSET,
                         "the clock was started anew since the trace was written; only traces of "
                         "system time can be appended to then");
    return ETW_OK;
}

static etw_status begin_append(etwi_etl_file *file, trace_file *out, etw_error *error)
{
    etwi_arena names = {.allocator = file->arena.allocator};
    etw_trace_info old;
    etwi_etl_extent extent = {0, 0, 0, 0};
    etw_status status = etwi_etl_read_header(&out->output, &old, &names, error);
    if (status == ETW_OK)
        status = check_same_kind(file, &old, error);
    if (status == ETW_OK && old.end_time == 0) {
        /* Whoever wrote it died, perhaps in the middle of a buffer. */
        const etwi_etl_totals totals = {0, 0, old.events_lost, old.buffers_lost};
        status = etwi_etl_complete_file(&out->output, &totals, &file->arena.allocator, error);
    }
    if (status == ETW_OK)
        status = etwi_etl_measure(&out->output, &old, &extent, error);
    if (status == ETW_OK)
        status = etwi_output_set_size(&out->output, extent.size, error);
    etwi_arena_free(&names);
    ETWI_TRY(status);
    out->begin = extent.begin;
    out->position = out->size = extent.size;
    out->buffers = out->written = extent.buffers;
    out->last_time = extent.last_time;
    /* The clock of a trace is the one that its header tells. */
    file->header.info.clock = old.clock;
    out->events_lost_offset = old.events_lost - file->events_lost;
    out->buffers_lost_offset = old.buffers_lost - file->buffers_lost;
    return ETW_OK;
}

/* What is there is left to those who have it open: cutting it off would end a process that has it
 * mapped, as the log file of a session is. */
static void make_way(const char *path)
{
    etwi_path_info info;
    if (etwi_path_look(path, &info) && info.is_file)
        etwi_file_remove(path);
}

/* Opens a file and gets it to where buffers follow. `out` holds nothing afterwards if that fails.
 */
static etw_status begin_file(etwi_etl_file *file, trace_file *out, const char *path,
                             etw_error *error)
{
    const bool append = has_mode(file, ETW_MODE_APPEND);
    const trace_file nothing = {.path = NULL};
    *out = nothing;
    if (make_path(file, out, path) != ETW_OK)
        return etwi_fail_nomem(error);
    if (!append)
        make_way(out->path);
    etw_error why = {.status = ETW_OK};
    why.status = etwi_output_open(&out->output, out->path,
                                  append ? ETWI_OUTPUT_KEEP : ETWI_OUTPUT_NEW, &why);
    if (why.status == ETW_OK) {
        why.status = out->output.size ? begin_append(file, out, &why) : begin_new(file, out, &why);
        if (why.status == ETW_OK)
            return ETW_OK;
        etwi_output_close(&out->output, NULL);
    }
    const etw_status status = etwi_etl_name_path(out->path, &why, error);
    etwi_free(&file->arena.allocator, out->path, out->path_size);
    *out = nothing;
    return status;
}

/* ---- ending a file --------------------------------------------------------------------------- */

static etw_status end_file(etwi_etl_file *file, trace_file *ended, uint64_t end_time,
                           etw_error *error)
{
    etwi_etl_totals totals = {
        .end_time = end_time,
        .buffers_written = ended->written,
        .events_lost = file->events_lost + ended->events_lost_offset,
        .buffers_lost = file->buffers_lost + ended->buffers_lost_offset,
    };
    if (!totals.end_time)
        totals.end_time = etw_clock_filetime(&file->header.info.clock, ended->last_time);
    etw_error why;
    etw_error closing;
    etw_status status = etwi_etl_write_totals(&ended->output, &totals, &why);
    if (status == ETW_OK && has_mode(file, ETW_MODE_PREALLOCATE))
        status = etwi_output_set_size(&ended->output, ended->size, &why);
    const etw_status closed = etwi_output_close(&ended->output, &closing);
    if (status == ETW_OK && closed != ETW_OK) {
        status = closed;
        why = closing;
    }
    if (status != ETW_OK)
        etwi_etl_name_path(ended->path, &why, error);
    etwi_free(&file->arena.allocator, ended->path, ended->path_size);
    ended->path = NULL;
    return status;
}

/* Goes on in another file. */
static etw_status go_on_in(etwi_etl_file *file, const char *path, etw_error *error)
{
    trace_file next;
    ETWI_TRY(begin_file(file, &next, path, error));
    trace_file ended = file->now;
    file->now = next;
    return end_file(file, &ended, 0, error);
}

static etw_status go_on_in_next(etwi_etl_file *file, etw_error *error)
{
    file->number++;
    const etw_status status = go_on_in(file, file->pattern, error);
    if (status != ETW_OK)
        file->number--;
    return status;
}

/* ---- the object ------------------------------------------------------------------------------ */

static void free_all(etwi_etl_file *file)
{
    const etw_allocator allocator = file->arena.allocator;
    if (file->scratch)
        etwi_free(&allocator, file->scratch, file->scratch_size);
    if (file->table)
        etwi_free(&allocator, file->table, sizeof *file->table);
    etwi_arena_free(&file->arena);
    etwi_free(&allocator, file, sizeof *file);
}

static bool copy_text(etwi_arena *arena, etw_str *text)
{
    const etw_str given = *text;
    return etwi_arena_str(arena, text, given.data ? given.data : "", given.size);
}

static bool set_pattern(etwi_etl_file *file, const char *path)
{
    etw_str copy;
    if (!has_mode(file, ETW_MODE_NEW_FILE))
        return true;
    if (!etwi_arena_str(&file->arena, &copy, path, strlen(path)))
        return false;
    file->pattern = (char *)copy.data;
    return true;
}

static bool set_up(etwi_etl_file *file, const etwi_etl_file_options *options)
{
    const etw_allocator *allocator = &file->arena.allocator;
    file->header = *options->header;
    file->maximum_size = options->maximum_size;
    etwi_etl_header_set_maximum(&file->header, options->maximum_size);
    file->number = 1;
    file->scratch_size = file->header.info.buffer_size;
    if (has_mode(file, ETW_MODE_COMPRESSED)) {
        file->scratch_size = BUFFER_HEADER_SIZE + etwi_xpress_bound(file->scratch_size);
        file->table = etwi_alloc_zeroed(allocator, sizeof *file->table);
        if (!file->table)
            return false;
    }
    file->scratch = etwi_alloc(allocator, file->scratch_size);
    return file->scratch && copy_text(&file->arena, &file->header.info.session_name) &&
           copy_text(&file->arena, &file->header.info.log_file_name) &&
           set_pattern(file, options->path);
}

etw_status etwi_etl_file_create(etwi_etl_file **out, const etwi_etl_file_options *options,
                                etw_error *error)
{
    *out = NULL;
    const uint32_t buffer_size = options->header->info.buffer_size;
    if (options->maximum_size && options->maximum_size / 2 < buffer_size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "a file of %" PRIu64 " bytes at most has no room for two buffers of "
                         "%" PRIu32 " bytes",
                         options->maximum_size, buffer_size);
    const etw_allocator allocator = etwi_allocator_or_default(options->allocator);
    etwi_etl_file *file = etwi_alloc_zeroed(&allocator, sizeof *file);
    if (!file)
        return etwi_fail_nomem(error);
    file->arena.allocator = allocator;
    etw_status status = ETW_OK;
    if (!set_up(file, options))
        status = etwi_fail_nomem(error);
    if (status == ETW_OK)
        status = begin_file(file, &file->now, options->path, error);
    if (status != ETW_OK) {
        free_all(file);
        return status;
    }
    *out = file;
    return ETW_OK;
}

etw_status etwi_etl_file_close(etwi_etl_file **file, uint64_t end_time, etw_error *error)
{
    if (!*file)
        return ETW_OK;
    const etw_status status = end_file(*file, &(*file)->now, end_time, error);
    free_all(*file);
    *file = NULL;
    return status;
}

void etwi_etl_file_set_losses(etwi_etl_file *file, uint64_t events, uint64_t buffers)
{
    file->events_lost = events;
    file->buffers_lost = buffers;
}

etw_status etwi_etl_file_switch(etwi_etl_file *file, const char *path, etw_error *error)
{
    char *const pattern = file->pattern;
    const uint64_t number = file->number;
    if (!set_pattern(file, path))
        return etwi_fail_nomem(error);
    file->number = 1;
    const etw_status status = go_on_in(file, path, error);
    if (status != ETW_OK) {
        file->pattern = pattern;
        file->number = number;
    }
    return status;
}

const char *etwi_etl_file_path(const etwi_etl_file *file)
{
    return file->now.path;
}

uint64_t etwi_etl_file_buffers(const etwi_etl_file *file)
{
    return file->now.buffers;
}

uint64_t etwi_etl_file_size(const etwi_etl_file *file)
{
    return file->now.size;
}

/* ---- buffers --------------------------------------------------------------------------------- */

/* A buffer as it will stand in the file. */
typedef struct stored_buffer {
    const uint8_t *data;
    uint32_t size;
    int64_t time;
} stored_buffer;

/* What stands in the file for a buffer: itself, or a compressed one. */
static etw_status prepare(etwi_etl_file *file, uint8_t *buffer, stored_buffer *out,
                          etw_error *error)
{
    const uint32_t size = file->header.info.buffer_size;
    const etwi_buffer_rules rules = {.size_max = size};
    etwi_buffer_header header;
    if (!etwi_buffer_header_parse(&header, buffer, &rules) || header.size != size ||
        header.state != BUFFER_STATE_SEALED || (header.flags & BUFFER_FLAG_COMPRESSED) ||
        etwi_load_u32(buffer + BUFFER_OFFSET) != header.data_end)
        return etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET, "a buffer has a damaged header");
    out->time = (int64_t)etwi_load_u64(buffer + BUFFER_TIME);
    if (!file->table) {
        etwi_buffer_fill_rest(buffer, size, header.data_end);
        out->data = buffer;
        out->size = size;
        return ETW_OK;
    }
    const etw_bytes records = {buffer + BUFFER_HEADER_SIZE, header.data_end - BUFFER_HEADER_SIZE};
    uint8_t *const to = file->scratch;
    memcpy(to, buffer, BUFFER_HEADER_SIZE);
    out->data = to;
    out->size = (uint32_t)(BUFFER_HEADER_SIZE +
                           etwi_xpress_compress(to + BUFFER_HEADER_SIZE, records, file->table));
    etwi_store_u32(to + BUFFER_SIZE, out->size);
    etwi_store_u16(to + BUFFER_FLAG, header.flags | BUFFER_FLAG_COMPRESSED);
    return ETW_OK;
}

/* Finds the place for `size` more bytes. */
static etw_status make_room(etwi_etl_file *file, uint32_t size, etw_error *error)
{
    if (!file->maximum_size || file->now.position + size <= file->maximum_size)
        return ETW_OK;
    if (file->pattern)
        return go_on_in_next(file, error);
    if (has_mode(file, ETW_MODE_CIRCULAR)) {
        file->now.position = file->now.begin;
        return ETW_OK;
    }
    return etwi_fail(error, ETW_E_FULL, ETW_NO_OFFSET, "%.150s has its maximum size",
                     file->now.path);
}

etw_status etwi_etl_file_write(etwi_etl_file *file, uint8_t *buffer, etw_error *error)
{
    stored_buffer stored = {.size = 0};
    ETWI_TRY(prepare(file, buffer, &stored, error));
    ETWI_TRY(make_room(file, stored.size, error));
    trace_file *now = &file->now;
    etw_error why;
    const etw_status status =
        etwi_output_write_at(&now->output, now->position, stored.data, stored.size, &why);
    if (status != ETW_OK) {
        /* Half a buffer at the end would be taken for a damaged trace. */
        if (now->position == now->size)
            etwi_output_set_size(&now->output, now->size, NULL);
        return etwi_etl_name_path(now->path, &why, error);
    }
    now->position += stored.size;
    now->written++;
    if (now->position > now->size) {
        now->size = now->position;
        now->buffers++;
    }
    if (stored.time > now->last_time)
        now->last_time = stored.time;
    return ETW_OK;
}
