/*
 * The builder of traces, checked byte by byte against the offsets of the format, so that the tests
 * that use it do not rest on the reader they test.
 */
#include "etl_metadata.h"
#include "sample_trace.h"
#include "test.h"

#include "base/bytes.h"
#include "etl/decompress.h"

#include <stdlib.h>

enum {
    BUFFER_SIZE = 1024
};

static const etw_bytes nothing = {NULL, 0};

static etlb_trace *small_trace(unsigned pointer_size, uint32_t processor_count)
{
    etlb_options options = etlb_default_options();
    options.pointer_size = pointer_size;
    options.processor_count = processor_count;
    options.buffer_size = BUFFER_SIZE;
    return etlb_create(&options);
}

/* The first event of a trace with one event, and how long its record is. */
static const uint8_t *first_record(etlb_trace *trace, size_t *size)
{
    const etw_bytes file = etlb_finish(trace);
    if (file.size != 2 * BUFFER_SIZE)
        etlb_fail("not one event but %zu bytes", file.size);
    *size = etwi_load_u32(file.data + BUFFER_SIZE + 0x30) - ETLB_BUFFER_HEADER_SIZE;
    return file.data + BUFFER_SIZE + ETLB_BUFFER_HEADER_SIZE;
}

/* The file ------------------------------------------------------------------------------------- */

static void header_of_either_width(void)
{
    for (unsigned pointer_size = 4; pointer_size <= 8; pointer_size += 4) {
        etlb_trace *trace = small_trace(pointer_size, 3);
        const etw_bytes file = etlb_finish(trace);
        const etlb_options *options = etlb_options_of(trace);
        const uint8_t *log_header = file.data + 0x68;
        const size_t wide = pointer_size == 8 ? 8 : 0;
        REQUIRE(file.size == BUFFER_SIZE);

        CHECK_EQ(etwi_load_u32(file.data), BUFFER_SIZE);
        CHECK_EQ(etwi_load_u16(file.data + 0x36), 4); /* The header buffer. */
        CHECK_EQ(file.data[0x4A], pointer_size == 8 ? 2 : 1);
        CHECK_EQ(file.data[0x4B], 0xC0);
        CHECK_EQ(etwi_load_u16(file.data + 0x4E), 0);
        CHECK_EQ((int64_t)etwi_load_u64(file.data + 0x58), options->start_raw);
        CHECK_EQ(etwi_load_u32(file.data + 0x30),
                 0x48u + etwi_load_u16(file.data + 0x4C)); /* Ends with its only event. */

        CHECK_EQ(etwi_load_u32(log_header), BUFFER_SIZE);
        CHECK_EQ(etwi_load_u32(log_header + 0x08), options->os_build);
        CHECK_EQ(etwi_load_u32(log_header + 0x0C), 3);
        CHECK_EQ(etwi_load_u64(log_header + 0x10), options->end_time);
        CHECK_EQ(etwi_load_u32(log_header + 0x24), 1); /* BuffersWritten */
        CHECK_EQ(etwi_load_u32(log_header + 0x2C), pointer_size);
        CHECK_EQ(etwi_load_u32(log_header + 0x40 + wide), 480); /* Bias */
        CHECK_EQ(etwi_load_u64(log_header + 0xF0 + wide), options->boot_time);
        CHECK_EQ(etwi_load_u64(log_header + 0xF8 + wide), options->frequency);
        CHECK_EQ(etwi_load_u64(log_header + 0x100 + wide), options->start_time);
        CHECK_EQ(etwi_load_u32(log_header + 0x108 + wide), ETW_CLOCK_QPC);
        CHECK(memcmp(log_header + 0x110 + wide, "e\0t\0l\0b\0\0\0C\0:\0\\\0", 16) == 0);
        etlb_destroy(trace);
    }
}

/* What a buffer says about itself. */
typedef struct buffer_facts {
    uint32_t size, end;
    uint64_t sequence;
    uint16_t processor, flags, logger_id;
} buffer_facts;

static buffer_facts facts_at(etw_bytes file, size_t offset)
{
    const uint8_t *at = file.data + offset;
    const buffer_facts facts = {
        .size = etwi_load_u32(at),
        .end = etwi_load_u32(at + 0x30),
        .sequence = etwi_load_u64(at + 0x18),
        .processor = etwi_load_u16(at + 0x28),
        .flags = etwi_load_u16(at + 0x34),
        .logger_id = etwi_load_u16(at + 0x2A),
    };
    return facts;
}

static void put_marker(etlb_trace *trace, unsigned cpu, int64_t timestamp, size_t payload_size)
{
    etlb_writer payload = {0};
    etlb_fill(&payload, (uint8_t)timestamp, payload_size);
    const etlb_event event = {.cpu = cpu, .timestamp = timestamp, .group = 15, .type = 34};
    etlb_event_perfinfo(trace, &event, etlb_written(&payload));
    etlb_writer_free(&payload);
}

static void buffers_in_the_order_of_their_flushes(void)
{
    etlb_trace *trace = small_trace(8, 2);
    put_marker(trace, 0, 1, 3);
    put_marker(trace, 1, 2, 3);
    etlb_mark(trace, 1, ETLB_EVENTS_LOST);
    etlb_flush(trace, 1);
    etlb_flush(trace, 1); /* Nothing to flush. */
    for (int64_t time = 3; time < 3 + 41; time++)
        put_marker(trace, 0, time, 3); /* 24 bytes each: one too many for the buffer. */
    const etw_bytes file = etlb_finish(trace);
    REQUIRE(file.size == 4 * BUFFER_SIZE);

    const buffer_facts first = facts_at(file, BUFFER_SIZE);
    CHECK_EQ(first.processor, 1);
    CHECK_EQ(first.sequence, 3);
    CHECK_EQ(first.flags, ETLB_PROCESSOR_INDEX | ETLB_EVENTS_LOST);
    CHECK_EQ(first.end, 0x48 + 24);
    const buffer_facts second = facts_at(file, 2 * BUFFER_SIZE);
    CHECK_EQ(second.processor, 0);
    CHECK_EQ(second.sequence, 2);
    CHECK_EQ(second.end, 0x48 + 39 * 24);
    const buffer_facts third = facts_at(file, 3 * BUFFER_SIZE);
    CHECK_EQ(third.sequence, 4);
    CHECK_EQ(third.flags, ETLB_PROCESSOR_INDEX | ETLB_FLUSH_MARKER);
    CHECK_EQ(etwi_load_u32(file.data + 0x68 + 0x24), 4);

    const uint8_t *record = file.data + BUFFER_SIZE + 0x48;
    CHECK_EQ(etwi_load_u16(record + 4), 19);
    CHECK_EQ(record[19], ETLB_PADDING);
    CHECK_EQ(record[24], ETLB_UNUSED);
    etlb_destroy(trace);
}

static void runs_wraps_junk_and_tails(void)
{
    etlb_options options = etlb_default_options();
    options.buffer_size = BUFFER_SIZE;
    options.end_time = 0;
    etlb_trace *trace = etlb_create(&options);
    etlb_settings_of(trace)->byte_processor = true;
    put_marker(trace, 0, 1, 0);
    etlb_flush(trace, 0);
    put_marker(trace, 0, 2, 0);
    etlb_begin_run(trace, 99);
    put_marker(trace, 0, 3, 0);
    etlb_flush_all(trace);
    CHECK_EQ(etlb_buffer_count(trace), 3);
    etlb_wrap(trace, 1);
    etlb_append_junk(trace, etlb_text("junk"));
    etlb_set_tail(trace, 8, 2);
    const etw_bytes file = etlb_finish(trace);
    REQUIRE(file.size == 4 * BUFFER_SIZE + 4 + 8 - 2);

    CHECK_EQ(facts_at(file, 1 * BUFFER_SIZE).sequence, 3);
    CHECK_EQ(facts_at(file, 1 * BUFFER_SIZE).processor, ETLB_PROCESSOR_ALIGNMENT << 8);
    CHECK_EQ(facts_at(file, 1 * BUFFER_SIZE).flags, 0);
    CHECK_EQ(facts_at(file, 2 * BUFFER_SIZE).sequence, 1);
    CHECK_EQ(facts_at(file, 2 * BUFFER_SIZE).logger_id, 99);
    CHECK_EQ(facts_at(file, 3 * BUFFER_SIZE).sequence, 2);
    CHECK(memcmp(file.data + 4 * BUFFER_SIZE, "junk\0\0\0\0\0\0", 10) == 0);
    CHECK_EQ(etwi_load_u64(file.data + 0x68 + 0x10), 0); /* EndTime */
    CHECK_EQ(etwi_load_u32(file.data + 0x68 + 0x24), 1); /* BuffersWritten */
    etlb_destroy(trace);
}

static void compressed_buffers(void)
{
    static const etlb_compression compressions[] = {ETLB_XPRESS, ETLB_XPRESS_HUFFMAN, ETLB_LZNT1};
    for (unsigned i = 0; i < 3; i++) {
        etlb_trace *trace = small_trace(8, 1);
        etlb_settings_of(trace)->compression = compressions[i];
        for (int64_t time = 0; time < 20; time++)
            put_marker(trace, 0, time, 16);
        const etw_bytes file = etlb_finish(trace);
        const uint32_t header_size = etwi_load_u32(file.data);
        CHECK_EQ(header_size, 0x200);
        const buffer_facts facts = facts_at(file, header_size);
        CHECK_EQ(facts.end, 0x48 + 20 * 32);
        CHECK_EQ(facts.flags & ETLB_COMPRESSED, ETLB_COMPRESSED);
        CHECK_EQ(header_size + facts.size, file.size);

        etlb_writer packed = {0};
        etlb_raw(&packed, file.data + header_size + 0x48, facts.size - 0x48);
        etlb_fill(&packed, 0, ETWI_DECOMPRESS_SLACK);
        uint8_t out[20 * 32 + ETWI_DECOMPRESS_SLACK];
        const size_t packed_size = packed.size - ETWI_DECOMPRESS_SLACK;
        const etw_status status =
            compressions[i] == ETLB_XPRESS
                ? etwi_xpress_decompress(out, 20 * 32, packed.data, packed_size, NULL)
            : compressions[i] == ETLB_LZNT1
                ? etwi_lznt1_decompress(out, 20 * 32, packed.data, packed_size, NULL)
                : etwi_xpress_huffman_decompress(out, 20 * 32, packed.data, packed_size, NULL);
        CHECK_EQ(status, ETW_OK);
        for (unsigned event = 0; event < 20; event++)
            CHECK_EQ(etwi_load_u64(out + event * 32 + 8), event);
        etlb_writer_free(&packed);
        etlb_destroy(trace);
    }
}

/* Headers -------------------------------------------------------------------------------------- */

/* One event with distinct values in every member. */
static const etlb_event full_event = {
    .timestamp = 0x1122334455667788,
    .process_id = 0xAAAA0001,
    .thread_id = 0xBBBB0002,
    .kernel_time = 0x31,
    .user_time = 0x32,
    .version = 7,
    .group = 0x0F,
    .type = 0x2E,
    .provider = {0x01020304, 0x0506, 0x0708, {9, 10, 11, 12, 13, 14, 15, 16}},
    .opcode = 41,
    .level = 4,
    .instance_id = 51,
    .parent_instance_id = 52,
    .parent_guid = {0x21222324, 0x2526, 0x2728, {41, 42, 43, 44, 45, 46, 47, 48}},
    .id = 61,
    .task = 62,
    .channel = 11,
    .keyword = 0x8000000000000042,
    .activity_id = {0x61626364, 0x6566, 0x6768, {0, 1, 2, 3, 4, 5, 6, 7}},
    .message_number = 71,
    .marker = 81,
};

typedef void (*event_writer)(etlb_trace *trace, const etlb_event *event, etw_bytes payload);

/* Writes one event with a payload of three bytes and checks what all kinds have in common. */
static void check_kind(event_writer write, unsigned pointer_size, uint8_t type, size_t size_offset,
                       size_t time_offset, size_t header_size)
{
    etlb_trace *trace = small_trace(8, 1);
    etlb_event event = full_event;
    event.pointer_size = pointer_size;
    write(trace, &event, etlb_text("xyz"));
    size_t size;
    const uint8_t *record = first_record(trace, &size);
    CHECK_EQ(record[2], type);
    CHECK_EQ(record[3], 0xC0);
    CHECK_EQ(etwi_load_u16(record + size_offset), header_size + 3);
    CHECK_EQ(etwi_load_u64(record + time_offset), 0x1122334455667788);
    CHECK(memcmp(record + header_size, "xyz", 3) == 0);
    CHECK_EQ(size, header_size + 8);
    etlb_destroy(trace);
}

static void kinds_of_headers(void)
{
    check_kind(etlb_event_system, 4, 1, 4, 0x10, 0x20);
    check_kind(etlb_event_system, 8, 2, 4, 0x10, 0x20);
    check_kind(etlb_event_compact, 4, 3, 4, 0x10, 0x18);
    check_kind(etlb_event_compact, 8, 4, 4, 0x10, 0x18);
    check_kind(etlb_event_perfinfo, 4, 16, 4, 0x08, 0x10);
    check_kind(etlb_event_perfinfo, 8, 17, 4, 0x08, 0x10);
    check_kind(etlb_event_full, 4, 10, 0, 0x10, 0x30);
    check_kind(etlb_event_full, 8, 20, 0, 0x10, 0x30);
    check_kind(etlb_event_instance, 4, 11, 0, 0x10, 0x48);
    check_kind(etlb_event_instance, 8, 21, 0, 0x10, 0x48);
    check_kind(etlb_event_event, 4, 18, 0, 0x10, 0x50);
    check_kind(etlb_event_event, 8, 19, 0, 0x10, 0x50);
}

static void fields_of_classic_headers(void)
{
    etlb_trace *trace = small_trace(8, 1);
    size_t size;
    etlb_event_system(trace, &full_event, nothing);
    const uint8_t *system = first_record(trace, &size);
    CHECK_EQ(etwi_load_u16(system), 7);
    CHECK_EQ(system[6], 0x2E);
    CHECK_EQ(system[7], 0x0F);
    CHECK_EQ(etwi_load_u32(system + 0x08), 0xBBBB0002);
    CHECK_EQ(etwi_load_u32(system + 0x0C), 0xAAAA0001);
    CHECK_EQ(etwi_load_u32(system + 0x18), 0x31);
    CHECK_EQ(etwi_load_u32(system + 0x1C), 0x32);
    etlb_destroy(trace);

    trace = small_trace(8, 1);
    etlb_event_instance(trace, &full_event, nothing);
    const uint8_t *instance = first_record(trace, &size);
    CHECK_EQ(instance[4], 41);
    CHECK_EQ(instance[5], 4);
    CHECK_EQ(etwi_load_u16(instance + 0x06), 7);
    CHECK_EQ(etwi_load_u32(instance + 0x08), 0xBBBB0002);
    CHECK_EQ(etwi_load_u32(instance + 0x0C), 0xAAAA0001);
    CHECK_EQ(etwi_load_u32(instance + 0x18), 0x01020304);
    CHECK_EQ(instance[0x27], 16);
    CHECK_EQ(etwi_load_u32(instance + 0x28), 0x31);
    CHECK_EQ(etwi_load_u32(instance + 0x30), 51);
    CHECK_EQ(etwi_load_u32(instance + 0x34), 52);
    CHECK_EQ(etwi_load_u32(instance + 0x38), 0x21222324);
    etlb_destroy(trace);
}

static void perfinfo_with_counters(void)
{
    static const uint64_t counters[] = {100, 200, 300};
    etlb_trace *trace = small_trace(8, 1);
    etlb_event event = full_event;
    event.has_pebs_index = true;
    event.pebs_index = 99;
    event.counters = counters;
    event.counter_count = 3;
    etlb_event_perfinfo(trace, &event, nothing);
    size_t size;
    const uint8_t *record = first_record(trace, &size);
    CHECK_EQ(etwi_load_u16(record), 0x8307);
    CHECK_EQ(size, 0x10 + 4 * 8);
    CHECK_EQ(etwi_load_u64(record + 0x10), 99);
    CHECK_EQ(etwi_load_u64(record + 0x28), 300);
    etlb_destroy(trace);
}

static void event_with_extended_items(void)
{
    etlb_trace *trace = small_trace(8, 1);
    const etlb_item items[] = {{1, etlb_text("0123456789abcdef")}, {2, etlb_text("12345")}};
    etlb_event event = full_event;
    event.items = items;
    event.item_count = 2;
    etlb_event_event(trace, &event, etlb_text("payload"));
    size_t size;
    const uint8_t *record = first_record(trace, &size);
    CHECK_EQ(etwi_load_u16(record), 0x50 + 24 + 16 + 7);
    CHECK_EQ(etwi_load_u16(record + 4), ETW_EVENT_EXTENDED_INFO);
    CHECK_EQ(etwi_load_u32(record + 8), 0xBBBB0002);
    CHECK_EQ(etwi_load_u32(record + 0x0C), 0xAAAA0001);
    CHECK_EQ(etwi_load_u16(record + 0x28), 61);
    CHECK_EQ(record[0x2A], 7);
    CHECK_EQ(record[0x2B], 11);
    CHECK_EQ(record[0x2C], 4);
    CHECK_EQ(record[0x2D], 41);
    CHECK_EQ(etwi_load_u16(record + 0x2E), 62);
    CHECK_EQ(etwi_load_u64(record + 0x30), 0x8000000000000042);
    CHECK_EQ(etwi_load_u32(record + 0x40), 0x61626364);
    CHECK_EQ(etwi_load_u16(record + 0x50), 24);
    CHECK_EQ(etwi_load_u16(record + 0x54), 1);
    CHECK_EQ(etwi_load_u16(record + 0x68), 16);
    CHECK_EQ(etwi_load_u16(record + 0x6C), 0);
    CHECK_EQ(etwi_load_u16(record + 0x6E), 5);
    CHECK(memcmp(record + 0x78, "payload", 7) == 0);
    etlb_destroy(trace);
}

static void messages_with_all_options(void)
{
    for (unsigned options = 0; options < 256; options++) {
        etlb_trace *trace = small_trace(8, 1);
        etlb_event event = full_event;
        event.options = (uint16_t)options;
        etlb_event_message(trace, &event, nothing);
        size_t size;
        const uint8_t *record = first_record(trace, &size);
        const unsigned want = 8 + (options & 1 ? 4 : 0) +
                              (options & 4   ? 4
                               : options & 2 ? 16
                                             : 0) +
                              (options & 8 ? 8 : 0) + (options & 0x20 ? 8 : 0);
        CHECK_EQ(record[3], 0x90);
        CHECK_EQ(etwi_load_u16(record), want);
        CHECK_EQ(etwi_load_u16(record + 4), 71);
        CHECK_EQ(etwi_load_u16(record + 6), options);
        etlb_destroy(trace);
    }
}

static void headers_that_are_opaque(void)
{
    static const etw_header_kind kinds[] = {ETW_HEADER_TIMED, ETW_HEADER_ERROR, ETW_HEADER_WNODE};
    for (unsigned i = 0; i < 3; i++) {
        etlb_trace *trace = small_trace(8, 1);
        etlb_event_opaque(trace, &full_event, kinds[i], etlb_text("0123456789ab"));
        size_t size;
        const uint8_t *record = first_record(trace, &size);
        CHECK_EQ(record[2], 12 + i);
        CHECK_EQ(etwi_load_u16(record), 16);
        etlb_destroy(trace);
    }
    etlb_trace *trace = small_trace(8, 1);
    etlb_event_ulong32(trace, &full_event, nothing);
    size_t size;
    const uint8_t *record = first_record(trace, &size);
    CHECK_EQ(record[3], 0xB0);
    CHECK_EQ(etwi_load_u32(record + 4), 81);
    CHECK_EQ(etwi_load_u64(record + 8), 0x1122334455667788);
    etlb_destroy(trace);
}

/* Metadata ------------------------------------------------------------------------------------- */

static void tracelogging_metadata(void)
{
    etlb_writer out = {0};
    const size_t begin = etlb_tl_begin(&out, "E", 0x0200001);
    etlb_tl_scalar(&out, "a", 8, 0);
    etlb_tl_fixed_array(&out, "b", 4, 4, 3);
    const etlb_tl_field tagged = {.name = "c", .in_type = 2, .has_tags = true, .tags = 0x200000};
    etlb_tl_add(&out, &tagged);
    etlb_tl_end(&out, begin);
    static const uint8_t want[] = {22,  0, 0x81, 0x80, 0x80, 0x01, 'E', 0, 'a',  0,    8,
                                   'b', 0, 0xA4, 4,    3,    0,    'c', 0, 0x82, 0x80, 0x01};
    CHECK_EQ(out.size, sizeof want);
    CHECK(memcmp(out.data, want, sizeof want) == 0);
    etlb_writer_free(&out);
}

static void sample_traces(void)
{
    for (int kind = 0; kind < SAMPLE_KIND_COUNT; kind++) {
        etlb_writer first = {0}, second = {0};
        sample_trace_build(&first, (sample_kind)kind);
        sample_trace_build(&second, (sample_kind)kind);
        CHECK(sample_kind_name((sample_kind)kind) != NULL);
        CHECK(first.size > 100000);
        CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        etlb_writer_free(&first);
        etlb_writer_free(&second);
    }
    CHECK(sample_kind_name(SAMPLE_KIND_COUNT) == NULL);
}

int main(void)
{
    RUN(header_of_either_width);
    RUN(buffers_in_the_order_of_their_flushes);
    RUN(runs_wraps_junk_and_tails);
    RUN(compressed_buffers);
    RUN(kinds_of_headers);
    RUN(fields_of_classic_headers);
    RUN(perfinfo_with_counters);
    RUN(event_with_extended_items);
    RUN(messages_with_all_options);
    RUN(headers_that_are_opaque);
    RUN(tracelogging_metadata);
    RUN(sample_traces);
    return test_finish();
}
