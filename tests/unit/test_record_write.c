/* Events as records: pieces and items of every size that is copied in a way of its own. */
#include "test.h"

#include "engine/record_write.h"

enum {
    SIZE_MAX_TRIED = 140,
    UNTOUCHED = 0xEE,
};

static uint8_t source[SIZE_MAX_TRIED];
static uint8_t out[1024];

static void prepare(void)
{
    for (unsigned i = 0; i < SIZE_MAX_TRIED; i++)
        source[i] = (uint8_t)(i + 1);
    memset(out, UNTOUCHED, sizeof out);
}

/* What every record here has. */
static etwi_record record_of(etwi_record_item *items)
{
    static const etw_event_descriptor DESCRIPTOR = {7, 1, 2, 4, 5, 6, 0x8000000000000010};
    static const etw_guid PROVIDER = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
    static const etw_guid ACTIVITY = {0x99, 1, 2, {3}};
    const etwi_record record = {.descriptor = &DESCRIPTOR,
                                .provider = &PROVIDER,
                                .activity = &ACTIVITY,
                                .time = 0x0123456789ABCDEF,
                                .process_id = 0xFEDCBA98,
                                .thread_id = 0x76543210,
                                .items = items,
                                .size = EVENT_HEADER_SIZE};
    return record;
}

static void headers(void)
{
    etwi_record record = record_of(NULL);
    prepare();
    etwi_record_write(out, &record, 0, (uint32_t)record.size);
    CHECK_EQ(etwi_load_u32(out),
             0xC0130000u + EVENT_HEADER_SIZE - (sizeof(void *) == 4 ? 0x10000u : 0));
    CHECK_EQ(etwi_load_u16(out + EVENT_FLAGS), ETW_EVENT_NO_CPU_TIME);
    CHECK_EQ(etwi_load_u16(out + EVENT_PROPERTY), 0);
    CHECK_EQ(etwi_load_u32(out + EVENT_THREAD_ID), 0x76543210);
    CHECK_EQ(etwi_load_u32(out + EVENT_PROCESS_ID), 0xFEDCBA98);
    CHECK_EQ(etwi_load_u64(out + EVENT_TIME), 0x0123456789ABCDEF);
    CHECK(memcmp(out + EVENT_PROVIDER, record.provider, 16) == 0);
    CHECK(memcmp(out + EVENT_ID, record.descriptor, 16) == 0);
    CHECK_EQ(etwi_load_u64(out + EVENT_CPU_TIME), 0);
    CHECK(memcmp(out + EVENT_ACTIVITY_ID, record.activity, 16) == 0);
    CHECK_EQ(out[EVENT_HEADER_SIZE], UNTOUCHED);
}

/* Two pieces of each size, the second one at whatever place the first one leaves it. */
static void pieces_of_every_size(void)
{
    for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
        const etw_event_data data[] = {{source, size}, {source, size}};
        etwi_record record = record_of(NULL);
        prepare();
        record.data = data;
        record.data_count = 2;
        record.size += 2 * size;
        etwi_record_write(out, &record, 0, (uint32_t)record.size);
        const uint8_t *payload = out + EVENT_HEADER_SIZE;
        CHECK(memcmp(payload, source, size) == 0);
        CHECK(memcmp(payload + size, source, size) == 0);
        const size_t padded = (record.size + 7) & ~(size_t)7;
        for (size_t at = record.size; at < padded; at++)
            CHECK_EQ(out[at], 0);
        CHECK_EQ(out[padded], UNTOUCHED);
    }
}

static void items_of_every_size(void)
{
    for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
        etwi_record_item items[ETWI_RECORD_ITEMS_MAX];
        etwi_record record = record_of(items);
        prepare();
        etwi_record_add(&record, 11, 0, source, size);
        etwi_record_add(&record, 3, 4, source, 8); // Nobody asks for it.
        etwi_record_add(&record, 12, 2, source, 1);
        CHECK_EQ(record.size, EVENT_HEADER_SIZE + etwi_record_item_size(size));
        const size_t whole = etwi_record_measure(&record, 2);
        CHECK_EQ(whole, record.size + 16);
        etwi_record_write(out, &record, 2, (uint32_t)whole);
        const uint8_t *item = out + EVENT_HEADER_SIZE;
        CHECK_EQ(etwi_load_u16(item + EXTENDED_SIZE), etwi_record_item_size(size));
        CHECK_EQ(etwi_load_u16(item + EXTENDED_TYPE), 11);
        CHECK_EQ(etwi_load_u16(item + EXTENDED_LINKAGE), 1);
        CHECK_EQ(etwi_load_u16(item + EXTENDED_DATA_SIZE), size);
        CHECK(memcmp(item + EXTENDED_HEADER_SIZE, source, size) == 0);
        for (size_t at = EXTENDED_HEADER_SIZE + size; at < etwi_record_item_size(size); at++)
            CHECK_EQ(item[at], 0);
        item += etwi_record_item_size(size);
        CHECK_EQ(etwi_load_u64(item), UINT64_C(1) << 48 | 12 << 16 | 16);
        CHECK_EQ(etwi_load_u64(item + 8), 1);
        CHECK_EQ(item[16], UNTOUCHED);
    }
}

int main(void)
{
    RUN(headers);
    RUN(pieces_of_every_size);
    RUN(items_of_every_size);
    return test_finish();
}
