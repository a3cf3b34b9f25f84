#include "random_trace.h"

#include "base/bytes.h"
#include "event_mix.h"

#include <stdio.h>

enum {
    CPU_COUNT_MAX = 64,
    BUFFER_SIZE_MIN = 4096,
    BUFFER_SIZE_STEPS = 9,             /* To 1 MiB. */
    PLAIN_BYTES_MAX = 2 * 1024 * 1024, /* Of all open buffers; they are stored in full size. */
    EVENTS_MIN = 200,
    EVENTS_MAX = 2500,
};

/* What a file may have; each by chance. */
#define TRAIT_MAP(X)   \
    X(TIES)            \
    X(QUIET)           \
    X(BACK_IN_BUFFER)  \
    X(BACK_IN_TIME)    \
    X(FLUSHES)         \
    X(WRAPPED)         \
    X(TWO_RUNS)        \
    X(SHARED_BUFFERS)  \
    X(SCHEMAS_FIRST)   \
    X(SCHEMAS_LAST)    \
    X(SOME_COMPRESSED) \
    X(BYTE_PROCESSOR)  \
    X(PREALLOCATED)    \
    X(CUT)             \
    X(DAMAGED)

enum {
#define X(name) name##_NUMBER,
    TRAIT_MAP(X)
#undef X
    TRAIT_COUNT
};

enum {
#define X(name) name = 1 << name##_NUMBER,
    TRAIT_MAP(X)
#undef X
};

/* What a file will be. */
typedef struct plan {
    etlb_options options;
    etlb_compression compression;
    unsigned traits;
    uint32_t event_count;
} plan;

static void choose_clock(event_mix *mix, etlb_options *options, size_t file)
{
    options->start_raw += event_mix_below(mix, 3000);
    if (file == 0)
        return;
    switch (event_mix_below(mix, 4)) {
    case 0:
        /* Times of another machine. */
        options->frequency = 3000000;
        options->start_raw = 5000000 + event_mix_below(mix, 1000);
        break;
    case 1:
        options->clock_type = ETW_CLOCK_SYSTEM_TIME;
        options->start_raw = (int64_t)options->start_time;
        break;
    case 2:
        options->boot_time += 1; /* Not known to be one clock, though all else is equal. */
        break;
    default:
        break;
    }
}

static plan choose(event_mix *mix, size_t file)
{
    plan p = {.options = etlb_default_options()};
    etlb_options *options = &p.options;
    options->processor_count = 1 + event_mix_below(mix, 1 + event_mix_below(mix, CPU_COUNT_MAX));
    options->pointer_size = event_mix_below(mix, 5) ? 8 : 4;
    /* Small ones are more likely, so that there are many. */
    options->buffer_size = BUFFER_SIZE_MIN
                           << event_mix_below(mix, 1 + event_mix_below(mix, BUFFER_SIZE_STEPS));
    choose_clock(mix, options, file);
    p.compression = (etlb_compression)event_mix_below(mix, ETLB_LZNT1 + 1);
    if (p.compression != ETLB_UNCOMPRESSED)
        options->log_file_mode |= ETW_MODE_COMPRESSED;
    while (p.compression == ETLB_UNCOMPRESSED && options->buffer_size > BUFFER_SIZE_MIN &&
           options->buffer_size * options->processor_count > PLAIN_BYTES_MAX)
        options->buffer_size /= 2;
    for (unsigned trait = 0; trait < TRAIT_COUNT; trait++)
        if (event_mix_below(mix, 3) == 0)
            p.traits |= 1u << trait;
    if (p.traits & SHARED_BUFFERS)
        options->log_file_mode |= ETW_MODE_NO_PER_PROCESSOR_BUFFERING;
    p.event_count = EVENTS_MIN + event_mix_below(mix, EVENTS_MAX - EVENTS_MIN);
    return p;
}

/* Events ------------------------------------------------------------------------------------------
 */

static unsigned choose_cpu(event_mix *mix, const plan *p)
{
    const unsigned count = p->options.processor_count;
    const unsigned cpu = event_mix_below(mix, count);
    /* The upper half has next to nothing to do. */
    if (p->traits & QUIET && cpu >= (count + 1) / 2 && event_mix_below(mix, 100))
        return event_mix_below(mix, (count + 1) / 2);
    return cpu;
}

static void add_events(etlb_trace *trace, event_mix *mix, const plan *p)
{
    int64_t now = p->options.start_raw;
    for (uint32_t i = 0; i < p->event_count; i++) {
        now += event_mix_below(mix, p->traits & TIES ? 3 : 200);
        int64_t time = now;
        if (p->traits & BACK_IN_BUFFER && event_mix_below(mix, 20) == 0)
            time -= event_mix_below(mix, 500);
        if (p->traits & BACK_IN_TIME && event_mix_below(mix, 200) == 0)
            now -= event_mix_below(mix, 5000);
        if (p->traits & FLUSHES && event_mix_below(mix, 50) == 0)
            etlb_flush(trace, event_mix_below(mix, p->options.processor_count));
        if (p->traits & TWO_RUNS && i == p->event_count / 2) {
            etlb_begin_run(trace, 18);
            now -= event_mix_below(mix, 5000);
        }
        if (p->traits & SOME_COMPRESSED && event_mix_below(mix, 30) == 0)
            etlb_settings_of(trace)->compression =
                event_mix_below(mix, 2) ? p->compression : ETLB_UNCOMPRESSED;
        event_mix_add_any(mix, choose_cpu(mix, p), time);
    }
    if (p->traits & SCHEMAS_LAST)
        event_mix_add_schemas(mix, choose_cpu(mix, p), now);
    etlb_flush_all(trace);
}

/* Damage ------------------------------------------------------------------------------------------
 */

static void damage_once(event_mix *mix, etlb_writer *file, size_t first)
{
    const uint32_t room = (uint32_t)(file->size - first);
    if (room < 64)
        return;
    const size_t at = first + event_mix_below(mix, room);
    const size_t left = file->size - at;
    const uint32_t wanted = 1 + event_mix_below(mix, event_mix_below(mix, 2) ? 16 : 3000);
    const size_t size = wanted < left ? wanted : left;
    switch (event_mix_below(mix, 5)) {
    case 0:
        file->data[at] ^= (uint8_t)(1u << event_mix_below(mix, 8));
        break;
    case 1:
        for (size_t i = 0; i < size; i++)
            file->data[at + i] = (uint8_t)event_mix_below(mix, 256);
        break;
    case 2:
        memset(file->data + at, event_mix_below(mix, 2) ? 0x00 : 0xFF, size);
        break;
    case 3: /* Bytes that are missing. */
        memmove(file->data + at, file->data + at + size, left - size);
        file->size -= size;
        break;
    default: /* Bytes that stand there twice. */
        etlb_extend(file, size);
        memmove(file->data + at + size, file->data + at, left);
        break;
    }
}

/* The first buffer stays whole, or it would be no trace. */
static void damage(event_mix *mix, etlb_writer *file)
{
    const size_t first = etwi_load_u32(file->data);
    for (uint32_t left = 1 + event_mix_below(mix, 6); left; left--)
        damage_once(mix, file, first);
}

/* Files -------------------------------------------------------------------------------------------
 */

static void build_file(etlb_writer *out, event_mix *mix, const plan *p)
{
    etlb_trace *trace = etlb_create(&p->options);
    etlb_settings *settings = etlb_settings_of(trace);
    settings->compression = p->compression;
    settings->byte_processor = p->traits & BYTE_PROCESSOR;
    mix->trace = trace;
    if (p->traits & SCHEMAS_FIRST)
        event_mix_add_schemas(mix, 0, p->options.start_raw);
    add_events(trace, mix, p);
    if (p->traits & WRAPPED)
        etlb_wrap(trace, event_mix_below(mix, (uint32_t)etlb_buffer_count(trace)));
    const size_t preallocated = p->traits & PREALLOCATED ? event_mix_below(mix, 100000) : 0;
    etlb_set_tail(trace, preallocated, p->traits & CUT ? event_mix_below(mix, 2000) : 0);
    etlb_append(out, etlb_finish(trace));
    etlb_destroy(trace);
    if (p->traits & DAMAGED)
        damage(mix, out);
}

static void describe(char *about, size_t size, const plan *p)
{
    static const char *const names[] = {
#define X(name) #name,
        TRAIT_MAP(X)
#undef X
    };
    size_t used = strlen(about);
    used += (size_t)snprintf(about + used, size - used, "%s%u CPUs of %u bytes, compression %d",
                             used ? "; " : "", (unsigned)p->options.processor_count,
                             (unsigned)p->options.buffer_size, (int)p->compression);
    for (unsigned trait = 0; trait < TRAIT_COUNT && used < size; trait++)
        if (p->traits & 1u << trait)
            used += (size_t)snprintf(about + used, size - used, " %s", names[trait]);
}

void random_traces_build(random_traces *out, uint32_t seed)
{
    memset(out, 0, sizeof *out);
    event_mix mix;
    event_mix_init(&mix, NULL, seed * 2654435761u | 1);
    for (int i = 0; i < 8; i++) /* Neighbouring seeds shall have nothing in common. */
        event_mix_below(&mix, 2);
    out->count = event_mix_below(&mix, 3) ? 1 : 1 + event_mix_below(&mix, RANDOM_FILES_MAX);
    for (size_t i = 0; i < out->count; i++) {
        const plan p = choose(&mix, i);
        build_file(&out->files[i], &mix, &p);
        describe(out->about, sizeof out->about, &p);
    }
    event_mix_free(&mix);
}

void random_traces_free(random_traces *traces)
{
    for (size_t i = 0; i < traces->count; i++)
        etlb_writer_free(&traces->files[i]);
}
