#include "describe.h"

void describe_walk_begin(describe_walk *walk, const etw_schema *schema)
{
    *walk =
        (describe_walk){.schema = schema, .left = ETW_STRUCT_DEPTH_MAX * schema->property_count};
    walk->levels[0].end = schema->top_level_count;
}

const etw_property *describe_walk_next(describe_walk *walk)
{
    while (walk->level > 0 && walk->levels[walk->level].next == walk->levels[walk->level].end)
        walk->level--;
    if (walk->left == 0 || walk->levels[walk->level].next == walk->levels[walk->level].end)
        return NULL;
    const etw_property *property = &walk->schema->properties[walk->levels[walk->level].next++];
    walk->left--;
    walk->depth = walk->level;
    if (property->flags & ETW_PROPERTY_STRUCT && walk->level <= ETW_STRUCT_DEPTH_MAX) {
        walk->level++;
        walk->levels[walk->level].next = property->first_member;
        walk->levels[walk->level].end = property->first_member + property->member_count;
    }
    return property;
}

bool describe_walk_is_cut(const describe_walk *walk)
{
    return walk->level > 0 || walk->levels[0].next < walk->levels[0].end;
}

etw_str describe_property_name(const etw_schema *schema, unsigned index)
{
    const etw_str none = {"", 0};
    return index < schema->property_count ? schema->properties[index].name : none;
}
