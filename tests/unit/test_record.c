/* Record headers: every kind in both widths, sizes, extended data, WPP messages. */
#include "test.h"

#include "etl/record.h"
#include "etl_writer.h"
#include "guard.h"

static const etw_trace_info TRACE = {
    .clock = {ETW_CLOCK_QPC, 10000000, 1000, 5000000},
    .pointer_size = 8,
    .layout_major = 1,
    .layout_minor = 5,
};
static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_guid ACTIVITY = {0xA, 0xB, 0xC, {1, 2, 3, 4, 5, 6, 7, 8}};

static etlb_writer record;
static guard area;

/* Parses the record just written, of which `size` bytes are there. */
static bool parse_cut(etw_event *out, size_t size, const etw_trace_info *trace)
{
    const etw_bytes whole = {record.data, size};
    const etw_bytes bytes = guard_copy(&area, whole);
    etwi_record_peek peek;
    if (!etwi_record_peek_at(&peek, bytes.data, bytes.size))
        return false;
    const etwi_tick_scale scale = etwi_tick_scale_of(&trace->clock);
    const etwi_record_context context = {trace, &scale, NULL, 3, 17, ETW_EVENT_PROCESSOR_INDEX};
    etwi_record_parse(out, bytes.data, &peek, 1234, &context);
    return true;
}

static bool parse(etw_event *out)
{
    return parse_cut(out, record.size, &TRACE);
}

/* SYSTEM, COMPACT, PERFINFO begin alike. */
static void put_kernel(uint8_t type, uint16_t version, uint8_t event_type, uint8_t group)
{
    etlb_writer_clear(&record);
    etlb_u16(&record, version);
    etlb_u8(&record, type);
    etlb_u8(&record, 0xC0);
    etlb_u16(&record, 0);
    etlb_u8(&record, event_type);
    etlb_u8(&record, group);
}

static void set_size(size_t offset)
{
    etlb_patch_u16(&record, offset, (uint16_t)record.size);
}

static void check_surroundings(const etw_event *event, etw_header_kind kind, int64_t raw)
{
    CHECK_EQ(event->header_kind, kind);
    CHECK(event->trace == &TRACE);
    CHECK_EQ(event->processor, 3);
    CHECK_EQ(event->logger_id, 17);
    CHECK(event->flags & ETW_EVENT_PROCESSOR_INDEX);
    CHECK_EQ(event->raw_timestamp, raw);
    CHECK_EQ(event->timestamp, 5000000 + raw - 1000);
    CHECK_EQ(event->record_size, record.size);
    CHECK_EQ(event->is_damaged, 0);
    CHECK_EQ(event->payload - event->record + event->payload_size, record.size);
}

static void check_width(const etw_event *event, unsigned pointer_size)
{
    CHECK_EQ(event->pointer_size, pointer_size);
    CHECK_EQ(!!(event->flags & ETW_EVENT_32_BIT), pointer_size == 4);
    CHECK_EQ(!!(event->flags & ETW_EVENT_64_BIT), pointer_size == 8);
}

static void reads_system(void)
{
    for (uint8_t type = 1; type <= 2; type++) {
        put_kernel(type, 4, 36, 5);
        etlb_u32(&record, 11);
        etlb_u32(&record, 22);
        etlb_u64(&record, 7000);
        etlb_u32(&record, 33);
        etlb_u32(&record, 44);
        etlb_u32(&record, 0xABCDEF);
        set_size(4);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, type == 1 ? ETW_HEADER_SYSTEM32 : ETW_HEADER_SYSTEM64, 7000);
        check_width(&event, type == 1 ? 4 : 8);
        CHECK_EQ(event.thread_id, 11);
        CHECK_EQ(event.process_id, 22);
        CHECK_EQ(etw_event_kernel_time(&event), 33);
        CHECK_EQ(etw_event_user_time(&event), 44);
        CHECK_EQ(event.version, 4);
        CHECK_EQ(event.opcode, 36);
        CHECK_EQ(event.id, 0);
        CHECK_EQ(event.provider.data1, 0x3d6fa8d1); /* Thread */
        CHECK(event.flags & ETW_EVENT_CLASSIC);
        CHECK(!(event.flags & ETW_EVENT_NO_CPU_TIME));
        CHECK_EQ(event.payload_size, 4);
    }
}

static void reads_compact(void)
{
    for (uint8_t type = 3; type <= 4; type++) {
        put_kernel(type, 2, 1, 3);
        etlb_u32(&record, 11);
        etlb_u32(&record, 22);
        etlb_u64(&record, 7000);
        set_size(4);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, type == 3 ? ETW_HEADER_COMPACT32 : ETW_HEADER_COMPACT64, 7000);
        check_width(&event, type == 3 ? 4 : 8);
        CHECK_EQ(event.thread_id, 11);
        CHECK_EQ(event.process_id, 22);
        CHECK(event.flags & ETW_EVENT_NO_CPU_TIME);
        CHECK_EQ(event.cpu_time, 0);
        CHECK_EQ(event.payload_size, 0);
        CHECK_EQ(event.provider.data1, 0x3d6fa8d0); /* Process */
    }
}

static void reads_perfinfo(void)
{
    for (uint8_t type = 16; type <= 17; type++) {
        put_kernel(type, 2, 46, 15);
        etlb_u64(&record, 7000);
        etlb_u16(&record, 99);
        set_size(4);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, type == 16 ? ETW_HEADER_PERFINFO32 : ETW_HEADER_PERFINFO64,
                           7000);
        check_width(&event, type == 16 ? 4 : 8);
        CHECK_EQ(event.process_id, ETW_NO_ID);
        CHECK_EQ(event.thread_id, ETW_NO_ID);
        CHECK_EQ(event.payload_size, 2);
        CHECK_EQ(event.provider.data1, 0xce1dbfb4); /* PerfInfo */
        uint32_t position = 0;
        etw_extended item;
        CHECK(!etw_event_next_extended(&event, &position, &item));
    }
}

static void names_groups(void)
{
    etw_event event;
    put_kernel(16, 2, 10, 3);
    etlb_u64(&record, 0);
    set_size(4);
    REQUIRE(parse(&event));
    CHECK_EQ(event.provider.data1, 0x2cb15d1d); /* Image: load is a process event in the file. */
    for (unsigned group = 0x20; group <= 0xFF; group++) {
        etlb_patch_u8(&record, 7, (uint8_t)group);
        REQUIRE(parse(&event));
        CHECK(etw_guid_is_null(&event.provider));
    }
}

static void reads_counters_behind_kernel_headers(void)
{
    for (unsigned pebs = 0; pebs < 2; pebs++) {
        for (unsigned count = 0; count < 8; count++) {
            put_kernel(17, (uint16_t)(2 | pebs << 15 | count << 8), 46, 15);
            etlb_u64(&record, 7000);
            if (pebs)
                etlb_u64(&record, 0x1234);
            for (unsigned i = 0; i < count; i++)
                etlb_u64(&record, 100 + i);
            etlb_u32(&record, 0x55);
            set_size(4);
            etw_event event;
            REQUIRE(parse(&event));
            CHECK_EQ(event.version, 2);
            CHECK_EQ(event.payload_size, 4);
            CHECK_EQ(event.payload[0], 0x55);
            etw_bytes data;
            CHECK_EQ(etw_event_find_extended(&event, ETW_EXTENDED_PEBS_INDEX, &data), pebs);
            if (pebs)
                CHECK_EQ(etwi_load_u64(data.data), 0x1234);
            CHECK_EQ(etw_event_find_extended(&event, ETW_EXTENDED_PMC_COUNTERS, &data), count > 0);
            if (count) {
                CHECK_EQ(data.size, 8 * count);
                CHECK_EQ(etwi_load_u64(data.data + 8 * (count - 1)), 99 + count);
            }
            /* Counters that do not fit make no record. */
            const size_t counters = 8 * (pebs + count);
            if (counters) {
                etlb_patch_u16(&record, 4, (uint16_t)(16 + counters - 1));
                CHECK(!parse(&event));
            }
        }
    }
}

static void put_full(uint8_t type)
{
    etlb_writer_clear(&record);
    etlb_u16(&record, 0);
    etlb_u8(&record, type);
    etlb_u8(&record, 0xC0);
    etlb_u8(&record, 32);
    etlb_u8(&record, 4);
    etlb_u16(&record, 0x0302);
    etlb_u32(&record, 11);
    etlb_u32(&record, 22);
    etlb_u64(&record, 7000);
    etlb_guid(&record, &PROVIDER);
    etlb_u32(&record, 33);
    etlb_u32(&record, 44);
}

static void check_full(const etw_event *event)
{
    CHECK(etw_guid_equal(&event->provider, &PROVIDER));
    CHECK_EQ(event->opcode, 32);
    CHECK_EQ(event->level, 4);
    CHECK_EQ(event->version, 2);
    CHECK_EQ(event->thread_id, 11);
    CHECK_EQ(event->process_id, 22);
    CHECK_EQ(etw_event_kernel_time(event), 33);
    CHECK_EQ(etw_event_user_time(event), 44);
    CHECK(event->flags & ETW_EVENT_CLASSIC);
}

static void reads_full(void)
{
    static const uint8_t TYPES[] = {10, 20};
    for (unsigned i = 0; i < 2; i++) {
        put_full(TYPES[i]);
        etlb_u16(&record, 7);
        set_size(0);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, i ? ETW_HEADER_FULL64 : ETW_HEADER_FULL32, 7000);
        check_width(&event, i ? 8 : 4);
        check_full(&event);
        CHECK_EQ(event.payload_size, 2);
    }
}

static void reads_instances(void)
{
    static const uint8_t TYPES[] = {11, 21};
    for (unsigned i = 0; i < 2; i++) {
        put_full(TYPES[i]);
        etlb_u32(&record, 501);
        etlb_u32(&record, 502);
        etlb_guid(&record, &ACTIVITY);
        etlb_u8(&record, 9);
        set_size(0);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, i ? ETW_HEADER_INSTANCE64 : ETW_HEADER_INSTANCE32, 7000);
        check_width(&event, i ? 8 : 4);
        check_full(&event);
        CHECK_EQ(event.payload_size, 1);
        etw_extended item;
        uint32_t position = 0;
        REQUIRE(etw_event_next_extended(&event, &position, &item));
        CHECK_EQ(item.type, ETW_EXTENDED_INSTANCE_INFO);
        CHECK_EQ(item.data.size, 24);
        CHECK_EQ(etwi_load_u32(item.data.data), 501);
        CHECK_EQ(etwi_load_u32(item.data.data + 4), 502);
        const etw_guid parent = etwi_load_guid(item.data.data + 8);
        CHECK(etw_guid_equal(&parent, &ACTIVITY));
        CHECK(!etw_event_next_extended(&event, &position, &item));
    }
}

/* Before layout 1.1 the parent's GUID was not stored, and the header is 16 bytes shorter. */
static void reads_old_instances(void)
{
    put_full(11);
    etlb_u32(&record, 501);
    etlb_u32(&record, 502);
    etlb_fill(&record, 0xEE, 20);
    set_size(0);
    etw_trace_info old = TRACE;
    old.layout_minor = 0;
    etw_event event;
    REQUIRE(parse_cut(&event, record.size, &old));
    CHECK_EQ(event.payload - event.record, 0x38);
    CHECK_EQ(event.payload_size, 20);
    etw_bytes data;
    CHECK(!etw_event_find_extended(&event, ETW_EXTENDED_INSTANCE_INFO, &data));
    /* In a newer trace it can only be the short header if the record has no room for the other. */
    record.size = 0x38;
    set_size(0);
    REQUIRE(parse(&event));
    CHECK_EQ(event.payload_size, 0);
    etlb_patch_u16(&record, 0, 0x37);
    CHECK(!parse(&event));
}

static void put_event(uint8_t type, uint16_t flags)
{
    etlb_writer_clear(&record);
    etlb_u16(&record, 0);
    etlb_u8(&record, type);
    etlb_u8(&record, 0xC0);
    etlb_u16(&record, flags);
    etlb_u16(&record, 0x12);
    etlb_u32(&record, 11);
    etlb_u32(&record, 22);
    etlb_u64(&record, 7000);
    etlb_guid(&record, &PROVIDER);
    etlb_u16(&record, 0xABCD);
    etlb_u8(&record, 1);
    etlb_u8(&record, 2);
    etlb_u8(&record, 3);
    etlb_u8(&record, 4);
    etlb_u16(&record, 5);
    etlb_u64(&record, 0x8000000000000001);
    etlb_u64(&record, 0x2C00000021);
    etlb_guid(&record, &ACTIVITY);
}

static void reads_events(void)
{
    for (uint8_t type = 18; type <= 19; type++) {
        put_event(type, ETW_EVENT_DECODE_GUID);
        etlb_fill(&record, 0x77, 5);
        set_size(0);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, type == 18 ? ETW_HEADER_EVENT32 : ETW_HEADER_EVENT64, 7000);
        check_width(&event, type == 18 ? 4 : 8);
        CHECK(etw_guid_equal(&event.provider, &PROVIDER));
        CHECK(etw_guid_equal(&event.activity_id, &ACTIVITY));
        CHECK_EQ(event.id, 0xABCD);
        CHECK_EQ(event.version, 1);
        CHECK_EQ(event.channel, 2);
        CHECK_EQ(event.level, 3);
        CHECK_EQ(event.opcode, 4);
        CHECK_EQ(event.task, 5);
        CHECK_EQ(event.property, 0x12);
        CHECK_EQ(event.keyword, 0x8000000000000001);
        CHECK_EQ(event.thread_id, 11);
        CHECK_EQ(event.process_id, 22);
        CHECK_EQ(etw_event_kernel_time(&event), 0x21);
        CHECK_EQ(etw_event_user_time(&event), 0x2C);
        CHECK(event.flags & ETW_EVENT_DECODE_GUID);
        CHECK(!(event.flags & ETW_EVENT_CLASSIC));
        CHECK_EQ(event.payload_size, 5);
        event.flags |= ETW_EVENT_PRIVATE_SESSION;
        CHECK_EQ(etw_event_kernel_time(&event) | etw_event_user_time(&event), 0);
    }
}

/* Room of `size` bytes for `data_size` bytes of data. */
static void put_item(uint16_t size, uint16_t type, bool more, uint16_t data_size)
{
    etlb_u16(&record, size);
    etlb_u16(&record, type);
    etlb_u16(&record, more ? 0xFFFF : 0xFFFE); /* Only bit 0 of the linkage counts. */
    etlb_u16(&record, data_size);
    if (size > 8)
        etlb_fill(&record, (uint8_t)type, size - 8);
}

static void reads_extended_data(void)
{
    put_event(19, ETW_EVENT_EXTENDED_INFO);
    put_item(24, ETW_EXTENDED_RELATED_ACTIVITY_ID, true, 16);
    put_item(16, ETW_EXTENDED_TERMINAL_SESSION_ID, true, 4);
    put_item(8, 0x1234, true, 0);
    put_item(16, ETW_EXTENDED_EVENT_KEY, false, 8);
    etlb_fill(&record, 0x77, 3);
    set_size(0);
    etw_event event;
    REQUIRE(parse(&event));
    CHECK_EQ(event.is_damaged, 0);
    CHECK_EQ(event.payload_size, 3);
    CHECK_EQ(event.payload[0], 0x77);
    static const uint16_t TYPES[] = {1, 3, 0x1234, 10}, SIZES[] = {16, 4, 0, 8};
    etw_extended item;
    uint32_t position = 0;
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(etw_event_next_extended(&event, &position, &item));
        CHECK_EQ(item.type, TYPES[i]);
        CHECK_EQ(item.data.size, SIZES[i]);
        if (item.data.size)
            CHECK_EQ(item.data.data[item.data.size - 1], (uint8_t)TYPES[i]);
    }
    CHECK(!etw_event_next_extended(&event, &position, &item));
    etw_bytes data;
    CHECK(etw_event_find_extended(&event, ETW_EXTENDED_EVENT_KEY, &data));
    CHECK(!etw_event_find_extended(&event, ETW_EXTENDED_SID, &data));
}

/* The chain breaks at its second item, which `size`, `data_size` and the rest make impossible. */
static void breaks_at_second_item(uint16_t size, uint16_t data_size, size_t rest)
{
    put_event(19, ETW_EVENT_EXTENDED_INFO);
    put_item(16, ETW_EXTENDED_EVENT_KEY, true, 8);
    put_item(size, ETW_EXTENDED_SID, true, data_size);
    record.size = 0x50 + 16 + rest;
    set_size(0);
    etw_event event;
    REQUIRE(parse(&event));
    CHECK_EQ(event.is_damaged, 1);
    CHECK_EQ(event.payload - event.record, 0x50 + 16);
    CHECK_EQ(event.payload_size, rest);
    uint32_t position = 0;
    etw_extended item;
    CHECK(etw_event_next_extended(&event, &position, &item));
    CHECK_EQ(item.type, ETW_EXTENDED_EVENT_KEY);
    CHECK(!etw_event_next_extended(&event, &position, &item));
}

static void stops_at_broken_extended_data(void)
{
    breaks_at_second_item(16, 8, 0);  /* Missing. */
    breaks_at_second_item(16, 8, 7);  /* Cut inside of its header … */
    breaks_at_second_item(16, 8, 15); /* … and of its data. */
    breaks_at_second_item(0, 0, 8);
    breaks_at_second_item(7, 0, 8);
    breaks_at_second_item(12, 4, 12);
    breaks_at_second_item(16, 9, 16);
    breaks_at_second_item(0xFFF8, 8, 16);
    /* The last item says that one more follows. */
    put_event(19, ETW_EVENT_EXTENDED_INFO);
    put_item(8, ETW_EXTENDED_SID, true, 0);
    set_size(0);
    etw_event event;
    REQUIRE(parse(&event));
    CHECK_EQ(event.is_damaged, 1);
    CHECK_EQ(event.payload_size, 0);
}

/* A message with the fields that `options` name, in the order of the header. */
static void put_message(uint16_t options)
{
    etlb_writer_clear(&record);
    etlb_u16(&record, 0);
    etlb_u8(&record, 15);
    etlb_u8(&record, 0x90);
    etlb_u16(&record, 42);
    etlb_u16(&record, options);
    if (options & MESSAGE_SEQUENCE)
        etlb_u32(&record, 7);
    if (options & MESSAGE_COMPONENT)
        etlb_u32(&record, 0xC0DE);
    else if (options & MESSAGE_GUID)
        etlb_guid(&record, &PROVIDER);
    if (options & MESSAGE_TIMESTAMP)
        etlb_u64(&record, 7000);
    if (options & MESSAGE_SYSTEM_INFO) {
        etlb_u32(&record, 11);
        etlb_u32(&record, 22);
    }
}

static void reads_messages_with_any_options(void)
{
    for (unsigned options = 0; options < 0x200; options++) {
        put_message((uint16_t)options);
        const size_t header_size = record.size;
        etlb_u8(&record, 0x66);
        set_size(0);
        etw_event event;
        REQUIRE(parse(&event));
        const bool timed = options & MESSAGE_TIMESTAMP;
        check_surroundings(&event, ETW_HEADER_MESSAGE, timed ? 7000 : 1234);
        CHECK_EQ(event.id, 42);
        CHECK_EQ(event.payload_size, 1);
        CHECK_EQ(event.payload[0], 0x66);
        CHECK(event.flags & ETW_EVENT_TRACE_MESSAGE);
        const bool system = options & MESSAGE_SYSTEM_INFO;
        CHECK_EQ(event.thread_id, system ? 11 : ETW_NO_ID);
        CHECK_EQ(event.process_id, system ? 22 : ETW_NO_ID);
        if (options & MESSAGE_COMPONENT)
            CHECK_EQ(event.provider.data1, 0xC0DE);
        else
            CHECK_EQ(etw_guid_equal(&event.provider, &PROVIDER), !!(options & MESSAGE_GUID));
        check_width(&event, !(options & MESSAGE_POINTER64) && options & MESSAGE_POINTER32 ? 4 : 8);
        if (header_size > 8) {
            etlb_patch_u16(&record, 0, (uint16_t)(header_size - 1));
            CHECK(!parse(&event));
        }
    }
}

static void reads_other_kinds(void)
{
    static const uint8_t TYPES[] = {12, 13, 14};
    for (unsigned i = 0; i < 3; i++) {
        etlb_writer_clear(&record);
        etlb_u16(&record, 0);
        etlb_u8(&record, TYPES[i]);
        etlb_u8(&record, 0xC0);
        etlb_fill(&record, 0x31, 8);
        set_size(0);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, (etw_header_kind)(ETW_HEADER_TIMED + i), 1234);
        CHECK_EQ(event.process_id, ETW_NO_ID);
        CHECK_EQ(event.payload_size, 8);
        check_width(&event, 8);
    }
}

static void reads_numbered_kinds(void)
{
    for (unsigned timed = 0; timed < 2; timed++) {
        etlb_writer_clear(&record);
        etlb_u16(&record, 0);
        etlb_u8(&record, 0);
        etlb_u8(&record, timed ? 0xB0 : 0xA0);
        etlb_u32(&record, 5);
        if (timed)
            etlb_u64(&record, 7000);
        etlb_u8(&record, 1);
        set_size(0);
        etw_event event;
        REQUIRE(parse(&event));
        check_surroundings(&event, ETW_HEADER_ULONG32, timed ? 7000 : 1234);
        CHECK_EQ(event.payload_size, 1);
        etlb_patch_u16(&record, 0, timed ? 15 : 7);
        CHECK(!parse(&event));
    }
}

static void refuses_unknown_markers(void)
{
    etw_event event;
    put_event(19, 0);
    set_size(0);
    REQUIRE(parse(&event));
    for (unsigned type = 22; type < 256; type++) {
        etlb_patch_u8(&record, 2, (uint8_t)type);
        CHECK(!parse(&event));
    }
    for (uint8_t type = 5; type < 10; type++) {
        etlb_patch_u8(&record, 2, type);
        CHECK(!parse(&event));
    }
    etlb_patch_u8(&record, 2, 19);
    for (unsigned flags = 0; flags <= 0x80; flags += 0x40) {
        etlb_patch_u8(&record, 3, (uint8_t)flags);
        CHECK_EQ(parse(&event), flags == 0xC0);
    }
}

/* Every cut of every kind against a guard page: never read, never accepted. */
static void refuses_records_that_do_not_fit(void)
{
    static const uint8_t TYPES[] = {1, 3, 10, 11, 12, 15, 16, 18};
    for (unsigned i = 0; i < sizeof TYPES; i++) {
        put_event(TYPES[i], 0);
        const bool kernel = TYPES[i] < 5 || TYPES[i] == 16;
        etlb_patch_u16(&record, 0, 2);
        set_size(kernel ? 4 : 0);
        etw_event event;
        CHECK(parse(&event));
        for (size_t size = 0; size < record.size; size++)
            REQUIRE(!parse_cut(&event, size, &TRACE));
    }
}

static void names_kinds(void)
{
    CHECK_TEXT(etw_header_kind_name(ETW_HEADER_UNKNOWN), "UNKNOWN");
    CHECK_TEXT(etw_header_kind_name(ETW_HEADER_EVENT64), "EVENT64");
    CHECK_TEXT(etw_header_kind_name(ETW_HEADER_ULONG32), "ULONG32");
    CHECK_TEXT(etw_header_kind_name((etw_header_kind)1000), "UNKNOWN");
    CHECK_EQ(etwi_record_stride(0), 0);
    CHECK_EQ(etwi_record_stride(1), 8);
    CHECK_EQ(etwi_record_stride(0xFFFF), 0x10000);
}

int main(void)
{
    area = guard_create(0x10000);
    RUN(reads_system);
    RUN(reads_compact);
    RUN(reads_perfinfo);
    RUN(names_groups);
    RUN(reads_counters_behind_kernel_headers);
    RUN(reads_full);
    RUN(reads_instances);
    RUN(reads_old_instances);
    RUN(reads_events);
    RUN(reads_extended_data);
    RUN(stops_at_broken_extended_data);
    RUN(reads_messages_with_any_options);
    RUN(reads_other_kinds);
    RUN(reads_numbered_kinds);
    RUN(refuses_unknown_markers);
    RUN(refuses_records_that_do_not_fit);
    RUN(names_kinds);
    guard_destroy(&area);
    etlb_writer_free(&record);
    return test_finish();
}
