/* `etw describe --json`. The keys are documented in docs/cli.md. */
#include "describe.h"
#include "json.h"
#include "names.h"

#include <inttypes.h>
#include <stdio.h>

static void add_source(const char *name, void *user)
{
    cli_json_string_z(user, NULL, name);
}

static void add_mask(cli_text *text, uint64_t mask)
{
    char digits[19];
    snprintf(digits, sizeof digits, "0x%016" PRIX64, mask);
    cli_json_string_z(text, "mask", digits);
}

static void add_guid_or_null(cli_text *text, const char *key, const etw_guid *guid)
{
    if (etw_guid_is_null(guid))
        cli_json_null(text, key);
    else
        cli_json_guid(text, key, guid);
}

static void add_owner(cli_text *text, const describe_subject *subject)
{
    if (etw_guid_is_null(&subject->provider->owner)) {
        cli_json_null(text, "owner");
        return;
    }
    cli_json_object(text, "owner");
    cli_json_guid(text, "guid", &subject->provider->owner);
    cli_json_string(text, "name", describe_owner_name(subject));
    cli_json_end_object(text);
}

/* ---- Names ---- */

static void add_named(cli_text *text, const etw_provider_info *provider, etw_named_kind kind,
                      const char *key)
{
    const etw_named_values *values = &provider->named[kind];
    cli_json_array(text, key);
    for (uint32_t i = 0; i < values->count; i++) {
        const etw_named_value *value = &values->items[i];
        cli_json_object(text, NULL);
        if (kind == ETW_NAMED_KEYWORD)
            add_mask(text, value->value);
        else
            cli_json_number(text, "value", value->value);
        cli_json_string(text, "name", value->name);
        cli_json_string(text, "message", value->message);
        if (kind == ETW_NAMED_OPCODE)
            cli_json_number(text, "task", value->task);
        if (kind == ETW_NAMED_TASK)
            add_guid_or_null(text, "class", &value->class_guid);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
}

static void add_map(cli_text *text, const char *key, const etw_map *map)
{
    cli_json_object(text, key);
    cli_json_string(text, "name", map->name);
    cli_json_string_z(text, "kind", map->is_bitmap ? "bits" : "values");
    cli_json_array(text, "entries");
    for (uint32_t i = 0; i < map->entry_count; i++) {
        cli_json_object(text, NULL);
        cli_json_number(text, "value", map->entries[i].value);
        cli_json_string(text, "text", map->entries[i].text);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
    cli_json_end_object(text);
}

/* ---- Properties ---- */

static void add_type(cli_text *text, const char *key, const char *name, unsigned number)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%u", number);
    cli_json_string_z(text, key, name ? name : digits);
}

static const char *array_kind(const etw_property *property)
{
    if (property->flags & ETW_PROPERTY_COUNT_INDEX)
        return "property";
    if (property->flags & ETW_PROPERTY_INLINE_COUNT)
        return "inline";
    if (property->flags & ETW_PROPERTY_COUNT_TO_END)
        return "to_end";
    return property->flags & ETW_PROPERTY_FIXED_COUNT || property->count > 1 ? "fixed" : "none";
}

/* A number, or the property that holds it, or neither. */
static void add_extent(cli_text *text, const char *key, const char *property_key, bool is_number,
                       uint16_t number, etw_str holder)
{
    if (is_number)
        cli_json_number(text, key, number);
    else
        cli_json_null(text, key);
    if (holder.size)
        cli_json_string(text, property_key, holder);
    else
        cli_json_null(text, property_key);
}

static void add_extents(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    const etw_str none = {NULL, 0};
    const bool count_elsewhere = property->flags & ETW_PROPERTY_COUNT_INDEX;
    const bool length_elsewhere = property->flags & ETW_PROPERTY_LENGTH_INDEX;
    const bool counted =
        !count_elsewhere &&
        !(property->flags & (ETW_PROPERTY_INLINE_COUNT | ETW_PROPERTY_COUNT_TO_END));
    cli_json_string_z(text, "array", array_kind(property));
    add_extent(text, "count", "count_property", counted, property->count,
               count_elsewhere ? describe_property_name(schema, property->count) : none);
    add_extent(text, "length", "length_property", !length_elsewhere && property->length,
               property->length,
               length_elsewhere ? describe_property_name(schema, property->length) : none);
    cli_json_bool(text, "to_end", property->flags & ETW_PROPERTY_TO_END);
    cli_json_bool(text, "optional", property->flags & ETW_PROPERTY_OPTIONAL);
}

/* Everything but the end of the object, and of a struct the beginning of its members. */
static void begin_property(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    const bool is_struct = property->flags & ETW_PROPERTY_STRUCT;
    cli_json_object(text, NULL);
    cli_json_string(text, "name", property->name);
    if (is_struct)
        cli_json_string_z(text, "in_type", "struct");
    else
        add_type(text, "in_type", etw_in_type_name(property->in_type), property->in_type);
    if (cli_has_out_type(property))
        add_type(text, "out_type", etw_out_type_name(property->out_type), property->out_type);
    else
        cli_json_null(text, "out_type");
    add_extents(text, schema, property);
    if (property->map)
        add_map(text, "map", property->map);
    else
        cli_json_null(text, "map");
    cli_json_number(text, "tags", property->tags);
    if (is_struct)
        cli_json_array(text, "members");
}

static void add_properties(cli_text *text, const etw_schema *schema)
{
    describe_walk walk;
    unsigned open = 0; /* Structs whose members are being written. */
    const etw_property *property;
    cli_json_array(text, "properties");
    describe_walk_begin(&walk, schema);
    while ((property = describe_walk_next(&walk))) {
        for (; open > walk.depth; open--) {
            cli_json_end_array(text);
            cli_json_end_object(text);
        }
        begin_property(text, schema, property);
        if (property->flags & ETW_PROPERTY_STRUCT)
            open++;
        else
            cli_json_end_object(text);
    }
    for (; open > 0; open--) {
        cli_json_end_array(text);
        cli_json_end_object(text);
    }
    cli_json_end_array(text);
    cli_json_bool(text, "properties_cut", describe_walk_is_cut(&walk));
}

/* ---- Events ---- */

static const char *class_name(const etw_schema *event)
{
    if (event->source == ETW_SCHEMA_TMF)
        return cli_event_class_name(CLI_WPP);
    if (event->is_classic)
        return cli_event_class_name(CLI_CLASSIC);
    return cli_event_class_name(event->source == ETW_SCHEMA_TRACELOGGING ? CLI_TRACELOGGING
                                                                         : CLI_MANIFEST);
}

static void add_number(cli_text *text, const char *key, uint64_t value, etw_str name)
{
    cli_json_object(text, key);
    cli_json_number(text, "value", value);
    cli_json_string(text, "name", name);
    cli_json_end_object(text);
}

static void add_keywords(cli_text *text, const etw_schema *event)
{
    cli_json_object(text, "keywords");
    add_mask(text, event->keyword);
    cli_json_array(text, "names");
    for (uint32_t i = 0; i < event->keyword_count; i++)
        cli_json_string(text, NULL, event->keywords[i].name);
    cli_json_end_array(text);
    cli_json_end_object(text);
}

static void add_event(cli_text *text, const etw_schema *event)
{
    cli_text name = {0};
    cli_add_event_name(&name, event);
    cli_json_object(text, NULL);
    cli_json_string_z(text, "class", class_name(event));
    cli_json_number(text, "id", event->id);
    cli_json_number(text, "version", event->version);
    cli_json_string(text, "name", (etw_str){name.data, name.size});
    text->failed |= name.failed;
    cli_text_free(&name);
    add_number(text, "level", event->level, event->level_name);
    add_number(text, "task", event->task, event->task_name);
    add_number(text, "opcode", event->opcode, event->opcode_name);
    add_number(text, "channel", event->channel, event->channel_name);
    add_keywords(text, event);
    cli_json_string(text, "layout", event->class_name);
    cli_json_string(text, "message", event->message);
    cli_json_string_z(text, "source", etw_schema_source_name((etw_schema_source)event->source));
    cli_json_bool(text, "user_data", event->is_user_data);
    add_properties(text, event);
    cli_json_end_object(text);
}

void describe_add_json(cli_text *text, const describe_subject *subject)
{
    const etw_provider_info *provider = subject->provider;
    cli_json_object(text, NULL);
    cli_json_guid(text, "guid", &provider->guid);
    cli_json_string(text, "name", provider->name);
    cli_json_string(text, "message", provider->message);
    cli_json_array(text, "sources");
    cli_each_source(provider, true, add_source, text);
    cli_json_end_array(text);
    add_owner(text, subject);
    add_named(text, provider, ETW_NAMED_KEYWORD, "keywords");
    add_named(text, provider, ETW_NAMED_LEVEL, "levels");
    add_named(text, provider, ETW_NAMED_TASK, "tasks");
    add_named(text, provider, ETW_NAMED_OPCODE, "opcodes");
    add_named(text, provider, ETW_NAMED_CHANNEL, "channels");
    cli_json_array(text, "maps");
    for (uint32_t i = 0; i < provider->map_count; i++)
        add_map(text, NULL, provider->maps[i]);
    cli_json_end_array(text);
    cli_json_array(text, "events");
    for (uint32_t i = 0; i < provider->event_count; i++)
        if (describe_is_chosen(subject, provider->events[i]))
            add_event(text, provider->events[i]);
    cli_json_end_array(text);
    cli_json_end_object(text);
    cli_text_add_char(text, '\n');
}
