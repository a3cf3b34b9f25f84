/* The properties of an event as text, for the text and CSV formats. */
#include "dump.h"

#include <string.h>

void dump_walk_begin(dump_walk *walk, const etw_event *event, const etw_schema *schema)
{
    walk->schema = schema;
    walk->has_rest = walk->is_begin = false;
    etw_items_begin(&walk->items, event, schema);
}

bool dump_walk_next(dump_walk *walk, etw_item *item)
{
    if (walk->is_begin)
        etw_items_skip(&walk->items);
    walk->is_begin = false;
    while (etw_items_next(&walk->items, item)) {
        if (item->kind == ETW_ITEM_REMAINDER) {
            walk->rest = *item;
            walk->has_rest = true;
            continue;
        }
        walk->is_begin = item->kind != ETW_ITEM_VALUE;
        if (item->kind == ETW_ITEM_VALUE && item->out_type == ETW_OUT_NO_PRINT)
            continue;
        return true;
    }
    return false;
}

enum {
    USUAL_TEXT_SIZE = 512
};

/* Appends the text of one value, or of the remainder. */
static void add_value(const etw_item *item, const etw_format *format, cli_text *text)
{
    char *at = cli_text_reserve(text, USUAL_TEXT_SIZE);
    if (!at)
        return;
    const size_t room = text->capacity - text->size;
    const size_t size = etw_item_text(item, format, at, room);
    if (size >= room) {
        at = cli_text_reserve(text, size + 1);
        if (!at)
            return;
        etw_item_text(item, format, at, size + 1);
    }
    text->size += size;
}

/* Whether the text of a value is that of a number or the like, which needs no quotes. */
static bool is_bare(const etw_item *item)
{
    static const bool bare[] = {
        [ETW_IN_INT8] = true,      [ETW_IN_UINT8] = true,     [ETW_IN_INT16] = true,
        [ETW_IN_UINT16] = true,    [ETW_IN_INT32] = true,     [ETW_IN_UINT32] = true,
        [ETW_IN_INT64] = true,     [ETW_IN_UINT64] = true,    [ETW_IN_FLOAT] = true,
        [ETW_IN_DOUBLE] = true,    [ETW_IN_BOOLEAN] = true,   [ETW_IN_GUID] = true,
        [ETW_IN_POINTER] = true,   [ETW_IN_FILETIME] = true,  [ETW_IN_SYSTEMTIME] = true,
        [ETW_IN_HEX_INT32] = true, [ETW_IN_HEX_INT64] = true,
    };
    const bool is_text =
        item->out_type == ETW_OUT_STRING || item->out_type == ETW_OUT_REDUCED_STRING;
    return item->in_type < sizeof bare / sizeof *bare && bare[item->in_type] && !is_text &&
           !item->property->map;
}

static void add_separator(const etw_item *item, size_t start, cli_text *text)
{
    const char last = text->size > start ? text->data[text->size - 1] : '[';
    if (last != '[' && last != '{')
        cli_text_add_char(text, ',');
    if (!item->is_element && item->property) {
        const size_t name = text->size;
        cli_text_add(text, item->property->name);
        cli_text_clean_from(text, name);
        cli_text_add_char(text, '=');
    }
}

void dump_walk_add(dump_walk *walk, const etw_item *item, const etw_format *format, bool quoted,
                   cli_text *text)
{
    const size_t start = text->size;
    if (item->kind == ETW_ITEM_VALUE) {
        add_value(item, format, text);
        if (quoted && !is_bare(item))
            cli_text_quote_from(text, start, false);
        return;
    }
    walk->is_begin = false;
    etw_item inner = *item;
    unsigned depth = 0;
    do {
        const bool is_struct =
            inner.kind == ETW_ITEM_STRUCT_BEGIN || inner.kind == ETW_ITEM_STRUCT_END;
        const bool is_end = inner.kind == ETW_ITEM_STRUCT_END || inner.kind == ETW_ITEM_ARRAY_END;
        if (depth > 0 && !is_end)
            add_separator(&inner, start, text);
        if (inner.kind == ETW_ITEM_VALUE) {
            const size_t value = text->size;
            add_value(&inner, format, text);
            if (!is_bare(&inner))
                cli_text_quote_from(text, value, true);
        } else if (is_end) {
            cli_text_add_char(text, is_struct ? '}' : ']');
            depth--;
        } else {
            cli_text_add_char(text, is_struct ? '{' : '[');
            depth++;
        }
    } while (depth > 0 && etw_items_next(&walk->items, &inner));
}

void dump_walk_finish(dump_walk *walk, etw_json_stats *counts)
{
    etw_item item;
    while (dump_walk_next(walk, &item))
        ;
    counts->events++;
    if (!walk->schema) {
        counts->without_schema++;
    } else if (etw_items_error(&walk->items)) {
        counts->errors++;
    } else {
        counts->decoded++;
        if (walk->has_rest) {
            counts->trailing++;
            counts->trailing_bytes += walk->rest.data.size;
        }
    }
}

bool dump_add_message(dump_state *dump, const etw_event *event, const etw_schema *schema,
                      cli_text *text)
{
    char *at = cli_text_reserve(text, 256);
    if (!at)
        return false;
    const size_t room = text->capacity - text->size;
    const size_t size = etw_event_message(event, schema, &dump->format, at, room);
    if (size >= room) {
        at = cli_text_reserve(text, size + 1);
        if (!at)
            return false;
        etw_event_message(event, schema, &dump->format, at, size + 1);
    }
    text->size += size;
    return size != 0;
}

static bool is_wanted(const dump_state *dump, const etw_item *item)
{
    const cli_list *fields = &dump->style->fields;
    for (size_t i = 0; i < fields->count; i++)
        if (fields->items[i].size == item->property->name.size &&
            memcmp(fields->items[i].data, item->property->name.data, fields->items[i].size) == 0)
            return true;
    return fields->count == 0;
}

/* A blank between one name=value and the next. */
static void separate(cli_text *text, size_t begin)
{
    if (text->size > begin)
        cli_text_add_char(text, ' ');
}

/* Whether no name of a top-level property needs cleaning; remembered, as nearly all are so. */
static bool has_clean_names(dump_state *dump, const etw_schema *schema)
{
    if (!schema)
        return true;
    const etw_schema **clean = &dump->clean[((uintptr_t)schema >> 6) % DUMP_CLEAN_COUNT];
    if (*clean == schema)
        return true;
    for (size_t i = 0; i < schema->top_level_count; i++)
        if (!cli_text_is_clean(schema->properties[i].name))
            return false;
    *clean = schema;
    return true;
}

/* The name of a property or of what stands for one, and `=`. */
static void add_name(const dump_state *dump, etw_str color, etw_str name, bool is_clean,
                     cli_text *text)
{
    cli_text_add(text, color);
    const size_t start = text->size;
    cli_text_add(text, name);
    if (!is_clean)
        cli_text_clean_from(text, start);
    cli_text_add(text, dump->colors->end);
    cli_text_add_char(text, '=');
}

/* The reason why an event did not decode, as "Name: reason (at byte N)". */
static void add_error(const etw_decode_error *error, cli_text *text)
{
    const size_t start = text->size;
    if (error->property) {
        cli_text_add(text, error->property->name);
        cli_text_add_z(text, ": ");
    }
    cli_text_printf(text, "%s (at byte %u)", etw_decode_reason_text(error->reason),
                    (unsigned)error->offset);
    cli_text_quote_from(text, start, false);
}

void dump_add_data(dump_state *dump, const etw_event *event, const etw_schema *schema,
                   cli_text *text, bool count)
{
    const size_t begin = text->size;
    const cli_colors *colors = dump->colors;
    const bool is_clean = has_clean_names(dump, schema);
    dump_walk walk;
    etw_item item;
    dump_walk_begin(&walk, event, schema);
    while (dump_walk_next(&walk, &item)) {
        if (!is_wanted(dump, &item))
            continue;
        separate(text, begin);
        add_name(dump, colors->property, item.property->name, is_clean, text);
        dump_walk_add(&walk, &item, &dump->format, true, text);
    }
    const etw_decode_error *error = schema ? etw_items_error(&walk.items) : NULL;
    if (error) {
        separate(text, begin);
        add_name(dump, colors->error, (etw_str){"error", 5}, true, text);
        add_error(error, text);
    }
    if (walk.has_rest) {
        separate(text, begin);
        const char *name = schema && !error ? "trailing" : "payload";
        add_name(dump, colors->property, (etw_str){name, strlen(name)}, true, text);
        add_value(&walk.rest, &dump->format, text);
    }
    if (count)
        dump_walk_finish(&walk, &dump->counts);
}
