/*
 * The item cursor: runs the plan of a schema over a payload.
 *
 * A stack of frames holds where it is: a frame is either a sequence of properties (the event
 * itself, or one struct) or the rest of an array. The stack is as deep as structs may nest, twice,
 * because each struct may be in an array. After an error the open frames are closed one by one, so
 * that what the caller sees is always balanced, and the bytes from the error on are the remainder.
 */
#include "base/bytes.h"
#include "schema/store.h"

#include <etw/property.h>

enum {
    STATE_RUNNING,
    STATE_FAILED,
    STATE_ENDED,
};

enum {
    SID_HEADER_SIZE = 8,
    SID_REVISION = 1,
    SID_AUTHORITIES_MAX = 15,
    BUDGET_MARGIN = 1024,
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
    items->error.reason = ETW_DECODE_NONE;
    items->error.offset = 0;
    items->error.property = NULL;
    if (event->is_damaged || !schema) {
        fail(items, event->is_damaged ? ETW_DECODE_BAD_EXTENDED : ETW_DECODE_NO_SCHEMA, 0, NULL);
        return;
    }
    /* Values of no size could be repeated without end; no honest event has that many. */
    items->budget =
        2 * (uint32_t)event->payload_size + 4 * (uint32_t)schema->property_count + BUDGET_MARGIN;
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

/* The size of a valid SID at `at`, or 0. */
static uint32_t sid_size(const uint8_t *at, uint32_t left)
{
    if (left < SID_HEADER_SIZE || at[0] != SID_REVISION || at[1] > SID_AUTHORITIES_MAX)
        return 0;
    const uint32_t size = SID_HEADER_SIZE + 4 * (uint32_t)at[1];
    return size <= left ? size : 0;
}

/* What a rule found: how many bytes to consume, and which of them are the value. */
typedef struct measure {
    uint32_t size;
    uint32_t skip; /* Bytes before the value: counts, token headers. */
    uint32_t data_size;
    etw_decode_reason reason;
} measure;

static measure measured(uint32_t size, uint32_t skip, uint32_t data_size)
{
    const measure m = {size, skip, data_size, ETW_DECODE_NONE};
    return m;
}

static measure not_measured(etw_decode_reason reason)
{
    const measure m = {0, 0, 0, reason};
    return m;
}

static uint32_t cut_at_zero(const uint8_t *at, uint32_t size, unsigned unit)
{
    if (unit == 2)
        return (uint32_t)etwi_utf16_length(at, size);
    const uint8_t *zero = size ? memchr(at, 0, size) : NULL;
    return zero ? (uint32_t)(zero - at) : size;
}

/* A string up to its zero; the last one of an event may lack it. */
static measure measure_terminated(const uint8_t *at, uint32_t left, unsigned unit)
{
    if (!left)
        return not_measured(ETW_DECODE_ABSENT);
    const uint32_t text = cut_at_zero(at, left, unit);
    const uint32_t size = text + unit <= left ? text + unit : text;
    return measured(size, 0, text);
}

static measure measure_length(const etw_items *items, const etwi_step *step, const uint8_t *at,
                              uint32_t left, unsigned in_type)
{
    const uint64_t units = step->length_reference == ETWI_NO_REFERENCE
                               ? step->length
                               : items->references[step->length_reference];
    const uint64_t size = units * step->unit;
    if (size > left)
        return not_measured(left || !size ? ETW_DECODE_BAD_LENGTH : ETW_DECODE_ABSENT);
    const uint32_t text =
        in_type == ETW_IN_BINARY ? (uint32_t)size : cut_at_zero(at, (uint32_t)size, step->unit);
    return measured((uint32_t)size, 0, text);
}

static measure measure_counted(const uint8_t *at, uint32_t left, unsigned rule)
{
    const uint32_t prefix = rule == ETWI_RULE_COUNTED32 ? 4 : 2;
    if (left < prefix)
        return not_measured(left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT);
    const uint32_t size = rule == ETWI_RULE_COUNTED      ? etwi_load_u16(at)
                          : rule == ETWI_RULE_COUNTED_BE ? etwi_load_u16be(at)
                                                         : etwi_load_u32(at);
    if (size > left - prefix)
        return not_measured(ETW_DECODE_BAD_LENGTH);
    return measured(prefix + size, prefix, size);
}

/*
 * The SID of a classic event comes behind a TOKEN_USER of two pointers, or is missing and then four
 * zero bytes stand for it. Some writers leave the TOKEN_USER zero, so a valid SID behind it
 * decides.
 */
static measure measure_wbem_sid(const uint8_t *at, uint32_t left, uint32_t pointer_size)
{
    const uint32_t token = 2 * pointer_size;
    if (left < 4)
        return not_measured(left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT);
    const uint32_t size = left > token ? sid_size(at + token, left - token) : 0;
    if (size && at[token + 1])
        return measured(token + size, token, size);
    if (etwi_load_u32(at) == 0)
        return measured(4, 4, 0);
    return not_measured(ETW_DECODE_BAD_SID);
}

static measure measure_value(const etw_items *items, const etwi_step *step, unsigned in_type)
{
    const uint8_t *at = items->event->payload + items->position;
    const uint32_t left = items->event->payload_size - items->position;
    uint32_t size;
    switch (step->rule) {
    case ETWI_RULE_FIXED:
        size = step->width[etwi_width_index(items->event->pointer_size)];
        if (size > left)
            return not_measured(left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT);
        return measured(size, 0, size);
    case ETWI_RULE_UTF16_Z:
        return measure_terminated(at, left, 2);
    case ETWI_RULE_ANSI_Z:
        return measure_terminated(at, left, 1);
    case ETWI_RULE_LENGTH:
        return measure_length(items, step, at, left, in_type);
    case ETWI_RULE_COUNTED:
    case ETWI_RULE_COUNTED_BE:
    case ETWI_RULE_COUNTED32:
        return measure_counted(at, left, step->rule);
    case ETWI_RULE_REST:
        return measured(left, 0, left);
    case ETWI_RULE_SID:
        size = sid_size(at, left);
        if (size)
            return measured(size, 0, size);
        return not_measured(left >= SID_HEADER_SIZE ? ETW_DECODE_BAD_SID
                            : left                  ? ETW_DECODE_SHORT
                                                    : ETW_DECODE_ABSENT);
    case ETWI_RULE_WBEM_SID:
        return measure_wbem_sid(at, left, items->event->pointer_size);
    case ETWI_RULE_BAD_REFERENCE:
        return not_measured(ETW_DECODE_BAD_REFERENCE);
    default:
        return not_measured(ETW_DECODE_BAD_TYPE);
    }
}

/* Keeps an integer for the properties whose count or length it is. */
static void keep_reference(etw_items *items, const etwi_step *step, const uint8_t *data,
                           uint32_t size)
{
    uint64_t value = 0;
    for (uint32_t i = size < 8 ? size : 8; i-- > 0;)
        value = value << 8 | data[i];
    items->references[step->own_reference] = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static bool read_value(etw_items *items, unsigned index, bool is_element, etw_item *out)
{
    const etw_property *property = &items->schema->properties[index];
    const etwi_step *step = &etwi_schema_of(items->schema)->plan.steps[index];
    const measure m = measure_value(items, step, property->in_type);
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
    out->data.data = items->event->payload + items->position + m.skip;
    out->data.size = m.data_size;
    out->event = items->event;
    if (step->own_reference != ETWI_NO_REFERENCE)
        keep_reference(items, step, out->data.data, m.data_size);
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
    mark(items, out, ETW_ITEM_STRUCT_BEGIN, property, is_element);
    return true;
}

static bool read_element(etw_items *items, unsigned index, bool is_element, etw_item *out)
{
    if (etwi_schema_of(items->schema)->plan.steps[index].rule == ETWI_RULE_STRUCT)
        return begin_struct(items, index, is_element, out);
    return read_value(items, index, is_element, out);
}

/* How many elements an array has; consumes a count that stands before them. */
static etw_decode_reason count_elements(etw_items *items, const etwi_step *step, uint32_t *count)
{
    const uint8_t *at = items->event->payload + items->position;
    const uint32_t left = items->event->payload_size - items->position;
    switch (step->many) {
    case ETWI_MANY_FIXED:
        *count = step->count;
        return ETW_DECODE_NONE;
    case ETWI_MANY_REFERENCE:
        *count = items->references[step->count_reference];
        return *count > left ? ETW_DECODE_BAD_COUNT : ETW_DECODE_NONE;
    case ETWI_MANY_INLINE:
        if (left < 2)
            return left ? ETW_DECODE_SHORT : ETW_DECODE_ABSENT;
        *count = etwi_load_u16(at);
        items->position += 2;
        return ETW_DECODE_NONE;
    case ETWI_MANY_TO_END:
        *count = left / step->width[etwi_width_index(items->event->pointer_size)];
        return ETW_DECODE_NONE;
    default:
        return ETW_DECODE_BAD_REFERENCE;
    }
}

static bool begin_array(etw_items *items, unsigned index, etw_item *out)
{
    const etw_property *property = &items->schema->properties[index];
    const etwi_step *step = &etwi_schema_of(items->schema)->plan.steps[index];
    const uint32_t offset = items->position;
    uint32_t count;
    const etw_decode_reason reason = count_elements(items, step, &count);
    if (reason != ETW_DECODE_NONE || !push(items, property)) {
        if (reason != ETW_DECODE_NONE)
            fail(items, reason, offset, property);
        return false;
    }
    struct etw_items_frame *frame = &items->frames[items->depth];
    frame->property = (uint16_t)index;
    frame->is_array = 1;
    frame->remaining = count;
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
    if (!items->depth || items->state != STATE_RUNNING)
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
