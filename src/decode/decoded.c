/*
 * Decoded events: the items of an event in an array that is used again for the next one.
 *
 * Which properties of a schema are asked for is remembered as bits, so that names are compared once
 * a schema and not once an event.
 */
#include "base/buffer.h"
#include "base/error.h"
#include "base/options.h"

#include <etw/decoded.h>

enum {
    SELECTIONS = 64, /* A power of 2. */
    SELECTION_BITS = 64,
};

/* The properties of a schema that are asked for. */
typedef struct selection {
    const etw_schema *schema;
    uint64_t bits;
} selection;

/* Where a property of the user is in `text`, which may move. */
typedef struct custom {
    size_t name, name_size;
    size_t text, text_size;
} custom;

struct etw_decoded {
    etw_allocator allocator;
    etw_decoded_options options;
    const etw_event *event;
    const etw_schema *schema;
    etw_item *items;
    size_t count, capacity;
    etw_items cursor;
    custom *customs;
    size_t custom_count, custom_capacity;
    etwi_buffer text;
    selection selections[SELECTIONS];
};

etw_status etw_decoded_create(etw_decoded **out, const etw_decoded_options *options,
                              etw_error *error)
{
    *out = NULL;
    etw_decoded_options ours;
    ETWI_TRY(etwi_options_copy(&ours, sizeof ours, options, error));
    const etw_allocator allocator = etwi_allocator_or_default(ours.allocator);
    etw_decoded *decoded = etwi_alloc_zeroed(&allocator, sizeof *decoded);
    if (!decoded)
        return etwi_fail_nomem(error);
    decoded->allocator = decoded->text.allocator = allocator;
    decoded->options = ours;
    *out = decoded;
    return ETW_OK;
}

void etw_decoded_destroy(etw_decoded **decoded)
{
    etw_decoded *closing = *decoded;
    if (!closing)
        return;
    const etw_allocator allocator = closing->allocator;
    etwi_free(&allocator, closing->items, closing->capacity * sizeof *closing->items);
    etwi_free(&allocator, closing->customs, closing->custom_capacity * sizeof *closing->customs);
    etwi_buffer_free(&closing->text);
    etwi_free(&allocator, closing, sizeof *closing);
    *decoded = NULL;
}

/* ----------------------------------------------------------------------------- selection */

static bool is_asked_for(const etw_decoded *decoded, etw_str name)
{
    for (size_t i = 0; i < decoded->options.field_count; i++) {
        const etw_str field = decoded->options.fields[i];
        if (field.size == name.size && memcmp(field.data, name.data, name.size) == 0)
            return true;
    }
    return false;
}

static uint64_t select_properties(const etw_decoded *decoded, const etw_schema *schema)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < schema->top_level_count && i < SELECTION_BITS; i++)
        bits |= (uint64_t)is_asked_for(decoded, schema->properties[i].name) << i;
    return bits;
}

/* The bits of the schema at hand, all of them if nothing in particular was asked for. */
static uint64_t selection_of(etw_decoded *decoded, const etw_schema *schema)
{
    if (!decoded->options.field_count || !schema)
        return UINT64_MAX;
    const uint64_t hash = (uint64_t)(uintptr_t)schema * 0x9E3779B97F4A7C15u;
    selection *s = &decoded->selections[hash >> 58 & (SELECTIONS - 1)];
    if (s->schema != schema) {
        s->bits = select_properties(decoded, schema);
        s->schema = schema;
    }
    return s->bits;
}

static bool is_selected(const etw_decoded *decoded, uint64_t bits, const etw_property *property)
{
    const size_t index = (size_t)(property - decoded->schema->properties);
    if (index < SELECTION_BITS)
        return bits >> index & 1;
    return !decoded->options.field_count || is_asked_for(decoded, property->name);
}

/* ------------------------------------------------------------------------------ decoding */

static bool make_room(etw_decoded *decoded)
{
    void *memory = decoded->items;
    const etw_status status = etwi_grow(&decoded->allocator, &memory, &decoded->capacity,
                                        decoded->count + 1, sizeof *decoded->items);
    decoded->items = memory;
    return status == ETW_OK;
}

etw_status etw_decoded_decode(etw_decoded *decoded, const etw_event *event,
                              const etw_schema *schema)
{
    decoded->event = event;
    decoded->schema = schema;
    decoded->count = decoded->custom_count = decoded->text.size = 0;
    const uint64_t bits = selection_of(decoded, schema);
    unsigned depth = 0;
    etw_items_begin(&decoded->cursor, event, schema);
    for (;;) {
        if (decoded->count == decoded->capacity && !make_room(decoded))
            return ETW_E_NOMEM;
        etw_item *item = &decoded->items[decoded->count];
        if (!etw_items_next(&decoded->cursor, item))
            return ETW_OK;
        const bool begins =
            item->kind == ETW_ITEM_STRUCT_BEGIN || item->kind == ETW_ITEM_ARRAY_BEGIN;
        if (!depth && item->property && !is_selected(decoded, bits, item->property)) {
            if (begins)
                etw_items_skip(&decoded->cursor);
            continue;
        }
        decoded->count++;
        if (begins)
            depth++;
        else if (item->kind == ETW_ITEM_STRUCT_END || item->kind == ETW_ITEM_ARRAY_END)
            depth--;
    }
}

const etw_event *etw_decoded_event(const etw_decoded *decoded)
{
    return decoded->event;
}

const etw_schema *etw_decoded_schema(const etw_decoded *decoded)
{
    return decoded->schema;
}

const etw_item *etw_decoded_items(const etw_decoded *decoded, size_t *count)
{
    *count = decoded->count;
    return decoded->items;
}

const etw_decode_error *etw_decoded_error(const etw_decoded *decoded)
{
    return decoded->event ? etw_items_error(&decoded->cursor) : NULL;
}

const etw_item *etw_decoded_find(const etw_decoded *decoded, const char *name)
{
    const etw_str text = {name, strlen(name)};
    const int index = decoded->schema ? etw_schema_find_property(decoded->schema, text) : -1;
    if (index < 0)
        return NULL;
    const etw_property *property = &decoded->schema->properties[index];
    for (size_t i = 0; i < decoded->count; i++)
        if (decoded->items[i].property == property)
            return &decoded->items[i];
    return NULL;
}

/* -------------------------------------------------------------------- the user's properties */

static etw_str text_at(const etw_decoded *decoded, size_t at, size_t size)
{
    const etw_str text = {decoded->text.data + at, size};
    return text;
}

static custom *find_custom(const etw_decoded *decoded, etw_str name)
{
    for (size_t i = 0; i < decoded->custom_count; i++) {
        custom *c = &decoded->customs[i];
        const etw_str other = text_at(decoded, c->name, c->name_size);
        if (other.size == name.size && memcmp(other.data, name.data, name.size) == 0)
            return c;
    }
    return NULL;
}

static etw_status append(etw_decoded *decoded, const char *text, size_t size, size_t *at)
{
    etwi_buffer *buffer = &decoded->text;
    *at = buffer->size;
    etwi_buffer_append(buffer, text, size + 1);
    if (!buffer->failed)
        return ETW_OK;
    buffer->failed = false;
    buffer->size = *at;
    return ETW_E_NOMEM;
}

etw_status etw_decoded_set(etw_decoded *decoded, const char *name, const char *text)
{
    const etw_str key = {name, strlen(name)};
    const size_t size = strlen(text);
    if (!decoded->event || (decoded->schema && etw_schema_find_property(decoded->schema, key) >= 0))
        return ETW_E_INVALID;
    custom *old = find_custom(decoded, key);
    custom added = {0, key.size, 0, size};
    ETWI_TRY(append(decoded, text, size, &added.text));
    if (old) {
        old->text = added.text;
        old->text_size = size;
        return ETW_OK;
    }
    ETWI_TRY(append(decoded, name, key.size, &added.name));
    void *memory = decoded->customs;
    const etw_status status = etwi_grow(&decoded->allocator, &memory, &decoded->custom_capacity,
                                        decoded->custom_count + 1, sizeof *decoded->customs);
    decoded->customs = memory;
    ETWI_TRY(status);
    decoded->customs[decoded->custom_count++] = added;
    return ETW_OK;
}

bool etw_decoded_custom(const etw_decoded *decoded, size_t index, etw_str *name, etw_str *text)
{
    if (index >= decoded->custom_count)
        return false;
    const custom *c = &decoded->customs[index];
    *name = text_at(decoded, c->name, c->name_size);
    *text = text_at(decoded, c->text, c->text_size);
    return true;
}
