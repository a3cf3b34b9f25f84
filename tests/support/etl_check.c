#include "etl_check.h"

#include "base/bytes.h"
#include "base/compiler.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HEADER_SIZE = 0x48,
    RECORD = 0x48,            /* The first record, a SYSTEM header … */
    LOG_FILE = 0x68,          /* … and its TRACE_LOGFILE_HEADER … */
    NAMES = LOG_FILE + 0x118, /* … and the names behind it. */
    SEQUENCES_MAX = 1 << 24,
    WINDOW = 16 << 20, /* The largest buffer there is. */
    PROBLEMS_PRINTED = 20,
};

typedef struct checker {
    etw_bytes file; /* In memory; or … */
    FILE *stream;   /* … not, and then `window` holds the buffer at hand. */
    uint64_t size;
    uint8_t *window;
    etl_check_options options;
    etl_check_result result;
    uint64_t offset; /* Of the buffer at hand. */
    uint32_t buffer_size, processors, mode;
    uint16_t logger_id;
    int64_t start_raw;
    uint8_t *sequences; /* Seen ones, one byte each. */
} checker;

static bool expect(checker *state, bool good, const char *format, ...) ETWI_PRINTF(3, 4);

static bool expect(checker *state, bool good, const char *format, ...)
{
    if (good)
        return true;
    if (state->result.problems++ < PROBLEMS_PRINTED && !state->options.quiet) {
        va_list arguments;
        va_start(arguments, format);
        printf("buffer at %" PRIu64 ": ", state->offset);
        vprintf(format, arguments);
        printf("\n");
        va_end(arguments);
    }
    return false;
}

/* A number that has to be this one. */
static bool expect_number(checker *state, const char *what, uint64_t got, uint64_t want)
{
    return expect(state, got == want, "%s is 0x%" PRIx64 " and not 0x%" PRIx64, what, got, want);
}

static bool all_are(const uint8_t *at, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != value)
            return false;
    return true;
}

/* Bytes at the offset of the buffer at hand, of which the caller knows that they are there. */
static const uint8_t *look(checker *state, size_t size)
{
    if (!state->stream)
        return state->file.data + state->offset;
    if (size > WINDOW || fseek(state->stream, (long)state->offset, SEEK_SET) != 0 ||
        fread(state->window, 1, size, state->stream) != size)
        expect(state, false, "%zu bytes cannot be read", size);
    return state->window;
}

/* ---- the first buffer ------------------------------------------------------------------------ */

static void check_first_header(checker *state, const uint8_t *at)
{
    const uint32_t size = etwi_load_u32(at);
    const uint32_t used = etwi_load_u32(at + 0x30);
    if (state->mode & ETW_MODE_COMPRESSED)
        expect(state, size % 0x200 == 0 && size <= state->buffer_size,
               "the first buffer of a compressed trace has %" PRIu32 " bytes", size);
    else
        expect_number(state, "BufferSize", size, state->buffer_size);
    expect_number(state, "SavedOffset", etwi_load_u32(at + 0x04), used);
    expect_number(state, "CurrentOffset", etwi_load_u32(at + 0x08), used);
    expect_number(state, "ReferenceCount", etwi_load_u32(at + 0x0C), 0);
    expect_number(state, "TimeStamp", etwi_load_u64(at + 0x10), 0);
    expect_number(state, "SequenceNumber", etwi_load_u64(at + 0x18), 0);
    expect_number(state, "clock", etwi_load_u64(at + 0x20), 0);
    expect_number(state, "processor", etwi_load_u16(at + 0x28), 0);
    if (!(state->mode & ETW_MODE_PRIVATE_LOGGER))
        expect(state, state->logger_id != 0, "LoggerId is 0");
    expect_number(state, "State", etwi_load_u32(at + 0x2C), 3);
    expect_number(state, "BufferFlag", etwi_load_u16(at + 0x34), 0x21);
    expect_number(state, "BufferType", etwi_load_u16(at + 0x36), 4);
    expect(state, all_are(at + 0x38, 16, 0), "the reference time is not 0");
}

static void check_time_zone(checker *state, const uint8_t *zone)
{
    const int32_t bias = (int32_t)etwi_load_u32(zone);
    expect(state, bias >= -15 * 60 && bias <= 15 * 60, "a bias of %" PRId32 " minutes", bias);
    /* Two names of 32 units with a zero, dates, and what is added to the bias. */
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *const half = zone + 4 + i * 84;
        bool is_terminated = false;
        for (unsigned unit = 0; unit < 32; unit++)
            is_terminated |= etwi_load_u16(half + 2 * unit) == 0;
        expect(state, is_terminated, "a name of the time zone has no end");
        expect(state, all_are(half + 64, 20, 0), "the time zone changes, and no time is known");
    }
    expect_number(state, "the padding behind the time zone", etwi_load_u32(zone + 0xAC), 0);
}

static void check_totals(checker *state, const uint8_t *log)
{
    const uint64_t end_time = etwi_load_u64(log + 0x10);
    const uint64_t start_time = etwi_load_u64(log + 0x108);
    state->result.events_lost = etwi_load_u32(log + 0x30);
    state->result.buffers_lost = etwi_load_u32(log + 0x114);
    if (state->options.unclosed) {
        expect_number(state, "EndTime", end_time, 0);
        expect_number(state, "BuffersWritten", etwi_load_u32(log + 0x24), 1);
        return;
    }
    expect(state, end_time >= start_time, "the end is before the start");
    const uint64_t written = etwi_load_u32(log + 0x24);
    if (state->mode & ETW_MODE_CIRCULAR)
        expect(state, written >= state->result.buffers, "BuffersWritten is %" PRIu64, written);
    else
        expect_number(state, "BuffersWritten", written, state->result.buffers);
}

/* TRACE_LOGFILE_HEADER but for the totals. */
static void check_log_file_header(checker *state, const uint8_t *log)
{
    const uint32_t clock_type = etwi_load_u32(log + 0x110);
    const uint64_t frequency = etwi_load_u64(log + 0x100);
    const bool is_large = (state->mode & ETW_MODE_COMPRESSED) || state->buffer_size > 1 << 20 ||
                          state->processors > 256;
    expect(state, state->buffer_size >= 4096 && state->buffer_size <= 16 << 20,
           "buffers of %" PRIu32 " bytes", state->buffer_size);
    expect_number(state, "the version of Windows", etwi_load_u16(log + 0x04), 10);
    expect_number(state, "the version of the layout", etwi_load_u16(log + 0x06),
                  is_large ? 0x0002 : 0x0501);
    expect(state, etwi_load_u32(log + 0x08) >= 10240, "no build of Windows 10");
    if (state->mode & ETW_MODE_NO_PER_PROCESSOR_BUFFERING)
        expect_number(state, "NumberOfProcessors", state->processors, 1);
    expect(state, state->processors >= 1 && state->processors <= 2048, "%" PRIu32 " processors",
           state->processors);
    const uint32_t resolution = etwi_load_u32(log + 0x18);
    expect(state, resolution >= 1000 && resolution <= 1000000, "a timer of %" PRIu32, resolution);
    expect_number(state, "StartBuffers", etwi_load_u32(log + 0x28), 1);
    expect_number(state, "PointerSize", etwi_load_u32(log + 0x2C), 8);
    expect(state, all_are(log + 0x38, 16, 0), "the pointers to the names are not 0");
    check_time_zone(state, log + 0x48);
    expect(state, etwi_load_u64(log + 0xF8) <= etwi_load_u64(log + 0x108),
           "the system started after the trace");
    expect(state, clock_type >= 1 && clock_type <= 3, "clock type %" PRIu32, clock_type);
    if (clock_type != ETW_CLOCK_CPU_CYCLES)
        expect_number(state, "PerfFreq", frequency, 10000000);
    else
        expect(state, etwi_load_u32(log + 0x34) != 0, "cycles, and no frequency of the processor");
    if (clock_type == ETW_CLOCK_SYSTEM_TIME)
        expect_number(state, "StartTime", etwi_load_u64(log + 0x108), (uint64_t)state->start_raw);
}

/* The end of a text of 16-bit units with a zero, or NULL. */
static const uint8_t *end_of_name(const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 2; at += 2)
        if (etwi_load_u16(at) == 0)
            return at + 2;
    return NULL;
}

static bool is_ascii_name(const uint8_t *at, const char *name)
{
    for (; *name; name++, at += 2)
        if (etwi_load_u16(at) != (uint8_t)*name)
            return false;
    return etwi_load_u16(at) == 0;
}

/* The record at the start; returns its end. */
static uint32_t check_first_record(checker *state, const uint8_t *at, uint32_t used)
{
    const uint32_t size = etwi_load_u16(at + RECORD + 4);
    const uint8_t *const end = at + RECORD + size;
    expect_number(state, "the marker of the first record", etwi_load_u32(at + RECORD), 0xC0020002);
    expect_number(state, "the type of the first record", etwi_load_u16(at + RECORD + 6), 0);
    expect(state, etwi_load_u32(at + RECORD + 0xC) != 0, "the first record has no process");
    expect(state, state->start_raw > 0, "the first record has no time");
    expect(state, all_are(at + RECORD + 0x18, 8, 0), "the first record has processor times");
    if (!expect(state, RECORD + size <= used && end > at + NAMES, "the first record has %u bytes",
                size))
        return used;
    check_log_file_header(state, at + LOG_FILE);
    const uint8_t *const file_name = end_of_name(at + NAMES, end);
    const uint8_t *const names_end = file_name ? end_of_name(file_name, end) : NULL;
    expect(state, names_end == end, "the names do not end where the first record does");
    if (file_name && state->options.session_name)
        expect(state, is_ascii_name(at + NAMES, state->options.session_name),
               "the session has another name");
    expect(state, file_name && etwi_load_u16(file_name) != 0, "there is no name of a file");
    return RECORD + (size + 7) / 8 * 8;
}

static bool check_first_buffer(checker *state)
{
    if (!expect(state, state->size > NAMES, "too short for a trace"))
        return false;
    const uint8_t *at = look(state, NAMES);
    state->buffer_size = etwi_load_u32(at + LOG_FILE);
    state->processors = etwi_load_u32(at + LOG_FILE + 0x0C);
    state->mode = etwi_load_u32(at + LOG_FILE + 0x20);
    state->logger_id = etwi_load_u16(at + 0x2A);
    state->start_raw = (int64_t)etwi_load_u64(at + RECORD + 0x10);
    if (state->options.buffer_size)
        expect_number(state, "BufferSize", state->buffer_size, state->options.buffer_size);
    if (state->options.mode)
        expect_number(state, "LogFileMode", state->mode, state->options.mode);
    const uint32_t size = etwi_load_u32(at), used = etwi_load_u32(at + 0x30);
    if (!expect(state, size <= state->size && used >= NAMES && used <= size,
                "%" PRIu32 " bytes used of %" PRIu32, used, size))
        return false;
    at = look(state, size);
    check_first_header(state, at);
    expect_number(state, "the end of the first record", check_first_record(state, at, used), used);
    expect(state, all_are(at + used, size - used, 0xFF), "the rest is not filled");
    state->result.buffers = 1;
    state->offset = size;
    return true;
}

/* ---- the others ------------------------------------------------------------------------------ */

static void check_sequence(checker *state, uint64_t sequence)
{
    if (!expect(state, sequence >= 1, "SequenceNumber is 0") || state->options.appended ||
        sequence >= SEQUENCES_MAX)
        return;
    expect(state, !state->sequences[sequence], "SequenceNumber %" PRIu64 " is there twice",
           sequence);
    state->sequences[sequence] = 1;
}

static void check_header(checker *state, const uint8_t *at, uint32_t used, bool is_compressed)
{
    const unsigned processor = etwi_load_u16(at + 0x28);
    const unsigned flags = etwi_load_u16(at + 0x34);
    if (!is_compressed)
        expect_number(state, "BufferSize", etwi_load_u32(at), state->buffer_size);
    expect_number(state, "SavedOffset", etwi_load_u32(at + 0x04), used);
    expect_number(state, "CurrentOffset", etwi_load_u32(at + 0x08), state->buffer_size + used);
    expect_number(state, "ReferenceCount", etwi_load_u32(at + 0x0C), 0);
    check_sequence(state, etwi_load_u64(at + 0x18));
    expect_number(state, "clock", etwi_load_u64(at + 0x20), 0);
    expect(state, processor < state->processors, "processor %u of %" PRIu32, processor,
           state->processors);
    if (!state->options.appended)
        expect_number(state, "LoggerId", etwi_load_u16(at + 0x2A), state->logger_id);
    expect_number(state, "State", etwi_load_u32(at + 0x2C), 3);
    expect(state, (flags & 0x20) && !(flags & ~0x67u), "BufferFlag is 0x%x", flags);
    expect_number(state, "BufferType", etwi_load_u16(at + 0x36), 0);
    expect(state, all_are(at + 0x38, 16, 0), "the reference time is not 0");
}

/* The records: 8-aligned, one behind the other up to the end, in the order of their times. */
static void check_records(checker *state, const uint8_t *at, uint32_t used)
{
    int64_t latest = INT64_MIN;
    uint32_t position = HEADER_SIZE;
    while (position < used) {
        const uint8_t *const record = at + position;
        const uint32_t left = used - position;
        const unsigned type = left >= 8 ? record[2] : 0;
        if (!expect(state, left >= 0x50 && record[3] == 0xC0 && (type == 18 || type == 19),
                    "no event at %" PRIu32, position))
            return;
        const uint32_t size = etwi_load_u16(record);
        const int64_t time = (int64_t)etwi_load_u64(record + 0x10);
        if (!expect(state, size >= 0x50 && size <= left,
                    "an event of %" PRIu32 " bytes at %" PRIu32, size, position))
            return;
        if (!state->options.any_order)
            expect(state, time >= latest, "the event at %" PRIu32 " is earlier than the one before",
                   position);
        latest = time;
        position += (size + 7) / 8 * 8;
        state->result.records++;
    }
    expect_number(state, "the end of the records", position, used);
    const int64_t sealed = (int64_t)etwi_load_u64(at + 0x10);
    if (!state->options.any_order)
        expect(state, sealed >= latest, "the buffer was sealed before its last event");
}

static bool check_buffer(checker *state)
{
    const uint64_t left = state->size - state->offset;
    if (!expect(state, left >= HEADER_SIZE, "%" PRIu64 " bytes are left", left))
        return false;
    const uint8_t *at = look(state, HEADER_SIZE);
    const uint32_t size = etwi_load_u32(at), used = etwi_load_u32(at + 0x30);
    const bool is_compressed = etwi_load_u16(at + 0x34) & 0x40;
    expect(state, is_compressed == !!(state->mode & ETW_MODE_COMPRESSED),
           "is this a compressed trace?");
    if (!expect(state,
                size >= HEADER_SIZE && size <= left && used > HEADER_SIZE &&
                    used <= (is_compressed ? state->buffer_size : size),
                "%" PRIu32 " bytes used of %" PRIu32 ", %" PRIu64 " are left", used, size, left))
        return false;
    at = look(state, size);
    check_header(state, at, used, is_compressed);
    if (is_compressed) {
        state->result.compressed_buffers++;
    } else {
        check_records(state, at, used);
        expect(state, all_are(at + used, size - used, 0xFF), "the rest is not filled");
    }
    state->result.buffers++;
    state->offset += size;
    return true;
}

static void check_all(checker *state, const etl_check_options *options)
{
    if (options)
        state->options = *options;
    state->sequences = calloc(SEQUENCES_MAX, 1);
    if (!state->sequences || !check_first_buffer(state)) {
        state->result.problems++;
    } else {
        while (state->offset < state->size && check_buffer(state))
            ;
        state->offset = 0;
        check_totals(state, look(state, NAMES) + LOG_FILE);
    }
    free(state->sequences);
}

etl_check_result etl_check(etw_bytes file, const etl_check_options *options)
{
    checker state = {.file = file, .size = file.size};
    check_all(&state, options);
    return state.result;
}

etl_check_result etl_check_file(const char *path, const etl_check_options *options)
{
    checker state = {.stream = fopen(path, "rb"), .window = malloc(WINDOW)};
    long size = -1;
    if (state.stream && fseek(state.stream, 0, SEEK_END) == 0)
        size = ftell(state.stream);
    if (state.window && size >= 0) {
        state.size = (uint64_t)size;
        check_all(&state, options);
    } else {
        printf("%s cannot be read\n", path);
        state.result.problems++;
    }
    free(state.window);
    if (state.stream)
        fclose(state.stream);
    return state.result;
}
