#include "dump_head.h"

#include "names.h"

enum {
    LEVEL_WIDTH = 14, /* "Informational" and a blank. */
    NAME_WIDTH = 40,
    NAME_STEP = 8 /* Longer names end at multiples of this, so that columns form nevertheless. */
};

/* Ends a column that began at `start`: its color, and blanks up to `least` characters, or to the
 * next multiple of `step`. */
static void end_column(cli_text *line, size_t start, etw_str color_end, size_t least, size_t step)
{
    cli_text_clean_from(line, start);
    const size_t width = cli_text_width_from(line, start);
    cli_text_add(line, color_end);
    cli_text_add_blanks(line, width < least ? least - width : step - width % step);
}

/* `Provider/Event`, or numbers for what has no name. */
static void add_name(cli_text *line, const etw_event *event, const etw_schema *schema)
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

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* ` (Task/Opcode)` if the event has a name of its own, and they say more than that. */
static void add_task(cli_text *line, const etw_schema *schema)
{
    if (!schema || !schema->event_name.size ||
        (!schema->task_name.size && !schema->opcode_name.size))
        return;
    if (!schema->opcode_name.size && same_text(schema->task_name, schema->event_name))
        return;
    cli_text_add_z(line, " (");
    cli_text_add(line, schema->task_name);
    if (schema->opcode_name.size) {
        cli_text_add_char(line, '/');
        cli_text_add(line, schema->opcode_name);
    }
    cli_text_add_char(line, ')');
}

static void add_level(cli_text *line, const cli_colors *colors, const etw_event *event,
                      const etw_schema *schema)
{
    const etw_str color = cli_level_color(colors, event->level);
    cli_text_add(line, color);
    const size_t start = line->size;
    cli_text_add(line, cli_level_name(event->level, schema));
    if (line->size == start && event->level)
        cli_text_add_u64(line, event->level);
    if (line->size == start)
        cli_text_add_char(line, '-');
    end_column(line, start, color.size ? colors->end : color, LEVEL_WIDTH, 1);
}

void dump_add_head(cli_text *line, const void *user, const etw_event *event,
                   const etw_schema *schema)
{
    const cli_colors *colors = user;
    add_level(line, colors, event, schema);
    cli_text_add(line, colors->event);
    const size_t start = line->size;
    add_name(line, event, schema);
    add_task(line, schema);
    end_column(line, start, colors->end, NAME_WIDTH, NAME_STEP);
}
