/*
 * Three events for tests of filters, with a schema for the first one that has a property of every
 * shape. Static functions only, so that fuzz targets need not link anything.
 */
#ifndef FILTER_SAMPLE_H
#define FILTER_SAMPLE_H

#include "schema/store.h"

#include <etw/filter.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE_PAYLOAD_MAX = 512,
    SAMPLE_EVENTS = 3,
};

/* 2026-01-05T12:00:00Z */
#define SAMPLE_START 134120880000000000u

typedef struct filter_sample {
    etw_schema_store *store;
    etw_trace_info trace;
    uint8_t payload[SAMPLE_PAYLOAD_MAX];
    uint16_t payload_size;
    etw_event events[SAMPLE_EVENTS]; /* Of a manifest, classic without schema, unknown. */
    const etw_schema *schemas[SAMPLE_EVENTS];
} filter_sample;

#define SAMPLE_STR(literal)             \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

static const etw_map_entry sample_states[] = {{1, SAMPLE_STR("Running")},
                                              {2, SAMPLE_STR("Stopped")}};
static const etw_map sample_state_map = {SAMPLE_STR("States"), sample_states, 2, false};
static const etw_map_entry sample_bits[] = {
    {1, SAMPLE_STR("Read")}, {2, SAMPLE_STR("Write")}, {4, SAMPLE_STR("Execute")}};
static const etw_map sample_bit_map = {SAMPLE_STR("Access"), sample_bits, 3, true};

#define SAMPLE_PROPERTY(label, in, out)                                           \
    {                                                                             \
        .name = SAMPLE_STR(label), .in_type = (in), .out_type = (out), .count = 1 \
    }

static const etw_property sample_properties[] = {
    SAMPLE_PROPERTY("ProcessID", ETW_IN_UINT32, ETW_OUT_PID),
    SAMPLE_PROPERTY("Delta", ETW_IN_INT32, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Big", ETW_IN_UINT64, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Low", ETW_IN_INT64, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Ratio", ETW_IN_DOUBLE, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Price", ETW_IN_FLOAT, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Image", ETW_IN_UNICODE_STRING, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Name", ETW_IN_ANSI_STRING, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Cart", ETW_IN_GUID, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Address", ETW_IN_UINT32, ETW_OUT_IPV4),
    SAMPLE_PROPERTY("Flag", ETW_IN_BOOLEAN, ETW_OUT_NULL),
    {.name = SAMPLE_STR("State"), .map = &sample_state_map, .in_type = ETW_IN_UINT32, .count = 1},
    {.name = SAMPLE_STR("Access"), .map = &sample_bit_map, .in_type = ETW_IN_UINT32, .count = 1},
    SAMPLE_PROPERTY("When", ETW_IN_FILETIME, ETW_OUT_NULL),
    SAMPLE_PROPERTY("User", ETW_IN_SID, ETW_OUT_NULL),
    SAMPLE_PROPERTY("id", ETW_IN_UINT8, ETW_OUT_NULL),
    SAMPLE_PROPERTY("odd name", ETW_IN_UINT8, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Status", ETW_IN_UINT32, ETW_OUT_NTSTATUS),
    SAMPLE_PROPERTY("Port", ETW_IN_UINT16, ETW_OUT_PORT),
    SAMPLE_PROPERTY("Hidden", ETW_IN_UINT8, ETW_OUT_NO_PRINT),
    {.name = SAMPLE_STR("Blob"), .in_type = ETW_IN_BINARY, .count = 1, .length = 3},
    {.name = SAMPLE_STR("Ports"),
     .in_type = ETW_IN_UINT16,
     .flags = ETW_PROPERTY_FIXED_COUNT,
     .count = 2},
    {.name = SAMPLE_STR("None"),
     .in_type = ETW_IN_UINT16,
     .flags = ETW_PROPERTY_INLINE_COUNT,
     .count = 1},
    {.name = SAMPLE_STR("Adapters"),
     .flags = ETW_PROPERTY_STRUCT | ETW_PROPERTY_FIXED_COUNT,
     .count = 2,
     .first_member = 26,
     .member_count = 2},
    {.name = SAMPLE_STR("Box"),
     .flags = ETW_PROPERTY_STRUCT,
     .count = 1,
     .first_member = 28,
     .member_count = 1},
    SAMPLE_PROPERTY("Missing", ETW_IN_UINT32, ETW_OUT_NULL), /* The payload ends before it. */
    SAMPLE_PROPERTY("Mtu", ETW_IN_UINT32, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Label", ETW_IN_UNICODE_STRING, ETW_OUT_NULL),
    SAMPLE_PROPERTY("Depth", ETW_IN_INT8, ETW_OUT_NULL),
};

static const etw_keyword sample_keywords[] = {{0x10, SAMPLE_STR("Network")},
                                              {0x20, SAMPLE_STR("Storage")}};

static const etw_guid sample_provider = {
    0x22fb2cd6, 0x0e7b, 0x422b, {0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16}};
static const etw_guid sample_class = {
    0x3d6fa8d0, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const etw_guid sample_unknown = {0x11111111, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

static inline void sample_put(filter_sample *sample, uint64_t value, unsigned size)
{
    for (; size; size--, value >>= 8)
        sample->payload[sample->payload_size++] = (uint8_t)value;
}

static inline void sample_put_text(filter_sample *sample, const char *text, unsigned unit)
{
    for (;; text++) {
        sample_put(sample, (uint8_t)*text, unit);
        if (!*text)
            return;
    }
}

static inline void sample_put_bytes(filter_sample *sample, const void *data, size_t size)
{
    memcpy(sample->payload + sample->payload_size, data, size);
    sample->payload_size = (uint16_t)(sample->payload_size + size);
}

static inline void sample_make_payload(filter_sample *sample)
{
    static const uint8_t SYSTEM[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const uint8_t ADDRESS[] = {10, 0, 0, 1};
    const double ratio = 0.25;
    const float price = 14.9F;
    sample_put(sample, 4242, 4);
    sample_put(sample, (uint64_t)-5, 4);
    sample_put(sample, UINT64_MAX, 8);
    sample_put(sample, (uint64_t)INT64_MIN, 8);
    sample_put_bytes(sample, &ratio, sizeof ratio);
    sample_put_bytes(sample, &price, sizeof price);
    sample_put_text(sample, "C:\\Windows\\System32\\cmd.exe", 2);
    sample_put_text(sample, "M\xFCtze", 1);
    sample_put_bytes(sample, &sample_class, sizeof sample_class);
    sample_put_bytes(sample, ADDRESS, sizeof ADDRESS);
    sample_put(sample, 1, 4);
    sample_put(sample, 1, 4);
    sample_put(sample, 1 | 4 | 0x100, 4);
    sample_put(sample, SAMPLE_START + 15000000, 8);
    sample_put_bytes(sample, SYSTEM, sizeof SYSTEM);
    sample_put(sample, 77, 1);
    sample_put(sample, 9, 1);
    sample_put(sample, 0xC0000022, 4);
    sample_put(sample, 0xBB01, 2); /* 443 in network order. */
    sample_put(sample, 3, 1);
    sample_put(sample, 0x0DF0AD, 3);
    sample_put(sample, 80, 2);
    sample_put(sample, 443, 2);
    sample_put(sample, 0, 2);
    sample_put(sample, 1500, 4);
    sample_put_text(sample, "eth0", 2);
    sample_put(sample, 9000, 4);
    sample_put_text(sample, "Loopback", 2);
    sample_put(sample, (uint64_t)-1, 1);
}

static inline bool sample_add_schema(filter_sample *sample)
{
    const etw_schema schema = {
        .provider = sample_provider,
        .provider_name = SAMPLE_STR("Contoso-Sample"),
        .event_name = SAMPLE_STR("OrderPlaced"),
        .task_name = SAMPLE_STR("Orders"),
        .opcode_name = SAMPLE_STR("Start"),
        .level_name = SAMPLE_STR("Chatty"),
        .keywords = sample_keywords,
        .keyword_count = 2,
        .properties = sample_properties,
        .property_count = sizeof sample_properties / sizeof sample_properties[0],
        .top_level_count = 26,
        .id = 1,
        .version = 2,
        .level = 4,
        .source = ETW_SCHEMA_MANIFEST,
    };
    const etwi_scope anywhere = {NULL, ETW_NO_ID};
    etw_error error;
    etwi_store_lock(sample->store);
    const etw_status status = etwi_store_put(sample->store, &schema, anywhere, &error);
    etwi_store_unlock(sample->store);
    return status == ETW_OK;
}

static inline bool filter_sample_make(filter_sample *sample)
{
    memset(sample, 0, sizeof *sample);
    if (etw_schema_store_create(&sample->store, NULL, NULL) != ETW_OK || !sample_add_schema(sample))
        return false;
    sample->trace.path = (etw_str)SAMPLE_STR("logs/Shop.etl");
    sample->trace.session_name = (etw_str)SAMPLE_STR("Shop Session");
    sample->trace.start_time = SAMPLE_START;
    sample_make_payload(sample);
    const etw_event first = {.provider = sample_provider,
                             .activity_id = sample_class,
                             .timestamp = SAMPLE_START + 20000000,
                             .keyword = 0x8000000000000010,
                             .payload = sample->payload,
                             .payload_size = sample->payload_size,
                             .trace = &sample->trace,
                             .process_id = 100,
                             .thread_id = 200,
                             .id = 1,
                             .version = 2,
                             .task = 7,
                             .opcode = 1,
                             .level = 4,
                             .channel = 9,
                             .processor = 3,
                             .header_kind = ETW_HEADER_EVENT64,
                             .pointer_size = 8};
    sample->events[0] = first;
    const etw_event classic = {.provider = sample_class,
                               .timestamp = SAMPLE_START,
                               .payload = sample->payload,
                               .payload_size = 2,
                               .trace = &sample->trace,
                               .process_id = ETW_NO_ID,
                               .thread_id = ETW_NO_ID,
                               .flags = ETW_EVENT_CLASSIC,
                               .version = 99,
                               .opcode = 1,
                               .processor = ETW_NO_PROCESSOR,
                               .header_kind = ETW_HEADER_PERFINFO64,
                               .pointer_size = 8};
    sample->events[1] = classic;
    etw_event unknown = first;
    unknown.provider = sample_unknown;
    unknown.activity_id = (etw_guid){0};
    unknown.id = 65535;
    unknown.keyword = 0;
    unknown.level = 2;
    unknown.trace = NULL;
    sample->events[2] = unknown;
    return etw_schema_store_find(sample->store, &sample->events[0], &sample->schemas[0]) == ETW_OK;
}

static inline void filter_sample_free(filter_sample *sample)
{
    etw_schema_store_destroy(&sample->store);
}

#endif
