/*
 * Messages. Those of manifests are texts for FormatMessage, those of WPP are formats as tracefmt
 * reads them; in both a value stands where the text has its number.
 */
#include "decode/message.h"

#include "schema/wpp.h"

#include <string.h>

enum {
    ITEMS_MAX = 128,       /* Values that a message can name. */
    INSERTIONS_MAX = 1024, /* In one message; the others stay as they are, as behind the size. */
    SIZE_LIMIT = 1 << 20,
    FIRST_ARGUMENT = 10, /* Of WPP. */
    DIGITS_MAX = 2,      /* Of FormatMessage. */
    NUMBER_MAX = 1000,   /* Of widths and precisions. */
};

/* What goes into the message of one event. */
typedef struct context {
    const etw_event *event;
    const etw_schema *schema;
    etwi_message out;
    unsigned insertion_count;
    bool is_wpp;
    bool present[ITEMS_MAX];
    etw_item items[ITEMS_MAX];
} context;

void etwi_message_put(etwi_message *out, const char *text, size_t size)
{
    if (!out->is_cut) {
        size_t fits = out->room - out->wanted;
        out->is_cut = size > fits;
        if (!out->is_cut)
            fits = size;
        while (out->is_cut && fits && ((uint8_t)text[fits] & 0xC0) == 0x80)
            fits--;
        if (fits)
            memcpy(out->data + out->wanted, text, fits);
        if (out->data)
            out->data[out->wanted + fits] = '\0';
    }
    out->wanted += size;
}

void etwi_message_put_str(etwi_message *out, etw_str text)
{
    if (text.size)
        etwi_message_put(out, text.data, text.size);
}

/* -------------------------------------------------------------------------------- values */

static void find_items(context *c)
{
    etw_items items;
    etw_item item;
    memset(c->present, 0, sizeof c->present);
    etw_items_begin(&items, c->event, c->schema);
    while (etw_items_next(&items, &item) && item.property) {
        const size_t index = (size_t)(item.property - c->schema->properties);
        if (index >= ITEMS_MAX)
            return;
        c->items[index] = item;
        c->present[index] = true;
        etw_items_skip(&items);
    }
}

/* The elements of an array, or the members of a struct, one after the other. */
static void put_many(context *c, size_t index, const etwi_insertion *how)
{
    etw_items items;
    etw_item item;
    size_t depth = 0;
    bool is_first = true;
    etw_items_begin(&items, c->event, c->schema);
    while (etw_items_next(&items, &item) && item.property != &c->schema->properties[index])
        etw_items_skip(&items);
    do {
        if (item.kind == ETW_ITEM_ARRAY_BEGIN || item.kind == ETW_ITEM_STRUCT_BEGIN) {
            depth++;
        } else if (item.kind != ETW_ITEM_VALUE) {
            depth--;
        } else {
            if (!is_first)
                etwi_message_put(&c->out, ", ", 2);
            etwi_message_value(&c->out, &item, how, c->is_wpp);
            is_first = false;
        }
    } while (depth && c->out.wanted < SIZE_LIMIT && etw_items_next(&items, &item));
}

/* Where the argument of a WPP message is among its properties. */
static size_t index_of_argument(const etw_schema *schema, unsigned number)
{
    const size_t likely = number - FIRST_ARGUMENT;
    if (likely < schema->top_level_count &&
        etwi_wpp_argument(&schema->properties[likely]) == number)
        return likely;
    for (size_t i = 0; i < schema->top_level_count; i++)
        if (etwi_wpp_argument(&schema->properties[i]) == number)
            return i;
    return SIZE_MAX;
}

/* Takes the number at `*index`, which moves on. */
static bool take_number(const context *c, size_t *index, int64_t *out)
{
    const size_t at = (*index)++;
    return at < ITEMS_MAX && c->present[at] && c->items[at].kind == ETW_ITEM_VALUE &&
           etw_item_i64(&c->items[at], out) == ETW_OK;
}

/* `%1!*.*s!`: the first argument is the width, the second the precision, the third the value. As
 * for printf a negative width aligns to the left, and a negative precision is none. */
static bool take_stars(const context *c, size_t *index, etwi_insertion *how)
{
    int64_t number;
    if (c->is_wpp)
        return !how->takes_width && !how->takes_precision;
    if (how->takes_width) {
        if (!take_number(c, index, &number))
            return false;
        how->is_left = how->is_left || number < 0;
        how->width = number > -NUMBER_MAX && number < NUMBER_MAX
                         ? (unsigned)(number < 0 ? -number : number)
                         : NUMBER_MAX;
    }
    if (how->takes_precision) {
        if (!take_number(c, index, &number))
            return false;
        how->precision = number < 0 ? -1 : number < NUMBER_MAX ? (int)number : NUMBER_MAX;
    }
    return true;
}

/* A value in place of its insertion, which stays if there is none. */
static void put_insertion(context *c, etw_str text, const etwi_insertion *wanted)
{
    etwi_insertion how = *wanted;
    size_t index = c->is_wpp ? index_of_argument(c->schema, how.number) : (size_t)how.number - 1;
    const bool is_known = take_stars(c, &index, &how) && index < ITEMS_MAX && c->present[index];
    if (!is_known || c->insertion_count >= INSERTIONS_MAX || c->out.wanted >= SIZE_LIMIT) {
        etwi_message_put(&c->out, text.data, how.size);
        return;
    }
    c->insertion_count++;
    if (c->items[index].kind == ETW_ITEM_VALUE)
        etwi_message_value(&c->out, &c->items[index], &how, c->is_wpp);
    else
        put_many(c, index, &how);
}

/* -------------------------------------------------------------------------------- texts */

/* What stands behind a percent sign of FormatMessage; SIZE_MAX ends the message. */
static size_t put_escape(context *c, etw_str text)
{
    etwi_insertion how;
    if (etwi_insertion_parse(text, DIGITS_MAX, &how)) {
        put_insertion(c, text, &how);
        return how.size;
    }
    if (text.size < 2) {
        etwi_message_put(&c->out, text.data, text.size);
        return text.size;
    }
    switch (text.data[1]) {
    case '0':
        return SIZE_MAX;
    case '%':
        etwi_message_put(&c->out, "%", 1);
        break;
    case 'n':
        etwi_message_put(&c->out, "\n", 1);
        break;
    case 'r':
        etwi_message_put(&c->out, "\r", 1);
        break;
    case 't':
        etwi_message_put(&c->out, "\t", 1);
        break;
    case 'b':
        etwi_message_put(&c->out, " ", 1);
        break;
    default:
        /* Only the sign goes; the character may have more bytes, which follow as text. */
        return 1;
    }
    return 2;
}

/* `%!FUNC!`: returns its size, or 0 if there is no such name. */
static size_t put_component(context *c, etw_str text)
{
    const struct {
        const char *name;
        etw_str value;
    } components[] = {{"%!FUNC!", c->schema->event_name},
                      {"%!LEVEL!", c->schema->level_name},
                      {"%!FLAGS!", c->schema->task_name},
                      {"%!COMPNAME!", c->schema->provider_name}};
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
        const size_t size = strlen(components[i].name);
        if (text.size < size || memcmp(text.data, components[i].name, size) != 0)
            continue;
        etwi_message_put_str(&c->out, components[i].value);
        return size;
    }
    return 0;
}

/* What stands behind a percent sign of WPP. */
static size_t put_wpp_escape(context *c, etw_str text)
{
    etwi_insertion how;
    if (etwi_insertion_parse(text, ETWI_WPP_DIGITS_MAX, &how)) {
        put_insertion(c, text, &how);
        return how.size;
    }
    if (text.size >= 2 && text.data[1] == '0')
        return 2; /* Where the standard prefix goes. */
    const size_t size = put_component(c, text);
    if (size)
        return size;
    etwi_message_put(&c->out, "%", 1);
    return text.size >= 2 && text.data[1] == '%' ? 2 : 1;
}

static void put_message(context *c)
{
    etw_str text = c->schema->message;
    while (text.size) {
        const char *percent = memchr(text.data, '%', text.size);
        const size_t literal = percent ? (size_t)(percent - text.data) : text.size;
        if (literal)
            etwi_message_put(&c->out, text.data, literal);
        text.data += literal;
        text.size -= literal;
        if (!text.size)
            return;
        const size_t size = c->is_wpp ? put_wpp_escape(c, text) : put_escape(c, text);
        if (size > text.size)
            return;
        text.data += size;
        text.size -= size;
    }
}

size_t etw_event_message(const etw_event *event, const etw_schema *schema, const etw_format *format,
                         char *out, size_t size)
{
    context c;
    if (size)
        out[0] = '\0';
    if (!schema || !schema->message.size)
        return 0;
    c.event = event;
    c.schema = schema;
    c.out.data = size ? out : NULL;
    c.out.room = size ? size - 1 : 0;
    c.out.wanted = 0;
    c.out.is_cut = false;
    c.out.format = format;
    c.insertion_count = 0;
    c.is_wpp = schema->source == ETW_SCHEMA_TMF;
    find_items(&c);
    put_message(&c);
    return c.out.wanted;
}
