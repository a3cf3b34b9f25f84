/* What the numbers of a header are called, by the schema or by what Windows predefines. */
#include "consumer/filter.h"
#include "schema/kernel.h"
#include "schema/predefined.h"

static const etw_str NO_NAME = {NULL, 0};

static bool has_types(const etw_event *event)
{
    return event->flags & (ETW_EVENT_CLASSIC | ETW_EVENT_TRACE_MESSAGE);
}

/* The names of task and opcode; those of kernel classes are known without a schema. */
static void type_names(const etwi_subject *subject, etw_str *task, etw_str *opcode)
{
    const etw_event *event = subject->event;
    const etw_schema *schema = subject->schema;
    *task = schema ? schema->task_name : NO_NAME;
    *opcode = schema ? schema->opcode_name : NO_NAME;
    if (schema && !task->size)
        *task = schema->class_name;
    if (has_types(event) && !schema)
        etwi_kernel_names(&event->provider, event->opcode, task, opcode);
    if (!has_types(event) && !opcode->size)
        *opcode = etwi_predefined_opcode(event->opcode);
}

static etw_str provider_name(const etwi_subject *subject)
{
    if (subject->schema && subject->schema->provider_name.size)
        return subject->schema->provider_name;
    if (etwi_is_kernel_header(subject->event))
        return etwi_system_trace_name;
    return etw_guid_known_name(&subject->event->provider);
}

static etw_str level_name(const etwi_subject *subject)
{
    const etw_schema *schema = subject->schema;
    if (schema && schema->level_name.size)
        return schema->level_name;
    return etwi_predefined_level(subject->event->level);
}

static etw_str channel_name(const etwi_subject *subject)
{
    const etw_schema *schema = subject->schema;
    if (schema && schema->channel_name.size)
        return schema->channel_name;
    return etwi_predefined_channel(subject->event->channel);
}

/* The keyword of that index among those that the event has. */
static etw_str keyword_name(const etwi_subject *subject, unsigned index)
{
    const etw_schema *schema = subject->schema;
    for (uint32_t i = 0; schema && i < schema->keyword_count; i++) {
        const etw_keyword *keyword = &schema->keywords[i];
        if (keyword->mask && (subject->event->keyword & keyword->mask) == keyword->mask &&
            keyword->name.size && index-- == 0)
            return keyword->name;
    }
    return NO_NAME;
}

/* The event's own name, its task, and "Task/Opcode", as far as there are such. */
static bool event_name(const etwi_subject *subject, unsigned index, etwi_chars *out)
{
    static const etw_str SLASH = {"/", 1};
    const etw_schema *schema = subject->schema;
    etw_str task, opcode;
    type_names(subject, &task, &opcode);
    if (schema && schema->event_name.size && index-- == 0) {
        *out = etwi_chars_utf8(schema->event_name);
        return true;
    }
    if (task.size && index-- == 0) {
        *out = etwi_chars_utf8(task);
        return true;
    }
    if (!opcode.size || index > 0)
        return false;
    *out = etwi_chars_utf8(task);
    if (task.size)
        etwi_chars_append(out, SLASH);
    etwi_chars_append(out, opcode);
    return true;
}

static etw_str single_name(etwi_filter_field field, const etwi_subject *subject)
{
    const etw_trace_info *trace = subject->event->trace;
    etw_str task, opcode;
    switch (field) {
    case ETWI_FILTER_PROVIDER:
        return provider_name(subject);
    case ETWI_FILTER_OPCODE:
        type_names(subject, &task, &opcode);
        return opcode;
    case ETWI_FILTER_TASK:
        type_names(subject, &task, &opcode);
        return task;
    case ETWI_FILTER_LEVEL:
        return level_name(subject);
    case ETWI_FILTER_CHANNEL:
        return channel_name(subject);
    case ETWI_FILTER_FILE:
        return trace ? trace->path : NO_NAME;
    case ETWI_FILTER_SESSION:
        return trace ? trace->session_name : NO_NAME;
    default:
        return NO_NAME;
    }
}

bool etwi_field_name(etwi_filter_field field, const etwi_subject *subject, unsigned index,
                     etwi_chars *out)
{
    if (field == ETWI_FILTER_EVENT)
        return event_name(subject, index, out);
    etw_str name = NO_NAME;
    if (field == ETWI_FILTER_KEYWORD)
        name = keyword_name(subject, index);
    else if (index == 0)
        name = single_name(field, subject);
    *out = etwi_chars_utf8(name);
    return name.size > 0;
}
