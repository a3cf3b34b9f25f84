/* `etw dump -o csv`: RFC 4180, one record an event. */
#include "dump.h"

#include "names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_time(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_add_time(text, event->timestamp);
}

static void add_provider(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    cli_text_add(text, cli_provider_name(&event->provider, schema));
}

static void add_guid(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_add_guid(text, &event->provider);
}

static void add_class(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    cli_text_add_z(text, cli_event_class_name(cli_event_class_of(event, schema)));
}

static void add_id(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_printf(text, "%u", event->id);
}

static void add_version(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_printf(text, "%u", event->version);
}

static void add_opcode(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_printf(text, "%u", event->opcode);
}

static void add_level(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_printf(text, "%u", event->level);
}

static void add_keyword(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    cli_text_printf(text, "0x%016" PRIX64, event->keyword);
}

static void add_process(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    if (event->process_id != ETW_NO_ID)
        cli_text_printf(text, "%" PRIu32, event->process_id);
}

static void add_thread(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    if (event->thread_id != ETW_NO_ID)
        cli_text_printf(text, "%" PRIu32, event->thread_id);
}

static void add_processor(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    if (event->processor != ETW_NO_PROCESSOR)
        cli_text_printf(text, "%u", event->processor);
}

static void add_task(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    if (schema && schema->task_name.size)
        cli_text_add(text, schema->task_name);
    else
        cli_text_printf(text, "%u", event->task);
}

static void add_opcode_name(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)event;
    if (schema)
        cli_text_add(text, schema->opcode_name);
}

static void add_event(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)event;
    cli_add_event_name(text, schema);
}

static void add_activity(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    if (!etw_guid_is_null(&event->activity_id))
        cli_text_add_guid(text, &event->activity_id);
}

static void add_file(cli_text *text, const etw_event *event, const etw_schema *schema)
{
    (void)schema;
    if (event->trace)
        cli_text_add(text, event->trace->path);
}

/* The columns that do not come from the payload; the first ones are there without --fields. */
static const struct {
    const char *name;
    void (*add)(cli_text *text, const etw_event *event, const etw_schema *schema);
} own_columns[] = {
    {"time", add_time},
    {"provider", add_provider},
    {"id", add_id},
    {"version", add_version},
    {"opcode", add_opcode},
    {"level", add_level},
    {"pid", add_process},
    {"tid", add_thread},
    {"cpu", add_processor},
    {"task", add_task},
    {"opcode_name", add_opcode_name},
    {"event", add_event},
    {"class", add_class},
    {"provider_guid", add_guid},
    {"keyword", add_keyword},
    {"activity", add_activity},
    {"file", add_file},
};

enum {
    OWN_COLUMN_COUNT = sizeof own_columns / sizeof *own_columns,
    DEFAULT_COLUMN_COUNT = 12
};

static etw_str text_of(const char *text)
{
    return (etw_str){text, strlen(text)};
}

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static dump_column column_of(etw_str name)
{
    for (size_t i = 0; i < OWN_COLUMN_COUNT; i++)
        if (same_text(name, text_of(own_columns[i].name)))
            return (dump_column){.name = name, .add = own_columns[i].add};
    if (same_text(name, text_of("data")))
        return (dump_column){.name = name, .is_data = true};
    // "data.id" is the property "id" where "id" alone is the event's own.
    static const char prefix[] = "data.";
    const size_t skip = sizeof prefix - 1;
    if (name.size > skip && memcmp(name.data, prefix, skip) == 0)
        name = (etw_str){name.data + skip, name.size - skip};
    return (dump_column){.name = name};
}

static bool end_line(dump_state *dump)
{
    cli_text_add_z(&dump->text, "\r\n");
    return !(dump->text.failed || dump->values.failed) || dump_no_memory();
}

static etw_str column_name(const cli_list *fields, size_t index)
{
    if (fields->count)
        return fields->items[index];
    return text_of(index < DEFAULT_COLUMN_COUNT ? own_columns[index].name : "data");
}

static bool csv_begin(dump_state *dump)
{
    const cli_list *fields = &dump->options->fields;
    const size_t count = fields->count ? fields->count : DEFAULT_COLUMN_COUNT + 1;
    dump->columns = calloc(count, sizeof *dump->columns);
    if (!dump->columns)
        return dump_no_memory();
    dump->column_count = count;
    for (size_t i = 0; i < count; i++)
        dump->columns[i] = column_of(column_name(fields, i));
    return true;
}

static bool csv_head(dump_state *dump)
{
    for (size_t i = 0; i < dump->column_count; i++) {
        if (i > 0)
            cli_text_add_char(&dump->text, ',');
        const size_t start = dump->text.size;
        cli_text_add(&dump->text, column_name(&dump->options->fields, i));
        cli_text_csv_quote_from(&dump->text, start);
    }
    return end_line(dump);
}

/* Finds the values of the columns that are properties, and counts the event. */
static void collect_values(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    dump->values.size = 0;
    for (size_t i = 0; i < dump->column_count; i++)
        dump->columns[i].size = 0;
    dump_walk walk;
    etw_item item;
    dump_walk_begin(&walk, event, schema);
    while (dump_walk_next(&walk, &item)) {
        bool added = false;
        size_t start = 0, size = 0;
        for (size_t i = 0; i < dump->column_count; i++) {
            dump_column *column = &dump->columns[i];
            if (column->add || column->is_data || column->size ||
                !same_text(column->name, item.property->name))
                continue;
            if (!added) {
                start = dump->values.size;
                dump_walk_add(&walk, &item, &dump->format, false, &dump->values);
                size = dump->values.size - start;
                added = true;
            }
            column->start = start;
            column->size = size;
        }
    }
    dump_walk_finish(&walk, &dump->counts);
}

static bool csv_event(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    collect_values(dump, event, schema);
    cli_text *line = &dump->text;
    for (size_t i = 0; i < dump->column_count; i++) {
        const dump_column *column = &dump->columns[i];
        if (i > 0)
            cli_text_add_char(line, ',');
        const size_t start = line->size;
        if (column->add)
            column->add(line, event, schema);
        else if (column->is_data)
            dump_add_data(dump, event, schema, line, false);
        else if (column->size)
            cli_text_add(line, (etw_str){dump->values.data + column->start, column->size});
        cli_text_csv_quote_from(line, start);
    }
    return end_line(dump);
}

static void csv_finish(dump_state *dump)
{
    free(dump->columns);
    dump->columns = NULL;
    cli_text_free(&dump->text);
    cli_text_free(&dump->values);
}

const dump_format dump_csv = {csv_begin,         csv_head,        csv_event,
                              dump_text_pending, dump_text_clear, csv_finish};
