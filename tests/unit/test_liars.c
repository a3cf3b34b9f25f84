/* The provider whose schema is known to differ from what it writes. */
#include "test.h"

#include "faulty_alloc.h"
#include "schema/liars.h"

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static const etw_guid RUNTIME = {
    0xe13c0d23, 0xccbc, 0x4e12, {0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4}};
static const etw_property STACK_WALK[] = {
    {.name = NAME("ClrInstanceID"), .in_type = ETW_IN_UINT16, .count = 1},
    {.name = NAME("FrameCount"), .in_type = ETW_IN_UINT32, .count = 1},
    {.name = NAME("Stack"), .in_type = ETW_IN_POINTER, .count = 2},
};
static etwi_arena arena;

static etw_schema stack_walk(void)
{
    const etw_schema schema = {.provider = RUNTIME,
                               .id = 82,
                               .properties = STACK_WALK,
                               .property_count = 3,
                               .top_level_count = 3};
    return schema;
}

static bool corrects(etw_schema *schema)
{
    CHECK_EQ(etwi_correct_liar(schema, &arena), ETW_OK);
    return schema->properties != STACK_WALK;
}

static void corrects_stack_walks(void)
{
    etw_schema schema = stack_walk();
    REQUIRE(corrects(&schema));
    CHECK_EQ(schema.property_count, 3);
    CHECK_EQ(schema.properties[2].flags, ETW_PROPERTY_COUNT_INDEX);
    CHECK_EQ(schema.properties[2].count, 1);
    CHECK_STR(schema.properties[2].name, "Stack");
    CHECK_EQ(STACK_WALK[2].count, 2);
    schema = stack_walk();
    schema.id = 0;
    schema.opcode = 82;
    CHECK(corrects(&schema));
    schema.is_classic = true;
    schema.properties = STACK_WALK;
    schema.provider.data1 = 5; /* Classic events have the GUID of their class. */
    CHECK(corrects(&schema));
}

static void leaves_others_alone(void)
{
    etw_schema schema = stack_walk();
    schema.provider.data1++;
    CHECK(!corrects(&schema));
    schema = stack_walk();
    schema.id = 83;
    CHECK(!corrects(&schema));
    schema = stack_walk();
    schema.is_classic = true;
    CHECK(!corrects(&schema));
    schema = stack_walk();
    schema.property_count = schema.top_level_count = 2;
    CHECK(!corrects(&schema));
    schema = stack_walk();
    schema.property_count = schema.top_level_count = 1;
    CHECK(!corrects(&schema));
    schema = stack_walk();
    schema.top_level_count = 2;
    CHECK(!corrects(&schema));
    schema = stack_walk();
    etw_property properties[3];
    memcpy(properties, STACK_WALK, sizeof properties);
    properties[2].count = 3;
    schema.properties = properties;
    corrects(&schema);
    CHECK(schema.properties == properties);
}

static void says_that_memory_is_out(void)
{
    faulty_alloc faulty;
    faulty_alloc_init(&faulty);
    faulty.fail_at = 1;
    etwi_arena small = {.allocator = faulty.allocator};
    etw_schema schema = stack_walk();
    CHECK_EQ(etwi_correct_liar(&schema, &small), ETW_E_NOMEM);
    CHECK(schema.properties == STACK_WALK);
}

int main(void)
{
    arena.allocator = etwi_allocator_or_default(NULL);
    RUN(corrects_stack_walks);
    RUN(leaves_others_alone);
    RUN(says_that_memory_is_out);
    etwi_arena_free(&arena);
    return test_finish();
}
