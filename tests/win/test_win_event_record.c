/* EVENT_RECORDs as records: our own reader finds all that was in them. */
#include "test.h"

#include "consumer/win/event_record.h"
#include "etl/record.h"
#include "guard.h"

#include <stdlib.h>

static const etw_trace_info TRACE = {
    .clock = {ETW_CLOCK_QPC, 10000000, 1000, 5000000},
    .pointer_size = 8,
};
static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {9, 10, 11, 12, 13, 14, 15, 16}};
static const etw_guid ACTIVITY = {0xA, 0xB, 0xC, {1, 2, 3, 4, 5, 6, 7, 8}};

static guard area;
static uint8_t payload[UINT16_MAX];

static etwi_abi_record make_event(uint16_t flags, uint16_t payload_size)
{
    etwi_abi_record event;
    memset(&event, 0, sizeof event);
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7 + 1);
    event.event_header = (etwi_abi_event_header){
        .size = 0xDEAD, /* What Windows has here is no size of a record. */
        .header_type = 0xBEEF,
        .flags = flags,
        .event_property = 3,
        .thread_id = 44,
        .process_id = 55,
        .time_stamp = 1234,
        .provider_id = PROVIDER,
        .event_descriptor = {101, 2, 16, 4, 5, 606, UINT64_C(0x8000000000000070)},
        .processor_time = UINT64_C(0x0000000700000009),
        .activity_id = ACTIVITY,
    };
    event.buffer_context = (etwi_abi_buffer_context){0x0203, 17};
    event.user_data = payload;
    event.user_data_length = payload_size;
    return event;
}

/* Writes the record to memory that ends with it and parses that. */
static bool pass_through(const etwi_abi_record *event, etw_event *out)
{
    const uint32_t size = etwi_event_record_size(event);
    if (!CHECK(size >= EVENT_HEADER_SIZE))
        return false;
    const uint32_t stride = etwi_record_stride(size);
    static uint8_t written[UINT16_MAX + 1];
    memset(written, 0xA5, sizeof written);
    etwi_event_record_write(written, event, size);
    for (uint32_t i = size; i < stride; i++)
        CHECK_EQ(written[i], 0);
    CHECK(stride == sizeof written || written[stride] == 0xA5);
    const etw_bytes bytes = guard_copy(&area, (etw_bytes){written, size});
    etwi_record_peek peek;
    if (!CHECK(etwi_record_peek_at(&peek, bytes.data, bytes.size)))
        return false;
    CHECK_EQ(peek.size, size);
    const etwi_tick_scale scale = etwi_tick_scale_of(&TRACE.clock);
    const etwi_record_context context = {&TRACE, &scale, NULL, 3, 17, 0};
    etwi_record_parse(out, bytes.data, &peek, peek.raw_time, &context);
    CHECK_EQ(out->is_damaged, 0);
    return true;
}

static void check_header(const etw_event *event)
{
    CHECK_EQ(event->property, 3);
    CHECK_EQ(event->thread_id, 44);
    CHECK_EQ(event->process_id, 55);
    CHECK_EQ(event->raw_timestamp, 1234);
    CHECK(etw_guid_equal(&event->provider, &PROVIDER));
    CHECK_EQ(event->id, 101);
    CHECK_EQ(event->version, 2);
    CHECK_EQ(event->channel, 16);
    CHECK_EQ(event->level, 4);
    CHECK_EQ(event->opcode, 5);
    CHECK_EQ(event->task, 606);
    CHECK_EQ(event->keyword, UINT64_C(0x8000000000000070));
    CHECK_EQ(etw_event_kernel_time(event), 9);
    CHECK_EQ(etw_event_user_time(event), 7);
    CHECK(etw_guid_equal(&event->activity_id, &ACTIVITY));
}

static void keeps_headers_and_payloads_of_all_sizes(void)
{
    for (unsigned size = 0; size < 20; size++) {
        const etwi_abi_record made = make_event(ETW_EVENT_64_BIT, (uint16_t)size);
        etw_event event;
        REQUIRE(pass_through(&made, &event));
        check_header(&event);
        CHECK_EQ(event.header_kind, ETW_HEADER_EVENT64);
        CHECK_EQ(event.flags, ETW_EVENT_64_BIT);
        CHECK_EQ(event.pointer_size, 8);
        CHECK_EQ(event.payload_size, size);
        CHECK(!size || memcmp(event.payload, payload, size) == 0);
    }
}

static void tells_the_width_of_pointers(void)
{
    const etwi_abi_record made = make_event(ETW_EVENT_32_BIT, 4);
    etw_event event;
    REQUIRE(pass_through(&made, &event));
    CHECK_EQ(event.header_kind, ETW_HEADER_EVENT32);
    CHECK_EQ(event.pointer_size, 4);
    check_header(&event);
}

static void keeps_what_classic_events_and_messages_are(void)
{
    const uint16_t kinds[] = {ETW_EVENT_CLASSIC, ETW_EVENT_TRACE_MESSAGE, ETW_EVENT_STRING_ONLY,
                              ETW_EVENT_NO_CPU_TIME | ETW_EVENT_PRIVATE_SESSION};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const etwi_abi_record made = make_event(kinds[i] | ETW_EVENT_64_BIT, 12);
        etw_event event;
        REQUIRE(pass_through(&made, &event));
        CHECK_EQ(event.flags, kinds[i] | ETW_EVENT_64_BIT);
        CHECK_EQ(event.opcode, 5);
        CHECK_EQ(event.payload_size, 12);
    }
}

static void chains_extended_data_of_all_sizes(void)
{
    uint8_t data[24];
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(200 + i);
    for (uint16_t size = 0; size <= sizeof data; size++) {
        etwi_abi_extended_item items[3];
        memset(items, 0xCC, sizeof items);
        for (unsigned i = 0; i < 3; i++)
            items[i] =
                (etwi_abi_extended_item){.ext_type = (uint16_t)(11 + i),
                                         .linkage = 0, /* Windows need not set it. */
                                         .data_size = (uint16_t)(size + i > 24 ? 24 : size + i),
                                         .data_ptr = (uintptr_t)data};
        etwi_abi_record made = make_event(ETW_EVENT_64_BIT, 5);
        made.extended_data = items;
        made.extended_data_count = 3;
        etw_event event;
        REQUIRE(pass_through(&made, &event));
        check_header(&event);
        CHECK(event.flags & ETW_EVENT_EXTENDED_INFO);
        CHECK_EQ(event.payload_size, 5);
        CHECK(memcmp(event.payload, payload, 5) == 0);
        etw_extended item;
        uint32_t position = 0;
        for (unsigned i = 0; i < 3; i++) {
            REQUIRE(CHECK(etw_event_next_extended(&event, &position, &item)));
            CHECK_EQ(item.type, 11 + i);
            CHECK_EQ(item.data.size, items[i].data_size);
            CHECK(!item.data.size || memcmp(item.data.data, data, item.data.size) == 0);
        }
        CHECK(!etw_event_next_extended(&event, &position, &item));
    }
}

static void drops_a_flag_that_promises_what_is_not_there(void)
{
    const etwi_abi_record made = make_event(ETW_EVENT_64_BIT | ETW_EVENT_EXTENDED_INFO, 9);
    etw_event event;
    REQUIRE(pass_through(&made, &event));
    CHECK_EQ(event.flags, ETW_EVENT_64_BIT);
    CHECK_EQ(event.payload_size, 9);
}

static void refuses_what_no_record_can_hold(void)
{
    etw_event event;
    etwi_abi_record made = make_event(ETW_EVENT_64_BIT, UINT16_MAX - EVENT_HEADER_SIZE);
    CHECK_EQ(etwi_event_record_size(&made), UINT16_MAX);
    REQUIRE(pass_through(&made, &event));
    CHECK_EQ(event.payload_size, UINT16_MAX - EVENT_HEADER_SIZE);
    made.user_data_length++;
    CHECK_EQ(etwi_event_record_size(&made), 0);
    etwi_abi_extended_item items[2] = {{.ext_type = 6, .data_size = UINT16_MAX},
                                       {.ext_type = 6, .data_size = UINT16_MAX}};
    made = make_event(ETW_EVENT_64_BIT, 0);
    made.extended_data = items;
    made.extended_data_count = 2;
    CHECK_EQ(etwi_event_record_size(&made), 0);
}

static void reads_processors_of_old_and_new_versions(void)
{
    const etwi_abi_record old = make_event(ETW_EVENT_64_BIT, 0);
    const etwi_abi_record new = make_event(ETW_EVENT_64_BIT | ETW_EVENT_PROCESSOR_INDEX, 0);
    CHECK_EQ(etwi_event_record_processor(&old), 3);
    CHECK_EQ(etwi_event_record_processor(&new), 0x203);
}

int main(void)
{
    area = guard_create(UINT16_MAX);
    RUN(keeps_headers_and_payloads_of_all_sizes);
    RUN(tells_the_width_of_pointers);
    RUN(keeps_what_classic_events_and_messages_are);
    RUN(chains_extended_data_of_all_sizes);
    RUN(drops_a_flag_that_promises_what_is_not_there);
    RUN(refuses_what_no_record_can_hold);
    RUN(reads_processors_of_old_and_new_versions);
    guard_destroy(&area);
    return test_finish();
}
