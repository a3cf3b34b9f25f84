#include "schema/liars.h"

#include <string.h>

enum {
    CLR_STACK_WALK_ID = 82,
    CLR_STACK_WALK_OPCODE = 82,
};

static const etw_guid CLR_PROVIDERS[] = {
    /* Microsoft-Windows-DotNETRuntime, its rundown twin, and its private one. */
    {0xe13c0d23, 0xccbc, 0x4e12, {0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4}},
    {0xa669021c, 0xc450, 0x4609, {0xa0, 0x35, 0x5a, 0xf5, 0x9a, 0xf4, 0xdf, 0x18}},
    {0x763fd754, 0x7086, 0x4dfe, {0x95, 0xeb, 0xc0, 0x1a, 0x46, 0xfa, 0xf4, 0xca}},
};

static bool is_named(const etw_property *property, const char *name)
{
    return property->name.size == strlen(name) &&
           memcmp(property->name.data, name, property->name.size) == 0;
}

/* The classic twin of the event has the class GUID of its task, so the shape decides there. */
static bool may_be_stack_walk(const etw_schema *schema)
{
    if (schema->is_classic)
        return schema->opcode == CLR_STACK_WALK_OPCODE;
    if (schema->id != CLR_STACK_WALK_ID && schema->opcode != CLR_STACK_WALK_OPCODE)
        return false;
    for (size_t i = 0; i < sizeof CLR_PROVIDERS / sizeof CLR_PROVIDERS[0]; i++)
        if (etw_guid_equal(&schema->provider, &CLR_PROVIDERS[i]))
            return true;
    return false;
}

etw_status etwi_correct_liar(etw_schema *schema, etwi_arena *arena)
{
    const unsigned count = schema->top_level_count;
    if (count < 2 || count != schema->property_count || !may_be_stack_walk(schema))
        return ETW_OK;
    const etw_property *frames = &schema->properties[count - 2];
    const etw_property *stack = &schema->properties[count - 1];
    if (!is_named(frames, "FrameCount") || !is_named(stack, "Stack") || stack->count != 2)
        return ETW_OK;
    etw_property *corrected = etwi_arena_alloc(arena, count * sizeof *corrected);
    if (!corrected)
        return ETW_E_NOMEM;
    memcpy(corrected, schema->properties, count * sizeof *corrected);
    corrected[count - 1].flags = ETW_PROPERTY_COUNT_INDEX;
    corrected[count - 1].count = (uint16_t)(count - 2);
    schema->properties = corrected;
    return ETW_OK;
}
