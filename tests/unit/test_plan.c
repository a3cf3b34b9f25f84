/* The plans that schemas are compiled to: rules, references, sizes, and schemas that are refused.
 */
#include "test.h"

#include "faulty_alloc.h"
#include "schema/plan.h"

#include <etw/property.h>

enum {
    PROPERTIES_MAX = 200
};

static etwi_arena arena;
static etw_error error;
static etwi_plan plan;
static etw_property properties[PROPERTIES_MAX];

static void begin(void)
{
    memset(properties, 0, sizeof properties);
    for (unsigned i = 0; i < PROPERTIES_MAX; i++) {
        properties[i].in_type = ETW_IN_UINT8;
        properties[i].count = 1;
    }
}

static etw_status make(unsigned count, unsigned top_level)
{
    const etw_schema schema = {.properties = properties,
                               .property_count = (uint16_t)count,
                               .top_level_count = (uint16_t)top_level};
    return etwi_plan_make(&plan, &schema, &arena, &error);
}

static void make_struct(unsigned index, unsigned first, unsigned count)
{
    properties[index].flags |= ETW_PROPERTY_STRUCT;
    properties[index].in_type = ETW_IN_NULL;
    properties[index].first_member = (uint16_t)first;
    properties[index].member_count = (uint16_t)count;
}

static void chooses_rules(void)
{
    static const struct {
        uint16_t in_type, flags, length, out_type;
        etwi_rule rule;
    } CASES[] = {
        {ETW_IN_UNICODE_STRING, 0, 0, 0, ETWI_RULE_UTF16_Z},
        {ETW_IN_UNICODE_STRING, 0, 3, 0, ETWI_RULE_LENGTH},
        {ETW_IN_ANSI_STRING, 0, 0, 0, ETWI_RULE_ANSI_Z},
        {ETW_IN_ANSI_STRING, ETW_PROPERTY_FIXED_LENGTH, 0, 0, ETWI_RULE_LENGTH},
        {ETW_IN_ANSI_STRING, ETW_PROPERTY_TO_END, 0, 0, ETWI_RULE_REST},
        {ETW_IN_BINARY, ETW_PROPERTY_TO_END, 0, 0, ETWI_RULE_REST},
        {ETW_IN_BINARY, 0, 0, 0, ETWI_RULE_LENGTH},
        {ETW_IN_BINARY, 0, 0, ETW_OUT_IPV6, ETWI_RULE_FIXED},
        {ETW_IN_BINARY, 0, 4, ETW_OUT_IPV6, ETWI_RULE_LENGTH},
        {ETW_IN_UINT32, 0, 9, 0, ETWI_RULE_FIXED},
        {ETW_IN_DOUBLE, ETW_PROPERTY_TO_END, 0, 0, ETWI_RULE_BAD_TYPE},
        {ETW_IN_SID, ETW_PROPERTY_TO_END, 0, 0, ETWI_RULE_BAD_TYPE},
        {ETW_IN_SID, 0, 0, 0, ETWI_RULE_SID},
        {ETW_IN_WBEM_SID, 0, 0, 0, ETWI_RULE_WBEM_SID},
        {ETW_IN_HEX_DUMP, 0, 0, 0, ETWI_RULE_COUNTED32},
        {ETW_IN_COUNTED_STRING, 0, 0, 0, ETWI_RULE_COUNTED},
        {ETW_IN_REVERSED_COUNTED_ANSI_STRING, 0, 0, 0, ETWI_RULE_COUNTED_BE},
        {ETW_IN_NON_NULL_TERMINATED_STRING, 0, 0, 0, ETWI_RULE_REST},
        {ETW_IN_NULL, 0, 0, 0, ETWI_RULE_BAD_TYPE},
        {26, 0, 0, 0, ETWI_RULE_BAD_TYPE},
        {311, 0, 0, 0, ETWI_RULE_BAD_TYPE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin();
        properties[0].in_type = CASES[i].in_type;
        properties[0].flags = CASES[i].flags;
        properties[0].length = CASES[i].length;
        properties[0].out_type = CASES[i].out_type;
        REQUIRE(make(1, 1) == ETW_OK);
        CHECK_EQ(plan.steps[0].rule, CASES[i].rule);
        CHECK_EQ(plan.steps[0].unit, CASES[i].in_type == ETW_IN_UNICODE_STRING ? 2 : 1);
    }
}

static void counts_elements(void)
{
    static const struct {
        uint16_t flags, count;
        etwi_many many;
    } CASES[] = {
        {0, 0, ETWI_MANY_ONE},
        {0, 1, ETWI_MANY_ONE},
        {0, 2, ETWI_MANY_FIXED},
        {ETW_PROPERTY_FIXED_COUNT, 1, ETWI_MANY_FIXED},
        {ETW_PROPERTY_INLINE_COUNT, 1, ETWI_MANY_INLINE},
        {ETW_PROPERTY_COUNT_TO_END, 1, ETWI_MANY_TO_END},
        {ETW_PROPERTY_COUNT_TO_END | ETW_PROPERTY_STRUCT, 1, ETWI_MANY_BAD_REFERENCE},
        {ETW_PROPERTY_COUNT_INDEX, 0, ETWI_MANY_REFERENCE},
        {ETW_PROPERTY_COUNT_INDEX, 1, ETWI_MANY_BAD_REFERENCE},
        {ETW_PROPERTY_COUNT_INDEX, 999, ETWI_MANY_BAD_REFERENCE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin();
        properties[1].flags = CASES[i].flags;
        properties[1].count = CASES[i].count;
        if (CASES[i].flags & ETW_PROPERTY_STRUCT)
            properties[1].first_member = 2;
        REQUIRE(make(2, 2) == ETW_OK);
        CHECK_EQ(plan.steps[1].many, CASES[i].many);
    }
    begin();
    properties[0].in_type = ETW_IN_ANSI_STRING;
    properties[0].flags = ETW_PROPERTY_COUNT_TO_END;
    REQUIRE(make(1, 1) == ETW_OK);
    CHECK_EQ(plan.steps[0].many, ETWI_MANY_BAD_REFERENCE);
}

/* Two users of one holder share its slot; there are slots for 64 holders. */
static void hands_out_references(void)
{
    begin();
    for (unsigned i = 1; i < 3; i++) {
        properties[i].flags = ETW_PROPERTY_COUNT_INDEX;
        properties[i].count = 0;
    }
    REQUIRE(make(3, 3) == ETW_OK);
    CHECK_EQ(plan.reference_count, 1);
    CHECK_EQ(plan.steps[0].own_reference, 0);
    CHECK_EQ(plan.steps[1].count_reference, 0);
    CHECK_EQ(plan.steps[2].count_reference, 0);
    begin();
    for (unsigned i = 100; i < 170; i++) {
        properties[i].flags = ETW_PROPERTY_COUNT_INDEX;
        properties[i].count = (uint16_t)(i - 100);
    }
    REQUIRE(make(170, 170) == ETW_OK);
    CHECK_EQ(plan.reference_count, ETWI_REFERENCES_MAX);
    CHECK_EQ(plan.steps[163].many, ETWI_MANY_REFERENCE);
    CHECK_EQ(plan.steps[164].many, ETWI_MANY_BAD_REFERENCE);
}

static void knows_sizes(void)
{
    begin();
    properties[0].in_type = ETW_IN_POINTER;
    properties[1].in_type = ETW_IN_UINT16;
    properties[1].count = 3;
    make_struct(2, 3, 1);
    properties[2].count = 2;
    properties[3].in_type = ETW_IN_UINT32;
    REQUIRE(make(4, 3) == ETW_OK);
    CHECK(plan.fixed_size);
    CHECK_EQ(plan.size_min[0], 4 + 6 + 8);
    CHECK_EQ(plan.size_min[1], 8 + 6 + 8);
    properties[3].in_type = ETW_IN_SID;
    REQUIRE(make(4, 3) == ETW_OK);
    CHECK(!plan.fixed_size);
    CHECK_EQ(plan.size_min[1], 8 + 6 + 16);
    properties[2].flags |= ETW_PROPERTY_OPTIONAL;
    REQUIRE(make(4, 3) == ETW_OK);
    CHECK_EQ(plan.size_min[1], 8 + 6);
    REQUIRE(make(0, 0) == ETW_OK);
    CHECK(plan.fixed_size);
    CHECK_EQ(plan.size_min[0], 0);
    /* Too large for any payload, and for 32 bits. */
    begin();
    for (unsigned i = 0; i < 3; i++) {
        make_struct(i, i + 1, 1);
        properties[i].count = 0xFFFF;
    }
    REQUIRE(make(4, 1) == ETW_OK);
    CHECK_EQ(plan.size_min[0], UINT32_MAX);
}

static void refuses_impossible_structs(void)
{
    begin();
    CHECK_EQ(make(1, 2), ETW_E_CORRUPT);
    make_struct(0, 0, 1);
    CHECK_EQ(make(3, 1), ETW_E_CORRUPT); /* In itself. */
    make_struct(0, 2, 2);
    CHECK_EQ(make(3, 1), ETW_E_CORRUPT); /* Beyond the end. */
    CHECK_TEXT(error.message, "struct 0 has members 2 to 4 of 3");
    make_struct(0, 0xFFFF, 0xFFFF);
    CHECK_EQ(make(3, 1), ETW_E_CORRUPT);
    begin();
    make_struct(1, 0, 1);
    CHECK_EQ(make(3, 1), ETW_E_CORRUPT); /* Backwards. */
}

static void limits_depth(void)
{
    for (unsigned depth = 1; depth < 40; depth++) {
        begin();
        for (unsigned i = 0; i < depth; i++)
            make_struct(i, i + 1, 1);
        const etw_status status = make(depth + 1, 1);
        if (depth < ETW_STRUCT_DEPTH_MAX)
            CHECK_EQ(status, ETW_OK);
        if (depth > ETW_STRUCT_DEPTH_MAX) {
            CHECK_EQ(status, ETW_E_CORRUPT);
            CHECK_TEXT(error.message, "structs nest too deep");
        }
    }
}

static void says_that_memory_is_out(void)
{
    begin();
    for (uint64_t n = 1; n < 3; n++) {
        faulty_alloc faulty;
        faulty_alloc_init(&faulty);
        faulty.fail_at = n;
        faulty.fail_later_too = true;
        etwi_arena small = {.allocator = faulty.allocator};
        const etw_schema schema = {.properties = properties,
                                   .property_count = PROPERTIES_MAX,
                                   .top_level_count = PROPERTIES_MAX};
        const etw_status status = etwi_plan_make(&plan, &schema, &small, &error);
        CHECK(status == ETW_E_NOMEM || (n > 1 && status == ETW_OK));
        etwi_arena_free(&small);
        CHECK_EQ(faulty.live, 0);
    }
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(chooses_rules);
    RUN(counts_elements);
    RUN(hands_out_references);
    RUN(knows_sizes);
    RUN(refuses_impossible_structs);
    RUN(limits_depth);
    RUN(says_that_memory_is_out);
    etwi_arena_free(&arena);
    return test_finish();
}
