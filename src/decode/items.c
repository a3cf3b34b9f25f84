/*
 * The item cursor: runs the plan of a schema over a payload.
 *
 * A stack of frames holds where it is: a frame is either a sequence of properties (the event
 * itself, or one struct) or the rest of an array. The stack is as deep as structs may nest, twice,
 * because each struct may be in an array. After an error the open frames are closed one by one, so
 * that what the caller sees is always balanced, and the bytes from the error on are the remainder.
 */
#include "decode/measure.h"
#include "schema/store.h"

#include <etw/property.h>

enum {
    STATE_RUNNING,
    STATE_FAILED,
    STATE_ENDED,
};

const char *etw_decode_reason_text(etw_decode_reason reason)
{
    switch (reason) {
#define X(name, text)       \
    case ETW_DECODE_##name: \
        return text;
        ETW_DECODE_REASON_MAP(X)
#undef X
    }
    return "unknown reason";
}

static void fail(etw_items *items, etw_decode_reason reason, uint32_t offset,
                 const etw_property *property)
{
    items->state = STATE_FAILED;
    items->error.reason = reason;
    items->error.offset = offset;
    items->error.property = property;
}

void etw_items_begin(etw_items *items, const etw_event *event, const etw_schema *schema)
{
    items->event = event;
    items->schema = schema;
    items->position = 0;
    items->state = STATE_RUNNING;
    items->depth = 0;
    items->at_begin = false;
    items->error.reason = ETW_DECODE_NONE;
    items->error.offset = 0;
    items->error.property = NULL;
    if (event->is_damaged || !schema) {
        fail(items, event->is_damaged ? ETW_DECODE_BAD_EXTENDED : ETW_DECODE_NO_SCHEMA, 0, NULL);
        return;
    }
    items->budget = etwi_budget(event, schema);
    items->frames[0].property = 0;
    items->frames[0].member = 0;
    items->frames[0].member_end = schema->top_level_count;
    items->frames[0].is_array = 0;
    const uint32_t references = etwi_schema_of(schema)->plan.reference_count;
    if (references)
        memset(items->references, 0, references * sizeof items->references[0]);
}

const etw_decode_error *etw_items_error(const etw_items *items)
{
    return items->error.reason == ETW_DECODE_NONE ? NULL : &items->error;
}

/* ------------------------------------------------------------------------------ one value */

static etwi_place place_of(const etw_items *items)
{
    const etwi_place place = {items->event->payload + items->position,
                              items->event->payload_size - items->position,
                              items->event->pointer_size, items->references};
    return place;
}

static bool read_value(etw_items *items, unsigned index, bool is_element, etw_item *out)
{
    const etw_property *property = &items->schema->properties[index];
    const etwi_step *step = &etwi_schema_of(items->schema)->plan.steps[index];
    const etwi_place place = place_of(items);
    const etwi_measure m = etwi_measure_value(&place, step);
    if (m.reason != ETW_DECODE_NONE) {
        fail(items, m.reason, items->position, property);
        return false;
    }
    out->kind = ETW_ITEM_VALUE;
    out->in_type = property->in_type;
    out->out_type = step->out_type;
    out->offset = items->position;
    out->count = 1;
    out->is_element = is_element;
    out->property = property;
    out->data.data = place.at + m.skip;
    out->data.size = m.data_size;
    out->event = items->event;
    if (step->own_reference != ETWI_NO_REFERENCE)
        items->references[step->own_reference] = etwi_reference_of(out->data.data, m.data_size);
    items->position += m.size;
    return true;
}

/* ------------------------------------------------------------------------ arrays, structs */

static void mark(etw_items *items, etw_item *out, etw_item_kind kind, const etw_property *property,
                 bool is_element)
{
    out->kind = kind;
    out->in_type = ETW_IN_NULL;
    out->out_type = ETW_OUT_STRING;
    out->offset = items->position;
    out->count = 0;
    out->is_element = is_element;
    out->property = property;
    out->data.data = NULL;
    out->data.size = 0;
    out->event = items->event;
}

static bool push(etw_items *items, const etw_property *property)
{
    if (items->depth + 1 < sizeof items->frames / sizeof items->frames[0]) {
        items->depth++;
        return true;
    }
    fail(items, ETW_DECODE_TOO_DEEP, items->position, property);
    return false;
}

static bool begin_struct(etw_items *items, unsigned index, bool is_element, etw_item *out)
{
    const etw_property *property = &items->schema->properties[index];
    if (!push(items, property))
        return false;
    struct etw_items_frame *frame = &items->frames[items->depth];
    frame->property = (uint16_t)index;
    frame->member = property->first_member;
    frame->member_end = (uint16_t)(property->first_member + property->member_count);
    frame->is_array = 0;
    items->at_begin = true;
    mark(items, out, ETW_ITEM_STRUCT_BEGIN, property, is_element);
    return true;
}

static bool read_element(etw_items *items, unsigned index, bool is_element, etw_item *out)
{
    if (etwi_schema_of(items->schema)->plan.steps[index].rule == ETWI_RULE_STRUCT)
        return begin_struct(items, index, is_element, out);
    return read_value(items, index, is_element, out);
}

static bool begin_array(etw_items *items, unsigned index, etw_item *out)
{
    const etw_property *property = &items->schema->properties[index];
    const etwi_step *step = &etwi_schema_of(items->schema)->plan.steps[index];
    const uint32_t offset = items->position;
    const etwi_place place = place_of(items);
    uint32_t count, skip;
    const etw_decode_reason reason = etwi_measure_array(&place, step, &count, &skip);
    items->position += skip;
    if (reason != ETW_DECODE_NONE || !push(items, property)) {
        if (reason != ETW_DECODE_NONE)
            fail(items, reason, offset, property);
        return false;
    }
    struct etw_items_frame *frame = &items->frames[items->depth];
    frame->property = (uint16_t)index;
    frame->is_array = 1;
    frame->remaining = count;
    items->at_begin = true;
    mark(items, out, ETW_ITEM_ARRAY_BEGIN, property, false);
    out->offset = offset;
    out->count = count;
    return true;
}

static void close_frame(etw_items *items, etw_item *out)
{
    const struct etw_items_frame *frame = &items->frames[items->depth--];
    mark(items, out, frame->is_array ? ETW_ITEM_ARRAY_END : ETW_ITEM_STRUCT_END,
         &items->schema->properties[frame->property], items->frames[items->depth].is_array);
}

/* The last item: bytes that no property covers. False if there are none. */
static bool finish(etw_items *items, etw_item *out)
{
    const uint32_t from =
        items->error.reason == ETW_DECODE_NONE ? items->position : items->error.offset;
    items->state = STATE_ENDED;
    if (from >= items->event->payload_size)
        return false;
    mark(items, out, ETW_ITEM_REMAINDER, NULL, false);
    out->in_type = ETW_IN_BINARY;
    out->out_type = ETW_OUT_HEX_BINARY;
    out->offset = from;
    out->data.data = items->event->payload + from;
    out->data.size = items->event->payload_size - from;
    return true;
}

/* ----------------------------------------------------------------------------- the cursor */

/* One step while all is well. False if it failed, or if an optional property is absent. */
static bool step_on(etw_items *items, etw_item *out)
{
    struct etw_items_frame *frame = &items->frames[items->depth];
    if (frame->is_array) {
        frame->remaining--;
        return read_element(items, frame->property, true, out);
    }
    const unsigned index = frame->member++;
    const etwi_step *step = &etwi_schema_of(items->schema)->plan.steps[index];
    if (step->optional && items->position == items->event->payload_size)
        return false;
    return step->many == ETWI_MANY_ONE ? read_element(items, index, false, out)
                                       : begin_array(items, index, out);
}

bool etw_items_next(etw_items *items, etw_item *out)
{
    items->at_begin = false;
    while (items->state == STATE_RUNNING) {
        const struct etw_items_frame *frame = &items->frames[items->depth];
        const bool at_end =
            frame->is_array ? !frame->remaining : frame->member == frame->member_end;
        if (at_end && items->depth) {
            close_frame(items, out);
            return true;
        }
        if (at_end)
            return finish(items, out);
        if (!items->budget--) {
            fail(items, ETW_DECODE_BAD_COUNT, items->position,
                 &items->schema->properties[items->frames[items->depth].property]);
            break;
        }
        if (step_on(items, out))
            return true;
    }
    if (items->state != STATE_FAILED)
        return false;
    if (items->depth) {
        close_frame(items, out);
        return true;
    }
    return finish(items, out);
}

bool etw_items_skip(etw_items *items)
{
    if (!items->at_begin || items->state != STATE_RUNNING)
        return false;
    const uint32_t depth = items->depth;
    etw_item ignored;
    while (items->depth >= depth && etw_items_next(items, &ignored))
        continue;
    return true;
}

etw_status etw_event_item(const etw_event *event, const etw_schema *schema, unsigned index,
                          etw_item *out)
{
    etw_items items;
    if (!schema || index >= schema->top_level_count)
        return ETW_E_NOT_FOUND;
    etw_items_begin(&items, event, schema);
    while (etw_items_next(&items, out)) {
        if (out->property == &schema->properties[index])
            return ETW_OK;
        if (out->kind == ETW_ITEM_ARRAY_BEGIN || out->kind == ETW_ITEM_STRUCT_BEGIN)
            etw_items_skip(&items);
    }
    const etw_decode_error *error = etw_items_error(&items);
    if (!error || error->reason == ETW_DECODE_ABSENT)
        return ETW_E_NOT_FOUND;
    return ETW_E_CORRUPT;
}

etw_status etw_event_item_by_name(const etw_event *event, const etw_schema *schema,
                                  const char *name, etw_item *out)
{
    const etw_str text = {name, strlen(name)};
    const int index = schema ? etw_schema_find_property(schema, text) : -1;
    return index < 0 ? ETW_E_NOT_FOUND : etw_event_item(event, schema, (unsigned)index, out);
}
