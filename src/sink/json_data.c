/* The data of an event, item by item: takes any schema and any payload. */
#include "base/text.h"
#include "sink/json_text.h"
#include "sink/json_writer.h"

/* ------------------------------------------------------------------------------- values */

static void put_bitmap(etwi_buffer *out, const etwi_value *value)
{
    uint32_t position = 0;
    uint64_t rest = value->number;
    etw_str name;
    bool first = true;
    while (etwi_bitmap_next(value->map, &position, &rest, &name)) {
        const etw_bytes text = {(const uint8_t *)name.data, name.size};
        if (!first)
            ETWI_APPEND(out, " | ");
        etwi_json_utf8(out, text);
        first = false;
    }
    char *at = rest ? etwi_buffer_reserve(out, ETWI_HEX_TEXT_MAX + 3) : NULL;
    if (at) {
        memcpy(at, " | ", 3);
        out->size = (size_t)(etwi_text_hex(at + 3, rest) - out->data);
    }
}

/* Values of any length; false for the others. */
static bool put_long_value(etw_json *json, const etwi_value *value)
{
    etwi_buffer *out = &json->out;
    switch (value->shape) {
    case ETWI_SHAPE_UTF16:
        etwi_json_utf16(out, value->bytes);
        return true;
    case ETWI_SHAPE_ANSI:
        if (json->code_page)
            etwi_json_ansi(out, value->bytes, json->code_page);
        else
            etwi_json_utf8(out, value->bytes);
        return true;
    case ETWI_SHAPE_UTF8:
    case ETWI_SHAPE_MAPPED:
        etwi_json_utf8(out, value->bytes);
        return true;
    case ETWI_SHAPE_BINARY:
        etwi_json_hex(out, value->bytes);
        return true;
    case ETWI_SHAPE_BITMAP:
        put_bitmap(out, value);
        return true;
    default:
        return false;
    }
}

bool etwi_json_is_bare(const etw_json *json, const etwi_value *value)
{
    switch (value->shape) {
    case ETWI_SHAPE_UNSIGNED:
    case ETWI_SHAPE_SIGNED:
        return !(json->options.int64_strings && value->is_64);
    case ETWI_SHAPE_BOOLEAN:
        return true;
    case ETWI_SHAPE_FLOAT:
    case ETWI_SHAPE_DOUBLE:
        /* NaN and the infinities are no JSON numbers. */
        return value->real - value->real == 0;
    default:
        return false;
    }
}

void etwi_json_value(etw_json *json, const etwi_value *value)
{
    etwi_buffer *out = &json->out;
    const bool bare = etwi_json_is_bare(json, value);
    if (!bare)
        etwi_buffer_append_char(out, '"');
    if (!put_long_value(json, value)) {
        char *at = etwi_buffer_reserve(out, ETWI_VALUE_TEXT_MAX);
        if (at)
            out->size = (size_t)(etwi_value_text(at, value) - out->data);
    }
    if (!bare)
        etwi_buffer_append_char(out, '"');
}

/* ---------------------------------------------------------------------------------- data */

/* Puts a comma between the members of an object or array, and the key before a member. */
static void begin_member(etwi_buffer *out, const etw_item *item)
{
    const char last = out->size ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[')
        etwi_buffer_append_char(out, ',');
    if (!item->is_element) {
        etwi_json_string(out, item->property->name);
        etwi_buffer_append_char(out, ':');
    }
}

bool etwi_json_is_selected(const etw_json *json, etw_str name)
{
    if (!json->options.field_count)
        return true;
    for (size_t i = 0; i < json->options.field_count; i++) {
        const etw_str field = json->options.fields[i];
        if (field.size == name.size && memcmp(field.data, name.data, name.size) == 0)
            return true;
    }
    return false;
}

static void put_item(etw_json *json, const etw_item *item)
{
    etwi_buffer *out = &json->out;
    etwi_value value;
    switch (item->kind) {
    case ETW_ITEM_VALUE:
        value = etwi_value_of(item, json->options.format.raw_values);
        if (value.shape == ETWI_SHAPE_NONE)
            break;
        begin_member(out, item);
        etwi_json_value(json, &value);
        break;
    case ETW_ITEM_STRUCT_BEGIN:
        begin_member(out, item);
        etwi_buffer_append_char(out, '{');
        break;
    case ETW_ITEM_ARRAY_BEGIN:
        begin_member(out, item);
        etwi_buffer_append_char(out, '[');
        break;
    case ETW_ITEM_STRUCT_END:
        etwi_buffer_append_char(out, '}');
        break;
    case ETW_ITEM_ARRAY_END:
        etwi_buffer_append_char(out, ']');
        break;
    case ETW_ITEM_REMAINDER:
        break;
    }
}

/* The properties that the user gave the event. */
static void put_customs(etw_json *json)
{
    etwi_buffer *out = &json->out;
    etw_str name, text;
    for (size_t i = 0; json->decoded && etw_decoded_custom(json->decoded, i, &name, &text); i++) {
        if (out->size && out->data[out->size - 1] != '{')
            etwi_buffer_append_char(out, ',');
        etwi_json_string(out, name);
        etwi_buffer_append_char(out, ':');
        etwi_json_string(out, text);
    }
}

/* Leaves the object out if nothing is in it. */
void etwi_json_data(etw_json *json, const etw_event *event, const etw_schema *schema,
                    etwi_json_rest *rest)
{
    etw_items *items = &json->items;
    etwi_buffer *out = &json->out;
    const size_t start = out->size;
    etw_item item;
    unsigned depth = 0;
    const etwi_json_words *words = etwi_json_words_of(json);
    etwi_buffer_append_str(out, schema && schema->is_user_data ? words->begin_user_data
                                                               : words->begin_data);
    const size_t empty = out->size;
    etw_items_begin(items, event, schema);
    while (etw_items_next(items, &item)) {
        const bool begins = item.kind == ETW_ITEM_STRUCT_BEGIN || item.kind == ETW_ITEM_ARRAY_BEGIN;
        if (item.kind == ETW_ITEM_REMAINDER) {
            rest->bytes = item.data;
            continue;
        }
        if (!depth && !etwi_json_is_selected(json, item.property->name)) {
            if (begins)
                etw_items_skip(items);
            continue;
        }
        put_item(json, &item);
        if (begins)
            depth++;
        else if (item.kind != ETW_ITEM_VALUE)
            depth--;
    }
    put_customs(json);
    const bool is_empty = out->size == empty;
    if (is_empty)
        out->size = start;
    etwi_buffer_append_str(out, is_empty ? words->no_data : words->end_data);
    rest->error = etw_items_error(items);
}
