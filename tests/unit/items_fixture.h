/* What the tests of the item cursor share: one schema, one payload, one cursor. */
#ifndef ETW_TEST_ITEMS_FIXTURE_H
#define ETW_TEST_ITEMS_FIXTURE_H

#include "test.h"

#include "etl_writer.h"
#include "guard.h"
#include "schema/store.h"

#include <etw/property.h>
#include <stdlib.h>

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static const etw_trace_info TRACE = {.clock = {ETW_CLOCK_QPC, 10000000, 0, 0}};
static etwi_arena arena;
static etwi_schema schema;
static etlb_writer payload;
static guard area;
static etw_event event;
static etw_items items;
static etw_item item;

/* Makes `schema` of properties, all of them at top level unless said otherwise. */
static inline void use_schema(const etw_property *properties, unsigned count, unsigned top_level)
{
    memset(&schema, 0, sizeof schema);
    schema.pub.properties = properties;
    schema.pub.property_count = (uint16_t)count;
    schema.pub.top_level_count = (uint16_t)top_level;
    etw_error error;
    CHECK_EQ(etwi_plan_make(&schema.plan, &schema.pub, &arena, &error), ETW_OK);
    etlb_writer_clear(&payload);
    event.pointer_size = 8;
    event.is_damaged = 0;
}

#define USE(properties)                                                 \
    use_schema((properties), sizeof(properties) / sizeof *(properties), \
               sizeof(properties) / sizeof *(properties))
#define USE_TOP(properties, top) \
    use_schema((properties), sizeof(properties) / sizeof *(properties), (top))

/* Starts over the payload written so far, right before a guard page. */
static inline void begin(void)
{
    const etw_bytes bytes = guard_copy(&area, etlb_written(&payload));
    event.payload = event.record = bytes.data;
    event.payload_size = event.record_size = (uint16_t)bytes.size;
    event.trace = &TRACE;
    etw_items_begin(&items, &event, &schema.pub);
}

static inline bool next_is(etw_item_kind kind)
{
    return CHECK(etw_items_next(&items, &item)) && CHECK_EQ(item.kind, kind);
}

static inline void ends_well(void)
{
    CHECK(!etw_items_next(&items, &item));
    CHECK(!etw_items_next(&items, &item));
    CHECK(etw_items_error(&items) == NULL);
}

/* The remainder, the end, and the error. */
static inline void ends_with(etw_decode_reason reason, uint32_t offset, const char *property)
{
    if (offset < event.payload_size) {
        next_is(ETW_ITEM_REMAINDER);
        CHECK_EQ(item.offset, offset);
        CHECK_EQ(item.data.size, event.payload_size - offset);
        CHECK(item.property == NULL);
    }
    CHECK(!etw_items_next(&items, &item));
    const etw_decode_error *error = etw_items_error(&items);
    if (!CHECK(error != NULL))
        return;
    CHECK_TEXT(etw_decode_reason_text(error->reason), etw_decode_reason_text(reason));
    CHECK_EQ(error->offset, offset);
    if (property)
        CHECK_STR(error->property->name, property);
    else
        CHECK(error->property == NULL);
}

static inline void value_is(uint32_t offset, size_t size)
{
    next_is(ETW_ITEM_VALUE);
    CHECK_EQ(item.offset, offset);
    CHECK_EQ(item.data.size, size);
}

static inline void open_fixture(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    area = guard_create(0x10000);
}

static inline void close_fixture(void)
{
    guard_destroy(&area);
    etwi_arena_free(&arena);
    etlb_writer_free(&payload);
}

#endif
