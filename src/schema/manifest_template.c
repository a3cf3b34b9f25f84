/*
 * Templates of manifests become lists of properties. As in TraceLogging, the list is its own
 * queue: each struct in it appends its members at the end.
 */
#include "schema/manifest_model.h"
#include "schema/manifest_words.h"

#include <etw/property.h>

enum {
    NO_PARENT = UINT16_MAX,
    PROPERTIES_MAX = UINT16_MAX - 1,
    TAGS_MAX = 0x0FFFFFFF,
};

/* Where a property comes from. */
typedef struct property_source {
    uint32_t node;
    uint16_t parent; /* The struct it is a member of. */
    uint16_t depth;  /* How many structs it is in. */
} property_source;

typedef struct template_builder {
    etwi_manifest *manifest;
    uint32_t provider;
    uint32_t node; /* The template. */
    etw_property *properties;
    property_source *sources;
    uint32_t count;
} template_builder;

static etw_str get(const template_builder *builder, uint32_t node, etwi_attribute name)
{
    return etwi_xml_get(&builder->manifest->tree, node, name);
}

/* The element whose children are the siblings of the members of `parent`. */
static uint32_t scope_node(const template_builder *builder, uint16_t parent)
{
    return parent == NO_PARENT ? builder->node : builder->sources[parent].node;
}

/*
 * Finds the property that a count or length names: a sibling that comes earlier, or else one that
 * comes before the struct around, and so on outwards.
 */
static bool find_reference(const template_builder *builder, etw_str name, uint32_t index,
                           uint16_t *out)
{
    uint32_t before = index;
    uint16_t parent = builder->sources[index].parent;
    for (;;) {
        const uint32_t scope = etwi_scope_of(scope_node(builder, parent), ETWI_NAME_PROPERTY);
        const uint32_t found = etwi_name_find(&builder->manifest->names, scope, name);
        if (found < before) {
            *out = (uint16_t)found;
            return true;
        }
        if (parent == NO_PARENT)
            return false;
        before = parent;
        parent = builder->sources[parent].parent;
    }
}

/* Reads a count or length: a number, or the name of a property that holds it. */
static etw_status read_extent(template_builder *builder, uint32_t index, etw_str text,
                              uint16_t *out, bool *is_reference)
{
    uint64_t number;
    *is_reference = false;
    if (etwi_manifest_number(text, UINT16_MAX, &number)) {
        *out = (uint16_t)number;
        return ETW_OK;
    }
    *is_reference = true;
    if (find_reference(builder, text, index, out))
        return ETW_OK;
    return etwi_fault(etwi_manifest_place(builder->manifest, builder->sources[index].node),
                      "\"%.*s\" is neither a number nor an earlier property", etwi_clip(text),
                      text.data);
}

static etw_status read_count(template_builder *builder, uint32_t index)
{
    etw_property *property = &builder->properties[index];
    const etw_str text = get(builder, builder->sources[index].node, ETWI_ATTRIBUTE_COUNT);
    property->count = 1;
    if (!text.data)
        return ETW_OK;
    bool is_reference;
    ETWI_TRY(read_extent(builder, index, text, &property->count, &is_reference));
    property->flags |= is_reference ? ETW_PROPERTY_COUNT_INDEX : ETW_PROPERTY_FIXED_COUNT;
    return ETW_OK;
}

/* Lengths of other types are what the type says; a length of 0 declares nothing. */
static etw_status read_length(template_builder *builder, uint32_t index)
{
    etw_property *property = &builder->properties[index];
    const etw_str text = get(builder, builder->sources[index].node, ETWI_ATTRIBUTE_LENGTH);
    if (!text.data || !etwi_manifest_has_length(property->in_type))
        return ETW_OK;
    bool is_reference;
    ETWI_TRY(read_extent(builder, index, text, &property->length, &is_reference));
    if (is_reference)
        property->flags |= ETW_PROPERTY_LENGTH_INDEX;
    else if (property->length)
        property->flags |= ETW_PROPERTY_FIXED_LENGTH;
    return ETW_OK;
}

/* A map that is not there only costs the names of values, not the template. */
static void read_map(template_builder *builder, uint32_t node, etw_property *property)
{
    const etw_str name = get(builder, node, ETWI_ATTRIBUTE_MAP);
    if (!name.data)
        return;
    const uint32_t scope = etwi_scope_of(builder->provider, ETWI_NAME_MAP);
    const uint32_t found = etwi_name_find(&builder->manifest->names, scope, name);
    if (found == ETWI_NO_VALUE)
        etwi_fault(etwi_manifest_place(builder->manifest, node), "unknown map \"%.*s\"",
                   etwi_clip(name), name.data);
    else
        property->map = ((const etw_map *const *)builder->manifest->maps.items)[found];
}

static etw_status read_types(template_builder *builder, uint32_t node, etw_property *property)
{
    const etw_str in_type = get(builder, node, ETWI_ATTRIBUTE_IN_TYPE);
    if (!etwi_manifest_in_type(in_type, &property->in_type))
        return etwi_fault(etwi_manifest_place(builder->manifest, node), "unknown inType \"%.*s\"",
                          etwi_clip(in_type), in_type.data ? in_type.data : "");
    // An outType that is not known leaves the default of the inType, as the compiler writes it.
    const etw_str out_type = get(builder, node, ETWI_ATTRIBUTE_OUT_TYPE);
    if (!etwi_manifest_out_type(out_type, &property->out_type))
        property->out_type = (uint16_t)etw_in_type_out_type(property->in_type);
    read_map(builder, node, property);
    return ETW_OK;
}

static etw_status make_property(template_builder *builder, uint32_t index)
{
    const uint32_t node = builder->sources[index].node;
    etw_property *property = &builder->properties[index];
    uint64_t tags;
    ETWI_TRY(etwi_manifest_keep(builder->manifest, get(builder, node, ETWI_ATTRIBUTE_NAME),
                                &property->name));
    if (etwi_manifest_number(get(builder, node, ETWI_ATTRIBUTE_TAGS), TAGS_MAX, &tags))
        property->tags = (uint32_t)tags;
    if (builder->manifest->tree.nodes[node].element == ETWI_ELEMENT_STRUCT)
        property->flags |= ETW_PROPERTY_STRUCT;
    else
        ETWI_TRY(read_types(builder, node, property));
    ETWI_TRY(read_count(builder, index));
    ETWI_TRY(read_length(builder, index));
    const uint32_t scope =
        etwi_scope_of(scope_node(builder, builder->sources[index].parent), ETWI_NAME_PROPERTY);
    return etwi_manifest_define(builder->manifest, scope, property->name, index);
}

static bool is_property(const etwi_xml_node *node)
{
    return node->element == ETWI_ELEMENT_DATA || node->element == ETWI_ELEMENT_STRUCT;
}

/* Appends the children of the template, or of the struct at index `parent`. */
static etw_status append_level(template_builder *builder, uint16_t parent)
{
    const etwi_xml_node *nodes = builder->manifest->tree.nodes;
    const uint32_t around = scope_node(builder, parent);
    const uint16_t depth = parent == NO_PARENT ? 0 : (uint16_t)(builder->sources[parent].depth + 1);
    if (depth > ETW_STRUCT_DEPTH_MAX)
        return etwi_fault(etwi_manifest_place(builder->manifest, around),
                          "structs nest deeper than %d levels", ETW_STRUCT_DEPTH_MAX);
    for (uint32_t i = around + 1; i < nodes[around].end; i = nodes[i].end) {
        if (!is_property(&nodes[i]))
            continue;
        const property_source source = {i, parent, depth};
        builder->sources[builder->count] = source;
        ETWI_TRY(make_property(builder, builder->count++));
    }
    return ETW_OK;
}

static etw_status append_members(template_builder *builder, uint32_t index)
{
    etw_property *property = &builder->properties[index];
    if (!(property->flags & ETW_PROPERTY_STRUCT))
        return ETW_OK;
    property->first_member = (uint16_t)builder->count;
    ETWI_TRY(append_level(builder, (uint16_t)index));
    property->member_count = (uint16_t)(builder->count - property->first_member);
    if (!property->member_count)
        return etwi_fault(etwi_manifest_place(builder->manifest, builder->sources[index].node),
                          "struct \"%.*s\" has no members", etwi_clip(property->name),
                          property->name.data);
    return ETW_OK;
}

/* How many properties the template has; true in `*is_user_data` if it says how to show them. */
static uint32_t count_properties(const template_builder *builder, bool *is_user_data)
{
    const etwi_xml_node *nodes = builder->manifest->tree.nodes;
    uint32_t count = 0;
    *is_user_data = false;
    for (uint32_t i = builder->node + 1; i < nodes[builder->node].end; i++) {
        count += is_property(&nodes[i]);
        *is_user_data |= nodes[i].element == ETWI_ELEMENT_USER_DATA;
    }
    return count;
}

etw_status etwi_template_build(etwi_manifest *manifest, uint32_t provider, uint32_t node,
                               etwi_template *out)
{
    template_builder builder = {manifest, provider, node, NULL, NULL, 0};
    const uint32_t count = count_properties(&builder, &out->is_user_data);
    if (count > PROPERTIES_MAX)
        return etwi_fault(etwi_manifest_place(manifest, node),
                          "template with more than %d properties", PROPERTIES_MAX);
    if (!count)
        return ETW_OK;
    const etw_allocator *allocator = &manifest->arena->allocator;
    const size_t sources_size = count * sizeof *builder.sources;
    builder.sources = etwi_alloc(allocator, sources_size);
    builder.properties =
        etwi_arena_alloc_zeroed(manifest->arena, count * sizeof *builder.properties);
    etw_status status =
        builder.sources && builder.properties ? ETW_OK : etwi_fail_nomem(manifest->error);
    if (!etw_failed(status))
        status = append_level(&builder, NO_PARENT);
    out->top_level_count = (uint16_t)builder.count;
    for (uint32_t i = 0; !etw_failed(status) && i < builder.count; i++)
        status = append_members(&builder, i);
    etwi_free(allocator, builder.sources, sources_size);
    out->properties = builder.properties;
    out->property_count = (uint16_t)builder.count;
    return status;
}
