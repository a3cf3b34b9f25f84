/* What a path of names finds inside of arrays and structs. */
#include "dump.h"

/* A walk along a path. */
typedef struct inside {
    dump_walk *walk;
    const etw_str *path; /* The names below the item that the walk began with. */
    size_t level;        /* Structs of the path that are open, the first one included. */
    size_t depth;        /* Arrays and structs that are open. */
    bool is_list;        /* There may be several values. */
    size_t start;        /* Of the text. */
    const etw_format *format;
    cli_text *text;
} inside;

static bool is_due(const inside *in, const etw_item *item)
{
    const etw_str due = in->path[in->level - 1], name = item->property->name;
    return due.size == name.size && memcmp(due.data, name.data, name.size) == 0;
}

/* Opens an array or a struct of the path. */
static void open_item(inside *in, const etw_item *item)
{
    in->depth++;
    if (item->kind == ETW_ITEM_STRUCT_BEGIN) {
        in->level++;
    } else if (in->text->size == in->start) {
        in->is_list = true;
        cli_text_add_char(in->text, '[');
    }
}

static void add_found(inside *in, const etw_item *item)
{
    if (in->is_list && in->text->size > in->start + 1)
        cli_text_add_char(in->text, ',');
    const size_t value = in->text->size;
    dump_walk_add(in->walk, item, in->format, false, in->text);
    if (in->is_list && item->kind == ETW_ITEM_VALUE)
        cli_text_quote_from(in->text, value, true);
}

/* An item that is a value or begins something. */
static void take(inside *in, const etw_item *item)
{
    // Elements have the name of their array, which was due.
    const bool is_wanted = item->is_element || (in->level && is_due(in, item));
    const bool is_last = in->level && in->path[in->level].size == 0;
    // Of several members with one name the first counts.
    const bool is_free = in->is_list || in->text->size == in->start;
    if (is_wanted && !item->is_element && is_last && is_free)
        add_found(in, item);
    else if (is_wanted && !(is_last && !item->is_element) && item->kind != ETW_ITEM_VALUE)
        open_item(in, item);
    else if (item->kind != ETW_ITEM_VALUE)
        etw_items_skip(&in->walk->items);
}

void dump_walk_add_inside(dump_walk *walk, const etw_item *item, const etw_str *path,
                          const etw_format *format, cli_text *text)
{
    inside in = {.walk = walk, .path = path, .start = text->size, .format = format, .text = text};
    etw_item next;
    walk->is_begin = false;
    open_item(&in, item);
    while (in.depth > 0 && etw_items_next(&walk->items, &next)) {
        switch (next.kind) {
        case ETW_ITEM_STRUCT_END:
            in.level--;
            in.depth--;
            break;
        case ETW_ITEM_ARRAY_END:
            in.depth--;
            break;
        case ETW_ITEM_REMAINDER:
            break;
        default:
            take(&in, &next);
            break;
        }
    }
    if (in.is_list)
        cli_text_add_char(text, ']');
}
