#include "etl_builder.h"

#include "etl_event.h"

#include "base/bytes.h"

#include <stdlib.h>

enum {
    /* Where etlb_finish() fills in what only the end of a trace knows: relative to the buffer. */
    LOG_HEADER_OFFSET = ETLB_BUFFER_HEADER_SIZE + 0x20,
    BUFFERS_WRITTEN_OFFSET = LOG_HEADER_OFFSET + 0x24,

    HEADER_BUFFER_UNIT = 0x200, /* What the size of the first buffer is rounded up to when buffers
                                   have no fixed size, that is, in compressed traces. */
    STATE_FLUSH = 3,
    BUFFER_TYPE_GENERIC = 0,
    BUFFER_TYPE_HEADER = 4,
};

/* A buffer that events are appended to, or one that is in the file. */
typedef struct trace_buffer {
    etlb_writer bytes; /* With the header, which stays empty until the buffer is closed. */
    uint64_t sequence;
    int64_t last_timestamp;
    unsigned flags;
    bool is_open;
} trace_buffer;

struct etlb_trace {
    etlb_options options;
    etlb_settings settings;
    trace_buffer header;
    trace_buffer *open;  /* By processor. */
    etlb_writer *closed; /* In the order of the file. */
    size_t closed_count;
    size_t closed_capacity;
    uint64_t next_sequence;
    uint16_t logger_id;
    bool has_buffers_written;
    uint32_t buffers_written;
    size_t preallocated_size;
    size_t missing_size;
    etlb_writer file;
};

etlb_options etlb_default_options(void)
{
    const etlb_options options = {
        .pointer_size = 8,
        .buffer_size = 0x10000,
        .processor_count = 1,
        .clock_type = ETW_CLOCK_QPC,
        .frequency = 10000000,
        .start_raw = 98765432100,
        .start_time = 134120880000000000, /* 2026-01-05T12:00:00Z */
        .end_time = 134120880600000000,
        .boot_time = 134120781234567900,
        .log_file_mode = ETW_MODE_SEQUENTIAL,
        .session_name = "etlb",
        .log_file_name = "C:\\traces\\etlb.etl",
        .utc_bias_minutes = 480,
        .timer_resolution = 156250,
        .cpu_mhz = 2995,
        .os_build = 22631,
        .os_major = 10,
        .os_minor = 0,
        .layout_major = 1,
        .layout_minor = 5,
        .logger_id = 17,
    };
    return options;
}

/* The header of the trace --------------------------------------------------------------------- */

/* TIME_ZONE_INFORMATION: 0xAC bytes. The names are references to a resource, as on any system. */
static void put_time_zone(etlb_writer *out, int32_t bias_minutes)
{
    static const uint16_t november[8] = {0, 11, 0, 1, 2, 0, 0, 0}; /* First Sunday, 2 am. */
    static const uint16_t march[8] = {0, 3, 0, 2, 2, 0, 0, 0};
    etlb_u32(out, (uint32_t)bias_minutes);
    etlb_utf16_fixed(out, "@tzres.dll,-212", 32); /* StandardName */
    for (unsigned i = 0; i < 8; i++)
        etlb_u16(out, november[i]);               /* StandardDate, a SYSTEMTIME */
    etlb_u32(out, 0);                             /* StandardBias */
    etlb_utf16_fixed(out, "@tzres.dll,-211", 32); /* DaylightName */
    for (unsigned i = 0; i < 8; i++)
        etlb_u16(out, march[i]);  /* DaylightDate */
    etlb_u32(out, (uint32_t)-60); /* DaylightBias */
}

/* TRACE_LOGFILE_HEADER and the two strings behind it. */
static void put_log_file_header(etlb_writer *out, const etlb_options *options)
{
    const bool unclosed = options->end_time == 0;
    etlb_u32(out, options->buffer_size);
    etlb_u8(out, options->os_major);
    etlb_u8(out, options->os_minor);
    etlb_u8(out, options->layout_major);
    etlb_u8(out, options->layout_minor);
    etlb_u32(out, options->os_build); /* ProviderVersion */
    etlb_u32(out, options->processor_count);
    etlb_u64(out, options->end_time);
    etlb_u32(out, options->timer_resolution);
    etlb_u32(out, options->maximum_file_size);
    etlb_u32(out, options->log_file_mode);
    etlb_u32(out, 1); /* BuffersWritten: filled in at the end, if the trace is closed. */
    etlb_u32(out, 1); /* StartBuffers */
    etlb_u32(out, options->pointer_size);
    etlb_u32(out, unclosed ? 0 : options->events_lost);
    etlb_u32(out, options->cpu_mhz);
    etlb_ptr(out, 0); /* LoggerName: a pointer that means nothing in a file. */
    etlb_ptr(out, 0); /* LogFileName: the same. */
    put_time_zone(out, options->utc_bias_minutes);
    etlb_u32(out, 0); /* Alignment */
    etlb_u64(out, options->boot_time);
    etlb_u64(out, options->frequency);
    etlb_u64(out, options->start_time);
    etlb_u32(out, options->clock_type); /* ReservedFlags */
    etlb_u32(out, unclosed ? 0 : options->buffers_lost);
    etlb_utf16z(out, options->session_name);
    etlb_utf16z(out, options->log_file_name);
}

/* The first event of a trace; its time stamp is the clock at StartTime. */
static void put_header_event(etlb_trace *trace)
{
    etlb_writer payload = {.pointer_size = trace->options.pointer_size};
    put_log_file_header(&payload, &trace->options);
    const etlb_event event = {
        .cpu = ETLB_HEADER_BUFFER,
        .timestamp = trace->options.start_raw,
        .process_id = 4,
        .thread_id = 0x1A4,
        .group = 0, /* EventTrace */
        .type = 0,  /* Header */
        .version = 2,
    };
    etlb_event_system(trace, &event, etlb_written(&payload));
    etlb_writer_free(&payload);
}

/* Buffers ------------------------------------------------------------------------------------- */

static void open_buffer(etlb_trace *trace, trace_buffer *buffer)
{
    etlb_writer_clear(&buffer->bytes);
    etlb_fill(&buffer->bytes, 0, ETLB_BUFFER_HEADER_SIZE);
    buffer->sequence = trace->next_sequence++;
    buffer->last_timestamp = trace->options.start_raw;
    buffer->flags = 0;
    buffer->is_open = true;
}

static unsigned check_cpu(const etlb_trace *trace, unsigned cpu)
{
    if (cpu >= trace->options.processor_count)
        etlb_fail("processor %u of %u", cpu, (unsigned)trace->options.processor_count);
    return cpu;
}

static trace_buffer *open_buffer_of(etlb_trace *trace, unsigned cpu)
{
    if (cpu == ETLB_HEADER_BUFFER)
        return &trace->header;
    trace_buffer *buffer = &trace->open[check_cpu(trace, cpu)];
    if (!buffer->is_open)
        open_buffer(trace, buffer);
    return buffer;
}

/* WMI_BUFFER_HEADER over the first 0x48 bytes of a buffer that is `end` bytes long. */
static void put_buffer_header(const etlb_trace *trace, etlb_writer *bytes,
                              const trace_buffer *buffer, size_t end, unsigned cpu)
{
    const bool is_header = buffer == &trace->header;
    const etlb_settings *settings = &trace->settings;
    const uint64_t stamp = settings->filetime_stamps ? etlb_filetime(trace, buffer->last_timestamp)
                                                     : (uint64_t)buffer->last_timestamp;
    const unsigned processor = settings->byte_processor ? cpu | ETLB_PROCESSOR_ALIGNMENT << 8 : cpu;
    const unsigned flags =
        buffer->flags | (settings->byte_processor ? 0 : (unsigned)ETLB_PROCESSOR_INDEX);

    etlb_patch_u32(bytes, 0x00, (uint32_t)bytes->size); /* BufferSize: to the next buffer. */
    etlb_patch_u32(bytes, 0x04, (uint32_t)end);         /* SavedOffset: not to be relied on. */
    etlb_patch_u32(bytes, 0x08, (uint32_t)end + 0x70);  /* CurrentOffset: a failed reservation. */
    etlb_patch_u32(bytes, 0x0C, 0);                     /* ReferenceCount */
    etlb_patch_u64(bytes, 0x10, is_header ? 0 : stamp); /* TimeStamp: when it was flushed. */
    etlb_patch_u64(bytes, 0x18, is_header ? 0 : buffer->sequence);
    etlb_patch_u64(bytes, 0x20, 0xFFFFE00112345670u); /* A stale list pointer. */
    etlb_patch_u16(bytes, 0x28, is_header ? 0 : (uint16_t)processor);
    etlb_patch_u16(bytes, 0x2A, trace->logger_id);
    etlb_patch_u32(bytes, 0x2C, settings->state);
    etlb_patch_u32(bytes, 0x30, (uint32_t)end); /* Offset: the end of what is valid. */
    etlb_patch_u16(bytes, 0x34, (uint16_t)flags);
    etlb_patch_u16(bytes, 0x36, is_header ? BUFFER_TYPE_HEADER : BUFFER_TYPE_GENERIC);
    etlb_patch_u64(bytes, 0x38, 0xFFFFE0019ABCDEF0u); /* The reference time, or more pointers. */
    etlb_patch_u64(bytes, 0x40, 0xFFFFE0019ABCDEF8u);
}

static etlb_writer *add_closed(etlb_trace *trace)
{
    if (trace->closed_count == trace->closed_capacity) {
        trace->closed_capacity = trace->closed_capacity ? trace->closed_capacity * 2 : 16;
        trace->closed = realloc(trace->closed, trace->closed_capacity * sizeof *trace->closed);
        if (!trace->closed)
            etlb_fail("out of memory");
    }
    etlb_writer *bytes = &trace->closed[trace->closed_count++];
    memset(bytes, 0, sizeof *bytes);
    return bytes;
}

void etlb_flush(etlb_trace *trace, unsigned cpu)
{
    trace_buffer *buffer = &trace->open[check_cpu(trace, cpu)];
    if (!buffer->is_open)
        return;

    const size_t end = buffer->bytes.size;
    etlb_writer *bytes = add_closed(trace);
    etlb_fill(bytes, 0, ETLB_BUFFER_HEADER_SIZE);
    const etw_bytes events = {buffer->bytes.data + ETLB_BUFFER_HEADER_SIZE,
                              end - ETLB_BUFFER_HEADER_SIZE};
    if (trace->settings.compression == ETLB_UNCOMPRESSED) {
        etlb_append(bytes, events);
        etlb_fill(bytes, ETLB_UNUSED, trace->options.buffer_size - bytes->size);
    } else {
        /* BufferSize is then that of the compressed buffer, and Offset still says where the events
         * end once it is decompressed. */
        buffer->flags |= ETLB_COMPRESSED;
        etlb_compress(bytes, trace->settings.compression, events);
    }
    put_buffer_header(trace, bytes, buffer, end, cpu);
    buffer->is_open = false;
}

void etlb_flush_all(etlb_trace *trace)
{
    for (unsigned cpu = 0; cpu < trace->options.processor_count; cpu++)
        etlb_flush(trace, cpu);
}

void etlb_append_record(etlb_trace *trace, unsigned cpu, int64_t timestamp, etw_bytes record)
{
    const size_t room = trace->options.buffer_size - ETLB_BUFFER_HEADER_SIZE;
    if ((record.size + 7) / 8 * 8 > room)
        etlb_fail("an event of %zu bytes does not fit into a buffer", record.size);

    trace_buffer *buffer = open_buffer_of(trace, cpu);
    const size_t start = (buffer->bytes.size + 7) / 8 * 8;
    if (start + (record.size + 7) / 8 * 8 > trace->options.buffer_size) {
        if (cpu == ETLB_HEADER_BUFFER)
            etlb_fail("the first buffer is full");
        etlb_flush(trace, cpu);
        buffer = open_buffer_of(trace, cpu);
    }

    /* Events start at multiples of 8; their sizes need not be such. */
    etlb_align(&buffer->bytes, 8, ETLB_PADDING);
    etlb_append(&buffer->bytes, record);
    if (cpu != ETLB_HEADER_BUFFER)
        etlb_align(&buffer->bytes, 8, ETLB_PADDING);
    buffer->last_timestamp = timestamp;
}

void etlb_mark(etlb_trace *trace, unsigned cpu, unsigned flags)
{
    open_buffer_of(trace, cpu)->flags |= flags;
}

/* The trace ----------------------------------------------------------------------------------- */

etlb_trace *etlb_create(const etlb_options *options)
{
    if (options->pointer_size != 4 && options->pointer_size != 8)
        etlb_fail("%u is no pointer size", options->pointer_size);
    etlb_trace *trace = calloc(1, sizeof *trace);
    if (trace)
        trace->open = calloc(options->processor_count, sizeof *trace->open);
    if (!trace || !trace->open)
        etlb_fail("out of memory");
    trace->options = *options;
    trace->settings.state = STATE_FLUSH;
    trace->logger_id = options->logger_id;
    trace->next_sequence = 1; /* The first buffer takes it, so that others start at 2. */
    open_buffer(trace, &trace->header);
    put_header_event(trace);
    return trace;
}

void etlb_destroy(etlb_trace *trace)
{
    if (!trace)
        return;
    for (unsigned cpu = 0; cpu < trace->options.processor_count; cpu++)
        etlb_writer_free(&trace->open[cpu].bytes);
    for (size_t i = 0; i < trace->closed_count; i++)
        etlb_writer_free(&trace->closed[i]);
    etlb_writer_free(&trace->header.bytes);
    etlb_writer_free(&trace->file);
    free(trace->open);
    free(trace->closed);
    free(trace);
}

etlb_settings *etlb_settings_of(etlb_trace *trace)
{
    return &trace->settings;
}

const etlb_options *etlb_options_of(const etlb_trace *trace)
{
    return &trace->options;
}

uint64_t etlb_filetime(const etlb_trace *trace, int64_t raw)
{
    const etlb_options *options = &trace->options;
    if (options->clock_type == ETW_CLOCK_SYSTEM_TIME)
        return (uint64_t)raw;
    const int64_t frequency = options->clock_type == ETW_CLOCK_CPU_CYCLES
                                  ? (int64_t)options->cpu_mhz * 1000000
                                  : (int64_t)options->frequency;
    const int64_t elapsed = raw - options->start_raw;
    int64_t seconds = elapsed / frequency;
    int64_t rest = elapsed % frequency;
    if (rest < 0) {
        rest += frequency;
        seconds--;
    }
    return options->start_time + (uint64_t)(seconds * ETW_TICKS_PER_SECOND) +
           (uint64_t)(rest * ETW_TICKS_PER_SECOND / frequency);
}

size_t etlb_buffer_count(const etlb_trace *trace)
{
    return trace->closed_count;
}

void etlb_append_junk(etlb_trace *trace, etw_bytes bytes)
{
    etlb_append(add_closed(trace), bytes);
}

static void reverse(etlb_writer *first, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        const etlb_writer kept = first[i];
        first[i] = first[count - 1 - i];
        first[count - 1 - i] = kept;
    }
}

void etlb_wrap(etlb_trace *trace, size_t first)
{
    if (first > trace->closed_count)
        etlb_fail("buffer %zu of %zu", first, trace->closed_count);
    /* Reversing both parts and then the whole exchanges them. */
    reverse(trace->closed, first);
    reverse(trace->closed + first, trace->closed_count - first);
    reverse(trace->closed, trace->closed_count);
}

void etlb_drop_first(etlb_trace *trace, size_t count)
{
    if (count > trace->closed_count)
        etlb_fail("%zu buffers of %zu", count, trace->closed_count);
    for (size_t i = 0; i < count; i++)
        etlb_writer_free(&trace->closed[i]);
    trace->closed_count -= count;
    memmove(trace->closed, trace->closed + count, trace->closed_count * sizeof *trace->closed);
}

void etlb_begin_run(etlb_trace *trace, uint16_t logger_id)
{
    etlb_flush_all(trace);
    trace->logger_id = logger_id;
    trace->next_sequence = 1;
}

void etlb_set_buffers_written(etlb_trace *trace, uint32_t count)
{
    trace->has_buffers_written = true;
    trace->buffers_written = count;
}

void etlb_set_tail(etlb_trace *trace, size_t preallocated_size, size_t missing_size)
{
    trace->preallocated_size = preallocated_size;
    trace->missing_size = missing_size;
}

/* The first buffer is never compressed, and its valid bytes end where its last event does. */
static void close_header_buffer(etlb_trace *trace)
{
    trace_buffer *header = &trace->header;
    const size_t end = header->bytes.size;
    if (trace->settings.compression == ETLB_UNCOMPRESSED)
        etlb_fill(&header->bytes, ETLB_UNUSED, trace->options.buffer_size - end);
    else
        etlb_align(&header->bytes, HEADER_BUFFER_UNIT, ETLB_UNUSED);
    header->flags |= ETLB_FLUSH_MARKER;
    put_buffer_header(trace, &header->bytes, header, end, 0);

    uint32_t written = trace->options.end_time ? (uint32_t)trace->closed_count + 1 : 1;
    if (trace->has_buffers_written)
        written = trace->buffers_written;
    etlb_patch_u32(&header->bytes, BUFFERS_WRITTEN_OFFSET, written);
}

etw_bytes etlb_finish(etlb_trace *trace)
{
    if (trace->file.size)
        etlb_fail("the trace is finished already");
    /* The last buffer of a flush is marked; which one it is depends on the processors in use. */
    for (unsigned cpu = trace->options.processor_count; cpu-- > 0;) {
        if (trace->open[cpu].is_open) {
            trace->open[cpu].flags |= ETLB_FLUSH_MARKER;
            break;
        }
    }
    etlb_flush_all(trace);
    close_header_buffer(trace);

    etlb_append(&trace->file, etlb_written(&trace->header.bytes));
    for (size_t i = 0; i < trace->closed_count; i++)
        etlb_append(&trace->file, etlb_written(&trace->closed[i]));
    etlb_fill(&trace->file, 0, trace->preallocated_size);
    if (trace->missing_size > trace->file.size)
        etlb_fail("the file has only %zu bytes", trace->file.size);
    trace->file.size -= trace->missing_size;
    return etlb_written(&trace->file);
}
