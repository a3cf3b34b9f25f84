#include "schema_field.h"

#include "names.h"

#include <stdlib.h>
#include <string.h>

enum {
    NO_PARENT = UINT16_MAX,
    DEPTH_MAX = 16,
};

static int compare_fields(const void *a, const void *b)
{
    const cli_field *left = a, *right = b;
    const int order = strcmp(left->path, right->path);
    return order ? order : (left->index > right->index) - (left->index < right->index);
}

/* The struct that each property is a member of. */
static void find_parents(uint16_t *parents, const etw_schema *schema)
{
    for (unsigned i = 0; i < schema->property_count; i++)
        parents[i] = NO_PARENT;
    for (unsigned i = 0; i < schema->property_count; i++) {
        const etw_property *property = &schema->properties[i];
        if (!(property->flags & ETW_PROPERTY_STRUCT))
            continue;
        for (unsigned m = 0; m < property->member_count; m++)
            if (parents[property->first_member + m] == NO_PARENT)
                parents[property->first_member + m] = (uint16_t)i;
    }
}

static void add_path(cli_text *text, const etw_schema *schema, const uint16_t *parents,
                     unsigned index)
{
    unsigned chain[DEPTH_MAX];
    unsigned depth = 0;
    for (; depth < DEPTH_MAX && index != NO_PARENT; index = parents[index])
        chain[depth++] = index;
    while (depth-- > 0) {
        cli_text_add(text, schema->properties[chain[depth]].name);
        cli_text_add_char(text, depth ? '.' : '\0');
    }
}

bool cli_fields_make(cli_fields *fields, const etw_schema *schema)
{
    const size_t count = schema->property_count;
    *fields = (cli_fields){.schema = schema, .count = count};
    uint16_t *parents = malloc((count + 1) * sizeof *parents);
    size_t *starts = malloc((count + 1) * sizeof *starts);
    fields->items = malloc((count + 1) * sizeof *fields->items);
    bool good = parents && starts && fields->items;
    if (good) {
        find_parents(parents, schema);
        for (unsigned i = 0; i < count; i++) {
            starts[i] = fields->paths.size;
            add_path(&fields->paths, schema, parents, i);
        }
        good = !fields->paths.failed;
    }
    for (unsigned i = 0; good && i < count; i++)
        fields->items[i] = (cli_field){fields->paths.data + starts[i], i};
    if (good && count)
        qsort(fields->items, count, sizeof *fields->items, compare_fields);
    free(parents);
    free(starts);
    return good;
}

void cli_fields_free(cli_fields *fields)
{
    free(fields->items);
    cli_text_free(&fields->paths);
    *fields = (cli_fields){0};
}

/* ---- In words ---- */

static void add_reference(cli_text *text, const etw_schema *schema, unsigned index)
{
    if (index < schema->property_count)
        cli_text_add(text, schema->properties[index].name);
    else
        cli_text_printf(text, "#%u", index);
}

static void add_length(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    if (property->flags & ETW_PROPERTY_LENGTH_INDEX) {
        cli_text_add_char(text, '(');
        add_reference(text, schema, property->length);
        cli_text_add_char(text, ')');
    } else if (property->flags & ETW_PROPERTY_TO_END) {
        cli_text_add_z(text, "(rest)");
    } else if (property->length) {
        cli_text_printf(text, "(%u)", property->length);
    }
}

static void add_count(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    if (property->flags & ETW_PROPERTY_COUNT_INDEX) {
        cli_text_add_char(text, '[');
        add_reference(text, schema, property->count);
        cli_text_add_char(text, ']');
    } else if (property->flags & (ETW_PROPERTY_INLINE_COUNT | ETW_PROPERTY_COUNT_TO_END)) {
        cli_text_add_z(text, property->flags & ETW_PROPERTY_INLINE_COUNT ? "[]" : "[rest]");
    } else if (property->flags & ETW_PROPERTY_FIXED_COUNT || property->count > 1) {
        cli_text_printf(text, "[%u]", property->count);
    }
}

void cli_field_describe(cli_text *text, const etw_schema *schema, unsigned index)
{
    const etw_property *property = &schema->properties[index];
    const char *in = etw_in_type_name(property->in_type);
    const char *out = etw_out_type_name(property->out_type);
    if (property->flags & ETW_PROPERTY_STRUCT)
        cli_text_add_z(text, "struct");
    else if (in)
        cli_text_add_z(text, in);
    else
        cli_text_printf(text, "type %u", property->in_type);
    add_length(text, schema, property);
    add_count(text, schema, property);
    if (property->flags & ETW_PROPERTY_OPTIONAL)
        cli_text_add_z(text, " optional");
    if (cli_has_out_type(property) && out)
        cli_text_printf(text, " as %s", out);
    else if (cli_has_out_type(property))
        cli_text_printf(text, " as %u", property->out_type);
    if (property->tags)
        cli_text_printf(text, " tags 0x%X", (unsigned)property->tags);
    if (property->map) {
        cli_text_add_z(text, property->map->is_bitmap ? " bits of " : " of ");
        cli_text_add(text, property->map->name);
    }
}

bool cli_field_same_map(const etw_property *a, const etw_property *b)
{
    const etw_map *left = a->map, *right = b->map;
    if (!left || !right || left == right)
        return left == right;
    if (left->entry_count != right->entry_count || left->is_bitmap != right->is_bitmap)
        return false;
    for (uint32_t i = 0; i < left->entry_count; i++) {
        const etw_map_entry *x = &left->entries[i], *y = &right->entries[i];
        if (x->value != y->value || x->text.size != y->text.size ||
            (x->text.size && memcmp(x->text.data, y->text.data, x->text.size) != 0))
            return false;
    }
    return true;
}
