/* Prepared properties: the same as the cursor gives, for any schema and any payload. */
#include "items_fixture.h"

enum {
    ROUNDS = 60000,
    TOP_MAX = 10,
    PROPERTIES_MAX = 16,
    PAYLOAD_MAX = 160,
};

static uint64_t random_state = 0x243F6A8885A308D3u;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % limit;
}

static etw_property properties[PROPERTIES_MAX];
static etw_span spans[PROPERTIES_MAX];

static uint16_t random_type(void)
{
    static const uint16_t TYPES[] = {
        ETW_IN_UINT8,
        ETW_IN_UINT8,
        ETW_IN_UINT16,
        ETW_IN_UINT32,
        ETW_IN_INT64,
        ETW_IN_POINTER,
        ETW_IN_POINTER,
        ETW_IN_GUID,
        ETW_IN_BINARY,
        ETW_IN_UNICODE_STRING,
        ETW_IN_ANSI_STRING,
        ETW_IN_SID,
        ETW_IN_WBEM_SID,
        ETW_IN_COUNTED_STRING,
        ETW_IN_HEX_DUMP,
        ETW_IN_REVERSED_COUNTED_STRING,
        ETW_IN_NON_NULL_TERMINATED_STRING,
        ETW_IN_RESERVED24,
        ETW_IN_BOOLEAN,
        ETW_IN_SYSTEMTIME,
    };
    /* Mostly numbers, so that there are leading properties of fixed size. */
    const uint32_t count = sizeof TYPES / sizeof TYPES[0];
    return TYPES[random_below(random_below(3) ? 9 : count)];
}

static void make_property(unsigned index)
{
    etw_property *p = &properties[index];
    memset(p, 0, sizeof *p);
    p->name.data = "property";
    p->name.size = 8;
    p->in_type = random_type();
    p->count = 1;
    if (p->in_type == ETW_IN_BINARY)
        p->length = (uint16_t)random_below(5);
    switch (random_below(14)) {
    case 0:
        p->flags |= ETW_PROPERTY_FIXED_COUNT;
        p->count = (uint16_t)random_below(4);
        break;
    case 1:
        p->flags |= ETW_PROPERTY_COUNT_INDEX;
        p->count = (uint16_t)random_below(index + 1);
        break;
    case 2:
        p->flags |= ETW_PROPERTY_LENGTH_INDEX;
        p->length = (uint16_t)random_below(index + 1);
        break;
    case 3:
        p->flags |= random_below(2) ? ETW_PROPERTY_INLINE_COUNT : ETW_PROPERTY_COUNT_TO_END;
        break;
    case 4:
        p->flags |= random_below(3) ? ETW_PROPERTY_OPTIONAL : ETW_PROPERTY_TO_END;
        break;
    default:
        break;
    }
}

static void make_random_schema(void)
{
    const unsigned top = 1 + random_below(TOP_MAX);
    const unsigned members = random_below(PROPERTIES_MAX - TOP_MAX);
    for (unsigned i = 0; i < top + members; i++)
        make_property(i);
    if (members && random_below(2)) {
        etw_property *p = &properties[random_below(top)];
        p->flags =
            (uint16_t)((p->flags & ~(unsigned)ETW_PROPERTY_LENGTH_INDEX) | ETW_PROPERTY_STRUCT);
        p->in_type = ETW_IN_NULL;
        p->first_member = (uint16_t)top;
        p->member_count = (uint16_t)members;
    }
    use_schema(properties, top + members, top);
    event.pointer_size = random_below(2) ? 8 : 4;
    event.is_damaged = random_below(50) == 0;
}

static void make_random_payload(void)
{
    const uint32_t size = random_below(PAYLOAD_MAX);
    for (uint32_t i = 0; i < size; i++)
        etlb_u8(&payload, random_below(2) ? (uint8_t)random_below(4) : (uint8_t)random_below(256));
    begin();
}

static void compare_item(const etw_prepared *prepared, unsigned index)
{
    etw_item mine;
    if (!CHECK_EQ(etw_prepared_item(prepared, index, &mine), ETW_OK))
        return;
    CHECK_EQ(mine.kind, item.kind);
    CHECK_EQ(mine.in_type, item.in_type);
    CHECK_EQ(mine.out_type, item.out_type);
    CHECK_EQ(mine.offset, item.offset);
    CHECK_EQ(mine.count, item.count);
    CHECK(mine.property == item.property && mine.event == item.event);
    CHECK(mine.data.data == item.data.data && mine.data.size == item.data.size);
    CHECK(!mine.is_element);
}

/* Goes through the event with the cursor and asks for every property. */
static void compare_all(const etw_prepared *prepared)
{
    bool seen[PROPERTIES_MAX] = {false};
    uint32_t expected = 0; /* Where the next property stands, as the spans say. */
    uint32_t rest = event.payload_size;
    while (etw_items_next(&items, &item)) {
        if (item.kind == ETW_ITEM_REMAINDER) {
            rest = item.offset;
            continue;
        }
        const unsigned index = (unsigned)(item.property - properties);
        if (index >= prepared->count || seen[index])
            continue;
        compare_item(prepared, index);
        CHECK_EQ(item.offset, expected);
        seen[index] = true;
        expected = (uint32_t)prepared->spans[index].offset + prepared->spans[index].size;
        if (item.kind != ETW_ITEM_VALUE)
            etw_items_skip(&items);
    }
    const etw_decode_error *error = etw_items_error(&items);
    if (!error)
        CHECK_EQ(expected, rest);
    for (unsigned i = 0; i < prepared->count; i++)
        if (!seen[i]) {
            CHECK(etw_prepared_item(prepared, i, &item) != ETW_OK);
            CHECK(prepared->spans[i].reason == ETW_DECODE_ABSENT ||
                  (error && prepared->spans[i].reason == error->reason));
        }
}

static void equals_the_cursor(void)
{
    unsigned whole = 0, broken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        make_random_schema();
        make_random_payload();
        size_t count;
        const size_t most = schema.pub.top_level_count + (size_t)i % (2 * ETWI_SPAN_SLACK);
        const size_t capacity = most < PROPERTIES_MAX ? most : PROPERTIES_MAX;
        etw_span *room = spans + PROPERTIES_MAX - capacity; /* Nothing is behind it. */
        const etw_status status = etw_event_prepare(&event, &schema.pub, room, capacity, &count);
        const etw_prepared prepared = {&event, &schema.pub, room, count};
        CHECK_EQ(count, schema.pub.top_level_count);
        compare_all(&prepared);
        CHECK_EQ(status, etw_items_error(&items) ? ETW_E_CORRUPT : ETW_OK);
        status == ETW_OK ? whole++ : broken++;
    }
    CHECK(whole > ROUNDS / 20 && broken > ROUNDS / 20);
}

static void knows_places_beforehand(void)
{
    static const etw_property FIXED[] = {
        {.name = NAME("a"), .in_type = ETW_IN_UINT32, .count = 1},
        {.name = NAME("b"), .in_type = ETW_IN_POINTER, .count = 1},
        {.name = NAME("c"),
         .in_type = ETW_IN_UINT16,
         .count = 3,
         .flags = ETW_PROPERTY_FIXED_COUNT},
        {.name = NAME("d"), .in_type = ETW_IN_UNICODE_STRING, .count = 1},
        {.name = NAME("e"), .in_type = ETW_IN_UINT8, .count = 1},
    };
    USE(FIXED);
    CHECK_EQ(schema.plan.segments[0].count, 4);
    CHECK_EQ(schema.plan.segments[0].size[0], 14);
    CHECK_EQ(schema.plan.static_size[0], 14);
    CHECK_EQ(schema.plan.static_size[1], 18);
    CHECK_EQ(schema.plan.segments[0].ending, ETWI_ENDING_UTF16);
    CHECK_EQ(schema.plan.segments[1].count, 1);
    CHECK_EQ(schema.plan.segments[1].ending, ETWI_ENDING_NONE);
    const etw_span *narrow = etwi_plan_spans(&schema.plan, 0);
    const etw_span *wide = etwi_plan_spans(&schema.plan, 1);
    CHECK_EQ(narrow[2].offset, 8);
    CHECK_EQ(wide[2].offset, 12);
    CHECK_EQ(wide[2].count, 3);
    CHECK_EQ(wide[3].offset, 18);
    CHECK_EQ(wide[4].offset, 0);
    CHECK(!schema.plan.is_static);
}

/* Offsets have 16 bits, and so has the size of a payload. */
static void stops_at_the_longest_payload(void)
{
    static const etw_property LONG[] = {
        {.name = NAME("a"),
         .in_type = ETW_IN_POINTER,
         .count = 9000,
         .flags = ETW_PROPERTY_FIXED_COUNT},
        {.name = NAME("b"), .in_type = ETW_IN_UINT8, .count = 1},
    };
    USE(LONG);
    CHECK_EQ(schema.plan.segments[0].count, 1);
    CHECK_EQ(schema.plan.segments[0].ending, ETWI_ENDING_ANY);
    size_t count;
    begin();
    CHECK_EQ(etw_event_prepare(&event, &schema.pub, spans, 2, &count), ETW_E_CORRUPT);
}

static void refuses_what_it_cannot_do(void)
{
    static const etw_property TWO[] = {
        {.name = NAME("a"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("b"), .in_type = ETW_IN_UINT8, .count = 1},
    };
    size_t count;
    USE(TWO);
    begin();
    CHECK_EQ(etw_event_prepare(&event, NULL, spans, 2, &count), ETW_E_NO_SCHEMA);
    CHECK_EQ(count, 0);
    CHECK_EQ(etw_event_prepare(&event, &schema.pub, spans, 1, &count), ETW_E_LIMIT);
    CHECK_EQ(count, 2);
    CHECK_EQ(etw_event_prepare(&event, &schema.pub, spans, 2, &count), ETW_E_CORRUPT);
    const etw_prepared prepared = {&event, &schema.pub, spans, 2};
    CHECK_EQ(etw_prepared_item(&prepared, 0, &item), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_prepared_item(&prepared, 2, &item), ETW_E_NOT_FOUND);
}

int main(void)
{
    open_fixture();
    RUN(equals_the_cursor);
    RUN(knows_places_beforehand);
    RUN(stops_at_the_longest_payload);
    RUN(refuses_what_it_cannot_do);
    close_fixture();
    return test_finish();
}
