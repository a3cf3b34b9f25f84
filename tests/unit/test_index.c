/* The walk over the buffers of a trace: what it finds in sound and in damaged files, and how it
 * accounts for every byte. */
#include "test.h"

#include "base/bytes.h"
#include "etl/layout.h"
#include "trace_run.h"

enum {
    SIZE = 1024,
    RECORD = 83, /* What trace_add_event() writes. */
    STRIDE = 88,
    PER_BUFFER = 10,
    EVENTS = 35, /* In three full buffers and a half. */
    BUFFERS = 4,
    /* Of a full buffer; where the next one is damaged, the search starts here. */
    TAIL = SIZE - BUFFER_HEADER_SIZE - PER_BUFFER * STRIDE,
};

static etlb_trace *trace;
static etlb_writer file;

static etlb_options small_options(void)
{
    etlb_options options = etlb_default_options();
    options.buffer_size = SIZE;
    options.processor_count = 2;
    options.log_file_name = "a.etl";
    return options;
}

static void add_events(void)
{
    const int64_t start = etlb_options_of(trace)->start_raw;
    for (uint16_t i = 0; i < EVENTS; i++)
        trace_add_event(trace, 0, start + 10 * i, i);
}

/* Starts a trace; its bytes go to `file`, where a test may damage them. */
static void begin(etlb_compression compression)
{
    const etlb_options options = small_options();
    trace = etlb_create(&options);
    etlb_settings_of(trace)->compression = compression;
    etlb_writer_clear(&file);
}

static void finish(void)
{
    etlb_append(&file, etlb_finish(trace));
    etlb_destroy(trace);
    trace = NULL;
}

static void make(etlb_compression compression)
{
    begin(compression);
    add_events();
    finish();
}

static size_t header_record_size(void)
{
    return etwi_load_u16(file.data + BUFFER_HEADER_SIZE + SYSTEM_SIZE);
}

/* Where buffer `number` starts; the first one holds the header of the trace. */
static size_t buffer_at(size_t number)
{
    size_t at = 0;
    while (number--)
        at += etwi_load_u32(file.data + at);
    return at;
}

static trace_run read_file(void)
{
    const trace_run run = trace_run_all(etlb_written(&file), NULL);
    CHECK_EQ(run.status, ETW_END);
    CHECK_EQ(run.bad_json, 0);
    CHECK_EQ(run.events, run.stats.events);
    CHECK_EQ(run.out_of_order, 0);
    return run;
}

/* The counters that most damage leaves alone. */
static void check_found(const trace_run *run, uint64_t buffers, uint64_t events)
{
    CHECK_EQ(run->stats.buffers, buffers);
    CHECK_EQ(run->stats.events, events);
    CHECK_EQ(run->stats.payload_bytes, header_record_size() + (events - 1) * RECORD);
    CHECK_EQ(run->stats.header_kinds[ETW_HEADER_SYSTEM64], 1);
    CHECK_EQ(run->stats.header_kinds[ETW_HEADER_EVENT64], events - 1);
}

static void check_damage(const trace_run *run, uint64_t bytes, uint64_t regions, uint64_t offset)
{
    CHECK_EQ(run->stats.corrupt_bytes, bytes);
    CHECK_EQ(run->stats.corrupt_regions, regions);
    CHECK_EQ(run->stats.first_damage.status, regions ? ETW_E_CORRUPT : ETW_OK);
    if (regions)
        CHECK_EQ(run->stats.first_damage.offset, offset);
}

static void insert(size_t at, uint8_t value, size_t size)
{
    etlb_extend(&file, size);
    memmove(file.data + at + size, file.data + at, file.size - size - at);
    memset(file.data + at, value, size);
}

static void walks_a_sound_trace(void)
{
    make(ETLB_UNCOMPRESSED);
    const trace_run run = read_file();
    CHECK_EQ(file.size, (1 + BUFFERS) * SIZE);
    check_found(&run, 1 + BUFFERS, 1 + EVENTS);
    check_damage(&run, 0, 0, 0);
    CHECK_EQ(run.stats.truncated_bytes, 0);
    CHECK_EQ(run.stats.unused_bytes, 0);
    CHECK_EQ(run.stats.compressed_buffers, 0);
    CHECK_EQ(run.stats.events_lost_flags + run.stats.buffers_lost_flags, 0);
}

static void passes_over_garbage(void)
{
    static const size_t SIZES[] = {1, 7, 8, 71, 72, 73, 1000, 70000};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        make(ETLB_UNCOMPRESSED);
        insert(2 * SIZE, 0x11, SIZES[i]);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        /* The tail of the buffer before is looked at again, and found unused but for the garbage.
         */
        check_damage(&run, SIZES[i] + TAIL, 1, 2 * SIZE - TAIL);
    }
}

static void passes_over_garbage_at_the_end(void)
{
    static const size_t SIZES[] = {1, 71, 72, 5000};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        make(ETLB_UNCOMPRESSED);
        const size_t end = file.size;
        etlb_fill(&file, 0x11, SIZES[i]);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        const size_t tail = SIZE - BUFFER_HEADER_SIZE - EVENTS % PER_BUFFER * STRIDE;
        check_damage(&run, SIZES[i] + tail, 1, end - tail);
    }
}

static void counts_space_that_was_never_written(void)
{
    static const uint8_t FILLERS[] = {0x00, 0xFF};
    for (size_t i = 0; i < 2; i++) {
        make(ETLB_UNCOMPRESSED);
        insert(3 * SIZE, FILLERS[i], 3000);
        etlb_fill(&file, FILLERS[i], 100000);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        check_damage(&run, 0, 0, 0);
        CHECK_EQ(run.stats.unused_bytes, 103000);
    }
}

static void survives_wrong_sizes(void)
{
    static const uint32_t SIZES[] = {0, 71, 0xFFFFFFFF, 0x7FFFFFFF};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        make(ETLB_UNCOMPRESSED);
        etlb_patch_u32(&file, 2 * SIZE, SIZES[i]);
        const trace_run run = read_file();
        check_found(&run, BUFFERS, 1 + EVENTS - PER_BUFFER);
        check_damage(&run, SIZE + TAIL, 1, 2 * SIZE - TAIL);
    }
}

/* The records of a buffer count even if the way to the next one is lost. */
static void finds_the_way_again(void)
{
    static const uint32_t SIZES[] = {SIZE + 8, SIZE - 8, SIZE + 40, 2 * SIZE - 8, 3 * SIZE + 16};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        make(ETLB_UNCOMPRESSED);
        etlb_patch_u32(&file, 2 * SIZE, SIZES[i]);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        check_damage(&run, 0, 0, 0);
        CHECK_EQ(run.stats.unused_bytes, TAIL);
    }
}

static void reads_as_much_as_a_cut_file_holds(void)
{
    make(ETLB_UNCOMPRESSED);
    const size_t whole = file.size, last = BUFFERS * SIZE;
    for (size_t cut = 1; cut <= SIZE; cut++) {
        file.size = whole - cut;
        const size_t stored = SIZE - cut;
        const size_t end = BUFFER_HEADER_SIZE + EVENTS % PER_BUFFER * STRIDE;
        const trace_run run = trace_run_all(etlb_written(&file), NULL);
        REQUIRE(run.status == ETW_END);
        if (stored < BUFFER_HEADER_SIZE) {
            check_found(&run, BUFFERS, 1 + EVENTS - EVENTS % PER_BUFFER);
            /* Zeros look as if they had never been written. */
            const bool is_damage = stored > 1;
            check_damage(&run, is_damage ? stored + TAIL : 0, is_damage, last - TAIL);
            continue;
        }
        CHECK_EQ(run.stats.truncated_bytes, cut);
        CHECK_EQ(run.stats.buffers, 1 + BUFFERS);
        /* The bytes of a record are enough; the padding behind it may be cut off. */
        const size_t valid = (stored < end ? stored : end) - BUFFER_HEADER_SIZE;
        const size_t complete = valid / STRIDE + (valid % STRIDE >= RECORD);
        CHECK_EQ(run.stats.events, 1 + EVENTS - EVENTS % PER_BUFFER + complete);
        const size_t partial = valid % STRIDE < RECORD ? valid % STRIDE : 0;
        CHECK_EQ(run.stats.unused_bytes, 0);
        check_damage(&run, partial, partial > 0, last + BUFFER_HEADER_SIZE + complete * STRIDE);
    }
}

static void finds_the_end_of_unfinished_buffers(void)
{
    const size_t end = BUFFER_HEADER_SIZE + EVENTS % PER_BUFFER * STRIDE;
    for (uint32_t offset = 0; offset < BUFFER_HEADER_SIZE; offset += 24) {
        make(ETLB_UNCOMPRESSED);
        /* CurrentOffset, which goes on past the valid bytes, is the best bound … */
        etlb_patch_u32(&file, BUFFERS * SIZE + BUFFER_OFFSET, offset);
        trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        check_damage(&run, 0, 0, 0);
        CHECK_EQ(run.stats.unused_bytes, 0x70);
        /* … unless it is nonsense. */
        etlb_patch_u32(&file, BUFFERS * SIZE + BUFFER_CURRENT_OFFSET, 0x7FFFFFFF);
        run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        CHECK_EQ(run.stats.unused_bytes, SIZE - end);
        etlb_patch_u32(&file, BUFFERS * SIZE + BUFFER_CURRENT_OFFSET, 3);
        run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS - EVENTS % PER_BUFFER);
        check_damage(&run, 0, 0, 0);
    }
}

static void stops_at_what_is_no_record(void)
{
    make(ETLB_UNCOMPRESSED);
    const size_t at = 2 * SIZE + BUFFER_HEADER_SIZE + 4 * STRIDE;
    etlb_patch_u8(&file, at + 3, 0x12);
    trace_run run = read_file();
    check_found(&run, 1 + BUFFERS, 1 + EVENTS - 6);
    check_damage(&run, 6 * STRIDE, 1, at);
    CHECK_TEXT(run.stats.first_damage.message, "528 bytes at offset 2472: no event record");
    memset(file.data + at, 0xFF, 6 * STRIDE);
    run = read_file();
    check_found(&run, 1 + BUFFERS, 1 + EVENTS - 6);
    check_damage(&run, 0, 0, 0);
    CHECK_EQ(run.stats.unused_bytes, 6 * STRIDE);
}

/* Behind a blank hole there were events: they are lost, and must not count as space never used. */
static void counts_what_lies_behind_a_blank_hole(void)
{
    static const uint8_t BLANKS[] = {0x00, 0xFF};
    for (size_t i = 0; i < 2; i++) {
        make(ETLB_UNCOMPRESSED);
        const size_t hole = SIZE + BUFFER_HEADER_SIZE + 2 * STRIDE;
        memset(file.data + hole, BLANKS[i], STRIDE);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS - (PER_BUFFER - 2));
        check_damage(&run, (PER_BUFFER - 2) * STRIDE, 1, hole);
        CHECK_EQ(run.stats.unused_bytes, 0);
    }
}

static void counts_losses(void)
{
    begin(ETLB_UNCOMPRESSED);
    trace_add_event(trace, 0, 0, 1);
    etlb_mark(trace, 0, ETLB_EVENTS_LOST);
    etlb_flush(trace, 0);
    trace_add_event(trace, 0, 0, 2);
    etlb_mark(trace, 0, ETLB_EVENTS_LOST | ETLB_BUFFER_LOST);
    trace_add_event(trace, 1, 0, 3);
    etlb_mark(trace, 1, ETLB_BUFFER_LOST);
    etlb_flush_all(trace);
    etlb_mark(trace, 1, ETLB_BUFFER_LOST); /* A buffer without events. */
    finish();
    const trace_run run = read_file();
    CHECK_EQ(run.stats.events_lost_flags, 2);
    CHECK_EQ(run.stats.buffers_lost_flags, 3);
    check_found(&run, 5, 4);
}

static void unpacks_all_formats(void)
{
    for (etlb_compression format = ETLB_XPRESS; format <= ETLB_LZNT1; format++) {
        make(format);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS);
        CHECK_EQ(run.stats.compressed_buffers, BUFFERS);
        check_damage(&run, 0, 0, 0);
    }
}

static void unpacks_mixed_formats(void)
{
    begin(ETLB_LZNT1);
    const etlb_compression formats[] = {ETLB_LZNT1,  ETLB_XPRESS,         ETLB_UNCOMPRESSED,
                                        ETLB_XPRESS, ETLB_XPRESS_HUFFMAN, ETLB_LZNT1};
    for (uint16_t i = 0; i < 6; i++) {
        etlb_settings_of(trace)->compression = formats[i];
        trace_add_event(trace, 0, i, i);
        etlb_flush(trace, 0);
    }
    finish();
    const trace_run run = read_file();
    check_found(&run, 7, 7);
    CHECK_EQ(run.stats.compressed_buffers, 5);
    check_damage(&run, 0, 0, 0);
}

static void passes_over_what_does_not_unpack(void)
{
    for (etlb_compression format = ETLB_XPRESS; format <= ETLB_LZNT1; format++) {
        make(format);
        const size_t at = buffer_at(2), next = buffer_at(3);
        memset(file.data + at + BUFFER_HEADER_SIZE, 0xFF, next - at - BUFFER_HEADER_SIZE);
        const trace_run run = read_file();
        check_found(&run, 1 + BUFFERS, 1 + EVENTS - PER_BUFFER);
        check_damage(&run, next - at, 1, at);
    }
}

static void passes_over_a_cut_compressed_buffer(void)
{
    make(ETLB_XPRESS);
    const size_t at = buffer_at(4);
    file.size -= 20;
    const trace_run run = read_file();
    check_found(&run, BUFFERS, 1 + EVENTS - EVENTS % PER_BUFFER);
    check_damage(&run, file.size - at, 1, at);
}

static void reads_buffers_of_old_windows(void)
{
    begin(ETLB_UNCOMPRESSED);
    etlb_settings_of(trace)->byte_processor = true;
    add_events();
    finish();
    /* A reference count, and no size: buffers are as large as the header of the trace says. */
    for (size_t at = 0; at < file.size; at += SIZE) {
        etlb_patch_u32(&file, at + BUFFER_SIZE, 0);
        etlb_patch_u32(&file, at + BUFFER_STATE, 0x12345678);
        etlb_patch_u32(&file, at + BUFFER_FLAG, 0xFFFFFFFF);
    }
    etlb_patch_u8(&file, LOGFILE + 4, 5);
    trace_run run = read_file();
    check_found(&run, 1 + BUFFERS, 1 + EVENTS);
    check_damage(&run, 0, 0, 0);
    CHECK_EQ(run.stats.events_lost_flags, 0);
    /* Newer systems write sizes, so there it is damage. */
    etlb_patch_u8(&file, LOGFILE + 4, 10);
    run = trace_run_all(etlb_written(&file), NULL);
    CHECK_EQ(run.stats.events, 0);
    check_damage(&run, file.size, 1, 0);
}

static void limits_buffer_sizes(void)
{
    make(ETLB_UNCOMPRESSED);
    const trace_run_options enough = {.buffer_size_max = SIZE};
    trace_run run = trace_run_all(etlb_written(&file), &enough);
    check_found(&run, 1 + BUFFERS, 1 + EVENTS);
    etlb_options options = small_options();
    options.buffer_size = SIZE + 8;
    trace = etlb_create(&options);
    add_events();
    etlb_writer_clear(&file);
    finish();
    run = trace_run_all(etlb_written(&file), &enough);
    CHECK_EQ(run.status, ETW_END);
    CHECK_EQ(run.stats.buffers, 0);
    check_damage(&run, file.size, 1, 0);
}

static void refuses_headers_that_make_no_sense(void)
{
    static const struct {
        uint8_t offset, size;
        uint32_t value;
    } CASES[] = {
        {BUFFER_STATE, 4, 7},
        {BUFFER_STATE, 4, 0x10000},
        {BUFFER_FLAG, 2, 0x80},
        {BUFFER_FLAG, 2, 0x8000},
        {BUFFER_TYPE, 2, 8},
        {BUFFER_OFFSET, 4, SIZE + 1},
        {BUFFER_FLAG, 2, BUFFER_FLAG_COMPRESSED}, /* Its bytes are not compressed. */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        make(ETLB_UNCOMPRESSED);
        const size_t at = 2 * SIZE + CASES[i].offset;
        if (CASES[i].size == 2)
            etlb_patch_u16(&file, at, (uint16_t)CASES[i].value);
        else
            etlb_patch_u32(&file, at, CASES[i].value);
        const trace_run run = read_file();
        /* The compressed one is passed over as a whole, since another one follows. */
        const bool is_found = CASES[i].value == BUFFER_FLAG_COMPRESSED;
        check_found(&run, BUFFERS + is_found, 1 + EVENTS - PER_BUFFER);
        const size_t tail = is_found ? 0 : TAIL;
        check_damage(&run, SIZE + tail, 1, 2 * SIZE - tail);
    }
}

int main(void)
{
    RUN(walks_a_sound_trace);
    RUN(passes_over_garbage);
    RUN(passes_over_garbage_at_the_end);
    RUN(counts_space_that_was_never_written);
    RUN(survives_wrong_sizes);
    RUN(finds_the_way_again);
    RUN(reads_as_much_as_a_cut_file_holds);
    RUN(finds_the_end_of_unfinished_buffers);
    RUN(stops_at_what_is_no_record);
    RUN(counts_what_lies_behind_a_blank_hole);
    RUN(counts_losses);
    RUN(unpacks_all_formats);
    RUN(unpacks_mixed_formats);
    RUN(passes_over_what_does_not_unpack);
    RUN(passes_over_a_cut_compressed_buffer);
    RUN(reads_buffers_of_old_windows);
    RUN(limits_buffer_sizes);
    RUN(refuses_headers_that_make_no_sense);
    etlb_writer_free(&file);
    return test_finish();
}
