#include "dump_columns.h"

#include "names.h"
#include "suggest.h"

static void add_time(cli_text *text, const dump_row *row)
{
    cli_text_add_next_time(text, row->clock, row->event->timestamp);
}

static void add_provider(cli_text *text, const dump_row *row)
{
    cli_text_add(text, cli_provider_name(&row->event->provider, row->schema));
}

static void add_guid(cli_text *text, const dump_row *row)
{
    cli_text_add_guid(text, &row->event->provider);
}

static void add_class(cli_text *text, const dump_row *row)
{
    cli_text_add_z(text, cli_event_class_name(cli_event_class_of(row->event, row->schema)));
}

static void add_id(cli_text *text, const dump_row *row)
{
    cli_text_add_u64(text, row->event->id);
}

static void add_version(cli_text *text, const dump_row *row)
{
    cli_text_add_u64(text, row->event->version);
}

static void add_opcode(cli_text *text, const dump_row *row)
{
    cli_text_add_u64(text, row->event->opcode);
}

static void add_level(cli_text *text, const dump_row *row)
{
    cli_text_add_u64(text, row->event->level);
}

static void add_level_name(cli_text *text, const dump_row *row)
{
    cli_text_add(text, cli_level_name(row->event->level, row->schema));
}

static void add_channel(cli_text *text, const dump_row *row)
{
    cli_text_add_u64(text, row->event->channel);
}

static void add_keyword(cli_text *text, const dump_row *row)
{
    cli_text_add_hex(text, row->event->keyword, 16);
}

static void add_process(cli_text *text, const dump_row *row)
{
    if (row->event->process_id != ETW_NO_ID)
        cli_text_add_u64(text, row->event->process_id);
}

static void add_thread(cli_text *text, const dump_row *row)
{
    if (row->event->thread_id != ETW_NO_ID)
        cli_text_add_u64(text, row->event->thread_id);
}

static void add_processor(cli_text *text, const dump_row *row)
{
    if (row->event->processor != ETW_NO_PROCESSOR)
        cli_text_add_u64(text, row->event->processor);
}

static void add_task(cli_text *text, const dump_row *row)
{
    if (row->schema && row->schema->task_name.size)
        cli_text_add(text, row->schema->task_name);
    else
        cli_text_add_u64(text, row->event->task);
}

static void add_opcode_name(cli_text *text, const dump_row *row)
{
    if (row->schema)
        cli_text_add(text, row->schema->opcode_name);
}

static void add_event(cli_text *text, const dump_row *row)
{
    cli_add_event_name(text, row->schema);
}

static void add_activity(cli_text *text, const dump_row *row)
{
    if (!etw_guid_is_null(&row->event->activity_id))
        cli_text_add_guid(text, &row->event->activity_id);
}

static void add_related(cli_text *text, const dump_row *row)
{
    etw_bytes id;
    etw_guid guid;
    if (!etw_event_find_extended(row->event, ETW_EXTENDED_RELATED_ACTIVITY_ID, &id) ||
        id.size != sizeof guid)
        return;
    const uint8_t *at = id.data;
    guid.data1 =
        (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    guid.data2 = (uint16_t)(at[4] | at[5] << 8);
    guid.data3 = (uint16_t)(at[6] | at[7] << 8);
    memcpy(guid.data4, at + 8, sizeof guid.data4);
    cli_text_add_guid(text, &guid);
}

static void add_size(cli_text *text, const dump_row *row)
{
    cli_text_add_u64(text, row->event->payload_size);
}

static void add_kind(cli_text *text, const dump_row *row)
{
    cli_text_add_z(text, etw_header_kind_name((etw_header_kind)row->event->header_kind));
}

static void add_source(cli_text *text, const dump_row *row)
{
    const unsigned source = row->schema ? row->schema->source : ETW_SCHEMA_NONE;
    cli_text_add_z(text, etw_schema_source_name((etw_schema_source)source));
}

static void add_file(cli_text *text, const dump_row *row)
{
    if (row->event->trace)
        cli_text_add(text, row->event->trace->path);
}

static void add_session(cli_text *text, const dump_row *row)
{
    if (row->event->trace)
        cli_text_add(text, row->event->trace->session_name);
}

/* The fields of the header; the first ones are there without --fields. */
static const struct {
    const char *name;
    void (*add)(cli_text *text, const dump_row *row);
    bool is_text;
    bool is_of_kind;
} own_columns[] = {
    {"time", add_time, false, false},
    {"provider", add_provider, true, true},
    {"id", add_id, false, true},
    {"version", add_version, false, true},
    {"opcode", add_opcode, false, true},
    {"level", add_level, false, true},
    {"pid", add_process, false, false},
    {"tid", add_thread, false, false},
    {"cpu", add_processor, false, false},
    {"task", add_task, true, true},
    {"opcode_name", add_opcode_name, true, true},
    {"event", add_event, true, true},
    {"class", add_class, false, false},
    {"guid", add_guid, false, true},
    {"provider_guid", add_guid, false, true},
    {"level_name", add_level_name, true, true},
    {"channel", add_channel, false, true},
    {"keyword", add_keyword, false, false},
    {"activity", add_activity, false, false},
    {"related", add_related, false, false},
    {"size", add_size, false, false},
    {"kind", add_kind, false, false},
    {"source", add_source, false, true},
    {"file", add_file, true, false},
    {"session", add_session, true, false},
};

enum {
    OWN_COLUMN_COUNT = sizeof own_columns / sizeof *own_columns,
    DEFAULT_COLUMN_COUNT = 12
};

static bool is_word(etw_str text, const char *word)
{
    return strlen(word) == text.size && memcmp(word, text.data, text.size) == 0;
}

/*
 * Any name may be that of a property. But one in lower case that is one letter away from a field of
 * the header is more likely a mistake, which would silently be an empty column. The language of
 * filters has the same rule.
 */
static bool is_mistake(etw_str name, cli_suggest *suggest)
{
    enum {
        GUESS_MIN = 4
    };
    if (name.size < GUESS_MIN || name.size > CLI_SUGGEST_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if ((name.data[i] < 'a' || name.data[i] > 'z') && name.data[i] != '_')
            return false;
    cli_suggest_begin(suggest, name);
    for (size_t i = 0; i < OWN_COLUMN_COUNT; i++)
        cli_suggest_add_z(suggest, own_columns[i].name);
    return cli_suggest_is_one_mistake(suggest);
}

static etw_str text_of(const char *text)
{
    return (etw_str){text, strlen(text)};
}

/* `Customer.Country`; a name that nests too deep for any schema stays as it is. */
static void split_path(dump_column *column, etw_str name)
{
    etw_str rest = name;
    for (column->path_count = 1; column->path_count <= DUMP_PATH_MAX; column->path_count++) {
        const char *dot = memchr(rest.data, '.', rest.size);
        const size_t size = dot ? (size_t)(dot - rest.data) : rest.size;
        column->path[column->path_count - 1] = (etw_str){rest.data, size};
        if (!dot)
            return;
        rest = (etw_str){dot + 1, rest.size - size - 1};
    }
    column->path[0] = name;
    column->path_count = 1;
}

size_t dump_column_count(const cli_list *fields)
{
    return fields->count ? fields->count : DEFAULT_COLUMN_COUNT + 1;
}

bool dump_column_make(dump_column *out, const cli_list *fields, size_t index)
{
    // "data.id" is the property "id" where "id" alone is the event's own.
    static const char prefix[] = "data.";
    const size_t skip = sizeof prefix - 1;
    etw_str name = fields->count                  ? fields->items[index]
                   : index < DEFAULT_COLUMN_COUNT ? text_of(own_columns[index].name)
                                                  : text_of("data");
    *out = (dump_column){.name = name, .is_data = is_word(name, "data")};
    if (out->is_data)
        return true;
    for (size_t i = 0; i < OWN_COLUMN_COUNT; i++) {
        if (!is_word(name, own_columns[i].name))
            continue;
        out->add = own_columns[i].add;
        out->is_text = own_columns[i].is_text;
        out->is_of_kind = own_columns[i].is_of_kind;
        return true;
    }
    cli_suggest suggest;
    if (is_mistake(name, &suggest)) {
        cli_say("etw: --fields: unknown column '%.*s'; did you mean '%s'? (data.%.*s is a "
                "property)\n",
                (int)name.size, name.data, suggest.names[0], (int)name.size, name.data);
        return false;
    }
    if (name.size > skip && memcmp(name.data, prefix, skip) == 0)
        name = (etw_str){name.data + skip, name.size - skip};
    out->property = name;
    split_path(out, name);
    return true;
}
