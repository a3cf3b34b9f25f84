#include "mixed_trace.h"

#include "base/bytes.h"
#include "big_trace.h"
#include "mixed_events.h"

#include <stdlib.h>

enum {
    UNIT_SIZE = 32 * 1024 * 1024, /* Larger than the caches. */
    BUFFER_SIZE = 65536,
    QUIET_EVENTS = 500, /* Of the quiet processor in the whole trace. */

    /* WMI_BUFFER_HEADER */
    SIZE_OFFSET = 0x00,
    EVENTS_END_OFFSET = 0x30,
    FLAGS_OFFSET = 0x34,
    /* EndTime, in the payload of the first event, behind its SYSTEM header. */
    END_TIME_OFFSET = ETLB_BUFFER_HEADER_SIZE + 0x20 + 0x10,
};

struct mixed_trace {
    mixed_kind kind;
    etlb_options options;
    etlb_writer file; /* Header buffer, schemas, and the unit. */
    size_t unit_offset;
    size_t times; /* How often the unit is repeated. */
    size_t done;  /* Parts given; the first one is what stands before the unit. */
    int64_t span; /* Of the unit, in raw time. */
    int64_t begin;
    etlb_writer part;
};

const char *mixed_kind_name(mixed_kind kind)
{
    static const char *const names[MIXED_KIND_COUNT] = {
        [MIXED_PLAIN] = "plain",      [MIXED_PACKED] = "packed", [MIXED_WORST_8] = "worst8",
        [MIXED_WORST_64] = "worst64", [MIXED_QUIET] = "quiet",
    };
    return (unsigned)kind < MIXED_KIND_COUNT ? names[kind] : NULL;
}

static etlb_options options_of(mixed_kind kind)
{
    etlb_options options = etlb_default_options();
    options.session_name = "Contoso mixed";
    options.buffer_size = BUFFER_SIZE;
    options.processor_count = kind == MIXED_WORST_64 || kind == MIXED_QUIET ? 64 : 8;
    options.log_file_mode = ETW_MODE_SEQUENTIAL;
    if (kind == MIXED_PACKED) {
        options.log_file_mode |= ETW_MODE_COMPRESSED;
        options.layout_major = 2;
        options.layout_minor = 0;
    }
    return options;
}

/* Events until the buffers closed have `size` bytes; the unit ends with all buffers closed. */
static void put_unit(mixed_trace *trace, mixed_world *world, size_t size)
{
    const size_t before = etlb_buffer_count(world->trace);
    trace->begin = world->now + 1;
    while ((etlb_buffer_count(world->trace) - before) * BUFFER_SIZE < size)
        mixed_put_burst(world);
    etlb_flush_all(world->trace);
    trace->span = world->now + 1 - trace->begin;
}

mixed_trace *mixed_trace_create(mixed_kind kind, size_t size)
{
    mixed_trace *trace = calloc(1, sizeof *trace);
    mixed_world world;
    if (!trace)
        etlb_fail("out of memory");
    trace->kind = kind;
    trace->options = options_of(kind);
    etlb_trace *builder = etlb_create(&trace->options);
    mixed_world_init(&world, builder);
    world.alternates = kind == MIXED_WORST_8 || kind == MIXED_WORST_64;
    world.cpu_count -= kind == MIXED_QUIET;
    mixed_put_schemas(&world);
    etlb_flush_all(builder);
    trace->unit_offset = (etlb_buffer_count(builder) + 1) * BUFFER_SIZE;
    put_unit(trace, &world, size < UNIT_SIZE ? size : UNIT_SIZE);

    const size_t before = trace->unit_offset / BUFFER_SIZE;
    const size_t unit = etlb_buffer_count(builder) + 1 - before;
    trace->times = (size + unit * BUFFER_SIZE - 1) / (unit * BUFFER_SIZE);
    etlb_set_buffers_written(builder,
                             (uint32_t)(before + trace->times * unit + (kind == MIXED_QUIET)));
    etlb_append(&trace->file, etlb_finish(builder));
    etlb_patch_u64(&trace->file, END_TIME_OFFSET,
                   etlb_filetime(builder, trace->begin + trace->span * (int64_t)trace->times));
    etlb_destroy(builder);
    mixed_world_free(&world);
    return trace;
}

void mixed_trace_destroy(mixed_trace *trace)
{
    etlb_writer_free(&trace->file);
    etlb_writer_free(&trace->part);
    free(trace);
}

/* ------------------------------------------------------------------------------- parts */

/* The buffer that spans the trace; it is closed last. */
static void put_quiet_buffer(mixed_trace *trace)
{
    etlb_trace *builder = etlb_create(&trace->options);
    mixed_world world;
    mixed_world_init(&world, builder);
    const int64_t step = trace->span * (int64_t)trace->times / QUIET_EVENTS;
    for (unsigned i = 0; i < QUIET_EVENTS; i++)
        mixed_put_sample(&world, world.cpu_count - 1, trace->begin + i * step);
    etw_bytes file = etlb_finish(builder);
    file.data += BUFFER_SIZE; /* Behind the header's. */
    file.size -= BUFFER_SIZE;
    etlb_append(&trace->part, file);
    etlb_destroy(builder);
    mixed_world_free(&world);
}

/* Buffers as they are stored, from buffers as they are in memory. */
static void put_packed(etlb_writer *out, etw_bytes buffers)
{
    for (size_t at = 0; at < buffers.size; at += BUFFER_SIZE) {
        const uint8_t *buffer = buffers.data + at;
        const size_t begin = out->size;
        const uint32_t end = etwi_load_u32(buffer + EVENTS_END_OFFSET);
        const etw_bytes events = {buffer + ETLB_BUFFER_HEADER_SIZE, end - ETLB_BUFFER_HEADER_SIZE};
        etlb_raw(out, buffer, ETLB_BUFFER_HEADER_SIZE);
        etlb_compress_xpress(out, events);
        etlb_patch_u32(out, begin + SIZE_OFFSET, (uint32_t)(out->size - begin));
        etlb_patch_u16(out, begin + FLAGS_OFFSET,
                       (uint16_t)(etwi_load_u16(buffer + FLAGS_OFFSET) | ETLB_COMPRESSED));
    }
}

/* The unit, later. */
static void put_repetition(mixed_trace *trace, size_t number)
{
    const etw_bytes unit = {trace->file.data + trace->unit_offset,
                            trace->file.size - trace->unit_offset};
    etlb_writer copy = {0};
    etlb_writer *plain = trace->kind == MIXED_PACKED ? &copy : &trace->part;
    etlb_append(plain, unit);
    big_trace_shift(plain->data, plain->size, (int64_t)number * trace->span,
                    number * (unit.size / BUFFER_SIZE));
    if (trace->kind == MIXED_PACKED)
        put_packed(&trace->part, etlb_written(plain));
    etlb_writer_free(&copy);
}

etw_bytes mixed_trace_next(mixed_trace *trace)
{
    const etw_bytes none = {NULL, 0};
    etlb_writer_clear(&trace->part);
    const size_t number = trace->done++;
    if (number == 0)
        etlb_raw(&trace->part, trace->file.data, trace->unit_offset);
    else if (number <= trace->times)
        put_repetition(trace, number - 1);
    else if (number == trace->times + 1 && trace->kind == MIXED_QUIET)
        put_quiet_buffer(trace);
    else
        return none;
    return etlb_written(&trace->part);
}

etw_bytes mixed_trace_in_memory(mixed_kind kind, size_t size)
{
    mixed_trace *trace = mixed_trace_create(kind, size);
    etlb_writer all = {0};
    for (etw_bytes part; (part = mixed_trace_next(trace)).size > 0;)
        etlb_append(&all, part);
    mixed_trace_destroy(trace);
    return etlb_written(&all);
}
