/*
 * The first buffer of a trace, and the headers of buffers.
 *
 * Others look at buffers while they are written, and a process may die between any two stores. So
 * the stores of a header are kept in an order in which each of them leaves a header that tells the
 * truth about the records behind it.
 */
#include "etl/writer.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "os/machine.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

enum {
    HEADER_EVENT_VERSION = 2,
    LARGE_BUFFER = 1024 * 1024, /* Beyond it the layout is 2.0. */
    BYTE_PROCESSORS = 256,      /* The same. */
    UNUSED = 0xFF,
    /* The first buffer of a compressed trace is as long as needed, but a multiple of this. */
    COMPRESSED_HEADER_UNIT = 0x200,
    TIME_ZONE_NAME_UNITS = 32,
    SYSTEM_TIME_SIZE = 16,
    BUFFERS_OF_A_NEW_TRACE = 1,
    HERTZ_A_MEGAHERTZ = 1000000,
    KIB = 1024,
    MIB = 1024 * 1024,
};

/* ---- the first buffer ------------------------------------------------------------------------ */

/*
 * Where no Windows is, the version of one is stated whose layout is written, so that readers which
 * go by it read right.
 */
static const uint8_t os_major_written = 10, os_minor_written = 0;
static const uint32_t os_build_written = 19041;

void etwi_etl_header_of_system(etwi_etl_header *out)
{
    etwi_machine machine;
    etwi_machine_look(&machine);
    memset(out, 0, sizeof *out);
    etw_trace_info *info = &out->info;
    info->os_major = os_major_written;
    info->os_minor = os_minor_written;
    info->os_build = os_build_written;
    info->pointer_size = 8; /* As the layout; each record says what its own is. */
    info->processor_count = machine.processor_count;
    info->cpu_mhz = machine.cpu_mhz;
    info->timer_resolution = machine.timer_resolution;
    info->boot_time = machine.boot_time;
    info->performance_frequency = ETW_TICKS_PER_SECOND;
    info->utc_bias_minutes = machine.utc_bias_minutes;
    info->start_buffers = 1;
    memcpy(out->time_zone, machine.time_zone, sizeof out->time_zone);
}

void etwi_etl_header_set_maximum(etwi_etl_header *header, uint64_t bytes)
{
    const uint64_t unit = header->info.log_file_mode & ETW_MODE_KBYTES ? KIB : MIB;
    const uint64_t units = bytes / unit + (bytes % unit != 0);
    header->info.maximum_file_size = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
}

/* Writes fields one behind the other, of which there is room for all. */
typedef struct field_writer {
    uint8_t *at;
    uint8_t *end;
} field_writer;

static void put_u8(field_writer *to, uint8_t value)
{
    *to->at++ = value;
}

static void put_u16(field_writer *to, uint16_t value)
{
    etwi_store_u16(to->at, value);
    to->at += 2;
}

static void put_u32(field_writer *to, uint32_t value)
{
    etwi_store_u32(to->at, value);
    to->at += 4;
}

static void put_u64(field_writer *to, uint64_t value)
{
    etwi_store_u64(to->at, value);
    to->at += 8;
}

static void put_zeros(field_writer *to, size_t size)
{
    memset(to->at, 0, size);
    to->at += size;
}

/* Writes text as UTF-16 while it fits; false if it did not. What is no UTF-8 becomes U+FFFD. */
static bool put_text(field_writer *to, etw_str text)
{
    const uint8_t *from = (const uint8_t *)(text.size ? text.data : "");
    const uint8_t *const end = from + text.size;
    while (from < end) {
        uint32_t code_point = etwi_utf8_next(&from, end);
        if (code_point & ETWI_BAD_UTF8)
            code_point = 0xFFFD;
        if (to->end - to->at < (code_point < 0x10000 ? 2 : 4))
            return false;
        if (code_point >= 0x10000) {
            put_u16(to, (uint16_t)(0xD800 + ((code_point - 0x10000) >> 10)));
            code_point = 0xDC00 + (code_point & 0x3FF);
        }
        put_u16(to, (uint16_t)code_point);
    }
    return true;
}

static bool put_text_z(field_writer *to, etw_str text)
{
    if (!put_text(to, text) || to->end - to->at < 2)
        return false;
    put_u16(to, 0);
    return true;
}

/*
 * TIME_ZONE_INFORMATION of a zone that never changes: the bias at the start of the trace is what
 * holds for it, and the rule of when it changes is nobody's business.
 */
static void put_time_zone(field_writer *to, const etwi_etl_header *header)
{
    const etw_str name = {header->time_zone, strnlen(header->time_zone, sizeof header->time_zone)};
    put_u32(to, (uint32_t)header->info.utc_bias_minutes);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *const field = to->at;
        uint8_t *const field_end = field + TIME_ZONE_NAME_UNITS * 2;
        field_writer text = {field, field_end - 2};
        put_zeros(to, TIME_ZONE_NAME_UNITS * 2 + SYSTEM_TIME_SIZE + 4); /* Date and bias: none. */
        put_text(&text, name);
    }
}

/* Since Windows 8 the layout is 2.0 where the older one could not say it. */
static void put_layout(field_writer *to, const etw_trace_info *info)
{
    const bool is_new = (info->log_file_mode & ETW_MODE_COMPRESSED) ||
                        info->buffer_size > LARGE_BUFFER || info->processor_count > BYTE_PROCESSORS;
    put_u8(to, is_new ? 2 : 1);
    put_u8(to, is_new ? 0 : 5);
}

/* Where the clock is that of the processor, this is its frequency, and all there is of it. */
static uint32_t cpu_mhz_of(const etw_trace_info *info)
{
    if (info->clock.type != ETW_CLOCK_CPU_CYCLES)
        return info->cpu_mhz;
    return (uint32_t)((info->clock.frequency + HERTZ_A_MEGAHERTZ / 2) / HERTZ_A_MEGAHERTZ);
}

/* TRACE_LOGFILE_HEADER; the names behind it are the caller's. */
static void put_log_file_header(field_writer *to, const etwi_etl_header *header)
{
    const etw_trace_info *info = &header->info;
    const bool any_processor = info->log_file_mode & ETW_MODE_NO_PER_PROCESSOR_BUFFERING;
    put_u32(to, info->buffer_size);
    put_u8(to, info->os_major);
    put_u8(to, info->os_minor);
    put_layout(to, info);
    put_u32(to, info->os_build);
    put_u32(to, any_processor ? 1 : info->processor_count);
    put_u64(to, 0); /* EndTime */
    put_u32(to, info->timer_resolution);
    put_u32(to, info->maximum_file_size);
    put_u32(to, info->log_file_mode);
    put_u32(to, BUFFERS_OF_A_NEW_TRACE);
    put_u32(to, info->start_buffers);
    put_u32(to, info->pointer_size);
    put_u32(to, 0); /* EventsLost */
    put_u32(to, cpu_mhz_of(info));
    put_u64(to,
            0); /* LoggerName and LogFileName: what Windows puts there tells of its own clock. */
    put_u64(to, 0);
    put_time_zone(to, header);
    put_u32(to, 0); /* Padding. */
    put_u64(to, info->boot_time);
    put_u64(to, info->performance_frequency);
    put_u64(to, info->clock.start_time);
    put_u32(to, (uint32_t)info->clock.type);
    put_u32(to, 0); /* BuffersLost */
}

/* The record; its size is known when the names are written. */
static bool put_first_record(uint8_t *out, uint32_t buffer_size, const etwi_etl_header *header,
                             uint32_t *used)
{
    field_writer to = {out + LOGFILE_RECORD, out + buffer_size};
    put_u16(&to, HEADER_EVENT_VERSION);
    put_u8(&to, HEADER_TYPE_SYSTEM64);
    put_u8(&to, RECORD_FLAG_EVENT | RECORD_FLAG_TYPED);
    put_u32(&to, 0); /* The size; type and group are 0. */
    put_u32(&to, header->thread_id);
    put_u32(&to, header->process_id);
    put_u64(&to, (uint64_t)header->info.clock.start_raw);
    put_u64(&to, 0); /* Kernel and user time. */
    put_log_file_header(&to, header);
    if (!put_text_z(&to, header->info.session_name) || !put_text_z(&to, header->info.log_file_name))
        return false;
    const size_t size = (size_t)(to.at - (out + LOGFILE_RECORD));
    if (size > UINT16_MAX)
        return false;
    etwi_store_u16(out + LOGFILE_RECORD + SYSTEM_SIZE, (uint16_t)size);
    *used = (uint32_t)(LOGFILE_RECORD +
                       (size + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT);
    if (*used > buffer_size)
        return false;
    memset(to.at, UNUSED, (size_t)(out + *used - to.at));
    return true;
}

static void put_first_header(uint8_t *out, uint32_t size, uint32_t used, uint16_t logger_id)
{
    memset(out, 0, BUFFER_HEADER_SIZE);
    etwi_store_u32(out + BUFFER_SIZE, size);
    etwi_store_u32(out + BUFFER_SAVED_OFFSET, used);
    etwi_store_u32(out + BUFFER_CURRENT_OFFSET, used);
    etwi_store_u16(out + BUFFER_LOGGER_ID, logger_id);
    etwi_store_u32(out + BUFFER_STATE, BUFFER_STATE_SEALED);
    etwi_store_u32(out + BUFFER_OFFSET, used);
    etwi_store_u16(out + BUFFER_FLAG, BUFFER_FLAG_FLUSH_MARKER | BUFFER_FLAG_PROCESSOR_INDEX);
    etwi_store_u16(out + BUFFER_TYPE, BUFFER_TYPE_HEADER);
}

etw_status etwi_etl_header_build(uint8_t *out, const etwi_etl_header *header, etw_error *error)
{
    const uint32_t buffer_size = header->info.buffer_size;
    uint32_t used;
    if (buffer_size < LOGFILE + LOGFILE_SIZE64 ||
        !put_first_record(out, buffer_size, header, &used))
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET,
                         "the names of the session and of its file do not fit into a buffer of "
                         "%" PRIu32 " bytes; shorten them or make the buffers larger",
                         buffer_size);
    uint32_t size = buffer_size;
    if (header->info.log_file_mode & ETW_MODE_COMPRESSED) {
        size =
            (used + COMPRESSED_HEADER_UNIT - 1) / COMPRESSED_HEADER_UNIT * COMPRESSED_HEADER_UNIT;
        size = size < buffer_size ? size : buffer_size;
    }
    memset(out + used, UNUSED, buffer_size - used);
    put_first_header(out, size, used, header->logger_id);
    return ETW_OK;
}

static uint32_t clamp_u32(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

void etwi_etl_header_set_totals(uint8_t *first_buffer, const etwi_etl_totals *totals)
{
    const bool is_64 = first_buffer[LOGFILE_RECORD + RECORD_TYPE] == HEADER_TYPE_SYSTEM64;
    uint8_t *const log_file = first_buffer + LOGFILE;
    etwi_store_u64(log_file + LOGFILE_END_TIME, totals->end_time);
    etwi_store_u32(log_file + LOGFILE_BUFFERS_WRITTEN, clamp_u32(totals->buffers_written));
    etwi_store_u32(log_file + LOGFILE_EVENTS_LOST, clamp_u32(totals->events_lost));
    etwi_store_u32(log_file + (is_64 ? LOGFILE64_BUFFERS_LOST : LOGFILE32_BUFFERS_LOST),
                   clamp_u32(totals->buffers_lost));
}

/* ---- buffers --------------------------------------------------------------------------------- */

/* Stores a field that others may look at, after everything that was stored before. */
static void publish(uint8_t *buffer, unsigned field, uint32_t value)
{
    atomic_store_explicit((_Atomic uint32_t *)(void *)(buffer + field), value,
                          memory_order_release);
}

void etwi_buffer_begin(uint8_t *buffer, const etwi_buffer_start *start)
{
    /* First of all no old records, then no statement that there are any. */
    publish(buffer, BUFFER_CURRENT_OFFSET, BUFFER_HEADER_SIZE);
    publish(buffer, BUFFER_OFFSET, 0);
    publish(buffer, BUFFER_STATE, BUFFER_STATE_OPEN);
    atomic_thread_fence(memory_order_release);
    etwi_store_u32(buffer + BUFFER_SIZE, start->size);
    etwi_store_u32(buffer + BUFFER_SAVED_OFFSET, 0);
    etwi_store_u32(buffer + BUFFER_REFERENCE_COUNT, 0);
    etwi_store_u64(buffer + BUFFER_TIME, 0);
    etwi_store_u64(buffer + BUFFER_SEQUENCE, (uint64_t)start->sequence);
    etwi_store_u64(buffer + BUFFER_CLOCK, 0);
    etwi_store_u16(buffer + BUFFER_PROCESSOR, start->processor);
    etwi_store_u16(buffer + BUFFER_LOGGER_ID, start->logger_id);
    etwi_store_u16(buffer + BUFFER_FLAG, start->flags | BUFFER_FLAG_PROCESSOR_INDEX);
    etwi_store_u16(buffer + BUFFER_TYPE, BUFFER_TYPE_GENERIC);
    memset(buffer + BUFFER_REFERENCE_TIME, 0, BUFFER_HEADER_SIZE - BUFFER_REFERENCE_TIME);
    publish(buffer, BUFFER_CURRENT_OFFSET, BUFFER_HEADER_SIZE);
}

bool etwi_buffer_is_open(const uint8_t *buffer)
{
    return etwi_load_u32(buffer + BUFFER_STATE) == BUFFER_STATE_OPEN;
}

void etwi_buffer_seal(uint8_t *buffer, const etwi_buffer_end *end)
{
    const unsigned flags = etwi_load_u16(buffer + BUFFER_FLAG) | end->flags;
    etwi_store_u64(buffer + BUFFER_TIME, (uint64_t)end->time);
    etwi_store_u16(buffer + BUFFER_FLAG, (uint16_t)flags);
    etwi_store_u32(buffer + BUFFER_SAVED_OFFSET, end->used);
    publish(buffer, BUFFER_OFFSET, end->used);
    publish(buffer, BUFFER_STATE, BUFFER_STATE_SEALED);
    publish(buffer, BUFFER_CURRENT_OFFSET, end->size + end->used);
}

void etwi_buffer_fill_rest(uint8_t *buffer, uint32_t size, uint32_t used)
{
    memset(buffer + used, UNUSED, size - used);
}
