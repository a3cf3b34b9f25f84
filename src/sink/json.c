/* The JSON writer: one event, one line. docs/json.md is its contract. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "decode/codepage.h"
#include "decode/value.h"
#include "sink/json_system.h"
#include "sink/json_text.h"

#include <etw/sink.h>

struct etw_json {
    etw_allocator allocator;
    etwi_buffer out;
    etw_json_options options;
    const uint16_t *code_page; /* NULL for UTF-8. */
    etw_json_stats stats;
};

etw_status etw_json_create(etw_json **out, const etw_json_options *options, etw_error *error)
{
    *out = NULL;
    etw_json_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    if (!etw_code_page_supported(ours.format.code_page))
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET, "code page %u is not supported",
                         ours.format.code_page);
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_json *json = etwi_alloc_zeroed(&allocator, sizeof *json);
    if (!json)
        return etwi_fail_nomem(error);
    json->allocator = json->out.allocator = allocator;
    json->options = ours;
    json->code_page = etwi_code_page_high_half(ours.format.code_page);
    *out = json;
    return ETW_OK;
}

void etw_json_destroy(etw_json **json)
{
    etw_json *closing = *json;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    etwi_buffer_free(&closing->out);
    etwi_free(&allocator, closing, sizeof *closing);
    *json = NULL;
}

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

/* Whether a value is a JSON number or literal rather than a string. */
static bool is_bare(const etw_json *json, const etwi_value *value)
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

static void put_value(etw_json *json, const etwi_value *value)
{
    etwi_buffer *out = &json->out;
    const bool bare = is_bare(json, value);
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

static bool is_selected(const etw_json *json, const etw_item *item)
{
    if (!json->options.field_count)
        return true;
    const etw_str name = item->property->name;
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
        put_value(json, &value);
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

/* Writes the data object with its comma behind; leaves it out if nothing is in it. */
static void put_data(etw_json *json, etw_items *items, const etw_schema *schema,
                     etw_bytes *remainder)
{
    etwi_buffer *out = &json->out;
    const size_t start = out->size;
    etw_item item;
    unsigned depth = 0;
    if (schema && schema->is_user_data)
        ETWI_APPEND(out, "\"UserData\":{");
    else
        ETWI_APPEND(out, "\"EventData\":{");
    const size_t empty = out->size;
    while (etw_items_next(items, &item)) {
        const bool begins = item.kind == ETW_ITEM_STRUCT_BEGIN || item.kind == ETW_ITEM_ARRAY_BEGIN;
        if (item.kind == ETW_ITEM_REMAINDER) {
            *remainder = item.data;
            continue;
        }
        if (!depth && !is_selected(json, &item)) {
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
    if (out->size == empty)
        out->size = start;
    else
        ETWI_APPEND(out, "},");
}

/* ------------------------------------------------------------------------------- problems */

static void put_bytes(etwi_buffer *out, const char *key, etw_bytes data)
{
    etwi_buffer_append(out, key, strlen(key));
    etwi_json_hex(out, data);
    etwi_buffer_append_char(out, '"');
}

static void put_decode_error(etwi_buffer *out, const etw_decode_error *error)
{
    const char *reason = etw_decode_reason_text(error->reason);
    const etw_str none = {NULL, 0}, reason_text = {reason, strlen(reason)};
    ETWI_APPEND(out, ",\"DecodeErrors\":[{\"Property\":");
    etwi_json_string(out, error->property ? error->property->name : none);
    ETWI_APPEND(out, ",\"Offset\":");
    char *at = etwi_buffer_reserve(out, ETWI_U64_TEXT_MAX);
    if (at)
        out->size = (size_t)(etwi_text_u64(at, error->offset) - out->data);
    ETWI_APPEND(out, ",\"Reason\":");
    etwi_json_string(out, reason_text);
    ETWI_APPEND(out, "}]");
}

static void count(etw_json_stats *stats, const etw_schema *schema, const etw_decode_error *error,
                  etw_bytes remainder)
{
    stats->events++;
    if (!schema) {
        stats->without_schema++;
    } else if (error) {
        stats->errors++;
    } else {
        stats->decoded++;
        stats->trailing += remainder.size != 0;
        stats->trailing_bytes += remainder.size;
    }
}

etw_status etw_json_append(etw_json *json, const etw_event *event, const etw_schema *schema)
{
    etwi_buffer *out = &json->out;
    const size_t start = out->size;
    etw_items items;
    etw_bytes remainder = {NULL, 0};
    etwi_buffer_append_char(out, '{');
    etw_items_begin(&items, event, schema);
    put_data(json, &items, schema, &remainder);
    etwi_json_system(out, event, schema);
    etwi_json_extended(out, event);
    const etw_decode_error *error = etw_items_error(&items);
    if (remainder.size)
        put_bytes(out, error ? ",\"Payload\":\"" : ",\"Trailing\":\"", remainder);
    if (error && schema)
        put_decode_error(out, error);
    ETWI_APPEND(out, "}\n");
    if (out->failed) {
        out->failed = false;
        out->size = start;
        return ETW_E_NOMEM;
    }
    count(&json->stats, schema, error, remainder);
    return ETW_OK;
}

etw_str etw_json_text(const etw_json *json)
{
    const etw_str text = {json->out.data, json->out.size};
    return text;
}

void etw_json_clear(etw_json *json)
{
    json->out.size = 0;
}

const etw_json_stats *etw_json_get_stats(const etw_json *json)
{
    return &json->stats;
}
