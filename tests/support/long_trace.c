#include "long_trace.h"

#include "base/bytes.h"
#include "event_mix.h"

enum {
    SEED = 20260105,
    PIECE_SIZE = 16 * 1024 * 1024, /* Of buffers that are made at a time. */
    QUIET_TIMES_MAX = 256,
    QUIET_TIMES_OF_PIECE = 8,
    STEP_MAX = 40, /* Ticks from one event to the next. */
};

typedef struct long_trace {
    const long_trace_options *options;
    event_mix mix;
    int64_t now;
    uint64_t written; /* Bytes, before they are compressed. */
    int64_t quiet_times[QUIET_TIMES_MAX];
    unsigned quiet_count;
} long_trace;

static etlb_trace *begin_piece(long_trace *t)
{
    etlb_options options = etlb_default_options();
    options.buffer_size = t->options->buffer_size;
    options.processor_count = t->options->cpu_count;
    if (t->options->compression != ETLB_UNCOMPRESSED)
        options.log_file_mode |= ETW_MODE_COMPRESSED;
    etlb_trace *trace = etlb_create(&options);
    etlb_settings_of(trace)->compression = t->options->compression;
    t->mix.trace = trace;
    return trace;
}

/* Fills buffers up to the end of the piece, or of the trace. */
static void add_events(long_trace *t, etlb_trace *trace)
{
    const unsigned busy = t->options->cpu_count - (t->options->has_quiet_cpu ? 1 : 0);
    const uint64_t left = t->options->size - t->written;
    const uint64_t piece = t->options->period ? t->options->period : PIECE_SIZE;
    const uint64_t wanted = left < piece ? left : piece;
    uint64_t size = 0;
    for (unsigned i = 0; size < wanted; i++) {
        t->now += 1 + event_mix_below(&t->mix, STEP_MAX);
        if (i < QUIET_TIMES_OF_PIECE && t->quiet_count < QUIET_TIMES_MAX)
            t->quiet_times[t->quiet_count++] = t->now;
        event_mix_add(&t->mix, event_mix_below(&t->mix, busy), t->now);
        size = (uint64_t)etlb_buffer_count(trace) * t->options->buffer_size;
    }
    t->written += size;
}

static void add_quiet_events(long_trace *t)
{
    for (unsigned i = 0; i < t->quiet_count; i++)
        event_mix_add(&t->mix, t->options->cpu_count - 1, t->quiet_times[i]);
}

/* Only the first piece has a header. */
static void write_piece(FILE *out, etlb_trace *trace, bool is_first)
{
    const etw_bytes bytes = etlb_finish(trace);
    const size_t skipped = is_first ? 0 : etwi_load_u32(bytes.data);
    if (fwrite(bytes.data + skipped, 1, bytes.size - skipped, out) != bytes.size - skipped)
        etlb_fail("a trace cannot be written");
}

uint64_t long_trace_write(FILE *out, const long_trace_options *options)
{
    long_trace t = {.options = options, .now = etlb_default_options().start_raw};
    event_mix_init(&t.mix, NULL, SEED);
    for (bool is_first = true; t.written < options->size; is_first = false) {
        etlb_trace *trace = begin_piece(&t);
        t.mix.random = options->period ? SEED : t.mix.random;
        if (is_first)
            event_mix_add_schemas(&t.mix, 0, t.now);
        add_events(&t, trace);
        if (options->has_quiet_cpu && t.written >= options->size)
            add_quiet_events(&t);
        write_piece(out, trace, is_first);
        etlb_destroy(trace);
    }
    event_mix_free(&t.mix);
    return t.mix.number;
}
