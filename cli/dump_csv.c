/* `etw dump -o csv`: RFC 4180, one record an event. */
#include "dump.h"

#include <stdlib.h>

static bool end_line(dump_state *dump)
{
    cli_text_add_z(&dump->text, "\r\n");
    return !(dump->text.failed || dump->values.failed) || dump_no_memory();
}

/* The columns of a run, which are of the event's kind. */
static void add_run(cli_text *text, const void *user, const etw_event *event,
                    const etw_schema *schema)
{
    const dump_column *columns = user;
    const dump_row row = {event, schema, NULL};
    for (size_t i = 0; i < columns[0].run; i++) {
        if (i > 0)
            cli_text_add_char(text, ',');
        const size_t start = text->size;
        columns[i].add(text, &row);
        if (columns[i].is_text)
            cli_text_csv_quote_from(text, start);
    }
}

/* Joins columns in a row that are of the kind, so that one copy does for them. */
static bool make_runs(dump_state *dump)
{
    for (size_t i = 0, end; i < dump->column_count; i = end) {
        dump_column *first = &dump->columns[i];
        for (end = i; end < dump->column_count && dump->columns[end].is_of_kind; end++)
            first->run++;
        if (end == i) {
            end++;
            continue;
        }
        first->kinds = dump_kinds_create(add_run, first);
        if (!first->kinds)
            return dump_no_memory();
    }
    return true;
}

static bool csv_begin(dump_state *dump)
{
    const cli_list *fields = &dump->style->fields;
    const size_t count = dump_column_count(fields);
    dump->columns = calloc(count, sizeof *dump->columns);
    if (!dump->columns)
        return dump_no_memory();
    for (size_t i = 0; i < count; i++) {
        dump_column *column = &dump->columns[dump->column_count++];
        if (!dump_column_make(column, fields, i))
            return false;
        dump->has_property_columns = dump->has_property_columns || column->path_count;
        dump->has_data_column = dump->has_data_column || column->is_data;
    }
    return make_runs(dump);
}

static bool csv_head(dump_state *dump)
{
    for (size_t i = 0; i < dump->column_count; i++) {
        if (i > 0)
            cli_text_add_char(&dump->text, ',');
        const size_t start = dump->text.size;
        cli_text_add(&dump->text, dump->columns[i].name);
        cli_text_csv_quote_from(&dump->text, start);
    }
    return end_line(dump);
}

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* Adds the value of a column that `item`, the last one of the walk, is or holds. */
static void collect_value(dump_state *dump, dump_walk *walk, const etw_item *item,
                          dump_column *column)
{
    const size_t start = dump->values.size;
    const bool is_whole = same_text(column->property, item->property->name);
    if (!is_whole && (column->path_count < 2 || item->kind == ETW_ITEM_VALUE ||
                      !same_text(column->path[0], item->property->name)))
        return;
    // Several columns may look at one item, so that each of them has a walk of its own.
    dump_walk ours;
    if (item->kind != ETW_ITEM_VALUE)
        ours = *walk;
    dump_walk *used = item->kind == ETW_ITEM_VALUE ? walk : &ours;
    if (is_whole)
        dump_walk_add(used, item, &dump->format, false, &dump->values);
    else
        dump_walk_add_inside(used, item, column->path + 1, &dump->format, &dump->values);
    column->start = start;
    column->size = dump->values.size - start;
}

/* Finds the values of the columns that are properties, and counts the event. */
static void collect_values(dump_state *dump, const dump_row *row)
{
    dump->values.size = 0;
    for (size_t i = 0; i < dump->column_count; i++)
        dump->columns[i].size = 0;
    dump_walk walk;
    etw_item item;
    dump_walk_begin(&walk, row->event, row->schema);
    while (dump->has_property_columns && dump_walk_next(&walk, &item))
        for (size_t i = 0; i < dump->column_count; i++)
            if (dump->columns[i].path_count && !dump->columns[i].size)
                collect_value(dump, &walk, &item, &dump->columns[i]);
    dump_walk_finish(&walk, &dump->counts);
}

/* Adds the value of one column, or of all columns of a run. */
static void add_column(dump_state *dump, const dump_column *column, const dump_row *row,
                       bool *counted)
{
    cli_text *line = &dump->text;
    const size_t start = line->size;
    if (column->kinds) {
        dump_kinds_add(column->kinds, line, row->event, row->schema);
        return;
    }
    if (column->add) {
        column->add(line, row);
    } else if (column->is_data) {
        dump_add_data(dump, row->event, row->schema, line, !*counted);
        *counted = true;
    } else if (column->size) {
        cli_text_add(line, (etw_str){dump->values.data + column->start, column->size});
    }
    if (!column->add || column->is_text)
        cli_text_csv_quote_from(line, start);
}

static bool csv_event(dump_state *dump, const etw_event *event, const etw_schema *schema)
{
    const dump_row row = {event, schema, &dump->clock};
    // The column with all data counts the event too, and saves a walk.
    bool counted = !dump->has_data_column || dump->has_property_columns;
    if (counted)
        collect_values(dump, &row);
    for (size_t i = 0; i < dump->column_count;) {
        const dump_column *column = &dump->columns[i];
        if (i > 0)
            cli_text_add_char(&dump->text, ',');
        add_column(dump, column, &row, &counted);
        i += column->run ? column->run : 1;
    }
    return end_line(dump);
}

static void csv_finish(dump_state *dump)
{
    for (size_t i = 0; i < dump->column_count; i++)
        dump_kinds_destroy(dump->columns[i].kinds);
    free(dump->columns);
    cli_text_free(&dump->text);
    cli_text_free(&dump->values);
}

const dump_format dump_csv = {csv_begin,         csv_head,        csv_event,
                              dump_text_pending, dump_text_clear, csv_finish};
