/* The item cursor: arrays, structs, references, and every way in which a payload can fail its
 * schema.
 */
#include "items_fixture.h"

/* --------------------------------------------------------------------- references and arrays */

static void follows_references(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT16, .count = 1},
        {.name = NAME("size"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("array"),
         .in_type = ETW_IN_UINT16,
         .flags = ETW_PROPERTY_COUNT_INDEX,
         .count = 0},
        {.name = NAME("text"),
         .in_type = ETW_IN_UNICODE_STRING,
         .flags = ETW_PROPERTY_LENGTH_INDEX,
         .count = 1,
         .length = 1}};
    USE(PROPERTIES);
    etlb_u16(&payload, 3);
    etlb_u8(&payload, 2);
    etlb_u16(&payload, 10);
    etlb_u16(&payload, 11);
    etlb_u16(&payload, 12);
    etlb_utf16(&payload, "ab");
    begin();
    value_is(0, 2);
    value_is(2, 1);
    next_is(ETW_ITEM_ARRAY_BEGIN);
    CHECK_EQ(item.count, 3);
    CHECK_STR(item.property->name, "array");
    for (uint32_t i = 0; i < 3; i++) {
        value_is(3 + 2 * i, 2);
        CHECK(item.is_element);
    }
    next_is(ETW_ITEM_ARRAY_END);
    value_is(9, 4);
    ends_well();
    /* More elements than bytes can only be wrong. */
    etlb_patch_u16(&payload, 0, 11);
    begin();
    value_is(0, 2);
    value_is(2, 1);
    ends_with(ETW_DECODE_BAD_COUNT, 3, "array");
    etlb_patch_u16(&payload, 0, 10);
    begin();
    value_is(0, 2);
    value_is(2, 1);
    next_is(ETW_ITEM_ARRAY_BEGIN);
    for (uint32_t i = 0; i < 5; i++)
        value_is(3 + 2 * i, 2);
    next_is(ETW_ITEM_ARRAY_END);
    ends_with(ETW_DECODE_ABSENT, 13, "array");
    etlb_patch_u16(&payload, 0, 0);
    begin();
    value_is(0, 2);
    value_is(2, 1);
    next_is(ETW_ITEM_ARRAY_BEGIN);
    CHECK_EQ(item.count, 0);
    next_is(ETW_ITEM_ARRAY_END);
    value_is(3, 4);
    next_is(ETW_ITEM_REMAINDER);
    ends_well();
    etlb_patch_u16(&payload, 0, 3);
    etlb_patch_u8(&payload, 2, 3);
    begin();
    CHECK(etw_event_item(&event, &schema.pub, 3, &item) == ETW_E_CORRUPT);
}

static void refuses_useless_references(void)
{
    static const etw_property HOLDERS[] = {
        {.name = NAME("h"), .in_type = ETW_IN_ANSI_STRING, .count = 1},
        {.name = NAME("h"), .in_type = ETW_IN_FLOAT, .count = 1},
        {.name = NAME("h"), .in_type = ETW_IN_UINT8, .count = 2},
        {.name = NAME("h"),
         .in_type = ETW_IN_UINT8,
         .flags = ETW_PROPERTY_FIXED_COUNT,
         .count = 1}};
    for (size_t i = 0; i < sizeof HOLDERS / sizeof HOLDERS[0]; i++) {
        const etw_property properties[] = {
            HOLDERS[i],
            {.name = NAME("array"), .in_type = ETW_IN_UINT8, .flags = ETW_PROPERTY_COUNT_INDEX}};
        USE(properties);
        etlb_fill(&payload, 0, 8);
        begin();
        while (etw_items_next(&items, &item))
            continue;
        CHECK_EQ(etw_items_error(&items)->reason, ETW_DECODE_BAD_REFERENCE);
        CHECK_STR(etw_items_error(&items)->property->name, "array");
    }
    /* One that comes later, or is the property itself. */
    static const etw_property ITSELF[] = {{.name = NAME("b"),
                                           .in_type = ETW_IN_BINARY,
                                           .flags = ETW_PROPERTY_LENGTH_INDEX,
                                           .count = 1,
                                           .length = 1},
                                          {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1}};
    USE(ITSELF);
    etlb_fill(&payload, 0, 8);
    begin();
    ends_with(ETW_DECODE_BAD_REFERENCE, 0, "b");
}

static void reads_arrays_of_every_kind(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("two"), .in_type = ETW_IN_UINT8, .count = 2},
        {.name = NAME("one"),
         .in_type = ETW_IN_UINT8,
         .flags = ETW_PROPERTY_FIXED_COUNT,
         .count = 1},
        {.name = NAME("inline"),
         .in_type = ETW_IN_ANSI_STRING,
         .flags = ETW_PROPERTY_INLINE_COUNT,
         .count = 1},
        {.name = NAME("rest"),
         .in_type = ETW_IN_POINTER,
         .flags = ETW_PROPERTY_COUNT_TO_END,
         .count = 1}};
    USE(PROPERTIES);
    etlb_fill(&payload, 1, 3);
    etlb_u16(&payload, 2);
    etlb_asciiz(&payload, "ab");
    etlb_asciiz(&payload, "");
    etlb_fill(&payload, 5, 19);
    begin();
    next_is(ETW_ITEM_ARRAY_BEGIN);
    value_is(0, 1);
    value_is(1, 1);
    next_is(ETW_ITEM_ARRAY_END);
    next_is(ETW_ITEM_ARRAY_BEGIN);
    CHECK_EQ(item.count, 1);
    value_is(2, 1);
    next_is(ETW_ITEM_ARRAY_END);
    next_is(ETW_ITEM_ARRAY_BEGIN);
    CHECK_EQ(item.offset, 3);
    value_is(5, 2);
    value_is(8, 0);
    next_is(ETW_ITEM_ARRAY_END);
    next_is(ETW_ITEM_ARRAY_BEGIN);
    CHECK_EQ(item.count, 2);
    value_is(9, 8);
    value_is(17, 8);
    next_is(ETW_ITEM_ARRAY_END);
    next_is(ETW_ITEM_REMAINDER);
    CHECK_EQ(item.data.size, 3);
    ends_well();
    payload.size = 4;
    begin();
    for (int i = 0; i < 7; i++)
        CHECK(etw_items_next(&items, &item));
    ends_with(ETW_DECODE_SHORT, 3, "inline");
}

static const etw_property NESTED[] = {{.name = NAME("outer"),
                                       .flags = ETW_PROPERTY_STRUCT,
                                       .count = 2,
                                       .first_member = 2,
                                       .member_count = 2},
                                      {.name = NAME("after"), .in_type = ETW_IN_UINT8, .count = 1},
                                      {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1},
                                      {.name = NAME("inner"),
                                       .flags = ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX,
                                       .count = 2,
                                       .first_member = 4,
                                       .member_count = 1},
                                      {.name = NAME("leaf"), .in_type = ETW_IN_UINT8, .count = 1}};

static void reads_nested_structs(void)
{
    USE_TOP(NESTED, 2);
    etlb_raw(&payload, "\2\x10\x11\0\7", 5);
    begin();
    static const char WANT[] = "a{v[{v}{v}]}{v[]}e"
                               "v";
    const char *want = WANT;
    while (etw_items_next(&items, &item)) {
        static const char MARKS[] = "v{}[]r";
        char mark = MARKS[item.kind];
        if (item.property == &NESTED[0] && item.kind == ETW_ITEM_ARRAY_BEGIN)
            mark = 'a';
        if (item.property == &NESTED[0] && item.kind == ETW_ITEM_ARRAY_END)
            mark = 'e';
        CHECK_EQ(mark, *want);
        want += *want != 0;
        if (item.kind == ETW_ITEM_STRUCT_BEGIN || item.kind == ETW_ITEM_STRUCT_END)
            CHECK(item.is_element);
    }
    CHECK_EQ(*want, 0);
    ends_well();
}

/* After an error all that is open is closed. */
static void stays_balanced_when_it_fails(void)
{
    USE_TOP(NESTED, 2);
    etlb_raw(&payload, "\2\x10", 2);
    begin();
    next_is(ETW_ITEM_ARRAY_BEGIN);
    next_is(ETW_ITEM_STRUCT_BEGIN);
    value_is(0, 1);
    next_is(ETW_ITEM_STRUCT_END);
    next_is(ETW_ITEM_ARRAY_END);
    ends_with(ETW_DECODE_BAD_COUNT, 1, "inner");
}

static void skips(void)
{
    USE_TOP(NESTED, 2);
    etlb_raw(&payload, "\2\x10\x11\0\7", 5);
    begin();
    CHECK(!etw_items_skip(&items));
    next_is(ETW_ITEM_ARRAY_BEGIN);
    CHECK(etw_items_skip(&items));
    value_is(4, 1);
    CHECK_STR(item.property->name, "after");
    CHECK(!etw_items_skip(&items));
    ends_well();
    begin();
    next_is(ETW_ITEM_ARRAY_BEGIN);
    next_is(ETW_ITEM_STRUCT_BEGIN);
    CHECK(etw_items_skip(&items));
    next_is(ETW_ITEM_STRUCT_BEGIN);
    CHECK_EQ(item.offset, 3);
}

static void leaves_out_optional_ones(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1},
        {.name = NAME("o"), .in_type = ETW_IN_UINT16, .flags = ETW_PROPERTY_OPTIONAL, .count = 1},
        {.name = NAME("p"), .in_type = ETW_IN_UINT8, .flags = ETW_PROPERTY_OPTIONAL, .count = 1}};
    USE(PROPERTIES);
    etlb_u8(&payload, 1);
    begin();
    value_is(0, 1);
    ends_well();
    CHECK_EQ(etw_event_item(&event, &schema.pub, 1, &item), ETW_E_NOT_FOUND);
    etlb_u16(&payload, 1);
    begin();
    value_is(0, 1);
    value_is(1, 2);
    ends_well();
    payload.size = 2;
    begin();
    value_is(0, 1);
    ends_with(ETW_DECODE_SHORT, 1, "o");
}

/* ------------------------------------------------------------------------------ all else */

static void says_what_it_cannot_decode(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("n"), .in_type = ETW_IN_UINT8, .count = 1}};
    USE(PROPERTIES);
    etlb_fill(&payload, 1, 3);
    begin();
    etw_items_begin(&items, &event, NULL);
    ends_with(ETW_DECODE_NO_SCHEMA, 0, NULL);
    CHECK_EQ(etw_event_item(&event, NULL, 0, &item), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_event_item_by_name(&event, NULL, "n", &item), ETW_E_NOT_FOUND);
    event.is_damaged = 1;
    etw_items_begin(&items, &event, &schema.pub);
    ends_with(ETW_DECODE_BAD_EXTENDED, 0, NULL);
    CHECK_EQ(etw_event_item(&event, &schema.pub, 0, &item), ETW_E_CORRUPT);
    static const uint16_t BAD[] = {0, 24, 26, 299, 311, 0xFFFF};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const etw_property properties[] = {{.name = NAME("bad"), .in_type = BAD[i], .count = 1}};
        USE(properties);
        etlb_fill(&payload, 1, 3);
        begin();
        ends_with(ETW_DECODE_BAD_TYPE, 0, "bad");
    }
    CHECK_TEXT(etw_decode_reason_text((etw_decode_reason)77), "unknown reason");
}

/* Values without a size can be as many as a number says: a budget ends that. */
static void bounds_empty_values(void)
{
    static const etw_property PROPERTIES[] = {
        {.name = NAME("empty"),
         .flags = ETW_PROPERTY_STRUCT,
         .count = 0xFFFF,
         .first_member = 1,
         .member_count = 1},
        {.name = NAME("inner"),
         .in_type = ETW_IN_BINARY,
         .flags = ETW_PROPERTY_FIXED_LENGTH | ETW_PROPERTY_FIXED_COUNT,
         .count = 0xFFFF}};
    USE_TOP(PROPERTIES, 1);
    begin();
    unsigned count = 0;
    int depth = 0;
    while (etw_items_next(&items, &item)) {
        count++;
        depth += item.kind == ETW_ITEM_ARRAY_BEGIN || item.kind == ETW_ITEM_STRUCT_BEGIN;
        depth -= item.kind == ETW_ITEM_ARRAY_END || item.kind == ETW_ITEM_STRUCT_END;
    }
    CHECK_EQ(depth, 0);
    CHECK(count < 3000);
    CHECK_EQ(etw_items_error(&items)->reason, ETW_DECODE_BAD_COUNT);
}

static void finds_items_by_index_and_name(void)
{
    USE_TOP(NESTED, 2);
    etlb_raw(&payload, "\2\x10\x11\0\7", 5);
    begin();
    CHECK_EQ(etw_event_item(&event, &schema.pub, 1, &item), ETW_OK);
    CHECK_EQ(item.data.data[0], 7);
    CHECK_EQ(etw_event_item(&event, &schema.pub, 0, &item), ETW_OK);
    CHECK_EQ(item.kind, ETW_ITEM_ARRAY_BEGIN);
    CHECK_EQ(etw_event_item(&event, &schema.pub, 2, &item), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_event_item_by_name(&event, &schema.pub, "after", &item), ETW_OK);
    CHECK_EQ(item.data.data[0], 7);
    CHECK_EQ(etw_event_item_by_name(&event, &schema.pub, "After", &item), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_event_item_by_name(&event, &schema.pub, "leaf", &item), ETW_E_NOT_FOUND);
    CHECK_EQ(etw_event_item_by_name(&event, &schema.pub, "", &item), ETW_E_NOT_FOUND);
    payload.size = 4;
    begin();
    CHECK_EQ(etw_event_item_by_name(&event, &schema.pub, "after", &item), ETW_E_NOT_FOUND);
}

int main(void)
{
    open_fixture();
    RUN(follows_references);
    RUN(refuses_useless_references);
    RUN(reads_arrays_of_every_kind);
    RUN(reads_nested_structs);
    RUN(stays_balanced_when_it_fails);
    RUN(skips);
    RUN(leaves_out_optional_ones);
    RUN(says_what_it_cannot_decode);
    RUN(bounds_empty_values);
    RUN(finds_items_by_index_and_name);
    close_fixture();
    return test_finish();
}
