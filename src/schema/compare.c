#include "schema/compare.h"

#include "guid/order.h"

#include <string.h>

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

bool etwi_map_equal(const etw_map *a, const etw_map *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->entry_count != b->entry_count || a->is_bitmap != b->is_bitmap)
        return false;
    for (uint32_t i = 0; i < a->entry_count; i++)
        if (a->entries[i].value != b->entries[i].value ||
            !same_text(a->entries[i].text, b->entries[i].text))
            return false;
    return true;
}

static bool same_property(const etw_property *a, const etw_property *b)
{
    return a->in_type == b->in_type && a->out_type == b->out_type && a->flags == b->flags &&
           a->count == b->count && a->length == b->length && a->tags == b->tags &&
           a->first_member == b->first_member && a->member_count == b->member_count &&
           same_text(a->name, b->name) && etwi_map_equal(a->map, b->map);
}

static bool same_names(const etw_schema *a, const etw_schema *b)
{
    if (a->keyword_count != b->keyword_count)
        return false;
    for (uint32_t i = 0; i < a->keyword_count; i++)
        if (a->keywords[i].mask != b->keywords[i].mask ||
            !same_text(a->keywords[i].name, b->keywords[i].name))
            return false;
    return same_text(a->provider_name, b->provider_name) &&
           same_text(a->event_name, b->event_name) && same_text(a->task_name, b->task_name) &&
           same_text(a->opcode_name, b->opcode_name) && same_text(a->level_name, b->level_name) &&
           same_text(a->channel_name, b->channel_name) && same_text(a->class_name, b->class_name) &&
           same_text(a->message, b->message);
}

bool etwi_schema_equal(const etw_schema *a, const etw_schema *b)
{
    if (a->source != b->source || a->inferred != b->inferred || a->is_classic != b->is_classic ||
        a->is_user_data != b->is_user_data || a->property_count != b->property_count ||
        a->top_level_count != b->top_level_count || a->id != b->id || a->task != b->task ||
        a->version != b->version || a->opcode != b->opcode || a->level != b->level ||
        a->channel != b->channel || a->keyword != b->keyword ||
        !etw_guid_equal(&a->provider, &b->provider) || !same_names(a, b))
        return false;
    if (a->properties == b->properties)
        return true;
    for (unsigned i = 0; i < a->property_count; i++)
        if (!same_property(&a->properties[i], &b->properties[i]))
            return false;
    return true;
}

/* Kind, number and version as one number. */
static uint32_t key_number(const etw_schema *schema)
{
    const uint32_t kind = schema->source == ETW_SCHEMA_TMF ? 2 : schema->is_classic;
    const uint32_t number = schema->is_classic ? schema->opcode : schema->id;
    return kind << 24 | number << 8 | schema->version;
}

static int compare_texts(etw_str a, etw_str b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

int etwi_schema_compare_keys(const etw_schema *a, const etw_schema *b)
{
    const int order = etwi_guid_compare(&a->provider, &b->provider);
    if (order)
        return order;
    const bool is_tracelogging = a->source == ETW_SCHEMA_TRACELOGGING;
    if (is_tracelogging != (b->source == ETW_SCHEMA_TRACELOGGING))
        return is_tracelogging ? 1 : -1;
    if (is_tracelogging)
        return compare_texts(a->event_name, b->event_name);
    return (key_number(a) > key_number(b)) - (key_number(a) < key_number(b));
}

int etw_schema_find_property(const etw_schema *schema, etw_str name)
{
    for (int i = 0; i < schema->top_level_count; i++)
        if (same_text(schema->properties[i].name, name))
            return i;
    return -1;
}
