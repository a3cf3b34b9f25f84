/*
 * TRACE_LOGFILE_HEADER. Its pointers make two layouts, told apart by the header type of the record
 * that carries it; the clock of the whole trace hangs on that record's time stamp.
 */
#include "etl/trace_header.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/scan.h"
#include "base/text.h"
#include "etl/layout.h"

#include <inttypes.h>

/* Copies UTF-16 as UTF-8; a lone surrogate becomes U+FFFD, since names are for people. */
static bool copy_name(etwi_arena *arena, etw_str *out, etw_bytes utf16)
{
    char *text = etwi_arena_alloc(arena, utf16.size / 2 * 3 + 1);
    if (!text)
        return false;
    char *at = text;
    const uint8_t *from = utf16.data, *end = utf16.data + (utf16.size & ~(size_t)1);
    while (from < end) {
        const uint32_t code_point = etwi_utf16_next(&from, end);
        at = etwi_text_utf8(at, (code_point & ~0x7FFu) == 0xD800 ? 0xFFFD : code_point);
    }
    *at = '\0';
    out->data = text;
    out->size = (size_t)(at - text);
    return true;
}

/* Names are decoration: a missing one is empty. */
static etw_status read_names(etw_trace_info *out, etwi_cursor *cursor, etwi_arena *arena,
                             etw_error *error)
{
    const etw_bytes session = etwi_utf16_z(cursor);
    const etw_bytes file = etwi_utf16_z(cursor);
    if (!copy_name(arena, &out->session_name, session) ||
        !copy_name(arena, &out->log_file_name, file))
        return etwi_fail_nomem(error);
    return ETW_OK;
}

/* Before Vista the clock type may be 0; then only a frequency tells the performance counter. */
static etw_clock clock_of(const etw_trace_info *info, uint32_t type, int64_t start_raw)
{
    etw_clock clock = {ETW_CLOCK_SYSTEM_TIME, ETW_TICKS_PER_SECOND, start_raw, info->start_time};
    if (type == ETW_CLOCK_CPU_CYCLES) {
        clock.type = ETW_CLOCK_CPU_CYCLES;
        clock.frequency = (uint64_t)info->cpu_mhz * 1000000;
    } else if (type == ETW_CLOCK_QPC ||
               (type != ETW_CLOCK_SYSTEM_TIME && info->performance_frequency)) {
        clock.type = ETW_CLOCK_QPC;
        clock.frequency = info->performance_frequency;
    }
    return clock;
}

static etw_status read_fields(etw_trace_info *out, etwi_cursor *cursor, int64_t start_raw,
                              unsigned pointer_size)
{
    out->buffer_size = etwi_u32(cursor);
    out->os_major = etwi_u8(cursor);
    out->os_minor = etwi_u8(cursor);
    out->layout_major = etwi_u8(cursor);
    out->layout_minor = etwi_u8(cursor);
    out->os_build = etwi_u32(cursor);
    out->processor_count = etwi_u32(cursor);
    out->end_time = etwi_u64(cursor);
    out->timer_resolution = etwi_u32(cursor);
    out->maximum_file_size = etwi_u32(cursor);
    out->log_file_mode = etwi_u32(cursor);
    out->buffers_written = etwi_u32(cursor);
    out->start_buffers = etwi_u32(cursor);
    const uint32_t system_pointer_size = etwi_u32(cursor);
    out->pointer_size = system_pointer_size == 4 || system_pointer_size == 8
                            ? (uint8_t)system_pointer_size
                            : (uint8_t)pointer_size;
    out->events_lost = etwi_u32(cursor);
    out->cpu_mhz = etwi_u32(cursor);
    etwi_take(cursor, 2 * pointer_size); /* LoggerName and LogFileName, which mean nothing here. */
    out->utc_bias_minutes = (int32_t)etwi_u32(cursor);
    etwi_take(cursor, TIME_ZONE_SIZE - 4 + 4); /* The rest of the time zone, and padding. */
    out->boot_time = etwi_u64(cursor);
    out->performance_frequency = etwi_u64(cursor);
    out->start_time = etwi_u64(cursor);
    const uint32_t clock_type = etwi_u32(cursor);
    out->buffers_lost = etwi_u32(cursor);
    out->clock = clock_of(out, clock_type, start_raw);
    return cursor->failed ? ETW_E_TRUNCATED : ETW_OK;
}

etw_status etwi_trace_header_parse(etw_trace_info *out, etw_bytes start, etwi_arena *arena,
                                   etw_error *error)
{
    etwi_cursor cursor = etwi_cursor_of(start.data, start.size);
    const uint8_t *at = etwi_take(&cursor, LOGFILE);
    if (!at) {
        if (!start.size)
            return etwi_fail(error, ETW_E_NOT_TRACE, 0, "the file is empty");
        return etwi_fail(error, ETW_E_NOT_TRACE, 0,
                         "not an ETL trace: %zu bytes are too few for its header", start.size);
    }
    const uint8_t *record = at + LOGFILE_RECORD;
    const unsigned type = record[RECORD_TYPE];
    const unsigned record_size = etwi_load_u16(record + SYSTEM_SIZE);
    if (record[RECORD_FLAGS] != (RECORD_FLAG_EVENT | RECORD_FLAG_TYPED) ||
        (type != HEADER_TYPE_SYSTEM32 && type != HEADER_TYPE_SYSTEM64) ||
        etwi_load_u16(record + SYSTEM_TYPE) != 0)
        return etwi_fail(error, ETW_E_NOT_TRACE, LOGFILE_RECORD,
                         "not an ETL trace: no trace header record at offset %d", LOGFILE_RECORD);
    const bool is_64 = type == HEADER_TYPE_SYSTEM64;
    if (record_size < SYSTEM_HEADER_SIZE + (is_64 ? LOGFILE_SIZE64 : LOGFILE_SIZE32))
        return etwi_fail(error, ETW_E_NOT_TRACE, LOGFILE_RECORD + SYSTEM_SIZE,
                         "not an ETL trace: a trace header record of %u bytes", record_size);
    const size_t payload_size = record_size - SYSTEM_HEADER_SIZE;
    if (payload_size < etwi_left(&cursor))
        cursor.end = cursor.at + payload_size;
    const int64_t start_raw = (int64_t)etwi_load_u64(record + SYSTEM_TIME);
    if (read_fields(out, &cursor, start_raw, is_64 ? 8 : 4) != ETW_OK)
        return etwi_fail(error, ETW_E_TRUNCATED, start.size,
                         "the trace header is cut off after %zu bytes", start.size);
    return read_names(out, &cursor, arena, error);
}
