/*
 * Prepared properties: the spans of the leading properties of fixed size are copied from the plan;
 * those behind them are measured one by one, without looking at values. What is rare (structs, and
 * arrays of anything but values of fixed size) is left to the cursor, which is put where it stands.
 */
#include "decode/prepare.h"

#include "decode/measure.h"
#include "schema/store.h"

/* The cursor serves as the state of the walk: position, references and budget. */
typedef struct walk {
    const etwi_plan *plan;
    etw_span *spans;
    etw_items items;
} walk;

static void set_span(etw_span *span, etw_item_kind kind, uint32_t offset, uint32_t size)
{
    span->offset = span->data_offset = (uint16_t)offset;
    span->size = span->data_size = (uint16_t)size;
    span->count = kind == ETW_ITEM_VALUE;
    span->kind = (uint8_t)kind;
    span->reason = ETW_DECODE_NONE;
}

static void set_data(etw_span *span, uint32_t skip, uint32_t size)
{
    span->data_offset = (uint16_t)(span->offset + skip);
    span->data_size = (uint16_t)size;
}

static etwi_place place_of(const walk *w)
{
    const etw_event *event = w->items.event;
    const etwi_place place = {event->payload + w->items.position,
                              event->payload_size - w->items.position, event->pointer_size,
                              w->items.references};
    return place;
}

static etw_decode_reason stop(walk *w, unsigned index, etw_decode_reason reason)
{
    w->items.error.reason = reason;
    w->items.error.offset = w->items.position;
    w->items.error.property = &w->items.schema->properties[index];
    return reason;
}

static inline etw_decode_reason take_value(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    const etwi_place place = place_of(w);
    const etwi_measure m =
        etwi_measure_value(&place, step, w->items.schema->properties[index].in_type);
    if (m.reason != ETW_DECODE_NONE)
        return stop(w, index, m.reason);
    etw_span *span = &w->spans[index];
    set_span(span, ETW_ITEM_VALUE, w->items.position, m.size);
    set_data(span, m.skip, m.data_size);
    if (step->own_reference != ETWI_NO_REFERENCE)
        w->items.references[step->own_reference] =
            etwi_reference_of(place.at + m.skip, m.data_size);
    w->items.position += m.size;
    w->items.budget--;
    return ETW_DECODE_NONE;
}

/* An array of values of fixed size that is wholly there; false if it is anything else. */
static bool take_fixed_array(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    const etwi_place place = place_of(w);
    uint32_t count, skip;
    if (step->rule != ETWI_RULE_FIXED ||
        etwi_measure_array(&place, step, &count, &skip) != ETW_DECODE_NONE)
        return false;
    const uint64_t size = (uint64_t)count * step->width[etwi_width_index(place.pointer_size)];
    if (size > place.left - skip || count >= w->items.budget)
        return false;
    etw_span *span = &w->spans[index];
    set_span(span, ETW_ITEM_ARRAY_BEGIN, w->items.position, skip + (uint32_t)size);
    set_data(span, skip, (uint32_t)size);
    span->count = (uint16_t)count;
    w->items.position += skip + (uint32_t)size;
    w->items.budget -= 1 + count;
    return true;
}

/* Anything, by the cursor. */
static etw_decode_reason take_any(walk *w, unsigned index)
{
    etw_items *items = &w->items;
    etw_item item;
    const uint32_t begin = items->position;
    const etw_property *property = &items->schema->properties[index];
    items->frames[0].member = (uint16_t)index;
    const bool has_item = etw_items_next(items, &item);
    if (!has_item || item.property != property)
        return items->error.reason;
    const uint32_t data = items->position;
    etw_items_skip(items);
    etw_span *span = &w->spans[index];
    set_span(span, item.kind, begin, items->position - begin);
    set_data(span, data - begin, items->position - data);
    span->count = (uint16_t)item.count;
    span->reason = (uint8_t)items->error.reason;
    return items->error.reason;
}

static etw_decode_reason take(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    if (!w->items.budget)
        return stop(w, index, ETW_DECODE_BAD_COUNT);
    if (step->optional && w->items.position == w->items.event->payload_size) {
        set_span(&w->spans[index], ETW_ITEM_VALUE, w->items.position, 0);
        w->spans[index].reason = ETW_DECODE_ABSENT;
        w->items.budget--;
        return ETW_DECODE_NONE;
    }
    if (step->many == ETWI_MANY_ONE && step->rule != ETWI_RULE_STRUCT)
        return take_value(w, index);
    return step->many != ETWI_MANY_ONE && take_fixed_array(w, index) ? ETW_DECODE_NONE
                                                                     : take_any(w, index);
}

/* What the properties before `count` leave for the others. */
static void pass_static(walk *w, unsigned count)
{
    const uint8_t *payload = w->items.event->payload;
    for (unsigned i = 0; i < count; i++) {
        const etw_span *span = &w->spans[i];
        const unsigned slot = w->plan->steps[i].own_reference;
        w->items.budget -= span->kind == ETW_ITEM_VALUE ? 1 : 1u + span->count;
        if (slot != ETWI_NO_REFERENCE)
            w->items.references[slot] =
                etwi_reference_of(payload + span->data_offset, span->data_size);
    }
}

/* All properties from `first` on that could not be found. */
static void fill_missing(walk *w, unsigned first)
{
    for (unsigned i = first; i < w->items.schema->top_level_count; i++) {
        set_span(&w->spans[i], ETW_ITEM_VALUE, w->items.position, 0);
        w->spans[i].reason = (uint8_t)w->items.error.reason;
    }
}

static etw_status walk_from(walk *w, unsigned index)
{
    const unsigned end = w->items.schema->top_level_count;
    for (; index < end; index++) {
        w->spans[index].kind = ETW_ITEM_VALUE;
        if (take(w, index) == ETW_DECODE_NONE)
            continue;
        /* An array or struct that was begun keeps what of it did decode. */
        fill_missing(w, w->spans[index].kind == ETW_ITEM_VALUE ? index : index + 1);
        return ETW_E_CORRUPT;
    }
    return ETW_OK;
}

etw_status etwi_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                        etw_decode_error *error)
{
    walk w;
    w.plan = &etwi_schema_of(schema)->plan;
    w.spans = spans;
    const unsigned width = etwi_width_index(event->pointer_size);
    unsigned count = w.plan->static_count;
    if (event->payload_size < w.plan->static_size[width] || event->is_damaged)
        count = 0;
    if (count)
        memcpy(spans, w.plan->static_spans[width], count * sizeof *spans);
    if (count == schema->top_level_count && !event->is_damaged)
        return ETW_OK;
    etw_items_begin(&w.items, event, schema);
    etw_status status = ETW_E_CORRUPT;
    if (event->is_damaged) {
        w.items.position = 0;
        fill_missing(&w, 0);
    } else {
        pass_static(&w, count);
        w.items.position = count ? w.plan->static_size[width] : 0;
        status = walk_from(&w, count);
    }
    *error = w.items.error;
    return status;
}

etw_status etw_event_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                             size_t capacity, size_t *count)
{
    *count = schema ? schema->top_level_count : 0;
    if (!schema)
        return ETW_E_NO_SCHEMA;
    if (*count > capacity)
        return ETW_E_LIMIT;
    etw_decode_error error;
    return etwi_prepare(event, schema, spans, &error);
}

etw_status etw_prepared_item(const etw_prepared *prepared, size_t index, etw_item *out)
{
    if (index >= prepared->count)
        return ETW_E_NOT_FOUND;
    const etw_span *span = &prepared->spans[index];
    const bool is_value = span->kind == ETW_ITEM_VALUE;
    if (is_value && span->reason != ETW_DECODE_NONE)
        return span->reason == ETW_DECODE_ABSENT ? ETW_E_NOT_FOUND : ETW_E_CORRUPT;
    out->kind = (etw_item_kind)span->kind;
    out->property = &prepared->schema->properties[index];
    out->offset = span->offset;
    out->count = span->kind == ETW_ITEM_STRUCT_BEGIN ? 0 : span->count;
    out->is_element = false;
    out->event = prepared->event;
    out->in_type = is_value ? out->property->in_type : (uint16_t)ETW_IN_NULL;
    out->out_type = is_value ? etwi_schema_of(prepared->schema)->plan.steps[index].out_type
                             : (uint16_t)ETW_OUT_STRING;
    out->data.data = is_value ? prepared->event->payload + span->data_offset : NULL;
    out->data.size = is_value ? span->data_size : 0;
    return ETW_OK;
}
