#include "names.h"

#include <string.h>

const char *cli_event_class_name(cli_event_class class)
{
    static const char *const names[] = {"classic", "manifest", "tracelogging", "wpp"};
    return names[class];
}

cli_event_class cli_event_class_of(const etw_event *event, const etw_schema *schema)
{
    if (event->flags & ETW_EVENT_TRACE_MESSAGE)
        return CLI_WPP;
    if (event->flags & ETW_EVENT_CLASSIC)
        return CLI_CLASSIC;
    if (schema)
        return schema->source == ETW_SCHEMA_TRACELOGGING ? CLI_TRACELOGGING : CLI_MANIFEST;
    etw_bytes metadata;
    return etw_event_find_extended(event, ETW_EXTENDED_EVENT_SCHEMA_TL, &metadata)
               ? CLI_TRACELOGGING
               : CLI_MANIFEST;
}

etw_str cli_provider_name(const etw_guid *provider, const etw_schema *schema)
{
    if (schema && schema->provider_name.size)
        return schema->provider_name;
    return etw_guid_known_name(provider);
}

static bool is_default_opcode(etw_str name)
{
    return (name.size == 4 && memcmp(name.data, "Info", 4) == 0) ||
           (name.size == 8 && memcmp(name.data, "win:Info", 8) == 0);
}

void cli_add_event_name(cli_text *text, const etw_schema *schema)
{
    if (!schema)
        return;
    if (schema->event_name.size) {
        cli_text_add(text, schema->event_name);
        return;
    }
    const etw_str task = schema->task_name.size ? schema->task_name : schema->class_name;
    const etw_str opcode = schema->opcode_name;
    cli_text_add(text, task);
    // "Info" is what an opcode of 0 is called, and says nothing beside a task.
    if (opcode.size == 0 || (task.size && is_default_opcode(opcode)))
        return;
    if (task.size)
        cli_text_add_char(text, '/');
    cli_text_add(text, opcode);
}

etw_str cli_level_name(uint8_t level, const etw_schema *schema)
{
    static const char *const names[] = {"",        "Critical",    "Error",
                                        "Warning", "Information", "Verbose"};
    if (schema && schema->level_name.size && schema->level == level)
        return schema->level_name;
    const char *name = level < sizeof names / sizeof *names ? names[level] : "";
    return (etw_str){name, strlen(name)};
}

bool cli_has_out_type(const etw_property *property)
{
    return !(property->flags & ETW_PROPERTY_STRUCT) && property->out_type != ETW_OUT_NULL &&
           property->out_type != etw_in_type_out_type(property->in_type);
}
