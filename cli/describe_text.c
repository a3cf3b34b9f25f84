/* `etw describe` for people. */
#include "describe.h"
#include "names.h"

#include <inttypes.h>
#include <string.h>

enum {
    NAME_WIDTH_MAX = 40
};

/* Texts of files may hold anything; here they stay one line. */
static void add_clean(cli_text *text, etw_str added)
{
    const size_t start = text->size;
    cli_text_add(text, added);
    cli_text_clean_from(text, start);
}

static void pad(cli_text *text, size_t start, size_t width)
{
    while (text->size - start < width && !text->failed)
        cli_text_add_char(text, ' ');
}

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* ---- Names ---- */

static void add_value(cli_text *text, etw_named_kind kind, const etw_named_value *value)
{
    if (kind == ETW_NAMED_KEYWORD)
        cli_text_printf(text, "    0x%016" PRIX64 "  ", value->value);
    else
        cli_text_printf(text, "    %5" PRIu64 "  ", value->value);
    add_clean(text, value->name.size ? value->name : (etw_str){"-", 1});
    if (kind == ETW_NAMED_OPCODE && value->task)
        cli_text_printf(text, ", of task %u", value->task);
    if (!etw_guid_is_null(&value->class_guid)) {
        cli_text_add_z(text, ", class ");
        cli_text_add_guid(text, &value->class_guid);
    }
    if (value->message.size && !same_text(value->message, value->name)) {
        cli_text_add_z(text, ": ");
        add_clean(text, value->message);
    }
    cli_text_add_char(text, '\n');
}

static void add_named(cli_text *text, const etw_provider_info *provider)
{
    static const char *const headings[ETW_NAMED_KIND_COUNT] = {"keywords", "levels", "tasks",
                                                               "opcodes", "channels"};
    for (unsigned kind = 0; kind < ETW_NAMED_KIND_COUNT; kind++) {
        const etw_named_values *values = &provider->named[kind];
        if (values->count)
            cli_text_printf(text, "  %s\n", headings[kind]);
        for (uint32_t i = 0; i < values->count; i++)
            add_value(text, (etw_named_kind)kind, &values->items[i]);
    }
}

static void add_entries(cli_text *text, const etw_map *map, const char *indent)
{
    for (uint32_t i = 0; i < map->entry_count; i++) {
        const etw_map_entry *entry = &map->entries[i];
        if (map->is_bitmap)
            cli_text_printf(text, "%s0x%08" PRIX64 "  ", indent, entry->value);
        else
            cli_text_printf(text, "%s%5" PRIu64 "  ", indent, entry->value);
        add_clean(text, entry->text);
        cli_text_add_char(text, '\n');
    }
}

static void add_maps(cli_text *text, const etw_provider_info *provider)
{
    if (provider->map_count)
        cli_text_add_z(text, "  maps\n");
    for (uint32_t i = 0; i < provider->map_count; i++) {
        cli_text_add_z(text, "    ");
        add_clean(text, provider->maps[i]->name);
        cli_text_add_z(text, provider->maps[i]->is_bitmap ? " (bits)\n" : "\n");
        add_entries(text, provider->maps[i], "      ");
    }
}

/* ---- Properties ---- */

static void add_type(cli_text *text, const char *name, unsigned number)
{
    if (name)
        cli_text_add_z(text, name);
    else
        cli_text_printf(text, "type %u", number);
}

static void add_holder(cli_text *text, const etw_schema *schema, unsigned index)
{
    const etw_str name = describe_property_name(schema, index);
    if (name.size)
        add_clean(text, name);
    else
        cli_text_printf(text, "property %u", index);
}

/* `[4]`, `[Count]`, `[u16 before it]`, `[*]`: how many elements an array has. */
static void add_count(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    if (property->flags & ETW_PROPERTY_COUNT_INDEX) {
        cli_text_add_char(text, '[');
        add_holder(text, schema, property->count);
        cli_text_add_char(text, ']');
    } else if (property->flags & ETW_PROPERTY_INLINE_COUNT) {
        cli_text_add_z(text, "[u16 before it]");
    } else if (property->flags & ETW_PROPERTY_COUNT_TO_END) {
        cli_text_add_z(text, "[*]");
    } else if (property->flags & ETW_PROPERTY_FIXED_COUNT || property->count > 1) {
        cli_text_printf(text, "[%u]", property->count);
    }
}

static void add_length(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    if (property->flags & ETW_PROPERTY_LENGTH_INDEX) {
        cli_text_add_z(text, ", length ");
        add_holder(text, schema, property->length);
    } else if (property->length) {
        cli_text_printf(text, ", length %u", property->length);
    } else if (property->flags & ETW_PROPERTY_TO_END) {
        cli_text_add_z(text, ", to the end");
    }
}

static void add_property(cli_text *text, const etw_schema *schema, const etw_property *property)
{
    const bool is_struct = property->flags & ETW_PROPERTY_STRUCT;
    if (is_struct)
        cli_text_add_z(text, "struct");
    else
        add_type(text, etw_in_type_name(property->in_type), property->in_type);
    add_count(text, schema, property);
    add_length(text, schema, property);
    if (cli_has_out_type(property)) {
        cli_text_add_z(text, ", shown as ");
        add_type(text, etw_out_type_name(property->out_type), property->out_type);
    }
    if (property->map && property->map->name.size) {
        cli_text_add_z(text, ", map ");
        add_clean(text, property->map->name);
    }
    if (property->flags & ETW_PROPERTY_OPTIONAL)
        cli_text_add_z(text, ", optional");
    if (property->tags && schema->source != ETW_SCHEMA_TMF)
        cli_text_printf(text, ", tags 0x%" PRIX32, property->tags);
    cli_text_add_char(text, '\n');
    if (property->map && !property->map->name.size)
        add_entries(text, property->map, "          ");
}

static size_t name_width(const etw_schema *event)
{
    size_t width = 0;
    for (unsigned i = 0; i < event->property_count; i++)
        if (event->properties[i].name.size > width)
            width = event->properties[i].name.size;
    return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

static void add_properties(cli_text *text, const etw_schema *event)
{
    const size_t width = name_width(event);
    const etw_property *property;
    describe_walk walk;
    describe_walk_begin(&walk, event);
    while ((property = describe_walk_next(&walk))) {
        cli_text_printf(text, "      %*s", (int)(2 * walk.depth), "");
        const size_t start = text->size;
        add_clean(text, property->name.size ? property->name : (etw_str){"-", 1});
        pad(text, start, width);
        cli_text_add_z(text, "  ");
        add_property(text, event, property);
    }
    if (describe_walk_is_cut(&walk))
        cli_text_add_z(text, "      and so on: structs share their members\n");
}

/* ---- Events ---- */

/* The name that goes with a number, or the number. */
static void add_number(cli_text *text, const char *label, unsigned value, etw_str name)
{
    if (!name.size && !value)
        return;
    cli_text_printf(text, ", %s ", label);
    add_clean(text, name);
    if (name.size)
        cli_text_printf(text, " (%u)", value);
    else
        cli_text_printf(text, "%u", value);
}

static void add_keywords(cli_text *text, const etw_schema *event)
{
    if (!event->keyword && !event->keyword_count)
        return;
    cli_text_printf(text, ", keywords 0x%" PRIX64, event->keyword);
    for (uint32_t i = 0; i < event->keyword_count; i++) {
        cli_text_add_char(text, i ? '|' : ' ');
        add_clean(text, event->keywords[i].name);
    }
}

/* `message 10`, `type 1 version 3`, `event 5 version 2`; TraceLogging has names only. */
static void add_identity(cli_text *text, const etw_schema *event)
{
    cli_text_add_z(text, "    ");
    if (event->source == ETW_SCHEMA_TMF)
        cli_text_printf(text, "message %u", event->id);
    else if (event->is_classic)
        cli_text_printf(text, "type %u version %u", event->opcode, event->version);
    else if (event->source == ETW_SCHEMA_TRACELOGGING)
        cli_text_add_z(text, "event");
    else
        cli_text_printf(text, "event %u version %u", event->id, event->version);
    cli_text_add_char(text, ' ');
    const size_t start = text->size;
    cli_add_event_name(text, event);
    cli_text_clean_from(text, start);
}

/* WPP has words for level and flags, but no numbers. */
static void add_words(cli_text *text, const etw_schema *event)
{
    const etw_str words[] = {event->level_name, event->task_name, event->class_name};
    static const char *const labels[] = {"level", "flags", "tag"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!words[i].size)
            continue;
        cli_text_printf(text, ", %s ", labels[i]);
        add_clean(text, words[i]);
    }
}

static void add_event(cli_text *text, const etw_schema *event)
{
    add_identity(text, event);
    if (event->source == ETW_SCHEMA_TMF) {
        add_words(text, event);
    } else if (!event->is_classic) {
        add_number(text, "level", event->level, event->level_name);
        add_number(text, "task", event->task, event->task_name);
        add_number(text, "opcode", event->opcode, event->opcode_name);
        add_number(text, "channel", event->channel, event->channel_name);
        add_keywords(text, event);
    } else if (event->class_name.size) {
        cli_text_add_z(text, ", layout ");
        add_clean(text, event->class_name);
    }
    cli_text_add_char(text, '\n');
    if (event->message.size) {
        cli_text_add_z(text, "      \"");
        add_clean(text, event->message);
        cli_text_add_z(text, "\"\n");
    }
    add_properties(text, event);
}

static void add_events(cli_text *text, const describe_subject *subject)
{
    const etw_provider_info *provider = subject->provider;
    if (provider->event_count)
        cli_text_add_z(text, "  events\n");
    for (uint32_t i = 0; i < provider->event_count; i++)
        if (describe_is_chosen(subject, provider->events[i]))
            add_event(text, provider->events[i]);
}

/* ---- Providers ---- */

static void add_source(const char *name, void *user)
{
    cli_text *text = user;
    cli_text_add_char(text, ' ');
    cli_text_add_z(text, name);
}

static void add_head(cli_text *text, const describe_subject *subject)
{
    const etw_provider_info *provider = subject->provider;
    if (provider->name.size) {
        add_clean(text, provider->name);
        cli_text_add_char(text, ' ');
    }
    cli_text_add_guid(text, &provider->guid);
    if (provider->message.size && !same_text(provider->message, provider->name)) {
        cli_text_add_z(text, "\n  message ");
        add_clean(text, provider->message);
    }
    cli_text_add_z(text, "\n  sources");
    cli_each_source(provider, true, add_source, text);
    cli_text_add_char(text, '\n');
    if (!etw_guid_is_null(&provider->owner)) {
        cli_text_add_z(text, "  class of ");
        add_clean(text, describe_owner_name(subject));
        cli_text_add_char(text, ' ');
        cli_text_add_guid(text, &provider->owner);
        cli_text_add_char(text, '\n');
    }
}

/* The classes whose events belong to a provider that has none itself, as those of the kernel. */
static void add_classes(cli_text *text, const describe_subject *subject)
{
    const etw_provider_list *list = subject->catalog->list;
    bool any = false;
    if (!subject->provider->is_known || subject->provider->event_count)
        return;
    for (size_t i = 0; i < etw_provider_list_count(list); i++) {
        const etw_provider_info *info = etw_provider_list_at(list, i);
        if (!etw_guid_equal(&info->owner, &subject->provider->guid))
            continue;
        cli_text_add_z(text, any ? "" : "  classes\n");
        any = true;
        cli_text_add_z(text, "    ");
        cli_text_add_guid(text, &info->guid);
        cli_text_add_z(text, "  ");
        add_clean(text, info->name);
        cli_text_printf(text, ", %" PRIu32 " event%s\n", info->event_count,
                        info->event_count == 1 ? "" : "s");
    }
}

void describe_add_text(cli_text *text, const describe_subject *subject)
{
    add_head(text, subject);
    if (subject->events->count == 0) {
        add_named(text, subject->provider);
        add_maps(text, subject->provider);
        add_classes(text, subject);
    }
    add_events(text, subject);
}
