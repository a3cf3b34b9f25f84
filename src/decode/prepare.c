/*
 * Prepared properties: the spans of the leading properties of fixed size are copied from the plan;
 * those behind them are measured one by one, without looking at values. What is rare (structs, and
 * arrays of anything but values of fixed size) is left to the cursor, which is put where it stands.
 */
#include "decode/prepare.h"

#include "base/compiler.h"

#include "decode/measure.h"
#include "schema/store.h"

/* How far the payload was gone through; the same that a cursor keeps. */
typedef struct walk {
    const etw_event *event;
    const etw_schema *schema;
    const etwi_plan *plan;
    etw_span *spans;
    uint32_t position;
    uint32_t budget;
    etw_decode_error error;
    uint32_t references[ETWI_REFERENCES_MAX];
} walk;

static etwi_place place_of(const walk *w)
{
    const etwi_place place = {w->event->payload + w->position, w->event->payload_size - w->position,
                              w->event->pointer_size, w->references};
    return place;
}

static etw_decode_reason stop(walk *w, unsigned index, etw_decode_reason reason)
{
    w->error.reason = reason;
    w->error.offset = w->position;
    w->error.property = &w->schema->properties[index];
    return reason;
}

/* A span of a value or of an array. */
static inline etw_span span_at(uint32_t position, etw_item_kind kind, uint32_t size, uint32_t skip,
                               uint32_t data_size)
{
    const etw_span span = {.offset = (uint16_t)position,
                           .size = (uint16_t)size,
                           .data_offset = (uint16_t)(position + skip),
                           .data_size = (uint16_t)data_size,
                           .count = kind == ETW_ITEM_VALUE,
                           .kind = (uint8_t)kind};
    return span;
}

static inline etw_decode_reason take_value(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    const etwi_place place = place_of(w);
    const etwi_measure m = etwi_measure_value(&place, step);
    if (m.reason != ETW_DECODE_NONE)
        return stop(w, index, m.reason);
    w->spans[index] = span_at(w->position, ETW_ITEM_VALUE, m.size, m.skip, m.data_size);
    if (step->own_reference != ETWI_NO_REFERENCE)
        w->references[step->own_reference] = etwi_reference_of(place.at + m.skip, m.data_size);
    w->position += m.size;
    w->budget--;
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
    if (size > place.left - skip || count >= w->budget)
        return false;
    etw_span *span = &w->spans[index];
    *span = span_at(w->position, ETW_ITEM_ARRAY_BEGIN, skip + (uint32_t)size, skip, (uint32_t)size);
    span->count = (uint16_t)count;
    w->position += skip + (uint32_t)size;
    w->budget -= 1 + count;
    return true;
}

/* Anything, by a cursor that is put where the walk is. */
static ETWI_NOINLINE etw_decode_reason take_any(walk *w, unsigned index)
{
    const size_t references_size = w->plan->reference_count * sizeof w->references[0];
    const etw_property *property = &w->schema->properties[index];
    etw_items items;
    etw_item item;
    etw_items_begin(&items, w->event, w->schema);
    memcpy(items.references, w->references, references_size);
    items.position = w->position;
    items.budget = w->budget;
    items.frames[0].member = (uint16_t)index;
    const bool has_item = etw_items_next(&items, &item);
    if (has_item && item.property == property) {
        const uint32_t data = items.position - w->position;
        etw_items_skip(&items);
        const uint32_t size = items.position - w->position;
        etw_span *span = &w->spans[index];
        *span = span_at(w->position, item.kind, size, data, size - data);
        span->count = (uint16_t)item.count;
        span->reason = (uint8_t)items.error.reason;
    }
    memcpy(w->references, items.references, references_size);
    w->position = items.position;
    w->budget = items.budget;
    w->error = items.error;
    return items.error.reason;
}

static ETWI_NOINLINE etw_decode_reason take(walk *w, unsigned index)
{
    const etwi_step *step = &w->plan->steps[index];
    if (!w->budget)
        return stop(w, index, ETW_DECODE_BAD_COUNT);
    if (step->optional && w->position == w->event->payload_size) {
        w->spans[index] = span_at(w->position, ETW_ITEM_VALUE, 0, 0, 0);
        w->spans[index].reason = ETW_DECODE_ABSENT;
        w->budget--;
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
    const unsigned width = etwi_width_index(w->event->pointer_size);
    w->budget = etwi_budget(w->event, w->schema);
    w->position = count ? w->plan->static_size[width] : 0;
    w->budget -= count ? w->plan->static_items : 0;
    if (!w->plan->reference_count)
        return;
    memset(w->references, 0, w->plan->reference_count * sizeof w->references[0]);
    for (unsigned i = 0; i < count; i++) {
        const unsigned slot = w->plan->steps[i].own_reference;
        if (slot != ETWI_NO_REFERENCE)
            w->references[slot] = etwi_reference_of(w->event->payload + w->spans[i].data_offset,
                                                    w->spans[i].data_size);
    }
}

/* All properties from `first` on that could not be found. */
static void fill_missing(walk *w, unsigned first)
{
    for (unsigned i = first; i < w->schema->top_level_count; i++) {
        w->spans[i] = span_at(w->position, ETW_ITEM_VALUE, 0, 0, 0);
        w->spans[i].reason = (uint8_t)w->error.reason;
    }
}

/* Values of fixed size, which are there: nothing has to be measured. Returns where they end. */
static inline uint32_t take_fixed(etw_span *spans, const etwi_step *steps, unsigned count,
                                  unsigned width, uint32_t position)
{
    for (unsigned i = 0; i < count; i++) {
        const uint32_t size = steps[i].width[width];
        spans[i] = span_at(position, ETW_ITEM_VALUE, size, 0, size);
        position += size;
    }
    return position;
}

/* The plain values from `index` on, which is nearly all there is. Returns where something else
 * comes, or one that cannot be measured: then take() says why. */
static unsigned take_plain(walk *w, unsigned index)
{
    const unsigned begin = index;
    const unsigned left = w->plan->top_level_count - index;
    const unsigned end = index + (left < w->budget ? left : w->budget);
    const unsigned width = etwi_width_index(w->event->pointer_size);
    const etwi_step *steps = w->plan->steps;
    etwi_place place = place_of(w);
    uint32_t position = w->position;
    while (index < end && steps[index].is_plain) {
        const etwi_step *step = &steps[index];
        uint32_t next = position;
        if (step->fixed_count && step->fixed_size[width] <= place.left &&
            step->fixed_count <= end - index) {
            next = take_fixed(&w->spans[index], step, step->fixed_count, width, position);
            index += step->fixed_count;
        } else {
            const etwi_measure m = etwi_measure_value(&place, step);
            if (m.reason != ETW_DECODE_NONE)
                break;
            w->spans[index++] = span_at(position, ETW_ITEM_VALUE, m.size, m.skip, m.data_size);
            next += m.size;
        }
        place.at += next - position;
        place.left -= next - position;
        position = next;
    }
    w->budget -= index - begin;
    w->position = position;
    return index;
}

/* All properties from `index` on. */
static etw_status walk_from(walk *w, unsigned index)
{
    const unsigned end = w->plan->top_level_count;
    for (; (index = take_plain(w, index)) < end; index++) {
        w->spans[index].kind = ETW_ITEM_VALUE;
        if (take(w, index) == ETW_DECODE_NONE)
            continue;
        /* An array or struct that was begun keeps what of it did decode. */
        fill_missing(w, w->spans[index].kind == ETW_ITEM_VALUE ? index : index + 1);
        return ETW_E_CORRUPT;
    }
    return ETW_OK;
}

/* The properties behind the first `count`, which are in place. */
static etw_status prepare_rest(const etw_event *event, const etw_schema *schema, etw_span *spans,
                               unsigned count, etw_decode_error *error)
{
    etw_status status = ETW_E_CORRUPT;
    walk w;
    w.event = event;
    w.schema = schema;
    w.plan = &etwi_schema_of(schema)->plan;
    w.spans = spans;
    w.error = (etw_decode_error){.reason = ETW_DECODE_NONE};
    if (event->is_damaged) {
        w.position = 0;
        w.error.reason = ETW_DECODE_BAD_EXTENDED;
        fill_missing(&w, 0);
    } else {
        pass_static(&w, count);
        status = walk_from(&w, count);
    }
    *error = w.error;
    return status;
}

/* How many leading properties are at their usual places. */
static inline unsigned static_count(const etw_event *event, const etwi_plan *plan)
{
    const unsigned width = etwi_width_index(event->pointer_size);
    return event->payload_size < plan->static_size[width] || event->is_damaged ? 0
                                                                               : plan->static_count;
}

etw_status etwi_prepare(const etw_event *event, const etw_schema *schema, etw_span *room,
                        const etw_span **spans, etw_decode_error *error)
{
    const etwi_plan *plan = &etwi_schema_of(schema)->plan;
    const unsigned count = static_count(event, plan);
    const etw_span *ready = plan->static_spans[etwi_width_index(event->pointer_size)];
    if (count == plan->top_level_count && !event->is_damaged) {
        *spans = ready;
        return ETW_OK;
    }
    for (unsigned i = 0; i < count; i++)
        room[i] = ready[i];
    *spans = room;
    return prepare_rest(event, schema, room, count, error);
}

etw_status etw_event_prepare(const etw_event *event, const etw_schema *schema, etw_span *spans,
                             size_t capacity, size_t *count)
{
    *count = schema ? etwi_schema_of(schema)->plan.top_level_count : 0;
    if (!schema)
        return ETW_E_NO_SCHEMA;
    if (*count > capacity)
        return ETW_E_LIMIT;
    const etw_span *ready;
    etw_decode_error error;
    const etw_status status = etwi_prepare(event, schema, spans, &ready, &error);
    if (ready != spans)
        for (size_t i = 0; i < *count; i++)
            spans[i] = ready[i];
    return status;
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
