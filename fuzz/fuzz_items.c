/*
 * The item cursor. The input is a schema and a payload:
 *
 *     u8 pointer size and code page, u8 properties, u8 of them at top level,
 *     12 bytes a property: u8 in-type, u8 out-type, u16 flags, u16 count, u16 length,
 *     u16 first member, u8 members, u8 map; the rest is the payload.
 */
#include "schema/store.h"

#include <etw/etw.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HEAD_SIZE = 3,
    PROPERTY_SIZE = 12,
    PROPERTIES_MAX = 32,
    ITEMS_MAX = 2000000,
};

static void require(bool good)
{
    if (!good)
        abort();
}

static const etw_map_entry ENTRIES[] = {
    {1, {"one", 3}}, {2, {"two \"\\\n", 7}}, {6, {"six", 3}}, {0x80000000, {"\xFF", 1}}};
static const etw_map MAPS[] = {{{"values", 6}, ENTRIES, 4, false},
                               {{"bits", 4}, ENTRIES, 4, true},
                               {{"none", 4}, NULL, 0, true}};

static unsigned u16_at(const uint8_t *at)
{
    return at[0] | at[1] << 8;
}

/* TDH's types come first, then those of WMI classes from 300 on. */
static uint16_t type_of(uint8_t byte, uint8_t limit)
{
    return byte < limit ? byte : (uint16_t)(300 + byte - limit);
}

static void read_property(etw_property *out, const uint8_t *at)
{
    memset(out, 0, sizeof *out);
    out->name = (etw_str){"p\"", 2};
    out->in_type = type_of(at[0], 30);
    out->out_type = type_of(at[1], 42);
    out->flags = (uint16_t)u16_at(at + 2);
    out->count = (uint16_t)u16_at(at + 4);
    out->length = (uint16_t)u16_at(at + 6);
    out->first_member = (uint16_t)u16_at(at + 8);
    out->member_count = at[10];
    const unsigned maps = sizeof MAPS / sizeof MAPS[0];
    out->map = at[11] < maps ? &MAPS[at[11]] : NULL;
}

static void use_value(const etw_item *item, const etw_format *format)
{
    uint64_t number;
    int64_t signed_number;
    double real;
    bool truth;
    etw_guid guid;
    char text[64], whole[4096];
    etw_status status = etw_item_u64(item, &number);
    status = (etw_status)(status + etw_item_i64(item, &signed_number));
    status = (etw_status)(status + etw_item_double(item, &real));
    status = (etw_status)(status + etw_item_bool(item, &truth));
    status = (etw_status)(status + etw_item_guid(item, &guid));
    status = (etw_status)(status + etw_item_filetime(item, &number));
    require(status <= 0);
    const size_t wanted = etw_item_text(item, format, text, sizeof text);
    require(strlen(text) < sizeof text && strlen(text) <= wanted);
    if (wanted < sizeof whole)
        require(etw_item_text(item, format, whole, sizeof whole) == wanted &&
                memcmp(whole, text, strlen(text)) == 0);
}

/* Walks all items: they are balanced, in the payload, and end. */
static void walk(const etw_event *event, const etw_schema *schema, const etw_format *format,
                 bool skip)
{
    etw_items items;
    etw_item item;
    char open[64];
    size_t depth = 0, count = 0;
    bool ended = false;
    etw_items_begin(&items, event, schema);
    while (etw_items_next(&items, &item)) {
        require(!ended && ++count < ITEMS_MAX);
        require(item.offset <= event->payload_size && item.event == event);
        if (item.data.size)
            require(item.data.data >= event->payload &&
                    item.data.data + item.data.size <= event->payload + event->payload_size);
        switch (item.kind) {
        case ETW_ITEM_VALUE:
            use_value(&item, format);
            break;
        case ETW_ITEM_STRUCT_BEGIN:
        case ETW_ITEM_ARRAY_BEGIN:
            if (skip && count % 2 && etw_items_skip(&items))
                break;
            require(depth < sizeof open);
            open[depth++] = item.kind == ETW_ITEM_STRUCT_BEGIN ? 's' : 'a';
            break;
        case ETW_ITEM_STRUCT_END:
        case ETW_ITEM_ARRAY_END:
            require(depth && open[--depth] == (item.kind == ETW_ITEM_STRUCT_END ? 's' : 'a'));
            break;
        case ETW_ITEM_REMAINDER:
            require(!depth && item.offset + item.data.size == event->payload_size);
            ended = true;
            break;
        }
    }
    require(!depth && !etw_items_next(&items, &item));
    const etw_decode_error *error = etw_items_error(&items);
    if (error)
        require(error->reason != ETW_DECODE_NONE && error->offset <= event->payload_size);
}

/* Prepared properties are what the cursor gives at top level. */
static void compare_prepared(const etw_event *event, const etw_schema *schema)
{
    etw_span spans[PROPERTIES_MAX];
    etw_items items;
    etw_item item, mine;
    size_t count;
    unsigned next = 0;
    const etw_status status = etw_event_prepare(event, schema, spans, PROPERTIES_MAX, &count);
    const etw_prepared prepared = {event, schema, spans, count};
    etw_items_begin(&items, event, schema);
    while (etw_items_next(&items, &item) && item.kind != ETW_ITEM_REMAINDER) {
        const unsigned index = (unsigned)(item.property - schema->properties);
        require(index >= next && index < count);
        while (next < index)
            require(etw_prepared_item(&prepared, next++, &mine) == ETW_E_NOT_FOUND);
        require(etw_prepared_item(&prepared, next, &mine) == ETW_OK);
        require(mine.kind == item.kind && mine.offset == item.offset && mine.count == item.count &&
                mine.data.data == item.data.data && mine.data.size == item.data.size);
        require((uint32_t)spans[next].offset + spans[next].size <= event->payload_size);
        next++;
        if (item.kind != ETW_ITEM_VALUE)
            etw_items_skip(&items);
    }
    for (; next < count; next++)
        require(etw_prepared_item(&prepared, next, &mine) != ETW_OK);
    require(status == (etw_items_error(&items) ? ETW_E_CORRUPT : ETW_OK));
}

static void write_json(const etw_event *event, const etw_schema *schema, const etw_format *format)
{
    const etw_json_options options = {.size = sizeof options, .format = *format};
    etw_json *json;
    require(etw_json_create(&json, &options, NULL) == ETW_OK);
    require(etw_json_append(json, event, schema) == ETW_OK);
    const etw_str text = etw_json_text(json);
    for (size_t i = 0; i + 1 < text.size; i++)
        require((uint8_t)text.data[i] >= 0x20);
    require(text.size && text.data[text.size - 1] == '\n');
    etw_json_destroy(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    etw_property properties[PROPERTIES_MAX];
    if (size < HEAD_SIZE)
        return 0;
    const unsigned count = data[1] % (PROPERTIES_MAX + 1);
    if (size < HEAD_SIZE + (size_t)count * PROPERTY_SIZE)
        return 0;
    for (unsigned i = 0; i < count; i++)
        read_property(&properties[i], data + HEAD_SIZE + (size_t)i * PROPERTY_SIZE);
    const size_t used = HEAD_SIZE + (size_t)count * PROPERTY_SIZE;
    const size_t left = size - used < UINT16_MAX ? size - used : UINT16_MAX;
    const etw_trace_info trace = {.clock = {ETW_CLOCK_QPC, 3117777, 5, 134120880000000000}};
    const etw_event event = {
        .payload = data + used,
        .record = data + used,
        .payload_size = (uint16_t)left,
        .record_size = (uint16_t)left,
        .trace = &trace,
        .pointer_size = data[0] & 1 ? 4 : 8,
    };
    static const unsigned PAGES[] = {0, ETW_CODE_PAGE_UTF8, 437, 874};
    const etw_format format = {sizeof format, PAGES[data[0] >> 1 & 3], (data[0] & 8) != 0};
    etwi_schema schema = {.pub = {.properties = properties,
                                  .property_count = (uint16_t)count,
                                  .top_level_count = data[2] > count ? (uint16_t)count : data[2],
                                  .source = ETW_SCHEMA_MANIFEST}};
    etwi_arena arena = {.allocator = etwi_allocator_or_default(NULL)};
    etw_error error;
    if (etwi_plan_make(&schema.plan, &schema.pub, &arena, &error) == ETW_OK) {
        walk(&event, &schema.pub, &format, false);
        walk(&event, &schema.pub, &format, true);
        compare_prepared(&event, &schema.pub);
        write_json(&event, &schema.pub, &format);
        etw_item item;
        for (unsigned i = 0; i <= count; i++)
            (void)etw_event_item(&event, &schema.pub, i, &item);
    }
    etwi_arena_free(&arena);
    return 0;
}
