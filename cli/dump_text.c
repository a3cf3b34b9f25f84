/* `etw dump -o text`: one line an event, for people. */
#include "dump.h"

#include "names.h"

#include <inttypes.h>

static bool text_begin(dump_state *dump)
{
    (void)dump;
    return true;
}

/* `[3] 1234:5678`, a dash for what the event does not have. */
static void add_place(cli_text *line, const etw_event *event)
{
    if (event->processor == ETW_NO_PROCESSOR)
        cli_text_add_z(line, " [-]");
    else
        cli_text_printf(line, " [%u]", event->processor);
    if (event->process_id == ETW_NO_ID)
        cli_text_add_z(line, " -");
    else
        cli_text_printf(line, " %" PRIu32, event->process_id);
    if (event->thread_id == ETW_NO_ID)
        cli_text_add_z(line, ":-");
    else
        cli_text_printf(line, ":%" PRIu32, event->thread_id);
}

/* `Provider/Event`, or numbers for what has no name. */
static void add_what(cli_text *line, const etw_event *event, const etw_schema *schema)
{
    const etw_str provider = cli_provider_name(&event->provider, schema);
    if (provider.size)
        cli_text_add(line, provider);
    else
        cli_text_add_guid(line, &event->provider);
    cli_text_add_char(line, '/');
    const size_t start = line->size;
    cli_add_event_name(line, schema);
    if (line->size > start)
        return;
    switch (cli_event_class_of(event, schema)) {
    case CLI_CLASSIC:
        cli_text_printf(line, "Opcode(%u)", event->opcode);
        break;
    case CLI_WPP:
        cli_text_printf(line, "Message(%u)", event->id);
        break;
    default:
        cli_text_printf(line, "EventID(%u)", event->id);
        break;
    }
}

/* ` (Task/Opcode)` if the event has a name of its own beside them. */
static void add_task(cli_text *line, const etw_schema *schema)
{
    if (!schema || !schema->event_name.size ||
        (!schema->task_name.size && !schema->opcode_name.size))
        return;
    cli_text_add_z(line, " (");
    cli_text_add(line, schema->task_name);
    if (schema->opcode_name.size) {
        cli_text_add_char(line, '/');
        cli_text_add(line, schema->opcode_name);
    }
    cli_text_add_char(line, ')');
}

/* The message, if that was asked for and there is one, or all properties. */
static void add_data(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    cli_text *line = &dump->text;
    const size_t start = line->size;
    if (!dump->options->message || !dump_add_message(dump, event, schema, line)) {
        dump_add_data(dump, event, schema, line, true);
        return;
    }
    cli_text_clean_from(line, start);
    dump_walk walk;
    dump_walk_begin(&walk, event, schema);
    dump_walk_finish(&walk, &dump->counts);
}

static bool text_event(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    cli_text *line = &dump->text;
    cli_text_add_time(line, event->timestamp);
    add_place(line, event);
    cli_text_add_char(line, ' ');
    const size_t start = line->size;
    const etw_str level = cli_level_name(event->level, schema);
    if (level.size) {
        cli_text_add(line, level);
        cli_text_add_char(line, ' ');
    }
    add_what(line, event, schema);
    add_task(line, schema);
    cli_text_clean_from(line, start);
    cli_text_add_char(line, ' ');
    const size_t data = line->size;
    add_data(dump, event, schema);
    if (line->size == data)
        line->size--;
    cli_text_add_char(line, '\n');
    return !line->failed || dump_no_memory();
}

static void text_finish(dump_state *dump)
{
    cli_text_free(&dump->text);
}

etw_str dump_text_pending(const dump_state *dump)
{
    return (etw_str){dump->text.data, dump->text.size};
}

void dump_text_clear(dump_state *dump)
{
    dump->text.size = 0;
}

const dump_format dump_text = {text_begin,      NULL,       text_event, dump_text_pending,
                               dump_text_clear, text_finish};
